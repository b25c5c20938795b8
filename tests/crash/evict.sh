#!/usr/bin/env bash
# A user is taken from a host by a program that is ended by kill -9 at each of its journal writes, workers, jobs and
# answers, and by one whose warden is ended at each of its answers: the next run goes on. Nothing is called proven that
# is not so, nothing is done twice that must not be, and the responder comes in at each moment. And evidence, likewise.
# Usage: evict.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
crash=$1 programs=$3
mkdir -p "${TMPDIR:-/tmp}"
. "$2/tests/cli/farm.sh" "$1/firebreak-crash" "$2"
fleet_up 2 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
mkdir -p "$scratch/puppet/data"
export HOME="$scratch" LC_ALL=C.UTF-8
unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER SSH_AUTH_SOCK GIT_CONFIG_GLOBAL || true
all=$scratch
trap 'rm -rf "$all"' EXIT       # $scratch becomes a folder of one host
blob=$(cut -d' ' -f2 "$fleet/alice.pub")
printf 'groups: {}\npeople:\n  alice:\n    ssh_keys: [%s]\n  bob:\n    uid: 4002\n' "'ssh-ed25519 $blob'" \
	>"$scratch/puppet/data/users.yaml"
git_begin "$scratch/puppet.before" "$scratch/puppet"
git_push Users "$scratch/puppet"
known="-o UserKnownHostsFile=$fleet/known_hosts -o HostKeyAlias=fleet -o BatchMode=yes -o IdentitiesOnly=yes -F none"
enters() { fleet_evil ssh $known -o ConnectTimeout=5 -i "$fleet/$1" "$2@10.77.0.${host#h}" true 2>/dev/null; }
runs() { fleet_on $host sh -c 'kill -0 $(cat /tmp/leftover)' 2>/dev/null; }

lane() {                      # HOST: everything of its own, so that the points are run on two hosts side by side
	host=$1
	scratch=$all/$host
	mkdir -p "$scratch/bin" "$scratch/share/firebreak" "$scratch/register"
	cp "$crash/firebreak-crash" "$scratch/bin/firebreak"
	for program in "$programs"/firebreak-*; do
		[ ! -f "$program" ] || ln -s "$program" "$scratch/bin"
	done
	rm "$scratch/bin/firebreak-warden"
	cp "$crash/firebreak-warden-crash" "$scratch/bin/firebreak-warden"
	ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
	firebreak_program=$scratch/bin/firebreak
	export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state"
	: >"$scratch/broken"
	: >"$scratch/done"
	cat >"$scratch/register/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Fleet, team: t@example.org, approver: em}
		roles: {em: , sre: {root: true}}
		people: {alice: {name: Alice, roles: [sre]}, bob: {name: Bob, roles: [em]}}
		ssh_config: $fleet/ssh_config
		repositories: {puppet: {kind: puppet, url: $scratch/puppet.git}}
		hosts: {$host: }
		systems: {servers: {title: Servers, hosts: ['*']}}
		users_data: {repository: puppet, file: data/users.yaml, people: people, groups: groups}
		users: {alice: {person: alice, keys: [{key: 'ssh-ed25519 $blob'}]}, bob: {person: bob}}
	REGISTER
	fleet_on $host bash -c "
		set -e
		[ ! -e /var/tmp/before ] || exit 0
		cp /home/bob/.ssh/authorized_keys /var/tmp/bob-expected
		sed -i '1i ssh-ed25519 $blob bob@laptop' /home/bob/.ssh/authorized_keys
		mkdir -p /etc/ssh/userkeys /var/spool/cron/crontabs /var/spool/cron/atjobs /etc/sudoers.d /etc/cron.d
		printf 'ssh-ed25519 $blob root@backup\n' >/etc/ssh/userkeys/root
		echo '* * * * * /bin/true' >/var/spool/cron/crontabs/alice
		chown 4001 /var/spool/cron/crontabs/alice
		echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
		mkdir /var/tmp/before
		cp -a --parents /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/ssh/revoked_keys \
			/etc/ssh/userkeys /etc/sudoers.d /var/spool/cron /home/alice /home/bob /var/tmp/before" ||
		{ echo "Bail out! the host cannot be made ready"; exit 1; }
}

fresh() {
	fleet_on $host bash -c '[ ! -e /tmp/leftover ] || kill -9 $(cat /tmp/leftover) 2>/dev/null
		rm -rf /var/lib/firebreak /home/*/.ssh /etc/ssh/userkeys /etc/sudoers.d; cp -a /var/tmp/before/. /
		setpriv --reuid 4001 --regid 4001 --clear-groups setsid sleep 1000 >/dev/null 2>&1 </dev/null &
		echo $! >/tmp/leftover'
	rm -rf "$scratch/state" "$scratch/puppet.git" "$scratch"/bin/{control,durable} "$scratch"/bin/points.*
	cp -r "$all/puppet.before" "$scratch/puppet.git"
	"$firebreak_program" declare user/alice --because 'her key is with an intruder' --as bob >/dev/null 2>&1
	rm -f "$scratch"/bin/points.*
}
stands() { jq -r --arg s "$1" '[.. | objects | select(.id? == $s) | .outcome][0] // ""' "$scratch/out"; }
wrong() { echo "$1: $2" >>"$scratch/broken"; }
logins() {                    # POINT WHEN: her key opens nothing; ours and a colleague's still do
	local who
	for who in alice bob root; do
		enters alice $who && wrong "$1" "her key opens $who, $2" &
	done
	enters admin root || wrong "$1" "the responder does not come in, $2" &
	enters bob bob || wrong "$1" "a colleague does not come in, $2" &
	wait
}
is_out() {                    # POINT WHEN: she is out of the host altogether
	logins "$@"
	! runs || wrong "$1" "what she had running runs, $2"
}
of_host() { jq -r --arg s "evict@$host" "[.. | objects | select(.id? == \$s)][0] | $1" "$scratch/out"; }
# The first run went on although sshd did not answer what it lets in: that is in the journal, and held back nothing.
unheard() { [ "$(of_host '.asked[0].logins | length')" = 0 ]; }
before() {                    # POINT: what her key opened is known from the first run on
	local said
	said=$(of_host '[.result.logins[] | .before + " " + .answer] | unique | join(", ")')
	[ "$said" = 'accepted refused' ] || { [ "$said" = 'unasked refused' ] && unheard; } ||
		wrong "$1" "of what her key opened it is told: $said"
}
ended_at() {                  # ROLE STEP NUMBER WHEN: ended there, looked at, run again, looked at
	local point="$1 $2 $3" first=
	fresh
	printf '%s %s %d\n' "$1" "$2" "$3" >"$scratch/bin/control"
	run evict 1 --as bob
	case $1 in
	parent) [ "$code" = 137 ] || wrong "$point" "it was not ended there but came to $code" ;;
	worker) first=$code ;;
	esac
	rm "$scratch/bin/control"
	run status 1 --json
	[ "$1 $4 $first" != 'worker before 0' ] || unheard ||
		wrong "$point" 'a warden that was ended there, and it came to 0'
	[ "$(stands evict@$host)" != proven ] || is_out "$point" 'and it is called proven'
	enters admin root || wrong "$point" 'the responder does not come in'
	run evict 1 --as bob
	[ "$code" = 0 ] || { wrong "$point" "the next run came to $code"; cat "$scratch/err" >>"$scratch/broken"; }
	run status 1 --json
	[ "$(stands evict@$host) $(stands evict-data:puppet)" = 'proven proven' ] ||
		wrong "$point" 'not proven in the end'
	is_out "$point" 'behind the next run'
	before "$point"
	[ "$(git -C "$scratch/puppet.git" log --format=%s main | grep -c '^Evict')" = 1 ] ||
		wrong "$point" 'not exactly one commit'
	fleet_on $host sh -c 'cmp -s /var/tmp/bob-expected /home/bob/.ssh/authorized_keys &&
		[ "$(ls /var/lib/firebreak/evicted | grep -c crontabs-alice)" = 1 ] &&
		[ "$(ssh-keygen -Qlf /etc/ssh/revoked_keys | grep -c ^hash)" = 1 ] &&
		! grep -rq alice /etc/sudoers.d && ! ls -d /run/firebreak-krl-* 2>/dev/null | grep -q .' ||
		wrong "$point" 'his file, what was kept or the list of revoked keys is not as it should be'
	run journal export 1
	jq -se '[.[] | select(.kind == "intent") | .step] - [.[] | select(.kind == "outcome") | .step] == []' \
		"$scratch/out" >/dev/null || wrong "$point" 'a step without an outcome'
	run journal verify
	[ "$code" = 0 ] || wrong "$point" 'the journal is not whole'
	echo "$point" >>"$scratch/done"
}

# Odd or even points: each as "ROLE STEP NUMBER", the number within its step.
half() {                      # HOST REMAINDER
	local role step number when n=0
	lane "$1"
	while read -r role step number when; do
		n=$((n + 1))
		[ $((n % 2)) = "$2" ] || continue
		ended_at "$role" "$step" "$number" "$when" </dev/null
	done <"$all/points"
}

lane h1
fresh
enters alice alice && enters alice bob && enters alice root && runs
result $? 'before: her key opens three accounts, and something of hers runs'
run evict 1 --as bob
exits 0 'evicted, when nothing ends it'
# What comes after one thing is before the next; of the parent's messages, those that say how it ended. The warden is
# ended around each of its messages.
parents='after +(journal +(asked|[io])|start|message +result)|before +journal +(asked|[io])'
for role in parent worker; do
	awk -v role=$role -v parents="$parents" '{ k[$1]++ }
		role == "worker" || $0 ~ parents { print role, $1, k[$1], $2 }' "$scratch/bin/points.$role"
done >"$all/points"
rm -rf "$scratch/bin" "$scratch/share"
(half h1 1) &
one=$!
(half h2 0) &
wait $one $!
cat "$all"/h?/broken >"$all/broken"
scratch=$all
cp "$scratch/broken" "$scratch/out"
: >"$scratch/err"
result "$([ ! -s "$scratch/broken" ]; echo $?)" 'at none of the points somebody stays in who is said to be out'
n=$(cat "$all"/h?/done | wc -l)
[ "$n" -ge 24 ] && [ "$n" = "$(wc -l <"$all/points")" ]
result $? "all of them were run, and there were many: $n"

# --- evidence that is killed in the middle: no file is there of which nobody is told
host=h1 scratch=$all/h1 firebreak_program=$all/h1/bin/firebreak
export FIREBREAK_REGISTER="$scratch/register" FIREBREAK_STATE="$scratch/state" FIREBREAK_KEY="$scratch/key"
rm -rf "$scratch/bin" "$scratch/share"
lane h1
run key init
sed -i "s#roles: \[em\]#&, key: '$(head -1 "$scratch/out")'#" "$scratch/register/firebreak.yaml"
fresh
run evidence 1 --take h1
exits 0 'evidence of the host is taken'
awk '{ k[$1]++ } /after +(job|message)|before +journal/ { print "parent", $1, k[$1] }' "$scratch/bin/points.parent" \
	>"$all/points"
awk '{ k[$1]++ } /before +result/ { print "worker", $1, k[$1] }' "$scratch/bin/points.worker" >>"$all/points"
: >"$scratch/broken"
n=0 loose=0
while read -r role step number; do
	n=$((n + 1))
	rm -f "$scratch"/bin/points.*
	printf '%s %s %d\n' "$role" "$step" "$number" >"$scratch/bin/control"
	run evidence 1 --take h1 --seconds 5 </dev/null
	[ "$code" != 0 ] || wrong "$role $number" 'it was not ended there'
	rm "$scratch/bin/control"
	for _ in $(seq 600); do pgrep -f "^$scratch/bin/firebreak-warden" >/dev/null || break; sleep 0.1; done
	run evidence 1 --json </dev/null
	[ "$(jq -r '.[].file' "$scratch/out" | sort)" = "$(ls "$scratch/state/evidence" | sort)" ] ||
		wrong "$role $number" 'the list is not what lies there'
	loose=$(jq '[.[] | select(.loose)] | length' "$scratch/out")
done <"$all/points"
[ "$n" -ge 4 ] && [ "$loose" -ge 2 ] || wrong "$n points" "$loose files without a row"
cp "$scratch/broken" "$scratch/out"
result "$([ ! -s "$scratch/broken" ]; echo $?)" "at each of $n points the list tells every file, $loose without a row"
run evidence 1
says 'the journal has no row of it'
run evidence 1 h1
: >"$scratch/out"
exits 0 'the newest that is whole is opened, and not what came after it'
says 'this is 1-h1-1.sealed, the newest of'
run evidence 1 h1 "$(ls "$scratch/state/evidence" | tail -1)"
: >"$scratch/out"
exits 1 'one that is named is opened'
says 'this is not whole'
run evidence 1 --take h1
says 'what took it was ended in the middle'
exits 0 'and the next is whole again'
finish
