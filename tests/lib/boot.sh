# Sourced by tests behind fleet.sh: a host that boots a real systemd as its first process, with journald, logind, sshd,
# cron, atd, nftables.service and networkd. Needs root; the machine it runs on needs no systemd of its own.
#
#	. tests/lib/fleet.sh
#	. tests/lib/boot.sh
#	fleet_enter "$@"; . tests/cli/farm.sh "$@"
#	boot_farm b1                 a lab with this one host, a key of the responder, an empty register
#
# How it is made: the host's disk is a tmpfs of the test. Its /usr, /etc and /var are overlays of this machine's, whose
# lower halves stay as they are; of this machine's own units none is enabled. Each boot makes anew what a power switch
# makes anew: namespaces of processes, mounts, network, names, IPC, time (it is up for seconds, so that no monotonic
# time of an earlier boot means anything) and control groups (cgroup v2, one folder below our own); /run; the rules and
# the connections of its kernel; the id of the boot. What is on the disk stays.
# systemd knows that it is in a container (`container=lab`): it sets no clock, loads no module and starts no udev; /sys
# and /proc/sys but its network are read-only. An end of its first process by reboot(2) tells which: hung up is a
# restart, and the host boots again; interrupted is switched off, and it stays so.
#
#	boot_up HOST                 returns when it answers ssh, as fleet_up does; fails with its journal
#	boot_on HOST COMMAND...      as root on it, past ssh and nft; in none of its control groups
#	boot_is_on HOST              has it a first process?
#	boot_cut HOST                the power fails: nothing of it ends in order. boot_power HOST boots it again
#	boot_wait HOST N             until its Nth start answers ssh
#	boot_down                    all of them: gone, with their control groups; a test's trap calls it
#
# A host's name is b and a number, its addresses 10.77.0.(100 + number) and fd77::(100 + number); what ssh calls bN,
# bN-six and bN-second is what fleet.sh says of hN.

# Of the test itself, behind boot_farm:
#	within SECONDS COMMAND...    until it is so; true_that TEXT COMMAND... is a result; never COMMAND...
#	                             turns it round
#	here COMMAND...              boot_on the lab's host; start_again: it boots in order, and answers ssh
#	$config, $key                the file for ssh -F, and what the register says of the responder's key

boot_lib=$(readlink -f "${BASH_SOURCE[0]}")

boot_enable() {               # ROOT TARGET UNIT...: as `systemctl enable` does
	local root=$1 target=$2 unit
	shift 2
	mkdir -p "$root/etc/systemd/system/$target.wants"
	for unit; do
		ln -s "/lib/systemd/system/$unit" "$root/etc/systemd/system/$target.wants/$unit"
	done
}

boot_mount() {                # DISK ROOT: what stands on the disk, as the host sees it
	local disk=$1 root=$2 one
	mount -t tmpfs -o mode=0755 root "$root"
	for one in etc usr var; do
		mkdir -p "$root/$one" "$disk/$one" "$disk/.$one"
		mount -t overlay -o "lowerdir=/$one,upperdir=$disk/$one,workdir=$disk/.$one" overlay "$root/$one"
	done
	for one in root home usr/local; do
		mkdir -p "$root/$one" "$disk/own/$one"
		mount --bind "$disk/own/$one" "$root/$one"
	done
	for one in bin sbin lib lib64; do
		[ ! -L "/$one" ] || ln -s "usr/$one" "$root/$one"
	done
	mkdir "$root/proc" "$root/sys" "$root/dev" "$root/run" "$root/tmp" "$root/mnt"
	chmod 1777 "$root/tmp"
}

# What an installer would write. Once for each disk.
boot_install() {              # ROOT HOST
	local root=$1 host=$2 user
	rm -rf "$root"/etc/systemd/system/* "$root"/etc/rc?.d/* "$root"/etc/ssh/ssh_host_* \
		"$root"/etc/ssh/sshd_config.d/* "$root"/etc/systemd/{journald,logind,system,user}.conf.d \
		"$root"/etc/fstab "$root"/etc/cron.d/* \
		"$root"/etc/cron.{hourly,daily,weekly,monthly}/* "$root"/etc/modules-load.d/* "$root"/etc/puppet \
		"$root"/var/log/* "$root"/var/spool/cron/crontabs/* "$root"/var/spool/cron/atjobs/* \
		"$root"/var/lib/systemd/{linger,timers} "$root"/usr/local/*
	rm -f "$root/usr/sbin/rsyslogd"
	mkdir -p "$root"/usr/local/{bin,sbin,lib} "$root/var/log/journal" "$root/etc/systemd/network"
	: >"$root/etc/fstab"
	install -m 664 /dev/null "$root/var/log/wtmp"
	install -m 660 /dev/null "$root/var/log/btmp"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	echo "$host" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
	ln -s /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
	boot_enable "$root" sysinit.target nftables.service
	boot_enable "$root" multi-user.target ssh.service cron.service atd.service systemd-networkd.service
	boot_enable "$root" timers.target apt-daily.timer apt-daily-upgrade.timer
	ln -s /lib/systemd/system/ssh.service "$root/etc/systemd/system/sshd.service"
	for user in console-getty getty@tty1 systemd-networkd-wait-online systemd-resolved; do
		ln -s /dev/null "$root/etc/systemd/system/$user.service"
	done
	cat >"$root/etc/systemd/network/eth0.network" <<-NETWORK
		[Match]
		Name=eth0
		[Network]
		LinkLocalAddressing=no
		IPv6AcceptRA=no
		Address=$(fleet_address "$host" 4)/24
		[Address]
		Address=$(fleet_address "$host" 6)/64
		DuplicateAddressDetection=none
	NETWORK
	cat >"$root/etc/nftables.conf" <<-'NFT'
		#!/usr/sbin/nft -f
		flush ruleset
		table inet filter {
			chain input { type filter hook input priority filter; policy accept; }
		}
	NFT
	install -m 600 "$fleet/host_key" "$root/etc/ssh/ssh_host_ed25519_key"
	: >"$root/etc/ssh/revoked_keys"
	cat >"$root/etc/ssh/sshd_config" <<-SSHD
		HostKey /etc/ssh/ssh_host_ed25519_key
		AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/userkeys/%u
		RevokedKeys /etc/ssh/revoked_keys
		UsePAM yes
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		PermitRootLogin prohibit-password
		LogLevel VERBOSE
		UseDNS no
		MaxStartups 100:30:200
		Subsystem sftp internal-sftp
	SSHD
	chmod 700 "$root/root"
	install -d -m 700 "$root/root/.ssh"
	install -m 600 "$fleet/admin.pub" "$root/root/.ssh/authorized_keys"
	for user in alice:4001 bob:4002; do
		printf '%s:x:%s:%s::/home/%s:/bin/bash\n' "${user%:*}" "${user#*:}" "${user#*:}" "${user%:*}" \
			>>"$root/etc/passwd"
		printf '%s:*:19000:0:99999:7:::\n' "${user%:*}" >>"$root/etc/shadow"
		printf '%s:x:%s:\n' "${user%:*}" "${user#*:}" >>"$root/etc/group"
		install -d -m 700 -o "${user#*:}" -g "${user#*:}" "$root/home/${user%:*}" "$root/home/${user%:*}/.ssh"
		install -m 600 -o "${user#*:}" -g "${user#*:}" "$fleet/${user%:*}.pub" \
			"$root/home/${user%:*}/.ssh/authorized_keys"
	done
}

# Runs as the first process of the host's namespaces and becomes its systemd: DISK HOST.
boot_host() {
	local disk=$1 host=$2 root=/mnt one
	set -eu
	mount --make-rprivate /
	boot_mount "$disk" "$root"
	if [ ! -e "$disk/installed" ]; then
		boot_install "$root" "$host"
		: >"$disk/installed"
	fi
	mount -t proc proc "$root/proc"
	mount --bind "$root/proc/sys" "$root/proc/sys"
	mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
	cat /proc/sys/kernel/random/uuid >"$disk/boot_id"
	mount --bind "$disk/boot_id" "$root/proc/sys/kernel/random/boot_id"
	mount -o remount,bind,ro "$root/proc/sys/kernel/random/boot_id"
	mount -o remount,bind,ro "$root/proc/sys"
	[ ! -e "$root/proc/sysrq-trigger" ] || mount --bind /dev/null "$root/proc/sysrq-trigger"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
	mount -t tmpfs -o mode=0755 dev "$root/dev"
	for one in null zero full random urandom tty; do
		: >"$root/dev/$one"
		mount --bind "/dev/$one" "$root/dev/$one"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	: >"$root/dev/console"
	mount --bind /dev/null "$root/dev/console"
	mount -t tmpfs -o mode=0755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
	hostname "$host"
	cd "$root"
	pivot_root . mnt
	umount -l mnt
	exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		setpriv --bounding-set -sys_time,-sys_module,-sys_rawio,-mknod \
		/lib/systemd/systemd --system --log-target=journal
}

boot_no_group() {             # FOLDER: it and what it holds, when nothing runs there any more
	local k
	for k in $(seq 200); do
		grep -q 'populated 1' "$1/cgroup.events" 2>/dev/null || break
		sleep 0.05
	done
	[ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# Our own folder of control groups in cgroup v2. It is mounted where no test removes files. A process of ours keeps
# it; what an earlier test left there when it was killed goes.
boot_groups() {
	local own
	[ -z "${boot_cgroup-}" ] || return 0
	mount -t cgroup2 cgroup2 /media || { echo '# this machine gives no cgroup v2' >&2; return 1; }
	own=/media$(sed -n 's/^0:://p' /proc/self/cgroup)
	own=${own%/}
	find "$own" -maxdepth 1 -name 'firebreak-lab.*' -mmin +2 | while read -r old; do
		grep -q 'populated 1' "$old/cgroup.events" || boot_no_group "$old"
	done
	boot_cgroup=$own/firebreak-lab.$(cat /proc/sys/kernel/random/uuid)
	mkdir "$boot_cgroup" "$boot_cgroup/keeper" || { echo "# no control group can be made" >&2; return 1; }
	sleep infinity &
	boot_keeper=$!
	echo "$boot_keeper" >"$boot_cgroup/keeper/cgroup.procs"
}

boot_once() {                 # HOST: one life of it; exits as its first process did
	local host=$1 up
	ip link del "v-$host" 2>/dev/null || true
	ip netns del "$host" 2>/dev/null || true
	ip netns add "$host"
	ip link add "v-$host" type veth peer name eth0 address "02:00:00:00:00:${host#b}0" netns "$host"
	ip link set "v-$host" master br0 up
	read -r up _ </proc/uptime
	(
		echo $BASHPID >"$fleet/$host.life"
		until mkdir -p "$boot_cgroup/$host" && echo $BASHPID >"$boot_cgroup/$host/cgroup.procs"; do
			sleep 0.1
		done
		exec ip netns exec "$host" unshare --mount --uts --ipc --pid --cgroup --time --monotonic "-${up%.*}" \
			--boottime "-${up%.*}" --fork --kill-child \
			bash -c '. "$0"; . "$1"; fleet=$2; boot_host "$3" "$4"' "$fleet_lib" "$boot_lib" "$fleet" \
			"$fleet/$host.disk" "$host"
	)
}

boot_lives() {                # HOST: until it is switched off
	local host=$1 code=129
	while [ $code = 129 ]; do
		echo start >>"$fleet/$host.starts"
		code=0
		boot_once "$host" || code=$?
		boot_no_group "$boot_cgroup/$host"
		echo "ended with $code" >>"$fleet/$host.log"
	done
}

boot_power() {                # HOST
	boot_lives "$1" >>"$fleet/$1.log" 2>&1 </dev/null &
	echo $! >"$fleet/$1.pid"
}

boot_first() {                # HOST: its systemd's process id, in this test's namespace
	local life
	read -r life <"$fleet/$1.life" && pgrep -P "$life"
}

boot_is_on() { boot_first "$1" >/dev/null 2>&1; }

boot_on() {                   # HOST COMMAND...
	local p
	p=$(boot_first "$1") || return
	shift
	nsenter --target "$p" --mount --uts --ipc --net --pid --time --cgroup -- env -i LC_ALL=C.UTF-8 HOME=/root \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

boot_cut() {                  # HOST
	local life pid
	read -r life <"$fleet/$1.life"
	read -r pid <"$fleet/$1.pid"
	kill -9 "$life"
	wait "$pid" 2>/dev/null || true
}

boot_told() {                 # HOST: why it is not there, on standard error
	{
		echo "$1 does not answer:"
		tail -20 "$fleet/$1.log"
		journalctl -q --no-pager -D "$fleet/$1.disk/var/log/journal" -n 40
		boot_on "$1" systemctl list-jobs --no-pager
	} 2>&1 | sed 's/^/# /' >&2
}

boot_wait() {                 # HOST N
	local end=$((SECONDS + 60))
	while [ $SECONDS -lt $end ]; do
		if [ "$(wc -l <"$fleet/$1.starts")" -ge "$2" ] &&
			ssh -F "$fleet/ssh_config" -o ConnectTimeout=2 "$1" true 2>>"$fleet/$1.log"; then
			return 0
		fi
		kill -0 "$(cat "$fleet/$1.pid")" 2>/dev/null || break
		sleep 0.1
	done
	boot_told "$1"
	return 1
}

boot_up() {                   # HOST
	local host=$1
	boot_groups || return 1
	mkdir "$fleet/$host.disk"
	mount -t tmpfs -o mode=0755 disk "$fleet/$host.disk"
	fleet_ssh_host "$host" | cat - "$fleet/ssh_config" >"$fleet/ssh_config.new"
	mv "$fleet/ssh_config.new" "$fleet/ssh_config"
	: >"$fleet/$host.starts"
	boot_power "$host"
	boot_wait "$host" 1
}

boot_down() {
	local host
	[ -n "${boot_cgroup-}" ] || return 0
	for host in "$fleet"/b*.disk; do
		host=${host##*/}
		host=${host%.disk}
		! boot_is_on "$host" || boot_cut "$host"
		umount "$fleet/$host.disk"
	done
	kill "$boot_keeper"
	wait "$boot_keeper" 2>/dev/null || true
	boot_no_group "$boot_cgroup"
}

boot_farm() {                 # HOST
	boot_here=$1
	trap 'boot_down; rm -rf "$scratch"' EXIT
	fleet_up 0 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
	boot_up "$1" || { echo "Bail out! no host with a systemd of its own can be had here"; exit 1; }
	variables
	config=$fleet/ssh_config
	run key init
	key=$(head -1 "$scratch/out")
}

here() { boot_on "$boot_here" "$@"; }

start_again() {               # in order, as an administrator does
	local n
	n=$(wc -l <"$fleet/$boot_here.starts")
	here systemctl reboot
	boot_wait "$boot_here" $((n + 1))
}
