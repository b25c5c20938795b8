#!/bin/bash
# "If it can be tied to a certain and definitive SSH account - remove said account from all servers and check the rest
# for safety": eight hosts with real sshd, an intruder who holds Alice's key, and what outlives the taking of a key.
# Usage: evict.sh FIREBREAK SOURCE_ROOT
set -u
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
program=$(readlink -f "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-evict.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset GIT_CONFIG_GLOBAL SSH_AUTH_SOCK || true
export HOME="$work" FIREBREAK_REGISTER="$work/register" FIREBREAK_STATE="$work/state" LC_ALL=C.UTF-8
count=0
wrong=0

ok() {                        # CODE TEXT
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		wrong=$((wrong + 1))
		echo "not ok $count - $2"
		tail -n 60 "$work/out" "$work/err" 2>/dev/null | sed 's/^/# /'
	fi
}
is() { [ "$1" = "$2" ]; ok $? "$3: $2"; [ "$1" = "$2" ] || echo "# got: $1"; }
run() { code=0; "$program" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?; }
wait_for() { local k; for k in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done; return 1; }
outcome_of() { jq -r --arg s "$1" '.steps[] | select(.step == $s) | .outcome' "$work/out"; }

fleet_up 8 "$work/fleet"
sed -i "s/ConnectTimeout 10/ConnectTimeout 5/" "$fleet/ssh_config"
alice=$(ssh-keygen -lf "$fleet/alice.pub" | cut -d' ' -f2)
bob=$(ssh-keygen -lf "$fleet/bob.pub" | cut -d' ' -f2)
second="$work/second"         # another key of the intruder, in Alice's file
ssh-keygen -q -t ed25519 -N '' -C alice@fleet -f "$second"
known="-o UserKnownHostsFile=$fleet/known_hosts -o HostKeyAlias=fleet -o BatchMode=yes -o IdentitiesOnly=yes"
known="$known -o ConnectTimeout=5"
evil_ssh() { local who=$1 host=$2; shift 2; fleet_evil ssh $known -F none -i "$fleet/$who" "$@"; }
enters() { fleet_evil ssh $known -F none -i "$fleet/$2" "$3@10.77.0.${1#h}" true; }

# --- the register, and the public users data in git
mkdir -p "$work/register" "$work/puppet/data"
key() { cut -d' ' -f1,2 "$fleet/$1.pub"; }
cat >"$work/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Fleet, team: t@example.org, approver: em}
	roles: {em: , sre: {root: true}}
	people: {alice: {name: Alice, roles: [sre]}, bob: {name: Bob, roles: [em]}}
	ssh_config: $fleet/ssh_config
	repositories: {puppet: {kind: puppet, url: $work/puppet.git}}
	hosts: {h1: , h2: {address: h2-second}, h3: , h4: , h5: , h6: , h7: , h8: }
	systems: {servers: {title: Servers, hosts: ['*']}}
	users_data: {repository: puppet, file: data/users.yaml, people: people, groups: groups}
	users:
	  alice: {person: alice, keys: [{key: '$(key alice)'}]}
	  bob: {person: bob, keys: [{fingerprint: '$bob'}]}
REGISTER
cat >"$work/puppet/data/users.yaml" <<-DATA
	# everybody
	groups:
	  sre: {members: [alice, bob]}
	people:
	  alice:
	    uid: 4001   # stays
	    ssh_keys:
	      - $(cat "$fleet/alice.pub")
	  bob:
	    uid: 4002
	    ssh_keys:
	      - $(cat "$fleet/bob.pub")
	      # Alice may use his account from her laptop
	      - no-pty $(cat "$fleet/alice.pub")
DATA
mkdir "$work/puppet/manifests"
printf "ssh_authorized_key { 'backup': key => '%s' }\n" "$(cut -d' ' -f2 "$fleet/alice.pub")" \
	>"$work/puppet/manifests/backup.pp"
git init -q --bare -b main "$work/puppet.git"
git -C "$work/puppet" init -q -b main
git -C "$work/puppet" add -A
git -C "$work/puppet" -c user.name=Ada -c user.email=ada@example.org commit -qm 'Users'
git -C "$work/puppet" push -q "$work/puppet.git" main

# --- what the intruder has: on every host her key in files of others too, a cron job, an at job, rights
blob=$(cut -d' ' -f2 "$fleet/alice.pub")
for h in $(seq -f h%g 8); do
	fleet_on "$h" bash -c "
		set -e
		printf '# mine\nfrom=\"10.77.0.66, 10.77.0.67\",no-pty ssh-ed25519 %s bob@laptop\n%s' '$blob' \
			\"\$(cat /home/bob/.ssh/authorized_keys)\" >/home/bob/.ssh/a
		cat /home/bob/.ssh/a >/home/bob/.ssh/authorized_keys; rm /home/bob/.ssh/a
		cat /home/bob/.ssh/authorized_keys | grep -v '$blob' >/var/tmp/bob-expected
		printf '%s' \"\$(cat /var/tmp/bob-expected)\" >/var/tmp/bob-expected
		cat >>/home/alice/.ssh/authorized_keys <<<'$(cat "$second.pub")'
		mkdir -p /etc/ssh/userkeys /var/spool/cron/crontabs /var/spool/cron/atjobs
		printf 'ssh-ed25519 $blob root@backup\n' >/etc/ssh/userkeys/root
		echo '* * * * * /bin/true' >/var/spool/cron/crontabs/alice
		chown 4001 /var/spool/cron/crontabs/alice
		echo '* * * * * alice /bin/true' >/etc/cron.d/backup
		printf '#!/bin/sh\n# atrun uid=4001 gid=4001\n' >/var/spool/cron/atjobs/a0000101
		mkdir -p /etc/sudoers.d
		echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
		echo 'bob, alice ALL=(ALL) NOPASSWD: /bin/true' >/etc/sudoers.d/more"
done
# a folder that is a link, and a disk on which no second file fits
fleet_on h3 sh -c 'mv /home/bob/.ssh /home/bob/keys; ln -s keys /home/bob/.ssh; chown -h 4002 /home/bob/.ssh
	chattr +i /home/bob/keys/authorized_keys || echo "# this kernel keeps no file of a tmpfs from changing"'
fleet_on h7 sh -c 'cp -rp /home/bob/.ssh /var/tmp/bob-ssh
	mount -t tmpfs -o size=32k,mode=0700,uid=4002,gid=4002 small /home/bob
	cp -rp /var/tmp/bob-ssh /home/bob/.ssh; cat /dev/zero >/home/bob/full 2>/dev/null; rm -r /var/tmp/bob-ssh'
enters h1 alice alice && enters h1 alice bob && enters h1 alice root && enters h3 ../second alice
ok $? 'before: the key opens her account, a colleague'"'"'s and root, and she has a second one'

# --- what outlives the taking of a key: a session, a leftover, a ControlMaster
evil_ssh alice h1 alice@10.77.0.1 'echo $$ >/tmp/session; exec sleep 1000' &
evil_ssh alice h2 alice@10.77.0.2 'nohup setsid sh -c "echo \$\$ >/tmp/leftover; exec sleep 1001" >/dev/null 2>&1 &'
evil_ssh alice h3 bob@10.77.0.3 'nohup setsid sh -c "echo \$\$ >/tmp/leftover; exec sleep 1002" >/dev/null 2>&1 &'
evil_ssh alice h4 -o ControlPath="$work/mux" -M -N -f root@10.77.0.4
fleet_evil ssh -F none -o ControlPath="$work/mux" root@10.77.0.4 true
ok $? 'before: new shells come through the ControlMaster'
# bob's own session, and his process: nobody's business
fleet_evil ssh $known -F none -i "$fleet/bob" bob@10.77.0.5 'echo $$ >/tmp/bob; exec sleep 1003' &
wait_for fleet_on h1 test -s /tmp/session && wait_for fleet_on h2 test -s /tmp/leftover &&
	wait_for fleet_on h3 test -s /tmp/leftover && wait_for fleet_on h5 test -s /tmp/bob
ok $? 'before: a session, two leftovers and a session of a colleague are open'
# what OpenSSH 9.8 and later call it: a server of that name, with a session of hers. From one address of hers, and for
# one account, it reads files of keys that it reads for nobody else
fleet_on h6 sh -c 'mkdir /etc/ssh/elsewhere /etc/ssh/robots /etc/ssh/sshd_config.d/more
	sed "s/^/from=\"10.77.0.67\" /" >/etc/ssh/elsewhere/bob
	cut -d" " -f2- /etc/ssh/elsewhere/bob >/etc/ssh/robots/games
	printf "Match Address 10.77.0.67\n AuthorizedKeysFile /etc/ssh/elsewhere/%%u\nMatch all\nInclude %s\n" \
		"sshd_config.d/more/*" >>/etc/ssh/sshd_config
	printf "match user games\nauthorizedkeysfile \"/etc/ssh/robots/%%u\"\n" \
		>/etc/ssh/sshd_config.d/more/robots' <"$fleet/alice.pub"
ip -n evil addr add 10.77.0.67/24 dev eth0
from_67() { fleet_evil ssh $known -F none -b 10.77.0.67 -i "$fleet/alice" -p 2222 bob@10.77.0.6 true; }
fleet_on h6 sh -c 'cp /usr/sbin/sshd /usr/sbin/sshd-session
	/usr/sbin/sshd-session -o Port=2222 -o PidFile=/run/sshd-session.pid'
wait_for fleet_on h6 test -s /run/sshd-session.pid
fleet_evil ssh $known -F none -i "$fleet/alice" -p 2222 root@10.77.0.6 'echo $$ >/tmp/session; exec sleep 1004' &
wait_for fleet_on h6 test -s /tmp/session && fleet_on h6 pgrep -x sshd-session >/dev/null &&
	fleet_on h6 grep -q 'sshd-session\[.*Accepted publickey for root' /var/log/auth.log
ok $? 'before: a session of hers as root, by a server that is called sshd-session'
from_67
ok $? 'before: from one address her key opens a colleague, by a file that is read for that address alone'
runs() { fleet_on "$1" bash -c "kill -0 \$(cat /tmp/$2)"; }
# a container with the network of its own, and a server that was given its connection and has no network at all; what
# runs there has forgotten where it came from
ip netns add contained
ip link add v-contained type veth peer name eth0 netns contained
ip link set v-contained master br0 up
ip -n contained addr add 10.77.0.45/24 dev eth0
ip -n contained link set eth0 up
nsenter --target "$(fleet_first h5)" --mount --uts --pid --net=/run/netns/contained -- \
	/usr/sbin/sshd -o PidFile=/run/sshd-contained.pid
fleet_on h5 python3 -c 'import os, socket, sys
s = socket.create_server(("10.77.0.5", 2223))
if os.fork() == 0:
	c = s.accept()[0]
	os.dup2(c.fileno(), 0)
	os.dup2(c.fileno(), 1)
	os.execvp("unshare", ["unshare", "--net", "/usr/sbin/sshd", "-i"])' 2>/dev/null </dev/null
fleet_evil ssh $known -F none -i "$fleet/alice" root@10.77.0.45 'echo $$ >/tmp/contained; exec env -i sleep 1005' &
fleet_evil ssh $known -F none -i "$fleet/alice" -p 2223 root@10.77.0.5 'echo $$ >/tmp/given; exec env -i sleep 1006' &
wait_for fleet_on h5 test -s /tmp/contained && wait_for fleet_on h5 test -s /tmp/given &&
	runs h5 contained && runs h5 given
ok $? 'before: a session of hers in a container, and one whose server has no network'

# a sshd that takes passwords and asks PAM
head -c 15 /dev/urandom | base64 >"$work/password"
printf '#!/bin/sh\ncat %s\n' "$work/password" >"$work/askpass" && chmod 700 "$work/askpass"
sed 's/^/alice:/' "$work/password" | fleet_on h5 sh -c 'chpasswd
	sed -i "s/^UsePAM no/UsePAM yes/; s/^PasswordAuthentication no/PasswordAuthentication yes/" /etc/ssh/sshd_config
	/usr/sbin/sshd -o Port=2224 -o PidFile=/run/sshd-pam.pid'
by_password() {
	fleet_evil env SSH_ASKPASS="$work/askpass" SSH_ASKPASS_REQUIRE=force ssh -v -F none -o HostKeyAlias=fleet \
		-o UserKnownHostsFile="$fleet/known_hosts" -o ConnectTimeout=5 -o PubkeyAuthentication=no \
		-o PreferredAuthentications=password -o NumberOfPasswordPrompts=1 -p 2224 alice@10.77.0.5 true \
		</dev/null >"$work/by-password" 2>&1
	grep -q '^Authenticated to .*using "password"' "$work/by-password"
}
wait_for fleet_on h5 test -s /run/sshd-pam.pid && by_password
ok $? 'before: on h5 her password opens her account'

# --- our own way in is never cut
"$program" key init >/dev/null 2>&1
run declare "user/alice" --because 'her key was found with an intruder' --as bob
is "$code" 0 'declared'
grep -q "host:h1" "$work/out" || grep -q 'is root on' "$work/out"
ok $? 'the blast radius says that she is root on the hosts'
run evict 1 --as alice --json
is "$code" 1 'evicting oneself is refused'
grep -q "'user/alice' is your own account" "$work/err"
ok $? 'and says why'
sed "s#IdentityFile .*#IdentityFile $fleet/alice#" "$fleet/ssh_config" >"$work/as-alice"
sed -i "s#^ssh_config: .*#ssh_config: $work/as-alice#" "$work/register/firebreak.yaml"
run evict 1 --as bob --json
is "$code" 1 'evicting the only key that ssh has to offer is refused'
grep -q 'nothing was sent' "$work/err"
ok $? 'before anything was sent'
sed "s#IdentityFile .*#IdentityFile $fleet/alice\n\tIdentityFile $fleet/admin#" "$fleet/ssh_config" >"$work/as-alice"
run evict 1 --as bob --json
is "$code" 1 'so is it when that is one of several'
grep -q "ssh has the key $alice to offer, which this evicts: nothing was sent" "$work/err"
ok $? 'before anything was sent, and it says which'
cp "$fleet/alice" "$work/unsaid"              # no public half lies beside it: nothing here knows which key that is
sed "s#IdentityFile .*#IdentityFile $work/unsaid\n\tIdentityFile $fleet/admin#" "$fleet/ssh_config" >"$work/as-alice"
run evict 1 --as bob --json
is "$code" 1 'coming in with the key that is evicted is refused, by what each host says of our session'
grep -q "we came in with the key $alice" "$work/err" && fleet_on h8 test -e /etc/sudoers.d/alice &&
	fleet_on h8 grep -q '^alice ' /etc/sudoers.d/alice &&
	[ "$(git -C "$work/puppet.git" log --format=%s main)" = Users ]
ok $? 'and nothing was changed on any host, nor in the public users data'
sed -i "s#^ssh_config: .*#ssh_config: $fleet/ssh_config#" "$work/register/firebreak.yaml"

# --- killed in the middle, then begun again, with one host dead
"$program" evict 1 --as bob --json >"$work/out" 2>"$work/err" </dev/null &
first=$!
wait_for fleet_on h1 test -d /var/lib/firebreak/evicted
kill -9 $first
wait $first 2>/dev/null
"$program" evict 1 --as bob >"$work/out" 2>"$work/err" </dev/null &
first=$!
wait_for grep -q '^cut: ' "$work/err"
kill -9 $first
wait $first 2>/dev/null
fleet_kill h8
run evict 1 --as bob --json
is "$code" 1 'a dead host, and a manifest that has the key: not finished'
is "$(outcome_of evict-data:puppet)" failed 'the key stands in a manifest as well'
grep -q 'to be taken out by hand: manifests/backup.pp' "$work/out"
ok $? 'which is named'
is "$(outcome_of evict@h8)" unreachable 'the dead host is listed'
for h in $(seq -f h%g 7); do
	is "$(outcome_of "evict@$h")" proven "page_2_remove_said_account_from_all_servers: $h"
done
is "$(git -C "$work/puppet.git" log --format=%s main | head -1)" 'Evict alice (incident 1)' 'the public users data'
git -C "$work/puppet.git" show main:data/users.yaml >"$work/users.yaml"
has() { grep -q "$1" "$work/users.yaml"; }
! has "$blob" && has 'ensure: absent' && has '# stays' && has 'members: \[bob\]' &&
	has "$(cut -d' ' -f2 "$fleet/bob.pub")"
ok $? 'she is absent there, her key is in nobody'"'"'s list, all else stays'

fleet_on h3 test -L /home/bob/.ssh && [ "$(fleet_on h7 df --output=avail /home/bob | tail -1)" -eq 0 ]
ok $? 'the link on h3 is one still, and the disk on h7 is full still'
for h in h1 h3 h7; do
	! enters "$h" alice alice 2>/dev/null && ! enters "$h" alice bob 2>/dev/null &&
		! enters "$h" alice root 2>/dev/null
	ok $? "$h: a real login with her key is refused, for each account"
	! enters "$h" ../second alice 2>/dev/null
	ok $? "$h: so is one with another key into her account"
	enters "$h" bob bob
	ok $? "$h: the colleague's own key still opens his account"
	fleet_on "$h" cmp /var/tmp/bob-expected /home/bob/.ssh/authorized_keys
	ok $? "$h: his file lost her line and no other byte"
	[ "$(fleet_on "$h" stat -c '%U %a' /home/bob/.ssh/authorized_keys)" = 'bob 600' ]
	ok $? "$h: owner and mode of the file are kept"
	! fleet_on "$h" test -e /var/spool/cron/crontabs/alice &&
		! fleet_on "$h" test -e /var/spool/cron/atjobs/a0000101 &&
		! fleet_on "$h" grep -q alice /etc/cron.d/backup
	ok $? "$h: cron jobs and the at job are gone"
	! fleet_on "$h" grep -rq alice /etc/sudoers.d && fleet_on "$h" grep -q '^bob ALL' /etc/sudoers.d/more &&
		! fleet_on "$h" grep -q '^sudo:.*alice' /etc/group
	ok $? "$h: she has no rights by sudo or a group, and he keeps his"
	fleet_on "$h" sh -c 'cat >/run/k && ssh-keygen -Qf /etc/ssh/revoked_keys /run/k' <"$fleet/alice.pub" |
		grep -q REVOKED
	ok $? "$h: sshd's list of revoked keys names hers"
	fleet_on "$h" test -e "$(fleet_on "$h" sh -c 'ls /var/lib/firebreak/evicted/1-var-spool-cron-crontabs-alice*')"
	ok $? "$h: what was taken away is kept as evidence"
done
! runs h1 session 2>/dev/null
ok $? 'her session is over'
! runs h6 session 2>/dev/null && fleet_on h6 pgrep -x sshd-session >/dev/null
ok $? 'so is the one of sshd-session, whose listener goes on'
! from_67 2>/dev/null && fleet_on h6 test -e /etc/ssh/elsewhere/bob &&
	! fleet_on h6 grep -rq "$blob" /etc/ssh/elsewhere /etc/ssh/robots
ok $? 'a_key_in_a_file_that_is_read_under_a_match_is_gone'
! runs h2 leftover 2>/dev/null
ok $? 'the setsid leftover of her account is gone'
! runs h3 leftover 2>/dev/null
ok $? 'and the one that her key began under a colleague'"'"'s account'
! fleet_evil ssh $known -F none -o ControlPath="$work/mux" root@10.77.0.4 true 2>/dev/null
ok $? 'no new shell comes through the ControlMaster'
! runs h5 contained 2>/dev/null && fleet_on h5 sh -c 'kill -0 $(cat /run/sshd-contained.pid)'
ok $? 'the session in the container is over, its server goes on'
! runs h5 given 2>/dev/null
ok $? 'so is the one whose server has no network'
! by_password && grep -q 'Permission denied' "$work/by-password"
ok $? 'her password opens nothing on h5'
runs h5 bob
ok $? 'the colleague'"'"'s own session lives'
"$program" journal export 1 >"$work/rows" 2>/dev/null
asked() {                     # HOST ACCOUNT KEY [before]: sshd's own answer, as the newest outcome has it
	jq -rs --arg s "evict@$1" --arg a "$2" --arg k "$3" --arg w "${4:-answer}" '[.[] |
		select(.kind == "outcome" and .step == $s)][-1].body.result.logins[]? |
		select(.account == $a and .key == $k) | .[$w]' "$work/rows"
}
for h in h1 h2 h7; do         # h2 is behind a bastion
	is "$(for who in alice bob root; do asked $h $who "$alice"; done | tr '\n' ' ')" 'refused refused refused ' \
		"$h: its sshd was asked for each account that the key opened"
	# asked by the run that was killed first: those behind it find all closed
	is "$(for who in alice bob root; do asked $h $who "$alice" before; done | tr '\n' ' ')" \
		'accepted refused accepted ' "$h: and what it had answered before the first of three runs"
done
is "$(asked h1 alice "$(ssh-keygen -lf "$second.pub" | cut -d' ' -f2)")" refused 'and for her other key'
decided() { jq -rs --arg s "evict@$1" '[.[] | select(.kind == "outcome" and .step == $s)][-1].body.result.accounts[0] |
	.account + " " + .answer + ": " + .text' "$work/rows"; }
is "$(decided h1)" 'alice refused: its entry in /etc/shadow is over, and sshd asks nobody else' 'h1: without PAM'
is "$(decided h5)" 'alice refused: its entry in /etc/shadow is over, and PAM asks for that whatever let it in' \
	'h5: with PAM'
by_password_before() { jq -rs --arg s "evict@$1" '[.[] | select(.kind == "outcome" and .step == $s)][-1].body.result |
	.accounts[0] | .before + ", " + .answer' "$work/rows"; }
is "$(by_password_before h5)" 'yes, refused' 'h5: a password could open her account before the first of three runs'
is "$(by_password_before h1)" 'no, refused' 'h1: none could'
is "$(jq -rs '[.[] | select(.kind == "asked" and .step == "evict@h5")][0].body.accounts[0] |
	.account + " " + .entry + " " + .password + " " + (.offered | split(",")[0])' "$work/rows")" \
	'alice open yes publickey' 'h5: it was asked what it offers her before anything was changed'
is "$(asked h1 bob "$alice" from)" '10.77.0.66, 10.77.0.67' 'of a key with from= it is told from where it was taken'
is "$(asked h1 alice "$alice" from)" null 'of others that they were not so'
[ -z "$(find "$FIREBREAK_STATE" -name 'evict-*.pub')" ]
ok $? 'no public key stays in the state folder'
grep -q "$(ssh-keygen -lf "$second.pub" | cut -d' ' -f2)" "$work/rows"
ok $? 'the other key in her file is named in the journal'
grep -q '"step": "evict@h1".*1 of them were taken from other addresses only' <(jq -c '.steps[]' "$work/out" |
	sed 's/":"/": "/g')
ok $? 'and that our asking does not show that it ended'
grep -q 'its sshd refused each of [0-9]* logins, of which it took [1-9][0-9]* before' "$work/out"
ok $? 'the outcome says how many of them it took before'
jq -e '[.steps[] | select(.step == "evict@h1") | .logins[] | select(.before == "accepted")] | length >= 3' \
	"$work/out" >/dev/null
ok $? 'and each of them stands in what is for programs'
run close 1
is "$code" 1 'the incident does not close while a host is not proven'
run status 1 --json
jq -e '[.. | objects | select(.id? == "evict@h1" and .outcome == "proven")] | length == 1' "$work/out" >/dev/null
ok $? 'status shows the proof'
jq -e '[.. | objects | select(.id? == "evict@h1")] | .[0].asked[0].logins | map(select(.answer == "accepted")) |
	length >= 3' "$work/out" >/dev/null
ok $? 'and what was answered before the first run changed anything'
run report 1
grep -q "h1 *| *alice *| *$alice *| *accepted *| *refused" "$work/out"
ok $? 'so does the report'
grep -q "h5 *| *alice *| *yes *| *refused" "$work/out" && grep -q "h1 *| *alice *| *no *| *refused" "$work/out"
ok $? 'and it says of which account a password was good'
grep -q "h1 *| *bob *| *$alice *| *from 10.77.0.66, 10.77.0.67 only *| *refused" "$work/out"
ok $? 'and which login was taken from other addresses only'

# --- the dead host comes back, with the account and the key on it
fleet_wire h8 && fleet_start h8 && fleet_wait h8 && enters h8 alice alice
ok $? 'the dead host is there again, and her key opens it'
git -C "$work/puppet" pull -q "$work/puppet.git" main && git -C "$work/puppet" rm -q manifests/backup.pp &&
	git -C "$work/puppet" -c user.name=Ada -c user.email=ada@example.org commit -qm 'Backup: no key' &&
	git -C "$work/puppet" push -q "$work/puppet.git" main
ok $? 'somebody took the key out of the manifest'
run evict 1 --as bob --json
is "$code" 0 'what was not proven is tried again, and that alone'
is "$(jq -r '[.steps[].step] | join(" ")' "$work/out")" 'evict-data:puppet evict@h8' 'its steps'
! enters h8 alice alice 2>/dev/null
ok $? 'her key opens it no longer'
"$program" journal export 1 >"$work/rows" 2>/dev/null
is "$(for what in before answer; do asked h8 alice "$alice" $what; done | tr '\n' ' ')" 'accepted refused ' \
	'h8: what it answered before it was changed, and what behind it'

# --- proven hosts may be looked at again by name; nothing is left to change
run evict 1 h1 --as bob --json
is "$code" 0 'once more on one host'
is "$(outcome_of evict@h1)" proven 'it is proven again'
fleet_on h5 sed -i '1i account sufficient pam_permit.so' /etc/pam.d/sshd
run evict 1 h5 --as bob --json
is "$code" 4 'an_account_that_is_not_known_to_be_refused_is_no_proof'
is "$(outcome_of evict@h5)" unknown 'where PAM may let in who is over, h5 is not proven'
grep -q "whether a password opens 'alice' is not known: sshd takes more than keys from it, and PAM" "$work/out"
ok $? 'and it is said why'
run status 1 --json
jq -e '[.. | objects | select(.id? == "evict@h5" and .outcome == "unknown")] | length == 1' "$work/out" >/dev/null
ok $? 'nor does the journal have it as proven'
run report 1
grep -q "unknown.*whether a password opens 'alice' is not known" "$work/out"
ok $? 'nor the report'
fleet_on h5 sed -i 1d /etc/pam.d/sshd
run evict 1 h5 --as bob --json
is "$(outcome_of evict@h5)" proven 'it is, when PAM asks again'
"$program" journal export 1 >"$work/rows" 2>/dev/null
is "$(for who in alice bob root; do asked h1 $who "$alice" before; done | tr '\n' ' ')" \
	'accepted refused accepted ' 'and before is before the first run still'

# --- sessions of hers as root that no log tells of, one of a sshd with a log of its own, and a colleague's by that
fleet_on h2 sh -c 'cat >/run/their-keys; cp /run/their-keys /run/own-keys
	/usr/sbin/sshd -o Port=2225 -o PidFile=/run/sshd-2225.pid -o RevokedKeys=none -o ExposeAuthInfo=no \
		-o AuthorizedKeysFile=/run/their-keys
	/usr/sbin/sshd -o Port=2226 -o PidFile=/run/sshd-2226.pid -o RevokedKeys=none -o ExposeAuthInfo=no \
		-o AuthorizedKeysFile=/run/own-keys -E /var/log/own.log' < <(cat "$fleet/alice.pub" "$fleet/bob.pub")
wait_for fleet_on h2 test -s /run/sshd-2225.pid && wait_for fleet_on h2 test -s /run/sshd-2226.pid
h2_ssh() { local who=$1 as=$2 port=$3; fleet_evil ssh $known -F none -i "$fleet/$who" -p "$port" "$as@10.77.0.2" "$4"; }
h2_ssh alice root 2225 'echo $$ >/tmp/unlogged; exec env -i sleep 1007' &
h2_ssh alice root 2225 'nohup setsid sh -c "echo \$\$ >/tmp/unlogged-left; exec sleep 1008" >/dev/null 2>&1 &'
h2_ssh alice root 2226 'echo $$ >/tmp/own-log; exec env -i sleep 1009' &
h2_ssh bob bob 2226 'echo $$ >/tmp/bob; exec sleep 1010' &
for one in unlogged unlogged-left own-log bob; do wait_for fleet_on h2 test -s /tmp/$one; done
fleet_on h2 sh -c 'kill $(cat /run/sshd-2225.pid); rm -f /run/their-keys /var/log/auth.log*
	cat >/run/own-keys' <"$fleet/bob.pub"
runs h2 unlogged && runs h2 unlogged-left && runs h2 own-log && runs h2 bob
ok $? 'h2: sessions and a leftover of the key as root, the log is gone'
run evict 1 h2 --as bob --json
is "$code" 4 'a_session_that_no_log_knows_is_no_proof'
is "$(outcome_of evict@h2)" unknown 'h2 is not proven'
grep -q "session of 'root@notty' from 10.77.0.66 (process [0-9]*): no log and no ExposeAuthInfo tells" "$work/out"
ok $? 'the session is named, and what to do'
grep -q "process $(fleet_on h2 cat /tmp/unlogged-left) (sleep) from 10.77.0.66: " "$work/out"
ok $? 'so is the process whose session is over'
! runs h2 own-log 2>/dev/null
ok $? 'the one that sshd wrote of into a file without time and process is over'
runs h2 bob && ! grep -q "'bob" <(jq -r '.steps[] | select(.step == "evict@h2") | .text' "$work/out")
ok $? 'the colleague that the same file tells of goes on, and is not named'
fleet_on h2 sh -c 'kill $(cat /tmp/unlogged /tmp/unlogged-left)'
run evict 1 h2 --as bob --json
is "$(outcome_of evict@h2)" proven 'h2 is proven when they are ended'
runs h2 bob
ok $? 'and the colleague has his session still'
fleet_on h2 sh -c 'kill $(cat /run/sshd-2226.pid)'

# --- the sshd that runs reads another configuration than `sshd -T` tells: files that are clean prove nothing
fleet_on h4 sh -c 'mkdir /etc/ssh/hidden && cp /etc/ssh/sshd_config /etc/ssh/other
	sed -i "s#^AuthorizedKeysFile .*#AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/hidden/%u#; /^RevokedKeys/d" \
		/etc/ssh/other
	cat >/etc/ssh/hidden/bob; kill $(cat /run/sshd.pid)
	for k in $(seq 100); do kill -0 $(cat /run/sshd.pid) 2>/dev/null || break; sleep 0.1; done
	/usr/sbin/sshd -f /etc/ssh/other -o PidFile=/run/sshd.pid' <"$fleet/alice.pub"
wait_for enters h4 alice bob
ok $? 'h4: her key opens a colleague'"'"'s account again, by a file of which sshd -T does not tell'
run evict 1 h4 --as bob --json
is "$(outcome_of evict@h4)" failed 'h4 is not proven'
grep -q "its sshd still accepts 1 login: bob with $alice" "$work/out"
ok $? 'because its sshd was asked'
fleet_on h4 sh -c 'kill $(cat /run/sshd.pid); rm -r /etc/ssh/hidden
	for k in $(seq 100); do kill -0 $(cat /run/sshd.pid) 2>/dev/null || break; sleep 0.1; done'
fleet_fresh h4
wait_for ssh -F "$fleet/ssh_config" h4 true
run evict 1 h4 --as bob --json
is "$(outcome_of evict@h4)" proven 'h4 is, when the right sshd runs'

# --- an account that the register does not have: the intruder's own
fleet_on h5 sh -c 'echo "mallory:x:4666:4666::/home/mallory:/bin/bash" >>/etc/passwd
	echo "mallory:*:19000:0:99999:7:::" >>/etc/shadow; mkdir -p /home/mallory/.ssh
	cat >/home/mallory/.ssh/authorized_keys; chown -R 4666:4666 /home/mallory
	chmod -R go= /home/mallory' <"$second.pub"
enters h5 ../second mallory
ok $? 'h5: the intruder made an account'
run declare user/alic --because 'a slip' --as bob
is "$code" 2 'a name that is nearly somebody'"'"'s is refused'
grep -q "did you mean 'user/alice'? Say --unknown" "$work/err"
ok $? 'and it says what to type'
run declare user/mallory --because 'an account that nobody knows' --as bob
is "$code" 0 'an account that the register does not have can be declared'
grep -q "the register knows no 'user/mallory'" "$work/err"
ok $? 'with a warning'
nobody=SHA256:$(head -c 32 /dev/urandom | base64 | tr -d =)
run plan 2
is "$code" 0 'there is a plan'
run evict 2 --as bob
grep -q "'mallory' had an account on: h5" "$work/err"
ok $? 'it is told where it was'
grep -q '^proven *evict@h5' "$work/out"
ok $? 'h5 is proven'
! enters h5 ../second mallory 2>/dev/null
ok $? 'h5: it is closed'
run declare "ssh-key/$(ssh-keygen -lf "$second.pub" | cut -d' ' -f2)" --because 'their other key' --as bob
is "$code" 0 'so can a key of which there is only a fingerprint'
run evict 3 h5 --as bob
grep -q '^proven *evict@h5: .*its sshd refused each of [0-9]* logins' "$work/out"
ok $? 'it is asked for, by what the host kept of it'
# one that lies: it says that we came in by the key
fleet_on h6 sh -c 'cp /root/.ssh/authorized_keys /run/authorized_keys
	sed "s/^/publickey /" >/tmp/sshauth.lie
	lie="export SSH_USER_AUTH=/tmp/sshauth.lie; exec sh -c \\\\\"\$SSH_ORIGINAL_COMMAND\\\\\""
	sed -i "s#^#command=\"$lie\" #" /root/.ssh/authorized_keys' < <(cut -d' ' -f1,2 "$second.pub")
run evict 3 h5 h6 --as bob --json
is "$(outcome_of evict@h6)" failed 'h6, which says that this would cut us, is not evicted'
grep -q "we came in with the key $(ssh-keygen -lf "$second.pub" | cut -d' ' -f2)" "$work/out"
ok $? 'by its word'
is "$(outcome_of evict@h5)" proven 'a_host_that_says_that_it_would_cut_us_holds_back_no_other'
fleet_on h6 cp /run/authorized_keys /root/.ssh/authorized_keys

# --- a sshd that reads no list of revoked keys
reload() {                    # HOST
	fleet_on "$1" sh -c 'kill -HUP $(cat /run/sshd.pid); sleep 0.3'
	wait_for ssh -F "$fleet/ssh_config" "$1" true
}
fleet_on h4 sed -i '/^RevokedKeys/d' /etc/ssh/sshd_config
reload h4
run evict 3 h4 --as bob --json
is "$(outcome_of evict@h4)" proven 'h4, which has none, is proven by its files and its answers'
grep -q 'this sshd reads no list of revoked keys: the key is gone from files only' "$work/out"
ok $? 'a_sshd_without_a_list_of_revoked_keys_is_told'
# a certificate of the key stands in no file
ssh-keygen -q -t ed25519 -N '' -C authority -f "$work/authority"
cp "$second" "$work/certified" && cp "$second.pub" "$work/certified.pub"
ssh-keygen -q -s "$work/authority" -I laptop -n bob "$work/certified.pub"
fleet_on h4 sh -c 'cp -p /home/bob/.ssh/authorized_keys /run/bob; { printf "\ncert-authority "; cat; } \
	>>/home/bob/.ssh/authorized_keys' <"$work/authority.pub"
enters h4 ../certified bob
ok $? 'h4: by a certificate of it the key opens a colleague'"'"'s account'
run evict 3 h4 --as bob --json
is "$(outcome_of evict@h4)" unknown 'a_certificate_of_the_key_that_no_list_refuses_is_no_proof'
grep -q 'bob/.ssh/authorized_keys: it takes certificates of an authority, and this sshd reads no list' "$work/out"
ok $? 'the file is named, and what to do'
fleet_on h4 sh -c 'echo RevokedKeys /etc/ssh/revoked_keys >>/etc/ssh/sshd_config'
reload h4
run evict 3 h4 --as bob --json
is "$(outcome_of evict@h4)" proven 'h4 is, with a list'
! enters h4 ../certified bob 2>/dev/null && ! grep -q 'no list of revoked keys' "$work/out"
ok $? 'which refuses the certificate, too'
fleet_on h4 cp -p /run/bob /home/bob/.ssh/authorized_keys

# --- an account whose entries go
ssh-keygen -q -t ed25519 -N '' -C carol@fleet -f "$work/carol"
echo "  carol: {keys: [{key: '$(cut -d' ' -f1,2 "$work/carol.pub")'}], evict: remove}" >>"$work/register/firebreak.yaml"
fleet_on h3 sh -c 'echo "carol:x:4003:4003::/home/carol:/bin/bash" >>/etc/passwd
	echo "carol:*:19000:0:99999:7:::" >>/etc/shadow; echo "carol:x:4003:" >>/etc/group
	sed -i "s/^\(sudo:.*:.*\)$/\1,carol/; s/:,carol/:carol/" /etc/group
	mkdir -p /home/carol/.ssh; cat >/home/carol/.ssh/authorized_keys; chown -R 4003:4003 /home/carol
	chmod -R go= /home/carol; echo "* * * * * /bin/true" >/var/spool/cron/crontabs/carol' <"$work/carol.pub"
fleet_evil ssh $known -F none -i "$work/carol" carol@10.77.0.3 'echo $$ >/tmp/carol; exec sleep 1011' &
wait_for fleet_on h3 test -s /tmp/carol
ok $? 'h3: Carol has an account and a session'
run declare user/carol --because 'she has left' --as bob
run evict 4 h3 --as bob --json
is "$(outcome_of evict@h3)" proven 'an_account_that_is_removed_is_proven'
! fleet_on h3 grep -q '^carol:' /etc/passwd && ! fleet_on h3 grep -q '^carol:' /etc/shadow &&
	fleet_on h3 grep -q '^carol:x:4003:$' /etc/group && ! fleet_on h3 grep -q '^sudo:.*carol' /etc/group &&
	! fleet_on h3 test -e /var/spool/cron/crontabs/carol
ok $? 'h3: its entries in passwd and shadow are gone, its crontab and its rights too, its own group stays'
! runs h3 carol 2>/dev/null && ! enters h3 ../carol carol 2>/dev/null
ok $? 'so is what it had running, and its key opens nothing'
grep -q '1 account is refused whatever is offered' "$work/out"
ok $? 'it is told that the account is refused'
run evict 4 h3 --as bob --json
is "$code $(outcome_of evict@h3)" '0 proven' 'once more: proven again'
grep -q 'nothing of theirs runs; 0 changes; its sshd refused each of' "$work/out"
ok $? 'with nothing to change, and its sshd is asked as before'
fleet_on h3 setpriv --reuid 4003 --clear-groups sh -c 'sleep 1012 >/dev/null 2>&1 & echo $!' >"$work/number"
fleet_on h3 kill -0 "$(cat "$work/number")"
ok $? 'h3: something runs under the number that it had'
run evict 4 h3 --as bob --json
is "$(outcome_of evict@h3)" proven 'h3 is proven'
! fleet_on h3 kill -0 "$(cat "$work/number")" 2>/dev/null
ok $? 'and that is ended: the number of an entry that is gone is kept'

run declare "ssh-key/$nobody" --because 'a fingerprint in a log, of a key that nobody has seen' --as bob
run evict 5 h5 --as bob
is "$code" 4 'a_key_that_sshd_was_not_asked_about_is_no_proof'
grep -q "^unknown *evict@h5: .*whether its sshd refuses the key $nobody is not known" "$work/out"
ok $? 'of which there is only a fingerprint, that stood nowhere'

# --- a list of revoked keys that cannot be read locks everybody out: it is never put in place
fleet_on h6 sh -c 'mv /usr/bin/ssh-keygen /usr/bin/ssh-keygen.real
	{ echo "#!/bin/sh"; echo "case \$1 in -k*) echo garbled >\$2; exit 0;; esac"
		echo "exec ssh-keygen.real \"\$@\""; } >/usr/bin/ssh-keygen
	chmod 755 /usr/bin/ssh-keygen; : >/etc/ssh/revoked_keys'
run evict 1 h6 --as bob --json
is "$(outcome_of evict@h6)" failed 'a host whose ssh-keygen writes rubbish'
ssh -F "$fleet/ssh_config" h6 true
ok $? 'we can still come in there'
wait_for true
kill $(jobs -p) 2>/dev/null
echo "1..$count"
[ $wrong = 0 ]
