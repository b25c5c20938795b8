#!/usr/bin/env bash
# Who is told, when the program is ended by kill -9 at each of its points, when two run at once, and when time passes.
# The mail server is Postfix's smtp-sink. Usage: alert.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../live/alert-services.sh"
trap services_end EXIT

mkdir -p "$scratch/bin" "$scratch/share/firebreak"
cp "$1/firebreak-crash" "$scratch/bin/firebreak"
ln -s "$3"/firebreak-worker* "$3/firebreak-mailer" "$3/firebreak-messenger" "$scratch/bin"
rm -rf "$scratch"/bin/*.p
ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
firebreak_program=$scratch/bin/firebreak
make_farm
mail_port=$(free_port)
mailboxes=$scratch/mailboxes
mkdir "$mailboxes"
start_sink
result $? 'a mail server is there'
sed -i -e 's/approver: lead}/approver: lead, channels: [mail], repeat: 10, escalation: [{to: [carol], after: 25}]}/' \
	-e 's/contacts: \[alice\]/contacts: [alice, bob]/' "$scratch/register/firebreak.yaml"
cat >"$scratch/register/channels.yaml" <<-REGISTER
	people:
	  bob: {name: Bob Baker, mail: bob@example.org}
	  carol: {name: Carol Cooper, mail: carol@example.org}
	channels:
	  mail:
	    kind: mail
	    to: team@example.org
	    relays: ['smtp://127.0.0.1:$mail_port']
	    tls: never
	    from: firebreak@example.org
REGISTER

fresh() { rm -rf "$scratch/state" "$mailboxes"/* "$scratch"/bin/{control,clock,durable} "$scratch"/bin/points.*; }
mails() { cat "$mailboxes"/* 2>/dev/null | grep -c "^To: <$1@example.org>"; }
declare_it() { run declare thing/password --because pasted --json; } 2>/dev/null
outcome_of() { jq -r ".alerts.parties[] | select(.party | startswith(\"$1\")) | .outcome // \"none\"" "$scratch/out"; }

# --- each point: nobody is lost, nobody gets it twice
points=0 unknown=0 told=0
: >"$scratch/broken"
while :; do
	points=$((points + 1))
	fresh
	printf 'parent - %d\n' $points >"$scratch/bin/control"
	declare_it
	[ "$code" = 137 ] || break
	rm "$scratch/bin/control"
	run status 1 --json
	if [ "$code" != 0 ]; then
		[ -z "$(ls "$mailboxes")" ] || echo "point $points: mail without a declaration" >>"$scratch/broken"
		continue
	fi
	run alert 1
	run status 1 --json
	for who in team alice bob; do
		n=$(mails "$who") outcome=$(outcome_of "$who")
		case $n$outcome in
		1sent) told=$((told + 1)) ;;
		0unknown|1unknown) unknown=$((unknown + 1)) ;;
		*) echo "point $points: $who has $n mails and stands as $outcome" >>"$scratch/broken" ;;
		esac
	done
done
cp "$scratch/broken" "$scratch/out"
result "$([ ! -s "$scratch/broken" ]; echo $?)" "at none of the points somebody is lost or told twice in silence"
result "$([ "$code" = 0 ] && [ $points -gt 25 ] && [ $told -gt 20 ] && [ $unknown -gt 10 ]; echo $?)" \
	"there were many points"
echo "# $points points, $told told, $unknown not known"

# --- what is not known is sent again only when a person says so, and as a new call when it is time
fresh
printf 'parent - %d\n' 1000000 >"$scratch/bin/control"
declare_it
kill_at=$(grep -n 'after start' "$scratch/bin/points.parent" | tail -1 | cut -d: -f1)
fresh
printf 'parent - %d\n' "$kill_at" >"$scratch/bin/control"
declare_it
result "$([ "$code" = 137 ]; echo $?)" 'ended behind the start of the last mailer'
rm "$scratch/bin/control"
before=$(cat "$mailboxes"/* 2>/dev/null | grep -c '^To:')
run alert 1
exits 4 'what came of it is not known'
says 'firebreak alert 1 --again'
result "$([ "$(cat "$mailboxes"/* 2>/dev/null | grep -c '^To:')" = "$before" ]; echo $?)" 'nothing was sent again'
run status 1 --json
who=$(jq -r '[.alerts.parties[] | select(.outcome == "unknown") | .party][0]' "$scratch/out")
run alert 1 --again "$who"
says "$who over mail: sent"
result "$([ "$(cat "$mailboxes"/* | grep -c '^To:')" = $((before + 1)) ]; echo $?)" 'once more, as was said'

# --- the mailer is ended while the server has the whole message and says nothing
fresh
usual_port=$mail_port mail_port=$(free_port)
start_sink -W .:120
sed -i "s/127.0.0.1:$usual_port/127.0.0.1:$mail_port/" "$scratch/register/channels.yaml"
"$firebreak_program" declare thing/password --because pasted >"$scratch/out" 2>"$scratch/err" </dev/null &
parent=$!
mailers() { cat /proc/$parent/task/*/children 2>/dev/null; }
three_wait() { [ "$(grep -l "belongs into an answer" "$mailboxes"/* | wc -l)" = 3 ]; }
wait_for 60 three_wait
result $? 'three mailers wait for their answers'
for pid in $(mailers); do kill -KILL "$pid" 2>/dev/null; done
code=0
wait $parent || code=$?
exits 0 'declared all the same'
says 'alice over mail: unknown'
run alert 1
says 'firebreak alert 1 --again alice'
sed -i "s/127.0.0.1:$mail_port/127.0.0.1:$usual_port/" "$scratch/register/channels.yaml"
mail_port=$usual_port

# --- two at once
fresh
declare_it
fresh_seq=$(jq -r .incident "$scratch/out")
rm -f "$mailboxes"/*
echo -660 >"$scratch/bin/clock"
for n in 1 2 3; do "$firebreak_program" alert "$fresh_seq" >"$scratch/out.$n" 2>&1 </dev/null & eval "pid$n=$!"; done
codes=
for n in 1 2 3; do eval "wait \$pid$n"; codes="$codes $?"; done
echo "exit codes$codes" >"$scratch/out"
result "$([ "$(mails alice) $(mails bob) $(mails team)" = '1 1 1' ]; echo $?)" 'three at once tell each one once'
for c in $codes; do
	result "$([ "$c" = 0 ] || [ "$c" = 6 ]; echo $?)" 'and each of the three says what it did'
done

# --- time passes: again, then the next ones, until somebody has it
fresh
declare_it
echo -660 >"$scratch/bin/clock"
run alert 1
exits 0 'eleven minutes later'
result "$([ "$(mails alice) $(mails carol)" = '2 0' ]; echo $?)" 'they are told again'
result "$(cat "$mailboxes"/* | grep -q '^ *(call 2)\|^Subject.*(call 2)'; echo $?)" 'and it says so'
run status 1
says 'alice: not acknowledged, next at'
echo -1560 >"$scratch/bin/clock"
run alert
exits 0 'twenty-six minutes later, of all open incidents'
result "$([ "$(mails alice) $(mails carol)" = '3 1' ]; echo $?)" 'the next one of the escalation is told'
why='^You are told as step 1 of the escalation: nobody has acknowledged for 26 min'
result "$(cat "$mailboxes"/* | tr -d '\r' | grep -q "$why"; echo $?)" 'and is told why'
run ack 1 bob
exits 0 'bob has it'
echo -3000 >"$scratch/bin/clock"
run alert 1
result "$([ "$(mails alice) $(mails bob) $(mails carol) $(mails team)" = '4 3 1 3' ]; echo $?)" \
	'only who is a contact and silent is told again'
run ack 1 alice
run close 1 --because 'a test'
run answer 1 x --because y
echo -9000 >"$scratch/bin/clock"
run alert 1
result "$([ "$(mails alice)" = 4 ]; echo $?)" 'then nobody is'
finish
