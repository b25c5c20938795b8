#!/usr/bin/env bash
# A host is cut off by a program that is ended by kill -9 at each of its journal writes, workers and jobs: the next run
# asks the host what holds it, goes on, and no host is called contained that was not proven to be.
# Usage: contain.sh CRASH_PROGRAMS SOURCE_ROOT PROGRAMS
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
mkdir -p "${TMPDIR:-/tmp}"
. "$2/tests/cli/farm.sh" "$1/firebreak-crash" "$2"
fleet_up 1 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
mkdir -p "$scratch/bin" "$scratch/share/firebreak"
cp "$1/firebreak-crash" "$scratch/bin/firebreak"
for program in "$3"/firebreak-*; do
	[ ! -f "$program" ] || ln -s "$program" "$scratch/bin"
done
ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
firebreak_program=$scratch/bin/firebreak
variables
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: sre@example.org, approver: lead}
	ssh_config: $fleet/ssh_config
	roles: {lead: , sre: {root: true, contain: all}}
	people: {alice: {name: Alice, mail: alice@example.org, roles: [sre, lead]}}
	hosts: {h1: , probe: }
	configuration: {apply: none}
	containment:
	  {responders: [10.77.0.250, 10.77.0.252], second: '{host}-second', probe: probe, dead_man: 60}
REGISTER

fresh() {
	fleet_on h1 bash -c 'nft delete table inet firebreak_contain 2>/dev/null
		rm -rf /run/firebreak-contain /etc/firebreak-contain /etc/systemd/system/*firebreak*'
	rm -rf "$scratch/state" "$scratch"/bin/{control,durable} "$scratch"/bin/points.*
	"$firebreak_program" declare host:h1 --because 'a strange login' >/dev/null 2>&1
	rm -f "$scratch"/bin/points.*
}
stands() { jq -r '.hosts[] | select(.host == "h1") | .outcome' "$scratch/out"; }
let_in() { fleet_evil timeout 3 bash -c 'exec 3<>/dev/tcp/10.77.0.1/22' 2>/dev/null; }

fresh
printf 'parent - %d\n' 1000000 >"$scratch/bin/control"
run contain 1 h1 --as alice
exits 0 'contained, when nothing ends it'
points=$(grep -nE 'journal|start|job' "$scratch/bin/points.parent" | cut -d: -f1)
n=0 wrong_ones=0
: >"$scratch/broken"
for point in $points; do
	n=$((n + 1))
	fresh
	printf 'parent - %d\n' "$point" >"$scratch/bin/control"
	run contain 1 h1 --as alice
	[ "$code" = 137 ] || echo "point $point: it was not ended there but came to $code" >>"$scratch/broken"
	rm "$scratch/bin/control"
	run status 1 --json
	case $(stands) in
	contained) ! let_in || echo "point $point: called contained, and the intruder gets in" >>"$scratch/broken" ;;
	''|started) ;;
	*) echo "point $point: it stands as $(stands)" >>"$scratch/broken" ;;
	esac
	run contain 1 h1 --as alice
	[ "$code" = 0 ] || { echo "point $point: the next run came to $code"; cat "$scratch/err"; } >>"$scratch/broken"
	! let_in || echo "point $point: the intruder gets in behind the next run" >>"$scratch/broken"
	run status 1 --json
	[ "$(stands)" = contained ] || echo "point $point: in the end it stands as $(stands)" >>"$scratch/broken"
	run journal export 1
	jq -se '[.[] | select(.kind == "containing") | .seq] - [.[] | select(.kind == "contained") | .body.containing]
		| length == 0' "$scratch/out" >/dev/null ||
		echo "point $point: no outcome of an intent" >>"$scratch/broken"
done
cp "$scratch/broken" "$scratch/out"
result "$([ ! -s "$scratch/broken" ]; echo $?)" 'at none of the points a host is lost or called contained for nothing'
result "$([ $n -gt 8 ]; echo $?)" "there were many points"
echo "# $n points"
finish
