# Sourced behind farm.sh by tests that need real services; $3 is tests/lib/service-run. What was started ends with the
# test. `start KIND` gives the account under test the value $leaked, and fills ${fact[KIND.NAME]}.
service_run=$3
psql=$(ls -d /usr/lib/postgresql/*/bin/psql | tail -1)
declare -A fact ends
pids=()

services_end() {
	local kind pid
	for kind in "${!ends[@]}"; do eval "exec ${ends[$kind]}>&-"; done
	for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
	rm -rf "$scratch"
}
trap services_end EXIT

start() {             # KIND
	local name value fd
	mkfifo "$scratch/$1.in"
	"$service_run" "$1" <"$scratch/$1.in" >"$scratch/$1.facts" &
	pids+=($!)
	exec {fd}>"$scratch/$1.in"
	ends[$1]=$fd
	printf '%s\n' "$leaked" >&"$fd"
	for _ in $(seq 600); do grep -q '^READY=' "$scratch/$1.facts" && break; sleep 0.1; done
	while IFS='=' read -r name value; do fact[$1.$name]=$value; done <"$scratch/$1.facts"
	rm "$scratch/$1.facts"
}

admin_mariadb() {
	MYSQL_PWD=${fact[mariadb.ADMIN_PASSWORD]} mariadb --no-defaults -N -h 127.0.0.1 -P "${fact[mariadb.PORT]}" \
		-u "${fact[mariadb.ADMIN_USER]}"
}

admin_postgresql() {
	PGPASSWORD=${fact[postgresql.ADMIN_PASSWORD]} "$psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 \
		-p "${fact[postgresql.PORT]}" -U "${fact[postgresql.ADMIN_USER]}" -d postgres
}
