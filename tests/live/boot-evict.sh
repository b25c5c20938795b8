#!/usr/bin/env bash
# An account is taken off a host with a real systemd, where it has much that comes back by itself. How the host is made
# says tests/lib/boot.sh. Who came in is read from its journal alone, over a restart.
# Usage: boot-evict.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
. "$2/tests/lib/boot.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
boot_farm b1
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: sre@example.org, approver: lead}
	ssh_config: $config
	roles: {lead: , sre: {root: true, contain: all}}
	people:
	  alice: {name: Alice, mail: alice@example.org, roles: [sre]}
	  bob: {name: Bob, mail: bob@example.org, roles: [sre, lead], key: '$key'}
	hosts: {b1: }
	systems: {servers: {title: Servers, hosts: [b1]}}
	users: {alice: {person: alice, keys: [{key: '$(cut -d' ' -f1,2 "$fleet/alice.pub")'}]}}
	configuration: {apply: none}
REGISTER
print=$(ssh-keygen -lf "$fleet/alice.pub" | cut -d' ' -f2)

evil_ssh() {          # ACCOUNT COMMAND
	ip netns exec evil ssh -F none -i "$fleet/alice" -o UserKnownHostsFile="$fleet/known_hosts" \
		-o HostKeyAlias=fleet -o BatchMode=yes "$1@$(fleet_address b1 "${3:-4}")" "$2" </dev/null
}
sleeps() { here pgrep -fx "(/bin/)?sleep $1"; }     # each thing of hers sleeps for seconds of its own
look() { run baseline b1 --in /usr/local --in /home --in /root "$@"; }

# --- a calm day
true_that 'there is no log of sshd but the journal' never here ls /var/log/auth.log
look
exits 0 'a baseline is kept'
look
exits 0 'and nothing differs'

# --- updates that install themselves do so by a timer
here sh -c 'printf "Package: unattended-upgrades\nStatus: install ok installed\n" >>/var/lib/dpkg/status
	printf "Architecture: all\nVersion: 2.9\n\n" >>/var/lib/dpkg/status
	printf "APT::Periodic::Unattended-Upgrade \"1\";\n" >/etc/apt/apt.conf.d/20auto-upgrades'
updates() {           # TEXT: what posture says of them
	run posture b1 --json
	result "$(jq -e --arg t "$1" '.[0].claims[] | select(.claim == "updates").said |
		map(select(.text | contains($t))) | length == 1' "$scratch/out" >/dev/null; echo $?)" "updates: $1"
}
updates 'unattended-upgrades is switched on'
here systemctl -q mask apt-daily-upgrade.timer
updates "switched on, and its timer 'apt-daily-upgrade.timer' is masked"
here systemctl -q unmask apt-daily-upgrade.timer
here systemctl -q disable apt-daily-upgrade.timer 2>/dev/null
updates "switched on, and its timer 'apt-daily-upgrade.timer' is not enabled"
look --accept

# --- what she has there, each of it started as it is by those who use it
true_that 'she comes in' evil_ssh alice true
true_that 'and by IPv6' evil_ssh alice true 6
here loginctl enable-linger alice
here su alice -c 'mkdir -p ~/.config/systemd/user/default.target.wants; cd ~/.config/systemd/user
	printf "[Service]\nExecStart=/bin/sleep 2001\nRestart=always\nRestartSec=0\n" \
		>own.service
	ln -s ../own.service default.target.wants/own.service'
true_that 'a service of her own, by her own manager' within 20 evil_ssh alice \
	'systemctl --user daemon-reload && systemctl --user start own.service &&
	systemd-run -q --user --on-active=1 /bin/sleep 2002'
here tee /etc/systemd/system/hers.service >/dev/null <<-'UNIT'
	[Service]
	 User = alice
	ExecStart=/bin/sleep 2003
	Restart=always
	RestartSec=0
	[Install]
	WantedBy=multi-user.target
UNIT
here tee /etc/systemd/system/hers@.service >/dev/null <<-'UNIT'
	[Service]
	User=4001
	ExecStart=/bin/sleep %i
	Restart=always
	RestartSec=0
UNIT
here systemctl -q enable --now hers.service
here systemctl start hers@2004.service
true_that 'one that is written nowhere' here systemd-run -q --uid=alice -p Restart=always -p RestartSec=0 \
	--unit=run-hers /bin/sleep 2005
true_that 'a timer that is written nowhere' here systemd-run -q --uid=alice --on-active=1h --unit=run-later \
	/bin/sleep 2006
here su alice -c 'echo "exec sleep 2007" | at now + 1 hour; echo "exec sleep 2008" | at now' 2>/dev/null
here su alice -c 'echo "@reboot exec sleep 2009" | crontab -'
evil_ssh alice 'exec sleep 2010' >/dev/null 2>&1 &
session=$!
evil_ssh alice 'systemd-run -q --scope --user setsid sleep 2011 >/dev/null 2>&1 & sleep 0.1' >/dev/null 2>&1
for k in 2001 2002 2003 2004 2005 2008 2010 2011; do
	true_that "before: $k runs" within 20 sleeps $k
done
true_that 'a service that is killed comes back' here bash -c 'pkill -9 -fx "/bin/sleep 2005"
	for k in $(seq 100); do pgrep -fx "/bin/sleep 2005" && exit 0; sleep 0.1; done; exit 1'
here ln -s /dev/null /etc/systemd/system/masked.service

# --- what a calm day did not have
look
exits 1 'what differs is found'
says "a unit or timer of systemd that the baseline does not have: '/etc/systemd/system/hers.service'"
says "a unit or timer of systemd that the baseline does not have: '/run/systemd/transient/run-hers.service'"
says "a unit or timer of systemd that the baseline does not have: '/home/alice/.config/systemd/user/own.service'"
says "a job of cron or at that the baseline does not have: '/var/spool/cron/crontabs/alice'"

# --- the host starts again: what comes back by itself does
true_that 'it boots again' start_again
for k in 2001 2003 2009; do
	true_that "after a restart $k runs again" within 20 sleeps $k
done
wait $session
here systemd-run -q --uid=alice -p Restart=always -p RestartSec=0 --unit=run-hers /bin/sleep 2005
here systemctl start hers@2004.service
evil_ssh alice 'exec sleep 2010' >/dev/null 2>&1 &
session=$!
true_that 'her session is there' within 20 sleeps 2010

# --- what is fleeting there, opened again
run declare user/alice --because 'her key was found with an intruder' --suspected -1h --as bob
exits 0 'declared'
run evidence 1 --take b1
exits 0 'evidence is taken'
run evidence 1 b1
exits 0 'it opens'
cp "$scratch/out" "$scratch/opened"
holds() {             # JQ TEXT
	jq -es "any($1)" "$scratch/opened" >/dev/null 2>"$scratch/err"
	result $? "evidence: $2"
}
holds '.s == "text" and .file == "journal" and (.text | contains("Accepted publickey for alice from 10.77.0.66"))' \
	'the end of the journal has her login'
holds '.s == "text" and (.file | startswith("/run/systemd/sessions/")) and (.text | contains("USER=alice") and
	contains("REMOTE_HOST=10.77.0.66"))' "logind's sessions"
holds '.s == "socket" and .state == "established" and (.local | endswith(":22")) and
	(.remote | startswith("10.77.0.66:"))' 'her connection'
holds '.s == "process" and .argv == ["/bin/sleep", "2005"] and (.cgroup | tostring | contains("run-hers.service"))' \
	'what runs of her, and as which service'

# --- who came in: of two starts, by the journal's own files
run investigate 1 b1 --package hostname --limit 20 --json
is_json 'it answers in JSON'
cp "$scratch/out" "$scratch/clues"
has() {               # JQ TEXT: a clue
	jq -e ".[0].clues | map(select($1)) | length > 0" "$scratch/clues" >/dev/null 2>"$scratch/err"
	result $? "$2"
}
came="alice came in from 10.77.0.66 with the key $print (ED25519), "
has ".question == \"key\" and (.text | startswith(\"$came\"))" \
	'her key from the intruder, with its fingerprint'
has ".question == \"key\" and (.text | startswith(\"${came/10.77.0.66/fd77::42}\"))" \
	'over IPv6, which was before the restart'
not_read() { jq -r '.[0].not_read[]? | "\(.what): \(.why)"' "$scratch/clues"; }
true_that 'each account has a journal of its own' here bash -c 'ls /var/log/journal/*/user-4001.journal'
true_that 'what_is_in_the_journal_of_an_account_is_missing_nowhere' never eval 'not_read | grep "nothing stands there"'
true_that 'without rsyslog nobody waits for auth.log' never eval 'not_read | grep auth.log'

# --- what runs as her because somebody changed a service of others is a person's to change
here mkdir -p /etc/systemd/system/cron.service.d
here tee /etc/systemd/system/cron.service.d/user.conf >/dev/null <<-'CONF'
	[Service]
	User=alice
CONF
run evict 1 --as bob --json
exits 1 'not all of it is gone'
cp "$scratch/out" "$scratch/evicted"
true_that 'user_of_a_drop_in_is_left_to_a_person' jq -e '.steps[] | select(.step == "evict@b1") |
	.outcome == "failed" and (tostring | contains("/etc/systemd/system/cron.service.d/user.conf"))' \
	"$scratch/evicted"
true_that 'and it is there' here grep -qx 'User=alice' /etc/systemd/system/cron.service.d/user.conf
here rm -r /etc/systemd/system/cron.service.d

# --- evicted
run evict 1 --as bob --json
exits 0 'all of it is gone'
cp "$scratch/out" "$scratch/evicted"
true_that 'and it is proven' jq -e '[.steps[] | select(.step == "evict@b1") | .outcome] == ["proven"]' \
	"$scratch/evicted"
for k in 2001 2003 2004 2005 2009 2010; do
	true_that "$k does not run" never sleeps $k
done
true_that 'nothing runs as her' never here pgrep -u 4001
true_that 'her session is over at its own end' timeout 20 tail --pid=$session -f /dev/null
no_session() { ! here loginctl --no-legend list-sessions | grep alice; }
true_that 'logind knows of no session of hers' within 20 no_session
true_that 'and of nobody who lingers' never here test -e /var/lib/systemd/linger/alice
true_that 'systemd knows of no service of hers' never eval \
	'here systemctl --all --no-legend --plain list-units "hers*" "run-hers*" "run-later*" | grep "loaded active"'
true_that 'her key opens nothing' never evil_ssh alice true
true_that 'it boots again' start_again
true_that 'nothing_of_hers_came_back_with_the_host' never here pgrep -u 4001
true_that 'the responder is in' ssh -F "$config" b1 true
finish
