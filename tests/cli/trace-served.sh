#!/usr/bin/env bash
# `firebreak trace` finds what real servers keep of a value: MariaDB's PASSWORD() and ed25519, PostgreSQL's MD5, Redis'
# ACL; and says that a SCRAM verifier cannot be found. Usage: trace-served.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/services.sh"
leaked="Zq$(head -c 15 /dev/urandom | base64 | tr '+/' 'ab')"
for kind in mariadb postgresql redis; do start "$kind"; done
make_farm
mkdir "$scratch/srv"
sed -i "s|kind: pwfile-password|kind: postgresql-password|
	s|accounts: .*|accounts: [{driver: postgresql, address: '${fact[postgresql.ADDRESS]}', users: [app]}]|" \
	"$scratch/register/firebreak.yaml"
run register check
exits 0 'a register of a PostgreSQL account'

kept() {              # NAME FORM: what a server said is found as this form, and as no other
	run trace thing/password --only nowhere --in "$scratch/srv/$1" --json
	result "$(jq -e --arg f "$2" '[.found[].form] == [$f]' "$scratch/out" >/dev/null; echo $?)" "$1 is found as $2"
	result "$(grep -rqF -e "$leaked" "$scratch/out" "$scratch/err"; [ $? = 1 ]; echo $?)" 'and no value is said'
}
ask_mariadb() { admin_mariadb >"$scratch/srv/$1" 2>"$scratch/err" || cat "$scratch/err"; }
ask_mariadb password <<<"SELECT PASSWORD('$leaked');"
kept password mariadb-native
ask_mariadb account <<<"CREATE USER traced IDENTIFIED BY '$leaked'; SHOW CREATE USER traced;"
kept account mariadb-native
ask_mariadb table <<<"SELECT Priv FROM mysql.global_priv WHERE User = 'traced';"
kept table mariadb-native
ask_mariadb ed25519 <<<"INSTALL SONAME 'auth_ed25519';
	CREATE USER edward IDENTIFIED VIA ed25519 USING PASSWORD('$leaked'); SHOW CREATE USER edward;"
kept ed25519 mariadb-ed25519

ask_postgresql() { { echo '\t'; cat; } | admin_postgresql >"$scratch/srv/$1" 2>"$scratch/err" || cat "$scratch/err"; }
app=${fact[postgresql.USER]}
ask_postgresql md5 <<<"SET password_encryption = md5; ALTER ROLE $app PASSWORD '$leaked';
	SELECT rolpassword FROM pg_authid WHERE rolname = '$app';"
kept md5 postgresql-md5
ask_postgresql scram <<<"SET password_encryption = 'scram-sha-256'; ALTER ROLE $app PASSWORD '$leaked';
	SELECT rolpassword FROM pg_authid WHERE rolname = '$app';"
result "$(grep -q '^ *SCRAM-SHA-256' "$scratch/srv/scram"; echo $?)" 'a SCRAM verifier'
run trace thing/password --only nowhere --in "$scratch/srv/scram"
says 'thing/password: stands nowhere that was looked at'
says 'keeps a SCRAM verifier of it, with a salt: no search can find copies of that; hashes without a salt are found'

REDISCLI_AUTH=${fact[redis.ADMIN_PASSWORD]} redis-cli --user "${fact[redis.ADMIN_USER]}" -p "${fact[redis.PORT]}" \
	ACL LIST >"$scratch/srv/acl" 2>"$scratch/err"
kept acl sha256
finish
