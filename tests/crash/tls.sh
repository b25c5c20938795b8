#!/usr/bin/env bash
# A TLS key's rotation is ended by kill -9 at each point of the steps that move something, in parent and worker, and
# begun again: in the end one new key is served and kept everywhere, its certificate was made once and no more, the old
# one is revoked, the robot goes on, nothing is kept on the issuer's host, and the journal is whole. Real pebble,
# uacme and nginx. Usage: tls.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS [all | MODE ROLE STEP NTH]
mkdir -p "${TMPDIR:-/tmp}"
set -- "$(readlink -f "$1")" "$2" "$(readlink -f "$3")" "${@:4}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/acme.sh"
d=$scratch/farm
bin=$scratch/bin
[ "$(id -u)" = 0 ] && chmod 755 "$scratch"
acme_pids=()
nginx_pid=
trap 'acme_end; [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir -p "$bin" "$d/host" "$d/nginx" "$scratch/share/firebreak" "$scratch/register"
cp "$1/firebreak-crash" "$bin/firebreak"
ln -s "$3"/firebreak-worker* "$bin"
rm -rf "$bin"/*.p "$bin/firebreak-worker" "$bin/firebreak-worker-tls" "$bin/firebreak-worker-issuer"
cp "$1/firebreak-worker-crash" "$bin/firebreak-worker"
cp "$1/firebreak-worker-crash-tls" "$bin/firebreak-worker-tls"
cp "$1/firebreak-worker-issuer-crash" "$bin/firebreak-worker-issuer"
ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
firebreak_program=$bin/firebreak
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8
acme_begin "$scratch/acme" && acme_client uacme
result $? 'an authority, and a client with an account'

for repository in keys ssl; do
	git init -q --bare -b main "$d/$repository.git"
	git init -q -b main "$d/$repository"
done
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$d/keys/wiki.key"
openssl req -new -key "$d/keys/wiki.key" -subj /CN=wiki.lab -addext subjectAltName=DNS:wiki.lab,DNS:*.wiki.lab \
	-out "$d/wiki.csr"
(cd "$d" && "$acme/bin/uacme" issue wiki.csr && mv wiki-cert.pem ssl/wiki.crt) >"$scratch/out" 2>&1
result $? 'it gave a certificate'
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
# What renews by itself, as far as it matters here: it is held back, or it is not.
printf '#!/bin/sh\n: >%s/held\n' "$d" >"$d/hold"
printf '#!/bin/sh\nrm -f %s/held\n' "$d" >"$d/resume"
chmod 755 "$d/apply" "$d/hold" "$d/resume"
"$d/apply"
read -r port < <(acme_ports 1)
cat >"$d/nginx/conf" <<-CONF
	pid $d/nginx/pid; error_log $d/nginx/log; worker_processes 2; events { }
	http { access_log off; client_body_temp_path $d/nginx/t1; proxy_temp_path $d/nginx/t2;
	fastcgi_temp_path $d/nginx/t3; uwsgi_temp_path $d/nginx/t4; scgi_temp_path $d/nginx/t5;
	server { listen 127.0.0.1:$port ssl; ssl_certificate $d/host/wiki.crt;
	ssl_certificate_key $d/host/wiki.key; return 200 "a page\n"; } }
CONF
/usr/sbin/nginx -p "$d/nginx" -c "$d/nginx/conf" -g 'daemon off;' 2>>"$d/nginx/log" &
nginx_pid=$!
served() {
	openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null |
		openssl x509 >"$d/served.pem" 2>/dev/null && acme_spki "$d/served.pem"
}
acme_wait served
result $? 'nginx serves it'
run key init
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  web: {reach: local, configuration: {apply: command, command: [$d/apply]}}
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: '$d/ssl.git'}
	issuers:
	  acme: {client: uacme, host: web, command: [$acme/bin/uacme], hold: [$d/hold], resume: [$d/resume],
	    renews: ['true'], status: '$acme_manage/cert-status-by-serial/{serial}', ca: $acme_ca}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	  tls/wiki:
	    kind: tls-key
	    places: [{repository: keys, file: wiki.key}]
	    accounts: [{driver: tls, address: '127.0.0.1:$port', from: web, options: {name: www.wiki.lab}}]
	    consumers:
	      - {hosts: web, file: $d/host/wiki.key, service: nginx, restart: firebreak, side: server,
	         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/conf, -s, reload]}
	    public_halves:
	      - {repository: ssl, file: wiki.crt, what: certificate of wiki.lab, format: certificate, issuer: acme}
REGISTER

made() { grep -c 'Issued certificate serial' "$acme/pebble.log"; }
forget() { rm -f "$bin/control" "$bin"/points.*; }
number=0
declare_next() {              # MODE
	number=$((number + 1))
	before=$(made)
	openssl x509 -in "$d/host/wiki.crt" -out "$d/before.pem"
	if [ "$1" = planned ]; then run declare tls/wiki --planned --because 'a test' --as alice
	else run declare tls/wiki --because 'a test' --as alice; fi
}
# Nothing, or what is amiss in the end
agrees() {
	local now
	now=$(served)
	git --git-dir="$d/ssl.git" show main:wiki.crt >"$scratch/now.pem"
	[ "$now" != "$(acme_spki "$d/before.pem")" ] || echo 'the old key is served'
	[ "$(acme_spki "$scratch/now.pem")" = "$now" ] || echo 'what is served is not in the public git'
	[ "$(git --git-dir="$d/keys.git" show main:wiki.key | openssl pkey -pubout -outform DER | sha256sum |
		cut -c1-64)" = "$now" ] || echo 'nor in the private one'
	[ "$(acme_status "$d/before.pem")" = 'Revoked 1' ] || echo 'the old certificate is not revoked'
	[ "$(acme_status "$scratch/now.pem")" = Valid ] || echo 'the new certificate is not valid'
	[ "$(made)" = $((before + 1)) ] || echo "$(($(made) - before)) certificates were made"
	[ ! -e "$d/held" ] || echo 'the robot is held back'
	[ -z "$(find "$scratch/.cache/firebreak-issued" -mindepth 1)" ] || echo 'the issuer keeps something'
	! grep -rlsq 'PRIVATE KEY' "$scratch/.cache" "$scratch/state" || echo 'a key lies in a folder of ours'
	run journal verify
	[ "$code" = 0 ] || echo 'the journal is not whole'
}
respond() { run respond $number --as alice --at-once 1; }
end_at() {                    # MODE ROLE STEP NTH NAME
	local mode=$1 role=$2 step=$3 nth=$4 name=$5 amiss= again
	declare_next "$mode"
	forget
	echo "$role $step $nth" >"$bin/control"
	respond
	[ "$(awk -v s="$step" '$1 == s { n++ } END { print n + 0 }' "$bin/points.$role")" -ge "$nth" ] ||
		amiss='the point was not reached; '
	forget
	for ((again = 0; again < 4; again++)); do
		respond
		grep -q 'Everything that we can do is proven' "$scratch/out" && break
	done
	[ "$again" -lt 4 ] || amiss="$amiss it does not come to an end; "
	amiss="$amiss$(agrees)"
	[ -z "$amiss" ] || echo "$amiss" >>"$scratch/err"
	result "$([ -z "$amiss" ]; echo $?)" "$mode, $role, $step $nth: $(echo "$name" | cut -c1-60)"
}
steps='hold issue commit publish write-place revoke resume'
whole() {                     # MODE: a run without a kill, whose points are the list
	forget
	declare_next "$1"
	respond
	says 'Everything that we can do is proven'
	amiss=$(agrees)
	[ -z "$amiss" ] || echo "$amiss" >>"$scratch/err"
	result "$([ -z "$amiss" ]; echo $?)" "$1: all agrees when nobody ends it"
	for role in parent worker; do
		awk -v steps="$steps" -v at="$1 $role" 'BEGIN { split(steps, s, " "); for (k in s) want[s[k]] = 1 }
			{ n[$1]++; if ($1 in want) print at, $1, n[$1], substr($0, 17) }' "$bin/points.$role"
	done >"$scratch/points.$1"
	result "$([ "$(wc -l <"$scratch/points.$1")" -gt 25 ]; echo $?)" "$1: there are points"
}
if [ $# = 7 ]; then
	end_at "$4" "$5" "$6" "$7" ''
	finish
	exit
fi
# Of each step what leaves the world or the journal differently; of a planned rotation what an emergency has not.
telling() {
	case $1 in
	emergency) grep -E 'after journal intent|after start of a worker|before journal outcome|before result' ;;
	planned) grep -E '(issue|revoke) [0-9]+ (before journal outcome|before result)' ;;
	esac
}
for mode in emergency planned; do
	whole $mode
	while read -r mode role step nth name; do
		end_at "$mode" "$role" "$step" "$nth" "$name"
	done < <(if [ "${4:-}" = all ]; then cat; else telling $mode; fi <"$scratch/points.$mode")
done
finish
