#!/usr/bin/env bash
# A TLS key is replaced twice, once after its issuer had refused and once with a worker that is ended while it holds
# both keys, and every place that anybody could look at afterwards is searched for the private halves of all three.
# What the issuer's program is given is searched as well: a request is public, a key is none of its business.
# TAP. Usage: tls.sh FIREBREAK_FOLDER SOURCE_ROOT CORE_OF
. "$(dirname "$0")/../lib/key_pair.sh"
canary_enter "$@"
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak" "$2"
. "$(dirname "$0")/../lib/acme.sh"
core_of=$(readlink -f "$3")
d=$scratch/farm
parent=
nginx_pid=
trap '[ -z "$parent" ] || kill -KILL "$parent"; rm -f "$d/stands"; [ -z "$nginx_pid" ] || kill "$nginx_pid"
	rm -rf "$scratch"' EXIT
mkdir -p "$d/host" "$d/nginx" "$d/given"
canary_begin
own_ca_begin "$scratch/own"
result $? 'there is a CA of the house'

git_pairs "$d" keys ssl
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$d/keys/wiki.key"
cp "$d/keys/wiki.key" "$d/stolen"
openssl req -new -key "$d/keys/wiki.key" -subj /CN=wiki.lab -addext subjectAltName=DNS:wiki.lab -out "$d/wiki.csr"
"$own_ca/sign" "$d/wiki.csr" "$d/ssl/wiki.crt"
git_push 'As it was' "$d/keys" "$d/ssl"
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
alice_register <<-REGISTER
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

# First incident: the issuer refuses, and then does not. Every process that is started is watched.
run declare tls/wiki --because 'a canary' --as alice
: >"$d/refuses"
canary_watched 1
exits 1 'the issuer refuses'
result "$(grep -q 'not today' "$scratch/said/respond1"; echo $?)" 'and its own words are told'
rm "$d/refuses"
canary_watched 2
exits 3 'the incident is answered under watch'

# Second incident: the issuer stands still. Its worker has both keys then, and the parent every value.
run declare tls/wiki --because 'a canary again' --as alice
: >"$d/stands"
canary_respond
asks() { [ "$(find "$d/given" -name 'request.*' | wc -l)" = 3 ]; }
canary_wait asks
canary_look_into firebreak-worker-issuer
rm "$d/stands"
canary_go_on
canary_search "$d/keys.git" wiki.key "$d/host/wiki.key"
canary_clean "$d/given" "$scratch/own" "$scratch/.cache"
result $? "none with the issuer, nor in what is kept on its host"
canary_clean "$d/nginx" "$d/ssl" "$d/ssl.git" "$d/host/wiki.crt"
result $? 'none where the public halves are'
finish
