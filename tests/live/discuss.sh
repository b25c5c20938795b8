#!/usr/bin/env bash
# "Discuss findings with others or send findings to sre(at) to get more eyes on it": what was found on hosts is in the
# team's mailbox, once for each time that somebody looked. Real sshd and Postfix.
# Usage: discuss.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/postfix.sh"

chmod 755 "$scratch"                  # Postfix's own users look for their folders below it
make_farm
fleet_up 2 "$scratch/fleet"
result $? 'two hosts are there'
postfix_begin "$scratch/mx" || { echo "not ok $((count + 1)) - Postfix starts"; echo "1..$((count + 1))"; exit 1; }
trap 'postfix_end; rm -rf "$scratch"' EXIT
sed -i 's/team: team@example.org, approver: lead/team: u1@example.net, approver: lead, channels: [mail]/' \
	"$scratch/register/firebreak.yaml"
cat >"$scratch/register/more.yaml" <<-REGISTER
	ssh_config: $scratch/fleet/ssh_config
	hosts: {h1: {address: h1}, h2: {address: h2}}
	channels:
	  mail:
	    kind: mail
	    to: u1@example.net
	    relays: ['smtp://localhost:$postfix_port']
	    tls: required
	    ca: $postfix_ca
	    from: firebreak@example.net
REGISTER
sed -i 's/mail: alice@example.org/mail: u2@example.net/' "$scratch/register/firebreak.yaml"
mails() {             # how many of the team's mails speak of findings
	postfix_drained
	grep -rlE '^Subject: .*findings on' "$scratch/mx/box/u1" 2>/dev/null | wc -l
}
mail_has() {          # TEXT: in the newest of them
	local newest
	newest=$(grep -rlE '^Subject: .*findings on' "$scratch/mx/box/u1" | xargs ls -t | head -1)
	python3 -c 'import email, email.policy, sys
print(email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default).get_content())' \
		"$newest" | tee "$scratch/out" | grep -qF -e "$1"
	result $? "the mail says: $1"
}

run declare thing/password --because 'somebody is on h1' --suspected -1h --as alice
exits 0 'an incident'
result "$([ "$(mails)" = 0 ]; echo $?)" 'nothing was found yet, and nothing is said of it'

printf '%s install backdoor:amd64 <none> 6.6-6\n' "$(date -u -d '40 minutes ago' '+%F %T')" |
	fleet_on h1 sh -c 'rm -f /etc/localtime /var/log/dpkg.log.*; cat >/var/log/dpkg.log'
fleet_kill h2
run investigate 1 h1 h2 --package openssh-server
result "$([ "$code" = 4 ]; echo $?)" 'one host could not be looked through (exit code 4)'
says 'findings:u1@example.net over mail: sent'
result "$([ "$(mails)" = 1 ]; echo $?)" 'page_4_send_findings_to_sre: the team has one mail of it'
mail_has 'backdoor 6.6-6 was installed at'
mail_has 'through software?'
mail_has 'NOT LOOKED THROUGH: '
mail_has 'firebreak report 1'

run ack 1 u1@example.net --as alice
run alert 1
result "$([ "$(mails)" = 1 ]; echo $?)" 'a second run of alert says nothing twice'
run status 1
says 'findings:u1@example.net: told'

run investigate 1 h1 --package openssh-server
result "$([ "$(mails)" = 2 ]; echo $?)" 'looked again: the team, which has the incident already, is told again'
finish
