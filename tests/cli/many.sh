#!/usr/bin/env bash
# Many hosts of one secret: configuration runs side by side, but no more of them at once than its server bears; one that
# hangs holds back nothing but itself. Usage: many.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm
hosts=20

# How many run at this moment is written down by each run; one host never comes to an end.
mkdir "$scratch/runs" "$scratch/host"
cat >"$scratch/apply" <<-APPLY
	#!/bin/sh
	: >$scratch/runs/\$1.\$\$
	ls $scratch/runs | grep -cv '^h7\.' >>$scratch/counts
	[ "\$1" != h7 ] || exec sleep 600
	sleep 2
	rm $scratch/runs/\$1.\$\$
	new=\$(git --git-dir=$scratch/private.git show main:common.yaml | sed -n "s/^thing::password: '\(.*\)'.*/\1/p")
	[ "\$(cat $scratch/host/\$1 2>/dev/null)" != "\$new" ] || exit 0
	echo "\$new" >$scratch/host/\$1
	exit 2
APPLY
{
	sed '/^hosts:/,$d' "$scratch/register/firebreak.yaml"
	echo 'hosts:'
	for i in $(seq $hosts); do
		limit=60
		[ "$i" != 7 ] || limit=5
		echo "  h$i:"
		echo "    reach: local"
		echo "    configuration: {apply: command, command: [$scratch/apply, '{host}'], limit: $limit}"
	done
	sed -n "/^repositories:/,\$ { s/hosts: \[box\]/hosts: ['h*']/; /consumers:/d; p }" \
		"$scratch/register/firebreak.yaml"
	echo '    consumers:'
	for i in $(seq $hosts); do echo "      - {hosts: h$i, file: $scratch/host/h$i, restart: none}"; done
} >"$scratch/many.yaml"
mv "$scratch/many.yaml" "$scratch/register/firebreak.yaml"

run register check
exits 0 'a register of twenty hosts'
run declare thing/password --because 'pasted into a channel'
began=$(date +%s)
run respond 1 --at-once 64
took=$(($(date +%s) - began))
exits 4 'one host of twenty cannot be told'
most=$(sort -n "$scratch/counts" | tail -1)
result "$([ "$most" -le 8 ]; echo $?)" "no more than 8 runs at once ($most)"
result "$([ "$most" -ge 4 ]; echo $?)" 'but several'
run status 1 --json
result "$(jq -e '[.list[] | select(.do == "settle" and .outcome == "proven")] | length == 19' "$scratch/out" >/dev/null
	echo $?)" 'nineteen hosts are configured, and a second run changed nothing'
result "$(jq -e '[.list[] | select(.host == "h7" and .do == "apply") | .outcome |
	. == "unreachable" or . == "unknown"] == [true]' "$scratch/out" >/dev/null; echo $?)" \
	'the one that hangs is not called done'
result "$(jq -e '[.list[] | select(.do == "prove" and .host != "h7") | .outcome] | unique == ["proven"]' \
	"$scratch/out" >/dev/null; echo $?)" 'it held back no proof of the others'
result "$([ "$took" -lt 100 ]; echo $?)" "and not for long ($took s)"
result "$([ "$(ls "$scratch/runs" | grep -cv '^h7\.')" = 0 ]; echo $?)" 'no other run was cut off'
finish
