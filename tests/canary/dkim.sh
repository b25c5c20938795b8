#!/usr/bin/env bash
# A DKIM key is replaced twice, and every place that anybody could look at afterwards is searched for the private halves
# of all three: as lines of PEM, in hex, and as the bytes themselves. The public halves are everywhere, and may be.
# TAP. Usage: dkim.sh FIREBREAK_FOLDER SOURCE_ROOT CORE_OF
. "$(dirname "$0")/../lib/key_pair.sh"
canary_enter "$@"
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak" "$2"
. "$(dirname "$0")/../lib/dkim.sh"
core_of=$(readlink -f "$3")
d=$scratch/farm
parent=
trap '[ -z "$parent" ] || kill -KILL "$parent"; dkim_end; rm -rf "$scratch"' EXIT
mkdir -p "$d"
canary_begin
dkim_begin "$d"
result $? 'a domain, its name server, its resolver and its repositories'
alice_register <<-REGISTER
	hosts:
	  mail: {reach: local, logs: ['$d/ns/log'], configuration: {apply: command, command: [$d/apply, '{host}']}}
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
	    consumers: [{hosts: mail, file: $d/host/mail.private, side: server}]
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record, format: dkim-zone,
	         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail.private, signing_table: SigningTable}}
REGISTER

# First incident: every process that is started is watched.
run declare mail/dkim --because 'a canary' --as alice
canary_watched
exits 3 'the incident is answered under watch'

# Second incident: the resolver stands still. Its worker has both keys then, and the parent every value.
run declare mail/dkim --because 'a canary again' --as alice
kill -STOP "${dkim_pids[1]}"
canary_respond
waits() {
	"$firebreak_program" status 2 --json 2>/dev/null |
		jq -e '[.list[] | select(.outcome == "started") | .id | select(startswith("prove-signed"))] != []'
}
canary_wait waits
canary_look_into firebreak-worker-dkim
kill -CONT "${dkim_pids[1]}"
canary_go_on
canary_search "$d/keys.git" files/mail.private "$d/host/mail.private"
canary_clean "$d/ns" "$d/cache" "$d/dns" "$d/dns.git" "$d/tables.git"
result $? 'none where the public halves are'
finish
