#!/usr/bin/env bash
# Was the old certificate really revoked, as the world reads it? Authorities of the house whose certificates name a list
# or a responder over plain HTTP, and each of these answers in its own way: only "revoked", signed by the issuer and of
# now, counts, and all of them have to give the one reason. One names nobody, and its program revokes nothing. TAP.
# Usage: tls_seen.sh FIREBREAK SOURCE_ROOT
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/acme.sh"
chmod 755 "$scratch"
d=$scratch/farm
mkdir -p "$d/host" "$d/nginx" "$d/ca"
variables
acme_pids=()
nginx_pids=()                 # asked to end, and waited for: who is killed leaves its workers behind
nginx_end() { [ ${#nginx_pids[@]} = 0 ] || { kill "${nginx_pids[@]}"; wait "${nginx_pids[@]}"; }; }
trap 'nginx_end; acme_end; rm -rf "$scratch"' EXIT
read -r web_port port < <(acme_ports 2)
names='ocsp-revoked ocsp-good ocsp-unknown ocsp-silent ocsp-expired ocsp-forged
	crl-revoked crl-good crl-expired crl-forged'
others='crl-other two-other'  # the list gives another reason; of the second, its responder the right one
all_names="$names nobody $others"
git_pairs "$d" keys ssl
for n in $all_names forger; do
	own_ca_begin "$d/ca/$n"
	case $n in
	nobody) ;;
	ocsp-* | two-*) echo "authorityInfoAccess = OCSP;URI:http://127.0.0.1:$web_port/ocsp/$n," \
		"caIssuers;URI:http://127.0.0.1:$web_port/ca/$n" ;;
	*) echo "authorityInfoAccess = caIssuers;URI:http://127.0.0.1:$web_port/ca/$n" ;;
	esac >>"$own_ca/openssl.cnf"
	case $n in
	crl-* | two-*) echo "crlDistributionPoints = URI:http://127.0.0.1:$web_port/crl/$n" ;;
	esac >>"$own_ca/openssl.cnf"
	openssl x509 -in "$own_ca/ca.pem" -outform DER -out "$own_ca/ca.der"
	[ "$n" != forger ] || continue
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/keys/$n.key" -out "$d/$n.csr" \
		-subj "/CN=$n.lab" -addext "subjectAltName=DNS:$n.lab" 2>/dev/null
	"$own_ca/sign" "$d/$n.csr" "$d/ssl/$n.crt"
	cp "$own_ca/index" "$own_ca/index.before"
	echo "${n#*-}" >"$own_ca/mode"
done
cp "$d/ssl/nobody.crt" "$d/nobody.old"
git_push 'As it was' "$d/keys" "$d/ssl"
"$(dirname "$0")/tls-seen.py" "$d/ca" "$web_port" 2>"$d/web.log" &
acme_pids+=($!)
acme_wait curl -sf "http://127.0.0.1:$web_port/ca/ocsp-good"
result $? 'lists and responders over plain HTTP'
cat >"$d/apply" <<-APPLY
	#!/bin/sh
	set -e
	changed=0
	put() {
		git --git-dir=$d/\$1.git show "main:\$2" >$d/host/new
		if cmp -s $d/host/new $d/host/\$2; then rm $d/host/new; else mv $d/host/new $d/host/\$2; changed=2; fi
	}
	exec 9>$d/lock
	flock 9
	for n in $(echo $all_names); do
		put keys \$n.key
		put ssl \$n.crt
	done
	exit \$changed
APPLY
chmod 755 "$d/apply"
"$d/apply"
{
	echo "pid $d/nginx/pid; error_log $d/nginx/log; events { } http { access_log off;"
	for n in $all_names; do
		echo "server { listen 127.0.0.1:$port ssl; server_name $n.lab; ssl_certificate $d/host/$n.crt;" \
			"ssl_certificate_key $d/host/$n.key; }"
	done
	echo '}'
} >"$d/nginx/nginx.conf"
nginx -p "$d/nginx" -c "$d/nginx/nginx.conf" -g 'daemon off;' >>"$d/nginx/log" 2>&1 &
nginx_pids+=($!)
served() {            # NAME: the hash of the key there
	openssl s_client -connect "127.0.0.1:$port" -servername "$1.lab" </dev/null 2>/dev/null |
		openssl x509 >"$d/served.pem" && acme_spki "$d/served.pem"
}
acme_wait served ocsp-good
result $? 'nginx serves thirteen certificates'

printf '#!/bin/sh\ncat >%s && %s %s %s && cat %s\n' "$d/nobody.csr" "$d/ca/nobody/sign" "$d/nobody.csr" \
	"$d/nobody.new" "$d/nobody.new" >"$d/get"
chmod 755 "$d/get"
alice_register <<-REGISTER
	hosts:
	  web: {reach: local, configuration: {apply: command, command: [$d/apply]}}
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: '$d/ssl.git'}
	issuers:
	$(for n in $names $others; do
		echo "  $n: {client: openssl, command: [openssl, ca, -config, $d/ca/$n/openssl.cnf]}"
	done)
	  nobody: {client: command, host: web, get: [$d/get], revoke: ['true']}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	$(for n in $all_names; do cat <<-SECRET
		  tls/$n:
		    kind: tls-key
		    places: [{repository: keys, file: $n.key}]
		    accounts: [{driver: tls, address: '127.0.0.1:$port', from: web, options: {name: $n.lab}}]
		    consumers:
		      - {hosts: web, file: $d/host/$n.key, service: nginx, restart: firebreak, side: server,
		         restart_command: [nginx, -p, $d/nginx, -c, $d/nginx/nginx.conf, -s, reload]}
		    public_halves:
		      - {repository: ssl, file: $n.crt, what: certificate of $n.lab, format: certificate, issuer: $n}
	SECRET
	done)
REGISTER
run register check
exits 0 'the register knows them'
sed 's/^    limit: 1800$/    limit: 12/' "$source_root/playbooks/tls-key.yaml" \
	>"$scratch/register/playbooks/tls-key.yaml"
for n in $names nobody; do echo "tls/$n"; done >"$d/all"
mapfile -t all <"$d/all"
run declare "${all[@]}" --because 'the disk of a cache host was sold' --as alice
exits 0 'declared'
run respond 1 --as alice
exits 4 'nothing failed, and not everything is known'
cp "$scratch/out" "$d/said"
"$firebreak_program" journal export 1 2>/dev/null >"$d/rows"
last() {              # NAME KEY: of the last outcome of its revocation
	jq -rs --arg step "revoke:tls/$1:" --arg key "$2" '[.[] | select(.kind == "outcome" and
		(.step | startswith($step)))] | last | .body[$key]' "$d/rows"
}
ca_says() { awk -F '\t' '$4 == "1000" { print $1 ($1 == "R" ? substr($3, index($3, ",")) : "") }' "$d/ca/$1/index"; }
for n in $names; do
	result "$([ "$(ca_says "$n")" = R,keyCompromise ]; echo $?)" "$n: its issuer has it as revoked: keyCompromise"
	case $n in
	*-revoked) [ "$(last "$n" outcome)" = proven ] && last "$n" text | grep -qF 'is revoked (keyCompromise), as' ;;
	*) [ "$(last "$n" outcome)" = unknown ] && [ "$(last "$n" effect)" = unknown ] ;;
	esac || { last "$n" outcome; last "$n" text; false; } >"$scratch/err"
	result $? "$n: what the world reads is $([[ $n = *-revoked ]] && echo proven || echo unknown)"
done
why() {               # NAME WORDS: the reason stands in the journal
	last "$1" text >"$scratch/err"
	result "$(grep -qF "$2" "$scratch/err" && grep -qF 'Run respond again' "$scratch/err"; echo $?)" "$1: $2"
}
why ocsp-good 'its responder does not say so'
why ocsp-unknown 'the responder does not know the certificate'
why ocsp-silent 'Timeout was reached'
why ocsp-expired 'older than it says it may be'
why ocsp-forged 'not signed by the issuer of the certificate'
why crl-good 'the list that the certificate names does not say so'
why crl-expired 'older than it says it may be'
why crl-forged 'not signed by the issuer'
[ "$(last nobody outcome)" = unknown ] && [ "$(last nobody effect)" = unknown ] ||
	{ last nobody outcome; last nobody text; false; } >"$scratch/err"
result $? 'nobody: a program that ends well is no proof'
why nobody "add 'status', or 'crl' and 'chain', to the issuer in the register"
cp "$d/said" "$scratch/out"
says 'firebreak respond 1'
run status 1
exits 0 'the status'
says 'unknown'
run report 1
result "$([ "$(grep -cF 'is not shown to be revoked' "$scratch/out")" -ge 8 ]; echo $?)" 'the report names all eight'
says 'the responder does not know the certificate'
says "add 'status', or 'crl' and 'chain', to the issuer in the register"

# --- they all say what is true, and nothing but the question is done again ---
before=$(git --git-dir="$d/ssl.git" rev-parse main)
for n in $names; do echo revoked >"$d/ca/$n/mode"; done
"$d/ca/nobody/revoke" "$d/nobody.old" keyCompromise
sed -i "s|^  nobody: .*'true'\]|&, crl: $d/ca/nobody/crl.pem, chain: $d/ca/nobody/ca.pem|" \
	"$scratch/register/firebreak.yaml"
rm "$scratch/register/playbooks/tls-key.yaml"
run respond 1 --as alice
exits 3 'now they say so: only people have something left to do'
"$firebreak_program" journal export 1 2>/dev/null >"$d/rows"
for n in $names nobody; do [ "$(last "$n" outcome)" = proven ] || last "$n" text; done >"$scratch/err"
result "$([ ! -s "$scratch/err" ]; echo $?)" 'all of them are seen to be revoked'
result "$([ "$(git --git-dir="$d/ssl.git" rev-parse main)" = "$before" ]; echo $?)" \
	'and no other certificate was asked for'

# --- all say that it is revoked, and a list gives another reason than the leak ---
run declare tls/crl-other tls/two-other --because 'and two more' --as alice
run respond 2 --as alice
exits 1 'who fears for the key is not warned, and that is not done'
"$firebreak_program" journal export 2 2>/dev/null >"$d/rows"
for n in $others; do
	{ [ "$(last "$n" outcome)" = failed ] && last "$n" text |
		grep -qF 'is revoked with reason 4, says the list that the certificate names, and not'
	} || { last "$n" outcome; last "$n" text; false; } >"$scratch/err"
	result $? "$n: one that gives another reason is enough, and named"
done
for n in $others; do echo revoked >"$d/ca/$n/mode"; done
run respond 2 --as alice
exits 3 'the issuer was told, the lists are right, and only people have something left to do'
finish
