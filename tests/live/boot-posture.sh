#!/usr/bin/env bash
# A host with a real systemd and journald: whether failed logins lead to bans, where what bans reads the journal.
# Usage: boot-posture.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
. "$2/tests/lib/boot.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
boot_farm b1

cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: sre@example.org, approver: lead}
	ssh_config: $config
	roles: {lead: , sre: {root: true}}
	people: {alice: {name: Alice, mail: alice@example.org, roles: [sre, lead], key: '$key'}}
	hosts: {b1: }
	configuration: {apply: none}
REGISTER
has() {               # RESULT TEXT: of the claim of bans
	local told
	jq -e --arg r "$1" --arg t "$2" '.[0].claims[] | select(.claim == "bans") |
		select(.result == $r and any(.said[]; .text | contains($t)))' "$scratch/out" >/dev/null
	told=$?
	result $told "bans is $1: $2"
	[ $told = 0 ] || jq -c '.[0].claims[] | select(.claim == "bans")' "$scratch/out" | sed 's/^/# is: /'
}
asked() { run posture b1 --json "$@"; }
evil_comes() {        # as far as the server's first words
	fleet_evil timeout 2 bash -c "exec 3<>/dev/tcp/$(fleet_address b1 4)/22; read -t 2 -u 3 line" 2>/dev/null
}
evil_tries() {        # until it is kept out
	local k
	for k in $(seq 40); do
		fleet_evil timeout 2 ssh -F none -o BatchMode=yes -o HostKeyAlias=fleet -o ConnectTimeout=2 \
			-o UserKnownHostsFile="$fleet/known_hosts" "mallory@$(fleet_address b1 4)" true \
			</dev/null 2>/dev/null
		[ "$k" -lt 2 ] || evil_comes || return 0
	done
	return 1
}
here sh -c 'rm -rf /var/lib/apt/lists/*; : >/var/lib/dpkg/status'

# --- fail2ban; its own words for the journal are of a unit that is not there, or of the program
here sh -c 'printf "[DEFAULT]\nbanaction = nftables\nbackend = systemd\nmaxretry = 2\n[sshd]\nenabled = true\n" \
	>/etc/fail2ban/jail.local; systemctl start fail2ban'
true_that 'fail2ban watches' within 30 here fail2ban-client status sshd
asked
has untold 'what sshd says of logins is where it reads: the journal: _SYSTEMD_UNIT=sshd.service + _COMM=sshd'
true_that 'the intruder comes as far as sshd' evil_comes
true_that 'failed logins lead to a ban' evil_tries
asked
has true '1 banned addresses, and the rules refuse each'
true_that 'the intruder is let go' here fail2ban-client unban --all
here sh -c 'printf "journalmatch = _SYSTEMD_UNIT=sshd.service\n" >>/etc/fail2ban/jail.local
	systemctl restart fail2ban'
true_that 'fail2ban watches, by the unit alone' within 30 here fail2ban-client status sshd
asked --try-ban
has false 'it does not read what sshd says of logins: the journal: _SYSTEMD_UNIT=sshd.service'
here systemctl stop fail2ban

# --- sshguard, as Debian sets it up
here sh -c 'systemctl start sshguard'
true_that 'sshguard watches' within 30 here nft list set ip6 sshguard attackers
asked
has untold 'what sshd says of logins is where it reads: the journal: -afb -p info -n1 -t sshd -o cat'
true_that 'failed logins lead to a ban' evil_tries
asked
has true '1 banned addresses, and the rules refuse each'
# what loads the host's own rules anew takes those of sshguard with it
here systemctl restart nftables
asked
has false "IPv4: its bans have nowhere to stand: the rules do not have the set 'attackers'"
true_that 'and so it is' evil_comes
finish
