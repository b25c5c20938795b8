#!/usr/bin/env bash
# Mail to the people concerned, from the worded notice to each mailbox, on Debian's Postfix; every delivered message is
# read. Usage: mail.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/postfix.sh"
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP NOT SHOWN HERE: mail through a real Postfix, which only root can start; run it as root'
	echo 'live-mail was left out: Postfix wants root. As anybody, crash mail, cli-mail-relays and cli-mail-wiki' \
		'send to smtp-sink: without TLS, AUTH and mailboxes.' >&2
	exit 0
fi
chmod 755 "$scratch"                  # Postfix's own users look for their folders below it
make_farm
postfix_begin "$scratch/mx" || { echo 'not ok 1 - Postfix starts'; echo 1..1; exit 1; }
trap 'postfix_end; rm -rf "$scratch"' EXIT
printf "mail::sender: '%s'\n" "$postfix_password" >>"$scratch/work/common.yaml"
git_push 'Password of the sender' "$scratch/work"

register_with() {     # TLS CA PORT
	cat >"$scratch/register/mail.yaml" <<-MAIL
		systems:
		  mail: {title: Mail, hosts: [box]}
		secrets:
		  mail/sender:
		    kind: mail-password
		    places: [{repository: private, file: common.yaml, key: 'mail::sender'}]
		data:
		  users: {title: Accounts, system: thing, categories: [mail addresses], class: simple, people: 300,
		    records: 300, address: true}
		channels:
		  people:
		    kind: mail
		    to: team@example.org
		    relays: ['smtp://127.0.0.1:1', 'smtp://localhost:$3']
		    tls: $1
		    ca: $2
		    from: security@example.org
		    user: $postfix_user
		    secret: mail/sender
	MAIL
}
register_with required "$postfix_ca" "$postfix_port"
sed -i -e 's|^    consumers: .*|&\n    opens: [data:users]|' \
	-e 's|approver: lead}|approver: lead, contact: "privacy@example.org"}|' \
	"$scratch/register/firebreak.yaml"
run register check
exits 0 'the register has data of people and a mail channel'
run declare thing/password --because 'pasted into a channel'

# Who is to be told: CSV with a column of its own, quotes, one address twice, one in another case of its domain.
{
	printf 'name,E-Mail,since\r\n'
	for ((i = 1; i <= 230; i++)); do printf '"P, %d",u%d@example.net,2020\r\n' $i $i; done
	printf 'again,u7@example.net,2020\r\nagain,u8@EXAMPLE.NET,2020\r\nnobody,,2020\r\n'
	printf 'x,%s@example.net,\r\n' gone1 gone2 slow1 slow2
} >"$scratch/people.csv"
send() { run mail send 1 --csv "$scratch/people.csv" --retry 1 "$@"; }

send
exits 1 'a notice that is not worded is not sent'
says 'notice draft 1 people'
dots=$(printf '.%.0s' {1..300})
run notice word 1 --nature "Jemand hat ein Paßwort veröffentlicht $dots" \
	--consequences 'Others may know your address.' \
	--measures 'The password was replaced.' --advice 'Expect mails that pretend to be ours.'
send
exits 1 'nor one that nobody decided to send'
says 'notice decide 1 mail yes'
run notice decide 1 mail no --because 'not yet'
send
exits 1 'nor when it was decided not to'
run notice decide 1 mail yes --because 'their addresses are known'

send --dry-run
exits 0 'a dry run shows one message'
says 'To: <team@example.org>'
says '234 are new'
result "$([ -z "$(ls -A "$scratch/mx/box")" ] && [ ! -e "$scratch/state/mail-1.db" ]; echo $?)" \
	'and sends and enters nothing'

# Hostile and broken addresses: nobody is entered.
printf 'mail\nok@example.net\n"bad\r\nRCPT TO:<x@example.net>"\na b@example.net\nx@example.net>\n' >"$scratch/bad.csv"
run mail send 1 --csv "$scratch/bad.csv"
exits 5 'a file with what is no address is refused'
says "bad.csv:3:5"
says "bad.csv:5:2"
says "bad.csv:6:14"
result "$(! grep -q 'RCPT\|a b@' "$scratch/out" "$scratch/err"; echo $?)" 'and what stands there is not repeated'

# The relay is not who it says, or does not know us.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$scratch/x.key" -out "$scratch/x.pem" -subj /CN=x 2>/dev/null
register_with required "$scratch/x.pem" "$postfix_port"
send
exits 1 'a relay whose certificate another one signed gets nothing'
says 'certificate'
register_with required "$postfix_ca" "$postfix_port"
sed -i "s/user: $postfix_user/user: stranger@example.org/" "$scratch/register/mail.yaml"
run mail send 1
exits 1 'a login that is refused'
says '535'
result "$([ -z "$(ls -A "$scratch/mx/box")" ]; echo $?)" 'nobody got anything until now'
run mail status 1 --json
result "$(jq -e '.counts.planned == 234 and .counts.recipients == 234' "$scratch/out" >/dev/null; echo $?)" \
	'all of them are planned still'
register_with required "$postfix_ca" "$postfix_port"

code=0
ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -s 65536 -v -e trace=execve -e signal=none \
	-o "$scratch/execs" "$firebreak_program" mail send 1 --no-wait --retry 1 >"$scratch/out" 2>"$scratch/err" \
	</dev/null || code=$?
exits 4 'two are deferred'
says '230 sent'
says '2 refused'
says '2 deferred'
result "$(grep -q 'firebreak-mailer.*HOME=' "$scratch/execs"; echo $?)" 'who sends is started under watch'
for value in "$postfix_password" "$leaked"; do
	grep -rqF -e "$value" "$scratch"/state/journal.db* "$scratch"/state/mail-1.db* "$scratch/mx/box" \
		"$scratch/out" "$scratch/err" "$scratch/execs"
	result "$([ $? = 1 ]; echo $?)" 'a value stands in no message, argument, environment, journal and ledger'
done
result "$(! grep -aqE 'u[0-9]+@example\.net' "$scratch"/state/journal.db* "$scratch"/state/mail-1.db* "$scratch/execs"
	echo $?)" 'nor does an address of those who are written to'
run mail send 1
exits 0 'those that were greylisted are tried again'
says '232 sent'
run mail status 1 --json
cp "$scratch/out" "$scratch/status"
result "$(jq -e '[.recipients[] | select(.state == "refused") | .address] == ["gone1@example.net", "gone2@example.net"]
	and ([.recipients[] | select(.state == "refused") | .code] == [550, 550])
	and ([.recipients[] | select(.address | startswith("slow")) | .tries] == [2, 2])' "$scratch/status" >/dev/null
	echo $?)" 'the status of each recipient, with the code of its server'
FIREBREAK_KEY=$scratch/nokey run mail status 1 --json
result "$(jq -e '[.recipients[] | has("address")] | any | not' "$scratch/out" >/dev/null; echo $?)" \
	'without a key no address is shown'
result "$(! grep -qa 'example\.net' "$scratch"/state/mail-1.db* "$scratch"/state/journal.db*; echo $?)" \
	'and none stands in the ledger or the journal'
run mail send 1
exits 0 'once more sends nobody anything'
postfix_drained; result $? 'what was taken is in its mailbox'
python3 - "$scratch/mx/box" "$scratch/status" >"$scratch/read" 2>&1 <<'PYTHON'
import email, email.policy, glob, json, os, re, sys
box, status = sys.argv[1], json.load(open(sys.argv[2]))
want = {r["address"].lower() for r in status["recipients"] if r["state"] == "sent"}
got, ids, bodies = [], {}, set()
for path in glob.glob(box + "/*/new/*"):
    owner = path.split("/")[-3] + "@example.net"
    raw = open(path, "rb").read()
    seen = set(a.decode().lower() for a in re.findall(rb"[A-Za-z0-9._-]+@example\.net", raw, re.I)) - {owner}
    assert not seen, (path, seen)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m["To"] == "<team@example.org>" or str(m["To"]) == "team@example.org", m["To"]
    assert "security@example.org" in m["From"] and m["Auto-Submitted"] == "auto-generated" and not m["Bcc"]
    assert "Test Farm" in m["Subject"] and m["Date"] and m["Message-ID"]
    ids.setdefault(m["Message-ID"], []).append(owner)
    bodies.add(m.get_content())
    got.append(owner)
assert sorted(got) == sorted(want), (len(got), len(want))
assert len(set(got)) == len(got)
assert len(bodies) == 1, len(bodies)
body = bodies.pop()
assert "Paßwort veröffentlicht " + "." * 300 + "\n" in body, body
assert max(len(v) for v in ids.values()) <= 100 and len(ids) >= 3
print("fine", len(got))
PYTHON
result "$(grep -q '^fine 232' "$scratch/read"; echo $?)" \
	"each has it once, whole, and no address of another: $(tail -1 "$scratch/read")"
run timeline 1
says 'began to mail 234 people'
says 'told mail'
sha=$(jq -r .text_sha256 "$scratch/status")
result "$(sqlite3 "$scratch/state/journal.db" "SELECT body FROM journal WHERE kind = 'told'" |
	jq -se --arg s "$sha" 'length == 1 and .[0].text_sha256 == $s' >/dev/null
	echo $?)" 'told has the hash of what was sent'
run journal verify
exits 0 'the journal is whole'
run notice word 1 --nature 'Said anew'
printf 'mail\nlate@example.net\n' >"$scratch/late.csv"
run mail send 1 --csv "$scratch/late.csv"
exits 1 'another text for those who are new needs a word'
says 'nobody gets two texts of one incident'
run mail send 1 --csv "$scratch/late.csv" --as-begun
exits 0 'or they get the text of the others'
postfix_drained; result $? 'what was taken is in its mailbox'
result "$(grep -qr 'Pa=C3=9Fwort' "$scratch/mx/box/late/new"; echo $?)" 'late has the text that was begun with'
run mail settle 1 resend --because 'x'
exits 1 'nobody is unknown'
# A channel that the incident reaches.
run declare mail/sender --because 'in a log'
run notice word 2 --nature 'x' --consequences 'x' --measures 'x' --advice 'x'
run notice decide 2 mail yes --because 'x'
run mail send 2 --csv "$scratch/late.csv"
exits 1 'nothing is sent over a channel whose password has leaked'
says 'mail/sender'

# TLS from the first byte, TLS as it comes, and none; and a server that takes 30 recipients a message.
register_open() {     # TLS CA RELAY
	register_with "$1" "$2" 1
	sed -i -e '/^    user:/d' -e '/^    secret:/d' -e "s|relays: .*|relays: ['$3']|" "$scratch/register/mail.yaml"
}
more() {              # FROM TO: recipients that are new
	local i
	echo mail
	for ((i = $1; i <= $2; i++)); do echo "u$i@example.net"; done
}
came() {              # BOX WORDS TEXT: one message, with these words in Postfix's own line
	postfix_drained
	result "$([ "$(cat "$scratch/mx/box/$1"/new/* | grep -c '^Message-ID:')" = 1 ] &&
		cat "$scratch/mx/box/$1"/new/* | grep -q "$2"; echo $?)" "$3"
}
run declare thing/password --because 'pasted once more'
run notice word 3 --nature 'x' --consequences 'x' --measures 'x' --advice 'x'
run notice decide 3 mail yes --because 'x'
more 301 301 >"$scratch/more.csv"
register_open required "$scratch/x.pem" "smtps://localhost:$postfix_wrapped"
run mail send 3 --csv "$scratch/more.csv"
exits 1 'TLS from the first byte, and a certificate that another one signed'
says 'certificate'
register_open never "$postfix_ca" "smtps://localhost:$postfix_wrapped"
run mail send 3
exits 0 'TLS from the first byte, whatever is said of STARTTLS'
came u301 'using TLS' 'and the message came by it'
more 302 302 >"$scratch/more.csv"
register_open required "$postfix_ca" "smtp://localhost:$postfix_plain"
run mail send 3 --csv "$scratch/more.csv"
exits 1 'a server without TLS gets nothing when it is required'
says 'it offers no STARTTLS, which is required here'
register_open optional "$postfix_ca" "smtp://localhost:$postfix_plain"
run mail send 3
exits 0 'and everything when it is not'
came u302 'with ESMTP id' 'in the clear'
more 303 303 >"$scratch/more.csv"
register_open optional "$scratch/x.pem" "smtp://localhost:$postfix_port"
run mail send 3 --csv "$scratch/more.csv"
exits 0 'a server with TLS is talked to under it, whoever signed'
came u303 'using TLS' 'and the message came by it'
more 401 500 >"$scratch/more.csv"
register_open required "$postfix_ca" "smtp://localhost:$postfix_few"
run mail send 3 --csv "$scratch/more.csv" --no-wait --at-once 1
exits 0 'a server that says 452 to more than 30 recipients gets the others with the next messages'
run mail status 3 --json
result "$(jq -e '.counts.sent == 103 and ([.recipients[] | .tries] | all(. == 1))' "$scratch/out" >/dev/null
	echo $?)" 'which counts as no try'
postfix_drained
result "$([ "$(cat "$scratch"/mx/box/u4[0-9][0-9]/new/* "$scratch"/mx/box/u500/new/* | sed -n 's/^Message-ID: //p' |
	sort | uniq -c | awk '{ print $1 }' | sort -n | tr '\n' ' ')" = '10 30 30 30 ' ] &&
	[ "$(find "$scratch"/mx/box/u4[0-9][0-9]/new "$scratch/mx/box/u500/new" -type f | wc -l)" = 100 ]; echo $?)" \
	'each has it once, and no message had more'

# What a kill -9 cannot show: that the ledger waits for the disk, not for the kernel, before a mailer hears of anybody.
more 501 850 >"$scratch/more.csv"
register_open required "$postfix_ca" "smtp://localhost:$postfix_few"
code=0
ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -qq -y -s 8 -e trace=pwrite64,fdatasync,fsync,write \
	-e signal=none -o "$scratch/writes" "$firebreak_program" mail send 3 --csv "$scratch/more.csv" --at-once 2 \
	>"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
exits 0 '350 more under watch'
python3 - "$scratch/writes" >"$scratch/read" 2>&1 <<'PYTHON'
import re, sys
waits, written, told, intents = True, 0, 0, 0
for line in open(sys.argv[1], encoding="utf-8", errors="replace"):
    if re.match(r"pwrite64\(\d+<[^>]*/mail-3\.db-wal>", line):
        waits, written = False, written + 1
    elif re.match(r"f(data)?sync\(\d+<[^>]*/mail-3\.db-wal>.* = 0$", line):
        intents += not waits
        waits = True
    elif re.match(r'write\(\d+<pipe:[^>]*>, "\{\\"id\\":', line):
        told += 1
        assert waits, "told a mailer before the ledger was on disk"
assert told >= 12 and intents >= 4 and written > 20, (told, intents, written)
print("fine", told)
PYTHON
result "$(grep -q '^fine' "$scratch/read"; echo $?)" "each batch is told behind the disk: $(tail -1 "$scratch/read")"
finish
