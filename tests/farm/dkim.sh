#!/usr/bin/env bash
# The example farm's DKIM key is one that can be replaced: `firebreak check` has nothing against it, the plan has each
# of the steps and nothing by hand, and the very jobs of the steps change the farm's own zone and Hiera data, as a name
# server's own checker accepts them. Keys of the wikis' domains have a step for their owners. TAP.
# Usage: dkim.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
farm=$scratch/farm
export FIREBREAK_REGISTER="$farm/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
export HOME="$scratch" LC_ALL=C.UTF-8
worker=$(dirname "$firebreak_program")/firebreak-worker
"$source_root/examples/farm/make-repositories" "$farm" >"$scratch/out" 2>"$scratch/err"
result $? 'the farm is made'
# nobody of a made-up organisation can be told, and no test asks other machines for their names
python3 - "$farm/register/organisation.yaml" <<'PYTHON'
import re, sys
text = open(sys.argv[1]).read()
head, rest = text.split('\nchannels:\n')
rest, n = re.subn(r'(?m)^  (team-mail|team-chat|farm-log):.*\n(    .*\n)*', r'  \1: {kind: phone, to: a list}\n', rest)
head, m = re.subn(r'(?m)^ +log: .*\n', '', head)
assert (n, m) == (3, 1)
open(sys.argv[1], 'w').write(head + '\nchannels:\n' + rest)
PYTHON
run register check
exits 0 'its register is one'
run check
exits 0 'check has nothing against it'
run declare mail/dkim --because 'pasted into a public channel' --as alice
run plan 1 --json
steps=$(jq -r '[.. | objects | select(.id? and .do?) | .id] | join("\n")' "$scratch/out")
for step in withdraw:mail/dkim:dns:zones/example.org publish:mail/dkim:dns:zones/example.org \
	commit:mail/dkim point:mail/dkim:puppet:hieradata/common.yaml restart:opendkim@mail2 \
	apply-withdrawn@ns1 apply-withdrawn@ns2 prove:mail/dkim:ns1.example.org:53 prove:mail/dkim:ns2.example.org:53 \
	prove-signed:mail/dkim:127.0.0.1:25; do
	grep -qF "$step" <<<"$steps" || echo "no $step in: $steps" >>"$scratch/err"
	result "$(grep -qF "$step" <<<"$steps"; echo $?)" "planned: $step"
done
jq -e '[.. | objects | select(.do? == "person" and .secret? == "mail/dkim") | .id |
	select(startswith("cause") | not)] == []' "$scratch/out" >/dev/null
result $? 'nothing of it is by hand but to ask how it was lost'

# Keys of the wikis' domains: who owns the wikis is asked and mailed, and everybody reads which domains they are.
run declare tls/custom-domain tls/wildcard --because 'pasted into a public channel' --as alice
run plan 2
says "firebreak mail send 2 --domains-of 'tls/custom-domain'; it is done when the ledger of mail says so"
says "firebreak mail send 2 --domains-of 'tls/wildcard'; it is done when the ledger of mail says so"
run notice word 2 --nature 'A key leaked.' --consequences 'x' --measures 'x' --advice 'x' --as alice
run notice draft 2 people
says 'wiki.example.com, www.wiki.example.com: its key and certificate are being replaced'
says 'meta.example.org, *.example.org: its key and certificate are being replaced'

# The jobs, as the steps send them.
key() { openssl genrsa 2048 2>/dev/null; }
cp "$farm/private/files/postfix/mail.private" "$scratch/old"
key >"$scratch/new"
job() {               # VERB REPOSITORY FILE HALF-JSON
	printf '{"v":1,"verb":"%s","limit_ms":60000,"incident":1,"repositories":[{"name":"%s","url":"%s",' \
		"$1" "$2" "$farm/$2.git" >"$scratch/job"
	printf '"branch":"main","clone":"%s"}],"secrets":[{"name":"mail/dkim","old":"old","new":"new",' \
		"$scratch/clone-$2" >>"$scratch/job"
	printf '"places":[{"repository":"%s","file":"%s"}],"half":%s}]}\n' "$2" "$3" "$4" >>"$scratch/job"
	{
		printf 'old %s\n' "$(wc -c <"$scratch/old")"
		cat "$scratch/old"
		printf 'new %s\n' "$(wc -c <"$scratch/new")"
		cat "$scratch/new"
	} >"$scratch/lent"
	"$worker" 3<"$scratch/job" 4<"$scratch/lent" 5>"$scratch/out" 6>/dev/null </dev/null 2>"$scratch/err"
	rm "$scratch/lent"
	tail -1 "$scratch/out" | jq -e '.ok' >/dev/null
}
zone='{"format":"dkim-zone","options":{"domain":"example.org"},"check":["nsd-checkzone","example.org","{file}"]}'
pointer='{"format":"dkim-selector","options":{"key":"opendkim::selector"},"check":[]}'
selector=fb$(openssl pkey -in "$scratch/new" -pubout -outform DER | sha256sum | cut -c1-16)
job withdraw dns zones/example.org "$zone"
result $? 'the record is withdrawn in the zone of the farm'
git --git-dir="$farm/dns.git" show main:zones/example.org >"$scratch/zone"
result "$(grep -q '^mail\._domainkey TXT.*p="* *)*' "$scratch/zone" && ! grep -q 'p=MI' "$scratch/zone"; echo $?)" \
	'it has no key any more'
job publish dns zones/example.org "$zone"
result $? 'the new one is published'
job publish puppet hieradata/common.yaml "$pointer"
result $? 'and pointed to'
git --git-dir="$farm/dns.git" show main:zones/example.org >"$scratch/zone"
nsd-checkzone example.org "$scratch/zone" >"$scratch/out" 2>&1
result $? 'a name server takes the zone'
result "$(grep -q "^$selector\._domainkey" "$scratch/zone" && ! grep -q 2018120300 "$scratch/zone"; echo $?)" \
	'with the new selector and another serial'
git --git-dir="$farm/puppet.git" show main:hieradata/common.yaml >"$scratch/data"
result "$(grep -q "^opendkim::selector: $selector$" "$scratch/data"; echo $?)" 'which Puppet feeds to the tables'
finish
