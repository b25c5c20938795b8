#!/usr/bin/env bash
# Recipients out of MediaWiki's own user table on a real MariaDB: confirmed addresses only, and those who are not
# reached are told. Usage: mail-wiki.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/services.sh"
. "$(dirname "$0")/../lib/sink.sh"
make_farm
start mariadb
reader=$(openssl rand -hex 12)
python3 - >"$scratch/user.sql" <<'PYTHON'
import re
text = open("/usr/share/mediawiki/maintenance/tables-generated.sql").read()
table = re.search(r"CREATE TABLE /\*_\*/user \(.*?\n\) /\*\$wgDBTableOptions\*/;", text, re.S).group(0)
print(table.replace("/*_*/", "mw_").replace("/*$wgDBTableOptions*/", "CHARACTER SET binary"))
PYTHON
rows() {
	local i
	echo "CREATE DATABASE meta; USE meta;"
	cat "$scratch/user.sql"
	echo "CREATE USER reader@'%' IDENTIFIED BY '$reader'; GRANT SELECT ON meta.mw_user TO reader@'%';"
	add() { echo "INSERT INTO mw_user(user_name, user_password, user_newpassword, user_email, user_touched,
		user_token, user_email_authenticated) VALUES('$1', '', '', $2, '', '', $3);"; }
	for ((i = 1; i <= 25; i++)); do add "Sure $i" "'sure$i@example.net'" "'20260101000000'"; done
	for ((i = 1; i <= 4; i++)); do add "Unsure $i" "'unsure$i@example.net'" NULL; done
	for ((i = 1; i <= 3; i++)); do add "Silent $i" "''" NULL; done
	add Double "'sure1@Example.NET'" "'20260101000000'"
	add Hostile "'x@example.net>\\r\\nRCPT TO:<unsure1@example.net'" "'20260101000000'"
	add Zero "CONCAT('y@example.net', CHAR(0), '@example.net')" "'20260101000000'"
	add Latin "x'e440'" "'20260101000000'"
}
rows | admin_mariadb
result $? 'a wiki of MediaWiki 1.39 on MariaDB'
printf "meta::reader: '%s'\n" "$reader" >>"$scratch/work/common.yaml"
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qam 'Reader of the wiki'
git -C "$scratch/work" push -q "$scratch/private.git" main

sink_begin sink
port=$sink_port
trap 'sinks_end; services_end' EXIT

with_database() {     # NAME PREFIX
	cat >"$scratch/register/wiki.yaml" <<-WIKI
		secrets:
		  thing/reader:
		    kind: mariadb-password
		    places: [{repository: private, file: common.yaml, key: 'meta::reader'}]
		data:
		  users:
		    title: Accounts
		    wiki: metawiki
		    system: thing
		    class: simple
		    address: true
		    database: {address: '${fact[mariadb.ADDRESS]}', name: $1, prefix: $2, user: reader,
		               secret: thing/reader}
		channels:
		  people: {kind: mail, to: team@example.org, relays: ['smtp://127.0.0.1:$port'], tls: never,
		           from: t@example.org}
	WIKI
}
with_database meta mw_
sed -i -e 's|^    consumers: .*|&\n    opens: [data:users]|' \
	-e 's|approver: lead}|approver: lead, contact: "privacy@example.org"}|' "$scratch/register/firebreak.yaml"
run register check
exits 0 'the register has the database of a wiki'
run declare thing/password --because 'pasted into a channel'
run mail count 1
exits 0 'its people are counted'
says 'users: 36 accounts. Mail reaches 29; 4 addresses are not confirmed, 3 have none'
says 'firebreak severity 1 --people 36'
run mail count 1 --json
result "$(jq -e '.[0] | .accounts == 36 and .confirmed == 29 and .wiki == "metawiki"' "$scratch/out" >/dev/null
	echo $?)" 'and in JSON'
run notice word 1 --nature 'x' --consequences 'x' --measures 'x' --advice 'x'
run notice decide 1 mail yes --because 'x'
run mail send 1 --wiki nobody
exits 2 'a data set that is not there'
with_database meta other_
run mail send 1 --wiki users
exits 1 'another prefix: the server says so, and nobody is entered'
with_database meta mw_
run mail send 1 --wiki users --dry-run --json
result "$(jq -e '.recipients == 25 and .unfit == 3 and .unconfirmed == 4 and .without == 3' "$scratch/out" >/dev/null
	echo $?)" 'a dry run counts those who are reached and those who are not'
run mail send 1 --wiki users
exits 0 'it is sent'
says '25 sent'
says '4'
says 'accounts whose address is not confirmed, 3 without one, 3 whose address cannot stand in a mail'
for ((i = 1; i <= 25; i++)); do echo "sure$i@example.net"; done | sort >"$scratch/want"
sink_got sink >"$scratch/got"
result "$(diff "$scratch/want" "$scratch/got" >"$scratch/out"; echo $?)" 'to each confirmed address, once'
result "$(! grep -rqa "$reader" "$scratch/state"; echo $?)" 'the password of the database stands nowhere in the state'
echo "GRANT ALL ON meta.* TO reader@'%'" | admin_mariadb
echo "SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1" | admin_mariadb
run mail count 1
exits 0 'an account that may do more'
echo "SELECT argument FROM mysql.general_log WHERE user_host LIKE 'reader%' AND command_type = 'Query'" |
	admin_mariadb >"$scratch/asked"
result "$(grep -q 'START TRANSACTION.*READ ONLY' "$scratch/asked" && grep -q 'SELECT COUNT' "$scratch/asked" &&
	! grep -vE '^(argument$|SET |START TRANSACTION.*READ ONLY|SELECT )' "$scratch/asked"; echo $?)" \
	'asks in a transaction in which nothing can be written, and asks only'
finish
