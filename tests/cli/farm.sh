# Sourced by the tests of this folder: TAP, and a farm of one host whose service is a password file, so that it needs no
# server. Usage: . farm.sh FIREBREAK SOURCE_ROOT
set -u
firebreak_program=$(readlink -f "$1")     # a test may go elsewhere
source_root=$2
scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-cli.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
# `git config --global` would put a file in the place of what this names: as root of /dev/null itself.
unset GIT_CONFIG_GLOBAL || true
count=0
wrong=0
leaked='Pasted-Into-A-Channel-1'

result() {            # CODE TEXT
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		wrong=$((wrong + 1))
		echo "not ok $count - $2"
		sed 's/^/# /' "$scratch/out" "$scratch/err" 2>/dev/null
	fi
}

run() {               # the program, as a person types it; code, out and err are kept
	code=0
	"$firebreak_program" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
}

exits() {             # WANTED TEXT
	[ "$code" = "$1" ] || echo "exit code $code, not $1" >>"$scratch/err"
	result "$([ "$code" = "$1" ]; echo $?)" "$2 (exit code $1)"
}

says() {              # WORDS: fixed text in either stream
	result "$(cat "$scratch/out" "$scratch/err" | grep -qF -e "$1"; echo $?)" "it says: $1"
}

never() { ! "$@"; }

within() {            # SECONDS COMMAND...: it is true by then
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

true_that() {         # TEXT COMMAND...: what the program said last stays
	local failed=0
	"${@:2}" >"$scratch/true" 2>&1 || failed=1
	[ $failed = 0 ] || cat "$scratch/true" >>"$scratch/err"
	result $failed "$1"
}

is_json() { result "$(jq -e . "$scratch/out" >/dev/null 2>&1; echo $?)" "$1"; }

finish() {
	echo "1..$count"
	[ $wrong = 0 ]
}

variables() {         # all that the program reads and writes lies in $scratch
	export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
	export HOME="$scratch" LC_ALL=C.UTF-8
	unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER || true
	mkdir -p "$scratch/register/playbooks"
}

git_begin() {         # BARE FOLDER: a repository, and an empty tree whose origin it is
	git init -q --bare -b main "$1"
	git init -q -b main "$2"
	git -C "$2" remote add origin "$1"
}

git_pairs() {         # FOLDER NAME...: repositories FOLDER/NAME.git, trees FOLDER/NAME
	local name
	for name in "${@:2}"; do git_begin "$1/$name.git" "$1/$name"; done
}

git_push() {          # SUBJECT FOLDER...: all that lies in each tree
	local folder
	for folder in "${@:2}"; do
		git -C "$folder" add -A
		git -C "$folder" -c user.name=Ada -c user.email=ada@example.org commit -qm "$1"
		git -C "$folder" push -q origin HEAD:main
	done
}

alice_register() {    # [PUBLIC_KEY]; standard input: a register of Alice, whose key is made now, and of what comes then
	local key=${1-}
	[ -n "$key" ] || { run key init && key=$(head -1 "$scratch/out"); }
	{
		cat <<-REGISTER
			register: 1
			organisation: {name: Test Farm, team: team@example.org, approver: lead}
			roles: {lead: {root: true}}
			people:
			  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$key'}
		REGISTER
		cat
	} >"$scratch/register/firebreak.yaml"
}

make_farm() {
	variables
	export FIREBREAK_DRIVERS="$source_root/examples/drivers"
	git_begin "$scratch/private.git" "$scratch/work"
	printf "# private\nthing::password: '%s'   # stays\nother: 'stays'\n" "$leaked" >"$scratch/work/common.yaml"
	git_push 'Private data' "$scratch/work"
	printf 'app:%s\nother:Stays-As-It-Is\n' "$leaked" >"$scratch/accounts"
	chmod 600 "$scratch/accounts"
	make_apply
	"$scratch/apply" || true
	make_register
	make_playbook
}

make_apply() {
	cat >"$scratch/apply" <<-APPLY
		#!/bin/sh
		new=\$(git --git-dir=$scratch/private.git show main:common.yaml |
			sed -n "s/^thing::password: '\(.*\)'.*/\1/p")
		old=
		[ ! -f $scratch/app.conf ] || read -r old <$scratch/app.conf
		[ "\$old" != "password=\$new" ] || exit 0
		printf 'password=%s\n' "\$new" >$scratch/app.conf
		exit 2
	APPLY
	chmod 700 "$scratch/apply"
}

make_register() {     # [PUBLIC_KEY]
	alice_register "$@" <<-REGISTER
		hosts:
		  box: {reach: local, configuration: {apply: command, command: [$scratch/apply]}}
		repositories:
		  private: {kind: private, url: '$scratch/private.git'}
		systems:
		  thing: {title: The thing, contacts: [alice], hosts: [box]}
		secrets:
		  thing/password:
		    kind: pwfile-password
		    places: [{repository: private, file: common.yaml, key: 'thing::password'}]
		    accounts: [{driver: pwfile, address: '$scratch/accounts', users: [app], options: {anything: goes}}]
		    consumers: [{hosts: box, file: $scratch/app.conf, restart: none}]
	REGISTER
}

make_playbook() {
	cat >"$scratch/register/playbooks/pwfile.yaml" <<-'PLAYBOOK'
		playbook: 1
		name: pwfile-password
		title: Replace a value of a password file
		kinds: [pwfile-password]
		steps:
		  - {do: values, why: "the old one has leaked"}
		  - {do: commit, why: "the private git is the truth", after: [values]}
		  - {do: change, why: "the service must know it", after: [commit]}
		  - {do: cut, why: "what is open ends", after: [change]}
		  - {do: apply, why: "who uses it must know it", after: [commit], behind: [change]}
		  - {do: settle, why: "the second run must change nothing", after: [apply]}
		  - {do: look, why: "the file must hold it", after: [apply]}
		  - {do: prove, why: "the old one must be refused", after: [change], behind: [cut, settle]}
	PLAYBOOK
}
