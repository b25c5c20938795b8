#!/usr/bin/env bash
# When a secret was last tested is what the journal proves. Usage: tested.sh FIREBREAK SOURCE_ROOT JOURNAL_AGED
. "$(dirname "$0")/farm.sh"
journal_aged=$3
make_farm
echo 'check: {tested_within: 90}' >"$FIREBREAK_REGISTER/check.yaml"
run check
says "untested: 'thing/password' was never rotated or drilled"
run declare thing/password --because 'pasted into a channel'
run check
says "untested: 'thing/password' was never rotated or drilled"
run respond 1
result "$([ "$code" = 0 ] || [ "$code" = 3 ]; echo $?)" 'it is rotated'
run check
result "$(grep -q "untested" "$scratch/out" "$scratch/err"; [ $? = 1 ]; echo $?)" 'then it is tested'
says "unregistered: 'other'"

# The same journal, as it will be when so many days have gone by.
aged() {              # DAYS
	rm -rf "$scratch/aged"
	"$journal_aged" "$FIREBREAK_STATE" "$scratch/aged" "$1" 2>"$scratch/err"
	result $? "a journal that is $1 days older"
	FIREBREAK_STATE="$scratch/aged" run check
}
aged 89
result "$(grep -q "untested" "$scratch/out" "$scratch/err"; [ $? = 1 ]; echo $?)" 'within the time it is tested'
aged 91
says "untested: 'thing/password' was last rotated or drilled 91 days ago, expected within 90"
says 'firebreak drill thing/password'
FIREBREAK_STATE="$scratch/aged" run journal verify
exits 0 'that journal is a whole one'
echo 'check: {tested_within: 92}' >"$FIREBREAK_REGISTER/check.yaml"
aged 91
result "$(grep -q "untested" "$scratch/out" "$scratch/err"; [ $? = 1 ]; echo $?)" 'the register says how long it holds'
finish
