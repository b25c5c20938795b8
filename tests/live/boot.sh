#!/usr/bin/env bash
# A host with a real systemd, journald, logind and sshd is cut off, boots again and is let free. How it is made says
# tests/lib/boot.sh. Its logind ends what a session leaves behind, root's too.
# Usage: boot.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
. "$2/tests/lib/boot.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
boot_farm b1

register() {          # RESPONDERS DEAD_MAN
	cat >"$scratch/register/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Farm, team: sre@example.org, approver: lead}
		ssh_config: $config
		roles: {lead: , sre: {root: true, contain: all}}
		people: {alice: {name: Alice, mail: alice@example.org, roles: [sre, lead], key: '$key'}}
		hosts: {b1: , probe: }
		configuration: {apply: none}
		containment: {responders: [$1], second: '{host}-second', probe: probe, dead_man: $2}
	REGISTER
}
usual() { register "10.77.0.250, 'fd77::fa', 10.77.0.252" 60; }
no_second_path() { register "10.77.0.250, 'fd77::fa'" "$1"; }

table() { here nft list tables | grep -q firebreak_contain; }
no_table() { boot_is_on b1 && ! table; }
evil_in() {           # a TCP connection to ssh, by IPv4 or IPv6
	fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address b1 4)/22" 2>/dev/null ||
		fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address b1 6)/22" 2>/dev/null
}
lock=/var/lib/puppet/state/agent_disabled.lock
disabled() { here grep -q 'firebreak incident 1' $lock; }
power_b1() {
	local n
	n=$(wc -l <"$fleet/b1.starts")
	boot_power b1
	boot_wait b1 $((n + 1))
}
# From here on every connection that the intruder gets is a line.
evil_tries() {
	: >"$scratch/got"
	ip netns exec evil python3 -c 'import socket, sys, time
out = open(sys.argv[1], "w", buffering=1)
n = 0
while True:
    for family, address in ((socket.AF_INET, sys.argv[2]), (socket.AF_INET6, sys.argv[3])):
        s = socket.socket(family)
        s.settimeout(0.05)
        try:
            s.connect((address, 22))
            print("in by", address, time.time(), file=out)
        except OSError:
            n += 1
            open(sys.argv[1] + ".tries", "w").write(str(n))
        s.close()' "$scratch/got" "$(fleet_address b1 4)" "$(fleet_address b1 6)" &
	tries=$!
	within 10 test -s "$scratch/got.tries"
}
nothing_got_in() {    # TEXT
	kill $tries
	wait $tries 2>/dev/null
	result "$([ ! -s "$scratch/got" ]; echo $?)" "$1: none of $(cat "$scratch/got.tries")"
}
# What the kernel says of its rules, in its order; "# new generation" ends a transaction.
watch_rules() {
	here nft monitor >"$scratch/rules" 2>&1 &
	watching=$!
	within 10 eval 'here nft add table inet seen; here nft delete table inet seen
		grep -q "table inet seen" "$scratch/rules"'
}
no_moment() {         # N: at least so many transactions took it away, and each of them brought it back
	within 10 eval '[ "$(grep -c "^delete table inet firebreak_contain" "$scratch/rules")" -ge '"$1"' ]' || return 1
	here pkill -x nft
	wait $watching 2>/dev/null
	awk '/^delete table inet firebreak_contain/ { is = 0; n++ } /^add chain inet firebreak_contain input/ { is = 1 }
		/^# new generation/ { if (n && !is) { print "a generation without it: " $0; bad = 1 } }
		END { exit bad || !n }' "$scratch/rules"
}
# By systemd's own clock: its journal misses what was said before journald listened.
came_first() {        # UNIT UNIT [WHEN]: the first one was done before the second one's program began
	local one two
	one=$(here systemctl show --value -p ActiveEnterTimestampMonotonic "$1")
	two=$(here systemctl show --value -p "${3-ExecMainStartTimestampMonotonic}" "$2")
	echo "# $1 done at ${one:=0} us, $2 begun at ${two:=0} us"
	[ "$one" -gt 0 ] && [ "$one" -lt "$two" ]
}

here mkdir -p /var/lib/puppet/state /etc/systemd/logind.conf.d
here tee /etc/systemd/logind.conf.d/strict.conf >/dev/null <<-'LOGIND'
	[Login]
	KillUserProcesses=yes
	KillExcludeUsers=
LOGIND
here systemctl restart systemd-logind
usual
run declare host:b1 --because 'a strange login'
exits 0 'declared'
true_that 'before: the intruder gets in' evil_in

# --- the dead-man outlives its session, also where logind ends what a session leaves behind
no_second_path 5
run contain 1 b1 --as alice
exits 1 'the second path does not confirm it'
says 'the host lifts it by itself'
true_that 'dead_man_undoes_what_no_second_path_confirms' within 30 no_table
true_that 'the intruder gets in again' within 10 evil_in
true_that 'and Puppet is as it was' within 10 never here test -e $lock

# --- nor does it end with the service that it was told by: sshd without logind's sessions, which is ended as a whole
here sed -i 's/^UsePAM yes/UsePAM no/' /etc/ssh/sshd_config
here mkdir -p /run/systemd/system/ssh.service.d
here sh -c 'printf "[Service]\nKillMode=control-group\n" >/run/systemd/system/ssh.service.d/whole.conf
	systemctl daemon-reload; systemctl restart ssh.service'
no_second_path 6
run contain 1 b1 --as alice
exits 1 'the second path does not confirm it'
true_that 'sshd is started again, and what it left behind is ended' here systemctl restart ssh.service
true_that 'dead_man_outlives_the_service_of_ssh' within 30 no_table
here sed -i 's/^UsePAM no/UsePAM yes/' /etc/ssh/sshd_config
here sh -c 'rm -r /run/systemd/system/ssh.service.d; systemctl daemon-reload; systemctl restart ssh.service'

# --- one that stands, whatever is done to the rules of the host's own
usual
run contain 1 b1 --as alice
exits 0 'contained'
true_that 'it says nothing against that' never grep -F 'BUT' "$scratch/out" "$scratch/err"
run status 1 --json
result "$(jq -e '.hosts[] | .contained and .result.confirm.kept == "yes"' "$scratch/out" >/dev/null; echo $?)" \
	'and that it is kept over a restart'
true_that 'nobody gets in' never evil_in
watch_rules
for verb in restart reload stop start; do
	true_that "nftables.service: $verb" here systemctl $verb nftables
	true_that "the block stands after a $verb of nftables.service" table
done
true_that 'no_moment_without_it_while_the_host_loads_its_own_rules' no_moment 5
true_that 'nobody gets in' never evil_in
true_that 'Puppet is disabled' disabled

# --- a restart
evil_tries
true_that 'it boots again' start_again
true_that 'the block stands after a restart' table
true_that 'the rules of its own stand too' here nft list table inet filter
true_that 'block_is_in_force_before_sshd_listens' came_first firebreak-contain.service ssh.service
nothing_got_in no_connection_got_in_while_it_booted
true_that 'Puppet is still disabled' disabled
true_that 'the responder is in, by IPv4' ssh -F "$config" b1 true
true_that 'by IPv6' ssh -F "$config" b1-six true
true_that 'and by the second path' ssh -F "$config" b1-second true
run contain 1 b1 --as alice
exits 0 'again: the host says that it stands'
says 'b1: contained after'

# --- a second restart, with others that load rules, each of which lets everybody in to ssh, a socket for ssh, and what
# bans, once by nft and once by iptables
keepers='nftables.service ferm.service netfilter-persistent.service'
here sh -c 'mkdir -p /etc/iptables
	printf "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n" |
		tee /etc/iptables/rules.v4 >/etc/iptables/rules.v6
	ln -s /lib/systemd/system/ferm.service /etc/systemd/system/sysinit.target.wants/
	ln -s /lib/systemd/system/netfilter-persistent.service /etc/systemd/system/multi-user.target.wants/
	mkdir -p /etc/systemd/system/sockets.target.wants
	ln -s /lib/systemd/system/ssh.socket /etc/systemd/system/sockets.target.wants/
	ln -s /lib/systemd/system/fail2ban.service /etc/systemd/system/multi-user.target.wants/
	{ printf "[DEFAULT]\nbackend = systemd\nmaxretry = 2\n[sshd]\nenabled = true\nbanaction = nftables\n"
		printf "[by-iptables]\nenabled = true\nfilter = sshd\nport = ssh\nbanaction = iptables\n"
	} >/etc/fail2ban/jail.local
	rm /etc/systemd/system/multi-user.target.wants/ssh.service'
evil_tries
true_that 'it boots again' start_again
true_that 'each of them has loaded its rules' eval "here systemctl is-active $keepers &&
	here iptables-save | grep -e '--dport 22 -j ACCEPT'"
true_that 'the block stands' table
true_that 'block_is_in_force_before_the_socket_of_ssh_listens' came_first firebreak-contain.service ssh.socket \
	InactiveExitTimestampMonotonic
for one in $keepers; do
	true_that "and behind $one" came_first "$one" firebreak-contain.service
done
nothing_got_in no_connection_got_in_past_the_socket
watch_rules
for one in $keepers; do
	true_that "$one is started again" here systemctl restart "$one"
	true_that "the block stands after a restart of $one" table
done
true_that 'no moment without it' no_moment 2
true_that 'nobody gets in' never evil_in

# --- fail2ban of that boot, whose rules come and go with who is banned
bans() { here fail2ban-client "$@"; }
has_bans() { here nft list table inet f2b-table && here iptables -S f2b-by-iptables; }
for one in sshd by-iptables; do
	true_that "fail2ban was started with the host: $one" within 30 bans status $one
	true_that 'somebody is banned' bans set $one banip 192.0.2.66
done
true_that 'both have rules of their own' within 10 has_bans
true_that 'fail2ban_does_not_open_the_block' eval 'table && ! evil_in'
true_that 'it is reloaded' bans reload
true_that 'its reload does not either' eval 'table && ! evil_in'
true_that 'all are let go' bans unban --all
true_that 'nor does that' eval 'table && ! evil_in'
true_that 'it is stopped, and takes its rules with it' here systemctl stop fail2ban
true_that 'nor that' eval 'table && ! evil_in && ! has_bans'
true_that 'the responder is in' ssh -F "$config" b1 true
here rm /etc/systemd/system/multi-user.target.wants/fail2ban.service /etc/fail2ban/jail.local
here sh -c 'cd /etc/systemd/system; rm sysinit.target.wants/ferm.service sockets.target.wants/ssh.socket \
		multi-user.target.wants/netfilter-persistent.service
	ln -s /lib/systemd/system/ssh.service multi-user.target.wants/
	systemctl daemon-reload; systemctl stop ferm netfilter-persistent; iptables -F; ip6tables -F
	iptables -P INPUT ACCEPT; ip6tables -P INPUT ACCEPT'

# --- released, and it stays so
run release 1 b1 --as alice
exits 0 'released'
says 'the probe reaches'
true_that 'the intruder could come again' evil_in
left() {
	here bash -c 'nft list tables | grep firebreak; ls -d /run/firebreak-contain /etc/firebreak-contain \
		/etc/systemd/system/*firebreak* /etc/systemd/system/*/*firebreak* '"$lock"' 2>/dev/null
		systemctl --all --no-legend list-units "firebreak*"'
}
nothing_left() { [ -z "$(left)" ] || { left; return 1; }; }
true_that 'nothing of ours is left, systemd knows of nothing' nothing_left
true_that 'nftables.service is as it was' never eval 'here systemctl cat nftables.service | grep firebreak'
true_that 'it boots again' start_again
true_that 'no block after the next restart' no_table
true_that 'and_no_trace_of_ours' nothing_left
true_that 'the intruder could come again' within 10 evil_in

# --- the power fails before the second path has confirmed it, there and where the responder sits
no_second_path 60
"$firebreak_program" contain 1 b1 --as alice >"$scratch/contain" 2>&1 </dev/null &
contain=$!
true_that 'the block stands' within 20 table
true_that 'Puppet is disabled' within 20 disabled
kill -9 $contain
wait $contain 2>/dev/null
boot_cut b1
true_that 'it boots again' power_b1
true_that 'what was not confirmed does not stand' no_table
run release 1 b1 --as alice
exits 0 'released'
true_that 'and Puppet is free again' nothing_left

# --- ssh is stopped, which a socket of systemd would start again at the next knock, and Puppet within half an hour
usual
here systemctl stop ssh.service
here systemctl start ssh.socket
true_that 'before: sshd is started by who knocks' evil_in
true_that 'and runs' within 10 here systemctl is-active ssh.service
run contain 1 b1 --level ssh --as alice
exits 0 'ssh is stopped'
true_that 'nobody gets in' never evil_in
true_that 'who_knocks_starts_nothing' never here systemctl is-active ssh.service ssh.socket
true_that 'and Puppet will not' disabled
true_that 'on its console it is started again' here systemctl start ssh.service
true_that 'the responder is in' within 10 ssh -F "$config" b1 true
run release 1 b1 --as alice
exits 0 'released'
true_that 'Puppet is free again' nothing_left

# --- switched off, in order
run contain 1 b1 --level shutdown --as alice
exits 0 'switched off'
true_that 'it is' within 30 never boot_is_on b1
true_that 'and stays so' within 10 grep -q 'ended with 130' "$fleet/b1.log"
true_that 'its_services_ended_in_order' eval "journalctl -q -D '$fleet/b1.disk/var/log/journal' -o cat -n 100 |
	grep -q 'Reached target poweroff.target'"
finish
