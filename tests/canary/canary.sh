#!/usr/bin/env bash
# Values are planted, an incident is answered on five real services, and every place that anybody could look at
# afterwards is searched for them: output, journal and its WAL, temporary folder, argv and environment of each process,
# a forced core of the running parent. usage: canary.sh FIREBREAK_FOLDER SERVICE_RUN CORE_OF
set -euo pipefail
# Into a process that holds secrets only root may look, or who has root's capabilities over a user namespace of its own.
[ "$(id -u)" = 0 ] || [ "${4:-}" = inside ] || exec unshare --map-current-user --keep-caps "$0" "$@" inside
PATH="$1:$(dirname "$2"):$(dirname "$3"):$PATH"
work=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-canary.XXXXXX")
kinds=(redis mariadb postgresql bacula dovecot)
declare -A fact leaked
# Of the register, where a service's secret has another kind and its account something to be said.
declare -A kind_of=([bacula]=shared-secret [dovecot]=mail-password)
declare -A more=([redis]='' [mariadb]='' [postgresql]=''
	[bacula]="host: app, options: {file: 'FOLDER/dir.conf', restart: 'FOLDER/kill-dir'}"
	[dovecot]="host: app, options: {tls: 'no', config: FOLDER/dovecot.conf, file: FOLDER/users DOOR}")
pids=()
parent=
failed=0
n=0

finish() {
	local code=$? p
	[ $n -gt 0 ] || tail -n 5 "$work"/out/* >&2 2>/dev/null || true
	# The parent first: where it stands still it holds the pipes of the services open.
	[ -z "$parent" ] || kill -KILL "$parent" 2>/dev/null || true
	for p in "${kinds[@]}"; do [ -z "${fact[$p.PID]:-}" ] || go_on "$p"; done
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	wait
	rm -rf "$work"
	exit $code
}
trap finish EXIT

tap() {               # RESULT NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

# A mail server is many processes.
stand() { kill -STOP -- "$([ "$1" = dovecot ] && echo -)${fact[$1.PID]}"; }
go_on() { kill -CONT -- "$([ "$1" = dovecot ] && echo -)${fact[$1.PID]}" 2>/dev/null || true; }

password() { head -c 24 /dev/urandom | base64 | tr -d '+/='; }

start_services() {
	local kind fd name value
	for kind in "${kinds[@]}"; do
		leaked[$kind]=$(password)
		mkfifo "$work/$kind.in"
		service-run "$kind" <"$work/$kind.in" >"$work/$kind.facts" &
		pids+=($!)
		exec {fd}>"$work/$kind.in"
		printf '%s\n' "${leaked[$kind]}" >&"$fd"
	done
	for kind in "${kinds[@]}"; do
		for _ in $(seq 600); do grep -q '^READY=' "$work/$kind.facts" && break; sleep 0.1; done
		while IFS='=' read -r name value; do fact[$kind.$name]=$value; done <"$work/$kind.facts"
		rm "$work/$kind.facts"
	done
	# Without root there is no Postfix: IMAP is the only door then.
	local door
	door=$(sed -n "s/^\(127[^ ]*\) inet.*/, submission: '\1', postfix: FOLDER\/postfix/p" \
		"${fact[dovecot.FOLDER]}/postfix/master.cf" 2>/dev/null) || true
	more[dovecot]=${more[dovecot]/DOOR/$door}
}

make_git() {
	local kind
	git init -q --bare -b main "$work/private.git"
	git clone -q "$work/private.git" "$work/person" 2>/dev/null
	git -C "$work/person" checkout -q -B main
	for kind in "${kinds[@]}"; do
		printf "$kind::%s: '%s'\n" app "${leaked[$kind]}" admin "${fact[$kind.ADMIN_PASSWORD]}"
	done >"$work/person/common.yaml"
	git -C "$work/person" add -A
	git -C "$work/person" -c user.name=Ada -c user.email=ada@example.org commit -qm first
	git -C "$work/person" push -q origin main
	cat >"$work/apply" <<-end
		#!/bin/sh
		cd "$work" && git --git-dir=private.git show main:common.yaml >app.new && chmod 600 app.new
		cmp -s app.new app.conf && exit 0
		mv app.new app.conf; exit 2
	end
	chmod +x "$work/apply"
	"$work/apply" || true
}

make_register() {
	local kind
	mkdir "$work/register"
	cat <<-Y
		register: 1
		organisation: {name: Canary, team: sre@example.org, approver: em}
		roles: {em: {}}
		people:
		  alice: {name: Alice, mail: alice@example.org, roles: [em], key: '$(firebreak key init | head -1)'}
		configuration: {apply: command, command: ['$work/apply']}
		hosts: {app: {reach: local, logs: ['$work/logs']}}
		repositories: {private: {kind: private, url: '$work/private.git', branch: main}}
		systems: {farm: {title: Farm}}
		secrets:
	Y
	for kind in "${kinds[@]}"; do
		cat <<-Y
		  $kind/app:
		    kind: ${kind_of[$kind]:-$kind-password}
		    system: farm
		    places: [{repository: private, file: common.yaml, key: '$kind::app'}]
		    accounts: [{driver: $kind, address: '${fact[$kind.ADDRESS]}', users: ['${fact[$kind.USER]}'],
		                admin: {user: '${fact[$kind.ADMIN_USER]}', secret: $kind/admin},
		                ${more[$kind]//FOLDER/${fact[$kind.FOLDER]}}}]
		    consumers: [{hosts: [app], file: '$work/app.conf', restart: none}]
		  $kind/admin:
		    kind: shared-secret
		    system: farm
		    places: [{repository: private, file: common.yaml, key: '$kind::admin'}]
		Y
	done
}

forms() {             # every value in the forms that a careless program would write
	local v
	for v in "$@"; do
		printf '%s\n' "$v"
		printf '%s' "$v" | base64 -w0 | tr -d '='
		echo
		printf '%s' "$v" | od -An -tx1 -v | tr -d ' \n'
		echo
	done
}

# Searches files and folders for all planted values; the patterns go by a pipe. Only grep's own "nothing found" is
# clean: an error is not.
clean() {
	local rc=0
	grep -rlaF -f <(forms "${values[@]}") -- "$@" >&2 || rc=$?
	[ $rc = 1 ]
}

mkdir -m 700 "$work/tmp" "$work/logs" "$work/out"
export TMPDIR="$work/tmp" FIREBREAK_REGISTER="$work/register" FIREBREAK_STATE="$work/state" FIREBREAK_KEY="$work/key"
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
start_services
make_git
make_register >"$work/firebreak.yaml"
mv "$work/firebreak.yaml" "$work/register/"
what=("${kinds[@]/%//app}")
firebreak declare "${what[@]}" --because 'a canary' >"$work/out/declare" 2>&1

# First incident: every process that is started is watched.
code=0
timeout 120 strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$work/out/execs" \
	firebreak respond 1 >"$work/out/respond" 2>&1 || code=$?
tap "$([ $code = 3 ] && echo 0 || echo 1)" "the incident is answered under watch (exit code $code)"

# Second incident: two servers stand still in the middle of the run. Their workers have both values then, and the parent
# holds every one; its core is taken.
firebreak declare "${what[@]}" --because 'a canary again' >"$work/out/declare2" 2>&1
stand mariadb
stand dovecot
firebreak respond 2 >"$work/out/respond2" 2>&1 &
parent=$!
both_stand() {
	firebreak status 2 --json 2>/dev/null | jq -e '[.list[] | select(.do == "change" and .outcome == "started")] |
		any(.id | contains("mariadb/")) and any(.id | contains("dovecot/"))' >/dev/null
}
for _ in $(seq 600); do both_stand && break; sleep 0.1; done
for kind in mariadb dovecot; do
	tap "$(pgrep -P "$parent" -f "firebreak-worker-$kind" >/dev/null && echo 0 || echo 1)" \
		"a worker has both values of $kind and waits"
done
for child in $(cat "/proc/$parent/task/$parent/children"); do kill -ABRT "$child" 2>/dev/null || true; done
core_rc=0
kill -STOP "$parent"
mkdir "$work/out/state"
cp "$work"/state/journal* "$work/out/state/"
timeout 60 core-of "$parent" >"$work/out/core.parent" || core_rc=$?
kill -KILL "$parent" 2>/dev/null || true
wait "$parent" 2>/dev/null || true
parent=
go_on mariadb
go_on dovecot
code=0
timeout 120 firebreak respond 2 >"$work/out/respond3" 2>&1 || code=$?
tap "$([ $code = 3 ] && echo 0 || echo 1)" "the second incident is answered after a kill (exit code $code)"
for c in "status 1" "timeline 2" "report 1" "report 2" "journal export" "plan 2" "status 2 --json" "report 2 --json"; do
	# shellcheck disable=SC2086
	firebreak $c >>"$work/out/reads" 2>&1
done
mapfile -t new < <(git --git-dir="$work/private.git" show main:common.yaml | sed -n "s/.*: '\(.*\)'/\1/p")
values=("${leaked[@]}" "${new[@]}" "${fact[redis.ADMIN_PASSWORD]}" "${fact[mariadb.ADMIN_PASSWORD]}"
	"${fact[postgresql.ADMIN_PASSWORD]}" "${fact[bacula.ADMIN_PASSWORD]}" "${fact[dovecot.ADMIN_PASSWORD]}")
tap "$([ "${#new[@]}" = 10 ] && echo 0 || echo 1)" "ten values are known to the search"
tap "$(grep -qaF -f <(forms "${values[@]}") "$work/app.conf" && echo 0 || echo 1)" \
	"the search finds a value where it belongs"
tap "$([ $core_rc = 0 ] && [ "$(stat -c %s "$work/out/core.parent")" -gt 1000000 ] &&
	grep -qa 'incident' "$work/out/core.parent" && echo 0 || echo 1)" "a core of the running parent was taken"
tap "$(grep -qa "FIREBREAK_STATE=$work/state" "$work/out/core.parent" && echo 0 || echo 1)" \
	"its arguments and environment are in it"
tap "$(clean "$work"/out/core.* && echo 0 || echo 1)" "no value in the parent's core, arguments and environment"
rm -f "$work"/out/core.*
tap "$(clean "$work/out/execs" && echo 0 || echo 1)" "no value in argv or environment of any process"
tap "$(grep -c execve "$work/out/execs" | awk '{ exit !($1 > 20) }' && echo 0 || echo 1)" "processes were watched"
tap "$([ -s "$work/out/state/journal.db-wal" ] && echo 0 || echo 1)" "the write-ahead log was caught with rows in it"
tap "$(clean "$work/out" && echo 0 || echo 1)" "no value in any output"
tap "$(clean "${fact[dovecot.FOLDER]}" && echo 0 || echo 1)" "no value in the mail server's file, logs and queue"
tap "$(clean "$work/tmp" && echo 0 || echo 1)" "no value in the temporary folder"
find "$work/state" -maxdepth 1 -type f -print0 | xargs -0 ls -la >&2
mapfile -d '' -t files < <(find "$work/state" -path "$work/state/clones" -prune -o -type f -print0)
tap "$([ "${#files[@]}" -gt 1 ] && clean "${files[@]}" && echo 0 || echo 1)" \
	"no value in the journal, its WAL, or anything else of the state"
tap "$(ls "$work"/core* core* 2>/dev/null | grep -q . && echo 1 || echo 0)" "an aborted worker left no core"
echo "1..$n"
exit $failed
