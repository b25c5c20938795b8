#!/usr/bin/env bash
# A TLS key is replaced twice, once after its issuer had refused and once with a worker that is ended while it holds
# both keys, and every place that anybody could look at afterwards is searched for the private halves of all three.
# What the issuer's program is given is searched as well: a request is public, a key is none of its business.
# TAP. Usage: tls.sh FIREBREAK_FOLDER SOURCE_ROOT CORE_OF
# Into a process that holds secrets only root may look, or who has root's capabilities over a user namespace of its own.
[ "$(id -u)" = 0 ] || [ "${4:-}" = inside ] || exec unshare --map-current-user --keep-caps "$0" "$@" inside
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak" "$2"
. "$(dirname "$0")/../lib/acme.sh"
core_of=$(readlink -f "$3")
d=$scratch/farm
parent=
nginx_pid=
trap '[ -z "$parent" ] || kill -KILL "$parent"; rm -f "$d/stands"; [ -z "$nginx_pid" ] || kill "$nginx_pid"
	rm -rf "$scratch"' EXIT
[ "$(id -u)" != 0 ] || chmod 755 "$scratch"
mkdir -p "$scratch/register" "$d/host" "$d/nginx" "$d/given" "$scratch/known" "$scratch/said" "$scratch/cores"
mkdir -m 700 "$scratch/tmp"
own_ca_begin "$scratch/own"
result $? 'there is a CA of the house'
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8 TMPDIR="$scratch/tmp" ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"

for repository in keys ssl; do
	git init -q --bare -b main "$d/$repository.git"
	git init -q -b main "$d/$repository"
done
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$d/keys/wiki.key"
cp "$d/keys/wiki.key" "$d/stolen"
openssl req -new -key "$d/keys/wiki.key" -subj /CN=wiki.lab -addext subjectAltName=DNS:wiki.lab -out "$d/wiki.csr"
"$own_ca/sign" "$d/wiki.csr" "$d/ssl/wiki.crt"
for repository in keys ssl; do
	git -C "$d/$repository" add -A
	git -C "$d/$repository" -c user.name=Ada -c user.email=ada@example.org commit -qm 'As it was'
	git -C "$d/$repository" push -q "$d/$repository.git" main
done
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	git --git-dir=$d/keys.git show main:wiki.key >$d/host/key.new || exit 1
	git --git-dir=$d/ssl.git show main:wiki.crt >$d/host/crt.new || exit 1
	cmp -s $d/host/key.new $d/host/wiki.key && cmp -s $d/host/crt.new $d/host/wiki.crt && exit 0
	mv $d/host/key.new $d/host/wiki.key && mv $d/host/crt.new $d/host/wiki.crt || exit 1
	exit 2
APPLY
# The issuer's own programs: they keep what they are given, and stand still or refuse when the test says so.
cat >"$d/get" <<-GET
	#!/bin/sh
	cat >$d/given/request.\$\$
	env >$d/given/environment.\$\$
	while [ -e $d/stands ]; do sleep 0.1; done
	[ ! -e $d/refuses ] || { echo 'not today' >&2; exit 1; }
	$own_ca/sign $d/given/request.\$\$ $d/given/certificate.\$\$ && cat $d/given/certificate.\$\$
GET
cat >"$d/revoke" <<-REVOKE
	#!/bin/sh
	cat >$d/given/revoke.\$\$
	$own_ca/revoke $d/given/revoke.\$\$ keyCompromise
REVOKE
chmod 755 "$d/apply" "$d/get" "$d/revoke"
"$d/apply"
read -r port < <(acme_ports 1)
cat >"$d/nginx/conf" <<-CONF
	pid $d/nginx/pid; error_log $d/nginx/log; events { }
	http { access_log off; client_body_temp_path $d/nginx/t1; proxy_temp_path $d/nginx/t2;
	fastcgi_temp_path $d/nginx/t3; uwsgi_temp_path $d/nginx/t4; scgi_temp_path $d/nginx/t5;
	server { listen 127.0.0.1:$port ssl; ssl_certificate $d/host/wiki.crt;
	ssl_certificate_key $d/host/wiki.key; } }
CONF
/usr/sbin/nginx -p "$d/nginx" -c "$d/nginx/conf" -g 'daemon off;' 2>>"$d/nginx/log" &
nginx_pid=$!
served() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout; }
acme_wait served
result $? 'nginx serves its certificate'
run key init
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  web: {reach: local, logs: ['$d/nginx/log'], configuration: {apply: command, command: [$d/apply]}}
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: '$d/ssl.git'}
	issuers:
	  house: {client: command, host: web, get: [$d/get], revoke: [$d/revoke], crl: $own_ca/crl.pem,
	    chain: $own_ca/ca.pem}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	  tls/wiki:
	    kind: tls-key
	    make: rsa-2048
	    places: [{repository: keys, file: wiki.key}]
	    accounts: [{driver: tls, address: '127.0.0.1:$port', from: web, options: {name: wiki.lab}}]
	    consumers:
	      - {hosts: web, file: $d/host/wiki.key, service: nginx, restart: firebreak, side: server,
	         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/conf, -s, reload]}
	    public_halves:
	      - {repository: ssl, file: wiki.crt, what: certificate of wiki.lab, format: certificate, issuer: house}
REGISTER
clean() {
	/usr/bin/python3 "$source_root/tests/canary/search.py" "$scratch/known" "$@" >"$scratch/out" 2>"$scratch/err"
}
ulimit -c unlimited 2>/dev/null
cd "$scratch/cores" || exit 1

# First incident: the issuer refuses, and then does not. Every process that is started is watched.
watched() {           # N
	code=0
	timeout 120 strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$scratch/said/execs$1" \
		"$firebreak_program" respond 1 --as alice >"$scratch/said/respond$1" 2>&1 || code=$?
}
run declare tls/wiki --because 'a canary' --as alice
: >"$d/refuses"
watched 1
exits 1 'the issuer refuses'
result "$(grep -q 'not today' "$scratch/said/respond1"; echo $?)" 'and its own words are told'
rm "$d/refuses"
watched 2
exits 3 'the incident is answered under watch'

# Second incident: the issuer stands still. Its worker has both keys then, and the parent every value.
run declare tls/wiki --because 'a canary again' --as alice
: >"$d/stands"
"$firebreak_program" respond 2 --as alice >"$scratch/said/respond3" 2>&1 </dev/null &
parent=$!
child=
asks() { [ "$(find "$d/given" -name 'request.*' | wc -l)" = 3 ]; }
acme_wait asks
holder() { child=$(pgrep -P "$parent" -f firebreak-worker-issuer | head -1); [ -n "$child" ]; }
acme_wait holder
result $? 'a worker has both keys and waits'
result "$(grep -qE '^Max core file size +0 +0' "/proc/$child/limits"; echo $?)" 'it may write no core'
kill -STOP "$parent"
kill -ABRT "$child"
ended() { ! kill -0 "$child" 2>/dev/null || grep -q '^State:.Z' "/proc/$child/status"; }
acme_wait ended
result "$([ -z "$(find "$scratch" -name 'core*' -type f)" ]; echo $?)" 'ended by an abort, it left none'
mkdir "$scratch/said/state"
cp "$scratch"/state/journal* "$scratch/said/state/"
timeout 60 "$core_of" "$parent" >"$scratch/core.parent"
result "$([ $? = 0 ] && [ "$(stat -c %s "$scratch/core.parent")" -gt 1000000 ] &&
	grep -qa "FIREBREAK_STATE=$scratch/state" "$scratch/core.parent"; echo $?)" 'a core of the parent was taken'
kill -KILL "$parent"
wait "$parent" 2>/dev/null
parent=
rm "$d/stands"
run respond 2 --as alice
cat "$scratch/out" "$scratch/err" >"$scratch/said/respond4"
exits 3 'the second incident is answered after a kill'
for words in "status 1" "timeline 2" "report 1" "report 2" "journal export" "plan 2" "status 2 --json" \
	"report 2 --json"; do
	# shellcheck disable=SC2086
	"$firebreak_program" $words >>"$scratch/said/reads" 2>&1
done

n=0
for commit in $(git --git-dir="$d/keys.git" rev-list main -- wiki.key); do
	n=$((n + 1))
	git --git-dir="$d/keys.git" show "$commit:wiki.key" >"$scratch/known/$n"
done
result "$([ $n = 3 ] && cmp -s "$scratch/known/3" "$d/stolen"; echo $?)" 'three keys are known to the search'
clean "$d/host/wiki.key"
result "$([ $? = 1 ]; echo $?)" 'the search finds the key where it belongs'
clean "$scratch/core.parent"
result $? "no private half in the parent's core, arguments and environment"
rm "$scratch/core.parent"
clean "$scratch"/said/execs*
result $? 'none in argv or environment of any process'
result "$([ "$(cat "$scratch"/said/execs* | grep -c execve)" -gt 20 ]; echo $?)" 'processes were watched'
clean "$scratch/said"
result $? 'none in any output, journal or write-ahead log'
clean "$scratch/tmp" "$scratch/state"
result $? 'none in the temporary folder and in the state, clones and all'
clean "$d/given" "$scratch/own" "$scratch/.cache"
result $? "none with the issuer, nor in what is kept on its host"
clean "$d/nginx" "$d/ssl" "$d/ssl.git" "$d/host/wiki.crt"
result $? 'none where the public halves are'
finish
