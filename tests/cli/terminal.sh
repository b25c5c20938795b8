#!/usr/bin/env bash
# What is asked and shown at a terminal only: passphrases, sealed values, progress. Usage: terminal.sh FIREBREAK
# SOURCE_ROOT TERMINAL_RUN
. "$(dirname "$0")/farm.sh"
terminal_run=$3
make_farm

at_terminal() {       # [WAIT-FOR TYPE]... -- the program's words: out has what the terminal showed
	local talk=()
	while [ "$1" != -- ]; do talk+=("$1"); shift; done
	shift
	code=0
	TERM=xterm "$terminal_run" 240 "${talk[@]}" -- "$firebreak_program" "$@" >"$scratch/out" 2>"$scratch/err" ||
		code=$?
}

hides() {             # WORDS: fixed text in neither stream
	result "$(cat "$scratch/out" "$scratch/err" | grep -qaF -e "$1"; [ $? = 1 ]; echo $?)" "it does not show: $1"
}

in_git() { git --git-dir="$scratch/private.git" show main:common.yaml | sed -n "s/^thing::password: '\(.*\)'.*/\1/p"; }

# A key with a passphrase: asked twice, never shown, needed from then on.
export FIREBREAK_KEY="$scratch/guarded"
at_terminal 'new key: ' 'Long-Enough-1' 'again: ' 'Long-Enough-2' -- key init --passphrase
exits 2 'two passphrases that differ'
result "$([ ! -e "$FIREBREAK_KEY" ]; echo $?)" 'make no key'
at_terminal 'new key: ' 'Long-Enough-1' 'again: ' 'Long-Enough-1' -- key init --passphrase
exits 0 'a key with a passphrase'
says 'fbpub1:'
hides 'Long-Enough-1'
result "$([ "$(stat -c %a "$FIREBREAK_KEY")" = 600 ] && ! grep -q '^kdf none' "$FIREBREAK_KEY"; echo $?)" \
	'is kept under it, for nobody else to read'
run key init
exits 6 'a key is never overwritten'
run key show
line=$(cat "$scratch/out")
run key show --json
result "$(jq -e --arg line "$line" '.public == $line' "$scratch/out" >/dev/null; echo $?)" 'it is shown, in JSON too'
make_register "$line"

run declare thing/password --because 'pasted into a channel'
run respond 1
exits 1 'without a terminal nobody is asked for the passphrase'
result "$([ "$(in_git)" = "$leaked" ]; echo $?)" 'and nothing has begun'
at_terminal 'assphrase' 'Wrong-One' -- respond 1
exits 1 'a wrong passphrase'
says 'the passphrase is wrong'
result "$([ "$(in_git)" = "$leaked" ]; echo $?)" 'begins nothing'
at_terminal 'assphrase' 'Long-Enough-1' -- respond 1
exits 3 'the right one answers the incident'
hides 'Long-Enough-1'

# Progress: a line that is redrawn, with time, what is done, what waits and what is at work; steps scroll by above it.
escape=$(printf '\033[K')
result "$(grep -qaF "$(printf "\r")$escape" "$scratch/out"; echo $?)" "the line is redrawn"
result "$(grep -qaE 's, [0-9]+ of [0-9]+ done, [0-9]+ wait, [0-9]+ at work: .* \(' "$scratch/out"; echo $?)" \
	'it has the time, what is done, what waits and what is at work for how long'
tr '\r' '\n' <"$scratch/out" | sed 's/\x1b\[[0-9;]*[mK]//g' | grep -a ' done, ' >"$scratch/lines"
result "$(grep -qaE '^.{81}' "$scratch/lines"; [ $? = 1 ]; echo $?)" 'it is never wider than the terminal'
says 'prove new accepted, old refused: thing/password'
new=$(in_git)
hides "$new"
hides "$leaked"

# A sealed value: at the terminal, after its name was typed, and kept in the journal.
at_terminal 'assphrase' 'Long-Enough-1' 'go on: ' 'yes' -- recover 1 thing/password
exits 1 'a confirmation that is none'
says 'not confirmed on a terminal'
hides "$new"
at_terminal 'assphrase' 'Long-Enough-1' 'go on: ' 'thing/password' -- recover 1 thing/password
exits 0 'the new value, after its name was typed'
says "$new"
at_terminal 'assphrase' 'Long-Enough-1' 'go on: ' 'thing/password' -- recover 1 thing/password --old
says "$leaked"
export firebreak_program scratch
at_file() { "$firebreak_program" recover 1 thing/password >"$scratch/caught" 2>&1; }
export -f at_file
TERM=xterm "$terminal_run" 60 'assphrase' 'Long-Enough-1' 'go on: ' 'thing/password' -- bash -c at_file \
	>"$scratch/out" 2>&1
result "$(grep -qaF "$new" "$scratch/out" && ! grep -qF "$new" "$scratch/caught"; echo $?)" \
	'where the output goes to a file, the value still goes to the terminal'
run journal export 1
result "$(jq -es '[.[] | select(.kind == "recovered")] | length == 3 and (map(.body.what) | unique == ["new", "old"])' \
	"$scratch/out" >/dev/null; echo $?)" 'each is kept in the journal'
at_terminal -- recover 1 thing/pasword
exits 2 'a secret that the incident does not know'
says "did you mean 'thing/password'?"
mkdir "$scratch/long" && truncate -s 1G "$scratch/long/file"
at_terminal -- scan "$scratch/long"
exits 0 'a long scan'
result "$(grep -qaE ', read [1-9][0-9]* MB' "$scratch/out"; echo $?)" 'shows how far it is'
result "$(tail -c 20 "$scratch/out" | grep -qaF "$(printf '\033[K')"; echo $?)" 'and clears the line'
run scan "$scratch/long"
result "$([ ! -s "$scratch/err" ]; echo $?)" 'but not where there is no terminal'
run respond 1 --json
result "$(grep -qF "$escape" "$scratch/err"; [ $? = 1 ]; echo $?)" 'no line is redrawn where there is no terminal'
finish
