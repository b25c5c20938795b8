#!/usr/bin/env bash
# "Evaluate how the hole can be closed", on calm days: each claim of the page true on one real host and false on another
# (nft, sshd, fail2ban, apt's lists). Usage: posture.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"

make_farm
fleet_up 3 "$scratch/fleet"
result $? 'three hosts are there'
# root will not be let in any more: the team keeps a connection of before open
sed "s,^Host h1\$,Host h1\n\tControlPath $scratch/h1.socket," "$scratch/fleet/ssh_config" >"$scratch/ssh_config"
ssh -F "$scratch/ssh_config" -o ControlMaster=yes -o ControlPersist=yes -fN h1 </dev/null >/dev/null 2>&1
result $? 'a connection that is kept'
trap 'ssh -F "$scratch/ssh_config" -O exit h1 2>/dev/null; rm -rf "$scratch"' EXIT
echo "ssh_config: $scratch/ssh_config" >>"$scratch/register/firebreak.yaml"
cat >"$scratch/register/hosts.yaml" <<-REGISTER
	hosts: {h1: {address: h1}, h2: {address: h2}, h3: {address: h3}}
REGISTER
wait_for() { local k; for k in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }

# apt's lists as a security archive has them, with one version of one package
lists() {             # HOST VERSION AGE
	local d=/var/lib/apt/lists name=security.example.org_debian_dists_stable-security
	fleet_on "$1" sh -c "rm -rf $d /var/lib/apt/periodic; mkdir -p $d /var/lib/apt/periodic; umount /boot \
		2>/dev/null
		mount -t tmpfs boot /boot
		cat >$d/${name}_InRelease; touch -d '$3' /var/lib/apt/periodic/update-success-stamp" <<-RELEASE
		-----BEGIN PGP SIGNED MESSAGE-----
		Hash: SHA256

		Origin: Debian
		Label: Debian-Security
		Suite: stable-security
		Date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')
		-----BEGIN PGP SIGNATURE-----
		-----END PGP SIGNATURE-----
	RELEASE
	printf 'Package: openssh-server\nArchitecture: amd64\nVersion: %s\n' "$2" |
		fleet_on "$1" sh -c "cat >$d/${name}_main_binary-amd64_Packages"
}

# --- h1 is well kept
fleet_on h1 sh -c '
	cat >/etc/ssh/sshd_config.d/kept.conf
	sed -i -e "s/^PermitRootLogin.*/PermitRootLogin no/" -e "/^Port/i Include /etc/ssh/sshd_config.d/*.conf" \
		/etc/ssh/sshd_config
	kill "$(cat /run/sshd.pid)"
' <<-SSHD
	Ciphers aes256-gcm@openssh.com,aes256-ctr
	MACs hmac-sha2-256-etm@openssh.com
	KexAlgorithms curve25519-sha256
	Match User backup
		PermitRootLogin no
SSHD
wait_for eval '! fleet_on h1 sh -c "kill -0 \$(cat /run/sshd.pid)"'
fleet_fresh h1
fleet_on h1 nft -f - <<-NFT
	table inet filter {
		chain input {
			type filter hook input priority 0; policy drop;
			iif lo accept
			ct state vmap { established : accept, related : accept, invalid : drop }
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
			tcp dport 22 accept
		}
	}
NFT
fleet_on h1 sh -c '
	setsid perl -MIO::Socket::INET -e "\$s = IO::Socket::INET->new(LocalPort => 8080, Listen => 1); sleep 9999" \
	>/dev/null 2>&1 </dev/null &'
fleet_on h1 sh -c '
	printf "[DEFAULT]\nbanaction = nftables\nbackend = polling\nmaxretry = 2\n[sshd]\nenabled = true\n" \
	>/etc/fail2ban/jail.local
	: >>/var/log/auth.log
	mkdir -p /run/fail2ban
	fail2ban-server -b start >/dev/null 2>&1
'
wait_for fleet_on h1 fail2ban-client status sshd
result $? 'fail2ban watches'
fleet_on h1 sh -c '
	printf "Package: unattended-upgrades\nStatus: install ok installed\nArchitecture: all\nVersion: 2.9\n\n" \
	>>/var/lib/dpkg/status
	printf "APT::Periodic::Unattended-Upgrade \"1\";\n" >/etc/apt/apt.conf.d/20auto-upgrades
'
installed=$(fleet_on h1 dpkg-query -W -f '${Version}' openssh-server)
lists h1 "$installed" now

# --- h2 is not: lab's own sshd (root by key, SHA-1 MACs), no rules, no bans, an old list with something newer
lists h2 '1:99.9p1-1' '5 days ago'
fleet_on h2 sh -c 'touch -d "5 days ago" /var/lib/apt/lists/*; cp /bin/sleep /usr/bin/outlived && setsid outlived 9999 &
	sleep 0.5; rm /usr/bin/outlived'
result_of() {         # HOST CLAIM: of the answer in JSON
	jq -r --arg h "$1" --arg c "$2" '.[] | select(.host == $h).claims[] | select(.claim == $c).result' \
		"$scratch/out"
}
is() { result "$([ "$(result_of "$1" "$2")" = "$3" ]; echo $?)" "$1: $2 is $3"; }
sentence() {          # HOST CLAIM TEXT
	jq -e --arg h "$1" --arg c "$2" --arg t "$3" '.[] | select(.host == $h).claims[] | select(.claim == $c).said |
		map(select(.text | contains($t))) | length > 0' "$scratch/out" >/dev/null
	result $? "$1: $2 says: $3"
}

run posture h1 h2 --json
exits 4 'a ban that nobody has seen could not be told'
is h1 ports true
sentence h1 ports 'tcp/22 (sshd)'
result "$(grep -q 'tcp/8080' "$scratch/out"; [ $? = 1 ]; echo $?)" 'a port behind the rules is not called open'
is h1 bans untold
sentence h1 bans 'try with --try-ban'
is h1 ciphers true
is h1 root true
sentence h1 root '/root/.ssh/authorized_keys holds 1 keys'
is h1 updates true
for claim in ports bans ciphers root updates; do is h2 $claim false; done
sentence h2 ports 'IPv4: no rule looks at what comes in'
sentence h2 ports 'IPv6: no rule looks at what comes in'
sentence h2 bans 'neither fail2ban nor sshguard runs'
sentence h2 ciphers 'hmac-sha1'
sentence h2 root "PermitRootLogin is 'without-password'"
sentence h2 updates "openssh-server $installed is installed, and the security archive has 1:99.9p1-1"
sentence h2 updates 'still runs /usr/bin/outlived'
sentence h2 updates 'apt last asked'

# --- a ban that was tried is seen in the rules, and is gone again
run posture h1 --try-ban --json
exits 0 'with a ban that was tried all of it is true'
is h1 bans true
result "$(fleet_on h1 fail2ban-client status sshd | grep -q 192.0.2.1; [ $? = 1 ]; echo $?)" 'and the ban is gone'
# failed logins lead to one, for real
is_banned() { fleet_on h1 fail2ban-client status sshd 2>/dev/null | grep -q 10.77.0.66; }
for _ in $(seq 40); do
	is_banned && break
	fleet_evil ssh -F none -o BatchMode=yes -o UserKnownHostsFile="$scratch/fleet/known_hosts" \
		-o HostKeyAlias=fleet -o ConnectTimeout=20 mallory@10.77.0.1 true </dev/null 2>/dev/null
done
is_banned
result $? 'failed logins lead to a ban'
run posture h1 --json
exits 0 'which is in force'
sentence h1 bans '1 banned addresses, and the rules refuse each'
# rules that let ssh in before the ban looks: it bites nobody
fleet_on h1 nft flush chain inet f2b-table f2b-chain
run posture h1
exits 1 'a ban that the rules do not hold'
says 'banned addresses reach the port all the same: 10.77.0.66'
says '(is true on '

# --- what is changed one by one
fleet_on h1 nft add table ip6 more
fleet_on h1 nft insert rule inet filter input meta nfproto ipv6 accept
run posture h1 --json
is h1 ports false
sentence h1 ports 'IPv6: a port that no rule names is open to everybody'
fleet_on h1 sh -c 'printf "Match Address 10.0.0.0/8\n\tPermitRootLogin yes\n" >/etc/ssh/sshd_config.d/more.conf'
run posture h1 --json
is h1 root false
sentence h1 root "under 'Match Address 10.0.0.0/8': PermitRootLogin is 'yes'"
sentence h1 root 'after the running sshd read it: restart it'
fleet_on h1 rm /etc/ssh/sshd_config.d/more.conf
# a second sshd with options of its own
fleet_on h1 /usr/sbin/sshd -p 2222 -o PermitRootLogin=yes -o PidFile=/run/second.pid
run posture h1 --json
is h1 root false
sentence h1 root "for everybody: PermitRootLogin is 'yes'"

# --- a host that is gone proves nothing
fleet_kill h3
run posture h3 --json
exits 4 'a host that is gone'
for claim in ports bans ciphers root updates; do is h3 $claim untold; done

# --- no host is named: all of the register, and one that is gone does not hide what others say
run posture --json
exits 4 'every host'
result "$([ "$(jq -r '[.[].host] | sort | join(" ")' "$scratch/out")" = 'box h1 h2 h3' ]; echo $?)" \
	'posture_without_a_name_is_of_all_hosts'
for claim in ports bans ciphers root updates; do
	is h2 $claim false
	is h3 $claim untold
done

# --- what was found is kept, with its date
run posture --kept h2 --json
exits 1 'kept'
is h2 root false
result "$(jq -e '.[0].at_us > 0' "$scratch/out" >/dev/null; echo $?)" 'with its date'
run posture h2 --sarif
exits 1 'as SARIF'
result "$(jq -e '.runs[0].results | map(.ruleId) | index("root")' "$scratch/out" >/dev/null; echo $?)" \
	'with the claim as the rule'
run posture h2
exits 1 'and for people'
says '"Firewalls exist to keep port access limited" is not true'
run journal verify
exits 0 'the journal is whole'
run status
exits 0 'rows about no incident disturb nobody'

# --- bad input
run posture h4
exits 2 'a host that the register does not have'
run posture h2 --sarif --json
exits 2 'two formats'
mkdir -p "$scratch/register/rules"
echo 'posture: 1' >"$scratch/register/rules/posture.yaml"
run posture h2
exits 5 'rules of the team that are wrong'
says 'rules/posture.yaml'
finish
