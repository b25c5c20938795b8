#!/usr/bin/env bash
# This repository as its CI may look through it: nothing is found but what it accepts, and that is still there.
# Usage: scan.sh FIREBREAK SOURCE_ROOT
set -u
firebreak=$(readlink -f "$1")
root=$2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-own.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" GIT_CONFIG_NOSYSTEM=1
unset GIT_CONFIG_GLOBAL || true
count=0
result() {            # CODE TEXT
	count=$((count + 1))
	[ "$1" = 0 ] && echo "ok $count - $2" && return
	echo "not ok $count - $2"
	sed 's/^/# /' "$scratch/out" "$scratch/err"
	bad=1
}
bad=0

# all that is no product, as one commit: an unpacked release has no history
mkdir "$scratch/copy"
tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$scratch/copy" -xf -
cd "$scratch/copy" && git init -q . && git add -A &&
	git -c user.name=Ada -c user.email=ada@example.org commit -qm all >"$scratch/out" 2>"$scratch/err"
result $? 'a copy'
"$firebreak" scan --history --accepted .firebreak-accepted.yaml . >"$scratch/out" 2>"$scratch/err"
result $? 'nothing is found that is not accepted'
result "$(grep -q 'fits no finding' "$scratch/err"; [ $? = 1 ]; echo $?)" 'and nothing is accepted that is not there'
"$firebreak" scan --history . >"$scratch/out" 2>"$scratch/err"
code=$? all=$(grep -c '^[^ ]' "$scratch/out") accepted=$(grep -c '^  - {' .firebreak-accepted.yaml)
result "$([ "$code" = 1 ] && [ "$all" = "$accepted" ]; echo $?)" \
	'which is all that there is without the file'
echo "1..$count"
exit "$bad"
