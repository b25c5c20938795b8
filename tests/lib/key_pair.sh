# Sourced by the canaries and kill matrices of keys with a public half: what they have in common, whatever the service.
# canary_enter goes before tests/cli/farm.sh, all else needs it.

# --- canaries: every place that anybody could look at afterwards is searched ---

# Into a process that holds secrets only root may look, or who has root's capabilities over a user namespace of its own.
canary_enter() {
	[ "$(id -u)" = 0 ] || [ "${4:-}" = inside ] ||
		exec unshare --map-current-user --keep-caps "$0" "$@" inside
}

canary_begin() {
	[ "$(id -u)" != 0 ] || chmod 755 "$scratch"
	mkdir -p "$scratch/known" "$scratch/said" "$scratch/cores"
	mkdir -m 700 "$scratch/tmp"
	variables
	export TMPDIR="$scratch/tmp" ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
	ulimit -c unlimited 2>/dev/null
	cd "$scratch/cores" || exit 1
}

canary_clean() {              # PLACE...: no private half that is known stands there
	/usr/bin/python3 "$source_root/tests/canary/search.py" "$scratch/known" "$@" >"$scratch/out" 2>"$scratch/err"
}

canary_watched() {            # NAME: incident 1 is answered, and each program that is started for it is written down
	code=0
	timeout 120 strace -f -qq -s 65536 -v -e trace=execve -e signal=none -o "$scratch/said/execs${1:-}" \
		"$firebreak_program" respond 1 --as alice >"$scratch/said/respond${1:-}" 2>&1 || code=$?
}

canary_respond() {            # incident 2, to be looked into: $parent
	"$firebreak_program" respond 2 --as alice >"$scratch/said/respond-stood" 2>&1 </dev/null &
	parent=$!
}

canary_wait() {               # COMMAND...
	local i
	for ((i = 0; i < 300; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
	return 1
}

# The program WORKER of $parent has both keys and stands still: it is ended by an abort, and the parent, which has
# every value, is stopped, its core taken, and ended.
canary_look_into() {          # WORKER
	local child=
	holder() { child=$(pgrep -P "$parent" -f "$1" | head -1); [ -n "$child" ]; }
	ended() { ! kill -0 "$child" 2>/dev/null || grep -q '^State:.Z' "/proc/$child/status"; }
	canary_wait holder "$1"
	result $? 'a worker has both keys and waits'
	# it says so itself, when it has begun
	canary_wait grep -qE '^Max core file size +0 +0' "/proc/$child/limits"
	result $? 'it may write no core'
	kill -STOP "$parent"
	kill -ABRT "$child"
	canary_wait ended
	result "$([ -z "$(find "$scratch" -name 'core*' -type f)" ]; echo $?)" 'ended by an abort, it left none'
	mkdir "$scratch/said/state"
	cp "$scratch"/state/journal* "$scratch/said/state/"
	timeout 60 "$core_of" "$parent" >"$scratch/core.parent"
	result "$([ $? = 0 ] && [ "$(stat -c %s "$scratch/core.parent")" -gt 1000000 ] &&
		grep -qa "FIREBREAK_STATE=$scratch/state" "$scratch/core.parent"; echo $?)" \
		'a core of the parent was taken'
	kill -KILL "$parent"
	wait "$parent" 2>/dev/null
	parent=
}

canary_go_on() {
	local words
	run respond 2 --as alice
	cat "$scratch/out" "$scratch/err" >"$scratch/said/respond-on"
	exits 3 'the second incident is answered after a kill'
	for words in "status 1" "timeline 2" "report 1" "report 2" "journal export" "plan 2" "status 2 --json" \
		"report 2 --json"; do
		# shellcheck disable=SC2086
		"$firebreak_program" $words >>"$scratch/said/reads" 2>&1
	done
}

canary_search() {             # REPOSITORY FILE ON-A-HOST: the key, of which the repository has all three
	local n=0 commit
	for commit in $(git --git-dir="$1" rev-list main -- "$2"); do
		n=$((n + 1))
		git --git-dir="$1" show "$commit:$2" >"$scratch/known/$n"
	done
	result "$([ $n = 3 ] && cmp -s "$scratch/known/3" "$d/stolen"; echo $?)" 'three keys are known to the search'
	canary_clean "$3"
	result "$([ $? = 1 ]; echo $?)" 'the search finds the key where it belongs'
	canary_clean "$scratch/core.parent"
	result $? "no private half in the parent's core, arguments and environment"
	rm "$scratch/core.parent"
	canary_clean "$scratch"/said/execs*
	result $? 'none in argv or environment of any process'
	result "$([ "$(cat "$scratch"/said/execs* | grep -c execve)" -gt 20 ]; echo $?)" 'processes were watched'
	canary_clean "$scratch/said"
	result $? 'none in any output, journal or write-ahead log'
	canary_clean "$scratch/tmp" "$scratch/state"
	result $? 'none in the temporary folder and in the state, clones and all'
}

# --- kill matrices: programs that end themselves at a point, each point once ---

crash_begin() {               # CRASH_PROGRAMS PROGRAMS WORKER...: $bin has the named ones of the first, else the second
	local name
	[ "$(id -u)" != 0 ] || chmod 755 "$scratch"
	bin=$scratch/bin
	mkdir -p "$bin" "$scratch/share/firebreak"
	cp "$1/firebreak-crash" "$bin/firebreak"
	ln -s "$(readlink -f "$2")"/firebreak-worker* "$bin"
	rm -rf "$bin"/*.p
	for name in '' "${@:3}"; do
		rm "$bin/firebreak-worker${name:+-$name}"
		cp "$1/firebreak-worker${name:+-$name}-crash" "$bin/firebreak-worker${name:+-$name}" 2>/dev/null ||
			cp "$1/firebreak-worker-crash${name:+-$name}" "$bin/firebreak-worker${name:+-$name}"
	done
	ln -s "$source_root/playbooks" "$source_root/rules" "$scratch/share/firebreak"
	firebreak_program=$bin/firebreak
	variables
}

crash_forget() { rm -f "$bin/control" "$bin/ended" "$bin"/points.*; }

words=()                      # what a person says besides
crash_respond() { run respond "$number" --as alice --at-once 1 "${words[@]}"; }

crash_declare() {             # SECRET MODE
	number=$((number + 1))
	if [ "$2" = planned ]; then run declare "$1" --planned --because 'a test' --as alice
	else run declare "$1" --because 'a test' --as alice; fi
}

# "MODE ROLE STEP NTH NAME" of what was passed in $steps: the NTH of that name there. Workers first: behind one that was
# ended the parent goes on, and in the same incident it is ended early in a step that would wait for what was not done.
crash_points() {              # MODE
	local role
	for role in worker parent; do
		awk -v steps="$steps" -v at="$1 $role" 'BEGIN { split(steps, s, " "); for (k in s) want[s[k]] = 1 }
			$1 in want { name = substr($0, 17); sub(/ +$/, "", name); print at, $1, ++n[$0], name }' \
			"$bin/points.$role"
	done
}

crash_list() {                # MODE LEAST: they become the list in $scratch/points.MODE
	crash_points "$1" >"$scratch/points.$1"
	result "$([ "$(wc -l <"$scratch/points.$1")" -gt "$2" ]; echo $?)" "$1: there are points"
}

crash_told() {                # TEXT AMISS: nothing is amiss
	[ -z "$2" ] || echo "$2" >>"$scratch/err"
	result "$([ -z "$2" ]; echo $?)" "$1"
}

crash_whole() {               # MODE LEAST: a run that nobody ends, whose points are the list in $scratch/points.MODE
	crash_forget
	declare_next "$1"
	crash_respond
	says 'Everything that we can do is proven'
	crash_told "$1: all agrees when nobody ends it" "$(agrees)"
	crash_list "$1" "$2"
}

crash_intents() {             # nothing, or what is amiss: in this incident each outcome has its intent before it
	"$firebreak_program" journal export $number | jq -se '[foreach .[] as $r ({}; if $r.kind == "intent"
		then .["\($r.step) \($r.attempt)"] = 1 else . end; select($r.kind == "outcome" and
		.["\($r.step) \($r.attempt)"] == null))] == []' >/dev/null || echo 'a deed was begun without an intent'
}

crash_between() { :; }        # after each end: what a matrix looks at before it goes on

# Several points in one incident: who was ended at one begins again, and is ended at the next. $scratch/round: like
# $scratch/points.MODE; $scratch/left: what was not reached.
crash_chain() {
	cp "$scratch/round" "$scratch/left"
	while [ -s "$scratch/left" ]; do
		crash_forget
		cut -d ' ' -f 2- "$scratch/left" >"$bin/control"
		crash_respond
		[ -s "$bin/ended" ] || break
		crash_between
		awk '{ name = $0; sub(/ +$/, "", name) }
			FILENAME == ARGV[1] { ended[$1 " " substr(name, 17)]++; next }
			{ at = $3; sub(/^([^ ]+ ){4}/, "", name); at = at " " name }
			ended[at]-- > 0 { next }
			{ print }' "$bin/ended" "$scratch/left" >"$scratch/left.new"
		cmp -s "$scratch/left.new" "$scratch/left" && break
		mv "$scratch/left.new" "$scratch/left"
	done
	crash_forget
}

# All of $scratch/points.MODE: of each step one in each incident, so that each is ended at its first try. What was not
# reached, because its incident had it done already, gets one of its own. end_round MODE is one incident; amiss is what
# came of it.
crash_each() {                # MODE
	local all=$scratch/points.$1 line
	: >"$scratch/alone"
	while awk '!seen[$3, $4]++' "$all" >"$scratch/round" && [ -s "$scratch/round" ]; do
		grep -vxFf "$scratch/round" "$all" >"$scratch/rest"
		mv "$scratch/rest" "$all"
		end_round "$1"
		cat "$scratch/left" >>"$scratch/alone"
		grep -vxFf "$scratch/left" "$scratch/round" >"$scratch/reached"
		while read -r line; do crash_told "$line" "$amiss"; done <"$scratch/reached"
	done
	while read -r line <&3; do crash_alone "$line"; done 3<"$scratch/alone"
}

# How often a thing is looked at again differs from run to run: only what came once has to come.
crash_alone() {               # MODE ROLE STEP NTH NAME, as one word
	local nth how=alone
	echo "$1" >"$scratch/round"
	end_round "${1%% *}"
	nth=$(cut -d ' ' -f 4 "$scratch/left")
	[ -z "$nth" ] || how='not passed so often this time'
	[ "${nth:-2}" -gt 1 ] || amiss="the point was not reached; $amiss"
	crash_told "$1, $how" "$amiss"
}

# How often a thing is looked at again differs from run to run: only what came once has to come.
crash_reach() {               # ROLE STEP NTH NAME: ended there, once; what is amiss
	crash_forget
	echo "$1 $2 $3 $4" >"$bin/control"
	crash_respond
	[ -s "$bin/ended" ] || [ "$3" -gt 1 ] || echo 'the point was not reached; '
	crash_forget
}

crash_end() {                 # begun again until it is done; what is amiss
	local again
	for ((again = 0; again < 4; again++)); do
		crash_respond
		grep -q 'Everything that we can do is proven' "$scratch/out" && return
	done
	echo 'it does not come to an end; '
}
