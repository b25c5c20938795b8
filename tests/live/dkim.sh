#!/usr/bin/env bash
# A leaked DKIM key, on Debian's Postfix, OpenDKIM, NSD and unbound: the emergency and the planned way from declaration
# to proof, held against another verifier (dkimpy); and each trap of these services by the driver's own probe. TAP.
# Usage: dkim.sh FIREBREAK SOURCE_ROOT
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/../lib/dkim.sh"
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP Postfix can only be started by root; contract dkim and crash dkim have the parts of it'
	exit 0
fi
chmod 755 "$scratch"                  # Postfix's and OpenDKIM's own users look for their folders below it
d=$scratch/farm
worker=$(dirname "$firebreak_program")/firebreak-worker-dkim
trap 'dkim_end; rm -rf "$scratch"' EXIT
variables
mkdir -p "$d"
dkim_begin "$d" mail
result $? 'a domain with its mail, its signer, its name server and a resolver runs'

options="mailbox: '$dkim_box', to: $dkim_to, dns: '$dkim_ns $dkim_cache', selector: mail"
alice_register <<-REGISTER
	hosts:
	  mail: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}
	  ns: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}
	repositories:
	  keys: {kind: private, url: '$d/keys.git'}
	  dns: {kind: dns, url: '$d/dns.git'}
	  tables: {kind: puppet, url: '$d/tables.git'}
	check: {tested_within: 90}
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
	      - {driver: dkim, address: '$dkim_smtp', users: [wiki.lab], role: replica, from: mail, host: mail,
	         options: {$options}}
	    consumers:
	      - {hosts: mail, file: $d/host/mail.private, service: opendkim, restart: firebreak, side: server,
	         restart_command: [$d/restart]}
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record of mail._domainkey, format: dkim-zone,
	         hosts: ns, check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail.private, signing_table: SigningTable}}
REGISTER
run register check
exits 0 'the register knows them'

# --- the emergency ---
dkim_py sign "$d/stolen" mail >"$scratch/forged"
dkim_good "$dkim_ns" "$scratch/forged" && dkim_good "$dkim_cache" "$scratch/forged"
result $? 'what the intruder signs with the stolen key verifies, by the name server and the resolver'
dkim_mail_now
grep -q 's=mail;' "$scratch/mail" && dkim_good "$dkim_ns" "$scratch/mail"
result $? 'our own mail is signed with it too'
run declare mail/dkim --because 'pasted into a public channel' --as alice
exits 0 'declared'
dkim_good "$dkim_cache" "$scratch/forged"   # what a resolver holds now it holds for the TTL
sed -n 5p "$d/stolen" >"$scratch/line"
while sleep 0.05; do
	cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -qaFf "$scratch/line" && : >"$scratch/seen"
done &
watcher=$!
run respond 1 --as alice
kill "$watcher"
wait "$watcher" 2>/dev/null
rm "$scratch/line"
exits 3 'an emergency: only people have something left to do'
says 'Everything that we can do is proven'
new=$(dkim_selector "$d/host/mail.private")
! dkim_good "$dkim_ns" "$scratch/forged" && ! dkim_good "$dkim_cache" "$scratch/forged"
result $? 'what the intruder signed verifies by neither of them any more'
said=$(dkim_txt "${dkim_ns#*:}" mail._domainkey.wiki.lab)
result "$([ "$said" = "\"v=DKIM1; k=rsa; n=withdrawn-$(dkim_selector "$d/stolen"); p=\"" ]; echo $?)" \
	'the old record says that it ended'
dkim_mail_now
grep -q "s=$new;" "$scratch/mail" && dkim_good "$dkim_ns" "$scratch/mail" && dkim_good "$dkim_cache" "$scratch/mail"
result $? "mail through Postfix is signed with the new selector and verifies, by another verifier's word"
result "$(openssl pkey -in "$d/host/mail.private" -text -noout 2>/dev/null | grep -q '2048 bit'; echo $?)" \
	'the new key has 2048 bits'
git -C "$d/dns" pull -q origin main && git -C "$d/tables" pull -q origin main
first=$(git -C "$d/dns" log --reverse --format=%s | sed -n 2,3p | tr '\n' '|')
of1='the public half of mail/dkim (incident 1)|'
result "$([ "$first" = "Withdraw ${of1}Publish ${of1/public/new public}" ]; echo $?)" \
	'the old half was withdrawn before the new one was published'
result "$(grep -q "$(date -u +%Y%m%d)01 ; as in 2016" "$d/dns/zones/wiki.lab"; echo $?)" \
	'the serial was raised, twice, by date'
result "$(grep -q "^$new._domainkey.wiki.lab wiki.lab:$new:" "$d/tables/KeyTable" &&
	grep -q " $new._domainkey.wiki.lab" "$d/tables/SigningTable"; echo $?)" 'both tables name the new selector'
run status 1
run timeline 1
says 'resolvers may keep the old record for 4 s more'
run report 1
says 'resolvers may keep the old record for 4 s more'
says 'caches of others may keep the old public half of mail/dkim for 4 s after its servers have the withdrawal'
# ACCOUNT TRIED ANSWER: a row of its table of proofs
told() { tr -d '\\' <"$scratch/out" | grep -qF "| mail/dkim | $1 | mail | $2 | $3 | proven |"; }
for at in "$dkim_ns" "$dkim_cache"; do
	told "$at" "message signed with the new key as selector '$new'" 'verifies (kept for 4 s)' &&
		told "$at" "message signed with the old key as selector 'mail'" 'key revoked (kept for 4 s)'
	result $? "its proofs: by what $at says the new selector verifies, and what the old key signs does not"
	told "$dkim_smtp" "probe message through $dkim_smtp, verified with what $at answers" \
		"signature of wiki.lab, selector '$new': verifies"
	result $? 'and so does mail through Postfix'
done
run journal export 1
rows() { [ "$(jq -r "$1" "$scratch/out" | wc -l)" -gt 0 ]; }
rows 'select(.kind == "outcome" and (.step | startswith("prove-signed")) and .body.outcome == "proven") |
	.body.tries[] | select(.answer | test("fb[0-9a-f]{16}.: verifies")) | .answer'
result $? 'the proof is a message with the new selector that verifies'
jq -se '[.[] | select(.kind == "intent") | .body.do] | index("withdraw") as $at |
	$at > 0 and .[0:$at] - ["values", "inspect"] == []' "$scratch/out" >/dev/null
result $? 'the withdrawal was the first deed that the world could see: before it, values were read and looked for'
rows 'select(.kind == "outcome" and (.step | startswith("inspect"))) | .body.result.findings[] |
	select(.what == "short key" and (.detail | test("1024 bits"))) | .what'
result $? 'the inspection says that the old key was a short one'

# --- nothing of a private half anywhere but where it belongs ---
result "$([ ! -e "$scratch/seen" ]; echo $?)" 'no argument and no environment of any process held the key'
leaks() {                     # KEYFILE: files that hold a line of it
	local line
	line=$(sed -n 5p "$1")
	grep -rlaF -e "$line" "$scratch" --exclude=stolen --exclude=mail.private --exclude-dir=objects 2>/dev/null
}
result "$([ -z "$(leaks "$d/stolen")$(leaks "$d/host/mail.private")" ]; echo $?)" \
	'no line of either key stands in any other file: journal, clones, logs, mail'
git --git-dir="$d/dns.git" log -p --all |
	grep -qF -e "$(sed -n 5p "$d/host/mail.private")" -e "$(sed -n 5p "$d/stolen")"
result "$([ $? = 1 ]; echo $?)" 'nor in the history of the zone'

# --- the driver's own probe; each trap is one test ---
speak() {                     # ADDRESS OPTIONS-JSON REPLICA OLD NEW: $accepts, answers
	printf '{"v":1,"verb":"probe","limit_ms":40000,"driver":"dkim","address":"%s","users":["wiki.lab"],' "$1" \
		>"$scratch/job"
	printf '"options":%s,"replica":%s,"host":{"name":"mail","address":"mail","local":true}}\n' "$2" "$3" \
		>>"$scratch/job"
	: >"$scratch/lent"
	[ -z "$4" ] || { printf 'old %s\n' "$(wc -c <"$4")"; cat "$4"; } >>"$scratch/lent"
	[ -z "$5" ] || { printf 'new %s\n' "$(wc -c <"$5")"; cat "$5"; } >>"$scratch/lent"
	env -i "$worker" 3<"$scratch/job" 4<"$scratch/lent" 5>"$scratch/out" 6>/dev/null </dev/null 2>"$scratch/err"
	rm "$scratch/lent"
	accepts=$(tail -1 "$scratch/out" | jq -r '.accepts // .error')
}
is() { result "$([ "$accepts" = "$1" ]; echo $?)" "$2 ($1)"; }
cp "$d/host/mail.private" "$scratch/current.private"
openssl genrsa 2048 2>/dev/null >"$scratch/other.private"
signs="{\"mailbox\":\"$dkim_box\",\"to\":\"$dkim_to\",\"dns\":\"$dkim_ns\",\"selector\":\"mail\"}"
current=$scratch/current.private

speak "$dkim_ns" '{"selector":"mail"}' false "$d/stolen" "$current"
is new 'the name server backs the new key only'
speak "$dkim_ns" '{}' false "$d/stolen" "$current"
is unreachable 'a selector that nobody named is no proof that the old key ended'
says "name it in option 'selector'"
speak "$dkim_ns" '{"selector":"www"}' false "$d/stolen" ''
is unreachable 'a name that never was is no withdrawal'
speak "$dkim_cache" '{"selector":"mail"}' false "$d/stolen" "$current"
is unreachable 'a resolver is not taken for the authority'
says 'without authority'
speak "$dkim_cache" '{"selector":"mail"}' true "$d/stolen" "$current"
is new 'as a replica it may answer'
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
is new 'mail is signed with the new key'

"$d/restart" stop
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
is neither 'milter_default_action=accept: mail goes out unsigned without a word, and is seen'
says 'goes out unsigned'
sed -i 's/^RequireSafeKeys no/RequireSafeKeys yes/' "$d/host/opendkim.conf"
"$d/restart"
chmod 1777 "$d/host"
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
result "$([ "$accepts" != new ]; echo $?)" "RequireSafeKeys and a folder that all may write: no mail is signed"
says '4.7.1'
chmod 755 "$d/host"
sed -i 's/^RequireSafeKeys yes/RequireSafeKeys no/' "$d/host/opendkim.conf"
"$d/restart"

openssl genpkey -algorithm ed25519 2>/dev/null >"$scratch/kind.private"
cat "$scratch/kind.private" >"$d/host/mail.private"
"$d/restart"
speak "$dkim_smtp" "$signs" true "$d/stolen" "$scratch/kind.private"
result "$([ "$accepts" != new ]; echo $?)" "a key of the other kind: the signer runs, and nothing is signed ($accepts)"
says '451 4.7.0'
: >"$d/host/mail.private"
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
result "$([ "$accepts" != new ]; echo $?)" "a key file with nothing in it: no mail is signed ($accepts)"
says '451 4.7.0'
cat "$current" >"$d/host/mail.private"
"$d/restart"
speak "$dkim_smtp" "$signs" true "$d/stolen" ''
is neither 'who has the old key only needs no mail server: what they sign fails'
printf 'server:\n  do-not-query-localhost: no\n  module-config: "iterator"\nstub-zone:\n  name: "wiki.lab."\n' \
	>"$scratch/testkey.unbound"
printf '  stub-addr: 127.0.0.1@%s\n' "${dkim_ns#*:}" >>"$scratch/testkey.unbound"
echo "ResolverConfiguration $scratch/testkey.unbound" >"$scratch/testkey.conf"
opendkim-testkey -x "$scratch/testkey.conf" -d wiki.lab -s mail -k "$d/stolen" >"$scratch/out" 2>"$scratch/err"
result "$([ $? = 69 ] && grep -qi revoked "$scratch/err"; echo $?)" "OpenDKIM's own test calls the old key revoked"
opendkim-testkey -x "$scratch/testkey.conf" -d wiki.lab -s "$new" -k "$current" >"$scratch/out" 2>"$scratch/err"
result $? 'and the new one good'

cp "$d/host/KeyTable" "$scratch/KeyTable"
sed -i 's/fb[0-9a-f]*:/mail:/' "$d/host/KeyTable"
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
is new 'tables are read at the start only: a new file alone changes nothing'
"$d/restart"
speak "$dkim_smtp" "$signs" true "$d/stolen" "$current"
is neither 'the new key under the withdrawn selector verifies for nobody'
says "does not verify"
cp "$scratch/KeyTable" "$d/host/KeyTable"
"$d/restart"

push_zone() { dkim_git -C "$d/dns" commit -qam "$1" && git -C "$d/dns" push -q origin HEAD:main; }
git -C "$d/dns" pull -q --rebase origin main
cp "$d/dns/zones/wiki.lab" "$scratch/zone"
echo "$new._domainkey TXT \"v=DKIM1; k=rsa; p=\"" >>"$d/dns/zones/wiki.lab"
push_zone 'A second record'
speak "$dkim_ns" '{"selector":"mail"}' false "$d/stolen" "$current"
is neither 'two records under one name are none'
says 'several records'
cp "$scratch/zone" "$d/dns/zones/wiki.lab"
echo "$(dkim_selector "$scratch/other.private")._domainkey TXT $(dkim_record "$scratch/other.private" | dkim_strings)" \
	>>"$d/dns/zones/wiki.lab"
push_zone 'Two keys'
speak "$dkim_ns" '{"selector":"mail"}' false "$current" "$scratch/other.private"
is both 'two keys of one domain stand side by side'
speak 127.0.0.1:1 '{"selector":"mail"}' false "$d/stolen" "$current"
is unreachable 'a server that is not there says nothing'
printf '%s' "{\"v\":1,\"verb\":\"probe\",\"limit_ms\":9000,\"driver\":\"dkim\",\"address\":\"$dkim_ns\"," \
	'"users":["other.lab"],"options":{},"replica":false}' >"$scratch/job"
printf 'old %s\n' "$(wc -c <"$d/stolen")" | cat - "$d/stolen" >"$scratch/lent"
env -i "$worker" 3<"$scratch/job" 4<"$scratch/lent" 5>"$scratch/out" 6>/dev/null </dev/null
says 'REFUSED, which says nothing'

# --- a drill is the planned way, with an intruder who goes on signing with the old key: both stand for a while ---
cp "$d/host/mail.private" "$scratch/second"
untested() { run check; cat "$scratch/out" "$scratch/err" | grep -qF "untested: 'mail/dkim'"; }
untested
result $? 'before it the key is untested: of the incident, people still have something to do'
run drill mail/dkim --every 500 --because 'a quarterly change' --as alice --json
exits 0 'a drill of the key pair'
jq -e '.closed and ([.drilled.accounts[] | select(.accepted > 0 and .refused > 0 and .last_accepted_us > 0 and
	.refused_us > .last_accepted_us)] | length == 3)' "$scratch/out" >/dev/null
result $? 'what the intruder signed verified by name server, resolver and receivers, and does not since: when is known'
jq -e '[.drilled.accounts[] | (.refused_us - .last_accepted_us) / 1e6 | select(. < 30)] | length == 3' \
	"$scratch/out" >/dev/null
result $? 'to some seconds'
result "$(! untested; echo $?)" 'now it counts as tested'
git -C "$d/dns" pull -q --rebase origin main
last=$(git -C "$d/dns" log -2 --format=%s | tr '\n' '|')
of2='the public half of mail/dkim (incident 2)|'
result "$([ "$last" = "Withdraw ${of2}Publish ${of2/public/new public}" ]; echo $?)" \
	'published first, withdrawn last'
both=$(git -C "$d/dns" show HEAD~1:zones/wiki.lab | grep -c 'p=MII')
result "$([ "$both" = 3 ]; echo $?)" 'in between both keys stood in the zone'
run journal export 2
jq -se '[.[] | select(.kind == "outcome" and .body.outcome == "proven") | .step | split(":")[0]] |
	index("served") < index("point") and index("signed") < index("withdraw-last")' "$scratch/out" >/dev/null
result $? 'nothing signed before it was served, and nothing was withdrawn before mail was signed'
dkim_py sign "$scratch/second" "$new" >"$scratch/forged"
dkim_mail_now
! dkim_good "$dkim_ns" "$scratch/forged" && dkim_good "$dkim_ns" "$scratch/mail" &&
	dkim_good "$dkim_cache" "$scratch/mail"
result $? 'the second key ended, the third one signs'

# --- a signer that is down: Postfix takes mail as it is, without a word; and an authority that lags behind ---
impatient() {                 # LIMITS...: those of the playbook that are seconds here, where it has to fail in the end
	sed -E "s/limit: ($(tr ' ' '|' <<<"$*"))\$/limit: 3/" "$source_root/playbooks/dkim-key.yaml" \
		>"$scratch/register/playbooks/dkim-key.yaml"
}
of=                           # what of each step's name is looked at: one account's
outcomes() {                  # JQ-FILTER of the newest outcome of each step, and of the tries in all of them
	jq -se --arg of "${of:-.}" "[.[] | select(.kind == \"outcome\")] |
		[.[].body.tries[]? | .what + \": \" + .answer] as \$tries |
		reduce (.[] | select(.step | test(\$of))) as \$o ({};
			.[\$o.step | sub(\"^(?<s>[^:]*).*\"; \"\(.s)\")] = \$o.body) | $1" "$scratch/out" >/dev/null
}
cp "$d/host/mail.private" "$scratch/third"
dkim_secondary "$d" && dkim_transfer "$d"
result $? 'a second authority, which takes the zone when it is told to'
sed -i "0,/address: '$dkim_ns'/s//address: ['$dkim_ns', '$dkim_ns2']/" "$scratch/register/firebreak.yaml"
sed -i 's/restart: firebreak/restart: none/; /restart_command/d; s/side: server,$/side: server}/' \
	"$scratch/register/firebreak.yaml"
run register check
exits 0 'the register knows it; now nobody restarts the signer'
"$d/restart" stop
run declare mail/dkim --because 'pasted once more' --as alice
impatient 180 600 5400
run respond 3 --as alice
exits 1 'it is not done'
says "mail of 'wiki.lab' goes out unsigned"
run status 3
says "mail of 'wiki.lab' goes out unsigned"
result "$(grep -q "failed .*prove new accepted, old refused: .*$dkim_ns2)" "$scratch/out"; echo $?)" \
	'and names the second authority as not proven'
result "$(grep -q "proven .*prove new accepted, old refused: .*$dkim_ns)" "$scratch/out"; echo $?)" \
	'the first one is'
run report 3
told_not() { tr -d '\\' <"$scratch/out" | grep -qF "| mail/dkim | $1 | mail | $2 | $3 | failed |"; }
for at in "$dkim_ns" "$dkim_cache"; do
	told_not "$dkim_smtp" "probe message through $dkim_smtp, verified with what $at answers" 'it is not signed'
	result $? "the report says that mail is not signed, by what $at answers"
done
third=$(dkim_selector "$scratch/third")
grep -qF "| mail/dkim | $dkim_ns2 | mail | message signed with the old key as selector '$third' | \
verifies (kept for 4 s) | failed |" <(tr -d '\\' <"$scratch/out")
result $? 'and that the second authority still makes good what the old key signs'
run journal export 3
of=$dkim_ns2 outcomes '.prove.outcome == "failed" and .["served-at-once"].outcome != "proven"'
result $? 'the authority that lags behind is not proven'
of=$dkim_ns outcomes '.prove.outcome == "proven"'
result $? 'the one that does not is'
dkim_mail_now
result "$(grep -qi '^DKIM-Signature' "$scratch/mail"; [ $? = 1 ]; echo $?)" 'mail goes out without a signature indeed'

dkim_transfer "$d"
impatient 5400
run respond 3 --as alice
exits 1 'every authority has the record, and the signer is still down'
run journal export 3
of=$dkim_ns2 outcomes '.prove.outcome == "proven" and .["served-at-once"].outcome == "proven"'
result $? 'the second authority is proven now'
of=$dkim_smtp outcomes '.["prove-signed"].outcome == "failed"'
result $? 'and mail is not'
"$d/restart"
impatient none
run respond 3 --as alice
exits 3 'with the signer started it is done'
says 'Everything that we can do is proven'
run status 3
result "$(grep -q unsigned "$scratch/out"; [ $? = 1 ]; echo $?)" 'nothing says unsigned any more'
dkim_mail_now
dkim_good "$dkim_ns2" "$scratch/mail" "$(dkim_selector "$d/host/mail.private")"
result $? 'mail is signed with the new key, and verifies by the second authority'

# --- Ed25519 beside it: a secret of its own, and a second OpenDKIM behind the same Postfix ---
ed_record() { echo "v=DKIM1; k=ed25519; p=$(openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | base64)"; }
openssl genpkey -algorithm ed25519 2>/dev/null >"$scratch/ed.private"
git -C "$d/keys" pull -q --rebase origin main
cp "$scratch/ed.private" "$d/keys/files/mail-ed.private"
echo "ed._domainkey.wiki.lab wiki.lab:ed:$d/host/mail-ed.private" >"$d/tables/KeyTable-ed"
echo '*@wiki.lab ed._domainkey.wiki.lab' >"$d/tables/SigningTable-ed"
git -C "$d/tables" pull -q --rebase origin main
git -C "$d/dns" pull -q --rebase origin main
git_push 'A second key' "$d/keys" "$d/tables"
echo "ed._domainkey 7200 TXT \"$(ed_record "$scratch/ed.private")\"" >>"$d/dns/zones/wiki.lab"
push_zone 'Its public half'
milter=$(dkim_ports 1)
dkim_signer "$d" -ed "$milter" ed25519-sha256
"$d/apply" mail
"$d/restart-ed" && /usr/sbin/postconf -c "$d/mx/etc" -e \
	"smtpd_milters=inet:127.0.0.1:$dkim_milter, inet:127.0.0.1:$milter" &&
	/usr/sbin/postfix -c "$d/mx/etc" reload >/dev/null 2>&1
result $? 'a second signer'
both() { dkim_mail_now && dkim_good "$1" "$scratch/mail" "$2" && dkim_good "$1" "$scratch/mail" "$3"; }
both_bear() { both "$dkim_ns" "$1" ed && dkim_good "$dkim_cache" "$scratch/mail" ed; }
within 30 both_bear "$(dkim_selector "$d/host/mail.private")"
result $? 'mail bears both signatures, and both verify'
cat >"$scratch/register/second.yaml" <<-REGISTER
	secrets:
	  mail/dkim-ed25519:
	    kind: dkim-key
	    make: ed25519
	    places: [{repository: keys, file: files/mail-ed.private}]
	    accounts:
	      - {driver: dkim, address: '$dkim_ns', users: [ed25519@wiki.lab], from: mail, options: {selector: ed}}
	      - {driver: dkim, address: '$dkim_cache', users: [ed25519@wiki.lab], role: replica, from: mail,
	         options: {selector: ed}}
	      - {driver: dkim, address: '$dkim_smtp', users: [ed25519@wiki.lab], role: replica, from: mail, host: mail,
	         options: {${options/selector: mail/selector: ed}}}
	    consumers:
	      - {hosts: mail, file: $d/host/mail-ed.private, service: opendkim-ed, restart: firebreak, side: server,
	         restart_command: [$d/restart-ed]}
	    public_halves:
	      - {repository: dns, file: zones/wiki.lab, what: TXT record of ed._domainkey, format: dkim-zone,
	         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
	      - {repository: tables, file: KeyTable-ed, what: the selector, format: dkim-tables,
	         options: {key: $d/host/mail-ed.private, signing_table: SigningTable-ed}}
REGISTER
ed_said() { dkim_txt "$1" ed._domainkey.wiki.lab; }
result "$([ "$(ed_said "${dkim_cache#*:}")" = "\"$(ed_record "$scratch/ed.private")\"" ]; echo $?)" \
	'the resolver has its record, for two hours'
run declare mail/dkim-ed25519 --because 'pasted too' --as alice
# a push that no name server takes up
: >"$d/ns/held"
impatient 180 600 5400
run respond 4 --as alice
exits 1 'a record that is in git and on no server: it is not done'
ed_said "${dkim_ns#*:}" >"$scratch/served"
git --git-dir="$d/dns.git" show main:zones/wiki.lab >"$scratch/zone"
result "$(grep -q '^ed._domainkey .*p="' "$scratch/zone" && grep -q 'p=[A-Za-z0-9]' "$scratch/served"; echo $?)" \
	'git says that the old key ended, and the name server serves it'
run journal export 4
outcomes '.withdraw.outcome == "proven" and .prove.outcome != "proven" and .["served-at-once"].outcome != "proven"'
result $? 'the push is proven, and nothing that the servers have to say is'
run report 4
grep -qF "message signed with the old key as selector 'ed' | verifies (kept for 7200 s) | failed |" "$scratch/out"
result $? "the report has the server's own answer"
rm "$d/ns/held"
"$d/dns.git/hooks/post-receive"

# a resolver that has it for two hours more
impatient 5400
run respond 4 --as alice
exits 1 'a resolver that keeps the old record: it is not done'
run journal export 4
of="$dkim_cache|$dkim_ns" outcomes '.prove.outcome == "proven" and .["prove-signed"].outcome == "failed"'
result $? 'the name server refuses it, the resolver accepts it'
run report 4
grep -qE "with the old key as selector 'ed' \| verifies \(kept for 71[0-9]{2} s\) \|" "$scratch/out"
result $? 'the report says for how long it will'
says 'caches of others may keep the old public half of mail/dkim-ed25519 for 7200 s after'
tr -d '\\' <"$scratch/out" | grep -qF "| medium | record of the old key | $dkim_ns | 'ed._domainkey.wiki.lab' has it \
now; resolvers keep it for up to 7200 s"
result $? 'and the inspection found that before anything was done'

# a resolver that cannot tell
dkim_resolver_anew "$d" no
speak "$dkim_cache" '{"selector":"mail"}' true "$d/stolen" "$d/host/mail.private"
is unreachable 'SERVFAIL says nothing of the old key'
says 'SERVFAIL, which says nothing'
speak "$dkim_smtp" "${signs/$dkim_ns/$dkim_ns $dkim_cache}" true "$d/stolen" "$d/host/mail.private"
is unreachable 'mail that one of two servers makes good, and the other cannot judge, is not proven'
run respond 4 --as alice
exits 4 'a resolver that cannot tell: it is not known'
run journal export 4
of=$dkim_cache outcomes '.["prove-signed"].outcome == "unreachable"'
result $? 'it is unreachable, and neither proven nor refused'
dkim_resolver_anew "$d" yes
impatient none
run respond 4 --as alice
exits 3 'an emergency of the second key'
says 'Everything that we can do is proven'
git -C "$d/dns" pull -q --rebase origin main
git --git-dir="$d/keys.git" show main:files/mail-ed.private >"$scratch/ed.new"
result "$(grep -qF "$(ed_record "$scratch/ed.new")" "$d/dns/zones/wiki.lab"; echo $?)" \
	'the new one is Ed25519 too, and its record has the 32 bytes'
new=$(dkim_selector "$scratch/ed.new")
first=$(dkim_selector "$d/host/mail.private")
both "$dkim_ns" "$new" "$first" && both "$dkim_cache" "$new" "$first"
result $? 'mail bears both signatures, with the new Ed25519 key and the first one, and both verify by each server'
run report 4
tr -d '\\' <"$scratch/out" | grep -qF "| mail/dkim-ed25519 | $dkim_smtp | mail | probe message through $dkim_smtp, \
verified with what $dkim_cache answers | signature of wiki.lab, selector '$new': verifies | proven |"
result $? 'the report has the signature of the new Ed25519 key'
"$d/restart" stop
speak "$dkim_smtp" "$signs" true "$d/stolen" "$d/host/mail.private"
is neither 'a signer that is down beside one that is not is seen as well'
says "mail of 'wiki.lab' is signed with selector '$new' only"
"$d/restart"
finish
