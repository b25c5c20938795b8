#!/usr/bin/env bash
# A TLS key that real Puppet brings to two nginx: it restarts one of them itself, for the files that it changed, and the
# other one never. Each is restarted once, by whom the register says. And one that is pulled: Puppet leaves the key's
# file where it is when its manifest no longer names it. TAP. Usage: tls_puppet.sh FIREBREAK SOURCE_ROOT
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/acme.sh"
chmod 755 "$scratch"
d=$scratch/farm
production=$d/code/environments/production
mkdir -p "$d/host" "$d/deployed" "$production/manifests" "$d/puppet"
variables
acme_pids=()
nginx_pids=()                 # asked to end, and waited for: who is killed leaves its workers behind
nginx_end() { [ ${#nginx_pids[@]} = 0 ] || { kill "${nginx_pids[@]}"; wait "${nginx_pids[@]}"; }; }
trap 'nginx_end; acme_end; rm -rf "$scratch"' EXIT
own_ca_begin "$scratch/own"
names='notified left'

git_pairs "$d" keys ssl
for repository in keys ssl; do
	mkdir "$d/deployed/$repository"
	printf '#!/bin/sh\nGIT_WORK_TREE=%s git checkout -qf main\n' "$d/deployed/$repository" \
		>"$d/$repository.git/hooks/post-receive"
	chmod 755 "$d/$repository.git/hooks/post-receive"
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/keys/web.key" -out "$d/web.csr" \
	-subj /CN=web.lab -addext subjectAltName=DNS:web.lab 2>/dev/null
"$own_ca/sign" "$d/web.csr" "$d/ssl/web.crt"
cp "$d/ssl/web.crt" "$d/old.crt"
for repository in keys ssl; do echo others >"$d/$repository/README"; done
git_push 'As it was' "$d/keys" "$d/ssl"

read -r -a ports < <(acme_ports 2)
declare -A port=([notified]=${ports[0]} [left]=${ports[1]})
for n in $names; do
	mkdir "$d/$n"
	echo "pid $d/$n/pid; error_log $d/$n/log; events { } http { access_log off;
		server { listen 127.0.0.1:${port[$n]} ssl; ssl_certificate $d/host/$n.crt;
			ssl_certificate_key $d/host/$n.key; } }" >"$d/$n/nginx.conf"
	# It keeps who asked for it: Puppet's own word, or ours.
	cat >"$d/$n/restart" <<-RESTART
		#!/bin/sh
		echo "\$1" >>$d/$n/restarts
		exec nginx -p $d/$n -c $d/$n/nginx.conf -s reload
	RESTART
	chmod 755 "$d/$n/restart"
	: >"$d/$n/restarts"
done
{
	echo "File { ensure => file, mode => '0600', show_diff => false, backup => false }"
	# As the team's own manifests: what the repositories no longer have is not managed any more.
	echo "if find_file('$d/deployed/keys/web.key') {"
	for n in $names; do
		echo "file { '$d/host/$n.key': content => file('$d/deployed/keys/web.key') }"
		echo "file { '$d/host/$n.crt': content => file('$d/deployed/ssl/web.crt') }"
	done
	cat <<-SITE
		service { 'nginx-notified':
		  ensure => running, provider => base, hasstatus => true,
		  status => '/bin/sh -c "kill -0 \$(cat $d/notified/pid)"',
		  start => '/bin/false', stop => '/bin/false', restart => '$d/notified/restart puppet',
		  subscribe => [File['$d/host/notified.key'], File['$d/host/notified.crt']],
		} }
	SITE
} >"$production/manifests/site.pp"
cp "$d/deployed/keys/web.key" "$d/host/notified.key"
cp "$d/deployed/keys/web.key" "$d/host/left.key"
for n in $names; do
	cp "$d/deployed/ssl/web.crt" "$d/host/$n.crt"
	chmod 600 "$d/host/$n.key" "$d/host/$n.crt"
	nginx -p "$d/$n" -c "$d/$n/nginx.conf" -g 'daemon off;' >>"$d/$n/log" 2>&1 &
	nginx_pids+=($!)
done
options=
for word in ssldir confdir vardir publicdir rundir logdir; do options="$options--$word, $d/puppet/$word, "; done
options="[$options--environmentpath, $d/code/environments, --environment, production, --certname, web, \
$production/manifests/site.pp]"
served() {            # NAME: the hash of the key there
	openssl s_client -connect "127.0.0.1:${port[$1]}" </dev/null 2>/dev/null | openssl x509 >"$d/served.pem" &&
		acme_spki "$d/served.pem"
}
for n in $names; do acme_wait served "$n"; done
result $? 'two nginx serve one key'
# shellcheck disable=SC2046
puppet apply --detailed-exitcodes $(tr -d '[],' <<<"$options") >"$scratch/out" 2>&1
result $? 'for Puppet there is nothing to change'

alice_register <<-REGISTER
	hosts:
	  web: {reach: local, configuration: {apply: puppet-apply, options: $options}}
	repositories:
	  keys: {kind: ssl-keys, url: '$d/keys.git'}
	  ssl: {kind: ssl, url: '$d/ssl.git'}
	issuers:
	  house: {client: openssl, command: [openssl, ca, -config, $own_ca/openssl.cnf], crl: $own_ca/crl.pem,
	    chain: $own_ca/ca.pem}
	systems:
	  tls: {title: TLS, hosts: [web]}
	secrets:
	  tls/web:
	    kind: tls-key
	    places: [{repository: keys, file: web.key}]
	    public_halves:
	      - {repository: ssl, file: web.crt, what: certificate of web.lab, format: certificate, issuer: house}
	    accounts:
	      - {driver: tls, address: '127.0.0.1:${port[notified]}', from: web, options: {name: web.lab}}
	      - {driver: tls, address: '127.0.0.1:${port[left]}', from: web, options: {name: web.lab}}
	    consumers:
	      - {hosts: web, file: $d/host/notified.key, service: nginx-notified, side: server, restart: puppet}
	      - {hosts: web, file: $d/host/left.key, service: nginx-left, side: server, restart: firebreak,
	         restart_command: [$d/left/restart, firebreak]}
REGISTER
run register check
exits 0 'the register knows them'
old=$(acme_spki "$d/old.crt")
run declare tls/web --because 'pasted into a public channel' --as alice
run plan 1
result "$(! grep -q 'restart.*nginx-notified' "$scratch/out"; echo $?)" 'the plan restarts nothing that Puppet restarts'
result "$(grep -q 'restart.*nginx-left' "$scratch/out"; echo $?)" 'and what it does not restart, it does'
run respond 1 --as alice
exits 3 'only people have something left to do'
now=$(served notified)
result "$([ -n "$now" ] && [ "$now" != "$old" ] && [ "$(served left)" = "$now" ]; echo $?)" 'both serve the new key'
for who in notified:puppet left:firebreak; do
	cat "$d/${who%:*}/restarts" >"$scratch/out"
	result "$([ "$(cat "$scratch/out")" = "${who#*:}" ]; echo $?)" "${who%:*} was restarted once, by ${who#*:}"
done
"$firebreak_program" journal export 1 2>/dev/null >"$d/rows"
result "$(jq -se '[.[] | select(.kind == "outcome" and (.step | startswith("prove:")) and .body.outcome == "proven")] |
	map(.step) | unique | length == 2' "$d/rows" >/dev/null; echo $?)" 'both addresses are proven'
result "$(jq -se 'any(.[]; .kind == "outcome" and (.step | startswith("settle")) and .body.outcome == "proven")' \
	"$d/rows" >/dev/null; echo $?)" 'and the next run of Puppet changes nothing'

# --- the register is wrong: Puppet does not restart it, and the address says so ---
sed -i '/service: nginx-left/{N; s/restart: firebreak,.*/restart: puppet}/}' "$scratch/register/firebreak.yaml"
sed 's/^    limit: 300$/    limit: 20/' "$source_root/playbooks/tls-key.yaml" >"$d/short"
cp "$d/short" "$scratch/register/playbooks/tls-key.yaml"
run register check
exits 0 'a register that says that Puppet restarts both'
run declare tls/web --because 'and once more' --as alice
run respond 2 --as alice
exits 1 'is not believed'
says "127.0.0.1:${port[left]}"
result "$([ "$(served left)" = "$now" ] && [ "$(served notified)" != "$now" ]; echo $?)" \
	'the old key is served still, there'

# --- it is pulled: the manifest manages the key no longer, and Puppet leaves the file ---
"$d/left/restart" somebody
run respond 2 --as alice
exits 3 'somebody restarts it, and only people have something left to do'
sed -i 's/^    limit: 20$/    limit: 3/' "$scratch/register/playbooks/tls-key.yaml"
sed -i 's|client: openssl, command|client: openssl, get: [-policy, none], command|' "$scratch/register/firebreak.yaml"
sed -i '/service: nginx-left/s|restart: puppet}|restart: none}|' "$scratch/register/firebreak.yaml"
run register check
exits 0 'a register whose authority gives nobody a certificate'
run declare tls/web --because 'and again' --as alice
run respond 3 --pull tls/web --because 'nobody may read on' --as alice
exits 1 'pulled, and not out'
says 'is not shown to be out yet'
says "the old value still lies on 'web'"
says 'it no longer manages: rm -- '
for n in $names; do says "'$d/host/$n.key'"; done
"$firebreak_program" journal export 3 2>/dev/null >"$d/rows"
result "$(jq -se '[.[] | select(.kind == "outcome" and (.step | startswith("apply-pulled")))] | last |
	.body.outcome == "proven"' "$d/rows" >/dev/null; echo $?)" 'the run of Puppet went well'
for n in $names; do
	[ -s "$d/host/$n.key" ] && [ ! -e "$d/deployed/keys/web.key" ]
	result $? "and $n.key lies there still"
done
rm -- "$d/host/notified.key" "$d/host/left.key"
run respond 3 --as alice
exits 1 'both are taken away, and what runs still serves it'
result "$(! grep -qF "still lies" "$scratch/out" "$scratch/err"; echo $?)" 'no file is named any more'
says 'is not shown to be out yet'
finish
