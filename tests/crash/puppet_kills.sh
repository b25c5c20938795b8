#!/usr/bin/env bash
# A lost host's certificate and node, by a program that is ended by kill -9 at its journal writes, at the start of its
# workers, at their messages, and by one whose worker is ended around each of its own: the next run goes on. In each
# trial a host of its own is ended twice, once at each step. The servers are those of tests/live/test_puppetserver.c.
# Prints what is wrong, and how many points there were. Usage: puppet_kills.sh LAB CRASH_PROGRAMS SOURCE_ROOT PROGRAMS
# PORT_OF_PUPPETSERVER PORT_OF_PUPPETDB
set -u
lab=$1 crash=$2 source_root=$3 programs=$4 server=$5 database=$6
here=$lab/kills
mkdir "$here" && cd "$here" || exit 1
unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER SSH_AUTH_SOCK || true
export LC_ALL=C.UTF-8 HOME="$here" FIREBREAK_REGISTER="$here/register"
node_max=40

as_database() {
	curl -s -m 60 --cacert "$lab/ps/puppet/ca/ca_crt.pem" --cert "$lab/pdb/cert.pem" --key "$lab/pdb/key.pem" "$@"
}
sign() {                      # NAME: all have one key
	openssl req -new -key key.pem -batch -subj "/CN=$1" -out "$1.csr" &&
		curl -sf -m 60 -X PUT -H 'Content-Type: text/plain' --cacert "$lab/ps/puppet/ca/ca_crt.pem" \
			--data-binary "@$1.csr" "https://localhost:$server/puppet-ca/v1/certificate_request/$1" &&
		cp "$lab/ps/puppet/ca/signed/$1.pem" .
}
live() {                      # NAME: a host with a certificate, facts in PuppetDB, and what the server cached
	sign "$1" >>log || return
	jq -n --arg n "$1" --arg t "$(date -u +%FT%T.%3NZ)" '{certname: $n, environment: "production",
		producer_timestamp: $t, producer: "puppet.example.org", values: {role: "web"}}' >"$1.facts"
	as_database -f -o "$1.taken" -H 'Content-Type: application/json' --data-binary "@$1.facts" \
		"https://localhost:$database/pdb/cmd/v1?command=replace_facts&version=5&certname=$1&\
secondsToWaitForCompletion=60" && jq -e .processed "$1.taken" >/dev/null || return
	mkdir -p "$lab/ps/var/server_data/facts" "$lab/ps/var/reports/$1"
	echo "$1" >"$lab/ps/var/server_data/facts/$1.json"
	echo "$1" >"$lab/ps/var/reports/$1/1.yaml"
}
state() {                     # NAME: what PuppetDB has of it
	as_database "https://localhost:$database/pdb/query/v4/nodes/$1" |
		jq -r 'if .error then "none" elif .deactivated then "deactivated" else "active" end'
}
serves() {                    # NAME: the HTTP code for its certificate, 000 for none
	curl -s -m 60 -o /dev/null -w '%{http_code}' --cacert "$lab/ps/puppet/ca/ca_crt.pem" --cert "$1.pem" \
		--key key.pem "https://localhost:$server/puppet/v3/node/$1?environment=production"
}
is_listed() {
	openssl crl -in "$lab/ps/puppet/ca/ca_crl.pem" -noout -text |
		grep -qx " *Serial Number: $(openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2)"
}
cached() {
	find "$lab/ps/var" "$lab/ps/elsewhere" -path '*/firebreak' -prune -o '(' -name "$1" -o -name "$1.*" ')' -print
}

lane() {                      # NAME: programs of its own, for points are told by files beside them
	dir=$here/$1
	mkdir -p "$dir/bin" "$dir/share/firebreak"
	ln -s "$source_root/playbooks" "$source_root/rules" "$dir/share/firebreak"
	for program in "$programs"/firebreak-*; do
		[ ! -f "$program" ] || [ "${program##*/}" = firebreak-worker ] || ln -s "$program" "$dir/bin"
	done
	cp "$crash/firebreak-crash" "$dir/bin/firebreak"
	cp "$crash/firebreak-worker-crash" "$dir/bin/firebreak-worker"
	export FIREBREAK_STATE="$dir/state"
	: >"$dir/done"
}
run() {
	code=0
	{ "$dir/bin/firebreak" "$@" >"$dir/out" 2>"$dir/err" </dev/null || code=$?; } 2>/dev/null
}
wrong() { echo "# $host, ended at '$one' and '$two': $*"; sed 's/^/#   /' "$dir/err"; }
stands() { jq -r --arg s "$1@$host" '[.. | objects | select(.id? == $s) | .outcome][0] // ""' "$dir/status"; }
fresh() {                     # NAME
	host=$1
	for socket in "$dir"/state/control/*; do
		[ ! -S "$socket" ] || ssh -F none -S "$socket" -O exit far 2>/dev/null
	done
	rm -rf "$dir/state" "$dir"/bin/{control,ended,durable} "$dir"/bin/points.*
	[ -n "$host" ] || return
	run declare "host:$host" --because 'it is lost' --as bob
	rm -f "$dir"/bin/points.*
}
evicts() {                    # looked at after each run: what is called proven is so
	rm -f "$dir"/bin/points.*
	run evict 1 --as bob
	ran=$code
	run status 1 --json
	mv "$dir/out" "$dir/status"
	certificate=$(stands certificate) node=$(stands node)
	if [ "$certificate" = proven ]; then
		is_listed "$host" || wrong 'the certificate is called proven and is not revoked'
		[ "$(serves "$host")" = 000 ] || wrong 'the certificate is called proven and is served'
	fi
	[ "$node" = proven ] || return
	[ "$certificate" = proven ] || wrong "the node is called proven, and the certificate is '$certificate'"
	[ "$(state "$host")" = deactivated ] || wrong 'the node is called proven and is active'
	[ -z "$(cached "$host")" ] || wrong 'the node is called proven, and something of it is cached'
}
reached() { [ ! -e "$dir/bin/ended" ] && echo 0 || grep -c . "$dir/bin/ended"; }
ended_at() {                  # HOST ONE TWO, each "ROLE STEP NUMBER NAME", NAME with what comes in the same run before
	one=$2 two=$3
	fresh "$1"
	printf '%s\n' "$one" "$two" >"$dir/bin/control"
	evicts
	if [ "$(reached)" = 1 ]; then
		[ "$one" = none ] || [ "${one%% *}" = worker ] || [ "$ran" = 137 ] ||
			wrong "the program was ended and came to $ran"
		# of what is done again the number is the same; of what is proven it is one less
		[ "$certificate" != proven ] || two=${two/ 2 after / 1 after }
		[ "$one" = none ] || {
			printf '%s\n' "$two" >"$dir/bin/control"
			evicts
		}
	fi
	rm -f "$dir/bin/control"
	[ "$(reached)" = "$([ "$one" = none ] && echo 1 || echo 2)" ] || wrong "$(reached) points were reached"
	# what the ended one had begun on the servers may still be at work beside the first of these
	for _ in 1 2 3; do
		evicts
		[ "$ran $certificate $node" != '0 proven proven' ] || break
	done
	[ "$ran $certificate $node" = '0 proven proven' ] || wrong "in the end: $ran, '$certificate', '$node'"
	(cd "$lab/ps/var/firebreak/$host" && [ "$(ls | wc -l)" = 2 ] && [ "$(cat ./*-"$host.json")" = "$host" ] &&
		[ "$(cat ./*-reports-"$host"/1.yaml)" = "$host" ]) || wrong 'what was cached is not put aside, once'
	run journal export 1
	jq -se '[.[] | select(.kind == "intent") | .step] - [.[] | select(.kind == "outcome") | .step] == []' \
		"$dir/out" >/dev/null || wrong 'a step without an outcome'
	run journal verify
	[ "$code" = 0 ] || wrong 'the journal is not whole'
	echo "$one|$two" >>"$dir/done"
}

# The points of a whole run, each as it is asked for: of each kind those after which something else is true.
points_of() {                 # ROLE: "STEP-OF-THE-PLAN ROLE STEP NUMBER NAME"
	awk -v role="$1" '{ step = substr($0, 1, 15); sub(/ +$/, "", step); name = substr($0, 17); sub(/ +$/, "", name)
		k[step, name]++
		if (name ~ /journal intent node/ || step == "clean-node") node = 1
		if (name ~ /start/ && step == "-") next         # of ssh -G
		if (role == "worker" || name ~ /after (start|journal|message [cr])|before journal outcome/)
			print (node ? "node" : "certificate"), role, step, k[step, name], name }' "$dir/bin/points.$1"
}

openssl genrsa -out key.pem 2048 2>/dev/null
mkdir register
printf 'register: 1\norganisation: {name: O, team: t@example.org, approver: em}\nroles: {em: }\n'"people: {bob: {name: \
Bob, roles: [em]}}\nssh_config: $lab/ssh/config\npuppet: {server: puppet1, config: $lab/ps/puppet/puppet.conf}\n\
systems: {s: {title: S, hosts: ['*']}}\nhosts:\n  puppet1: {address: far}\n" >register/firebreak.yaml
for i in $(seq 0 $node_max); do
	echo "  n$i: {address: gone.invalid, configuration: {apply: puppet-agent, options: [--certname, n$i]}}"
done >>register/firebreak.yaml
lane 0
one=none two=none
live n0 || { echo 'n0 cannot be made'; cat log; exit 1; }
fresh n0
evicts
[ "$ran $certificate $node" = '0 proven proven' ] || { wrong "it is not ended: $ran, '$certificate', '$node'"; exit 1; }
for role in parent worker; do points_of $role; done >points
fresh ''
sed -n 's/^certificate //p' points >ones
# How many changes are announced differs when the first step is done again: those points come with no other, at the end.
{ sed -n '/parent.* changing/!s/^node //p' points; sed -n '/parent.* changing/s/^node //p' points; } >twos
n=$(wc -l <ones) m=$(wc -l <twos)
[ "$n" -ge 10 ] && [ "$m" -ge $((n + 2)) ] && [ "$m" -le $node_max ] ||
	{ echo "$n and $m points"; cat points; exit 1; }
for i in $(seq $((m - n))); do echo none; done >>ones
paste -d'|' ones twos >trials
for i in $(seq "$m"); do live "n$i" || { echo "n$i cannot be made"; cat log; exit 1; }; done
half() {                      # LANE REMAINDER
	local i=0 first second
	lane "$1"
	while IFS='|' read -r first second; do
		i=$((i + 1))
		[ $((i % 2)) = "$2" ] || continue
		ended_at "n$i" "$first" "$second" </dev/null
	done <trials
	fresh ''
}
half 1 1 >said.1 2>&1 &
half 2 0 >said.2 2>&1
wait $!
cat said.1 said.2
echo "$((n + m)) points in $m trials"
[ ! -s said.1 ] && [ ! -s said.2 ] && [ "$(cat 1/done 2/done | wc -l)" = "$m" ]
