#!/usr/bin/env bash
# The drill: the planned path on a real Redis and a real MariaDB, with an intruder who goes on trying the old value.
# Usage: drill.sh FIREBREAK SOURCE_ROOT SERVICE_RUN
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/services.sh"
kinds=(redis mariadb)

# While $scratch/hold is there, a run of the configuration does not come to its end.
make_two() {
	local kind
	make_farm
	for kind in "${kinds[@]}"; do
		printf "%s::app: '%s'\n%s::admin: '%s'\n" "$kind" "$leaked" "$kind" "${fact[$kind.ADMIN_PASSWORD]}"
	done >"$scratch/work/services.yaml"
	push 'Services'
	cat >"$scratch/apply" <<-APPLY
		#!/bin/sh
		while [ -e $scratch/hold ]; do sleep 0.1; done
		git --git-dir=$scratch/private.git show main:services.yaml | grep '^redis::app' >$scratch/redis.new
		[ ! -f $scratch/redis.conf ] || ! cmp -s $scratch/redis.new $scratch/redis.conf || exit 0
		mv $scratch/redis.new $scratch/redis.conf
		exit 2
	APPLY
	for kind in "${kinds[@]}"; do
		cat <<-REGISTER
		  thing/$kind:
		    kind: $kind-password
		    places: [{repository: private, file: services.yaml, key: '$kind::app'}]
		    accounts: [{driver: $kind, address: '${fact[$kind.ADDRESS]}', users: ['${fact[$kind.USER]}'],
		                admin: {user: '${fact[$kind.ADMIN_USER]}', secret: thing/$kind-admin}}]
		REGISTER
		[ "$kind" != redis ] || echo "    consumers: [{hosts: box, file: $scratch/redis.conf, restart: none}]"
		cat <<-REGISTER
		  thing/$kind-admin:
		    kind: shared-secret
		    places: [{repository: private, file: services.yaml, key: '$kind::admin'}]
		    opens: [thing/$kind]
		REGISTER
	done >>"$scratch/register/firebreak.yaml"
	echo 'check: {tested_within: 90}' >"$scratch/register/check.yaml"
}

push() {              # SUBJECT
	git -C "$scratch/work" pull -q "$scratch/private.git" main 2>/dev/null || true
	git_push "$1" "$scratch/work"
}

is() {                # JQ TEXT
	result "$(jq -e "$1" "$scratch/out" >/dev/null 2>&1; echo $?)" "$2"
}

untested() {          # SECRET: the check's finding of it, or nothing
	run check
	cat "$scratch/out" "$scratch/err" | grep -F "untested: '$1'"
}

for kind in "${kinds[@]}"; do start "$kind"; done
make_two
run register check
exits 0 'the register is whole'
result "$([ -n "$(untested thing/redis)" ]; echo $?)" 'before it, the secret was never tested'

run drill thing/redis thing/mariadb --every 300 --json --because 'the quarter is over'
exits 0 'the drill is done'
is '.closed and .person_waiting == 0' 'it is over: nobody looks for a cause of what did not happen'
is '[.drilled.accounts[] | select(.accepted > 0 and .refused > 0 and .refused_us > .last_accepted_us)] | length == 2' \
	'the intruder was let in at both, and is refused since'
is '[.drilled.accounts[] | select(.refused_us > .last_accepted_us and .last_accepted_us > 0)] | length == 2' \
	'the time is known'
is '.drilled.began_us > 0 and .drilled.every_ms == 300' 'and how often it was tried'
result "$(MYSQL_PWD=$leaked mariadb --no-defaults -h 127.0.0.1 -P "${fact[mariadb.PORT]}" -u app -e 'SELECT 1' \
	>"$scratch/out" 2>&1; [ $? = 1 ]; echo $?)" 'MariaDB refuses the old value'
result "$(git --git-dir="$scratch/private.git" show main:services.yaml | grep -qF "$leaked"; [ $? = 1 ]; echo $?)" \
	'the private git has another'
result "$([ -z "$(untested thing/redis)$(untested thing/mariadb)" ]; echo $?)" 'now both are tested'

run status 1
says 'drill of thing/redis, thing/mariadb'
says 'after the drill began'
says 'because the quarter is over'
run status 1 --json
is '.drill and (.alerts.off | contains("drill"))' 'nobody is told'
is '[.list[] | select(.id | startswith("cause") or startswith("stored"))] == []' 'no step of an incident is in it'
run status --all
says 'drill of thing/redis'
run timeline 1
says 'began a drill of thing/redis, thing/mariadb'
says 'an intruder tried the old value'
run report 1
says 'nothing has leaked: the path was tried on a calm day'
run report 1 --json
is '.drill and (.drilled.accounts | length == 2)' 'the report has it as data'
run journal export 1
result "$(grep -qE 'alerting|alerted' "$scratch/out"; [ $? = 1 ]; echo $?)" 'no alert in the journal'
run alert
result "$(run journal export 1; grep -qE 'alerting|alerted' "$scratch/out"; [ $? = 1 ]; echo $?)" 'nor from a timer'

# Of an admin's secret the drill is of that alone, not of what it opens; and of nothing that cannot be tried.
run drill thing
exits 2 'a drill of a system'
says "'thing' is a system: a drill is of secrets"
run drill thing/redis-admin
exits 2 'a drill of what no service accepts'
says "'thing/redis-admin' has no account with a driver"
says 'there is nothing that an intruder could try'
says 'firebreak declare thing/redis-admin --planned'
run status --all --json
is 'length == 1' 'and neither was declared'

# Ended in its middle: the intruder ends with it, and a drill that goes on has the old value still.
: >"$scratch/hold"
"$firebreak_program" drill thing/redis --every 300 >"$scratch/out" 2>"$scratch/err" </dev/null &
drill=$!
for _ in $(seq 600); do
	"$firebreak_program" journal export 2 2>/dev/null | grep -qE '"kind": ?"outcome".*"step": ?"commit' && break
	sleep 0.1
done
intruders() { ps -e -o pid=,args= | grep -F 'drill thing/redis' | grep -vF grep | awk '{ print $1 }'; }
result "$([ "$(intruders | wc -l)" = 2 ]; echo $?)" 'the drill and its intruder are two processes'
kill -KILL "$drill"
wait "$drill" 2>/dev/null
for _ in $(seq 100); do [ -z "$(intruders)" ] && break; sleep 0.1; done
result "$([ -z "$(intruders)" ]; echo $?)" 'the intruder does not outlive the drill'
rm "$scratch/hold"
run status 2 --json
is '.drill and .state != "closed"' 'it is open'
run drill 2 --every 300 --json
exits 0 'it goes on'
is '.closed and .incident == 2 and (.drilled.accounts[0] | .accepted > 0 and .refused_us > .last_accepted_us)' \
	'with the value that was the old one when it began'

# A value that nobody uses proves nothing by being refused.
git clone -q "$scratch/private.git" "$scratch/again"
sed -i "s/^redis::app: .*/redis::app: 'Never-In-Use-At-All-1'/" "$scratch/again/services.yaml"
git_push 'Not the one in use' "$scratch/again"
run drill thing/redis --every 300
exits 1 'a drill of a value that is not in use'
says 'refused from the beginning'
run status 3 --json
is '.state != "closed"' 'it does not count as done'

# A drill is one, and an incident none.
run declare thing/mariadb --planned --because 'a routine'
run drill 4
says 'is no drill'
run journal verify
exits 0 'the journal holds'
finish
