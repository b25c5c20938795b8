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
has '.s == "login" or (.s == "end" and .section == "logins" and .lines == 0)' 'logins'
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
fleet_kill h2
run evidence 1 --take h1 h2 --seconds 2
exits 4 'a host that is gone'
says 'h2                   not taken, 0 bytes: host'
says 'h1                   taken,'
run journal verify
exits 0 'the journal is whole'
finish
