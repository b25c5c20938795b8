#!/usr/bin/env bash
# A value is looked for here and through a real sshd, and everything that anybody could look at meanwhile and afterwards
# is searched for it: output, argv and environment of each process on both sides, temporary and state folders.
# usage: trace.sh FIREBREAK_FOLDER
set -euo pipefail
# Children of a process that holds secrets are followed by root only, or by who has root's capabilities over a user
# namespace of its own.
[ "$(id -u)" = 0 ] || [ "${2:-}" = inside ] || exec unshare --map-current-user --keep-caps "$0" "$@" inside
PATH="$1:$PATH"
work=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-canary.XXXXXX")
n=0
failed=0
finish() {
	local code=$?
	[ $n -gt 0 ] || tail -n 5 "$work"/out/* >&2 2>/dev/null || true
	# strace ends with what it watches
	[ ! -s "$work/ssh/pid" ] || kill "$(cat "$work/ssh/pid")" 2>/dev/null || true
	wait
	rm -rf "$work"
	exit $code
}
trap finish EXIT

tap() {               # RESULT NAME
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

value="Cq$(head -c 18 /dev/urandom | base64 | tr '+/' 'ab')'&"
quoted=${value//\'/\'\'}
mkdir -m 700 "$work/tmp" "$work/out" "$work/ssh" "$work/srv" "$work/register"
export TMPDIR="$work/tmp" FIREBREAK_REGISTER="$work/register" FIREBREAK_STATE="$work/state" FIREBREAK_KEY="$work/key"
export HOME="$work"

git init -q --bare -b main "$work/private.git"
git init -q -b main "$work/person"
printf "a::b: '%s'\n" "$quoted" >"$work/person/common.yaml"
git -C "$work/person" add -A
git -C "$work/person" -c user.name=Ada -c user.email=ada@example.org commit -qm first
git -C "$work/person" push -q "$work/private.git" main
printf %s "$value" | base64 -w0 >"$work/srv/coded"
printf %s "$value" >"$work/srv/plain"
gzip -k "$work/srv/plain"
cat >"$work/register/firebreak.yaml" <<-Y
	register: 1
	organisation: {name: Canary, team: sre@example.org, approver: em}
	roles: {em: {}}
	people: {alice: {name: Alice, mail: alice@example.org, roles: [em], key: '$(firebreak key init | head -1)'}}
	ssh_config: $work/ssh/config
	hosts: {far: {address: far}, near: {reach: local}}
	repositories: {private: {kind: private, url: '$work/private.git', branch: main}}
	systems: {farm: {title: Farm}}
	secrets:
	  farm/key: {kind: shared-secret, places: [{repository: private, file: common.yaml, key: 'a::b'}]}
	trace:
	  look: [{path: '$work/srv'}]
	  leave:
	    - {path: /etc, why: a test}
	    - {path: '/usr/*', why: a test}
	    - {path: '/var/*', why: a test}
	    - {path: '/root/*', why: a test}
	    - {path: '/home/*', why: a test}
	    - {path: '/opt/*', why: a test}
Y

# The far side is watched as well as ours.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/client"
cat >"$work/ssh/sshd_config" <<-C
	Port $port
	ListenAddress 127.0.0.1
	HostKey $work/ssh/host
	PidFile $work/ssh/pid
	UsePAM no
	StrictModes no
	AuthorizedKeysFile $work/ssh/client.pub
	PasswordAuthentication no
	PermitRootLogin yes
	LogLevel DEBUG1
C
cat >"$work/ssh/config" <<-C
	Host far
	HostName 127.0.0.1
	Port $port
	IdentityFile $work/ssh/client
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile $work/ssh/known
	StrictHostKeyChecking yes
C
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$work/ssh/host.pub")" >"$work/ssh/known"
[ "$(id -u)" != 0 ] || mkdir -p -m 755 /run/sshd
strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$work/out/far.execs" \
	/usr/sbin/sshd -D -e -f "$work/ssh/sshd_config" 2>"$work/out/sshd.log" &
for _ in $(seq 100); do ssh-keyscan -T 1 -p "$port" 127.0.0.1 2>/dev/null | grep -q ed25519 && break; sleep 0.1; done

watched() { strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$work/out/$1.execs" "${@:2}"; }
code=0
ASAN_OPTIONS=detect_leaks=0 watched near firebreak trace farm/key >"$work/out/trace" 2>"$work/out/trace.err" || code=$?
tap "$([ $code = 1 ] && echo 0 || echo 1)" "it is found (exit code $code)"
for place in "far:$work/srv/coded:1: base64" "far:$work/srv/plain:1: as it is" "far:$work/srv/plain.gz:1: as it is" \
	"near:$work/srv/plain:1" 'private:common.yaml:1: in single quotes'; do
	tap "$(grep -qF -e "$place" "$work/out/trace" && echo 0 || echo 1)" "found: ${place##*/}"
done
code=0
printf %s "$value" | ASAN_OPTIONS=detect_leaks=0 watched stdin firebreak trace --stdin --json >"$work/out/json" \
	2>"$work/out/json.err" || code=$?
tap "$([ $code = 1 ] && echo 0 || echo 1)" "it is found from a pipe (exit code $code)"

forms() {             # the value in the forms that a careless program would write
	printf '%s\n%s\n' "$value" "$quoted"
	printf %s "$value" | base64 -w0 | tr -d '='
	printf '\n'
	printf %s "$value" | xxd -p -c 1000
	printf %s "$value" | jq -sRr '@uri, @html, @sh'
	for h in md5sum sha1sum sha256sum sha512sum; do printf %s "$value" | $h | cut -d' ' -f1; done
	# as strace would show an argument
	printf '%s\n' "${value//\"/\\\"}"
}
clean() {             # an error of grep is not clean
	local rc=0
	grep -rlaF -f <(forms) -- "$@" >&2 || rc=$?
	[ $rc = 1 ]
}
tap "$(grep -qaF -f <(forms) "$work/srv/plain" && echo 0 || echo 1)" "the search finds it where it belongs"
tap "$(grep -c 'perl' "$work/out/far.execs" | awk '{ exit !($1 > 0) }' && echo 0 || echo 1)" "the far side was watched"
tap "$(grep -c 'firebreak-scanner' "$work/out/near.execs" | awk '{ exit !($1 > 0) }' && echo 0 || echo 1)" \
	"the scanner was watched"
tap "$(clean "$work/out/far.execs" && echo 0 || echo 1)" "no value in argv or environment of any process there"
tap "$(clean "$work"/out/near.execs "$work/out/stdin.execs" && echo 0 || echo 1)" "nor of any process here"
tap "$(clean "$work/out" && echo 0 || echo 1)" "no value in any output or log"
tap "$(clean "$work/tmp" && echo 0 || echo 1)" "no value in the temporary folder"
mapfile -d '' -t files < <(find "$work/state" -path "$work/state/clones" -prune -o -type f -print0)
tap "$([ "${#files[@]}" -gt 0 ] && clean "${files[@]}" && echo 0 || echo 1)" \
	"no value in the state, but in the clones of git"
echo "1..$n"
exit $failed
