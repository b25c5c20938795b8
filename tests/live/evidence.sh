#!/usr/bin/env bash
# What is fleeting on a host, on real sshd in namespaces: found, sealed, opened.
# Usage: evidence.sh FIREBREAK SOURCE_ROOT
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
run register check
exits 0 'the register is right'

# --- an intruder on h1: a process without a file, one out of the list of /proc, one under a cover, a library
canary=$(openssl rand -hex 20)
fleet_on h1 bash -c "
	cp /bin/sleep /tmp/.x && PASSWORD=$canary setsid /tmp/.x 6001 >/dev/null 2>&1 & sleep 0.3; rm /tmp/.x
	LD_PRELOAD=/tmp/hide.so setsid sleep 6002 >/dev/null 2>&1 &
	setsid sleep 6003 >/dev/null 2>&1 &
	echo \$! >/run/covered
	sleep 0.3
	mkdir /run/empty && mount --bind /run/empty /proc/\$(cat /run/covered)
	setsid perl -MIO::Socket::INET -e '
		\$s = IO::Socket::INET->new(LocalPort => 6666, Listen => 1) or die; sleep 9999' >/dev/null 2>&1 &
	touch /tmp/.left-by-them
	ip route add 192.0.2.0/24 via 10.77.0.66
	ip -6 route add 2001:db8::/32 via fd77::42
	perl -e 'print pack q(s x2 l Z32 Z4 Z32 Z256 s s l l l N x12 x20),
		7, 77, q(pts/9), q(p9), q(carol), q(away.example.org), 0, 0, 0, time, 0, 0xc6336406' >>/var/log/wtmp
	mkdir -p /run/systemd/sessions && printf 'UID=4001\nUSER=alice\nLEADER=4711\n' >/run/systemd/sessions/7
"
wait_listening() { for _ in $(seq 100); do fleet_on h1 ss -Hltn 'sport = 6666' | grep -q . && return; sleep 0.1; done; }
wait_listening
fleet_evil ssh -F "$scratch/fleet/ssh_config" -i "$scratch/fleet/alice" -l alice h1 sleep 60 >/dev/null 2>&1 &
for _ in $(seq 100); do
	fleet_on h1 grep -q 'Accepted publickey for alice' /var/log/auth.log && break
	sleep 0.1
done

run declare thing/password --because 'somebody is on h1' --as alice
exits 0 'an incident'
run evidence 1 --take h1 h2
exits 0 'evidence of both hosts'
says 'h1                   taken,'
says 'h2                   taken,'
says "'.x' runs a program whose file was deleted or replaced (/tmp/.x (deleted))"
says 'was started with a library in front of all others (LD_PRELOAD=/tmp/hide.so)'
says "process $(fleet_on h1 cat /run/covered) runs, but /proc shows nothing of it"
result "$(! grep -q "$canary" "$scratch/out" "$scratch/err"; echo $?)" 'no environment on the screen'
result "$(! grep -rq "$canary" "$scratch/state"; echo $?)" 'and none in clear on the disk'
result "$(find "$scratch/state/evidence" -name '1-h1-1.sealed' -perm 0600 | grep -q .; echo $?)" 'a file of 0600'
fleet_on h1 sh -c '! ls -d /dev/shm/.fire* /run/.fire* /root/.fire* /tmp/.fire* 2>/dev/null | grep .'
result $? 'nothing stays on the host'

run evidence 1
exits 0 'the list'
says '1-h1-1.sealed'
run evidence 1 h1
exits 0 'it opens'
cp "$scratch/out" "$scratch/opened"
has() {               # JQ TEXT
	jq -e -s "map(select($1)) | length > 0" "$scratch/opened" >/dev/null 2>&1
	result $? "$2"
}
has ".s == \"process\" and .environ != null and (.environ | index(\"PASSWORD=$canary\"))" 'its environment'
has '.s == "process" and .argv == ["/tmp/.x", "6001"] and .uids == "0 0 0 0"' 'its command line and user'
has '.s == "process" and .name == "perl" and (.files | map(select(startswith("3 socket:"))) | length == 1)' 'open files'
has '.s == "process" and .name == "perl" and (.maps | map(select(endswith("/perl"))) | length == 1)' 'mapped files'
has '.s == "socket" and .local == "0.0.0.0:6666" and .state == "listen" and .pid > 1' 'a listening socket'
has '.s == "socket" and .state == "established" and (.remote | startswith("10.77.0.66:"))' 'a connection'
has '.s == "socket" and .kind == "tcp6" and .state == "listen" and .local == "[::]:22"' 'IPv6 as well'
has '.s == "neighbour" and .address == "10.77.0.66"' 'the intruder is a neighbour'
has '.s == "file" and .path == "/tmp/.left-by-them"' 'a file that was left'
has '.s == "text" and .file == "/var/log/auth.log" and (.text | contains("Accepted publickey for alice"))' 'the log'
has '.s == "text" and .file == "/proc/self/mountinfo"' 'mounts'
has '.s == "end" and .section == "modules"' 'modules'
# as /proc/net writes addresses: 192.0.2.0 by 10.77.0.66, 2001:db8:: by fd77::42
has '.s == "text" and .file == "/proc/net/route" and (.text | test("000200C0\\s+42004D0A"))' 'a route that they added'
has '.s == "text" and .file == "/proc/net/ipv6_route" and
	(.text | test("20010db8[0-9a-f ]* fd770+42 "))' 'and one over IPv6'
has '.s == "login" and .file == "/var/log/wtmp" and .user == "carol" and .line == "pts/9" and
	.host == "away.example.org" and .address == "198.51.100.6" and .at_us > 0' 'a login'
has '.s == "text" and .file == "/run/systemd/sessions/7" and (.text | contains("USER=alice"))' 'and who is in'
has '.s == "end" and .section == "logins" and .lines >= 2 and .cut == null' 'all of the logins'
sum=$(sha256sum <"$scratch/opened" | cut -d' ' -f1)
run timeline 1
says "of evidence of h1, sealed (sha256 $sum)"
says 'opened the evidence of h1 (1-h1-1.sealed)'

# --- another key, a file that was changed, a host that is gone
cp "$scratch/key" "$scratch/kept"
FIREBREAK_KEY="$scratch/other" run key init
FIREBREAK_KEY="$scratch/other" run evidence 1 h1
result "$([ "$code" != 0 ] && [ ! -s "$scratch/out" ]; echo $?)" 'another key opens nothing'
cp "$scratch/state/evidence/1-h1-1.sealed" "$scratch/good"
cp "$scratch/state/evidence/1-h2-1.sealed" "$scratch/state/evidence/1-h1-1.sealed"
run evidence 1 h1
result "$([ "$code" != 0 ]; echo $?)" 'evidence of another host in its place is refused'
cp "$scratch/good" "$scratch/state/evidence/1-h1-1.sealed"
printf x | dd of="$scratch/state/evidence/1-h1-1.sealed" bs=1 seek=4000 conv=notrunc status=none
run evidence 1 h1
result "$([ "$code" != 0 ]; echo $?)" 'a changed byte is found'

# --- one second is one second, whatever there is to read: two million open files here
fleet_on h1 bash -c '
	n=$(ulimit -Hn) && [ "$n" -le 20000 ] 2>/dev/null || n=20000
	ulimit -n $n && setsid perl -e "
		open my \$f, q(<), q(/dev/null); my @all; open(\$all[\$_], q(<&), \$f) for 1 .. $n - 20;
		for (1 .. int(2000000 / $n)) { fork or last }
		open my \$d, q(>>), q(/run/many); syswrite \$d, q(.); sleep 9999
	" >/dev/null 2>&1 </dev/null &'
many() { [ "$(fleet_on h1 stat -c %s /run/many)" -gt 90 ]; }
true_that 'processes with more files than a second reads' within 60 many
before=$(date +%s)
run evidence 1 --take h1 --seconds 1
took=$(($(date +%s) - before))
says 'h1                   taken,'
run journal export
jq -s 'map(select(.kind == "evidence" and .body.sections != null and .body.host == "h1"))[-1].body.sections' \
	"$scratch/out" >"$scratch/sections"
true_that 'seconds_are_bounded: it says that the time was over' jq -e '.processes.cut | contains("time was over")' \
	"$scratch/sections"
true_that 'and who logged in was read all the same' jq -e '.logins.lines > 0' "$scratch/sections"
true_that 'the host read for no longer' jq -e '[.[].took_us] | add < 4000000' "$scratch/sections"
true_that "and the command took seconds ($took)" [ "$took" -lt 20 ]
fleet_kill h2
run evidence 1 --take h1 h2 --seconds 2
exits 4 'a host that is gone'
says 'h2                   not taken, 0 bytes: host'
says 'h1                   taken,'
run journal verify
exits 0 'the journal is whole'
finish
