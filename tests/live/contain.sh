#!/usr/bin/env bash
# A compromised host is cut off: real sshd and nftables in network namespaces, an intruder who is in already.
# Usage: contain.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
fleet_up 4 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
variables
# The team keeps a connection to h2 open, and its second path would go over the same one. h1-again is another name for
# the first path.
sed -i "s/ConnectTimeout 10/ConnectTimeout 7/
	1i Host h2 h2-second\\n\\tControlMaster auto\\n\\tControlPath $scratch/open
	1i Host h1-again\\n\\tHostName 10.77.0.1\\n\\tHostKeyAlias fleet" "$fleet/ssh_config"
run key init
key=$(head -1 "$scratch/out")

# alice is of the responders; carl is root and none of them; dora has nothing.
register() {          # RESPONDERS SECOND DEAD_MAN
	cat >"$scratch/register/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Farm, team: sre@example.org, approver: lead}
		ssh_config: $fleet/ssh_config
		roles: {lead: , sre: {root: true, contain: all}, dba: {root: true}, writer: }
		people:
		  alice: {name: Alice, mail: alice@example.org, roles: [sre, lead], key: '$key'}
		  carl: {name: Carl, mail: carl@example.org, roles: [dba]}
		  dora: {name: Dora, mail: dora@example.org, roles: [writer]}
		hosts: {h1: , h2: , h3: , h4: , probe: , gone: {address: 10.77.0.99}}
		groups: {both: [h1, h2]}
		systems: {mw: {title: MediaWiki, hosts: [h1, h2], contacts: [alice]}}
		configuration: {apply: none}
		containment:
		  responders: [$1]
		  second: '$2'
		  probe: probe
		  dead_man: $3
	REGISTER
}
usual() { register "10.77.0.250, 'fd77::fa', 10.77.0.252" '{host}-second' 60; }

evil_in() {           # HOST: the intruder gets a TCP connection to ssh, by IPv4 or IPv6
	fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address "$1" 4)/22" 2>/dev/null ||
		fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address "$1" 6)/22" 2>/dev/null
}
evil_session() {      # ADDRESS: stays there until it is cut; its process is $evil
	fleet_evil ssh -F none -i "$fleet/alice" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes "alice@$1" 'exec sleep 1000' >/dev/null 2>&1 </dev/null &
	evil=$!
}
sleeps() { fleet_on "$1" pgrep -x sleep -u alice; }
# A flow of the host's to the intruder that has nothing of ssh about it: nothing in its environment, nobody above it.
# What arrives is a line each time in the file; $far is the intruder's end of it.
flow() {              # HOST PORT FILE
	fleet_evil socat -u "TCP-LISTEN:$2,bind=10.77.0.66" "OPEN:$3,creat,append" >/dev/null 2>&1 </dev/null &
	far=$!
	fleet_on "$1" env -i setsid -f bash -c 'trap "" PIPE
		until exec 3<>/dev/tcp/10.77.0.66/'"$2"'; do sleep 0.1; done
		exec -a flow bash -c "while :; do echo x >&3; sleep 0.2; done"' >/dev/null 2>&1 </dev/null
}
flow_runs() { fleet_on "$1" pgrep -f '^flow -c'; }
table() { fleet_on "$1" nft list tables | grep -q firebreak_contain; }
no_table() { ! table "$1"; }
ends() { timeout "$1" tail --pid="$2" -f /dev/null; }

usual
fleet_on h1 mkdir -p /var/lib/puppet/state
fleet_on h1 bash -c 'echo "{\"disabled_message\":\"a colleague\"}" >/var/lib/puppet/state/agent_disabled.lock'
# h2 has an agent whose state lies elsewhere, and applies without it
fleet_on h2 mkdir -p /var/lib/puppet/state /var/lib/own/state
fleet_on h2 bash -c 'printf "[main]\nvardir = /var/lib/own\n[agent]\nstatedir = \$vardir/state\n" \
		>/etc/puppet/puppet.conf
	echo "0 3 * * * root puppet apply /etc/puppet/site.pp" >/etc/cron.d/own'
agent() { fleet_on h2 timeout 60 puppet agent --onetime --no-daemonize --verbose --waitforcert 0 --server 127.0.0.1; }
agent_is_disabled() { agent 2>&1 | grep "administratively disabled (Reason: 'firebreak incident 1')"; }
true_that 'before: its agent runs' never agent_is_disabled
run declare host:h1 --because 'a strange login'
exits 0 'declared'
run plan 1
says 'firebreak contain 1 h1'

# --- page: "Ensure no one can gain access to the system after the issue has been discovered."
true_that 'before: the intruder gets in' evil_in h1
evil_session 10.77.0.1; four=$evil
evil_session fd77::1; six=$evil
fleet_evil ssh -F none -i "$fleet/alice" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes \
	alice@10.77.0.1 'nohup setsid sleep 1001 >/dev/null 2>&1 &' </dev/null >/dev/null 2>&1
flow h1 4444 "$scratch/flow-h1"
far_of_h1=$far
ssh -F "$fleet/ssh_config" -o ControlMaster=yes -fN h2 >/dev/null 2>&1
open=$(ssh -F "$fleet/ssh_config" h2 'echo $SSH_CONNECTION')
true_that 'a connection to h2 is kept open' ssh -F "$fleet/ssh_config" -O check h2-second
three_sleep() { [ "$(fleet_on h1 pgrep -cx sleep -u alice)" = 3 ]; }
true_that 'the intruder has sessions and something left behind' within 20 three_sleep
true_that 'and a flow that no session of ssh began' within 20 test -s "$scratch/flow-h1"
run contain 1 both --as alice
exits 0 'both are contained'
says 'h1: contained after'
says 'h2: contained after'
says 'the probe was refused at all'
says "BUT '/etc/cron.d/own' runs puppet apply, which heeds no lock of the agent's"
says 'BUT not after its next start: no systemd runs there'
true_that 'page_1_ensure_no_one_can_gain_access_to_the_system' never evil_in h1
true_that 'the session on IPv4 is ended at its own end too' ends 20 "$four"
true_that 'and the one on IPv6' ends 20 "$six"
true_that 'nothing of theirs runs there, what was left behind included' never sleeps h1
true_that 'foreign_established_flows_are_cut: the far end sees it closed' ends 20 "$far_of_h1"
true_that 'and not since its program ended' flow_runs h1
arrived=$(wc -l <"$scratch/flow-h1")
true_that 'the host reaches nobody: no TCP' never fleet_on h1 timeout 2 bash -c 'exec 3<>/dev/tcp/10.77.0.66/22'
true_that 'and no DNS' never fleet_on h1 timeout 2 bash -c 'echo x >/dev/udp/10.77.0.66/53'
true_that 'itself it reaches' fleet_on h1 timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/22'
true_that 'the responder is in, by IPv4' ssh -F "$fleet/ssh_config" h1 true
true_that 'and by IPv6' ssh -F "$fleet/ssh_config" h1-six true
puppet=/var/lib/puppet/state/agent_disabled.lock
true_that 'Puppet stays as a colleague left it' fleet_on h1 grep -q 'a colleague' $puppet
true_that 'and is disabled in the name of the incident elsewhere' fleet_on h2 grep -q 'firebreak incident 1' $puppet
true_that 'puppets_own_agent_heeds_the_lock_where_its_configuration_says' agent_is_disabled
true_that 'what a systemd would load at its next start is there' fleet_on h1 \
	test -L /etc/systemd/system/sysinit.target.wants/firebreak-contain.service
true_that 'by rules that nft takes' fleet_on h1 nft -c -f /etc/firebreak-contain/rules.nft
sealed() { [ "$(find "$scratch/state/evidence" -name '*.sealed' -size +1k | wc -l)" = 2 ]; }
true_that 'evidence of both lies sealed here' sealed
run journal export 1
rows='[.[] | select(.kind == "evidence" or (.kind == "contained" and .body.outcome == "contained")) | .kind]'
result "$(jq -se "$rows | length == 4" "$scratch/out" >/dev/null; echo $?)" 'and has its rows'
run status 1 --json
result "$(jq -e '[.hosts[] | select(.contained)] | length == 2' "$scratch/out" >/dev/null; echo $?)" 'status: both'
result "$(jq -e --arg open "$open" '.hosts[] | select(.host == "h2") | .result | .contain.connection == $open and
	(.confirm.connection | startswith("10.77.0.252 "))' "$scratch/out" >/dev/null; echo $?)" \
	'h2 was cut off over the connection that is kept open, and confirmed over a new one of the second path'
true_that 'which stays open' ssh -F "$fleet/ssh_config" -O check h2
result "$(jq -e '.list[] | select(.id == "contain:h1") | .outcome == "by hand"' "$scratch/out" >/dev/null; echo $?)" \
	'the step of the plan is settled'
run status 1
says 'h1: contained (isolate)'
says 'BUT not after its next start'
run report 1
says 'Hosts that were cut off'
says 'BUT not after its next start'
run contain 1 h1 --as alice
exits 0 'again: the host says that it stands'
scouts() { fleet_on h1 pgrep -f '/\.firebreak-'; }
true_that 'and no dead-man is left' within 20 never scouts
shipped() { fleet_on "$1" bash -c 'ls -d /dev/shm/.firebreak-* /run/.firebreak-* /root/.firebreak-*' 2>/dev/null; }
true_that 'nor a program of ours' within 20 never shipped h1
true_that 'nor on the other host' within 20 never shipped h2

# --- release, with proof
run release 1 both --as alice
exits 0 'released'
says 'the probe reaches'
true_that 'nothing of ours is left' never fleet_on h1 bash -c 'nft list tables | grep -q . || ls -d \
	/run/firebreak-contain \
	/etc/firebreak-contain /etc/systemd/system/firebreak-contain.service 2>/dev/null'
true_that 'Puppet: a colleague'"'"'s lock stays' fleet_on h1 test -e $puppet
true_that 'ours is gone' never fleet_on h2 test -e $puppet
true_that 'and the agent runs again' never agent_is_disabled
true_that 'the intruder could come again' evil_in h1
true_that 'the program of the flow runs still' flow_runs h1
true_that 'a flow that was cut does not go on' [ "$(wc -l <"$scratch/flow-h1")" = "$arrived" ]

# --- who would be cut off is refused before anything is done
register 10.77.0.252 '{host}-second' 60
run contain 1 h1 --as alice
exits 1 'refused'
says 'you would be cut off: the host sees you come from 10.77.0.250'
true_that 'and nothing is there' no_table h1
register "10.77.0.250, 'fd77::fa'" '{host}-second' 5
run contain 1 h1 --as alice
exits 1 'the second path comes from a jump host that is not let in'
says 'the host lifts it by itself'
says 'NOT CONTAINED'
true_that 'dead_man_undoes_what_no_second_path_confirms' within 30 no_table h1
true_that 'and takes the program with it that waited for a confirmation' within 20 never shipped h1
true_that 'with Puppet' never fleet_on h1 grep -q 'firebreak incident' $puppet
run status 1
says '!!! h1: NOT CONTAINED'
register "10.77.0.250, 'fd77::fa', 10.77.0.252" '{host}' 60
run contain 1 h1 --as alice
exits 5 'a second path that is the first one is refused'
says 'its second path is its first one'
register "10.77.0.250, 'fd77::fa', 10.77.0.252" '{host}-again' 60
run contain 1 h1 --as alice
exits 1 'another name for the first one is none either'
says 'its second path is its first one: the host saw both as 10.77.0.250 '
says '; the block stays'
true_that 'it does' table h1
usual
run contain 1 h1 --as alice
exits 0 'by a second path it is contained'
register "10.77.0.250, 'fd77::fa'" '{host}-second' 5
run contain 1 h1 --as alice
exits 1 'other rules, which nobody can confirm'
says 'the host goes back by itself to the rules that were confirmed before: '
says '; the block stays'
bastion_is_in() { fleet_on h1 nft list table inet firebreak_contain | grep -q '10\.77\.0\.252'; }
true_that 'it does, as it was before' within 20 bastion_is_in
run release 1 h1 --as alice
exits 0 'released'

# --- each address that the host has is tried, whatever the register names: h2 has two more on another card, and the
# probe has no way to one of them
ip -n h2 link add pub type veth peer name pub2
ip -n h2 link set pub up
ip -n h2 addr add 198.51.100.2/32 dev pub
ip -n h2 addr add 203.0.113.9/32 dev pub
ip -n probe route add 198.51.100.2 via 10.77.0.2
only_one() { sed -i 's/ h2: ,/ h2: {containment: {addresses: [10.77.0.2]}},/' "$scratch/register/firebreak.yaml"; }
register "10.77.0.250, 'fd77::fa', 'fd77::fb', 10.77.0.252" '{host}-second' 60
only_one
run contain 1 h2 --as alice
exits 1 'the probe is let in over IPv6'
says 'NOT cut off: the probe gets in at fd77::2 port 22; the block stays'
register "10.77.0.250, 'fd77::fa', 10.77.0.252" '{host}-second' 60
only_one

# --- one that is gone holds nobody back; a dead probe host proves nothing and lifts nothing
run contain 1 h2 gone --as alice
exits 4 'one of two'
says 'h2: contained after'
says 'the probe was refused at 3 ports and let in at none; 1 did not answer it, first 203.0.113.9 port 22: Network is'
says 'gone: NOT CONTAINED, unreachable'
run status 1 --json
result "$(jq -e '[.hosts[] | select(.host == "h2") | .result.probe[] | select(.[2] == "refused") | .[0]] | sort ==
	["10.77.0.2", "198.51.100.2", "fd77::2"]' "$scratch/out" >/dev/null; echo $?)" 'each address is tried'
run release 1 h2 --as alice
exits 0 'released'

# --- the answer to a confirmation is lost: h4 keeps the block, and all of its sshd ends before it can say so
usual
sed -i 's/ h4: ,/ h4: {containment: {dead_man: 8}},/' "$scratch/register/firebreak.yaml"
fleet_on h4 bash -c 'mv /usr/sbin/nft /usr/sbin/nft.real; cat >/usr/sbin/nft; chmod 755 /usr/sbin/nft' <<-'NFT'
	#!/bin/bash
	# whoever makes the rules looks at them once; whoever confirms them, then
	if [ "$1" = list ] && nft.real "$@" >/dev/null 2>&1 && ! mkdir /run/made 2>/dev/null && mkdir /run/lost; then
		kill -9 $(pgrep -x sshd)
	fi
	exec nft.real "$@"
NFT
run contain 1 h4 --as alice
exits 4 'it is not known whether it was confirmed'
says '!!! h4: NOT CONTAINED, unknown after'
says 'it was asked over the second path to keep the block, and its answer was lost: it keeps it, or lifts it by itself'
run status 1
says "it is not known whether a block stands by the host's last answer"
true_that 'h4 was asked, and kept it' fleet_on h4 grep -q '"state": "confirmed"' /run/firebreak-contain/marker
fleet_on h4 mv /usr/sbin/nft.real /usr/sbin/nft
true_that 'also when the time of its dead-man is over' table h4
fleet_fresh h4
true_that 'its ssh is as it was' within 20 ssh -F "$fleet/ssh_config" h4 true
run contain 1 h4 --as alice
exits 0 'run again, it says what holds it'
says 'h4: contained after'
run release 1 h4 --as alice
exits 0 'released'
usual

# --- who may
run contain 1 h1 --as dora
exits 3 'no role'
run contain 1 h1 --as carl
exits 3 'root, and no responder'
says 'firebreak contain 1 h1 --level shutdown --as carl'
run release 1 h1 --as carl
exits 3 'nor may he release'
true_that 'nothing was done' no_table h1
run contain 1 h1
exits 3 'nobody'
run contain 1 --level isolat h1 --as alice
exits 2 'a wrong word'
run contain 1 -oProxyCommand=touch --as alice
exits 2 'a host that is an option'
run contain --as alice -r "$scratch/register" 1 -- -oProxyCommand=touch
exits 2 'also behind --'
run contain 1 h9 --as alice
exits 2 'a host that is none'
run contain 7 h1 --as alice
exits 2 'an incident that is none'

# --- crowd control: one command each; the team is told at once, also when it has the incident already, and although the
# first of its channels is down
. "$2/tests/live/alert-services.sh"
trap services_end EXIT
make_certificates
start_mail
result $? 'a mail server is there'
sed -i 's/approver: lead}/approver: lead, channels: [chat, mail]}/' "$scratch/register/firebreak.yaml"
cat >"$scratch/register/channels.yaml" <<-REGISTER
	channels:
	  chat: {kind: irc, to: '#sre', server: '127.0.0.1:$(free_port)', nick: firebreak, tls: never}
	  mail: {kind: mail, to: team@example.org, relays: ['smtp://localhost:$mail_port'], tls: $mail_tls,
	    ca: $certificate, from: firebreak@example.org}
REGISTER
crowd_mails() {       # N TEXT: the team has got so many of them, and the last has the text
	grep -a '^Subject: ' "$mailboxes"/team "$mailboxes"/sink.* 2>/dev/null >"$scratch/subjects"
	[ "$(grep -c 'crowd control' "$scratch/subjects")" = "$1" ] &&
		grep -aqF -e "$2" "$mailboxes"/team "$mailboxes"/sink.* 2>/dev/null
}
run alert 1
exits 0 'the first channel is down: the team is told over the second'
run ack 1 sre@example.org --as alice
exits 0 'the team has the incident'
true_that 'and nothing was told of crowd control' within 60 crowd_mails 0 'Subject: [Firebreak] Incident 1'

# --- a proof that fails: the probe's host is let in, as an intruder would be who comes from a responder's address
mails() { cat "$mailboxes"/team "$mailboxes"/sink.* 2>/dev/null | grep -ac '^Subject: '; }
more_mails() { [ "$(mails)" -gt "$1" ]; }
before=$(mails)
sed -i 's/10.77.0.252\]$/10.77.0.252, 10.77.0.251]/' "$scratch/register/firebreak.yaml"
run contain 1 h2 --as alice
exits 1 'the probe gets in'
says '!!! h2: NOT CONTAINED, failed after'
says 'NOT cut off: the probe gets in at 10.77.0.2 port 22; the block stays'
says '!!! 1 host is NOT shown to be contained. Nothing that stands is lifted by it.'
says 'alert: sre@example.org over mail: sent'
true_that 'a_failed_proof_raises_the_alarm, although the team has the incident' within 60 more_mails "$before"
true_that 'no dead-man is left that would lift it' within 20 never fleet_on h2 pgrep -f '/\.firebreak-'
true_that 'a_failed_proof_never_lifts_the_isolation' table h2
true_that 'the intruder does not get in' never evil_in h2
run status 1
says '!!! h2: NOT CONTAINED'
says "the block stands by the host's last answer"
# nor does a proof that nobody gives: the probe's sshd takes the connection and says nothing
sed -i 's/, 10.77.0.251\]$/]/' "$scratch/register/firebreak.yaml"
fleet_on probe sh -c 'kill -STOP "$(cat /run/sshd.pid)"'
before=$(mails)
run contain 1 h2 --as alice
exits 4 'the probe cannot be asked'
says '!!! h2: NOT CONTAINED, unknown after'
says 'not shown: the probe could not be asked'
true_that 'that is an alarm, too' within 60 more_mails "$before"
true_that 'and_lifts_nothing_either' table h2
true_that 'the intruder does not get in' never evil_in h2
fleet_on probe sh -c 'kill -CONT "$(cat /run/sshd.pid)"'
run contain 1 h2 --as alice
exits 0 'the probe answers again: contained'
run release 1 h2 --as alice
exits 0 'released'

run contain 1 h3 --level port22 --as carl
exits 0 'carl closes port 22'
says 'alert: crowd:sre@example.org over mail: sent'
true_that 'the team has mail of it' within 60 crowd_mails 1 '  h3: --level port22, by carl '
true_that 'nobody comes in by ssh' never evil_in h3
true_that 'the responder does' ssh -F "$fleet/ssh_config" h3 true
run release 1 h3 --as alice
exits 0 'who may releases it'
# --- a host that does not let us close a connection: sshd and what it starts may do nothing about the network, but make
# rules, by way of somebody who may. A flow that is frozen goes on with the release
stop_ssh() { fleet_on h3 sh -c 'kill "$(cat /run/sshd.pid)"; while pgrep -f "^sshd: /usr/sbin"; do sleep 0.05; done'; }
stop_ssh >/dev/null
fleet_on h3 setpriv --bounding-set -net_admin /usr/sbin/sshd -o PidFile=/run/sshd.pid
fleet_on h3 bash -c 'mv /usr/sbin/nft /usr/sbin/nft.real; cat >/usr/sbin/nft; chmod 755 /usr/sbin/nft
	setsid -f socat UNIX-LISTEN:/run/nft,fork "SYSTEM:read -r words; exec nft.real \$words"' <<-'NFT'
	#!/bin/bash
	{ echo "$*"; [ "$1" != -f ] || cat; } | socat -t 10 - UNIX-CONNECT:/run/nft
NFT
flow h3 4445 "$scratch/flow-h3"
true_that 'a flow that no session of ssh began' within 20 test -s "$scratch/flow-h3"
run contain 1 h3 --as alice
exits 1 'what_is_only_frozen_is_not_called_contained'
says "1 of others' sessions and connections could not be ended: the rules only freeze them, and they go on when it is"
says '; the block stays'
true_that 'the block stands' table h3
arrived=$(wc -l <"$scratch/flow-h3")
goes_on() { [ "$(wc -l <"$scratch/flow-h3")" -gt "$((arrived + 3))" ]; }
true_that 'the flow is frozen' never within 1 goes_on
run release 1 h3 --as alice
exits 0 'released'
true_that 'and goes on' within 30 goes_on
evil_session 10.77.0.3; four=$evil
true_that 'the intruder is back' within 20 sleeps h3
run contain 1 h3 --level sessions --as alice
exits 1 'what_could_not_be_closed_is_not_called_closed'
says "of others' sessions and connections could not be ended: they go on"
arrived=$(wc -l <"$scratch/flow-h3")
true_that 'they do' within 20 goes_on
stop_ssh >/dev/null
fleet_fresh h3
true_that 'its ssh is as it was' within 20 ssh -F "$fleet/ssh_config" h3 true
run contain 1 h3 --level sessions --as alice
exits 0 'sessions are closed'
true_that 'the flow at its far end too' ends 20 "$far"
true_that 'theirs is' ends 20 "$four"
true_that 'and the way in is open' evil_in h3
run contain 1 h3 --level ssh --as carl
exits 0 'carl stops ssh'
says 'the way back is its console'
true_that 'nobody comes in' never evil_in h3
run contain 1 h4 --level shutdown --as carl
exits 0 'carl switches it off'
true_that 'the team has mail of that too' within 60 crowd_mails 3 '  h4: --level shutdown, by carl '
run alert 1
exits 0 'nothing else is due'
true_that 'and once of each' crowd_mails 3 '  h3: --level ssh, by carl '
true_that 'nobody comes in there' never evil_in h4
finish
