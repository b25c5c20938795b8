#!/usr/bin/env bash
# When a secret was last tested is what the journal proves. Usage: tested.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
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
finish
