#!/usr/bin/env bash
# A DKIM key's rotation is ended by kill -9 at each point of the steps that move something (withdraw, publish, commit,
# point) in parent and worker, and begun again: in the end exactly one key lives in the zone, it is the one in the
# private git, in the tables and on the host, all others are withdrawn, and the journal is whole. Planned, what the
# host signs with verifies at each of these moments; in an emergency the old key is refused as soon as the journal
# says so.
# Usage: dkim.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS [all | MODE ROLE STEP NTH]
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh" "$1/firebreak-crash" "$2"
. "$(dirname "$0")/../lib/dkim.sh"
d=$scratch/farm
bin=$scratch/bin
[ "$(id -u)" = 0 ] && chmod 755 "$scratch"
trap 'dkim_end; rm -rf "$scratch"' EXIT
mkdir -p "$bin" "$d" "$scratch/share/firebreak" "$scratch/register"
cp "$1/firebreak-crash" "$bin/firebreak"
ln -s "$3"/firebreak-worker* "$bin"
rm -rf "$bin"/*.p "$bin/firebreak-worker" "$bin/firebreak-worker-dkim"
cp "$1/firebreak-worker-crash" "$bin/firebreak-worker"
cp "$1/firebreak-worker-crash-dkim" "$bin/firebreak-worker-dkim"
ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
firebreak_program=$bin/firebreak
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8
dkim_begin "$d"
result $? 'a domain, its name server and its repositories'
run key init
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
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
forget() { rm -f "$bin/control" "$bin"/points.*; }
rotated=0
number=0
declare_next() {              # MODE
	cp "$d/host/mail.private" "$scratch/before"
	was=$(signer)
	number=$((number + 1))
	if [ "$1" = planned ]; then run declare mail/dkim --planned --because 'a test' --as alice
	else run declare mail/dkim --because 'a test' --as alice; fi
	rotated=$((rotated + 1))
}
steps='withdraw publish commit write-place'
points_of() {                 # ROLE: "STEP NTH NAME" of the steps that move something
	awk -v steps="$steps" 'BEGIN { split(steps, s, " "); for (k in s) want[s[k]] = 1 }
		{ step = $1; n[step]++; if (step in want) print step, n[step], substr($0, 17) }' "$bin/points.$1"
}
end_at() {                    # MODE ROLE STEP NTH NAME
	local mode=$1 role=$2 step=$3 nth=$4 name=$5 amiss
	declare_next "$mode"
	forget
	echo "$role $step $nth" >"$bin/control"
	run respond $number --as alice --at-once 1
	reached=$(awk -v s="$step" '$1 == s { n++ } END { print n + 0 }' "$bin/points.$role")
	forget
	amiss=
	[ "$reached" -ge "$nth" ] || amiss='the point was not reached'
	# only the files were brought to the host: what it signs with is what they say
	[ "$mode" != planned ] || is_live "$(signer)" "$d/host/mail.private" ||
		amiss="$amiss; what the host signs fails"
	if [ "$mode" = emergency ]; then
		run journal export $number
		if jq -e 'select(.kind == "outcome" and (.step | startswith("withdraw")) and
			.body.outcome == "proven")' "$scratch/out" 2>/dev/null | grep -q . &&
			is_live "$was" "$scratch/before"; then amiss="$amiss; the old key lives on"; fi
	fi
	for ((again = 0; again < 4; again++)); do
		run respond $number --as alice --at-once 1
		grep -q 'Everything that we can do is proven' "$scratch/out" && break
	done
	[ "$again" -lt 4 ] || amiss="$amiss; it does not come to an end"
	amiss="$amiss$(agrees)"
	[ -z "$amiss" ] || echo "$amiss" >>"$scratch/err"
	result "$([ -z "$amiss" ]; echo $?)" "$mode, $role, $step $nth: $(echo "$name" | cut -c1-60)"
}
whole() {                     # MODE: a run without a kill, whose points are the list
	forget
	declare_next "$1"
	run respond $number --as alice --at-once 1
	says 'Everything that we can do is proven'
	amiss=$(agrees)
	[ -z "$amiss" ] || echo "$amiss" >>"$scratch/err"
	result "$([ -z "$amiss" ]; echo $?)" "$1: all agrees when nobody ends it"
	for role in parent worker; do
		points_of $role | sed "s/^/$1 $role /"
	done >"$scratch/points.$1"
	[ "$(wc -l <"$scratch/points.$1")" -gt 15 ]
	result $? "$1: there are points ($(wc -l <"$scratch/points.$1"))"
}
if [ $# = 7 ]; then
	end_at "$4" "$5" "$6" "$7" ''
	finish
	exit
fi
# Of each step the moments at which something differs in the world or in the journal: the intent is written and nothing
# begun; the worker runs beside a parent that is gone; the worker ends before it touched anything, so that the step has
# failed and is told as failed; it ends with the push perhaps gone; with the push gone and not told; its answer is there
# and not written. Left out is what finds the same state as one of these: each second side of a message that only goes
# through memory, a row of the journal before or amid its write (nothing of it is there, and the databases' matrix
# has that), and a result that was sent and not read. With the word "all" none is left out.
telling='after journal intent|after start of a worker|before journal outcome'
telling="$telling|before changing|after changing|before result"
[ "${4:-}" != all ] || telling=.
whole emergency
whole planned
for mode in emergency planned; do
	while read -r mode role step nth name; do
		end_at "$mode" "$role" "$step" "$nth" "$name"
	done < <(grep -E "$telling" "$scratch/points.$mode")
done
finish
