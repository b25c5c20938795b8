#!/usr/bin/env bash
# `respond --pull`: who may decide what, what stands in the journal then, and what status and report say of it. The
# authority is a program that never gives a certificate; the service is none. Usage: pull.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
d=$scratch/tls
mkdir -p "$d/host"
variables
git_begin "$d/git" "$d/work"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$d/work/wiki.key" \
	-out "$d/work/wiki.crt" -subj /CN=wiki.lab -addext subjectAltName=DNS:wiki.lab 2>/dev/null
openssl genpkey -quiet -algorithm ED25519 -out "$d/work/third.key"
printf 'certs:\n  alpha: 1\n  wiki: 2\n' >"$d/work/certs.yaml"
printf "other::password: 'x'\n" >"$d/work/common.yaml"
git_push 'As it was' "$d/work"
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	git --git-dir=$d/git show main:wiki.key >$d/host/new 2>/dev/null || rm -f $d/host/new $d/host/wiki.key
	[ -e $d/host/new ] || exit 0
	mv $d/host/new $d/host/wiki.key
APPLY
printf '#!/bin/sh\necho "the authority is away" >&2\nexit 1\n' >"$d/sign"
chmod 755 "$d/apply" "$d/sign"
"$d/apply"
alice_register <<-REGISTER
	hosts:
	  web: {reach: local, configuration: {apply: command, command: [$d/apply]}}
	repositories:
	  private: {kind: private, url: '$d/git'}
	issuers:
	  own: {client: command, host: web, get: [$d/sign], revoke: [$d/sign]}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	  tls/wiki:
	    kind: tls-key
	    places: [{repository: private, file: wiki.key}]
	    consumers: [{hosts: web, file: $d/host/wiki.key, restart: none, side: server}]
	    public_halves:
	      - {repository: private, file: wiki.crt, what: certificate, format: certificate, issuer: own,
	         options: {list: certs.yaml, entry: certs/wiki}}
	  tls/third:
	    kind: tls-key
	    places: [{repository: private, file: third.key}]
	    accounts: [{driver: tls, address: '127.0.0.1:1', from: web, options: {name: third.lab}}]
	  tls/other:
	    kind: shared-secret
	    places: [{repository: private, file: common.yaml, key: 'other::password'}]
REGISTER
run register check
exits 0 'the register is one'
run respond --help
says '--pull=SECRET'
says 'take it out of deployment until its new value can be had'

rows() { "$firebreak_program" journal export "$1" 2>/dev/null | wc -l; }
refused() {                   # WORDS... : says LAST; nothing is written, and nothing changed in the git
	local what=${*: -1} before head
	before=$(rows 1)
	head=$(git --git-dir="$d/git" rev-parse main)
	run "${@:1:$#-1}"
	exits 2 "refused: $what"
	says "$what"
	result "$([ "$(rows 1)" = "$before" ] && [ "$(git --git-dir="$d/git" rev-parse main)" = "$head" ]; echo $?)" \
		'and nothing is written or changed'
}
run declare tls/wiki --because 'pasted' --as alice
refused respond 1 --pull tls/wiki --as alice '--pull needs a reason'
refused respond 1 --pull tls/wiki --because so --dry-run --as alice '--pull is a decision that is kept'
refused respond 1 --pull tls/wkii --because so --as alice "incident 1 replaces no secret 'tls/wkii'"
refused respond 1 --pull tls/other --because so --as alice "incident 1 replaces no secret 'tls/other'"
# Of two, one is wrong: the right one is not pulled either.
refused respond 1 --pull tls/wiki --pull tls/wkii --because so --as alice "incident 1 replaces no secret 'tls/wkii'"
# Nor is a step left out beside a wrong one.
refused respond 1 --skip revoke --pull tls/wkii --because so --as alice "incident 1 replaces no secret 'tls/wkii'"
run plan 1
result "$(! grep -q 'out of deployment' "$scratch/out"; echo $?)" 'nobody pulls by the plan alone'

run declare tls/other --because 'another one' --as alice
run respond 2 --pull tls/other --because so --as alice
exits 1 'what a playbook has no way for is refused'
says 'has no way to take it out of deployment'
# Nobody listens there, and the drill comes to nothing; it is one all the same.
run drill tls/third --as alice
run respond 3 --pull tls/third --because so --as alice
exits 1 'nothing goes out of deployment in a drill'
says 'incident 3 is a drill'

run respond 1 --as alice
exits 1 'no certificate can be had'
says "firebreak respond 1 --pull 'tls/wiki' --because 'why'"
result "$([ -e "$d/host/wiki.key" ]; echo $?)" 'and everything is served on'
run respond 1 --pull tls/wiki --because 'nobody may read on' --as alice
exits 1 'pulled: the authority is away still'
says 'tls/wiki was to go out of deployment, and is not shown to be out yet; decided'
says 'The register has no account of it, so nothing shows what is served'
result "$([ ! -e "$d/host/wiki.key" ]; echo $?)" 'the key is gone from the host'
run plan 1
says 'take the old value of tls/wiki out of private and push'
run status 1
says 'tls/wiki was to go out of deployment, and is not shown to be out yet; decided'
says 'firebreak respond 1'
run status 1 --json
result "$(jq -e '.pulled == [{secret: "tls/wiki", state: "begun", since_us: .pulled[0].since_us,
	because: "nobody may read on"}]' "$scratch/out" >/dev/null; echo $?)" 'and in JSON'
run timeline 1
says 'decided to take tls/wiki out of deployment: nobody may read on'
run report 1
says 'Out of deployment'
says 'not shown to be out yet'
says 'not everything is up again'
# Said twice it is one decision.
run respond 1 --pull tls/wiki --because 'once more' --as alice
result "$([ "$("$firebreak_program" journal export 1 | grep -c '"kind":"pulled"')" = 1 ]; echo $?)" \
	'said twice it is one'
run close 1 --because 'enough'
exits 1 'an incident with a pulled secret is not closed'
finish
