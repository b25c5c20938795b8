#!/usr/bin/env bash
# A leaked TLS key, with Debian's own clients of ACME against pebble, a CA in files, and nginx: the emergency and the
# planned way from declaration to proof, and each trap of these programs. TAP. Usage: tls.sh FIREBREAK SOURCE_ROOT
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/acme.sh"
chmod 755 "$scratch"
d=$scratch/farm
mkdir -p "$scratch/register" "$d/host"
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8
nginx_pid=
trap 'acme_end; [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
acme_begin "$scratch/acme" && acme_client certbot
result $? 'pebble runs, and certbot has an account there'

git_put() {           # REPOSITORY FILE FROM: committed and pushed
	mkdir -p "$(dirname "$d/$1/$2")"
	cp "$3" "$d/$1/$2"
	git -C "$d/$1" add -A
	git -C "$d/$1" -c user.name=Ada -c user.email=ada@example.org commit -qm "$2"
	git -C "$d/$1" push -q origin HEAD:main
}
for repository in keys ssl; do
	git init -q --bare -b main "$d/$repository.git"
	git clone -q "$d/$repository.git" "$d/$repository" 2>/dev/null
	git -C "$d/$repository" checkout -q -b main 2>/dev/null
done
# The lineage of the team's robot, whose key has leaked.
"$acme/bin/certbot" certonly --cert-name wild -d '*.wiki.lab' -d wiki.lab --key-type rsa >"$scratch/out" 2>&1
result $? 'the robot has a certificate'
lineage=$acme/certbot/conf/live/wild
git_put keys wild.key "$lineage/privkey.pem"
git_put ssl certificates/wild.crt "$lineage/fullchain.pem"
cp "$lineage/cert.pem" "$d/stolen.pem"
git_at() { git --git-dir="$d/$1.git" show "main:$2"; }

cat >"$d/apply" <<-APPLY
	#!/bin/sh
	set -e
	changed=0
	put() {
		git --git-dir=$d/\$1.git show "main:\$2" >$d/host/new
		if cmp -s $d/host/new $d/host/\$3; then rm $d/host/new; else mv $d/host/new $d/host/\$3; changed=2; fi
	}
	put keys wild.key wild.key
	put ssl certificates/wild.crt wild.crt
	exit \$changed
APPLY
chmod 755 "$d/apply"
"$d/apply"
read -r port < <(acme_ports 1)
mkdir -p "$d/nginx"
cat >"$d/nginx/nginx.conf" <<-NGINX
	pid $d/nginx/pid;
	error_log $d/nginx/log;
	events { }
	http {
		access_log off;
		server {
			listen 127.0.0.1:$port ssl;
			server_name wiki.lab;
			ssl_certificate $d/host/wild.crt;
			ssl_certificate_key $d/host/wild.key;
		}
	}
NGINX
nginx -p "$d/nginx" -c "$d/nginx/nginx.conf" -g 'daemon off;' 2>>"$d/nginx/log" &
nginx_pid=$!
acme_wait sh -c "openssl s_client -connect 127.0.0.1:$port </dev/null"
result $? 'nginx serves it'
served() { openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 >"$d/served.pem" && acme_spki "$d/served.pem"; }

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
	  pebble:
	    client: certbot
	    host: web
	    command: [$acme/bin/certbot]
	    get: [--preferred-challenges, dns]
	    status: '$acme_manage/cert-status-by-serial/{serial}'
	    ca: $acme_ca
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	  tls/wild:
	    kind: tls-key
	    places: [{repository: keys, file: wild.key}]
	    consumers:
	      - {hosts: web, file: $d/host/wild.key, service: nginx, restart: firebreak, side: server,
	         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/nginx.conf, -s, reload]}
	    public_halves:
	      - {repository: ssl, file: certificates/wild.crt, what: certificate of wiki.lab, format: certificate,
	         issuer: pebble, names: [wiki.lab]}
REGISTER
run register check
exits 0 'the register knows them'
run declare tls/wild --because 'pasted into a public channel' --as alice
exits 0 'declared'
run respond 1 --as alice
exits 3 'an emergency: only people have something left to do'
cat $scratch/out $scratch/err
acme_status $d/stolen.pem
served; acme_spki $d/stolen.pem
cat $d/nginx/log
finish
