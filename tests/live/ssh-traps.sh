#!/usr/bin/env bash
# What was measured on OpenSSH and nftables, and cost somebody a host: each trap is sprung by the way one would go by
# hand, and then shown not to catch us. Real sshd and nftables in network namespaces.
# Usage: ssh-traps.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
fleet_up 2 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
variables
unset SSH_AUTH_SOCK
run key init
key=$(head -1 "$scratch/out")
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: sre@example.org, approver: lead}
	ssh_config: $fleet/ssh_config
	roles: {lead: , sre: {root: true, contain: all}}
	people:
	  bob: {name: Bob, mail: bob@example.org, roles: [sre, lead], key: '$key'}
	  alice: {name: Alice, mail: alice@example.org, roles: [sre]}
	hosts: {h1: , h2: , probe: }
	systems: {servers: {title: Servers, hosts: [h1, h2]}}
	users: {alice: {person: alice, keys: [{key: '$(cut -d' ' -f1,2 "$fleet/alice.pub")'}]}}
	configuration: {apply: none}
	containment:
	  {responders: [10.77.0.250, 'fd77::fa', 10.77.0.252], second: '{host}-second', probe: probe, dead_man: 60}
REGISTER

evil_ssh() {          # HOST OPTION... COMMAND: as Alice, with her key
	fleet_evil ssh -F none -i "$fleet/alice" -o UserKnownHostsFile="$fleet/known_hosts" -o HostKeyAlias=fleet \
		-o BatchMode=yes -o IdentitiesOnly=yes -o ConnectTimeout=15 "${@:2:$#-2}" \
		"alice@$(fleet_address "$1" 4)" "${@: -1}" </dev/null
}
beats() { wc -l <"$scratch/beats"; }
more_beats() { [ "$(beats)" -gt "$1" ]; }
no_beat_for_a_second() {
	local n
	n=$(beats)
	sleep 1
	[ "$(beats)" = "$n" ]
}
evil_session() {      # HOST: a line each moment comes out of it; its process is $session
	: >"$scratch/beats"
	evil_ssh "$1" 'while echo x; do sleep 0.1; done' >"$scratch/beats" 2>/dev/null &
	session=$!
	within 60 more_beats 2
}
lockdown() {          # HOW-THE-ANSWERS-TO-THE-RESPONDER-GO-OUT
	printf 'table inet byhand {\n'
	printf '\tchain input { type filter hook input priority 0; policy drop; ip saddr 10.77.0.250 accept; }\n'
	printf '\tchain output { type filter hook output priority 0; policy drop; %s accept; }\n}\n' "$1"
}
by_hand() {           # HOST HOW...: over ssh, as one would type it
	lockdown "$2" | timeout 120 ssh -F "$fleet/ssh_config" -o ServerAliveInterval=0 "$1" 'nft -f -'
}
stands() { fleet_on "$1" nft list table inet "$2"; }

# --- ssh as the team has it: the responder's key is in an agent only, and opens h2 by a certificate
ssh-keygen -q -t ed25519 -N '' -f "$scratch/ca"
ssh-keygen -q -s "$scratch/ca" -I responder -n root "$fleet/admin.pub"
fleet_on h2 sh -c 'cat >/etc/ssh/ca.pub; echo "TrustedUserCAKeys /etc/ssh/ca.pub" >>/etc/ssh/sshd_config
	: >/root/.ssh/authorized_keys; kill -HUP "$(cat /run/sshd.pid)"' <"$scratch/ca.pub"
ssh-agent -D -a "$scratch/agent" >/dev/null 2>&1 </dev/null &
within 10 test -S "$scratch/agent"
export SSH_AUTH_SOCK="$scratch/agent"
ssh-add -q "$fleet/admin" </dev/null 2>/dev/null && mv "$fleet/admin" "$scratch/away"
true_that 'the responder comes in by a certificate, with a key that only an agent has' \
	within 60 ssh -F "$fleet/ssh_config" h2 true

# --- a connection of before conntrack is none that it knows
by_hand h1 'ct state established' >/dev/null 2>&1 &
hangs=$!
true_that 'rules that ask conntrack stand' within 60 stands h1 byhand
true_that 'trap: conntrack_hangs_the_session_that_applies_it' never timeout 5 tail --pid=$hangs -f /dev/null
kill $hangs
fleet_on h1 nft delete table inet byhand
by_hand h2 'ip daddr 10.77.0.250' >"$scratch/out" 2>&1
result $? 'rules without a state do not'
fleet_on h2 nft delete table inet byhand
run declare host:h2 --because 'a strange login' --as bob
exits 0 'declared'
run contain 1 h2 --as bob
exits 0 'ours come back with an answer'
true_that 'and stand' stands h2 firebreak_contain
result "$(! grep -q 'ct state' "$scratch/out"; echo $?)" 'they ask for no state'
run release 1 h2 --as bob
exits 0 'released'
# an eviction where an authority lets keys in is not known: it is not looked through
fleet_on h2 sh -c 'cat >/root/.ssh/authorized_keys; sed -i "/^TrustedUserCAKeys/d" /etc/ssh/sshd_config
	kill -HUP "$(cat /run/sshd.pid)"' <"$fleet/admin.pub"
rm "$fleet/admin-cert.pub"
true_that 'from here on by the key alone' within 60 ssh -F "$fleet/ssh_config" h2 true

# --- rules freeze what is open
true_that 'the intruder has a session' evil_session h1
lockdown 'ip daddr 10.77.0.250' | fleet_on h1 nft -f -
true_that 'it is silent' within 60 no_beat_for_a_second
true_that 'trap: the_block_freezes_a_session_and_does_not_end_it' kill -0 $session
true_that 'for the host it is established' eval 'fleet_on h1 ss -Htn state established dst 10.77.0.66 | grep -q .'
fleet_on h1 nft delete table inet byhand
before=$(beats)
true_that 'and it goes on when the rules go' within 40 more_beats "$before"
run contain 1 h1 --as bob
exits 0 'ours stand'
true_that 'and the session is ended at its own end' within 60 never kill -0 $session
run release 1 h1 --as bob
exits 0 'released'
true_that 'nothing of it goes on' within 60 no_beat_for_a_second

# --- a list of revoked keys is looked into at a login, and at nothing else
true_that 'the intruder has a session again' evil_session h1
true_that 'and a connection that is kept open' evil_ssh h1 -o ControlMaster=yes -o ControlPath="$scratch/mux" -fN none
shell() { evil_ssh h1 -o ControlMaster=no -o ControlPath="$scratch/mux" 'echo in' | grep -q in; }
evil_ssh h1 'nohup setsid sleep 1001 >/dev/null 2>&1 &'
evil_ssh h1 'exec env -i setsid sh -c "exec sleep 1002 >/dev/null 2>&1 &"'
left() { [ "$(fleet_on h1 pgrep -cxf 'sleep 100[12]')" = "$1" ]; }
true_that 'and left two behind, one of which forgot where it comes from' within 60 left 2
fleet_on h1 sh -c 'cat >/run/gone.pub; ssh-keygen -q -k -f /run/krl /run/gone.pub; mv /run/krl /etc/ssh/revoked_keys' \
	<"$fleet/alice.pub"
true_that 'her key is revoked' never evil_ssh h1 true
before=$(beats)
true_that 'trap: revocation_leaves_sessions_open' within 60 more_beats "$before"
true_that 'trap: a_control_master_opens_new_shells_after_revocation' shell
fleet_on h1 pkill -9 -x sshd -u alice
true_that 'the session is over when its sshd is' within 60 never kill -0 $session
true_that 'trap: what_setsid_started_outlives_its_sshd' left 2
fleet_on h1 sh -c ': >/etc/ssh/revoked_keys'
true_that 'an empty list refuses nobody' evil_session h1
true_that 'a connection is kept open again' evil_ssh h1 -o ControlMaster=yes -o ControlPath="$scratch/mux" -fN none
run declare user/alice --because 'her key was found with an intruder' --as bob
exits 0 'declared'
run evict 2 h1 --as bob
exits 0 'ours: she is evicted'
true_that 'her session is over' within 60 never kill -0 $session
true_that 'no new shell comes through what was open' never shell
true_that 'nothing that she left behind runs' left 0

# --- a list that cannot be read refuses everybody
admin() { ssh -F "$fleet/ssh_config" h2 true; }
true_that 'the responder is in' admin
fleet_on h2 sh -c 'echo garbled >/etc/ssh/revoked_keys'
true_that 'trap: a_garbled_list_of_revoked_keys_locks_everybody_out' never admin
fleet_on h2 rm /etc/ssh/revoked_keys
true_that 'trap: so_does_one_that_is_missing' never admin
fleet_on h2 sh -c 'cat >/etc/ssh/revoked_keys' <"$fleet/alice.pub"
true_that 'a list of plain keys is one' admin
true_that 'which refuses whom it names' never evil_ssh h2 true
fleet_on h2 sh -c ': >/etc/ssh/revoked_keys
	cp /usr/bin/ssh-keygen /run/real && { echo "#!/bin/sh"
		echo "case \$1 in -k*) echo garbled >\$2; exit 0;; esac"; echo "exec /run/real \"\$@\""; } >/run/liar
	chmod 755 /run/liar; mount --bind /run/liar /usr/bin/ssh-keygen'
run evict 2 h2 --as bob
exits 1 'ours: what ssh-keygen wrote is no list'
true_that 'and is not put in place' admin
fleet_on h2 umount /usr/bin/ssh-keygen
run evict 2 h2 --as bob
exits 0 'with a list that is one'
true_that 'she is out' never evil_ssh h2 true
true_that 'and the responder is in' admin
finish
