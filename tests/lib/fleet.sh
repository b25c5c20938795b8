# Sourced by tests: a farm of hosts in network namespaces, with real sshd, nftables and syslog on each. Needs root.
# The whole lab lies in namespaces of this test (mounts, network, processes): it ends with it and leaves nothing.
#
#	. tests/lib/fleet.sh
#	fleet_enter "$@"             first thing in the test: begins it once more, inside of the namespaces
#	fleet_up 8 "$work/fleet"     hosts h1 to h8; returns when each answers ssh
#
# Where commands of the test run is the responder's machine: 10.77.0.250 and fd77::fa, with the file $fleet/ssh_config
# for ssh -F (hI is root@10.77.0.I by the key $fleet/admin; hI-six the same over fd77::I; hI-second by way of the
# bastion).
#
#	probe     10.77.0.251, fd77::fb   a host with sshd that tries ports from outside
#	bastion   10.77.0.252, fd77::fc   a host with sshd: the second path
#	evil      10.77.0.66,  fd77::42   the intruder: no sshd, has the key $fleet/alice
#
# Each host has its own /etc, /usr, /var (overlays of this machine's), empty /root, /home, /usr/local, /run,
# /tmp and /dev, its own
# host name and process ids: what is done there changes nothing here. Accounts: root (key admin), alice (key alice; in
# group sudo), bob (key bob). sshd says what happens to rsyslogd, which writes /var/log/auth.log.
# There is no systemd. sysrq of a host is this machine's own: the lab hides it.
#
#	fleet_on HOST COMMAND...     as root on a host, past ssh and past its nft rules
#	fleet_evil COMMAND...        from the intruder's address
#	fleet_kill HOST              it is gone, as if the power had failed
#	fleet_fresh HOST             sshd once more, after it was stopped

fleet_enter() {
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP the fleet needs root: network namespaces and sshd"; exit 0; }
	[ -z "${FLEET_INSIDE-}" ] || return 0
	# whoever runs the tests over ssh: it would say of each host's programs that they came by that connection
	unset SSH_CONNECTION SSH_CLIENT SSH_TTY SSH_USER_AUTH
	FLEET_INSIDE=1 exec unshare --mount --net --uts --pid --fork --kill-child --mount-proc bash "$0" "$@"
}

fleet_address() {             # HOST FAMILY
	local last
	case $1 in
	h*) last=${1#h} ;;
	b[0-9]*) last=$((100 + ${1#b})) ;;
	evil) last=66 ;;
	probe) last=251 ;;
	bastion) last=252 ;;
	esac
	if [ "$2" = 4 ]; then echo "10.77.0.$last"; else printf 'fd77::%x\n' "$last"; fi
}

fleet_wire() {                # HOST: its network namespace, tied to the switch
	local host=$1
	ip netns add "$host"
	# the same card each time: a host that comes back is not looked for at the address of the one that is gone
	ip link add "v-$host" type veth peer name eth0 \
		address "$(printf '02:00:00:00:01:%02x' "$(fleet_address "$host" 4 | cut -d. -f4)")" netns "$host"
	ip link set "v-$host" master br0 up
	ip -n "$host" link set lo up
	ip -n "$host" addr add "$(fleet_address "$host" 4)/24" dev eth0
	ip -n "$host" -6 addr add "$(fleet_address "$host" 6)/64" dev eth0 nodad
	ip -n "$host" link set eth0 up
}

# Runs as the first process of a host, in its own namespaces: FLEET HOST.
fleet_host() {
	local fleet=$1 host=$2 one d=/run/fleet-host user
	hostname "$host"
	mkdir -p "$d"
	mount -t tmpfs -o mode=0700 fleet "$d"
	for one in etc usr var; do
		mkdir -p "$d/$one" "$d/.$one"
		mount -t overlay -o "lowerdir=/$one,upperdir=$d/$one,workdir=$d/.$one" overlay "/$one"
	done
	mkdir -p "$d/keys" "$d/dev"
	cp "$fleet"/*.pub "$fleet/host_key" "$d/keys/"
	for one in null zero full random urandom tty; do
		: >"$d/dev/$one"
		mount --bind "/dev/$one" "$d/dev/$one"
	done
	mkdir "$d/dev/pts" "$d/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$d/dev/pts"
	ln -s pts/ptmx "$d/dev/ptmx"
	ln -s /proc/self/fd "$d/dev/fd"
	mount --rbind "$d/dev" /dev
	mount -t tmpfs -o mode=0700 root /root
	mount -t tmpfs -o mode=0755 home /home
	mount -t tmpfs -o mode=0755 local /usr/local
	mkdir /usr/local/bin /usr/local/sbin /usr/local/lib
	mount -t tmpfs -o mode=1777 tmp /tmp
	mkdir -p "$d/run"
	mount -t tmpfs -o mode=0755 run "$d/run"
	mkdir -p "$d/run/sshd" "$d/run/lock"
	cp -r "$d/keys" "$d/run/keys"
	mount --move "$d/run" /run
	[ ! -e /proc/sysrq-trigger ] || mount --bind /dev/null /proc/sysrq-trigger
	rm -f /var/log/auth.log /var/log/wtmp /var/log/btmp /var/log/lastlog
	rm -rf /var/log/journal /var/spool/cron/crontabs/* /var/spool/cron/atjobs/*
	: >/var/log/wtmp
	rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d/*
	install -m 600 /run/keys/host_key /etc/ssh/ssh_host_ed25519_key
	mkdir -m 700 /root/.ssh
	install -m 600 /run/keys/admin.pub /root/.ssh/authorized_keys
	for user in alice:4001 bob:4002; do
		printf '%s:x:%s:%s::/home/%s:/bin/bash\n' "${user%:*}" "${user#*:}" "${user#*:}" "${user%:*}" \
			>>/etc/passwd
		printf '%s:*:19000:0:99999:7:::\n' "${user%:*}" >>/etc/shadow
		printf '%s:x:%s:\n' "${user%:*}" "${user#*:}" >>/etc/group
		install -d -m 700 -o "${user#*:}" -g "${user#*:}" "/home/${user%:*}" "/home/${user%:*}/.ssh"
		install -m 600 -o "${user#*:}" -g "${user#*:}" "/run/keys/${user%:*}.pub" \
			"/home/${user%:*}/.ssh/authorized_keys"
	done
	sed -i 's/^\(sudo:.*:\)$/\1alice/' /etc/group
	rm -rf /run/keys
	cat >/etc/ssh/sshd_config <<-SSHD
		Port 22
		HostKey /etc/ssh/ssh_host_ed25519_key
		AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/userkeys/%u
		RevokedKeys /etc/ssh/revoked_keys
		UsePAM no
		PasswordAuthentication no
		PermitRootLogin prohibit-password
		LogLevel VERBOSE
		ExposeAuthInfo yes
		UseDNS no
		MaxStartups 100:30:200
		AllowTcpForwarding yes
		Subsystem sftp internal-sftp
	SSHD
	: >/etc/ssh/revoked_keys
	cat >/etc/rsyslog.conf <<-LOG
		module(load="imuxsock")
		module(load="builtin:omfile" template="RSYSLOG_TraditionalFileFormat")
		auth,authpriv.* action(type="omfile" file="/var/log/auth.log")
		*.*;auth,authpriv.none action(type="omfile" file="/var/log/syslog")
	LOG
	rsyslogd -i /run/rsyslogd.pid -f /etc/rsyslog.conf
	/usr/sbin/sshd -D -o PidFile=/run/sshd.pid &
	trap : TERM
	while true; do
		wait -n || sleep 1
	done
}

fleet_start() {               # HOST
	local host=$1
	ip netns exec "$host" unshare --mount --uts --pid --fork --kill-child --mount-proc \
		bash -c '. "$0"; fleet_host "$1" "$2"' "$fleet_lib" "$fleet" "$host" \
		>"$fleet/$host.log" 2>&1 </dev/null &
	echo $! >"$fleet/$host.pid"
}

fleet_ssh_host() {            # HOST: its part of the file
	local four six
	four=$(fleet_address "$1" 4)
	six=$(fleet_address "$1" 6)
	printf 'Host %s\n\tHostName %s\n\tHostKeyAlias fleet\n' "$1" "$four"
	printf 'Host %s-six\n\tHostName %s\n\tHostKeyAlias fleet\n' "$1" "$six"
	printf 'Host %s-second\n\tHostName %s\n\tHostKeyAlias fleet\n\tProxyJump bastion\n' "$1" "$four"
}

fleet_ssh_config() {          # N
	local host
	{
		for host in $(seq -f h%g "$1") probe bastion; do
			fleet_ssh_host "$host"
		done
		cat <<-ALL
			Host *
				User root
				IdentityFile $fleet/admin
				IdentitiesOnly yes
				UserKnownHostsFile $fleet/known_hosts
				GlobalKnownHostsFile none
				BatchMode yes
				ConnectTimeout 10
		ALL
	} >"$fleet/ssh_config"
}

fleet_wait() {                # HOST: until it answers ssh
	local k
	for k in $(seq 300); do
		ssh -F "$fleet/ssh_config" "$1" true 2>>"$fleet/$1.log" && return 0
		kill -0 "$(cat "$fleet/$1.pid")" 2>/dev/null || break
		sleep 0.1
	done
	echo "# $1 did not start:" >&2
	sed 's/^/# /' "$fleet/$1.log" >&2
	return 1
}

fleet_up() {                  # N FOLDER
	local n=$1 who host
	fleet=$2
	fleet_lib=$(readlink -f "${BASH_SOURCE[0]}")
	mkdir -p -m 700 "$fleet" /run/netns
	mount -t tmpfs netns /run/netns
	for who in admin alice bob host_key; do
		ssh-keygen -q -t ed25519 -N '' -C "$who@fleet" -f "$fleet/$who"
	done
	sed 's/^/fleet /' "$fleet/host_key.pub" >"$fleet/known_hosts"
	fleet_ssh_config "$n"
	ip link set lo up
	ip link add br0 type bridge
	ip addr add 10.77.0.250/24 dev br0
	ip -6 addr add fd77::fa/64 dev br0 nodad
	ip link set br0 up
	fleet_wire evil
	for host in $(seq -f h%g "$n") probe bastion; do
		fleet_wire "$host"
		fleet_start "$host"
	done
	for host in $(seq -f h%g "$n") probe bastion; do
		fleet_wait "$host"
	done
}

fleet_first() {               # HOST: process id, in this test's namespace, of the host's first process
	local p
	read -r p <"$fleet/$1.pid"
	pgrep -P "$p"
}

fleet_on() {                  # HOST COMMAND...
	local host=$1 p
	shift
	p=$(fleet_first "$host")
	nsenter --target "$p" --mount --uts --net --pid -- "$@"
}

fleet_evil() {
	ip netns exec evil "$@"
}

fleet_kill() {                # HOST
	local p
	read -r p <"$fleet/$1.pid"
	kill -9 "$p"
	wait "$p" 2>/dev/null || true
	ip netns del "$1"
}

fleet_fresh() {               # HOST
	fleet_on "$1" /usr/sbin/sshd -o PidFile=/run/sshd.pid
}
