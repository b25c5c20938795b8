#!/usr/bin/env bash
# A leaked DKIM key of a mail host that is reached by ssh and by nothing else: name server, resolver, Postfix, OpenDKIM
# and Puppet run in one network namespace, Firebreak in another, and between them is a real sshd. Real `puppet apply`
# there brings key and tables, and restarts nothing: without our restart the proof is red, with it green. TAP.
# Usage: dkim-away.sh FIREBREAK SOURCE_ROOT
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP namespaces and Postfix need root; contract dkim has the driver, live-puppet the runs'
	exit 0
fi
[ "${DKIM_AWAY:-}" = 1 ] || DKIM_AWAY=1 exec unshare --net "$0" "$@"
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../cli/sshd.sh"
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/../lib/dkim.sh"
chmod 755 "$scratch"                  # Postfix's and OpenDKIM's own users look for their folders below it
d=$scratch/farm
worker=$(dirname "$firebreak_program")/firebreak-worker-dkim
outside=
trap 'dkim_end; far_end; [ -z "$outside" ] || kill "$outside"; rm -rf "$scratch"' EXIT
variables
mkdir -p "$d"

# The team's machine: it sees the mail host's address, and nothing of what listens on that host's loopback.
ip link set lo up
unshare --net sleep infinity &
outside=$!
dkim_wait sh -c "[ \"\$(readlink /proc/$outside/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
ip link add here type veth peer name there netns "$outside"
ip addr add 10.77.0.2/24 dev here
ip link set here up
nsenter -t "$outside" -n sh -c 'ip link set lo up; ip addr add 10.77.0.1/24 dev there; ip link set there up'
printf '#!/bin/sh\nexec nsenter -t %s -n %s "$@"\n' "$outside" "$firebreak_program" >"$scratch/firebreak"
chmod 755 "$scratch/firebreak"
firebreak_program=$scratch/firebreak
far_begin "$scratch/far" 10.77.0.2
result $? 'the mail host has an sshd'
dkim_begin "$d" mail
result $? 'and its name server, resolver, mail and signer'

# What Puppet knows of it, as in the example farm: the selector is public data, the key comes out of the private git.
puppet_tree() {
	local p=$d/code/environments/production
	mkdir -p "$p/manifests" "$d/puppet" "$d/private"
	cat >"$p/hiera.yaml" <<-HIERA
		version: 5
		defaults: {data_hash: yaml_data}
		hierarchy: [{name: all, datadir: $d/public/hieradata, path: common.yaml}]
	HIERA
	cat >"$p/manifests/site.pp" <<-PUPPET
		class opendkim(String \$selector) {
		  file { '$d/host/mail.private':
		    owner => 'opendkim', mode => '0600', show_diff => false,
		    source => '$d/private/files/mail.private', before => Service['opendkim'],
		  }
		  file { '$d/host/KeyTable':
		    content => "\${selector}._domainkey.wiki.lab wiki.lab:\${selector}:$d/host/mail.private\n",
		  }
		  file { '$d/host/SigningTable':
		    content => "*@wiki.lab \${selector}._domainkey.wiki.lab\n",
		  }
		  service { 'opendkim':
		    ensure => running, provider => 'base', start => '$d/restart', stop => '$d/restart stop',
		    status => '$d/restart status',
		  }
		}
		include opendkim
	PUPPET
	git -C "$d/tables" rm -q KeyTable SigningTable
	mkdir -p "$d/tables/hieradata" "$d/public"
	printf '# what mail is signed with\nopendkim::selector: mail\n' >"$d/tables/hieradata/common.yaml"
	git -C "$d/tables" add -A
	dkim_git -C "$d/tables" commit -qm 'The selector is data'
	for name in keys:private tables:public; do
		cat >"$d/${name%:*}.git/hooks/post-receive" <<-HOOK
			#!/bin/sh
			unset GIT_DIR
			exec git --git-dir=$d/${name%:*}.git --work-tree=$d/${name#*:} checkout -q -f main
		HOOK
		chmod 755 "$d/${name%:*}.git/hooks/post-receive"
		dkim_git -C "$d/${name%:*}" commit -q --allow-empty -m 'Deployed by a push'
		git -C "$d/${name%:*}" push -q origin main
	done
}
puppet_tree
signer_pid() { cat "$d/host/run/pid"; }

options="mailbox: '$dkim_box', to: $dkim_to, dns: '$dkim_ns $dkim_cache', selector: mail"
words=
for name in ssl:ssldir conf:confdir var:vardir public:publicdir run:rundir log:logdir; do
	words="$words--${name#*:}, $d/puppet/${name%:*}, "
done
register() {                  # RESTART
	cat >"$scratch/register/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Test Farm, team: team@example.org, approver: lead}
		roles: {lead: {root: true}}
		ssh_config: $scratch/far/config
		people:
		  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$key'}
		hosts:
		  mail:
		    address: far
		    configuration:
		      apply: puppet-apply
		      options: [$words--codedir, $d/code, --certname, mail, --environment, production,
		                $d/code/environments/production/manifests/site.pp]
		repositories:
		  keys: {kind: private, url: '$d/keys.git'}
		  dns: {kind: dns, url: '$d/dns.git'}
		  public: {kind: puppet, url: '$d/tables.git'}
		systems:
		  mail: {title: Mail, hosts: [mail]}
		secrets:
		  mail/dkim:
		    kind: dkim-key
		    places: [{repository: keys, file: files/mail.private}]
		    accounts:
		      - {driver: dkim, address: '$dkim_ns', users: [wiki.lab], from: mail, options: {selector: mail}}
		      - {driver: dkim, address: '$dkim_cache', users: [wiki.lab], role: replica, from: mail,
		         options: {selector: mail}}
		      - {driver: dkim, address: '$dkim_smtp', users: [wiki.lab], role: replica, from: mail, host: mail,
		         options: {$options}}
		    consumers: [{hosts: mail, file: $d/host/mail.private, service: opendkim, side: server, $1}]
		    public_halves:
		      - {repository: dns, file: zones/wiki.lab, what: TXT record of mail._domainkey, format: dkim-zone,
		         check: [nsd-checkzone, wiki.lab, '{file}'], options: {domain: wiki.lab}}
		      - {repository: public, file: hieradata/common.yaml, what: the selector, format: dkim-selector,
		         options: {key: 'opendkim::selector'}}
	REGISTER
}
run key init
key=$(head -1 "$scratch/out")
# An hour and a half is what mail may take to be proven; here the proof that has to fail fails sooner.
sed 's/limit: 5400/limit: 12/' "$source_root/playbooks/dkim-key.yaml" >"$scratch/register/playbooks/dkim-key.yaml"

printf '{"v":1,"verb":"probe","limit_ms":5000,"driver":"dkim","address":"%s","users":["wiki.lab"],"options":{},' \
	"$dkim_ns" >"$scratch/job"
printf '"replica":false}\n' >>"$scratch/job"
{ printf 'old %s\n' "$(wc -c <"$d/stolen")"; cat "$d/stolen"; } >"$scratch/lent"
nsenter -t "$outside" -n "$worker" 3<"$scratch/job" 4<"$scratch/lent" 5>"$scratch/out" 6>/dev/null </dev/null \
	2>"$scratch/err"
rm "$scratch/lent"
result "$(tail -1 "$scratch/out" | jq -e '.accepts == "unreachable" or (.ok | not)' >/dev/null; echo $?)" \
	'from where Firebreak runs, no port of that host answers'

# --- Puppet writes all three files, and the signer goes on with what it read at its start ---
register 'restart: none'
run register check
exits 0 'the register knows them'
first=$(signer_pid)
run declare mail/dkim --because 'pasted into a public channel' --as alice
run respond 1 --as alice
result "$([ "$code" != 0 ] && [ "$code" != 3 ]; echo $?)" "nobody restarts the signer: not done (exit code $code)"
new=$(sed -n 's/^\([^.]*\)\._domainkey.*/\1/p' "$d/host/KeyTable")
result "$([ "${new#fb}" != "$new" ] && grep -q "^opendkim::selector: $new" "$d/public/hieradata/common.yaml" &&
	git --git-dir="$d/keys.git" show main:files/mail.private | cmp -s - "$d/host/mail.private"; echo $?)" \
	'the new key and its selector were brought there by Puppet'
result "$([ "$(signer_pid)" = "$first" ] && kill -0 "$first"; echo $?)" 'and Puppet did not restart the signer'
run journal export 1
jq -se '[.[] | select(.kind == "outcome" and (.step | startswith("prove-signed"))) | .body] |
	any(.outcome != "proven" and ([.tries[]?.answer] | any(test("selector .mail.: (?!verifies)"))))' \
	"$scratch/out" >/dev/null
result $? 'the proof is red: mail bears the old selector and does not verify'
run status 1 --json
jq -e '[.list[] | select(.do == "restart")] == []' "$scratch/out" >/dev/null
result $? 'no step restarted anything'

# --- with the restart ---
register "restart: firebreak, restart_command: [$d/restart]"
sed -i 's/limit: 12$/limit: 90/' "$scratch/register/playbooks/dkim-key.yaml"
run respond 1 --as alice
exits 3 'the plan of now has the restart: only people have something left to do'
says 'Everything that we can do is proven'
result "$([ "$(signer_pid)" != "$first" ]; echo $?)" 'the signer was started anew'
run journal export 1
jq -se --arg new "$new" '[.[] | select(.kind == "outcome" and (.step | startswith("prove-signed")) and
	.body.outcome == "proven") | .body.tries[] | .what + ": " + .answer] |
	any(test("what 127.*selector ." + $new + ".: verifies"))' "$scratch/out" >/dev/null
result $? 'the proof is a message through the Postfix of that host, and it verifies'
result "$(grep -rlq "Is mail of wiki.lab signed" "$dkim_box"; echo $?)" 'it lies in the mailbox there'
for server in "$dkim_ns" "$dkim_cache"; do
	jq -se --arg s "$server" '[.[] | select(.kind == "outcome" and (.step | startswith("prove-signed"))) |
		.body.tries[]? | select((.what | test("with what " + $s)) and (.answer | test("verifies$")))] |
		length > 0' "$scratch/out" >/dev/null
	result $? "verified with what $server answers, asked from that host"
done
result "$(grep -q 'Accepted publickey' "$scratch/far/log"; echo $?)" 'all of it came by ssh'
finish
