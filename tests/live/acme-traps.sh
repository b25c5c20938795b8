#!/usr/bin/env bash
# What clients of ACME do to who asks for a certificate by hand, on real clients and pebble; and that a request in an
# empty folder of its own, as firebreak makes it, is in none of that. Usage: acme-traps.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/acme.sh"
trap 'acme_end; rm -rf "$scratch"' EXIT
chmod 755 "$scratch"
acme_begin "$scratch/acme" && acme_client certbot && acme_client uacme
[ $? = 0 ] || { echo 'Bail out! pebble or its clients do not start'; exit 1; }
uacme=$acme/bin/uacme
certbot=$acme/bin/certbot
lineage=$acme/uacme/side.lab
tell() { "$@" >"$scratch/out" 2>"$scratch/err"; }
request() {           # FOLDER NAME [KEY]: an empty folder with a request, of a new key unless one is given
	mkdir "$scratch/$1"
	[ -n "${3:-}" ] && cp "$3" "$scratch/$1.key" ||
		openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/$1.key"
	openssl req -new -key "$scratch/$1.key" -subj "/CN=$2" -addext "subjectAltName=DNS:${4:-$2}" \
		-out "$scratch/$1/request.csr"
}
# The words are those of model/issuer_clients.def; tests/unit/test_issuer.c has that firebreak says just these.
by_request() { (cd "$scratch/$1" && tell "$uacme" issue request.csr); }
is_for() { [ "$(acme_spki "$1")" = "$(openssl pkey -in "$2" -pubout -outform DER | sha256sum | cut -d' ' -f1)" ]; }

tell "$uacme" issue side.lab
result $? 'uacme makes a key and gets a certificate'
first=$(acme_spki "$lineage/cert.pem")
tell "$uacme" -f issue side.lab && [ "$(acme_spki "$lineage/cert.pem")" = "$first" ]
result $? 'told to do it again at once, it uses the key that it has'
request one side.lab
by_request one && is_for "$scratch/one/request-cert.pem" "$scratch/one.key"
result $? 'by a request it is the key of the request'
[ "$(acme_spki "$lineage/cert.pem")" = "$first" ]
result $? 'and its own lineage stays as it was'

# It keeps the certificate of before under the second of now: one that stands there already ends it in the middle.
now=$(date +%s)
for ((i = 0; i < 300; i++)); do : >"$lineage/cert-$((now + i)).pem"; done
! tell "$uacme" -f issue side.lab && grep -q 'File exists' "$scratch/err" && [ -e "$lineage/cert.pem.tmp" ]
result $? 'a second certificate within one second is lost, and half of it stays'
rm "$lineage"/cert-*.pem
request two side.lab
request three side.lab
by_request two && by_request three && [ -z "$(ls "$scratch"/{two,three}/*.tmp 2>/dev/null)" ]
result $? 'two requests in folders of their own get theirs, whatever stands there'
rm -f "$lineage/cert.pem.tmp"

mkdir "$scratch/four"
cp "$lineage/cert.pem" "$scratch/four/cert.pem"
(cd "$scratch/four" && tell "$uacme" -r 1 revoke cert.pem)
result "$([ ! -e "$scratch/four/cert.pem" ] && ls "$scratch/four"/revoked-*.pem >/dev/null 2>&1 &&
	[ -e "$lineage/cert.pem" ]; echo $?)" 'a revocation takes the file away that was named: it is a copy'
result "$([ "$(acme_status "$lineage/cert.pem")" = 'Revoked 1' ]; echo $?)" 'the certificate is revoked, keyCompromise'
request five side.lab "$acme/uacme/private/side.lab/key.pem"
[ -e "$scratch/five.key" ] && by_request five
result $? "an authority may give a certificate for a key that it has revoked as leaked: only our own look at it tells"
request six side.lab '' other.lab
! by_request six
result $? 'a name that is not among the alternative ones is refused'

tell "$certbot" certonly --cert-name www.lab -d www.lab --key-type ecdsa
result $? 'certbot gets one too'
revoke() { (cd "$1" && "$certbot" revoke --non-interactive --cert-path cert.pem --reason keycompromise \
	--no-delete-after-revoke --logs-dir log) >"$scratch/out" 2>"$scratch/err"; }
mkdir "$scratch/seven"
cp "$acme/certbot/conf/live/www.lab/cert.pem" "$scratch/seven/cert.pem"
revoke "$scratch/seven"
result $? 'it revokes a copy of it'
result "$([ "$(acme_status "$scratch/seven/cert.pem")" = 'Revoked 1' ]; echo $?)" 'keyCompromise'
result "$([ -e "$acme/certbot/conf/live/www.lab/cert.pem" ]; echo $?)" 'its lineage stays'
rm -r "$scratch/seven/log"
! revoke "$scratch/seven" && ! grep -q alreadyRevoked "$scratch/out" "$scratch/err"
result $? 'the second time it fails, and says nothing of why'
result "$(grep -q 'urn:ietf:params:acme:error:alreadyRevoked' "$scratch/seven/log/letsencrypt.log"; echo $?)" \
	'but in its log, which is one of this request'

# The account's key is none of a certificate's, and stays when these are made anew.
account=$acme/uacme/private/key.pem
cp -p "$account" "$scratch/account.key"
tell "$uacme" newkey && ! cmp -s "$account" "$scratch/account.key"
result $? 'the key of the account is exchanged by a command of its own'
request eight side.lab
by_request eight && is_for "$scratch/eight/request-cert.pem" "$scratch/eight.key"
result $? 'the new one is believed'
cp -p "$account" "$scratch/account.new"
cp -p "$scratch/account.key" "$account"
request nine side.lab
! by_request nine && grep -q 'no account associated' "$scratch/out" "$scratch/err"
result $? 'the old one is of no account any more'
cp -p "$scratch/account.new" "$account"

# What pebble knows is gone with it: a test that starts it again has nothing to revoke and nobody to ask for.
mapfile -d '' words <"/proc/${acme_pids[1]}/cmdline"
[ "${words[0]##*/}" = pebble ] && kill -KILL "${acme_pids[1]}"
result $? 'pebble ends'
wait "${acme_pids[1]}" 2>/dev/null
acme_run "$acme/pebble.log" env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 "${words[@]}"
acme_wait acme_ready
result $? 'and is there again'
request ten side.lab
! by_request ten && grep -q 'accountDoesNotExist\|no account' "$scratch/out" "$scratch/err"
result $? 'it has forgotten the account'
! acme_asks "$acme_manage/roots/0" | cmp -s - "$acme_roots"
result $? 'and is another authority'
finish
