#!/usr/bin/env bash
# Mail to people over relays that die, hang or are slow, with a rate, with Ctrl-C, and the addresses given up at the
# end; the messages that smtp-sink took are read. Usage: mail-relays.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/../lib/sink.sh"
make_farm
trap 'sinks_end; rm -rf "$scratch"' EXIT

relays() {            # PORT...
	local port list=
	for port in "$@"; do list+="${list:+, }'smtp://127.0.0.1:$port'"; done
	cat >"$scratch/register/mail.yaml" <<-MAIL
		data:
		  users: {title: Accounts, system: thing, categories: [mail addresses], class: simple, people: 300,
		    records: 300, address: true}
		channels:
		  people: {kind: mail, to: team@example.org, relays: [$list], tls: never, from: t@example.org}
	MAIL
}
sed -i -e 's|^    consumers: .*|&\n    opens: [data:users]|' \
	-e 's|approver: lead}|approver: lead, contact: "privacy@example.org"}|' "$scratch/register/firebreak.yaml"
{
	echo mail
	for ((i = 1; i <= 230; i++)); do echo "u$i@example.net"; done
} >"$scratch/people.csv"
tail -n +2 "$scratch/people.csv" | sort >"$scratch/want"
sink_begin fast
fast=$sink_port
relays "$fast"

incident() {          # another one, that may be mailed; its number is kept
	run declare thing/password --because 'pasted into a channel'
	number=$(sqlite3 "$scratch/state/journal.db" "SELECT max(incident) FROM journal")
	run notice word "$number" --nature 'x' --consequences 'x' --measures 'x' --advice 'END'
	run notice decide "$number" mail yes --because 'x'
	[ "$code" = 0 ] && return
	result 1 "incident $number may be mailed"
}

counts() {            # JQ-EXPRESSION TEXT: of the ledger as it is now
	run mail status "$number" --json
	result "$(jq -e ".counts | $1" "$scratch/out" >"$scratch/jq" && grep -qx true "$scratch/jq"; echo $?)" "$2"
}

each_once() {         # TEXT NAME...
	local text=$1
	shift
	sink_got "$@" >"$scratch/got"
	result "$(diff "$scratch/want" "$scratch/got" >"$scratch/out"; echo $?)" "$text"
	rm -f "$scratch"/{fast,slow,one,two}/m.*
}

fates() {
	ledger "SELECT n, hex(tag), state, tries, at_us, code, batch FROM recipient JOIN status USING(n) ORDER BY n"
}
ledger() { sqlite3 -readonly "$scratch/state/mail-$number.db" "$1"; }

# --- a rate, and how far it is at a terminal ---
incident
code=0
TERM=xterm script -qec "'$firebreak_program' mail send $number --csv '$scratch/people.csv' --rate 12000" /dev/null \
	</dev/null >"$scratch/out" 2>/dev/null || code=$?
exits 0 'a hundred in half a second at most'
says ' 100 of 230 sent'
says ' 200 of 230 sent'
result "$([ "$(ledger "SELECT count(*), min(gap) >= 500000 FROM (SELECT begun_us - lag(begun_us) OVER (ORDER BY id)
	AS gap FROM batch)")" = '3|1' ]; echo $?)" 'each batch begins half a second behind the one before'
each_once 'and each has it once' fast

# --- addresses are given up ---
python3 - "$scratch/state/mail-$number.db" >"$scratch/sealed" <<'PYTHON'
import sqlite3, sys
db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True)
for (a,) in db.execute("SELECT address FROM recipient"):
    print(a.hex())
print(db.execute("SELECT key FROM mailing").fetchone()[0].encode()[-64:].hex())
PYTHON
left() {              # how many of the sealed addresses, and of the key, stand in the ledger's files
	python3 - "$scratch/sealed" "$scratch/state/mail-$number.db"* <<-'PYTHON'
		import sys
		files = [open(p, "rb").read() for p in sys.argv[2:]]
		sealed = [bytes.fromhex(line) for line in open(sys.argv[1])]
		print(sum(any(s in f for f in files) for s in sealed))
	PYTHON
}
result "$([ "$(left)" = 231 ]; echo $?)" 'the ledger holds 230 sealed addresses and their key'
run mail forget "$number"
exits 2 'to give them up wants a reason'
says 'why are the addresses needed no more?'
result "$([ "$(left)" = 231 ]; echo $?)" 'and nothing is gone'
fates >"$scratch/before"
run mail forget "$number" --because 'all were told, and the time to complain is over'
exits 0 'they are given up'
says 'The addresses of 230 people are given up'
result "$([ "$(left)" = 0 ]; echo $?)" 'none stands in the file or beside it'
fates >"$scratch/after"
result "$([ "$(wc -l <"$scratch/before")" = 230 ] && cmp -s "$scratch/before" "$scratch/after"; echo $?)" \
	'what became of each stays'
counts '.sent == 230 and .recipients == 230' 'and is counted as before'
result "$(jq -e '(.recipients | length) == 230 and ([.recipients[] | has("address")] | any | not)' "$scratch/out" \
	>"$scratch/jq" && grep -qx true "$scratch/jq"; echo $?)" \
	'no address is shown'
run timeline "$number"
says 'gave up the addresses of 230 people who were mailed'
says 'the time to complain is over'
run mail send "$number" --csv "$scratch/people.csv"
exits 1 'nobody is written to after it'
says 'the addresses of this mailing were given up'
run mail forget "$number" --because 'once more'
exits 0 'a second time changes nothing'
run mail forget 999 --because 'x'
exits 2 'an incident that is not there'

# --- Ctrl-C ---
sink_begin slow -W .:1
relays "$sink_port"
incident
# A shell has what it starts behind itself ignore SIGINT.
env --default-signal=INT "$firebreak_program" mail send "$number" --csv "$scratch/people.csv" --rate 60 \
	>"$scratch/sent" 2>&1 </dev/null &
sender=$!
for ((i = 0; i < 300; i++)); do
	[ "$(ledger 'SELECT count(*) FROM status WHERE state IN (1, 2)' 2>/dev/null)" = 60 ] && break
	sleep 0.1
done
kill -INT "$sender"
code=0
wait "$sender" || code=$?
cp "$scratch/sent" "$scratch/out"
exits 130 'Ctrl-C in the middle'
# What was under way is waited for, and by --rate the next would be a minute off.
says '170 not sent yet, 60 sent'
counts '.sent == 60 and .planned == 170 and .unknown == 0' 'of nobody it is not known'
run mail forget "$number" --because 'x'
exits 1 'addresses are not given up while somebody is waiting'
says '170 of 230 are not settled'
relays "$fast"

# --- another text ---
texts() { find "$scratch"/slow "$scratch"/fast -name 'm.*' -exec cat {} + | grep -c "$1"; }
run notice word "$number" --nature 'Said anew'
run mail send "$number"
exits 1 'another text does not go to the rest'
says '170 of 230 have to get it still: --as-begun'
run mail send "$number" --as-begun
exits 0 'the rest goes on, with the text of the others'
result "$([ "$(texts 'Said anew')" = 0 ]; echo $?)" 'nobody has the other one'
each_once 'and each has it once' slow fast
run mail send "$number" --csv "$scratch/people.csv"
exits 1 'nor does it go to anybody when the mailing is over'
says 'the mailing of incident 2 to 230 people is over'
says 'nobody gets two texts of one incident'
counts '.sent == 230 and .recipients == 230' 'the ledger is as it was'
{
	cat "$scratch/people.csv"
	echo late@example.net
} >"$scratch/late.csv"
run mail send "$number" --csv "$scratch/late.csv" --as-begun
exits 0 'who is new'
result "$([ "$(sink_got slow fast)" = late@example.net ] && [ "$(texts 'Said anew')" = 0 ] && [ "$(texts END)" = 1 ]
	echo $?)" 'gets the text that was sent, and nobody else gets anything'
rm -f "$scratch"/fast/m.*
sqlite3 "$scratch/state/journal.db" "SELECT body FROM journal WHERE kind = 'mailed' AND incident = $number" |
	jq -sr 'map(select(.what == ("begun", "ended")).text_sha256) | "\(length) \(unique | length)"' >"$scratch/jq"
result "$([ "$(cat "$scratch/jq")" = '3 1' ]; echo $?)" 'the journal knows one text'

# --- a relay that dies behind its first message, before it answers ---
sink_begin one -M 1
one=$sink_port
sink_begin two
relays "$one" "$sink_port"
incident
run mail send "$number" --csv "$scratch/people.csv" --at-once 1
exits 3 'of those whose relay died it is not known'
says '130 sent, 100 not known'
result "$([ "$(ledger "SELECT relay = '127.0.0.1:$one', count(*) FROM batch GROUP BY 1 ORDER BY 1" |
	tr '\n' ' ')" = '0|2 1|1 ' ]; echo $?)" 'the others got it by the second relay, and the ledger says so'
run mail send "$number"
exits 3 'once more sends nobody anything'
run mail settle "$number" sent --because 'the first relay has the message'
exits 0 'until a person knows better'
run mail send "$number"
exits 0 'then it is over'
each_once 'each has it once' one two

# --- relays that hang: the real mailer, with limits that are shorter than the minutes it gives a relay otherwise ---
mkdir -p "$scratch/bin" "$scratch/share"
ln -s "$source_root" "$scratch/share/firebreak"
built=$(dirname "$firebreak_program")
cp "$firebreak_program" "$scratch/bin/firebreak"
for part in "$built"/firebreak-worker*; do
	[ -x "$part" ] && [ -f "$part" ] && ln -s "$part" "$scratch/bin/"
done
cat >"$scratch/bin/firebreak-mailer" <<PYTHON
#!/usr/bin/python3
import json, os
job = b""
while not job.endswith(b"\n"):
    job += os.read(3, 1) or b"\n"
job = dict(json.loads(job), **json.load(open("$scratch/limits")))
out, into = os.pipe()
if os.fork() == 0:
    for fd in {4, 5, 6, out} - {into}:
        try: os.close(fd)
        except OSError: pass
    part = json.dumps(job).encode() + b"\n"
    while part:
        while part:
            part = part[os.write(into, part):]
        part = os.read(3, 65536)
    os._exit(0)
os.close(into)
os.dup2(out, 3)
os.execve("$built/firebreak-mailer", ["firebreak-mailer"], dict(os.environ))
PYTHON
chmod 755 "$scratch/bin/firebreak-mailer"
limits() { printf '{"connect_ms": %s, "reply_ms": %s, "end_ms": %s}' "$@" >"$scratch/limits"; }
firebreak_program=$scratch/bin/firebreak

sink_begin greeting -W CONNECT:600
greeting=$sink_port
sink_begin envelope -W RCPT:600
envelope=$sink_port
relays "$greeting" "$envelope" "$fast"
limits 300 300 60000
incident
run mail send "$number" --csv "$scratch/people.csv" --at-once 1
exits 0 'a relay that never greets, one that is silent later on, and a third one that works'
each_once 'each has it once' fast

relays "$envelope"
limits 60000 100 60000
incident
run mail send "$number" --csv "$scratch/people.csv"
exits 4 'no relay but one that hangs'
says "relay '127.0.0.1:$envelope': no answer in time"
counts '.planned == 230 and .unknown == 0' 'nobody can have got it, and all of them are planned still'

sink_begin last -W .:600
relays "$sink_port"
limits 60000 60000 100
{
	cat "$scratch/people.csv"
	for ((i = 1; i <= 100; i++)); do echo "v$i@example.net"; done
} >"$scratch/more.csv"
run mail send "$number" --csv "$scratch/more.csv"
exits 3 'a relay that hangs behind the last line'
says 'no answer in time'
counts '.unknown == 300 and .planned == 30' 'of those nobody knows, and after three times the others are left alone'
run mail forget "$number" --because 'they were told by letter' --unsettled
exits 0 'addresses are given up although somebody is not settled, when that is said'
run mail send "$number"
exits 1 'and nobody of them is written to'
finish
