#!/usr/bin/env bash
# One incident from its declaration to the published report, on Debian's Postfix and MediaWiki: who is told at once,
# the people concerned, the approval, the page, the site notice; and each mail in the right mailbox once. Usage:
# whole.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/wiki-kit.sh"
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP NOT SHOWN HERE: one whole incident on a real Postfix, which only root starts; run it as root'
	echo 'live-whole was left out: Postfix wants root. As anybody, live-wiki has its report and site notice,' \
		'cli-mail-relays its mail, live-alert those of us who are told, and nothing has all of it in one.' >&2
	exit 0
fi
chmod 755 "$scratch"                  # Postfix's own users look for their folders below it
make_farm
trap 'wiki_end; postfix_end; rm -rf "$scratch"' EXIT
bot=$(random_word)
draft=$scratch/report.md
mkdir "$scratch/keys"
for person in alice bob; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$scratch/keys/$person"; done
public() { cut -d' ' -f1-2 "$scratch/keys/$1.pub"; }
postfix_begin "$scratch/mx" && wiki_start meta "$bot"
result $? 'Postfix and a wiki run'
printf "wiki::bot: '%s'\nmail::sender: '%s'\n" "$bot" "$postfix_password" >>"$scratch/work/common.yaml"
git_push 'Bot and sender' "$scratch/work"
sed -i -e "s|^  alice: {|&ssh: '$(public alice)', |; s/alice@example.org/u901@example.net/" \
	-e "/^  alice: /a \\  bob: {name: Bob, roles: [lead], ssh: '$(public bob)'}" \
	-e 's|^    consumers: .*|&\n    opens: [data:users]|' \
	-e 's|team: team@example.org|team: u900@example.net|' \
	-e 's|approver: lead}|approver: lead, channels: [mails], contact: "privacy@example.org"}|' \
	"$scratch/register/firebreak.yaml"
cat >"$scratch/register/more.yaml" <<-REGISTER
	systems:
	  mail: {title: Mail, hosts: [box]}
	  wiki: {title: The wikis}
	secrets:
	  mail/sender: {kind: mail-password, places: [{repository: private, file: common.yaml, key: 'mail::sender'}]}
	  wiki/bot: {kind: wiki-account-password, places: [{repository: private, file: common.yaml, key: 'wiki::bot'}]}
	data:
	  users: {title: Accounts, system: thing, categories: [mail addresses], class: simple, people: 30, records: 30,
	    address: true}
	channels:
	  mails: {kind: mail, to: u900@example.net, relays: ['smtp://localhost:$postfix_port'], tls: required,
	    ca: $postfix_ca, from: security@example.org, user: $postfix_user, secret: mail/sender}
	wikis:
	  meta: {api: 'http://127.0.0.1:${wiki_port[meta]}/api.php', user: Admin@reports, secret: wiki/bot}
	publish: {wiki: meta, page: 'Tech:Incidents/{date}-{number}'}
REGISTER
run register check
exits 0 'the register knows them'

run declare thing/password --because 'pasted into a public channel' --as alice
exits 0 'declared'
run respond 1 --as alice
says 'Everything that we can do is proven'
run ack 1 alice --as alice
run notice word 1 --as alice --nature 'A password was published, and accounts could be read with it.' \
	--consequences 'Others may know your address.' --measures 'It was replaced.' --advice 'Expect false mails.'
exits 0 'worded'
run notice decide 1 mail yes --because 'their addresses are known' --as alice
{ echo mail; for k in $(seq 30); do echo "u$k@example.net"; done; } >"$scratch/people.csv"
run mail send 1 --csv "$scratch/people.csv" --retry 1
exits 0 'the people concerned are mailed'
run report 1 --output "$draft" --as alice
awk '/^<!-- firebreak:begin / { print; getline; print "none"; next } { print }' "$draft" >"$draft.new"
mv "$draft.new" "$draft"
run report 1 --output "$draft" --as alice
approve() { run report 1 approve --draft "$draft" --as "$1" --ssh-key "$scratch/keys/$1"; }
approve alice
exits 1 'nobody approves what they have a hand in'
says 'nobody approves a report that they have a hand in'
approve bob
exits 0 'the approver does'
cp "$draft" "$scratch/approved.md"
sed -i '0,/^none$/s//nothing/' "$draft"
run report 1 publish --draft "$draft"
exits 1 'a changed text is refused'
says 'something in it was changed'
cp "$scratch/approved.md" "$draft"
run report 1 publish --draft "$draft" --as bob
exits 0 'the approved one is published'
run notice site 1 --all-wikis --as bob
exits 0 'and the wiki says so on each page'
wiki_get meta Main_Page >"$scratch/html"
result "$(grep -q 'A password was published' "$scratch/html"; echo $?)" 'as people see it'
result "$(grep -q 'href="[^"]*/Tech:Incidents' "$scratch/html"; echo $?)" 'with a link to the report'
run notice withdraw 1 --as bob
exits 0 'until it is withdrawn'
result "$(! wiki_get meta Main_Page | grep -q 'A password was published'; echo $?)" 'and gone'

postfix_drained
result $? 'what was taken is in its mailbox'
for box in "$scratch"/mx/box/*/; do
	printf '%s %s\n' "$(basename "$box")" "$(find "$box" -type f | wc -l)"
done | sort >"$scratch/boxes"
{ for k in $(seq 30) 900 901; do echo "u$k 1"; done; } | sort >"$scratch/wanted"
cp "$scratch/boxes" "$scratch/out"
result "$(cmp -s "$scratch/boxes" "$scratch/wanted"; echo $?)" 'each mail is in the right mailbox, once'
result "$(grep -qh '^Subject: .*Incident 1' "$scratch"/mx/box/u900/new/* &&
	! grep -qh '^Subject: .*Incident 1:.*you are needed' "$scratch"/mx/box/u1/new/*; echo $?)" \
	'the team has the call'
run notice show 1 --json
result "$(jq -e '[.told[].to] | contains(["mail", "report"])' "$scratch/out" >/dev/null; echo $?)" \
	'the ladder knows what was done'
run journal verify
exits 0 'the journal is whole'
finish
