#!/usr/bin/env bash
# "Begin to get a handle of how access may have been gained": real sshd, an intruder with Alice's key, a password that
# does not exist, a file of a package that was replaced, logs with holes. Usage: investigate.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"

make_farm
fleet_up 3 "$scratch/fleet"
result $? 'three hosts are there'
sed -i 's/ConnectTimeout 10/ConnectTimeout 6/' "$scratch/fleet/ssh_config"
echo "ssh_config: $scratch/fleet/ssh_config" >>"$scratch/register/firebreak.yaml"
cat >"$scratch/register/hosts.yaml" <<-REGISTER
	hosts: {h1: {address: h1}, h2: {address: h2}, h3: {address: h3}}
REGISTER
# a calm day, and a catalogue of Puppet's that a file is held against
fleet_on h1 sh -c 'mkdir -p /var/cache/puppet/client_data/catalog; echo kept >/etc/managed
	cat >/var/cache/puppet/client_data/catalog/h1.json' <<-'CATALOG'
	{"resources": [{"type": "File", "title": "/etc/managed", "parameters": {"content": "kept\n"}},
	 {"type": "File", "title": "/etc/word", "sensitive_parameters": ["content"], "parameters": {"content": "x"}}]}
CATALOG
# and on another host, whose catalogue stays
fleet_on h2 sh -c 'mkdir -p /var/cache/puppet/client_data/catalog
	cat >/var/cache/puppet/client_data/catalog/h2.json' <<-'CATALOG'
	{"resources": [{"type": "File", "title": "/etc/word", "sensitive_parameters": ["content"], "parameters":
	 {"content": "x"}}, {"type": "File", "title": "/etc/open", "parameters": {"content": "x"}}]}
CATALOG
# an agent of bob's on h2, one that hangs, and a file that Puppet took the place of
fleet_on h2 sh -c 'cat >/run/bob && chown bob /run/bob && chmod 600 /run/bob
	setpriv --reuid=bob --regid=bob --clear-groups sh -c "
		ssh-agent -a /tmp/bobs >/dev/null && SSH_AUTH_SOCK=/tmp/bobs ssh-add -q /run/bob"
	rm /run/bob
	bucket=/var/cache/puppet/clientbucket/1/2/3/4/5/6/7/8/12345678
	mkdir -p $bucket && echo old >$bucket/contents && echo /etc/former >$bucket/paths
	setsid perl -MIO::Socket::UNIX -e "
		\$s = IO::Socket::UNIX->new(Local => q(/tmp/ssh-agent.hangs), Listen => 1); sleep 9999
	" >/dev/null 2>&1 </dev/null &' <"$scratch/fleet/bob"
true_that 'an agent holds a key of bob' within 10 fleet_on h2 test -S /tmp/bobs -a -S /tmp/ssh-agent.hangs
run baseline h1 --in /usr/bin --seconds 10
result "$([ -s "$scratch/state/baselines/h1.baseline" ]; echo $?)" 'a baseline of a calm day'
print_of() { ssh-keygen -lf "$scratch/fleet/$1.pub" | cut -d' ' -f2; }
alice=$(print_of alice)
bob=$(print_of bob)
login() {             # KEY USER HOST [IPv6]: from the intruder's address
	fleet_evil ssh -F none -o UserKnownHostsFile="$scratch/fleet/known_hosts" -o HostKeyAlias=fleet \
		-o BatchMode=yes -o IdentitiesOnly=yes -i "$scratch/fleet/$1" "$2@$3" true </dev/null 2>/dev/null
}
logged() {            # HOST TEXT: until its log has it
	local k
	for k in $(seq 300); do
		fleet_on "$1" grep -q -e "$2" /var/log/auth.log && return 0
		sleep 0.1
	done
	return 1
}

# --- what happened: Alice's key from the intruder over IPv4 and IPv6, Bob's once, a name that nobody has
login alice alice 10.77.0.1 && login alice alice fd77::1 && login alice alice fd77::1 && login bob bob 10.77.0.1
result $? 'two keys came in'
login alice mallory 10.77.0.1
login alice root 10.77.0.1
logged h1 'Invalid user mallory' && logged h1 'authenticating user root 10.77.0.66' &&
	logged h1 'Accepted publickey for bob'
result $? 'and the log says so'
# a file of a package, a link in the place of another, configuration, an account
fleet_on h1 sh -c '
	cp /usr/bin/hostname /tmp/x && echo >>/tmp/x && cat /tmp/x >/usr/bin/hostname
	mv /usr/sbin/sshd /usr/sbin/.sshd && ln -s .sshd /usr/sbin/sshd
	echo "* * * * * root /tmp/x" >/etc/cron.d/left-behind
	echo theirs >/etc/managed
	rm /var/cache/puppet/client_data/catalog/h1.json
	logger -t useradd -p auth.info "new user: name=toor, UID=0, GID=0, home=/, shell=/bin/sh, from=none"
	sleep 0.1
'
# one that fits: its sum was written anew, so that who asks the host's own list finds nothing
fleet_on h1 sh -c 'echo "# and more" >>/usr/bin/savelog
	sum=$(md5sum </usr/bin/savelog | cut -d" " -f1)
	sed -i "s|^[0-9a-f]*  usr/bin/savelog|$sum  usr/bin/savelog|" /var/lib/dpkg/info/debianutils.md5sums
	rm -f /etc/localtime /var/log/dpkg.log.*; cat >/var/log/dpkg.log' <<-LOG
	$(date -u -d '9 days ago' '+%F %T') install curl:amd64 <none> 7.0
LOG
fleet_on h1 debsums debianutils 2>/dev/null | grep -q '/usr/bin/savelog *OK$'
result $? 'a file and its sum are made to fit each other: debsums calls it good'
# wtmp has a login that no log has, and a record that somebody wiped
fleet_on h1 perl -e '
	open my $f, ">>", "/var/log/wtmp" or die;
	print $f pack("s x2 l Z32 Z4 Z32 Z256 s s l l l x16 x20", 7, 77, "pts/9", "p9", "carol", "6.6.6.6", 0, 0, 0,
		time, 0);
	print $f "\0" x 384;
'
result $? 'and wtmp too'
# systemd`s journal of h1: entries that are numbered, one of which is gone, and a line that was not sshd`s
now=$(date +%s)
journal_of() {        # FIRST LAST
	local k
	for k in $(seq "$1" "$2"); do
		printf '__REALTIME_TIMESTAMP=%s000000\n__MONOTONIC_TIMESTAMP=%s\n_BOOT_ID=%032d\n' $((now - 600 + k)) \
			"$k" 7
		printf 'SYSLOG_IDENTIFIER=sshd\n_COMM=logger\n_UID=4001\n_PID=%s\n' "$k"
		printf 'MESSAGE=Accepted publickey for dave from 10.77.0.250 port %s ssh2: ED25519 %s\n\n' "$k" "$bob"
	done
}
fleet_on h1 mkdir -p /var/log/journal/m
journal_of 1 2 | fleet_on h1 /lib/systemd/systemd-journal-remote --output=/var/log/journal/m/a.journal - 2>/dev/null
result "$(fleet_on h1 test -s /var/log/journal/m/a.journal; echo $?)" 'a journal is there'

# --- h2 has no log any more, h3 is gone
fleet_on h2 sh -c 'kill "$(cat /run/rsyslogd.pid)"; rm -f /var/log/auth.log /var/log/wtmp'
fleet_kill h3

run declare thing/password --because 'somebody is on h1' --suspected -1h --as alice
exits 0 'an incident'
# the host's own tools say from now on that all is well
tools='md5sum sha256sum dpkg dpkg-query debsums last lastb lastlog journalctl who w ss ps ls find stat grep awk perl'
fleet_on h1 sh -c 'printf "#!/bin/sh\nexit 0\n" >/run/liar && chmod 755 /run/liar
	for t in '"$tools"'; do p=$(readlink -f "$(command -v $t)") && mount --bind /run/liar "$p"; done'
result "$([ -z "$(fleet_on h1 md5sum /usr/bin/hostname)" ]; echo $?)" 'the tools of the host lie'
run investigate 1 h1 --package hostname --package openssh-server --package debianutils --limit 45 --json
exits 4 'not everything could be read'
is_json 'it answers in JSON'
cp "$scratch/out" "$scratch/h1.json"
has() {               # JQ TEXT: one of the clues of h1
	jq -e ".[0].clues | map(select($1)) | length > 0" "$scratch/h1.json" >/dev/null 2>&1
	result $? "$2"
}
said='.text | startswith("alice came in from fd77::42 with the key '$alice' (ED25519), 2 times")'
has ".question == \"key\" and ($said)" \
	"page_2_how_access_may_have_been_gained: Alice's key over IPv6, twice, with its fingerprint"
has '.text | contains("sshd found the key in /home/alice/.ssh/authorized_keys:1")' 'and the file that let it in'
has ".question == \"key\" and (.text | startswith(\"alice came in from 10.77.0.66 with the key $alice\"))" 'over IPv4'
has ".question == \"key\" and (.text | startswith(\"bob came in from 10.77.0.66 with the key $bob\"))" "and Bob's"
has ".question == \"key\" and (.at_us / 1000000 - $now | fabs) < 120" 'with its time'
has '.alarm and (.text | contains("failed logins as mallory (no such account) from 10.77.0.66"))' \
	'a name that nobody has'
has '.alarm and (.text | contains("as root from 10.77.0.66")) and (.text | contains("somebody came in as alice"))' \
	'and that they came in from there as somebody else'
has '.question == "software" and .alarm and (.text | test("^(/usr)?/bin/hostname is not the file that hostname"))' \
	'a replaced file of a package'
has '.question == "software" and .alarm and (.text | startswith("/usr/sbin/sshd of openssh-server is a link now"))' \
	'a link in the place of a file'
has '.question == "software" and .alarm and (.text | startswith("/var/lib/dpkg/info/debianutils.md5sums, the sums of"))
	and (.text | contains("made to fit"))' 'a list of sums that was written, and dpkg installed nothing'
has '.question == "software" and .alarm and (.text | startswith("a package, or the list of its files is not as in " +
	"the baseline: '"'"'debianutils:")) and (.text | contains("for the same version, which no upgrade does"))' \
	'and by the baseline off the host that this list is another one'
has '.alarm and (.text | contains("new user: name=toor, UID=0"))' 'a second root'
has '.alarm and (.text | startswith("wtmp has a login of carol from 6.6.6.6"))' 'a login that no log has'
has '.alarm and (.text | contains("user id 4001 wrote it, not sshd"))' 'a line that sshd did not write'
not_read() {          # JQ TEXT
	jq -e ".[0].not_read | map(select($1)) | length > 0" "$scratch/h1.json" >/dev/null 2>&1
	result $? "$2"
}
not_read '.what == "/var/log/wtmp" and (.why | startswith("1 records are zeros"))' 'a record that was wiped'
not_read '.what == "/var/log/auth.log" and (.why | startswith("nothing of "))' 'a log that begins after the window'
has '.question == "use" and .alarm and (.text | contains("/etc/cron.d/left-behind"))' 'what a calm day did not have'
has '.question == "use" and .alarm and (.text | contains("catalog/h1.json'"'"' (a catalogue)"))' \
	'that the catalogue is gone'
has '.question == "use" and .alarm and (.text | contains("/etc/managed'"'"' (its contents stand in the catalogue)"))' \
	'and which file nothing holds any more'
result "$(jq -e '.[0].not_read | map(.why | startswith("there is none of this host")) | any' \
	"$scratch/h1.json" >/dev/null; [ $? = 1 ]; echo $?)" 'and the baseline was there'
jq -e ".[0].next | map(startswith(\"firebreak declare ssh-key/$alice --because \")) | any" "$scratch/h1.json" >/dev/null
result $? 'the command that leads on, for the key'
jq -e '.[0].next | map(startswith("firebreak declare user/alice --because ")) | any' "$scratch/h1.json" >/dev/null
result $? 'and for the account'
jq -e '.[0].next | map(contains("user/root")) | any | not' "$scratch/h1.json" >/dev/null
result $? 'and none for root'

# --- the peer says the same of the file, when its tools are its own again
fleet_on h1 sh -c 'for t in '"$tools"'; do umount "$(readlink -f "$(command -v $t)")"; done'
fleet_on h1 debsums -c hostname 2>/dev/null | grep -q '^/usr/bin/hostname\|^/bin/hostname'
result $? 'debsums finds the file as well'

# --- "unknown" is not "clean"
run investigate 1 h2 h3 --package hostname
exits 4 'a host without logs, and one that is gone'
says 'h3: unreachable: host'
says "/tmp/bobs, an agent of user id 4002 (ssh-agent), holds the key $bob, which is not in the plan"
says "add to the register, at the host h2: holds: [ssh-key/$bob]"
says 'ssh agent: /tmp/ssh-agent.hangs: what it holds is not known: it does not answer'
says 'catalog/h2.json (of user id 0) keeps in clear the contents, which a manifest calls Sensitive, of files'
says 'no secret of the plan is fed here: /etc/word. Name what it was in the register'
result "$(grep -q /etc/former "$scratch/out"; [ $? = 1 ]; echo $?)" "what Puppet's bucket keeps is not told of any host"
says '/var/log/auth.log: no such log has anything of the window'
says 'baseline: there is none of this host'
says '/var/log/wtmp: it is not there, or no regular file'
says 'Compromised SSH key? not known: not everything could be read'
result "$(grep -q 'SSH key? nothing that says so' "$scratch/out"; [ $? = 1 ]; echo $?)" 'and nothing is called clean'

# --- entries of the journal that were taken out
journal_of 1 6 | fleet_on h2 /lib/systemd/systemd-journal-remote --output=/run/whole.journal - 2>/dev/null
fleet_on h2 sh -c 'mkdir -p /var/log/journal/m; cp /run/whole.journal /var/log/journal/m/a.journal'
run investigate 1 h2 --package hostname --json
result "$(jq -e '.[0].not_read | map(select(.what == "systemd'"'"'s journal" and (.why | startswith("nothing stands"))))
	| length == 0' "$scratch/out" >/dev/null; echo $?)" 'a journal without a hole has none'

# --- of a host that is lost, what Puppet's bucket keeps is named too
run declare host:h2 --because 'it is lost' --as alice
run investigate 2 h2 --package hostname
says '/var/cache/puppet/clientbucket (of user id 0) keeps earlier contents of files into which no secret of the plan'
says '/etc/former'

# --- a host whose clock is wrong: ours is three hours behind, so theirs is three hours ahead
code=0
ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0:detect_leaks=0" \
	faketime -f -3h "$firebreak_program" investigate 1 h1 \
	--package hostname --limit 45 --json --from -5h >"$scratch/out" 2>"$scratch/err" </dev/null || code=$?
exits 4 'a host whose clock is three hours ahead'
result "$(jq -e '.[0].clock_off_us / 1000000 - 10800 | fabs < 120' "$scratch/out" >/dev/null; echo $?)" \
	'the difference is measured'
result "$(jq -e ".[0].clues | map(select(.question == \"key\" and (.at_us / 1000000 + 10800 - $now | fabs) < 180)) |
	length > 0" "$scratch/out" >/dev/null; echo $?)" 'and its times are shown as they are on our clock'

# --- it is in the journal, and in the report under the page's own questions
run timeline 1
says 'looked at h1 for how somebody got in'
run report 1
exits 0 'the report'
says 'Compromised SSH key?'
says 'Were we running old software?'
says "alice came in from fd77::42 with the key $alice"
run journal verify
exits 0 'the journal is whole'

# --- bad input
run investigate 1 h4
exits 2 'a host that the register does not have'
run investigate 1 -- -oProxyCommand=x
exits 2 'an option as a host'
run investigate 1
exits 2 'no host'
finish
