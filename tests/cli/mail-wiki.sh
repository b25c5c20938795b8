#!/usr/bin/env bash
# Recipients out of MediaWiki's own tables on a real MariaDB: confirmed addresses only, and those who are not reached
# are told. Owners of the wikis at the domains of a key: their step is done by the ledger, and by nobody's word. Usage:
# mail-wiki.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/services.sh"
. "$(dirname "$0")/../lib/sink.sh"
make_farm
start mariadb
reader=$(openssl rand -hex 12)
python3 - >"$scratch/user.sql" <<'PYTHON'
import re
text = open("/usr/share/mediawiki/maintenance/tables-generated.sql").read()
for name in "user", "user_groups":
    table = re.search(r"CREATE TABLE /\*_\*/%s \(.*?\n\) /\*\$wgDBTableOptions\*/;" % name, text, re.S).group(0)
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
git_push 'Reader of the wiki' "$scratch/work"

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

# A key that leaked: the owners of the wikis at its domains.
member() {            # GROUP EXPIRY USER...
	local group=$1 expiry=$2 user
	shift 2
	for user in "$@"; do
		echo "INSERT INTO meta.mw_user_groups SELECT user_id, '$group', $expiry FROM meta.mw_user
			WHERE user_name = '$user';"
	done
}
{
	echo "REVOKE ALL ON meta.* FROM reader@'%';"
	member bureaucrat NULL 'Sure 1' 'Sure 2' 'Unsure 1' 'Silent 1' Hostile
	member bureaucrat "'20990101000000'" 'Sure 3'
	member bureaucrat "'20260101000000'" 'Sure 4'
	member sysop NULL 'Sure 5'
	member "it''s" NULL 'Sure 6'
} | admin_mariadb
result $? 'groups of MediaWiki'
openssl genpkey -quiet -algorithm ED25519 -out "$scratch/work/wiki.key"
openssl genpkey -quiet -algorithm ED25519 -out "$scratch/work/lone.key"
git_push 'Keys of domains' "$scratch/work"
with_domains() {      # OWNERS OF THE SECOND WIKI
	with_database meta mw_
	sed -i "s|^    wiki: metawiki|&\n    domains: [meta.wiki.lab, '*.meta.lab']|
		s|^    wiki: metawiki|&\n    owners: [bureaucrat, \"it's\"]|" "$scratch/register/wiki.yaml"
	cat >"$scratch/register/tls.yaml" <<-TLS
		issuers:
		  own: {client: command, host: box, get: ['false'], revoke: ['false']}
		systems:
		  tls: {title: TLS, hosts: [box]}
		secrets:
		  tls/wiki:
		    kind: tls-key
		    places: [{repository: private, file: wiki.key}]
		    public_halves:
		      - {repository: private, file: wiki.crt, what: certificate, format: certificate, issuer: own}
		    opens: [data:users, data:second]
		  tls/lone:
		    kind: tls-key
		    places: [{repository: private, file: lone.key}]
		    public_halves:
		      - {repository: private, file: lone.crt, what: certificate, format: certificate, issuer: own}
		    opens: [data:users-of-nothing, data:unasked]
		data:
		  users-of-nothing: {title: Accounts}
		  unasked: {title: Accounts, $2}
		  second:
		    title: Accounts
		    domains: [second.lab]
		    owners: [$1]
		    database: {address: '${fact[mariadb.ADDRESS]}', name: meta, prefix: mw_, user: reader,
		               secret: thing/reader}
	TLS
}
with_domains checkuser 'class: simple'
run register check
exits 0 'the register has wikis at the domains of a key'
run declare tls/wiki tls/lone --because 'pasted into a channel'
run plan 2
says "firebreak mail send 2 --domains-of 'tls/wiki'; it is done when the ledger of mail says so"
run answer 2 owners:tls/wiki --because 'I told them'
exits 1 'nobody answers for the ledger'
says "firebreak mail send 2 --domains-of 'tls/wiki'"
run answer 2 owners:tls/lone --because 'there is no wiki'
exits 0 'where the register knows no wiki, a person does'
owners() { run mail send 2 --domains-of "$@"; }
owners tls/wiki
exits 1 'a notice that is not worded is not sent'
run notice word 2 --nature 'A key leaked.' --consequences 'x' --measures 'x' --advice 'x'
run notice draft 2 people
says 'meta.wiki.lab, *.meta.lab, second.lab: its key and certificate are being replaced'
result "$(! grep -qE 'tls/wiki|pasted|thing' "$scratch/out"; echo $?)" 'and nothing of the secret is said to people'
owners tls/wiki
exits 1 'nor one that nobody decided to send'
run notice decide 2 mail yes --because 'x'
owners tls/nothing
exits 2 'a secret that is not there'
owners thing/password
exits 2 'one that this incident does not reach'
says "incident 2 does not reach 'thing/password'"
owners tls/lone
exits 5 'a key at whose domains the register knows no wiki'
says "the register knows no wiki at a domain of 'tls/lone'"
with_domains checkuser 'domains: [lone.lab]'
owners tls/lone
exits 5 'a wiki whose database is not told'
says "data set 'unasked' is served at a domain of 'tls/lone' and has no 'database': nobody can be asked who owns it, \
give its owners with --csv as well"
with_domains checkuser 'class: simple'
echo "GRANT SELECT ON meta.mw_user TO reader@'%'" | admin_mariadb
owners tls/wiki
exits 1 'who may not ask for the groups gets nobody'
says "owners of 'users'"
result "$(! "$firebreak_program" mail status 2 --json 2>/dev/null | jq -e '.counts.all > 0' >/dev/null; echo $?)" \
	'and nobody is entered'
echo "GRANT SELECT ON meta.mw_user_groups TO reader@'%'" | admin_mariadb
owners tls/wiki --dry-run --json
result "$(jq -e '.recipients == 4 and .unconfirmed == 1 and .without == 1 and .unfit == 1' "$scratch/out" >/dev/null
	echo $?)" 'owners are who is in the groups now, and not who was'
step() { run status 2 --json; jq -r '.list[] | select(.id == "owners:tls/wiki") | .outcome' "$scratch/out"; }
sink_begin owners
sed -i "s|smtp://127.0.0.1:$port|smtp://127.0.0.1:1|" "$scratch/register/wiki.yaml"
owners tls/wiki
exits 4 'no relay can be reached'
result "$([ "$(step)" = waiting ]; echo $?)" 'the step is not done'
sed -i "s|smtp://127.0.0.1:1'|smtp://127.0.0.1:$sink_port'|" "$scratch/register/wiki.yaml"
owners tls/wiki
exits 3 'of the second wiki nobody was told'
says "mail to 4 was taken by their servers; 3 accounts have no address that is confirmed and can be written to; of \
'second' nobody was told. Its step is not done"
result "$([ "$(step)" = waiting ]; echo $?)" 'the step is not done'
member checkuser NULL 'Sure 2' 'Sure 7' | admin_mariadb
owners tls/wiki --json
exits 0 'of each wiki somebody was told'
told='owners of wikis: mail to 5 was taken by their servers; 3 accounts have no address that is confirmed and can be'
result "$(jq -e --arg text "$told written to" '.owners == [{secret: "tls/wiki", told: true, text: $text}]' \
	"$scratch/out" >/dev/null; echo $?)" 'and in JSON'
result "$([ "$(step)" = 'by hand' ]; echo $?)" 'the step is done'
says 'mail to 5 was taken by their servers'
printf 'sure%s@example.net\n' 1 2 3 6 7 >"$scratch/want"
sink_got owners >"$scratch/got"
result "$(diff "$scratch/want" "$scratch/got" >"$scratch/out"; echo $?)" 'each owner got it once, and nobody else'
grep -rh '^  meta.wiki.lab' "$scratch/owners" >"$scratch/out"
says 'meta.wiki.lab, *.meta.lab, second.lab: its key and certificate are being replaced'
owners tls/wiki
exits 0 'said again, it sends nothing'
result "$(sink_got owners | diff "$scratch/want" - >"$scratch/out"; echo $?)" 'and everybody has it once'
run journal export
result "$(jq -se 'map(select(.kind == "answered" and .step == "owners:tls/wiki")) | length == 1' "$scratch/out" \
	>/dev/null; echo $?)" 'and answers the step once'

# Owners that stand in a file. Where the wiki can be asked, the file says nothing of who they are, and the ledger has
# them by their address; where it cannot, they are who stands there.
incident=2
leaks() {             # SECRET SINK: an incident of its own, and its words
	incident=$((incident + 1))
	run declare "$1" --because 'pasted once more'
	run notice word $incident --nature 'A key leaked.' --consequences 'x' --measures 'x' --advice 'x'
	run notice decide $incident mail yes --because 'x'
	sink_begin "$2"
	sed -i "s|relays: .*\]|relays: ['smtp://127.0.0.1:$sink_port']|" "$scratch/register/wiki.yaml"
}
step_is() {           # SECRET open|done TEXT
	local now=open
	run status $incident --json
	[ "$(jq -r --arg id "owners:$1" '.list[] | select(.id == $id) | .outcome' "$scratch/out")" != 'by hand' ] ||
		now=done
	result "$([ $now = "$2" ]; echo $?)" "$3"
}
mailed() {            # SINK NAME...
	printf '%s@example.net\n' "${@:2}" >"$scratch/want"
	sink_got "$1" | diff "$scratch/want" - >"$scratch/out"
	result $? "$1: each of them once: ${*:2}"
}
{ echo mail; printf 'sure%s@example.net\n' 1 2 3 6 7 9; } >"$scratch/owners.csv"
leaks tls/wiki filed
run mail send $incident --csv "$scratch/owners.csv"
exits 0 'owners are mailed out of a file'
says "'owners:tls/wiki' is open still: a file alone does not say who owns the wikis"
step_is tls/wiki open 'a file alone does not do the step'
run mail send $incident --domains-of tls/wiki
exits 0 'the wiki says who they are, and the ledger that they have it'
says 'mail to 5 was taken by their servers; 3 accounts have no address'
step_is tls/wiki done 'that does it'
mailed filed sure1 sure2 sure3 sure6 sure7 sure9
with_domains checkuser 'domains: [lone.lab]'
printf 'mail\nchief@example.net\nchief@Example.NET\n' >"$scratch/owners.csv"
leaks tls/lone alone
run mail send $incident --csv "$scratch/owners.csv"
says "'owners:tls/lone' is open still"
step_is tls/lone open 'nor where no wiki can be asked'
run mail send $incident --domains-of tls/lone
exits 5 'without the file nobody is known'
run mail send $incident --domains-of tls/lone --csv "$scratch/owners.csv" --json
exits 0 'with it they are who stands there'
told="owners of wikis: mail to 1 was taken by their servers; who owns 'unasked' is what a file says"
result "$(jq -e --arg text "$told" '.owners == [{secret: "tls/lone", told: true, text: $text}]' "$scratch/out" \
	>/dev/null; echo $?)" 'and it is said that a file says so'
step_is tls/lone done 'the step is done'
mailed alone chief
leaks tls/lone down
sed -i "s|relays: .*\]|relays: ['smtp://127.0.0.1:1']|" "$scratch/register/wiki.yaml"
run mail send $incident --domains-of tls/lone --csv "$scratch/owners.csv"
exits 4 'nobody took it'
step_is tls/lone open 'and the step is not done'
finish
