#!/usr/bin/env bash
# A TLS key's rotation is ended by kill -9 at each point of the steps that move or prove something, in parent and
# worker, in each incident once a step, and begun again: in the end one new key is served and kept everywhere, its
# certificate was made once and no more, the old one is revoked, the robot goes on, nothing is kept on the issuer's
# host, each deed has its intent, and the journal is whole. Real pebble, uacme and nginx. "pulled": nobody gets a
# certificate, and a person pulls the domain; when it went on it is out of deployment, and it comes back.
# Usage: tls.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS emergency|planned|pulled...
# or, one point: tls.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS MODE ROLE STEP NTH NAME
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/acme.sh"
. "$(dirname "$0")/../lib/key_pair.sh"
d=$scratch/farm
acme_pids=()
nginx_pid=
trap 'acme_end; [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
mkdir -p "$d/host" "$d/nginx/sites"
crash_begin "$1" "$3" tls issuer
# Most of a trial would be the client's waiting for a verdict. What is refused meanwhile is a name that is new.
acme_believes=100
acme_begin "$scratch/acme" && acme_client uacme
result $? 'an authority, and a client with an account'

git_pairs "$d" keys ssl
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$d/keys/wiki.key"
openssl req -new -key "$d/keys/wiki.key" -subj /CN=www.wiki.lab -addext subjectAltName=DNS:www.wiki.lab \
	-out "$d/wiki.csr"
(cd "$d" && "$acme/bin/uacme" issue wiki.csr && mv wiki-cert.pem ssl/wiki.crt) >"$scratch/out" 2>&1
result $? 'it gave a certificate'
printf 'other: 1\nwiki: 2\n' >"$d/ssl/certs.yaml"
git_push 'As it was' "$d/keys" "$d/ssl"
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	if ! git --git-dir=$d/ssl.git show main:certs.yaml | grep -q '^wiki:'; then
		[ -e $d/host/wiki.key ] || exit 0
		rm -f $d/nginx/sites/wiki $d/host/wiki.crt && rm $d/host/wiki.key || exit 1
		exit 2
	fi
	git --git-dir=$d/keys.git show main:wiki.key >$d/host/key.new || exit 1
	git --git-dir=$d/ssl.git show main:wiki.crt >$d/host/crt.new || exit 1
	cp $d/nginx/wiki $d/nginx/sites/wiki || exit 1
	cmp -s $d/host/key.new $d/host/wiki.key && cmp -s $d/host/crt.new $d/host/wiki.crt &&
		rm $d/host/key.new $d/host/crt.new && exit 0
	mv $d/host/key.new $d/host/wiki.key && mv $d/host/crt.new $d/host/wiki.crt || exit 1
	exit 2
APPLY
# What renews by itself, as far as it matters here: it is held back, or it is not.
printf '#!/bin/sh\n: >%s/held\n' "$d" >"$d/hold"
printf '#!/bin/sh\nrm -f %s/held\n' "$d" >"$d/resume"
chmod 755 "$d/apply" "$d/hold" "$d/resume"
read -r port < <(acme_ports 1)
echo "server { listen 127.0.0.1:$port ssl; server_name www.wiki.lab; ssl_certificate $d/host/wiki.crt;
	ssl_certificate_key $d/host/wiki.key; return 200 \"a page\n\"; }" >"$d/nginx/wiki"
"$d/apply"
cat >"$d/nginx/conf" <<-CONF
	pid $d/nginx/pid; error_log $d/nginx/log; worker_processes 2; events { }
	http { access_log off; client_body_temp_path $d/nginx/t1; proxy_temp_path $d/nginx/t2;
	fastcgi_temp_path $d/nginx/t3; uwsgi_temp_path $d/nginx/t4; scgi_temp_path $d/nginx/t5;
	server { listen 127.0.0.1:$port ssl default_server; ssl_reject_handshake on; } include $d/nginx/sites/*; }
CONF
/usr/sbin/nginx -p "$d/nginx" -c "$d/nginx/conf" -g 'daemon off;' 2>>"$d/nginx/log" &
nginx_pid=$!
served() {
	openssl s_client -connect "127.0.0.1:$port" -servername www.wiki.lab </dev/null 2>/dev/null |
		openssl x509 >"$d/served.pem" 2>/dev/null && acme_spki "$d/served.pem"
}
acme_wait served
result $? 'nginx serves it'
alice_register <<-REGISTER
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
	      - {repository: ssl, file: wiki.crt, what: certificate of wiki.lab, format: certificate, issuer: acme,
	         names: [www.wiki.lab], options: {list: certs.yaml, entry: wiki}}
REGISTER

made() { grep -c 'Issued certificate serial' "$acme/pebble.log"; }
number=0
asks_for() { sed -i "s/names: \\[.*\\]/names: [$1]/" "$scratch/register/firebreak.yaml"; }       # NAME
declare_next() {              # MODE
	before=$(made)
	openssl x509 -in "$d/host/wiki.crt" -out "$d/before.pem"
	words=()
	if [ "$1" = pulled ]; then
		asks_for never.lab
		words=(--pull tls/wiki --because 'nobody gets a certificate')
	fi
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
	crash_intents
}
in_git() { git --git-dir="$d/$1.git" cat-file -e "main:$2" 2>/dev/null; }
# Of a domain that was pulled: nothing, or what is amiss
is_out() {
	grep -q 'is out of deployment since' "$scratch/out" || echo 'it does not say that it is out'
	[ -z "$(served)" ] || echo 'something is served for the name'
	! in_git keys wiki.key || echo 'the key is in the private git'
	! in_git ssl wiki.crt || echo 'the certificate is in the public one'
	! git --git-dir="$d/ssl.git" show main:certs.yaml | grep -q '^wiki:' || echo 'its entry is in force'
	[ ! -e "$d/host/wiki.key" ] || echo 'the key lies on the host'
	[ "$(acme_status "$d/before.pem")" = 'Revoked 1' ] || echo 'the old certificate is not revoked'
	[ -e "$d/held" ] || echo 'the robot goes on'
	[ "$(made)" = "$before" ] || echo 'a certificate was made'
	[ "$("$firebreak_program" journal export $number | grep -c '"kind":"pulled"')" = 1 ] || echo 'decided twice'
}
end_round() {                 # MODE: of $scratch/round; amiss
	declare_next "$1"
	crash_chain
	amiss=
	if [ "$1" = pulled ]; then
		crash_respond
		amiss=$(is_out)
		asks_for www.wiki.lab
		words=()
	fi
	amiss="$amiss$(crash_end)$(agrees)"
}
pull_whole() {                # as crash_whole, on both ways
	crash_forget
	declare_next pulled
	crash_respond
	crash_told 'pulled: it is out when nobody ends it' "$(is_out)"
	crash_list pulled "$1"
	asks_for www.wiki.lab
	words=()
	crash_respond
	says 'Everything that we can do is proven'
	crash_told 'pulled: all agrees when it is back' "$(agrees)"
}
if [ $# = 8 ]; then
	crash_alone "${*:4}"
	finish
	exit
fi
declare -A steps_of=(
	[emergency]='hold issue commit publish write-place revoke resume apply restart prove probe settle'
	[planned]='hold issue commit publish write-place revoke resume'
	[pulled]='keep pull gone apply restart revoke prove'
)
for mode in "${@:4}"; do
	steps=${steps_of[$mode]}
	if [ "$mode" = pulled ]; then pull_whole 25; else crash_whole "$mode" 25; fi
	crash_each "$mode"
done
finish
