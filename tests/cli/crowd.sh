#!/bin/bash
# Who is root and no responder: offered is the page's crowd control ("either shutting the server down, disallowing port
# 22 or shutting down SSH"), and nothing that would keep the responders out. Usage: crowd.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm
cat >"$scratch/register/people.yaml" <<-'REGISTER'
	roles: {dba: {root: true}, writer: }
	people:
	  carl: {name: Carl, mail: carl@example.org, roles: [dba]}
	  dora: {name: Dora, mail: dora@example.org, roles: [writer]}
	hosts: {web1: {address: web1.example.org}}
REGISTER
run declare thing/password --because 'somebody is on web1' --as alice
exits 0 'an incident'

offered() {
	cat "$scratch/out" "$scratch/err" | grep -oE 'firebreak contain 1 web1( --level [a-z0-9]+)? --as carl' |
		sed 's/.*--level \([a-z0-9]*\).*/\1/' | sort | tr '\n' ' '
}
run contain 1 web1 --as carl
exits 3 'root, and no responder'
result "$([ "$(offered)" = 'port22 shutdown ssh ' ]; echo $?)" "crowd_control_is_offered_and_nothing_else: $(offered)"
true_that 'isolate is no word of it' never grep -qi 'level isolate\|level sessions' "$scratch/out" "$scratch/err"
for level in isolate sessions; do
	run contain 1 web1 --level $level --as carl
	exits 3 "$level is refused"
	result "$([ "$(offered)" = 'port22 shutdown ssh ' ]; echo $?)" 'with the same offer'
done
run contain 1 web1 --as dora
exits 3 'who is root nowhere'
says 'somebody else has to do it'
result "$([ -z "$(offered)" ] && ! grep -q -e '--level' "$scratch/out" "$scratch/err"; echo $?)" 'is offered nothing'
run journal export
true_that 'and no host was touched' never grep -q '"kind":"contained"' "$scratch/out"
finish
