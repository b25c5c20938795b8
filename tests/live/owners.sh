#!/usr/bin/env bash
# Two TLS keys leak, one after the other: the owners of the wikis at the domains of each are mailed by Debian's Postfix,
# and what lies in every mailbox is read. Who they are stands in MediaWiki's own tables on a real MariaDB.
# Usage: owners.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/../cli/farm.sh"
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP NOT SHOWN HERE: owners mailed by a real Postfix, which only root can start; run it as root'
	exit 0
fi
. "$(dirname "$0")/../cli/services.sh"
. "$(dirname "$0")/../lib/postfix.sh"
chmod 755 "$scratch"                  # Postfix's own users look for their folders below it
make_farm
postfix_begin "$scratch/mx" || { echo 'not ok 1 - Postfix starts'; echo 1..1; exit 1; }
trap 'postfix_end; services_end' EXIT
start mariadb
reader=$(openssl rand -hex 12)
wiki() {              # NAME: "USER GROUP CONFIRMED" on standard input; the mailbox is called like the user
	local who group confirmed
	echo "CREATE DATABASE $1; USE $1;"
	sed -n '/^CREATE TABLE .*user \|^CREATE TABLE .*user_groups /,/^) /p' \
		/usr/share/mediawiki/maintenance/tables-generated.sql |
		sed 's|/\*_\*/||; s|/\*$wgDBTableOptions\*/|CHARACTER SET binary|'
	while read -r who group confirmed; do
		echo "INSERT INTO user(user_name, user_password, user_newpassword, user_email, user_touched, user_token,
			user_email_authenticated) VALUES('$who', '', '', '$who@example.net', '', '', $confirmed);
			INSERT INTO user_groups SELECT user_id, '$group', NULL FROM user WHERE user_name = '$who';"
	done
	echo "GRANT SELECT ON $1.* TO reader@'%';"
}
sure="'20260101000000'"
{
	echo "CREATE USER reader@'%' IDENTIFIED BY '$reader';"
	printf '%s\n' "u1 bureaucrat $sure" "u2 bureaucrat $sure" "u3 reader $sure" 'u5 bureaucrat NULL' \
		"gone1 bureaucrat $sure" "slow1 bureaucrat $sure" | wiki first
	printf '%s\n' "u2 bureaucrat $sure" "u4 bureaucrat $sure" "u1 reader $sure" | wiki second
} | admin_mariadb
result $? 'two wikis have owners, of whom one owns both'

{
	echo "mail::sender: '$postfix_password'"
	echo "wiki::reader: '$reader'"
} >>"$scratch/work/common.yaml"
for key in first second; do openssl genpkey -quiet -algorithm ED25519 -out "$scratch/work/$key.key"; done
git_push 'Keys of domains' "$scratch/work"
sed -i 's|approver: lead}|approver: lead, contact: "privacy@example.org"}|' "$scratch/register/firebreak.yaml"
key() {               # NAME
	cat <<-KEY
		  tls/$1:
		    kind: tls-key
		    places: [{repository: private, file: $1.key}]
		    public_halves:
		      - {repository: private, file: $1.crt, what: certificate, format: certificate, issuer: own}
		    opens: [data:$1]
	KEY
}
data() {              # NAME DOMAINS
	cat <<-DATA
		  $1:
		    title: Accounts
		    domains: [$2]
		    owners: [bureaucrat]
		    database: {address: '${fact[mariadb.ADDRESS]}', name: $1, user: reader, secret: tls/reader}
	DATA
}
cat >"$scratch/register/wikis.yaml" <<-WIKIS
	issuers:
	  own: {client: command, host: box, get: ['false'], revoke: ['false']}
	systems:
	  tls: {title: TLS, hosts: [box]}
	  mail: {title: Mail, hosts: [box]}
	channels:
	  people: {kind: mail, to: team@example.org, relays: ['smtp://localhost:$postfix_port'], tls: required,
	           ca: $postfix_ca, from: security@example.org, user: $postfix_user, secret: mail/sender}
	secrets:
	  mail/sender: {kind: mail-password, places: [{repository: private, file: common.yaml, key: 'mail::sender'}]}
	  tls/reader: {kind: mariadb-password, places: [{repository: private, file: common.yaml, key: 'wiki::reader'}]}
	$(key first)
	$(key second)
	data:
	$(data first 'www.first.lab, first.lab')
	$(data second "'*.second.lab'")
WIKIS
run register check
exits 0 'the register has two keys, each with a wiki at its domains'

leaks() {             # INCIDENT NAME
	run declare "tls/$2" --because 'pasted into a channel'
	run notice word "$1" --nature "A key of the $2 wiki leaked." --consequences 'x' --measures 'x' --advice 'x'
	run notice decide "$1" mail yes --because 'the page says so'
}
step_is() {           # INCIDENT NAME open|done
	local now=open
	run status "$1" --json
	[ "$(jq -r --arg id "owners:tls/$2" '.list[] | select(.id == $id) | .outcome' "$scratch/out")" != 'by hand' ] ||
		now=done
	result "$([ $now = "$3" ]; echo $?)" "the step of the owners of $2 is $3"
}
leaks 1 first
run mail send 1 --domains-of tls/first --no-wait --retry 1
exits 4 'one of them is greylisted'
says 'mail to 2 was taken by their servers, to 1 it was refused; 1 accounts have no address that is confirmed'
step_is 1 first open
run mail send 1 --domains-of tls/first --retry 1
exits 0 'and takes it the second time'
says 'mail to 3 was taken by their servers, to 1 it was refused; 1 accounts have no address that is confirmed'
step_is 1 first done
leaks 2 second
run mail send 2 --domains-of tls/second
exits 0 'the owners of the other wiki'
says 'mail to 2 was taken by their servers'
step_is 2 second done
step_is 1 first done
run mail send 1 --domains-of tls/first
exits 0 'said again, nobody gets anything'

postfix_drained
result $? 'what was taken is in its mailbox'
python3 - "$scratch/mx/box" >"$scratch/read" 2>&1 <<'PYTHON'
import email, email.policy, glob, os, re, sys
FIRST, SECOND = ("www.first.lab", "first.lab"), ("*.second.lab",)
want = {"u1": [FIRST], "u2": [FIRST, SECOND], "slow1": [FIRST], "u4": [SECOND]}
got = {}
for path in sorted(glob.glob(sys.argv[1] + "/*/new/*")):
    who = path.split("/")[-3]
    raw = open(path, "rb").read()
    others = {a.decode().lower() for a in re.findall(rb"[A-Za-z0-9._-]+@example\.net", raw)} - {who + "@example.net"}
    assert not others, (path, others)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    text = m.get_content()
    assert "tls/" not in text and "pasted" not in text, text
    told = re.findall(r"^ *((?:\S+\.lab, )*\S+\.lab): its key and certificate are being replaced", text, re.M)
    assert len(told) == 1, text
    domains = tuple(told[0].split(", "))
    named = set(re.findall(r"[*a-z0-9.]+\.lab", text))
    assert named == set(domains), (named, domains)
    assert f"A key of the {'first' if domains == FIRST else 'second'} wiki leaked." in text, text
    assert "from" in m and "security@example.org" in m["From"] and not m["Bcc"]
    got.setdefault(who, []).append(domains)
assert {k: sorted(v) for k, v in got.items()} == {k: sorted(v) for k, v in want.items()}, got
assert not [d for d in os.listdir(sys.argv[1]) if d not in want], os.listdir(sys.argv[1])
print("fine", sum(map(len, got.values())))
PYTHON
result "$(grep -q '^fine 5$' "$scratch/read"; echo $?)" \
	"each owner has a mail of each of their wikis, with its domains, and nobody else: $(tail -1 "$scratch/read")"
for value in "$postfix_password" "$reader"; do
	grep -rqaF -e "$value" "$scratch/state" "$scratch/mx/box" "$scratch/mx/log" "$scratch/out" "$scratch/err"
	result "$([ $? = 1 ]; echo $?)" 'no password stands in state, mailbox or log'
done
run journal verify
exits 0 'the journal is whole'
finish
