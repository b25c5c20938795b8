#!/usr/bin/env bash
# A driver of the team, in another language, from declaration to proof; and what is refused of such programs.
# Usage: drivers.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm

value_in_git() {
	git --git-dir="$scratch/private.git" show main:common.yaml | sed -n "s/^thing::password: '\(.*\)'.*/\1/p"
}

run register check
exits 0 'a driver of the team is a word of the register, with any option'
run declare thing/password --because 'pasted into a channel'
exits 0 'declared'
run plan 1
says 'change thing/password (app on'
run respond 1
exits 3 'all is proven but for what a person must do'
new=$(value_in_git)
result "$([ -n "$new" ] && [ "$new" != "$leaked" ]; echo $?)" 'the private git holds a new value'
result "$(grep -qxF "app:$new" "$scratch/accounts"; echo $?)" 'so does the service'
result "$(grep -qxF "password=$new" "$scratch/app.conf"; echo $?)" 'so does the consumer'
result "$(grep -qxF 'other:Stays-As-It-Is' "$scratch/accounts"; echo $?)" 'another account is as it was'
run timeline 1
says 'proven: prove new accepted, old refused: thing/password'
run journal export 1
result "$(jq -es '[.[].body.tries // [] | .[].answer] | contains(["accepted", "refused"])' "$scratch/out" >/dev/null
	echo $?)" \
	'the journal keeps what the driver tried'
result "$(cat "$scratch"/state/* 2>/dev/null | grep -qaF -e "$new" -e "$leaked"; [ $? = 1 ]; echo $?)" \
	'neither value stands in the state folder'

# Somebody else changed it: the driver's own word for that is a failure with a sentence.
run declare thing/password --because 'again'
printf 'app:Of-Somebody-Else\n' >"$scratch/accounts"
run respond 2
exits 1 'neither value on the service'
run status 2
says 'has neither the old nor the new value'

mkdir "$scratch/drivers"
export FIREBREAK_DRIVERS="$scratch/drivers"
run register check
exits 1 'a driver that is not there'
says "no driver is called 'pwfile'"
cp "$source_root/examples/drivers/firebreak-driver-pwfile" "$scratch/drivers/firebreak-driver-redis"
run register check
exits 5 'a driver with the name of one of ours'
says 'has the name of a driver of ours'
rm "$scratch/drivers/firebreak-driver-redis"
cp "$source_root/examples/drivers/firebreak-driver-pwfile" "$scratch/drivers"
run register check
exits 0 'the same in another folder'
chmod 777 "$scratch/drivers/firebreak-driver-pwfile"
run register check
exits 5 'a driver that others may write'
says 'chown and chmod'
export FIREBREAK_DRIVERS="$scratch/nowhere"
run register check
exits 1 'a folder that is not there'

# A driver that ends without a word, before and behind its first change.
export FIREBREAK_DRIVERS="$scratch/drivers"
for said in nothing changing; do
	rm -rf "$scratch/state"
	printf 'app:%s\n' "$(value_in_git)" >"$scratch/accounts"
	[ $said = nothing ] && line=: || line="printf '{\"type\":\"changing\"}\\n' >&5"
	printf '#!/bin/sh\n%s\necho it broke >&2\nexit 7\n' "$line" >"$scratch/drivers/firebreak-driver-pwfile"
	chmod 700 "$scratch/drivers/firebreak-driver-pwfile"
	run declare thing/password --because 'a driver that breaks'
	run respond 1
	[ $said = nothing ] && exits 1 'it broke before it changed anything' ||
		exits 4 'it broke when it had begun to change'
	run status 1 --json
	[ $said = nothing ] && want=failed || want=unknown
	result "$(jq -e --arg w $want '[.list[] | select(.do == "change") | .outcome == $w] == [true]' "$scratch/out" \
		>/dev/null; echo $?)" "the step is $want"
done
# Where the responder's keys are is all that a worker's environment says.
rm -rf "$scratch/state"
printf '#!/bin/sh\ntr "\\0" "\\n" </proc/$$/environ >%s/environ\n' "$scratch" \
	>"$scratch/drivers/firebreak-driver-pwfile"
run declare thing/password --because 'what does it see'
SSH_AUTH_SOCK=/run/agent PLANTED=value run respond 1
result "$(printf 'HOME=%s\nSSH_AUTH_SOCK=/run/agent\n' "$HOME" | cmp -s - "$scratch/environ"; echo $?)" \
	'the environment has HOME and SSH_AUTH_SOCK and no more'

# What a driver has started ends with it.
rm -rf "$scratch/state"
printf 'app:%s\n' "$(value_in_git)" >"$scratch/accounts"
printf '#!/bin/sh\nsleep 300 &\necho $! >%s/child\nwait\n' "$scratch" >"$scratch/drivers/firebreak-driver-pwfile"
run declare thing/password --because 'a driver that hangs'
"$firebreak_program" respond 1 >"$scratch/out" 2>"$scratch/err" </dev/null &
pid=$!
for _ in $(seq 200); do [ ! -s "$scratch/child" ] || break; sleep 0.05; done
kill -TERM $pid
sleep 0.2
kill -TERM $pid
code=0
wait $pid || code=$?
exits 130 'stopped twice, it waits no longer'
for _ in $(seq 40); do kill -0 "$(cat "$scratch/child")" 2>/dev/null || break; sleep 0.05; done
result "$(kill -0 "$(cat "$scratch/child")" 2>/dev/null; [ $? != 0 ]; echo $?)" "the driver's own child has ended"
finish
