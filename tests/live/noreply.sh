#!/usr/bin/env bash
# A leaked password of the noreply account: two mail servers (Debian's Dovecot with a passwd-file that Puppet writes,
# and one that asks PAM), Debian's Postfix, and who sends mail with it: MediaWiki, and daemons with the settings of
# Grafana (which Puppet does not restart) and Phabricator (which it does).
# `respond` and `drill` from declaration to proof, from each consumer's own side. TAP.
# Usage: noreply.sh FIREBREAK SOURCE_ROOT
if [ "$(id -u)" != 0 ]; then
	echo '1..0 # SKIP Postfix, PAM and mounts need root; contract dovecot has what IMAP alone can show'
	exit 0
fi
# A private copy of /etc, so that the system account is one of this test only.
if [ -z "${NOREPLY_MOUNTS:-}" ]; then
	NOREPLY_MOUNTS=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/wiki-kit.sh"
here=$(dirname "$(readlink -f "$0")")
d=$scratch/farm
etc=$scratch/etc
servers=
chmod 755 "$scratch"                  # the servers' own users look for their folders below it
mkdir -p "$d/host" "$d/deployed" "$d/code/environments/production/manifests" "$d/puppet" "$d/box"
clean() {
	local pid
	[ -z "${postfix_pid:-}" ] || postfix_end
	for pid in $servers $(cat "$d"/*.pid 2>/dev/null); do kill "$pid"; done 2>/dev/null
	for pid in $servers; do wait "$pid"; done 2>/dev/null
	umount /etc
	rm -rf "$scratch"
}
trap clean EXIT
cp -a /etc "$etc" && mount --bind "$etc" /etc
sed -i 's/pam_unix.so/pam_unix.so nodelay/' /etc/pam.d/common-auth
variables
await() {                     # COMMAND...: until it is true, a minute at most
	local i
	for ((i = 0; i < 600; i++)); do "$@" 2>/dev/null && return 0; sleep 0.1; done
	return 1
}

# --- the mail servers ---
old=$(random_word)
useradd -M -d /nonexistent -s /usr/sbin/nologin noreply
usermod -p "$(printf %s "$old" | openssl passwd -6 -stdin)" noreply
read -r imap1 auth1 imap2 auth2 smtp1 smtp2 grafana phd forgotten < <(python3 -c 'import random, socket
held = []
while len(held) < 9:
    s = socket.socket()
    try: s.bind(("127.0.0.1", random.randrange(20000, 32000)))
    except OSError: continue
    held.append(s)
print(*(s.getsockname()[1] for s in held))')
dovecot_start() {             # NUMBER IMAP AUTH PASSDB
	local f=$d/dovecot$1
	mkdir -p "$f/mail"
	chown nobody "$f/mail"
	cat >"$f/conf" <<-CONF
		base_dir = $f/run
		state_dir = $f/state
		log_path = $f/log
		listen = 127.0.0.1
		ssl = no
		disable_plaintext_auth = no
		protocols = imap
		mail_location = maildir:$f/mail/%u
		first_valid_uid = 1
		auth_failure_delay = 0
		auth_cache_size = 10M
		auth_cache_ttl = 1 hour
		passdb {
		  driver = $4
		  args = ${5:-}
		}
		userdb {
		  driver = static
		  args = uid=nobody gid=nogroup home=$f/mail/%u
		}
		service imap-login {
		  inet_listener imap {
		    port = $2
		  }
		  inet_listener imaps {
		    port = 0
		  }
		}
		service anvil {
		  unix_listener anvil-auth-penalty {
		    mode = 0
		  }
		}
		service auth {
		  user = root
		  inet_listener {
		    address = 127.0.0.1
		    port = $3
		  }
		}
	CONF
	/usr/sbin/dovecot -F -c "$f/conf" >"$f/out" 2>&1 &
	servers="$servers $!"
	await bash -c "exec 3<>/dev/tcp/127.0.0.1/$2 && read -r -t 10 line <&3 && [[ \$line == '* OK'* ]]"
}
door() {                      # SMTP AUTH: a port of Postfix that asks one of them
	local no="-o smtpd_tls_security_level=none -o smtpd_tls_auth_only=no -o smtpd_sasl_type=dovecot"
	/usr/sbin/postconf -c "$d/mx/etc" -M -e "127.0.0.1:$1/inet=127.0.0.1:$1 inet n - n - - smtpd $no -o \
smtpd_sasl_path=inet:127.0.0.1:$2 -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
}

# --- what Puppet makes of the private git ---
private() { git -C "$d/work" -c user.name=Ada -c user.email=ada@example.org "$@"; }
git_begin "$d/private.git" "$d/work"
printf '#!/bin/sh\nexec git --git-dir=%s --work-tree=%s checkout -q -f main\n' "$d/private.git" "$d/deployed" \
	>"$d/private.git/hooks/post-receive"
chmod 755 "$d/private.git/hooks/post-receive"
mkdir "$d/work/hieradata"
printf "# mail\nmail::noreply: '%s'\nother: '%s'\n" "$old" "$(random_word)" >"$d/work/hieradata/common.yaml"
private add -A
private commit -qm 'Private data'
private push -q "$d/private.git" main
production=$d/code/environments/production
cat >"$production/hiera.yaml" <<-HIERA
	version: 5
	hierarchy:
	  - {name: private, datadir: '$d/deployed/hieradata', path: common.yaml}
HIERA
mailer="'host' => '127.0.0.1', 'port' => $smtp1, 'user' => 'noreply', 'password' => \$value, 'protocol' => ''"
daemon() {            # NAME KIND FILE PORT: a program that starts it anew, as its unit would
	cat >"$d/$1" <<-DAEMON
		#!/bin/sh
		PATH=/usr/sbin:/usr/bin:/sbin:/bin
		pid=\$(cat $d/$1.pid 2>/dev/null)
		[ -z "\$pid" ] || kill "\$pid"
		while [ -n "\$pid" ] && kill -0 "\$pid" 2>/dev/null; do sleep 0.05; done
		setsid /usr/bin/python3 $here/noreply.py serve $2 $3 $4 </dev/null >>$d/$1.log 2>&1 &
		echo \$! >$d/$1.pid
		for i in \$(seq 600); do
			curl -s --max-time 5 -o $d/$1.said "http://127.0.0.1:$4/" && exit 0
			sleep 0.1
		done
		exit 1
	DAEMON
	chmod 755 "$d/$1"
}
daemon grafana-server grafana "$d/host/grafana.ini" "$grafana"
daemon forgotten grafana "$d/host/grafana.ini" "$forgotten"
daemon phd phabricator "$d/host/local.json" "$phd"
cat >"$production/manifests/site.pp" <<-SITE
	\$value = lookup('mail::noreply')
	\$other = lookup('other')
	\$hash = pw_hash(\$value, 'SHA-512', 'ofTheFarm')
	File { ensure => file, mode => '0600', show_diff => false }
	file { '$d/host/users': owner => 'root', content => "noreply:{SHA512-CRYPT}\${hash}::::::\n" }
	file { '$d/host/PrivateSettings.php': content => @("PHP"/\$) }
	  <?php
	  \\\$wgDBpassword = '\${other}';
	  \\\$wmgSMTPPassword = '\${value}';
	  \\\$wgUpgradeKey = '\${other}';
	  | PHP
	file { '$d/host/grafana.ini': content => @("INI") }
	  [database]
	  type = mysql
	  host = 127.0.0.1:3306
	  user = grafana
	  password = """\${other}"""
	  [smtp]
	  enabled = true
	  host = 127.0.0.1:$smtp2
	  user = noreply
	  # If the password contains # or ; you have to wrap it with triple quotes
	  password = """\${value}"""
	  ;cert_file =
	  skip_verify = false
	  from_address = noreply@example.net
	  from_name = Grafana
	  startTLS_policy = NoStartTLS
	  [emails]
	  welcome_email_on_sign_up = false
	  | INI
	file { '$d/host/local.json':
	  content => to_json({ 'mysql.pass' => \$other, 'metamta.default-address' => 'noreply@example.net',
	    'cluster.mailers' => [
	      { 'key' => 'hook', 'type' => 'test' },
	      { 'key' => 'noreply', 'type' => 'smtp', 'priority' => 10, 'options' => { $mailer } } ] }),
	}
	~> exec { '$d/phd': refreshonly => true }
SITE
options=
for word in ssldir confdir vardir publicdir rundir logdir; do options="$options--$word, $d/puppet/$word, "; done
options="[$options--environmentpath, $d/code/environments, --environment, production, --certname, box, \
$production/manifests/site.pp]"
apply() { puppet apply $(tr -d '[],' <<<"$options") >"$scratch/out" 2>&1; }
apply && [ -s "$d/host/users" ]
result $? 'Puppet has written the passwd-file and three consumers'
"$d/grafana-server" && "$d/forgotten" && [ -s "$d/phd.pid" ]
result $? 'two daemons read the file of Grafana, and Puppet has started the one of Phabricator'
dovecot_start 1 "$imap1" "$auth1" passwd-file "scheme=SHA512-CRYPT username_format=%u $d/host/users" &&
	dovecot_start 2 "$imap2" "$auth2" pam 'cache_key=%u dovecot' && postfix_begin "$d/mx" &&
	door "$smtp1" "$auth1" && door "$smtp2" "$auth2" && /usr/sbin/postfix -c "$d/mx/etc" reload >/dev/null 2>&1 &&
	await bash -c "exec 3<>/dev/tcp/127.0.0.1/$smtp1" && await bash -c "exec 3<>/dev/tcp/127.0.0.1/$smtp2"
result $? 'two mail servers run: one reads that file, the other asks PAM'

# --- who sends mail with it ---
for package in grafana phabricator phorge; do
	if [ -n "$(apt-cache policy $package 2>/dev/null)" ]; then
		echo "# Debian has $package now: this test should run it"
	else
		echo "# NOT SHOWN: $package itself, which Debian does not have; a daemon reads its settings instead"
	fi
done
mkdir -p "$scratch/meta.d/data"
php "$mediawiki/maintenance/install.php" --dbtype sqlite --dbpath "$scratch/meta.d/data" --dbname wikia \
	--server http://127.0.0.1:1 --scriptpath '' --confpath "$scratch/meta.d" --pass "$(random_word)" Meta Admin \
	>"$scratch/out" 2>&1
result $? 'a MediaWiki is installed'
cat >>"$scratch/meta.d/LocalSettings.php" <<-SETTINGS
	\$wgPasswordSender = 'noreply@example.net';
	require getenv( 'PRIVATE_SETTINGS' );
	\$wgSMTP = [ 'host' => '127.0.0.1', 'port' => $smtp1, 'IDHost' => 'wiki.example.net', 'auth' => true,
		'username' => 'noreply', 'password' => \$wmgSMTPPassword ];
SETTINGS
sends() {                     # CONSUMER FOLDER: one mail by it, which arrives; of FOLDER host the daemon sends
	local subject file=local.json port=$phd
	subject="from-$1-$(random_word)"
	[ "$1" = phabricator ] || { file=grafana.ini; port=$grafana; }
	[ "$1" != forgotten ] || port=$forgotten
	if [ "$1" = mediawiki ]; then
		echo "\$s = UserMailer::send( new MailAddress( 'u1@example.net' )," \
			"new MailAddress( 'noreply@example.net' ), '$subject', 'A mail of a wiki.' );" \
			"echo \$s->isOK() ? 'sent' : 'not sent', \"\n\";" |
			PRIVATE_SETTINGS=$2/PrivateSettings.php MW_CONFIG_FILE=$scratch/meta.d/LocalSettings.php \
			php "$mediawiki/maintenance/eval.php" >"$scratch/out" 2>"$scratch/err"
		grep -q '^sent' "$scratch/out" || return 1
	elif [ "$2" = "$d/host" ]; then
		curl -sSf --max-time 60 "http://127.0.0.1:$port/u1@example.net/$subject" >"$scratch/out" \
			2>"$scratch/err" || return 1
	else
		/usr/bin/python3 "$here/noreply.py" "$1" "$2/$file" u1@example.net "$subject" >"$scratch/out" \
			2>"$scratch/err" || return 1
	fi
	await grep -rqF "$subject" "$d/mx/box/u1"
}
for who in mediawiki grafana phabricator forgotten; do
	sends $who "$d/host"
	result $? "$who sends a mail through its submission port"
done
doors="$imap1 $smtp1 $imap2 $smtp2"
# shellcheck disable=SC2086
coproc INTRUDER { /usr/bin/python3 "$here/noreply.py" sessions $doors 2>"$d/intruder"; }
printf '%s\n' "$old" >&"${INTRUDER[1]}"
read -r -t 60 line <&"${INTRUDER[0]}" && [ "$line" = in ] && echo >&"${INTRUDER[1]}" &&
	read -r -t 60 line <&"${INTRUDER[0]}" && [ "$line" = yyyy ]
result $? 'an intruder has four sessions, over IMAP and submission of both servers'
cp -r "$d/host" "$d/before"

# --- the emergency ---
account() {                   # IMAP SMTP CONFIGURATION [FILE]
	echo "{driver: dovecot, address: '127.0.0.1:$1', users: [noreply], from: box, host: box," \
		"options: {tls: 'no', submission: '127.0.0.1:$2', config: $3, postfix: $d/mx/etc${4:-}}}"
}
alice_register <<-REGISTER
	check: {tested_within: 90}
	hosts:
	  box: {reach: local, configuration: {apply: puppet-apply, options: $options}}
	repositories:
	  private: {kind: private, url: '$d/private.git'}
	systems:
	  mail: {title: Mail, hosts: [box]}
	secrets:
	  mail/noreply:
	    kind: mail-password
	    places: [{repository: private, file: hieradata/common.yaml, key: 'mail::noreply'}]
	    accounts:
	      - $(account "$imap1" "$smtp1" "$d/dovecot1/conf" ", file: $d/host/users")
	      - $(account "$imap2" "$smtp2" "$d/dovecot2/conf")
	    consumers:
	      - {hosts: box, file: $d/host/PrivateSettings.php}
	      - {hosts: box, file: $d/host/grafana.ini, service: grafana-server, restart: firebreak,
	         restart_command: [$d/grafana-server]}
	      - {hosts: box, file: $d/host/local.json, service: phd, restart: puppet}
REGISTER
run register check
exits 0 'the register knows them'
run declare mail/noreply --because 'pasted into a public channel' --as alice
exits 0 'declared'
run respond 1 --as alice
exits 3 'an emergency: only people have something left to do'
says 'Everything that we can do is proven'
echo >&"${INTRUDER[1]}" && read -r -t 60 line <&"${INTRUDER[0]}" && [ "$line" = nnnn ]
result $? "all four sessions of the intruder are dead ($line)"
for who in mediawiki grafana phabricator; do
	sends $who "$d/host"
	result $? "$who sends with what Puppet made of the new value"
	sends $who "$d/before"
	result "$([ $? != 0 ]; echo $?)" "$who is refused with its file of before"
done
sends forgotten "$d/host"
result "$([ $? != 0 ] && grep -q 502 "$scratch/err"; echo $?)" \
	'who reads that file of Grafana and was not started anew goes on with the old value, and is refused'
"$d/forgotten" && sends forgotten "$d/host"
result $? 'started anew, it sends'
run journal export 1
tried() {                     # PORT PROTOCOL: the proof refused the old value there
	jq -se --arg at "127.0.0.1:$1" --arg what "$2 login as 'noreply' with the old value" '[.[] |
		select(.kind == "outcome" and (.step | startswith("prove") and contains($at)) and
		.body.outcome == "proven") | .body.tries[] | select(.what == $what)] | length > 0' \
		"$scratch/out" >/dev/null
}
for at in "$imap1" "$imap2"; do
	tried "$at" IMAP && tried "$at" submission
	result $? "the proof at $at tried the old value over IMAP and over submission"
done
passwd_kept() { cmp -s "$d/host/users" "$d/kept"; }
cp "$d/host/users" "$d/kept"
apply && passwd_kept
result $? 'a further run of Puppet leaves the passwd-file as it is'

# --- a hash is as long as the one before, and Dovecot looks at size and second only ---
login() {                     # PORT: the password from standard input
	/usr/bin/python3 -c 'import imaplib, sys
try: imaplib.IMAP4("127.0.0.1", int(sys.argv[1])).login("noreply", sys.stdin.readline().rstrip("\n"))
except imaplib.IMAP4.error: sys.exit(1)' "$1"
}
value() {
	git --git-dir="$d/private.git" show main:hieradata/common.yaml | sed -n "s/^mail::noreply: '\(.*\)'$/\1/p"
}
value >"$d/was"
login "$imap1" <"$d/was"
result $? 'the new value opens the first server'
second=$(stat -c '%s %Y' "$d/host/users")
random_word >"$d/next"
private pull -q "$d/private.git" main
sed -i "s/^mail::noreply: .*/mail::noreply: '$(cat "$d/next")'/" "$d/work/hieradata/common.yaml"
private commit -qam 'Another value'
private push -q "$d/private.git" HEAD:main
apply
touch -d "@${second#* }" "$d/host/users"
sleep 1.2                             # it looks once a second
! passwd_kept && [ "$(stat -c '%s %Y' "$d/host/users")" = "$second" ] && login "$imap1" <"$d/was"
result $? 'what Puppet wrote within the same second is not seen: the value before it goes on working'
printf '{"v":1,"verb":"change","limit_ms":40000,"driver":"dovecot","address":"127.0.0.1:%s",' "$imap1" >"$scratch/job"
printf '"users":["noreply"],"options":{"tls":"no","submission":"127.0.0.1:%s","config":"%s","postfix":"%s",' \
	"$smtp1" "$d/dovecot1/conf" "$d/mx/etc" >>"$scratch/job"
printf '"file":"%s"},' "$d/host/users" >>"$scratch/job"
printf '"replica":false,"host":{"name":"box","address":"box","local":true},' >>"$scratch/job"
printf '"from":{"name":"box","address":"box","local":true}}\n' >>"$scratch/job"
{ printf 'old 32\n'; tr -d '\n' <"$d/was"; printf 'new 32\n'; tr -d '\n' <"$d/next"; } >"$scratch/lent"
worker=$(dirname "$firebreak_program")/firebreak-worker-dovecot
env -i "$worker" 3<"$scratch/job" 4<"$scratch/lent" 5>"$scratch/out" 6>/dev/null </dev/null 2>"$scratch/err"
cp "$d/host/users" "$scratch/users"
rm "$scratch/lent"
says 'has the new value and no other'
login "$imap1" <"$d/next" && ! login "$imap1" <"$d/was"
result $? 'a change makes Dovecot look: the value before is refused'
apply && cmp -s "$scratch/users" "$d/host/users"
result $? "and Puppet's own line stands there as it was"
# The other server has the value of before: as long as they differ, one secret is not what both accept.
printf '%s\n' "noreply:$(cat "$d/next")" | chpasswd
/usr/bin/doveadm -c "$d/dovecot2/conf" auth cache flush >/dev/null 2>&1

# --- the drill ---
untested() { run check; cat "$scratch/out" "$scratch/err" | grep -qF "untested: 'mail/noreply'"; }
untested
result $? 'before it the account is untested: of the incident, people still have something to do'
run drill mail/noreply --every 300 --json --because 'the quarter is over' --as alice
exits 0 'a drill is done'
jq -e '[.drilled.accounts[] | select(.accepted > 0 and .refused > 0 and .refused_us > .last_accepted_us and
	(.text | (contains("IMAP of") and contains("submission of"))))] | length == 2' "$scratch/out" >/dev/null
result $? 'the intruder was let in at both servers, over both doors, and then refused for good'
run plan 2
says 'Dovecot holds one password for a user: there is no moment in which old and new both work'
for who in mediawiki grafana phabricator; do
	sends $who "$d/host"
	result $? "$who sends after the drill"
done
result "$(! untested; echo $?)" 'now it counts as tested'

# --- no value anywhere but where it belongs ---
{ echo "$old"; cat "$d/was" "$d/next"; value; } >"$scratch/words"
result "$([ -z "$(grep -rlaFf "$scratch/words" "$scratch/state" "$scratch/register" "$d/dovecot1" "$d/dovecot2" \
	"$d/mx/log" /proc/[0-9]*/environ 2>/dev/null)" ]; echo $?)" 'no log, journal or clone holds a value'
finish
