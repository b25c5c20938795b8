#!/usr/bin/env bash
# `firebreak hook`: pushes that are larger than it judges are refused in one sentence that says what to do, and what is
# just within is judged. Real pushes; what they bring is made by git fast-import. Usage: hook-limits.sh FIREBREAK
# SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
export FIREBREAK_STATE="$scratch/state" FIREBREAK_REGISTER="$scratch/register" HOME="$scratch" LC_ALL=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1
unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER GIT_CONFIG_GLOBAL || true
bare=$scratch/private.git
work=$scratch/work.git
commits_most=100000
files_most=500000
bases_most=100
registers_most=200
refs_most=20000
mkdir "$scratch/register"
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people: {alice: {name: Alice Archer, mail: alice@example.org, roles: [lead]}}
	hosts: {box: {reach: local}}
	repositories: {private: {kind: private, url: '$bare'}}
	systems: {thing: {title: The thing, contacts: [alice], hosts: [box]}}
	secrets: {}
	not_secret: [{repository: private, file: 'data/**', class: data, why: written by a robot}]
REGISTER
git init -q --bare -b main "$bare"
git init -q --bare -b main "$work"
run hook install "$bare"
exits 0 'installed'

import() { git -C "$work" fast-import --quiet --force; }
push() {
	code=0
	: >"$scratch/err"
	git -C "$work" -c gc.auto=0 -c pack.compression=0 push "$bare" "$@" >"$scratch/out" 2>&1 || code=$?
}
refused() {           # TEXT: in one sentence
	result "$([ "$code" != 0 ] && grep -q 'pre-receive hook declined' "$scratch/out"; echo $?)" "refused: $1"
	result "$([ "$(grep -c '^remote: firebreak' "$scratch/out")" = 1 ]; echo $?)" 'in one sentence'
}
# So many commits, with one file that is declared; and the first of them without the last.
commits() {           # BRANCH COUNT
	awk -v branch="$1" -v n="$2" 'BEGIN {
		print "blob\nmark :1\ndata 5\ndata\n"
		for (i = 0; i < n; i++) {
			printf "commit %s\ncommitter Bo <bo@example.org> %d +0000\ndata 1\nx\n", branch, 1700000000 + i
			if (i == 0)
				print "M 100644 :1 data/x"
		}
		print "done"
	}'
}
commits refs/heads/main $((commits_most + 1)) | import
push main
refused 'more commits than are judged'
says "the push brings more than $commits_most new commits: push them in parts"
says '`git push REMOTE COMMIT:BRANCH` with an older commit first'
result "$([ -z "$(git -C "$bare" for-each-ref)" ]; echo $?)" 'nothing of it came in'
push main~1:refs/heads/main
result "$code" 'as many as are judged are taken'
push main
result "$code" 'and then the last'

files() {             # BRANCH COUNT
	awk -v branch="$1" -v n="$2" 'BEGIN {
		printf "blob\nmark :1\ndata 5\ndata\n\ncommit %s\n", branch
		print "committer Bo <bo@example.org> 1700000000 +0000"
		print "data 1\nx"
		for (i = 0; i < n; i++)
			printf "M 100644 :1 data/%d/%d\n", i / 1000, i
		print "done"
	}'
}
files refs/heads/files $((files_most + 1)) | import
push files
refused 'more files than are judged'
says "the push brings more than $files_most new files and versions of files: push its commits in parts"
files refs/heads/fewer "$files_most" | import
push fewer
result "$code" 'as many as are judged are taken'

# Each new branch stands upon a commit of its own.
bases() {             # FIRST LAST
	for ((i = $1; i <= $2; i++)); do
		printf 'commit refs/heads/base%d\ncommitter Bo <bo@example.org> %d +0000\ndata 1\nx\n' "$i" \
			$((1700000000 + i))
	done
	echo done
}
bases 0 "$bases_most" | import
push 'refs/heads/base*:refs/heads/base*'
result "$code" 'many branches at once'
for ((i = 0; i <= bases_most; i++)); do
	printf 'commit refs/heads/new%d\ncommitter Bo <bo@example.org> 1800000000 +0000\ndata 1\nx\n' "$i"
	printf 'from refs/heads/base%d\n' "$i"
done | import
push 'refs/heads/new*:refs/heads/new*'
refused 'more old commits to build upon than are judged'
says "the push is built upon more than $bases_most commits of the repository: push one branch after the other"

# A register that comes with the push is one for each branch.
run hook install "$bare" --register "$bare" --folder register --repository private
exits 0 'a register that comes with the push'
for ((i = 0; i <= registers_most; i++)); do
	printf 'commit refs/heads/own%d\ncommitter Bo <bo@example.org> %d +0000\ndata 1\nx\n' "$i" $((1900000000 + i))
done | import
push 'refs/heads/own*:refs/heads/own*'
refused 'more registers than are read'
says "the push moves $((registers_most + 1)) branches and tags, and each has a register of its own"
run hook install "$bare"
push 'refs/heads/own*:refs/heads/own*'
result "$code" 'as many branches with one register are taken'

tip=$(git -C "$work" rev-parse refs/heads/own0)
seq -f "create refs/tags/t%.0f $tip" 0 "$refs_most" | git -C "$work" update-ref --stdin
push --tags
refused 'more names than are judged'
says "the push moves more than $refs_most branches and tags at once: push fewer"
finish
