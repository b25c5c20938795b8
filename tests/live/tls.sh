#!/usr/bin/env bash
# Leaked TLS keys, with Debian's own clients of ACME against pebble, a CA in files, and nginx: from declaration to
# proof, and each trap of these programs. TAP. Usage: tls.sh FIREBREAK SOURCE_ROOT
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../cli/sshd.sh"
. "$(dirname "$0")/../lib/acme.sh"
chmod 755 "$scratch"
d=$scratch/farm
mkdir -p "$d/host" "$d/nginx"
variables
acme_pids=()
nginx_pid=
far_pid=
trap 'acme_end; [ -z "$far_pid" ] || far_end; [ -z "$nginx_pid" ] || kill "$nginx_pid"; rm -rf "$scratch"' EXIT
acme_begin "$scratch/acme" && acme_client certbot && acme_client uacme && acme_client dehydrated
result $? 'pebble runs, and its three clients have accounts there'
read -r responder < <(acme_ports 1)
own_ca_begin "$scratch/own" "$responder" && own_ca_answers "$responder"
result $? 'and there is a CA of the house, with a responder'

# --- four keys, each from another client, all served by one nginx ---
git_pairs "$d" keys ssl
mkdir "$d/ssl/certificates"
names='wild side hand own'
# The first as many have it: a lineage that keeps its key, and a robot that renews it (here: at each look).
conf=$acme/certbot/conf
lineage=$conf/live/wild
"$acme/bin/certbot" certonly --cert-name wild -d wild.lab -d '*.wild.lab' --key-type ecdsa --reuse-key \
	>"$scratch/out" 2>&1 && sed -i '1i renew_before_expiry = 9000 days' "$conf/renewal/wild.conf"
robot() { "$acme/bin/certbot" renew --no-random-sleep-on-renew >"$scratch/robot" 2>&1; }
cp "$lineage/cert.pem" "$d/wild.first"
first=$(acme_serial "$lineage/cert.pem") old_spki=$(acme_spki "$lineage/cert.pem")
robot
[ "$(acme_serial "$lineage/cert.pem")" != "$first" ] && [ "$(acme_spki "$lineage/cert.pem")" = "$old_spki" ]
result $? 'the robot of certbot renews a certificate for the key that it has'
cp "$lineage/privkey.pem" "$d/wild.key"
cp "$lineage/fullchain.pem" "$d/wild.crt"
for n in side hand own; do
	openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$d/$n.key"
	openssl req -new -key "$d/$n.key" -subj "/CN=$n.lab" -addext "subjectAltName=DNS:$n.lab,DNS:*.$n.lab" \
		-out "$d/$n.csr"
done
(
	cd "$d" || exit 1
	"$acme/bin/uacme" issue side.csr && mv side-cert.pem side.crt
	"$acme/bin/dehydrated" --signcsr hand.csr >hand.crt
	"$own_ca/sign" own.csr own.crt
) >"$scratch/out" 2>&1
[ -s "$d/wild.crt" ] && [ -s "$d/side.crt" ] && [ -s "$d/hand.crt" ] && [ -s "$d/own.crt" ]
result $? 'each of them has a certificate'
# What else was made for these keys: for `wild` only certbot's archive has it; for `side` another branch, as a value of
# YAML, for `own` (an ended one too) a file that was deleted, and for `hand` one that no issuer of ours has made.
(
	cd "$d" || exit 1
	"$acme/bin/uacme" issue side.csr && mv side-cert.pem side.first
	for n in first ended served; do "$own_ca/sign" own.csr "own.$n" || exit 1; done
	openssl ca -batch -notext -config "$own_ca/openssl.cnf" -startdate 20200101000000Z -enddate 20200201000000Z \
		-in own.csr -out own.ended 2>/dev/null
	openssl req -x509 -key hand.key -days 30 -subj /CN=hand.lab -out hand.stranger
) >>"$scratch/out" 2>&1
for n in $names; do
	openssl x509 -in "$d/$n.crt" -out "$d/$n.old"
	cp "$d/$n.key" "$d/keys/"
	cp "$d/$n.crt" "$d/ssl/certificates/"
done
commit() { git -C "$d/ssl" -c user.name=Ada -c user.email=ada@example.org commit -qm "$1"; }
cp "$d/own.first" "$d/own.ended" "$d/hand.stranger" "$d/ssl"
git -C "$d/ssl" add -- own.first own.ended hand.stranger && commit 'As it was before'
git -C "$d/ssl" rm -q -- own.first own.ended hand.stranger && commit 'Cleaned up'
git -C "$d/ssl" checkout -q -b hiera
{ echo 'certificate: |'; openssl x509 -in "$d/side.first" | sed 's/^/  /'; } >"$d/ssl/side.yaml"
git -C "$d/ssl" add side.yaml && commit 'Another way' && git -C "$d/ssl" push -q origin hiera
git -C "$d/ssl" checkout -q main
git_push 'As it was' "$d/keys" "$d/ssl"
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	set -e
	changed=0
	put() {
		git --git-dir=$d/\$1.git show "main:\$2" >$d/host/new
		if cmp -s $d/host/new $d/host/\$3; then rm $d/host/new; else mv $d/host/new $d/host/\$3; changed=2; fi
	}
	for n in $names; do
		put keys \$n.key \$n.key
		put ssl certificates/\$n.crt \$n.crt
	done
	exit \$changed
APPLY
chmod 755 "$d/apply"
"$d/apply"
read -r -a ports < <(acme_ports 4)
i=0
declare -A port
{
	echo "pid $d/nginx/pid; error_log $d/nginx/log; events { } http { access_log off;"
	for n in $names; do
		port[$n]=${ports[i++]}
		echo "server { listen 127.0.0.1:${port[$n]} ssl; ssl_certificate $d/host/$n.crt;" \
			"ssl_certificate_key $d/host/$n.key; }"
	done
	echo '}'
} >"$d/nginx/nginx.conf"
nginx -p "$d/nginx" -c "$d/nginx/nginx.conf" -g 'daemon off;' >>"$d/nginx/log" 2>&1 &
nginx_pid=$!
served() {            # NAME: the hash of the key there
	openssl s_client -connect "127.0.0.1:${port[$1]}" </dev/null 2>/dev/null | openssl x509 >"$d/served.pem" &&
		acme_spki "$d/served.pem"
}
for n in $names; do acme_wait served "$n"; done
result $? 'nginx serves them'

far_begin "$scratch/far"
result $? 'the machine that has certbot is another one'
run key init
secret() {            # NAME ISSUER
	cat <<-SECRET
		  tls/$1:
		    kind: tls-key
		    places: [{repository: keys, file: $1.key}]
		    accounts: [{driver: tls, address: '127.0.0.1:${port[$1]}', from: web, options: {name: www.$1.lab}}]
		    consumers:
		      - {hosts: web, file: $d/host/$1.key, service: nginx, restart: firebreak, side: server,
		         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/nginx.conf, -s, reload]}
		    public_halves:
		      - {repository: ssl, file: certificates/$1.crt, what: certificate of $1.lab, format: certificate,
		         issuer: $2, names: [$1.lab]}
	SECRET
}
robot=$source_root/examples/issuers/certbot-robot
status="status: '$acme_manage/cert-status-by-serial/{serial}', ca: $acme_ca"
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	check: {tested_within: 90}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  web: {reach: local, configuration: {apply: command, command: [$d/apply]}}
	  ca: {address: far}
	ssh_config: $scratch/far/config
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: 'far:$d/ssl.git'}
	issuers:
	  certbot: {client: certbot, host: ca, command: [$acme/bin/certbot], $status,
	    archive: [$conf/archive],
	    hold: [$robot, hold, $conf], resume: [$robot, resume, $conf], renews: [$robot, renews, $conf]}
	  uacme: {client: uacme, host: web, command: [$acme/bin/uacme], $status}
	  dehydrated: {client: dehydrated, host: web, command: [$acme/bin/dehydrated], $status}
	  house: {client: openssl, command: [openssl, ca, -config, $own_ca/openssl.cnf], crl: $own_ca/crl.pem,
	    chain: $own_ca/ca.pem}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	$(secret wild certbot)
	$(secret side uacme)
	$(secret hand dehydrated)
	$(secret own house)
REGISTER
run register check
exits 0 'the register knows them'

incident=0
old_key() { acme_spki "$d/$1.old"; }
whole() {             # NAME OPTIONS: declared, and all that we can do is done
	incident=$((incident + 1))
	run declare "tls/$1" --because 'pasted into a public channel' --as alice $2
	run respond $incident --as alice
}
is_replaced() {       # NAME
	local now
	now=$(served "$1")
	[ -n "$now" ] && [ "$now" != "$(old_key "$1")" ]
	result $? "$1: the old key is not served any more"
	git --git-dir="$d/keys.git" show "main:$1.key" | openssl pkey -pubout -outform DER 2>/dev/null | sha256sum |
		grep -q "^$now"
	result $? "$1: what is served is the key that the private git has"
	git --git-dir="$d/ssl.git" show "main:certificates/$1.crt" >"$d/now.pem"
	[ "$(acme_spki "$d/now.pem")" = "$now" ] &&
		[ "$(openssl x509 -in "$d/now.pem" -noout -ext subjectAltName | tr ',' '\n' | grep -c DNS)" = 2 ]
	result $? "$1: and the public one its certificate, for both names of the old one"
}

held=$(acme_serial "$lineage/cert.pem")
whole wild ''
exits 1 'certbot, an emergency: its lineage keeps the leaked key, and that is not done'
says 'still has the leaked key'
robot
result "$([ "$(acme_serial "$lineage/cert.pem")" = "$held" ]; echo $?)" 'and the robot, let run, leaves it alone'
"$firebreak_program" journal export 1 2>/dev/null >"$d/rows"
row() {               # KIND STEP: the first one
	jq -se --arg kind "$1" --arg step "$2:" \
		'[.[] | select(.kind == $kind and (.step | startswith($step)))][0].seq' "$d/rows"
}
held_at=$(row outcome hold) asked_at=$(row intent issue)
result "$([ "${held_at:-null}" -lt "${asked_at:-null}" ]; echo $?)" 'it was held back before a new key was used'
git --git-dir="$d/keys.git" show main:wild.key >"$lineage/privkey.pem"
git --git-dir="$d/ssl.git" show main:certificates/wild.crt >"$lineage/fullchain.pem"
openssl x509 -in "$lineage/fullchain.pem" -out "$lineage/cert.pem"
run respond 1 --as alice
exits 3 'with the new key in its lineage, only people have something left to do'
held=$(acme_serial "$lineage/cert.pem")
robot
now=$(acme_spki "$lineage/cert.pem")
[ "$(acme_serial "$lineage/cert.pem")" != "$held" ] && [ "$now" != "$old_spki" ] && [ "$now" = "$(served wild)" ] ||
	{ cat "$scratch/robot" >"$scratch/err"; false; }
result $? 'and the robot goes on, for the new key'
is_replaced wild
result "$(grep -q 'Accepted publickey' "$scratch/far/log"; echo $?)" 'all of certbot went by ssh, and the public git'
result "$([ "$(acme_status "$d/wild.old")" = 'Revoked 1' ]; echo $?)" 'the old certificate is revoked: keyCompromise'
result "$([ "$(acme_status "$d/wild.first")" = 'Revoked 1' ]; echo $?)" 'so is the one before, of the archive'
run report 1
says "is for the leaked key as well"
result "$([ "$(acme_status "$d/now.pem")" = Valid ]; echo $?)" 'the new one is not'
# the authority gives nobody a certificate: nothing changed, and it can be tried again
heads() { git --git-dir="$d/keys.git" rev-parse main; git --git-dir="$d/ssl.git" rev-parse main; }
before=$(heads)
acme_refuses
whole side --planned
exits 1 'uacme gets no certificate'
says "uacme on 'web' could not get a certificate (its last words: "
result "$([ "$(heads)" = "$before" ] && [ "$(served side)" = "$(old_key side)" ] &&
	[ "$(acme_status "$d/side.old")" = Valid ]; echo $?)" 'no git, no host and no old certificate was touched'
acme_grants
# somebody was faster, by hand
mkdir "$d/by-hand"
cp "$d/side.old" "$d/by-hand/cert.pem"
(cd "$d/by-hand" && "$acme/bin/uacme" -r 1 revoke cert.pem) >"$scratch/out" 2>"$scratch/err"
result "$([ "$(acme_status "$d/side.old")" = 'Revoked 1' ]; echo $?)" 'a person revokes the old one meanwhile'
run respond 2 --as alice
exits 3 'uacme, planned: only people have something left to do'
"$firebreak_program" journal export 2 2>/dev/null |
	jq -r 'select(.kind == "outcome" and (.step | startswith("revoke"))) | .body.text' >"$scratch/out"
says '; 1 was before; '
run status 2
says "take 'uacme issue' for it out of the timer or crontab, so that nothing renews certificate of side.lab"
is_replaced side
result "$([ "$(acme_status "$d/side.old")" = 'Revoked 1' ]; echo $?)" 'the old certificate is revoked: keyCompromise'
result "$([ "$(acme_status "$d/side.first")" = 'Revoked 1' ]; echo $?)" 'and the one of a branch, in YAML'
cp "$d/own.served" "$d/host/own.crt"
nginx -p "$d/nginx" -c "$d/nginx/nginx.conf" -s reload
shows() { served own && [ "$(acme_serial "$d/served.pem")" = "$(acme_serial "$d/own.served")" ]; }
acme_wait shows
whole own ''
exits 3 'the CA of the house: only people have something left to do'
run status 3
result "$(! grep -qF 'renews certificate of own.lab' "$scratch/out"; echo $?)" \
	'a CA in files renews nothing by itself, and nobody is asked to stop it'
is_replaced own
result "$([ "$(own_ca_status "$d/own.old")" = 'Revoked keyCompromise' ]; echo $?)" 'the list of the house says so'
for n in first served; do
	result "$([ "$(own_ca_status "$d/own.$n")" = 'Revoked keyCompromise' ]; echo $?)" "and of the one that is $n"
done
result "$([ "$(own_ca_status "$d/own.ended")" = Valid ]; echo $?)" 'one that has ended is left alone'
"$firebreak_program" journal export 3 2>/dev/null |
	jq -r 'select(.kind == "outcome" and (.step | startswith("revoke"))) |
		"\(.body.outcome) \(.body.text)"' >"$scratch/out"
says 'proven all 3 certificates of the old key that are not over are seen to be revoked (keyCompromise)'
# --- a drill is the planned way, with an intruder who goes on asking what is served ---
git --git-dir="$d/ssl.git" show main:certificates/own.crt | openssl x509 -out "$d/own.old"
untested() { run check; cat "$scratch/out" "$scratch/err" | grep -qF "untested: 'tls/own'"; }
untested
result $? 'before it the key is untested: of the incident, people still have something to do'
incident=$((incident + 1))
run drill tls/own --every 300 --because 'the quarter is over' --as alice --json
exits 0 'a drill of the key'
jq -e '.closed and ([.drilled.accounts[] | select(.accepted > 0 and .refused > 0 and
	.refused_us > .last_accepted_us and .last_accepted_us > 0)] | length == 1)' "$scratch/out" >/dev/null
result $? 'the old key was served until it was not, and when is told'
jq -e '[.drilled.accounts[] | (.refused_us - .last_accepted_us) / 1e6 | select(. < 30)] | length == 1' \
	"$scratch/out" >/dev/null
result $? 'and how long it took'
is_replaced own
result "$([ "$(own_ca_status "$d/own.old")" = 'Revoked keyCompromise' ]; echo $?)" 'its certificate is revoked as well'
result "$(! untested; echo $?)" 'now it counts as tested'
incident=$((incident + 1))
run declare tls/hand --because 'pasted into a public channel' --as alice
run plan $incident
says 'dehydrated cannot say why it revokes, so it is not asked to'
run respond $incident --as alice
exits 3 'dehydrated: only people have something left to do'
says 'certbot revoke --cert-path CERTIFICATE --key-path KEY --reason keycompromise'
is_replaced hand
result "$([ "$(acme_status "$d/hand.old")" = Valid ]; echo $?)" 'no revocation without a reason was asked for'
# as a person does it, without dehydrated's account
"$acme/bin/certbot" revoke --cert-path "$d/hand.old" --key-path "$d/hand.key" --reason keycompromise \
	--no-delete-after-revoke >"$scratch/out" 2>&1
result "$([ "$(acme_status "$d/hand.old")" = 'Revoked 1' ]; echo $?)" "its own key revokes it: keyCompromise"
run report $incident
says "is for the leaked key as well"
finish
