#!/usr/bin/env bash
# A TLS key's rotation is ended by kill -9 at each point of the steps that move something, in parent and worker, and
# begun again: in the end one new key is served and kept everywhere, its certificate was made once and no more, the old
# one is revoked, the robot goes on, nothing is kept on the issuer's host, and the journal is whole. Real pebble,
# uacme and nginx. Usage: tls.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS [MODE ROLE STEP NTH NAME]
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/acme.sh"
. "$(dirname "$0")/../lib/key_pair.sh"
d=$scratch/farm
acme_pids=()
nginx_pid=
trap 'acme_end; [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir -p "$d/host" "$d/nginx"
crash_begin "$1" "$3" tls issuer
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
key_register <<-REGISTER
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
number=0
declare_next() {              # MODE
	before=$(made)
	openssl x509 -in "$d/host/wiki.crt" -out "$d/before.pem"
	crash_declare tls/wiki "$1"
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
end_at() {                    # MODE ROLE STEP NTH NAME
	local amiss
	declare_next "$1"
	amiss=$(crash_reach "${@:2}")
	amiss="$amiss$(crash_end)$(agrees)"
	crash_told "$1, $2, $3: $5, $4" "$amiss"
}
steps='hold issue commit publish write-place revoke resume'
if [ $# = 8 ]; then
	end_at "${@:4}"
	finish
	exit
fi
for mode in emergency planned; do
	crash_whole $mode 25
	while read -r mode role step nth name; do
		end_at "$mode" "$role" "$step" "$nth" "$name"
	done <"$scratch/points.$mode"
done
finish
