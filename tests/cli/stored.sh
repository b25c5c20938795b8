#!/usr/bin/env bash
# Passwords that the databases keep for others: the inspection of a real MariaDB and a real PostgreSQL finds the tables,
# and the plan gets a person's step of each. Usage: stored.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/services.sh"
kinds=(mariadb postgresql)

make_two_databases() {
	local kind
	make_farm
	for kind in "${kinds[@]}"; do
		printf "%s::app: '%s'\n%s::admin: '%s'\n" "$kind" "$leaked" "$kind" "${fact[$kind.ADMIN_PASSWORD]}"
	done >"$scratch/work/databases.yaml"
	printf "grafana: 'Of-Grafana-Itself-1'\n" >>"$scratch/work/databases.yaml"
	git_push Databases "$scratch/work"
	for kind in "${kinds[@]}"; do
		cat <<-REGISTER
		  thing/$kind:
		    kind: $kind-password
		    places: [{repository: private, file: databases.yaml, key: '$kind::app'}]
		    accounts: [{driver: $kind, address: '${fact[$kind.ADDRESS]}', users: ['${fact[$kind.USER]}'],
		                admin: {user: '${fact[$kind.ADMIN_USER]}', secret: thing/$kind-admin}}]
		  thing/$kind-admin:
		    kind: shared-secret
		    places: [{repository: private, file: databases.yaml, key: '$kind::admin'}]
		REGISTER
	done >>"$scratch/register/firebreak.yaml"
	cat >>"$scratch/register/firebreak.yaml" <<-REGISTER
		  thing/grafana:
		    kind: shared-secret
		    places: [{repository: private, file: databases.yaml, key: grafana}]
		    stored: [{address: '${fact[mariadb.ADDRESS]}', table: grafana.user}]
	REGISTER
}

make_tables() {
	local i
	{
		echo "CREATE DATABASE grafana; CREATE TABLE grafana.user (id INT, login TEXT, password TEXT);"
		echo "CREATE DATABASE safe; CREATE TABLE safe.secrets (secret TEXT);"
		echo "CREATE TABLE grafana.plain (name TEXT);"
		echo "GRANT SELECT ON grafana.* TO app@'%'; GRANT SELECT ON \`wiki%\`.* TO app@'%';"
		echo "CREATE DATABASE \`it's a %\`; CREATE TABLE \`it's a %\`.t (pwd TEXT);"
		echo "GRANT SELECT ON \`it's a \\%\`.* TO app@'%';"
		for i in $(seq 101 112); do
			echo "CREATE DATABASE wiki$i;"
			echo "CREATE TABLE wiki$i.user (user_password BLOB, user_token BINARY(32));"
		done
	} | admin_mariadb
	admin_postgresql <<-'SQL'
		CREATE TABLE icinga_user (name text, password_hash bytea);
		CREATE TABLE hidden (api_token text);
		GRANT SELECT ON icinga_user TO app;
	SQL
}

steps() {             # WHAT N: ids of the steps for tables
	"$firebreak_program" "$1" "$2" --json |
		jq -r '(.list // .steps // .)[] | .id | select(startswith("stored-passwords"))' | LC_ALL=C sort
}

same() {              # WHAT TEXT: its steps are those that are wanted
	steps "$1" 1 >"$scratch/steps"
	diff "$scratch/wanted" "$scratch/steps" >"$scratch/out" 2>"$scratch/err"
	result $? "$2"
}

for kind in "${kinds[@]}"; do start "$kind"; done
make_two_databases
make_tables
cat >"$scratch/wanted" <<-END
	stored-passwords:*.user@${fact[mariadb.ADDRESS]}
	stored-passwords:grafana.user@${fact[mariadb.ADDRESS]}
	stored-passwords:it%27s%20a%20%25.t@${fact[mariadb.ADDRESS]}
	stored-passwords:postgres.public.icinga_user@${fact[postgresql.ADDRESS]}
	stored-passwords:shop.people@${fact[mariadb.ADDRESS]}
END
LC_ALL=C sort -o "$scratch/wanted" "$scratch/wanted"

run register check
exits 0 'the register knows a table that keeps a value'
run declare thing/mariadb thing/postgresql --because 'pasted into a channel'
exits 0 'declared'
result "$([ -z "$(steps plan 1)" ]; echo $?)" 'before the inspection there is no step for a table'
run respond 1 --json
exits 3 'all is proven but for what a person must do'
waiting=$(jq .person_waiting "$scratch/out")
same status 'there is a step for each table that the leaked accounts reach, and for none that they do not'
same plan 'the plan has the same'
run status 1 --json
result "$(jq -e --argjson n "$waiting" '.person_waiting == $n' "$scratch/out" >/dev/null; echo $?)" \
	'the run counted them among what waits for a person'
run status 1
says 'grafana.user on'
says 'thing/grafana (declare it too)'
run plan 1
says 'If the database contained passwords, a precautionary reset of all passwords stored in the database'
run plan 1 --json
result "$(jq -e '(.steps // .)[] | select(.id | startswith("stored-passwords:*.user")) | .person and
	(.title | contains("user_password, user_token"))' "$scratch/out" >/dev/null
	echo $?)" \
	'many alike are one step of a person'
run respond 1
exits 3 'a second time'
says 'shop.people on '
same plan 'the ids stay'
run answer 1 "stored-passwords:it%27s%20a%20%25.t@${fact[mariadb.ADDRESS]}" --because 'reset by their owner'
exits 0 'a table with a hostile name is answered'
run journal verify
exits 0 'the journal holds'
run report 1
says 'as a precaution: grafana.user on'
finish
