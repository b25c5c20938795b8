#!/usr/bin/env bash
# The password of a Bacula leaks: director and console on one host, the storage daemon on another, clients on three,
# each reached over the team's ssh and configured out of the private git; one client has a value of its own, and there
# it is Puppet that configures. The intruder has a console and a director of their own.
# Usage: bacula.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
fleet_up 4 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
variables
mkdir "$scratch/evil"
random_word() { head -c 24 /dev/urandom | base64 | tr -d '+/='; }
leaked=$(random_word)
pair=$(random_word)
clients=(h2 h3 h4)

# --- the private git, and what renders it on each host ---
git_begin "$scratch/private.git" "$scratch/work"
mkdir "$scratch/work/hieradata"
printf "shared: '%s'\npair: '%s'\nother: 'stays'\n" "$leaked" "$pair" >"$scratch/work/hieradata/common.yaml"
git_push 'Private data' "$scratch/work"
git daemon --reuseaddr --listen=10.77.0.250 --base-path="$scratch" --export-all "$scratch/private.git" \
	>"$scratch/git.log" 2>&1 &

cat >"$scratch/apply" <<'APPLY'
#!/bin/bash
# 0: nothing to do, 2: something changed. Values pass through builtins only.
umask 077
cd /root || exit 1
if [ -d private ]; then
	git -C private fetch -q origin main && git -C private reset -q --hard FETCH_HEAD || exit 1
else
	git clone -q git://10.77.0.250/private.git private || exit 1
fi
changed=0
for template in templates/*; do
	text=$(<"$template")
	while IFS="'" read -r key value _; do text=${text//"@${key%: }@"/"$value"}; done <private/hieradata/common.yaml
	file=/etc/bacula/${template##*/}
	[ -f "$file" ] && [ "$(<"$file")" = "$text" ] && continue
	printf '%s\n' "$text" >"$file.new" && mv "$file.new" "$file" || exit 1
	changed=2
done
exit $changed
APPLY
# The host of the pair has Puppet, and gets the private data when something is pushed.
puppet_tree() {       # HOST
	local p=/root/code/environments/production
	fleet_on "$1" sh -c "mkdir -p $p/manifests && git clone -q git://10.77.0.250/private.git /root/private"
	fleet_on "$1" sh -c "cat >$p/hiera.yaml" <<-'HIERA'
		version: 5
		hierarchy: [{name: private, datadir: /root/private/hieradata, path: common.yaml}]
	HIERA
	fleet_on "$1" sh -c "cat >$p/manifests/site.pp" <<-'PUPPET'
		$text = file('/root/templates/bacula-fd.conf')
		file { '/etc/bacula/bacula-fd.conf':
		  mode => '0600', show_diff => false, content => Sensitive(regsubst($text, '@pair@', lookup('pair'))),
		}
	PUPPET
	printf '#!/bin/sh\nexec ssh -F %s %s git -C /root/private pull -q --ff-only </dev/null\n' \
		"$fleet/ssh_config" "$1" >"$scratch/private.git/hooks/post-receive"
	chmod 755 "$scratch/private.git/hooks/post-receive"
}
puppet_words=(--codedir /root/code --environment production --certname h4
	/root/code/environments/production/manifests/site.pp)

# A stop of its own takes a daemon seconds; a pid file of before would be believed.
cat >"$scratch/again" <<'AGAIN'
#!/bin/sh
# again DAEMON [reload]
if [ "${2:-}" = reload ]; then exec pkill -HUP -x "bacula-$1"; fi
while pkill -KILL -x "bacula-$1" && pidof "bacula-$1" >/dev/null; do sleep 0.05; done
rm -f "/root/bacula/bacula-$1".*.pid
setsid "bacula-$1" -f -d200 -c "/etc/bacula/bacula-$1.conf" </dev/null >>"/root/bacula/$1.log" 2>&1 &
AGAIN

# --- templates: four kinds of file ---
client_file() {       # HOST KEY BANDWIDTH
	cat <<-CLIENT
		FileDaemon {
		  Name = $1-fd
		  WorkingDirectory = /root/bacula
		  PidDirectory = /root/bacula
		  Maximum Bandwidth Per Job = $3
		}
		Director {
		  Name = backup-dir
		  Password = "@$2@"
		}
		Messages { Name = Standard; append = "/root/bacula/log" = all }
	CLIENT
}
storage_file() {
	cat <<-STORAGE
		Storage {
		  Name = h2-sd
		  WorkingDirectory = /root/bacula
		  PidDirectory = /root/bacula
		}
		Director {
		  Name = backup-dir
		  Password = "@shared@"
		}
		Device { Name = Files; Media Type = File; Archive Device = /root/volumes; LabelMedia = yes
		  Random Access = yes; AutomaticMount = yes; RemovableMedia = no; AlwaysOpen = no }
		Messages { Name = Standard; append = "/root/bacula/log" = all }
	STORAGE
}
director_file() {     # FOLDER LISTEN SHARED PAIR CONSOLE LABEL JOB
	local h
	cat <<-DIRECTOR
		Director {
		  Name = backup-dir
		  QueryFile = $1/query.sql
		  WorkingDirectory = $1
		  PidDirectory = $1
		  DirAddresses = { ip = { addr = $2; port = 9101 } }
		  Maximum Console Connections = 100
		  FD Connect Timeout = 5 s
		  SD Connect Timeout = 5 s
		  Messages = Daemon
		  Password = "$5"
		}
		Storage { Name = h2-sd; Address = 10.77.0.2; Device = Files; Media Type = File; Password = "$3" }
		Catalog { Name = Main; dbname = "bacula"; DB Address = ""; user = ""; password = "" }
		FileSet {
		  Name = Some
		  Include {
		    Options { signature = MD5 }
		    File = /root/data
		  }
		}
		Pool { Name = Pool; Pool Type = Backup; Label Format = $6; Recycle = yes }
		Messages { Name = Daemon; append = "$1/messages" = all, !skipped; catalog = all }
		Job { Name = bring-back; Type = Restore; Client = h3-fd; FileSet = Some; Storage = h2-sd; Pool = Pool
		  Messages = Daemon; Where = /root/restored }
	DIRECTOR
	for h in "${clients[@]}"; do
		printf 'Client { Name = %s-fd; Address = 10.77.0.%s; Catalog = Main; Password = "%s" }\n' \
			"$h" "${h#h}" "$([ "$h" = h4 ] && echo "$4" || echo "$3")"
		printf 'Job { Name = %s-%s; Type = Backup; Level = Full; Client = %s-fd; FileSet = Some\n' \
			"$7" "$h" "$h"
		printf '  Storage = h2-sd; Pool = Pool; Messages = Daemon; Client Run Before Job = /root/hold }\n'
	done
}
console_file() {      # ADDRESS VALUE
	printf 'Director {\n  Name = backup-dir\n  Address = %s\n  Password = "%s"\n}\n' "$1" "$2"
}
catalogue() {         # FOLDER
	sed -e "s#cd /var/lib/bacula#cd $1#" -e s/XXX_DBNAME_XXX/bacula/ /usr/share/bacula-director/make_sqlite3_tables
}

put() {               # HOST FILE: standard input
	fleet_on "$1" sh -c 'cat >"$0"' "$2"
}
for h in h1 h2 h3 h4; do
	fleet_on "$h" sh -c 'rm -f /etc/bacula/*.conf; mkdir -p /root/bacula /root/templates /root/volumes /root/data
		printf "#!/bin/sh\nwhile [ -e /root/held ]; do sleep 0.2; done\n" >/root/hold
		chmod 700 /root/hold; : >/root/bacula/query.sql; head -c 2000000 /dev/urandom >/root/data/file
		for n in 1 2 3 4; do echo "10.77.0.$n h$n"; done >>/etc/hosts'
	put "$h" /usr/local/sbin/apply <"$scratch/apply"
	put "$h" /usr/local/sbin/again <"$scratch/again"
	fleet_on "$h" chmod 755 /usr/local/sbin/apply /usr/local/sbin/again
done
director_file /root/bacula 0.0.0.0 @shared@ @pair@ @shared@ V save | put h1 /root/templates/bacula-dir.conf
console_file 127.0.0.1 @shared@ | put h1 /root/templates/bconsole.conf
storage_file | put h2 /root/templates/bacula-sd.conf
client_file h2 shared 100mb/s | put h2 /root/templates/bacula-fd.conf
client_file h3 shared 20kb/s | put h3 /root/templates/bacula-fd.conf
client_file h4 pair 100mb/s | put h4 /root/templates/bacula-fd.conf
catalogue /root/bacula | fleet_on h1 sh >/dev/null
puppet_tree h4
fleet_on h4 puppet apply --detailed-exitcodes "${puppet_words[@]}" >"$scratch/out" 2>&1
result "$([ $? = 2 ]; echo $?)" "Puppet writes the file of one client"
for h in h1 h2 h3; do
	fleet_on "$h" /usr/local/sbin/apply || [ $? = 2 ] || { echo "Bail out! '$h' cannot be configured"; exit 1; }
done
fleet_on h2 /usr/local/sbin/again sd
for h in "${clients[@]}"; do fleet_on "$h" /usr/local/sbin/again fd; done
fleet_on h1 /usr/local/sbin/again dir

# --- consoles: the team's on h1; the intruder's, to the team's director and to one of their own ---
lines() { printf '%s\n' "$@" quit; }
team() { lines "$@" | fleet_on h1 timeout 90 bconsole -n -c /etc/bacula/bconsole.conf; }
console_file 10.77.0.1 "$leaked" >"$scratch/evil/stolen.conf"
stolen() { lines "$@" | fleet_evil timeout 90 bconsole -n -c "$scratch/evil/stolen.conf"; }
evil_word=$(random_word)
director_file "$scratch/evil" 10.77.0.66 "$leaked" "$pair" "$evil_word" E steal >"$scratch/evil/dir.conf"
console_file 10.77.0.66 "$evil_word" >"$scratch/evil/own.conf"
: >"$scratch/evil/query.sql"
catalogue "$scratch/evil" | sh >/dev/null
fleet_evil bacula-dir -f -c "$scratch/evil/dir.conf" >"$scratch/evil/log" 2>&1 &
evil() { lines "$@" | fleet_evil timeout 90 bconsole -n -c "$scratch/evil/own.conf"; }
reached() {           # CONSOLE client|storage NAME: its director shows the daemon's own status
	local said
	said=$("$1" "status $2=$3")
	[[ $said == *" Version: 9."*" Version: 9."* && $said != *"Failed to connect"* ]]
}
not_reached() {       # the daemon was asked, and did not let the director in
	local said
	said=$("$1" "status $2=$3")
	[[ $said == *"Failed to connect"* ]]
}
all_reached() {       # CONSOLE
	local h
	reached "$1" storage h2-sd || return 1
	for h in "${clients[@]}"; do reached "$1" client "$h-fd" || return 1; done
}
true_that "three daemons on four hosts, and the team's console reaches them all" within 60 all_reached team
true_that "a director of the intruder's own reaches them too, with the value that leaked" within 60 all_reached evil

run key init
account() {           # HOST DAEMON PORT QUEUE LIMIT
	printf "{driver: bacula, address: '%s:%s', users: [backup-dir], from: h1, host: %s, options: {daemon: %s, " \
		"$1" "$3" "$1" "$2"
	printf "queue: %s, queue_limit: %s, restart: '/usr/local/sbin/again %s'}}" "$4" "$5" \
		"$([ "$2" = storage ] && echo sd || echo fd)"
}
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: team@example.org, approver: lead}
	ssh_config: $fleet/ssh_config
	check: {tested_within: 90}
	roles: {lead: {root: true}}
	people:
	  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$(head -1 "$scratch/out")'}
	hosts:
	  h1:
	  h2:
	  h3:
	  h4: {configuration: {apply: puppet-apply, options: [$(printf '%s, ' "${puppet_words[@]}")]}}
	configuration: {apply: command, command: [ssh, -F, $fleet/ssh_config, '{host}', /usr/local/sbin/apply]}
	repositories:
	  private: {kind: private, url: '$scratch/private.git'}
	systems:
	  bacula: {title: Bacula, contacts: [alice], hosts: [h1, h2, h3, h4]}
	secrets:
	  bacula/shared:
	    kind: shared-secret
	    places: [{repository: private, file: hieradata/common.yaml, key: shared}]
	    accounts:
	      - {driver: bacula, address: 'h1:9101', role: replica, from: h1, host: h1,
	         options: {queue: wait, restart: '/usr/local/sbin/again dir'}}
	      - $(account h2 storage 9103 wait 300)
	      - $(account h2 client 9102 wait 300)
	      - $(account h3 client 9102 cancel 300)
	    consumers:
	      - {hosts: h1, file: /etc/bacula/bconsole.conf, restart: none}
	      - {hosts: h1, file: /etc/bacula/bacula-dir.conf, restart: none, side: server}
	      - {hosts: h2, file: /etc/bacula/bacula-sd.conf, restart: none, side: server}
	      - {hosts: [h2, h3], file: /etc/bacula/bacula-fd.conf, restart: none, side: server}
	  bacula/pair:
	    kind: shared-secret
	    places: [{repository: private, file: hieradata/common.yaml, key: pair}]
	    accounts:
	      - $(account h4 client 9102 wait 2)
	    consumers:
	      - {hosts: h4, file: /etc/bacula/bacula-fd.conf, restart: none, side: server}
	      - {hosts: h1, file: /etc/bacula/bacula-dir.conf, service: bacula-director, restart: firebreak,
	         restart_command: [/usr/local/sbin/again, dir, reload]}
REGISTER
run register check
exits 0 'the register knows them'

# --- what happened: a backup of ours, and then what the intruder did ---
ended() {             # CONSOLE JOB: its newest run ended well
	"$1" "llist jobname=$2" >"$scratch/jobs" && grep -q 'JobStatus: T' "$scratch/jobs"
}
team 'run job=save-h2 yes' >"$scratch/out"
true_that 'a backup of ours, before anything was suspected' within 60 ended team save-h2
sleep 2               # the catalogue knows whole seconds
suspected=$(date -u +%Y-%m-%dT%H:%M:%SZ)
sleep 1
stolen 'restore client=h2-fd restoreclient=h4-fd select all done yes' >"$scratch/out" 2>&1
true_that "with the stolen value a console restores one client's files on another" within 60 ended team bring-back
evil 'run job=steal-h2 yes' >"$scratch/out"
true_that "and a director that is not ours backs up a client's files" within 60 ended evil steal-h2
evil 'run job=steal-h3 yes' >"$scratch/out"
runs() { team "status client=$1-fd" | grep -q 'JobId [0-9].* is running'; }
true_that 'its next job takes its time' within 60 runs h3

run declare bacula/shared --because 'pasted into a public channel' --suspected "$suspected" --as alice
exits 0 'declared'
printf '%s\n%s\n' "$leaked" "$pair" >"$scratch/values"
while sleep 0.05; do
	cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | grep -qaFf "$scratch/values" && : >"$scratch/seen"
done &
watcher=$!
run respond 1 --as alice
kill "$watcher"
wait "$watcher" 2>/dev/null
exits 3 'an emergency: only people have something left to do'
says 'Everything that we can do is proven'
true_that 'the value stood in no argument and no environment' test ! -e "$scratch/seen"
value() { git --git-dir="$scratch/private.git" show main:hieradata/common.yaml | sed -n "s/^$1: '\(.*\)'/\1/p"; }
new=$(value shared)
true_that 'the private git has another value' test "$new" != "$leaked"
holds() {             # HOST FILE VALUE NOT
	fleet_on "$1" cat "/etc/bacula/$2" >"$scratch/file" &&
		grep -qF -f <(echo "$3") "$scratch/file" && ! grep -qF -f <(echo "$4") "$scratch/file"
}
for f in 'h1 bacula-dir.conf' 'h1 bconsole.conf' 'h2 bacula-sd.conf' 'h2 bacula-fd.conf' 'h3 bacula-fd.conf'; do
	# shellcheck disable=SC2086
	true_that "$f has the new value and not the old one" holds $f "$new" "$leaked"
done
true_that 'the pair of h4 has its own value still' holds h4 bacula-fd.conf "$pair" "$new"

# --- the proof, by Bacula's own programs ---
true_that "the team's console reaches director, storage and every client" all_reached team
refused=()
daemons=('storage h2-sd' 'client h2-fd' 'client h3-fd')
for f in "${daemons[@]}"; do
	# shellcheck disable=SC2086
	not_reached evil $f >/dev/null 2>&1 & refused+=($!)
done
stolen version >"$scratch/out" 2>&1
result "$([ $? = 1 ] && grep -q 'authorization problem' "$scratch/out"; echo $?)" \
	'the director refuses a console with the old value'
for f in 0 1 2; do
	wait "${refused[$f]}"
	result $? "an intruder's director with the old value is refused by ${daemons[$f]}"
done
team 'run job=save-h2 yes' 'wait' >"$scratch/out"
true_that 'a backup that needs all three daemons works' ended team save-h2

# --- what the run tells of it ---
run journal export 1
cp "$scratch/out" "$scratch/journal"
journal() { jq -se "$1" "$scratch/journal" >/dev/null; }
true_that 'the running job of the intruder was cancelled, and that is told' \
	grep -q "no job runs at the file daemon of 'h3:9102'; 1 cancelled" "$scratch/journal"
true_that 'storage and director were waited for' \
	grep -q "no job runs at the storage daemon of 'h2:9103'; [0-9]* waited for" "$scratch/journal"
true_that 'client and storage were changed before the director that presents the value' journal '
	[.[] | select(.kind == "outcome" and .body.outcome == "proven") | .step | split(":")[0]] as $s |
	($s | rindex("change")) < ($s | index("change-replicas")) and ($s | rindex("drain")) < ($s | index("change"))'
run timeline 1
cp "$scratch/out" "$scratch/timeline"
found() { jq -r 'select(.step // "" | startswith("inspect")) | .body | tostring' "$scratch/journal" | grep -q "$1"; }
true_that 'the restore is named, with the client it went to' found "restore 'bring-back'.* of client 'h4-fd' began"
true_that "the client's own list has the job of a director that is not ours" found "own list has: .*steal-h2"
true_that 'a backup before the suspicion is not among them' journal '
	[.[] | select(.step // "" | startswith("inspect")) | .body | tostring | select(test("backup .save-h2"))] == []'

# --- one value for a pair, planned, and where Puppet is: a job that runs is waited for, or nothing is changed ---
waits_for() {         # SECONDS: for a job of h4
	sed -i "/'h4:9102'/s/queue_limit: [0-9]*/queue_limit: $1/" "$scratch/register/firebreak.yaml"
}
hold_job() {
	fleet_on h4 touch /root/held
	team 'run job=save-h4 yes' >"$scratch/out"
	true_that 'a backup of h4 runs' within 60 runs h4
}
hold_job
run declare bacula/pair --planned --because 'its year is over' --as alice
run plan 2
says 'there is no moment in which old and new both work'
run respond 2 --as alice
exits 1 'the job runs longer than the register has it waited for'
run journal export 2
cp "$scratch/out" "$scratch/journal"
says '1 job is still running: wait longer (queue_limit)'
true_that 'planned: nothing is written or changed behind a job that did not end' journal '
	[.[] | select(.step // "" | test("^(commit|change|apply|restart|cut)"))] == []'
true_that 'the private git has the old value' test "$(value pair)" = "$pair"
true_that 'the job runs on' runs h4
waits_for 300
asked() { fleet_on h4 grep -c 'dird: status' /root/bacula/fd.log; }
# An inspection asks a client once; who waits for a job asks again and again.
draining() {
	"$firebreak_program" status 2 --json >"$scratch/status" || return 1
	jq -e '[.list[] | select(.do == "drain" and .outcome == "started")] | length == 1' "$scratch/status" ||
		{ before=$(asked); return 1; }
	[ "$(asked)" -gt $((before + 3)) ]
}
before=$(asked)
{ within 120 draining; fleet_on h4 rm /root/held; } &
run respond 2 --as alice
wait $!
exits 3 'the value of one pair, in planned mode'
says 'Everything that we can do is proven'
run journal export 2
cp "$scratch/out" "$scratch/journal"
says "no job runs at the file daemon of 'h4:9102'; 1 waited for"
true_that "Puppet ran there twice and had nothing to do: what was written first is what it writes" journal '
	[.[] | select(.kind == "outcome" and (.step // "" | test("^(apply|settle)@h4$")) and
	.body.outcome == "proven" and .body.result.changed == false)] | length == 2'
true_that 'it came to its end' ended team save-h4
second=$(value pair)
true_that 'the client has the new value' holds h4 bacula-fd.conf "$second" "$pair"
true_that 'the director has it too, and that of the others' holds h1 bacula-dir.conf "$second" "$pair"
true_that 'and reaches the client with it' reached team client h4-fd
true_that "an intruder's director does not" not_reached evil client h4-fd

# --- the same in an emergency: waited for by choice, and no longer than that ---
waits_for 2
hold_job
run declare bacula/pair --because 'seen in a log' --as alice
run respond 3 --as alice
exits 1 'an emergency: the job runs longer than the register has it waited for'
third=$(value pair)
true_that 'and the client has another value all the same' holds h4 bacula-fd.conf "$third" "$second"
true_that 'the director reaches it with that' reached team client h4-fd
fleet_on h4 rm /root/held
broken() { team 'llist jobname=save-h4' >"$scratch/jobs" && grep -q 'JobStatus: [fE]' "$scratch/jobs"; }
true_that 'the job broke' within 60 broken
run respond 3 --as alice
exits 3 'once nothing runs there, all that we can do is proven'
run journal export 3
cp "$scratch/out" "$scratch/journal"
true_that 'what was done once is not done again' journal '
	[.[] | select(.kind == "intent" and (.step // "" | startswith("change")))] | length == 1'

# --- a calm day, with a journal that knows of no rotation: what counts here is the drill ---
export FIREBREAK_STATE="$scratch/calm"
untested() { run check; cat "$scratch/out" "$scratch/err" | grep -qF "untested: 'bacula/$1'"; }
untested shared
result $? 'before a drill it is untested'
run drill bacula/shared --every 3000 --json --because 'the quarter is over' --as alice
exits 0 'a drill of it'
result "$(jq -se 'length == 1 and (.[0] | .closed and ([.drilled.accounts[] |
	select(.refused_us > .last_accepted_us and .last_accepted_us > 0)] | length == 4))' \
	"$scratch/out" >/dev/null; echo $?)" \
	'the intruder was let in at all four daemons, and is refused since'
last=$(value shared)
true_that 'with a third value' test "$last" != "$new"
true_that 'every daemon is reached' all_reached team
result "$(! untested shared; echo $?)" 'now it counts as tested'
result "$(untested pair; echo $?)" 'and what was not drilled does not'
run report 1
cp "$scratch/out" "$scratch/drill"
run journal verify
exits 0 'the journal of the drill holds'
export FIREBREAK_STATE="$scratch/state"
printf '%s\n' "$new" "$second" "$third" "$last" >>"$scratch/values"
run report 1
cp "$scratch/out" "$scratch/report"
true_that 'no value in what was said, and none in the journals' \
	sh -c 'cd "$0" && ! grep -raqFf values drill report timeline journal state/journal* calm/journal*' "$scratch"
run journal verify
exits 0 'the journal holds'
finish
