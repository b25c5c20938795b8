#!/usr/bin/env bash
# What a person types, and mistypes: sentences, exit codes, JSON. Usage: commands.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm

run
exits 2 'no command'
says 'firebreak COMMAND --help'
run --version
exits 0 'version'
run --help
exits 0 'help'
for c in $("$firebreak_program" --help | awk '/^Commands:/ { on = 1; next } on && !NF { exit } on { print $1 }'); do
	run "$c" --help
	exits 0 "help of $c"
	says "usage: firebreak $c"
	run "$c" --jsno
	exits 2 "wrong option of $c"
	says "--json"
done
run respnd 1
exits 2 'wrong command'
says "did you mean 'respond'?"

# A first day: nothing has happened yet.
run status
exits 0 'status without a journal'
says 'No open incident'
run status --json
is_json 'and in JSON'
result "$([ ! -e "$scratch/state/journal.db" ]; echo $?)" 'reading makes no journal'
for words in 'status 1' 'plan 1' 'timeline 1' 'report 1' 'respond 1 --dry-run' 'journal export 1'; do
	run $words
	exits 2 "$words: an incident of a journal that is not there"
	says "'firebreak declare' makes it"
done
run journal verify
exits 1 'no journal is not a whole one'

run declare thing/pasword --because 'x'
exits 2 'a name that is nearly right'
says "did you mean 'thing/password'?"
run declare nothing-like-it --because 'x'
exits 2 'a name that is not right at all'
run declare thing/password
exits 2 'no reason'
says '--because'
run declare --because x
exits 2 'nothing named'
for t in yesterday 2026-13-01T00:00Z +3h 2999-01-01T00:00Z; do
	run declare thing/password --because x --aware "$t"
	exits 2 "time '$t'"
done
run declare thing/password --because x --suspected -1h --aware -2h
exits 2 'sure before suspected'
says '--aware is before --suspected'
run declare thing/password --because x --confidence perhaps
exits 2 'a confidence that is none'
says 'suspected, likely or certain'
run declare thing/password --because x --as alcie
exits 2 'a person who is not in the register'
says "did you mean 'alice'"
result "$([ ! -e "$scratch/state/journal.db" ] || "$firebreak_program" status --json | jq -e 'length == 0' >/dev/null
	echo $?)" \
	'none of these declared anything'

FIREBREAK_STATE="$scratch/state-of-box" run declare box --because 'somebody was root on it' --json
exits 0 'a host can be declared'
result "$(jq -e '[.members[] | select(.kind == "secret" and .name == "thing/password" and (.path | contains("box")))]
	| length == 1' "$scratch/out" >/dev/null; echo $?)" 'what lies on it is reached, with the path that explains it'
FIREBREAK_STATE="$scratch/state-of-box" run declare thing --because 'a system'
exits 0 'a system can be declared'
says '1 (thing/password)'
says 'firebreak plan 2'
for n in 3 4 5 6 7 8 9 10 11 12; do
	FIREBREAK_STATE="$scratch/state-of-box" run declare thing --because 'and again'
done
says 'and 1 more: firebreak status'
FIREBREAK_STATE="$scratch/state-of-box" run declare thing --because 'and again' --json
result "$(jq -e '.others | length == 12 and .[0] == {incident: 1, secret: "thing/password"}' "$scratch/out" >/dev/null
	echo $?)" 'all of them in JSON'
rm -r "$scratch/state-of-box"

run declare thing/password thing --because 'a line with ä, <b> and | in it' --suspected -3h --as alice --json
exits 0 'declared'
is_json 'a declaration in JSON'
result "$(jq -e '.incident == 1 and (.members | length) > 1' "$scratch/out" >/dev/null; echo $?)" \
	'with its number and members'
for words in 'status' 'status 1' 'plan 1' 'plan 1 --cacao' 'timeline 1' 'report 1' 'journal verify' 'register check' \
	     'register show' 'register show thing/password' 'register graph'; do
	run $words --json
	exits 0 "$words --json"
	is_json "$words --json is JSON"
done
run journal export
result "$(jq -es 'length > 0' "$scratch/out" >/dev/null; echo $?)" 'the export is JSON lines'
result "$(jq -es '.[0] | .kind == "declared" and (.who | startswith("alice")) and .at_us > 1700000000000000 and
	.body.suspected_us < .body.aware_us and (.body.register | length) == 64' "$scratch/out" >/dev/null; echo $?)" \
	'the row has who declared it, when, both times and which register'
run plan 1 --dot
says 'digraph'
for words in 'plan x' 'plan 0' 'plan 7' 'status -- -1' 'respond' 'respond 1 2' 'respond 1 --at-once 65' \
	     'respond 1 --only nothing' 'respond 1 --skip 1' 'answer 1 tell-team' 'journal' 'journal burn' \
	     'register burn' 'key' 'timeline' 'report 9' 'close'; do
	run $words
	exits 2 "$words"
done
run respond 1 --only comit:thing/password:private
exits 2 'a step that is nearly right'
says "did you mean 'commit:thing/password:private'?"
run answer 1 prove --because 'I say so'
exits 1 'nobody answers for what is proven'
run close 1
exits 1 'not closed while steps are open'
everything() {        # but the index and the empty log that SQLite makes for a reader
	find "$scratch" -type f -size +0c ! -name journal.db-shm ! -name out ! -name err ! -name before \
		! -name after -exec sha256sum {} + | sort
}
everything >"$scratch/before"
run respond 1 --dry-run
exits 0 'a dry run'
says 'Nothing is changed'
run respond 1 --dry-run --only 'commit:thing/password:private'
exits 0 'a dry run of one step'
everything >"$scratch/after"
result "$(cmp -s "$scratch/before" "$scratch/after"; echo $?)" \
	'no file of ours, of the service or of the git was changed'

# No terminal: no colours, no values, no questions.
FORCE=$(printf '\033')
for c in "status 1" "plan 1"; do
	NO_COLOR=1 run $c
	result "$(grep -qF "$FORCE" "$scratch/out"; [ $? = 1 ]; echo $?)" "$c has no colours"
done
if command -v script >/dev/null; then
	TERM=xterm script -qec "'$firebreak_program' status 1" /dev/null </dev/null >"$scratch/out" 2>/dev/null
	result "$(grep -qF "$FORCE[1m" "$scratch/out"; echo $?)" 'a terminal has colours'
	NO_COLOR=1 TERM=xterm script -qec "'$firebreak_program' status 1" /dev/null </dev/null >"$scratch/out" \
		2>/dev/null
	result "$(grep -qF "$FORCE[1m" "$scratch/out"; [ $? = 1 ]; echo $?)" 'not with NO_COLOR'
fi

# Somebody else is at it.
exec 9>"$scratch/state/incident-1.lock"
flock 9
run respond 1
exits 6 'another responder holds the incident'
says 'firebreak status 1'
exec 9>&-

run respond 1 --json
exits 3 'done but for people'
is_json 'the end of a run in JSON'
result "$(jq -e '.failed == 0 and .unknown == 0 and .proven > 5' "$scratch/out" >/dev/null; echo $?)" \
	'all of it is proven'
run recover 1 thing/password
exits 1 'no terminal'
result "$(cat "$scratch/out" "$scratch/err" | grep -qF "$leaked"; [ $? = 1 ]; echo $?)" 'no value is shown'
for step in $("$firebreak_program" status 1 --json |
		jq -r '.list[] | select(.outcome == "waiting" or .outcome == "none") | .id'); do
	run answer 1 "$step" --because 'done on paper'
	exits 0 "answer for $step"
done
run respond 1
exits 0 'everything is settled'
run journal export 1
result "$(jq -es '[.[] | select(.kind == "released")] | length == 1' "$scratch/out" >/dev/null; echo $?)" \
	'the secret was let go of once'
run report 1 --output "$scratch/report.md"
exits 0 'the report in a file'
result "$([ "$(stat -c %a "$scratch/report.md")" = 600 ]; echo $?)" 'for nobody else to read'
run close 1 --because 'calm again'
exits 0 'closed'
run respond 1
exits 1 'a closed incident stays closed'
run status
says 'No open incident'
run status --all
says 'thing/password'
run journal verify
exits 0 'the journal is whole'

# A register that is wrong, said with its place.
cp "$scratch/register/firebreak.yaml" "$scratch/good.yaml"
sed -i 's/kind: private,/knid: private,/' "$scratch/register/firebreak.yaml"
run register check
exits 1 'a wrong key'
result "$(grep -qE '^firebreak\.yaml:[0-9]+:[0-9]+: .*knid' "$scratch/out"; echo $?)" 'it says file, line and column'
run plan 1
exits 5 'and everything else stops'
sed 's/repository: private/repository: privat/' "$scratch/good.yaml" >"$scratch/register/firebreak.yaml"
run register check
says "'private'"
printf 'register: 1\n a: [\n' >"$scratch/register/firebreak.yaml"
run register check
result "$(grep -qE 'firebreak\.yaml:[0-9]+:[0-9]+:' "$scratch/out" "$scratch/err"; echo $?)" 'broken YAML has a place'
cp "$scratch/good.yaml" "$scratch/register/firebreak.yaml"
sed -i 's/do: change/do: chagne/' "$scratch/register/playbooks/pwfile.yaml"
run register check
exits 1 'a wrong playbook is found on a calm day'
says 'playbooks/pwfile.yaml:'
run plan 1
exits 5 'a wrong playbook'
result "$(grep -qE 'playbooks/pwfile\.yaml:[0-9]+:[0-9]+:' "$scratch/err"; echo $?)" 'it says file, line and column'
says "did you mean 'change'"
rm "$scratch/register/playbooks/pwfile.yaml"
run register check
exits 1 'a kind that no playbook names'
says "no playbook names the kind 'pwfile-password' of 'thing/password'"
unset FIREBREAK_REGISTER
cd "$scratch"
run register check
exits 5 'no register here or above'
says '--register DIR'
finish
