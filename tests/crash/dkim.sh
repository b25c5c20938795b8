#!/usr/bin/env bash
# A DKIM key's rotation is ended by kill -9 at each point of the steps that move something (withdraw, publish, commit,
# point) in parent and worker, and begun again: in the end exactly one key lives in the zone, it is the one in the
# private git, in the tables and on the host, all others are withdrawn, and the journal is whole. Planned, what the
# host signs with verifies at each of these moments; in an emergency the old key is refused as soon as the journal
# says so.
# Usage: dkim.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS [MODE ROLE STEP NTH NAME]
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/dkim.sh"
. "$(dirname "$0")/../lib/key_pair.sh"
d=$scratch/farm
trap 'dkim_end; rm -rf "$scratch"' EXIT
mkdir "$d"
crash_begin "$1" "$3" dkim
dkim_begin "$d"
result $? 'a domain, its name server and its repositories'
alice_register <<-REGISTER
	hosts:
	  mail: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}
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
	    consumers: [{hosts: mail, file: $d/host/mail.private, side: server}]
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record, format: dkim-zone,
	         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail.private, signing_table: SigningTable}}
REGISTER

selector_of() { echo "fb$(openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | sha256sum | cut -c1-16)"; }
signer() { sed -n 's/.* wiki.lab:\([^:]*\):.*/\1/p' "$d/host/KeyTable"; }
is_live() {                   # SELECTOR KEYFILE: the name server has this key there
	[ "$(dkim_txt "${dkim_ns#*:}" "$1._domainkey.wiki.lab")" = "\"$(dkim_record "$2")\"" ]
}
# NULL, or what is amiss, in the end
agrees() {
	local key=$scratch/now name
	git --git-dir="$d/keys.git" show main:files/mail.private >"$key"
	name=$(selector_of "$key")
	git --git-dir="$d/dns.git" show main:zones/wiki.lab >"$scratch/zone"
	cmp -s "$key" "$d/host/mail.private" || { echo 'host and private git have different keys'; return; }
	[ "$(grep -c 'p=MI' "$scratch/zone")" = 1 ] || { echo 'not one live record'; return; }
	[ "$(grep -c 'n=withdrawn-fb' "$scratch/zone")" = "$rotated" ] ||
		{ echo 'not all others are withdrawn'; return; }
	is_live "$name" "$key" || { echo 'the name server has not the new key'; return; }
	[ "$(signer)" = "$name" ] || { echo 'the host signs with another selector'; return; }
	grep -q " $name._domainkey.wiki.lab" "$d/host/SigningTable" ||
		{ echo 'the SigningTable names another key'; return; }
	run journal verify
	[ "$code" = 0 ] || echo 'the journal is not whole'
}
rotated=0
number=0
declare_next() {              # MODE
	cp "$d/host/mail.private" "$scratch/before"
	was=$(signer)
	crash_declare mail/dkim "$1"
	rotated=$((rotated + 1))
}
steps='withdraw publish commit write-place'
end_at() {                    # MODE ROLE STEP NTH NAME
	local mode=$1 role=$2 step=$3 nth=$4 name=$5 amiss
	declare_next "$mode"
	amiss=$(crash_reach "$role" "$step" "$nth" "$name")
	# only the files were brought to the host: what it signs with is what they say
	[ "$mode" != planned ] || is_live "$(signer)" "$d/host/mail.private" ||
		amiss="$amiss; what the host signs fails"
	if [ "$mode" = emergency ]; then
		run journal export $number
		if jq -e 'select(.kind == "outcome" and (.step | startswith("withdraw")) and
			.body.outcome == "proven")' "$scratch/out" 2>/dev/null | grep -q . &&
			is_live "$was" "$scratch/before"; then amiss="$amiss; the old key lives on"; fi
	fi
	amiss="$amiss$(crash_end)$(agrees)"
	crash_told "$mode, $role, $step: $name, $nth" "$amiss"
}
if [ $# = 8 ]; then
	end_at "${@:4}"
	finish
	exit
fi
crash_whole emergency 15
crash_whole planned 15
for mode in emergency planned; do
	while read -r mode role step nth name; do
		end_at "$mode" "$role" "$step" "$nth" "$name"
	done <"$scratch/points.$mode"
done
finish
