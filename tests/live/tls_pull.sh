#!/usr/bin/env bash
# A leaked TLS key while the authority gives nobody a certificate: the domain is taken out of deployment, proven gone,
# and comes back when it can be had; the owners of its wiki are mailed, and read that. nginx, git, certbot, pebble and
# the wiki's MariaDB are real. Usage: tls_pull.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../cli/services.sh"
. "$(dirname "$0")/../lib/acme.sh"
. "$(dirname "$0")/../lib/sink.sh"
chmod 755 "$scratch"
d=$scratch/farm
mkdir -p "$d/host/ssl" "$d/nginx"
variables
acme_pids=()
nginx_pid=
trap 'sinks_end; acme_end; [ -z "$nginx_pid" ] || kill "$nginx_pid" 2>/dev/null; services_end' EXIT
start mariadb
reader=$(openssl rand -hex 12)
{
	echo 'CREATE DATABASE wiki; USE wiki;'
	sed -n '/^CREATE TABLE .*user \|^CREATE TABLE .*user_groups /,/^) /p' \
		/usr/share/mediawiki/maintenance/tables-generated.sql |
		sed 's|/\*_\*/||; s|/\*$wgDBTableOptions\*/|CHARACTER SET binary|'
	echo "CREATE USER reader@'%' IDENTIFIED BY '$reader'; GRANT SELECT ON wiki.* TO reader@'%';"
	for who in owner second reader; do
		echo "INSERT INTO user(user_name, user_password, user_newpassword, user_email, user_touched, user_token,
			user_email_authenticated) VALUES('$who', '', '', '$who@example.net', '', '', '20260101000000');"
	done
	echo "INSERT INTO user_groups SELECT user_id, 'bureaucrat', NULL FROM user WHERE user_name <> 'reader';"
} | admin_mariadb
result $? 'a wiki of MediaWiki on MariaDB has two owners and a reader'
sink_begin mail
acme_begin "$scratch/acme" && acme_client certbot
result $? 'pebble runs, and certbot has an account there'
conf=$acme/certbot/conf
"$acme/bin/certbot" certonly --cert-name wiki -d wiki.lab -d '*.wiki.lab' --key-type ecdsa --reuse-key \
	>"$scratch/out" 2>&1
result $? 'it gave a certificate'
openssl x509 -in "$conf/live/wiki/cert.pem" -out "$d/older.pem"
git_pairs "$d" keys ssl
mkdir "$d/ssl/certificates"
cp "$conf/live/wiki/privkey.pem" "$d/keys/wiki.key"
cp "$conf/live/wiki/fullchain.pem" "$d/ssl/certificates/wiki.crt"
echo 'others' >"$d/keys/README"
printf '%s' "$reader" >"$d/keys/reader"
cat >"$d/ssl/certs.yaml" <<-LIST
	# what is served
	certs:
	  alpha:
	    url: alpha.lab
	  wiki:   # the wikis
	    url: wiki.lab
	  zeta: {url: zeta.lab}
LIST
cp "$d/ssl/certs.yaml" "$d/certs.was"
git_push 'As it was' "$d/keys" "$d/ssl"
"$acme/bin/certbot" renew --no-random-sleep-on-renew --cert-name wiki --force-renewal \
	--reuse-key >"$scratch/out" 2>&1
cp "$conf/live/wiki/fullchain.pem" "$d/ssl/certificates/wiki.crt"
openssl x509 -in "$d/ssl/certificates/wiki.crt" -out "$d/old.pem"
git_push 'Renewed' "$d/ssl"
result "$([ "$(acme_serial "$d/old.pem")" != "$(acme_serial "$d/older.pem")" ] &&
	[ "$(acme_spki "$d/old.pem")" = "$(acme_spki "$d/older.pem")" ]; echo $?)" 'and a second one of the same key'
read -r -a ports < <(acme_ports 1)
# What the entry lists is deployed, with its part of nginx's configuration; the rest goes.
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	set -e
	changed=0
	put() {
		if cmp -s $d/host/new "\$1"; then rm $d/host/new; else mv $d/host/new "\$1"; changed=2; fi
	}
	if git --git-dir=$d/ssl.git show main:certs.yaml | grep -q '^  wiki:'; then
		git --git-dir=$d/keys.git show main:wiki.key >$d/host/new
		put $d/host/ssl/wiki.key
		git --git-dir=$d/ssl.git show main:certificates/wiki.crt >$d/host/new
		put $d/host/ssl/wiki.crt
		echo "server { listen 127.0.0.1:${ports[0]} ssl; server_name www.wiki.lab;" \\
			"ssl_certificate $d/host/ssl/wiki.crt; ssl_certificate_key $d/host/ssl/wiki.key; }" >$d/host/new
		put $d/nginx/wiki.conf
	else
		for f in $d/host/ssl/wiki.crt $d/nginx/wiki.conf $d/host/ssl/wiki.key; do
			if [ -e "\$f" ] && [ ! -e "\$f.keep" ]; then rm "\$f"; changed=2; fi
		done
	fi
	exit \$changed
APPLY
chmod 755 "$d/apply"
"$d/apply"
echo "pid $d/nginx/pid; error_log $d/nginx/log; events { } http { access_log off;
	server { listen 127.0.0.1:${ports[0]} ssl default_server; ssl_reject_handshake on; }
	include $d/nginx/*.conf; }" >"$d/nginx/main"
nginx -p "$d/nginx" -c "$d/nginx/main" -g 'daemon off;' >>"$d/nginx/log" 2>&1 &
nginx_pid=$!
served() {
	openssl s_client -connect "127.0.0.1:${ports[0]}" -servername www.wiki.lab </dev/null 2>/dev/null |
		openssl x509 >"$d/served.pem" 2>/dev/null && acme_spki "$d/served.pem"
}
acme_wait served
old=$(served)
result "$([ -n "$old" ] && [ "$old" = "$(acme_spki "$d/old.pem")" ]; echo $?)" 'nginx serves it'
run key init
robot=$source_root/examples/issuers/certbot-robot
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead, contact: privacy@example.org}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  web: {reach: local, configuration: {apply: command, command: [$d/apply]}}
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: '$d/ssl.git'}
	issuers:
	  certbot: {client: certbot, host: web, command: [$acme/bin/certbot], ca: $acme_ca,
	    status: '$acme_manage/cert-status-by-serial/{serial}',
	    hold: [$robot, hold, $conf], resume: [$robot, resume, $conf], renews: [$robot, renews, $conf]}
	systems:
	  tls: {title: TLS, hosts: [web]}
	channels:
	  people: {kind: mail, to: team@example.org, relays: ['smtp://127.0.0.1:$sink_port'], tls: never,
	           from: t@example.org}
	data:
	  users:
	    title: Accounts
	    wiki: wiki
	    domains: [www.wiki.lab]
	    owners: [bureaucrat]
	    database: {address: '${fact[mariadb.ADDRESS]}', name: wiki, user: reader, secret: tls/reader}
	secrets:
	  tls/reader:
	    kind: mariadb-password
	    places: [{repository: keys, file: reader}]
	  tls/wiki:
	    kind: tls-key
	    opens: [data:users]
	    places: [{repository: keys, file: wiki.key}]
	    accounts: [{driver: tls, address: '127.0.0.1:${ports[0]}', from: web, options: {name: www.wiki.lab}}]
	    consumers:
	      - {hosts: web, file: $d/host/ssl/wiki.key, service: nginx, restart: firebreak, side: server,
	         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/main, -s, reload]}
	    public_halves:
	      - {repository: ssl, file: certificates/wiki.crt, what: certificate of the wikis, format: certificate,
	         issuer: certbot, options: {list: certs.yaml, entry: certs/wiki}}
REGISTER
run register check
exits 0 'the register knows it'
cp "$conf/renewal/wiki.conf" "$d/lineage"
for own in '' 'autorenew = False' 'autorenew = True'; do
	sed "s/^\[renewalparams\]/&\n$own/" "$d/lineage" >"$d/lineage.own"
	cp "$d/lineage.own" "$conf/renewal/wiki.conf"
	for deed in hold hold; do "$robot" "$deed" "$conf" wiki.lab; done
	held=$(grep '^autorenew' "$conf/renewal/wiki.conf")
	for deed in resume resume; do "$robot" "$deed" "$conf" wiki.lab; done
	[ "$held" = 'autorenew = False' ] && cmp "$d/lineage.own" "$conf/renewal/wiki.conf" >"$scratch/out" 2>&1
	result $? "certbot's robot is held, and let go as it was: ${own:-nothing said}"
done
cp "$d/lineage" "$conf/renewal/wiki.conf"
acme_refuses
run declare tls/wiki --because 'pasted into a public channel' --as alice
run respond 1 --as alice
exits 1 'no certificate can be had'
says "firebreak respond 1 --pull 'tls/wiki' --because 'why'"
result "$([ "$(served)" = "$old" ]; echo $?)" 'and the leaked key is served still: nobody has decided to pull'
run respond 1 --pull tls/wiki
exits 2 'a pull needs a reason'
run respond 1 --pull tls/nothing --because 'so that it ends' --as alice
exits 2 'only what the incident replaces is pulled'

cp "$d/host/ssl/wiki.key" "$d/host/ssl/wiki.key.bak"
: >"$d/host/ssl/wiki.key.keep"
run respond 1 --pull tls/wiki --because 'nobody may read on' --as alice
exits 1 'pulled, but the run leaves the key where it was, and a copy of it lies beside it'
result "$(! served >/dev/null && [ -e "$d/host/ssl/wiki.key" ]; echo $?)" 'nobody serves it; it lies there'
says "the old value still lies on 'web'"
says 'is not shown to be out yet'
typed=$(sed -n "s/.* no longer manages: \(rm -- .*wiki\.key'.*\)$/\1/p" "$scratch/out" "$scratch/err" | head -1)
result "$([ -n "$typed" ]; echo $?)" 'and what to type there is said'
sh -c "$typed"
result "$([ ! -e "$d/host/ssl/wiki.key" ] && [ ! -e "$d/host/ssl/wiki.key.bak" ]; echo $?)" \
	'it takes both of them away, and nothing else'
rm "$d/host/ssl/wiki.key.keep"
run respond 1 --as alice
exits 1 'pulled: still no certificate'
says 'tls/wiki is out of deployment since'
in_git() { git --git-dir="$d/$1.git" cat-file -e "main:$2" 2>/dev/null; }
result "$(! in_git keys wiki.key; echo $?)" 'the key is out of the private git'
result "$(in_git keys README; echo $?)" 'and nothing else'
git --git-dir="$d/keys.git" log -1 --format=%s main >"$scratch/out"
says 'Take out of deployment tls/wiki (incident 1)'
result "$(! in_git ssl certificates/wiki.crt; echo $?)" 'the certificate too'
git --git-dir="$d/ssl.git" show main:certs.yaml >"$scratch/out"
says "#pulled by firebreak, certs/wiki:   wiki:   # the wikis"
says '  zeta: {url: zeta.lab}'
result "$([ ! -e "$d/host/ssl/wiki.key" ]; echo $?)" 'the file is gone from the host'
result "$(! served >/dev/null; echo $?)" 'nginx shows no certificate for the name'
result "$([ "$(acme_status "$d/old.pem")" = 'Revoked 1' ]; echo $?)" 'the old certificate is revoked: keyCompromise'
result "$([ "$(acme_status "$d/older.pem")" = 'Revoked 1' ]; echo $?)" 'and so is the one before it, of the same key'
result "$(grep -q '^autorenew = False' "$conf/renewal/wiki.conf"; echo $?)" 'the robot is held back'
run notice word 1 --nature 'A key leaked.' --consequences 'x' --measures 'x' --advice 'x' --as alice
run notice decide 1 mail yes --because 'its owners own what was read' --as alice
run mail send 1 --domains-of tls/wiki --dry-run
exits 0 'what the owners of the wiki would read now'
says 'www.wiki.lab: out of service since 20'
run status 1
says "firebreak mail send 1 --domains-of 'tls/wiki'; it is done when the ledger of mail says so"

acme_grants
rm -rf "$conf/renewal/wiki.conf"
run respond 1 --as alice
exits 3 'a certificate can be had: only people have something left to do'
now=$(served)
result "$([ -n "$now" ] && [ "$now" != "$old" ]; echo $?)" 'nginx serves a new key'
git --git-dir="$d/ssl.git" show main:certs.yaml | cmp -s - "$d/certs.was"
result $? 'the entry is back, to the byte'
git --git-dir="$d/keys.git" show main:wiki.key | openssl pkey -pubout -outform DER 2>/dev/null | sha256sum |
	grep -q "^$now"
result $? 'and the key in the private git is the one that is served'
git --git-dir="$d/ssl.git" show main:certificates/wiki.crt >"$d/now.pem"
result "$([ "$(openssl x509 -in "$d/now.pem" -noout -ext subjectAltName | tr ',' '\n' | grep -c DNS)" = 2 ]; echo $?)" \
	'its certificate is for both names of the old one, which nothing but the journal knew'
run journal export 1
result "$([ "$(grep -o '"what": *"earlier certificate"' "$scratch/out" | wc -l)" = 1 ]; echo $?)" \
	'the certificate before it was told once'

run answer 1 owners:tls/wiki --because 'told' --as alice
exits 1 'nobody answers for the ledger'
run mail send 1 --domains-of tls/wiki --as alice
exits 0 'the owners of the wiki are told'
sink_got mail >"$scratch/out"
result "$(printf '%s@example.net\n' owner second | cmp -s - "$scratch/out"; echo $?)" 'both of them, and not its reader'
find "$scratch/mail" -name 'm.*' -exec cat {} + | tr -d '\r' >"$scratch/out"
time='20[0-9TZ:-]+'
tr -s '\n ' ' ' <"$scratch/out" | grep -qE "www\.wiki\.lab: was out of service from $time, and is back since $time \
with a new key and a new certificate\."
result $? 'they read that it was pulled, and is back'
result "$(! grep -qE 'tls/wiki|public channel|nobody may read|wiki\.key' "$scratch/out"; echo $?)" \
	'and nothing of the secret'
run report 1 --json
result "$(grep -q 'mail to 2 was taken by their servers' "$scratch/out"; echo $?)" 'the report says how many'
run respond 1 --as alice
result "$(! grep -q 'owners:tls/wiki' "$scratch/out" "$scratch/err"; echo $?)" \
	'and their step waits for nobody any longer'
finish
