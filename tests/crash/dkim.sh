#!/usr/bin/env bash
# A DKIM key's rotation is ended by kill -9 at each point of the steps that move or prove something, in parent and
# worker, in each incident once a step, and begun again: in the end exactly one key lives in the zone, it is the one in
# the private git, in the tables and on the host, all others are withdrawn, the signer was started since, each deed has
# its intent, and the journal is whole. Planned, what the host signs with verifies after each of these ends; in an
# emergency the old key is refused as soon as the journal says so. Real NSD, unbound and OpenDKIM; as root there is
# Postfix as well: mail through it is one of the accounts, and verifies in the end by another verifier's word.
# Usage: dkim.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS emergency|planned...
# or, one point: dkim.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS MODE ROLE STEP NTH NAME
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/../lib/dkim.sh"
. "$(dirname "$0")/../lib/key_pair.sh"
d=$scratch/farm
trap 'dkim_end; rm -rf "$scratch"' EXIT
mkdir "$d"
crash_begin "$1" "$3" dkim
# Resolvers keep an old record for this long, and each trial waits for that.
dkim_ttl=1
mail=
[ "$(id -u)" != 0 ] || mail=mail
dkim_begin "$d" "${mail:-signer}"
result $? 'a domain, its name server, its resolver, its signer and its repositories'
signing=
[ -z "$mail" ] || signing="- {driver: dkim, address: '$dkim_smtp', users: [wiki.lab], role: replica, from: mail, \
host: mail, options: {mailbox: '$dkim_box', to: $dkim_to, dns: '$dkim_ns $dkim_cache', selector: mail}}"
alice_register <<-REGISTER
	hosts:
	  mail: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}
	  ns: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}
	repositories:
	  keys: {kind: private, url: '$d/keys.git'}
	  dns: {kind: dns, url: '$d/dns.git'}
	  tables: {kind: puppet, url: '$d/tables.git'}
	systems:
	  mail: {title: Mail, hosts: [mail]}
	secrets:
	  mail/dkim:
	    kind: dkim-key
	    places: [{repository: keys, file: files/mail.private}]
	    accounts:
	      - {driver: dkim, address: '$dkim_ns', users: [wiki.lab], from: mail, options: {selector: mail}}
	      - {driver: dkim, address: '$dkim_cache', users: [wiki.lab], role: replica, from: mail,
	         options: {selector: mail}}
	      $signing
	    consumers:
	      - {hosts: mail, file: $d/host/mail.private, service: opendkim, restart: firebreak, side: server,
	         restart_command: [$d/restart]}
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record, format: dkim-zone, hosts: ns,
	         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail.private, signing_table: SigningTable}}
REGISTER

signer() { sed -n 's/.* wiki.lab:\([^:]*\):.*/\1/p' "$d/host/KeyTable"; }
is_live() {                   # SELECTOR KEYFILE: the name server has this key there
	[ "$(dkim_txt "${dkim_ns#*:}" "$1._domainkey.wiki.lab")" = "\"$(dkim_record "$2")\"" ]
}
# Nothing, or what is amiss, in the end
agrees() {
	local key=$scratch/now name
	git --git-dir="$d/keys.git" show main:files/mail.private >"$key"
	name=$(dkim_selector "$key")
	git --git-dir="$d/dns.git" show main:zones/wiki.lab >"$scratch/zone"
	cmp -s "$key" "$d/host/mail.private" || echo 'host and private git have different keys'
	[ "$name" != "$was" ] || echo 'the key is the old one'
	[ "$(grep -c 'p=MI' "$scratch/zone")" = 1 ] || echo 'not one live record'
	[ "$(grep -c 'n=withdrawn-fb' "$scratch/zone")" = "$number" ] || echo 'not all others are withdrawn'
	is_live "$name" "$key" || echo 'the name server has not the new key'
	[ "$(signer)" = "$name" ] || echo 'the host signs with another selector'
	grep -q " $name._domainkey.wiki.lab" "$d/host/SigningTable" || echo 'the SigningTable names another key'
	[ "$d/host/run/pid" -nt "$d/host/KeyTable" ] && [ "$d/host/run/pid" -nt "$d/host/mail.private" ] &&
		"$d/restart" status || echo 'the signer goes on with what it read before'
	[ -z "$mail" ] || { dkim_mail_now && grep -q "s=$name;" "$scratch/mail" &&
		dkim_good "$dkim_ns" "$scratch/mail" && dkim_good "$dkim_cache" "$scratch/mail"; } ||
		echo 'mail does not bear a signature that verifies'
	run journal verify
	[ "$code" = 0 ] || echo 'the journal is not whole'
	crash_intents
}
number=0
declare_next() {              # MODE
	cp "$d/host/mail.private" "$scratch/before"
	was=$(signer)
	mode=$1
	crash_declare mail/dkim "$1"
}
signs_well() { is_live "$(signer)" "$d/host/mail.private"; }
refused() {
	"$firebreak_program" journal export $number | jq -e 'select(.kind == "outcome" and
		(.step | startswith("withdraw")) and .body.outcome == "proven")' >/dev/null
}
crash_between() {
	# who brings the files may have outlived the worker that was ended, and is not done
	[ "$mode" != planned ] || within 5 signs_well || amiss="$amiss; what the host signs fails"
	[ "$mode" != emergency ] || ! refused || ! is_live "$was" "$scratch/before" ||
		amiss="$amiss; the old key lives on"
}
end_round() {                 # MODE: of $scratch/round; amiss
	amiss=
	declare_next "$1"
	crash_chain
	amiss="$amiss$(crash_end)$(agrees)"
}
if [ $# = 8 ]; then
	crash_alone "${*:4}"
	finish
	exit
fi
steps='withdraw publish commit write-place apply restart look settle prove probe'
# What is told, asked or brought over and over comes to an end everywhere once: each of its points at the first time.
once() { awk '$3 !~ /^(apply|look|settle|prove|probe)$/ || $4 == 1' "$scratch/points.$1" >"$scratch/once" &&
	mv "$scratch/once" "$scratch/points.$1"; }
for mode in "${@:4}"; do
	crash_whole "$mode" 150
	once "$mode"
	crash_each "$mode"
done
finish
