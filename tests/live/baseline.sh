#!/usr/bin/env bash
# What stands on hosts, kept off them, and what differs: real hosts in namespaces.
# Usage: baseline.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"

make_farm
fleet_up 2 "$scratch/fleet"
result $? 'two hosts are there'
echo "ssh_config: $scratch/fleet/ssh_config" >>"$scratch/register/firebreak.yaml"
cat >"$scratch/register/hosts.yaml" <<-REGISTER
	hosts:
	  h1: {address: h1}
	  h2: {address: h2}
REGISTER
run declare thing/password --because 'only so that there is a journal' --as alice
exits 0 'a journal is there'
look() {              # OPTION...: in folders of the hosts' own, for the walk over this machine's would take long
	run baseline h1 h2 --in /usr/local --in /tmp --in /home --in /root "$@"
}

# a catalogue of Puppet's, and its file
fleet_on h1 sh -c '
	mkdir -p /var/cache/puppet/client_data/catalog
	printf "kept by puppet\n" >/etc/managed
	printf "of the server\n" >/etc/fetched
	cat >/var/cache/puppet/client_data/catalog/h1.json' <<-'CATALOG'
	{"name": "h1", "resources": [
	 {"type": "File", "title": "/etc/managed", "parameters": {"ensure": "file", "content": "kept by puppet\n"}},
	 {"type": "File", "title": "/etc/fetched", "parameters": {"ensure": "file", "source": "puppet:///modules/x/y"}},
 {"type": "File", "title": "/etc/gone", "parameters": {"ensure": "absent"}},
	 {"type": "Class", "title": "Main", "parameters": {}}]}
CATALOG
hash=$(openssl passwd -6 "$(openssl rand -hex 12)")
fleet_on h1 sed -i "s|^bob:[^:]*|bob:$hash|" /etc/shadow

look
exits 0 'the first look keeps'
says 'h1                   kept, the first one'
result "$([ "$(stat -c %a "$scratch/state/baselines/h1.baseline")" = 600 ]; echo $?)" 'off the host, 0600'
result "$(! grep -qF "$hash" "$scratch/state/baselines/h1.baseline"; echo $?)" 'without what a password hash is'
fleet_on h1 sh -c '! ls -d /dev/shm/.fire* /run/.fire* /root/.fire* /tmp/.fire* 2>/dev/null | grep .'
result $? 'nothing stays on the host'
look
exits 0 'nothing was changed'
says 'h1                   nothing differs since'
says 'h2                   nothing differs since'

# --- what an intruder leaves, each on its own
fleet_on h1 bash -c "
	cp /bin/true /usr/local/bin/.x && chmod 4755 /usr/local/bin/.x
	cp /bin/true /usr/local/bin/net && setcap cap_net_raw+ep /usr/local/bin/net
	echo '* * * * * root /tmp/x' >/etc/cron.d/sysupdate
	printf '[Service]\nExecStart=/tmp/x\n' >/etc/systemd/system/helper.service
	ssh-keygen -q -t ed25519 -N '' -f /run/theirs && cat /run/theirs.pub >>/home/bob/.ssh/authorized_keys
	mkdir -p /etc/ssh/userkeys && cp /run/theirs.pub /etc/ssh/userkeys/root
	mkdir -p /etc/sudoers.d && echo 'bob ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/bob
	echo '# nothing' >/etc/ld.so.preload
	echo 'toor:x:0:0::/root:/bin/bash' >>/etc/passwd
	sed -i 's/^\(adm:.*\)\$/\1,bob/' /etc/group
	echo 'PermitRootLogin yes' >>/etc/ssh/sshd_config
	echo 'auth sufficient pam_permit.so' >>/etc/pam.d/common-auth
	echo 'alias sudo=/tmp/sudo' >/root/.bashrc
	echo theirs >/etc/managed
	echo theirs >/etc/fetched
	touch /etc/gone
	[ ! -e /proc/modules ] || {
		cat /proc/modules >/run/modules && printf 'rootkit 16384 0 - Live 0x0\n' >>/run/modules
		mount --bind /run/modules /proc/modules
	}
	setsid perl -MIO::Socket::INET -e '
		\$s = IO::Socket::INET->new(LocalPort => 6666, Listen => 1) or die; sleep 9999' >/dev/null 2>&1 &
"
for _ in $(seq 100); do fleet_on h1 ss -Hltn 'sport = 6666' | grep -q . && break; sleep 0.1; done
print=$(fleet_on h1 ssh-keygen -lf /run/theirs.pub | cut -d' ' -f2)
look
exits 1 'what differs is found'
says 'h1                   differs since'
says 'h2                   nothing differs since'
says "a setuid or setgid file that the baseline does not have: '/usr/local/bin/.x' (4755, of 0:0, contents "
says "a file with capabilities that the baseline does not have: '/usr/local/bin/net'"
says "a job of cron or at that the baseline does not have: '/etc/cron.d/sysupdate'"
says "a unit or timer of systemd that the baseline does not have: '/etc/systemd/system/helper.service'"
says "a key that may log in that the baseline does not have: '/home/bob/.ssh/authorized_keys: $print'"
says "a key that may log in that the baseline does not have: '/etc/ssh/userkeys/root: $print'"
says "a rule of sudo that the baseline does not have: '/etc/sudoers.d/bob'"
says "a library that is loaded into every program that the baseline does not have: '/etc/ld.so.preload'"
says "an account that the baseline does not have: 'toor (uid 0)'"
says "a group is not as in the baseline: 'adm (gid 4)'"
says "a setting of sshd is not as in the baseline: '/etc/ssh/sshd_config'"
says "a file of PAM is not as in the baseline: '/etc/pam.d/common-auth'"
says "'/root/.bashrc'"
# a kernel without modules has nothing to show this with: tests/unit/test_standing.c does
[ ! -e /proc/modules ] || says "a kernel module that the baseline does not have: 'rootkit' (loaded)"
says "a listening socket that the baseline does not have: 'tcp 0.0.0.0:6666' (held by perl, uid 0)"
says "'/etc/managed': its contents are not those of the catalogue"
says "'/etc/gone': the catalogue wants it away, and it is there"
says "a file of Puppet's catalogue is not as in the baseline: '/etc/fetched' was (file 0644"
run baseline h1 --json --in /usr/local --in /tmp --in /home --in /root
is_json 'as JSON too'
result "$(jq -e '.[0].differences | map(select(.section == "keys" and .kind == "new")) | length == 2' "$scratch/out" \
	>/dev/null; echo $?)" 'two keys are new'

# --- who takes the catalogue away is not clean, for then nothing says what Puppet wants
fleet_on h1 rm /var/cache/puppet/client_data/catalog/h1.json
look
says "held against, that the baseline has is gone: '/var/cache/puppet/client_data/catalog/h1.json' (a catalogue)"
says "a file of Puppet's catalogue that the baseline has is gone: '/etc/managed'"

# --- a look that is not whole, a file that was changed, an older one in its place
cp "$scratch/state/baselines/h2.baseline" "$scratch/older"
fleet_on h2 sh -c 'mv /etc/group /etc/group.away && mkdir /etc/group'
look
says 'h2                   not known as a whole since'
says 'groups: not known whether anything changed: '
fleet_on h2 sh -c 'rmdir /etc/group && mv /etc/group.away /etc/group'
fleet_on h2 sh -c 'echo "* * * * * root true" >/etc/cron.d/ours'
look --accept
run baseline h2 --in /usr/local --in /tmp --in /home --in /root
exits 0 'what was accepted differs no more'
cp "$scratch/older" "$scratch/state/baselines/h2.baseline"
run baseline h2 --in /usr/local --in /tmp --in /home --in /root
exits 1 'an older one in its place is found'
says 'is not the newest that the journal knows'
sed -i '2s/.$/ &/' "$scratch/state/baselines/h2.baseline"
run baseline h2 --in /usr/local --in /tmp --in /home --in /root
exits 1 'a changed one is found'
says 'its MAC is wrong'
rm "$scratch/state/baselines/h2.baseline"
run baseline h2 --in /usr/local --in /tmp --in /home --in /root
says 'is gone: the journal knows that it was kept'
fleet_kill h2
run baseline h2 --seconds 5
exits 4 'a host that is away is not known'
says 'h2                   not looked at'
run journal verify
exits 0 'the journal is whole'
finish
