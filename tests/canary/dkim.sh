#!/usr/bin/env bash
# A DKIM key is replaced twice, and every place that anybody could look at afterwards is searched for the private halves
# of all three: as lines of PEM, in hex, and as the bytes themselves. The public halves are everywhere, and may be.
# TAP. Usage: dkim.sh FIREBREAK_FOLDER SOURCE_ROOT CORE_OF
# Into a process that holds secrets only root may look, or who has root's capabilities over a user namespace of its own.
[ "$(id -u)" = 0 ] || [ "${4:-}" = inside ] || exec unshare --map-current-user --keep-caps "$0" "$@" inside
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak" "$2"
. "$(dirname "$0")/../lib/dkim.sh"
core_of=$(readlink -f "$3")
d=$scratch/farm
parent=
trap '[ -z "$parent" ] || kill -KILL "$parent"; dkim_end; rm -rf "$scratch"' EXIT
[ "$(id -u)" != 0 ] || chmod 755 "$scratch"
mkdir -p "$scratch/register" "$d" "$scratch/known" "$scratch/said" "$scratch/cores"
mkdir -m 700 "$scratch/tmp"
dkim_begin "$d"
result $? 'a domain, its name server, its resolver and its repositories'
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8 TMPDIR="$scratch/tmp" ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
run key init
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  mail: {reach: local, logs: ['$d/ns/log'], configuration: {apply: command, command: [$d/apply, '{host}']}}
	repositories:
	  keys: {kind: private, url: '$d/keys.git'}
	  dns: {kind: dns, url: '$d/dns.git'}
	  tables: {kind: puppet, url: '$d/tables.git'}
	systems:
	  mail: {title: Mail, hosts: [mail]}
	secrets:
	  mail/dkim:
	    kind: dkim-key
	    places: [{repository: keys, file: files/mail.private}]
	    accounts:
	      - {driver: dkim, address: '$dkim_ns', users: [wiki.lab], from: mail, options: {selector: mail}}
	      - {driver: dkim, address: '$dkim_cache', users: [wiki.lab], role: replica, from: mail,
	         options: {selector: mail}}
	    consumers: [{hosts: mail, file: $d/host/mail.private, side: server}]
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record, format: dkim-zone,
	         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail.private, signing_table: SigningTable}}
REGISTER
clean() {
	/usr/bin/python3 "$source_root/tests/canary/search.py" "$scratch/known" "$@" >"$scratch/out" 2>"$scratch/err"
}
ulimit -c unlimited 2>/dev/null
cd "$scratch/cores" || exit 1

# First incident: every process that is started is watched.
run declare mail/dkim --because 'a canary' --as alice
code=0
timeout 120 strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$scratch/said/execs" \
	"$firebreak_program" respond 1 --as alice >"$scratch/said/respond" 2>&1 || code=$?
exits 3 'the incident is answered under watch'

# Second incident: the resolver stands still. Its worker has both keys then, and the parent every value.
run declare mail/dkim --because 'a canary again' --as alice
kill -STOP "${dkim_pids[1]}"
"$firebreak_program" respond 2 --as alice >"$scratch/said/respond2" 2>&1 </dev/null &
parent=$!
waits() {
	"$firebreak_program" status 2 --json 2>/dev/null |
		jq -e '[.list[] | select(.outcome == "started") | .id | select(startswith("prove-signed"))] != []'
}
dkim_wait waits
child=
holder() { child=$(pgrep -P "$parent" -f firebreak-worker-dkim | head -1); [ -n "$child" ]; }
dkim_wait holder
result $? 'a worker has both keys and waits'
result "$(grep -qE '^Max core file size +0 +0' "/proc/$child/limits"; echo $?)" 'it may write no core'
kill -ABRT "$child"
dkim_wait sh -c "! kill -0 $child"
result "$([ -z "$(find "$scratch" -name 'core*' -type f)" ]; echo $?)" 'ended by an abort, it left none'
kill -STOP "$parent"
mkdir "$scratch/said/state"
cp "$scratch"/state/journal* "$scratch/said/state/"
timeout 60 "$core_of" "$parent" >"$scratch/core.parent"
result "$([ $? = 0 ] && [ "$(stat -c %s "$scratch/core.parent")" -gt 1000000 ] &&
	grep -qa "FIREBREAK_STATE=$scratch/state" "$scratch/core.parent"; echo $?)" 'a core of the parent was taken'
kill -KILL "$parent"
wait "$parent" 2>/dev/null
parent=
kill -CONT "${dkim_pids[1]}"
run respond 2 --as alice
cat "$scratch/out" "$scratch/err" >"$scratch/said/respond3"
exits 3 'the second incident is answered after a kill'
for words in "status 1" "timeline 2" "report 1" "report 2" "journal export" "plan 2" "status 2 --json" \
	"report 2 --json"; do
	# shellcheck disable=SC2086
	"$firebreak_program" $words >>"$scratch/said/reads" 2>&1
done

n=0
for commit in $(git --git-dir="$d/keys.git" rev-list main -- files/mail.private); do
	n=$((n + 1))
	git --git-dir="$d/keys.git" show "$commit:files/mail.private" >"$scratch/known/$n"
done
result "$([ $n = 3 ] && cmp -s "$scratch/known/3" "$d/stolen"; echo $?)" 'three keys are known to the search'
clean "$d/host/mail.private"
result "$([ $? = 1 ]; echo $?)" 'the search finds the key where it belongs'
clean "$scratch/core.parent"
result $? "no private half in the parent's core, arguments and environment"
rm "$scratch/core.parent"
clean "$scratch/said/execs"
result $? 'none in argv or environment of any process'
result "$([ "$(grep -c execve "$scratch/said/execs")" -gt 20 ]; echo $?)" 'processes were watched'
clean "$scratch/said"
result $? 'none in any output, journal or write-ahead log'
clean "$scratch/tmp" "$scratch/state"
result $? 'none in the temporary folder and in the state, clones and all'
clean "$d/ns" "$d/cache" "$d/dns" "$d/dns.git" "$d/tables.git"
result $? 'none where the public halves are'
finish
