#!/usr/bin/env bash
# "failed SSH attempts eventually result in port bans for specific IPs" and "Firewalls exist to keep port access
# limited": hosts with sshguard and each of its backends, with fail2ban, and with iptables and no nft. Failed logins are
# real, and so are their bans. Usage: posture_bans.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"

make_farm
fleet_up 4 "$scratch/fleet"
result $? 'four hosts are there'
echo "ssh_config: $scratch/fleet/ssh_config" >>"$scratch/register/firebreak.yaml"
cat >"$scratch/register/hosts.yaml" <<-REGISTER
	hosts: {h1: {address: h1}, h2: {address: h2}, h3: {address: h3}, h4: {address: h4}}
REGISTER
# what stands of packages takes time, and is not asked for here
for host in h1 h2 h3 h4; do fleet_on $host sh -c 'rm -rf /var/lib/apt/lists/*; : >/var/lib/dpkg/status'; done

no_nft() { fleet_on "$1" sh -c ': >/run/empty && mount --bind /run/empty /usr/sbin/nft'; }
legacy() {            # HOST: its iptables is the old one
	fleet_on "$1" sh -c 'for p in iptables ip6tables; do for x in "" -save -restore; do
		ln -sf /usr/sbin/xtables-legacy-multi /etc/alternatives/$p$x; done; done'
}
wall() {              # HOST RULES: what comes in is dropped, but ssh; RULES come before
	fleet_on "$1" sh -c "for t in iptables ip6tables; do
		\$t -P INPUT DROP && $2
		\$t -A INPUT -i lo -j ACCEPT; \$t -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
		\$t -A INPUT -p tcp -m multiport --dports 22 -j ACCEPT; done
		ip6tables -A INPUT -p ipv6-icmp -j ACCEPT"
}
guard() {             # HOST BACKEND LOG
	fleet_on "$1" sh -c "printf 'BACKEND=/usr/libexec/sshguard/%s\nFILES=%s\nTHRESHOLD=20\n' $2 $3 \
		>/etc/sshguard/sshguard.conf; : >>$3; setsid sshguard >/dev/null 2>&1 </dev/null &"
	within 10 fleet_on "$1" pgrep -f "sshg-fw"
}
unguard() { fleet_on "$1" pkill -x sshguard; within 10 never fleet_on "$1" pgrep sshg-; }
evil_comes() {        # HOST: a connection, and the server's first words
	fleet_evil timeout 2 bash -c "exec 3<>/dev/tcp/$(fleet_address "$1" 4)/22; read -t 2 -u 3 line" 2>/dev/null
}
evil_tries() {        # HOST: until it is kept out
	local k
	for k in $(seq 40); do
		fleet_evil timeout 3 ssh -F none -o BatchMode=yes -o HostKeyAlias=fleet -o ConnectTimeout=2 \
			-o UserKnownHostsFile="$scratch/fleet/known_hosts" "mallory@$(fleet_address "$1" 4)" true \
			</dev/null 2>/dev/null
		[ "$k" -lt 2 ] || evil_comes "$1" || return 0
	done
	return 1
}
has() {               # HOST CLAIM RESULT TEXT
	jq -e --arg h "$1" --arg c "$2" --arg r "$3" --arg t "$4" '.[] | select(.host == $h).claims[] |
		select(.claim == $c) | select(.result == $r and any(.said[]; .text | contains($t)))' \
		"$scratch/out" >/dev/null
	local told=$?
	result $told "$1: $2 is $3: $4"
	[ $told = 0 ] || jq -c --arg h "$1" --arg c "$2" '.[] | select(.host == $h).claims[] | select(.claim == $c)' \
		"$scratch/out" | sed 's/^/# is: /'
}
# --- h1: sshguard with nft; h2: fail2ban, iptables and no nft; h3: sshguard, the old iptables and no nft; h4: ipset
guard h1 sshg-fw-nft-sets /var/log/auth.log
result $? 'h1: sshguard runs'
no_nft h2
wall h2 true
fleet_on h2 sh -c '
	printf "[DEFAULT]\nbanaction = iptables-multiport\nbackend = polling\nmaxretry = 2\n[sshd]\nenabled = true\n" \
		>/etc/fail2ban/jail.local
	: >>/var/log/auth.log
	mkdir -p /run/fail2ban
	fail2ban-server -b start >/dev/null 2>&1'
legacy h3
no_nft h3
wall h3 '$t -N sshguard && $t -A INPUT -j sshguard'
guard h3 sshg-fw-iptables /var/log/auth.log
result $? 'h3: sshguard runs'
guard h4 sshg-fw-ipset /var/log/auth.log
result $? 'h4: sshguard runs'
within 10 fleet_on h4 sh -c 'ipset list sshguard4 && ipset list sshguard6'
wall h4 '$t -A INPUT -m set --match-set sshguard$(test $t = iptables && echo 4 || echo 6) src -j DROP'
within 20 fleet_on h2 fail2ban-client status sshd
result $? 'h2: fail2ban watches'

run posture h1 h2 h3 h4 --json
exits 4 'nobody is banned yet'
has h1 ports false 'IPv4: a port that no rule names is open to everybody'
for host in h2 h3 h4; do has $host ports true 'IPv6: what no rule lets in is dropped'; done
has h1 bans untold 'what sshd says of logins is where it reads: /var/log/auth.log'
for host in h1 h2 h3 h4; do has $host bans untold 'nobody is banned now, so no ban is seen in force'; done

run posture h1 h2 h3 h4 --try-ban --json
for host in h1 h2 h3 h4; do has $host bans true '1 banned addresses, and the rules refuse each'; done
banned() {            # HOST ADDRESS
	case $1 in
	h1) fleet_on h1 nft list set ip sshguard attackers ;;
	h2 | h3) fleet_on "$1" iptables-save ;;
	h4) fleet_on h4 ipset list sshguard4 ;;
	esac 2>/dev/null | grep -qF "$2"
}
for host in h1 h2 h3 h4; do true_that "$host: a ban that was tried is gone" within 10 never banned $host 192.0.2.1; done

# --- failed logins lead to bans; one may come in the midst of the next connection
for host in h1 h2 h3 h4; do
	true_that "$host: before, the intruder comes as far as sshd" evil_comes $host
	evil_tries $host &
	tries[${host#h}]=$!
done
for host in h1 h2 h3 h4; do
	wait "${tries[${host#h}]}"
	result $? "$host: failed logins lead to a ban"
	true_that "$host: which stands in the rules" within 10 banned $host 10.77.0.66
done
run posture h1 h2 h3 h4 --json
for host in h1 h2 h3 h4; do has $host bans true '1 banned addresses, and the rules refuse each'; done

# --- ssh is let in before the ban looks
for host in h2 h3 h4; do fleet_on $host iptables -I INPUT -p tcp -m tcp --dport 22 -j ACCEPT; done
run posture h2 h3 h4 --json
for host in h2 h3 h4; do has $host bans false 'banned addresses reach the port all the same: 10.77.0.66'; done
has h3 bans false "IPv4: whom it bans would reach the port all the same (the chain 'sshguard')"
true_that 'and so it is' evil_comes h2
for host in h2 h3 h4; do fleet_on $host iptables -D INPUT -p tcp -m tcp --dport 22 -j ACCEPT; done

# --- rules that nobody can show
fleet_on h2 iptables -P INPUT ACCEPT
run posture h2 --json
has h2 ports false 'IPv4: a port that no rule names is open to everybody'
fleet_on h2 sh -c 'umount /usr/sbin/nft && nft "table inet more { chain in { type filter hook input priority 5
	tcp dport 9 drop; }; }"'
no_nft h2
run posture h2
exits 4 'h2: they are said'
says '(not seen: table inet more of nftables)'
run posture h2 --json
has h2 ports untold 'IPv4: what happens to a port that no rule names cannot be read from the rules'
fleet_on h2 sh -c 'umount /usr/sbin/nft'
run posture h2 --json
has h2 ports false 'IPv4: a port that no rule names is open to everybody'
# both kinds of iptables at once: what one drops is dropped
fleet_on h2 sh -c 'nft delete table inet more; iptables-legacy -P INPUT DROP; iptables-legacy -A INPUT -p tcp -m tcp \
	--dport 22 -j ACCEPT'
run posture h2 --json
has h2 ports true 'IPv4: what no rule lets in is dropped'
fleet_on h2 sh -c 'for p in iptables-legacy-save iptables-save; do mount --bind /run/empty /usr/sbin/$p; done'
run posture h2 --json
has h2 ports untold '(not seen: iptables-nft-save, ip6tables-nft-save, iptables-legacy-save'
has h2 bans untold 'whether 1 of 1 banned addresses are kept out cannot be read from the rules'

# --- its rules are gone, while it runs
fleet_on h1 nft delete table ip sshguard
run posture h1 --json
has h1 bans false "IPv4: its bans have nowhere to stand: the rules do not have the set 'attackers'"
# it reads what nobody writes
unguard h1
fleet_on h1 touch -d '1 hour ago' /var/log/old.log
guard h1 sshg-fw-nft-sets /var/log/old.log
within 10 fleet_on h1 nft list table ip6 sshguard
run posture h1 --try-ban --json
has h1 bans false 'it does not read what sshd says of logins: /var/log/old.log'
# it writes no rules
unguard h1
guard h1 sshg-fw-null /var/log/auth.log
run posture h1 --json
has h1 bans false 'it bans nobody: it has no backend that does anything'
fleet_on h1 pkill -9 -f sshg-fw-null
run posture h1 --json
has h1 bans false 'it bans nobody: it has no backend that makes rules'
unguard h1
run posture h1 --json
has h1 bans false 'neither fail2ban nor sshguard runs'
finish
