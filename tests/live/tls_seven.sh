#!/bin/bash
# A wildcard key that feeds seven services, each of which takes a new one in its own way (Puppet tells none of them): it
# is replaced, proven by the hash of the public key at each address and port, and its certificate is seen revoked. Then
# what goes wrong on real servers, all of it in one incident. TAP. Usage: tls_seven.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/postfix.sh"
. "$(dirname "$0")/../lib/tls_services.sh"
tls_enter "$@"
mkdir -p "${TMPDIR:-/tmp}"
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/../lib/acme.sh"
chmod 755 "$scratch"
d=$scratch/farm
variables
mkdir -p "$d/host"
acme_begin "$scratch/acme" && acme_client certbot && acme_client uacme
result $? 'an authority, and two clients of it'

# --- the wildcard, as a team has it: renewed by a robot that keeps the key ---
"$acme/bin/certbot" certonly --cert-name wiki.lab -d wiki.lab -d '*.wiki.lab' --key-type ecdsa --reuse-key \
	>"$scratch/out" 2>&1
result $? 'it gave a certificate for *.wiki.lab'
lineage=$acme/certbot/conf/live/wiki.lab
git_pairs "$d" keys ssl
mkdir -p "$d/ssl/certificates"
cp "$lineage/privkey.pem" "$d/keys/wildcard.key"
cp "$lineage/fullchain.pem" "$d/ssl/certificates/wildcard.crt"
cp "$lineage/cert.pem" "$d/first.pem"
git_push 'As it was' "$d/keys" "$d/ssl"
tls_begin "$scratch/tls" "$d/ssl/certificates/wildcard.crt" "$d/keys/wildcard.key"
result $? 'seven services show it, one of them twice'

# What brings files to a host and tells nobody. stale/SERVICE: it goes on getting that certificate.
cat >"$d/apply" <<-APPLY
	#!/bin/bash
	changed=0
	(
		flock 9
		git --git-dir=$d/keys.git show main:wildcard.key >$d/host/new && mv $d/host/new $d/host/\$1.key &&
			git --git-dir=$d/ssl.git show main:certificates/wildcard.crt >$d/host/new &&
			mv $d/host/new $d/host/\$1.crt
	) 9>$d/host/lock || exit 1
	case \$1 in
	web) services=nginx ;; web2) services=second ;; mail) services='postfix dovecot' ;;
	db) services='postgresql mariadb' ;; gluster) services=glusterd ;; ldap) services=slapd ;;
	esac
	for s in \$services; do
		crt=$d/host/\$1.crt
		[ ! -e $d/stale/\$s ] || crt=$d/stale/\$s
		$tls/\$s/give \$crt $d/host/\$1.key
		case \$? in 2) changed=2 ;; 0) ;; *) exit 1 ;; esac
	done
	exit \$changed
APPLY
chmod 755 "$d/apply"

run key init
account() { echo "      - {driver: tls, address: '$1', from: $2, options: {name: $3${4:+, starttls: $4}}}"; }
consumer() {                  # SERVICE HOST FILE [none]
	local restart="firebreak, restart_command: [$tls/$1/renew]"
	[ $# = 3 ] || restart=none
	echo "      - {hosts: $2, file: $3, service: $1, side: server, restart: $restart}"
}
register() {                  # ISSUER; slapd and glusterd are told unless $untold
	local none=${untold:+none}
	cat <<-REGISTER
		register: 1
		organisation: {name: Test Farm, team: team@example.org, approver: lead}
		roles: {lead: {root: true}}
		people:
		  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead], key: '$alice'}
		hosts:
		$(for h in web web2 mail db gluster ldap; do
			echo "  $h: {reach: local, configuration: {apply: command, command: [$d/apply, '{host}']}}"
		done)
		repositories:
		  keys: {kind: ssl-keys, url: '$d/keys.git'}
		  ssl: {kind: ssl, url: '$d/ssl.git'}
		issuers:
		  certbot: {client: certbot, host: web, command: [$acme/bin/certbot], $status}
		  uacme: {client: uacme, host: web, command: [$acme/bin/uacme], $status}
		  robot: {client: command, host: web, get: [$d/robot], revoke: ['false'], $status}
		systems:
		  tls: {title: TLS, hosts: [web]}
		secrets:
		  tls/wildcard:
		    kind: tls-key
		    places: [{repository: keys, file: wildcard.key}]
		    public_halves:
		      - {repository: ssl, file: certificates/wildcard.crt, what: the certificate of the wildcard,
		         format: certificate, issuer: $1}
		    accounts:
		$(account www.wiki.lab:443 web www.wiki.lab)
		$(account "mail.wiki.lab:$postfix_port" mail mail.wiki.lab smtp)
		$(account "mail.wiki.lab:$postfix_wrapped" mail mail.wiki.lab)
		$(account mail.wiki.lab:143 mail mail.wiki.lab imap)
		$(account mail.wiki.lab:110 mail mail.wiki.lab pop3)
		$(account mail.wiki.lab:993 mail mail.wiki.lab)
		$(account db.wiki.lab:5432 db db.wiki.lab postgres)
		$(account db.wiki.lab:3306 db db.wiki.lab mysql)
		$(account gluster.wiki.lab:24007 gluster gluster.wiki.lab)
		$(account ldap.wiki.lab:389 ldap ldap.wiki.lab ldap)
		$(account ldap.wiki.lab:636 ldap ldap.wiki.lab)
		    consumers:
		$(consumer nginx web "$tls/nginx/key.pem")
		$(consumer second web2 "$tls/second/key.pem" $none)
		$(consumer postfix mail "$tls/postfix/etc/mx.key")
		$(consumer dovecot mail "$tls/dovecot/key.pem")
		$(consumer postgresql db "$tls/postgresql/key.pem")
		$(consumer mariadb db "$tls/mariadb/key.pem")
		$(consumer glusterd gluster "$tls/glusterd/ssl/glusterfs.key" $none)
		$(consumer slapd ldap "$tls/slapd/key.pem" $none)
	REGISTER
}
alice=$(head -1 "$scratch/out")
status="status: '$acme_manage/cert-status-by-serial/{serial}', ca: $acme_ca"
register certbot >"$scratch/register/firebreak.yaml"
run register check
exits 0 'the register knows them'
sed 's/^    limit: 300$/    limit: 6/' "$source_root/playbooks/tls-key.yaml" >"$scratch/short.yaml"

# Another program's word on what is served.
shown() {                     # ADDRESS [PROTOCOL]
	timeout 20 openssl s_client -connect "$1" -servername www.wiki.lab ${2:+-starttls "$2"} </dev/null \
		2>/dev/null | openssl x509 -noout -pubkey 2>/dev/null | openssl pkey -pubin -outform DER 2>/dev/null |
		sha256sum | cut -c1-64
}
doors="127.0.0.1:443 [::1]:443 127.0.0.2:443 127.0.0.1:$postfix_port,smtp 127.0.0.1:$postfix_wrapped
	127.0.0.1:143,imap 127.0.0.1:110,pop3 127.0.0.1:993 127.0.0.1:5432,postgres 127.0.0.1:3306,mysql
	127.0.0.1:24007 127.0.0.1:389,ldap 127.0.0.1:636
	[::1]:$postfix_port,smtp [::1]:$postfix_wrapped [::1]:143,imap [::1]:110,pop3 [::1]:993 [::1]:5432,postgres
	[::1]:3306,mysql [::1]:389,ldap [::1]:636"
all_show() {                  # HASH TEXT
	local door pids=()
	: >"$scratch/err"
	for door in $doors; do
		# shellcheck disable=SC2086
		{ [ "$(shown ${door//,/ })" = "$1" ] || echo "$door" >>"$scratch/err"; } &
		pids+=($!)
	done
	wait "${pids[@]}"
	result "$([ ! -s "$scratch/err" ]; echo $?)" "$2"
}
key_of_git() {
	git --git-dir="$d/keys.git" show main:wildcard.key | openssl pkey -pubout -outform DER | sha256sum | cut -c1-64
}
outcomes() {                  # INCIDENT: of proofs, "step outcome", sorted; the last one of each
	"$firebreak_program" journal export "$1" 2>/dev/null | jq -rs '[.[] | select(.kind == "outcome" and
		(.step | startswith("prove")))] | group_by(.step)[] | last | "\(.step) \(.body.outcome)"' | sort
}

# --- the emergency ---
old=$(acme_spki "$d/first.pem")
all_show "$old" 'all 22 doors show the leaked key'
run declare tls/wildcard --because 'pasted into a public channel' --as alice
exits 0 'declared'
run respond 1 --as alice
exits 3 'an emergency: only people have something left to do'
says 'Everything that we can do is proven'
first=$(key_of_git)
result "$([ "$first" != "$old" ] && [ ${#first} = 64 ]; echo $?)" 'the robot keeps keys, and this one is another'
all_show "$first" 'all 22 doors show the new key, by the word of openssl'
result "$([ "$(acme_status "$d/first.pem")" = 'Revoked 1' ]; echo $?)" 'the authority says: revoked, keyCompromise'
git --git-dir="$d/ssl.git" show main:certificates/wildcard.crt >"$d/second.pem"
result "$([ "$(acme_status "$d/second.pem")" = Valid ]; echo $?)" 'and the new one is valid'
outcomes 1 >"$scratch/out"
result "$([ "$(grep -c ' proven$' "$scratch/out")" = 11 ] && ! grep -qv ' proven$' "$scratch/out"; echo $?)" \
	'eleven accounts are proven'

# --- a client that keeps the key all the same ---
cat >"$d/robot" <<-ROBOT
	#!/bin/sh
	# uacme -f issue reuses the key that lies there
	cat >/dev/null
	$acme/bin/uacme -f issue wiki.lab '*.wiki.lab' >&2 && cat $acme/uacme/wiki.lab/cert.pem
ROBOT
chmod 755 "$d/robot"
mkdir -p "$acme/uacme/private/wiki.lab"
git --git-dir="$d/keys.git" show main:wildcard.key >"$acme/uacme/private/wiki.lab/key.pem"
heads() { git --git-dir="$d/keys.git" rev-parse main; git --git-dir="$d/ssl.git" rev-parse main; }
before=$(heads)
register robot >"$scratch/register/firebreak.yaml"
cp "$scratch/short.yaml" "$scratch/register/playbooks/tls-key.yaml"
run declare tls/wildcard --because 'pasted once more' --as alice
run respond 2 --as alice
exits 1 'an issuer whose client keeps the key'
says 'the issuer gave a certificate for the old key, which has leaked'
result "$([ "$(heads)" = "$before" ] && [ "$(acme_status "$d/second.pem")" = Valid ]; echo $?)" \
	'no git was changed, and nothing revoked'

# --- all that goes wrong behind a new key, at once ---
mkdir "$d/stale"
cp "$d/second.pem" "$d/stale/postgresql"
untold=1
register uacme >"$scratch/register/firebreak.yaml"
"$tls/glusterd/stop"
"$acme/bin/certbot" revoke --cert-path "$d/second.pem" --reason keycompromise --no-delete-after-revoke \
	>"$scratch/out" 2>&1
result "$([ "$(acme_status "$d/second.pem")" = 'Revoked 1' ]; echo $?)" 'a colleague revoked the certificate already'
run respond 2 --as alice
exits 1 'one address of two, PostgreSQL with half a pair, slapd that nobody told, glusterd that is down'
"$firebreak_program" journal export 2 2>/dev/null >"$d/rows"
outcomes 2 >"$scratch/out"
is() { result "$(grep -q "^prove:tls/wildcard:$1@[a-z]* $2\$" "$scratch/out"; echo $?)" "$3 ($1: $2)"; }
is www.wiki.lab:443 failed 'an address of a name that shows the old key is a failed proof'
is db.wiki.lab:5432 failed 'pg_reload_conf() said t, and the old key is served: a failed proof'
is ldap.wiki.lab:389 failed 'who was not told shows the old key'
is ldap.wiki.lab:636 failed 'and on its other port'
is gluster.wiki.lab:24007 unreachable 'who is down is unreachable, and not proven'
is db.wiki.lab:3306 proven 'the others are proven'
is mail.wiki.lab:143 proven 'the others are proven'
result "$(jq -se 'any(.[]; .kind == "outcome" and (.step | startswith("revoke")) and .body.outcome == "proven")' \
	"$d/rows" >/dev/null; echo $?)" 'a certificate that somebody revoked before counts as revoked'
tried() {                     # STEP WORDS
	result "$(jq -r --arg step "prove:tls/wildcard:$1" 'select(.kind == "outcome" and (.step | startswith($step))) |
		.body.tries[] | "\(.what): \(.answer)"' "$d/rows" | grep -qF -e "$2"; echo $?)" "its tries name it: $2"
}
tried www.wiki.lab '127.0.0.2:443'
tried ldap.wiki.lab:636 '127.0.0.1:636'
tried ldap.wiki.lab:636 '[::1]:636'
tried gluster.wiki.lab '127.0.0.1:24007'
said() {                      # INCIDENT STEP WORDS
	"$firebreak_program" journal export "$1" 2>/dev/null | jq -r --arg step "$2" 'select(.kind == "outcome" and
		(.step | startswith($step))) | .body | (.text, .result.findings[]?.detail?)' >"$scratch/out"
	says "$3"
}
said 1 prove:tls/wildcard:gluster.wiki.lab 'whether it lets one of the old key in was not tried'
said 1 inspect:tls/wildcard:gluster.wiki.lab 'asks its clients for one: who has the old key and its certificate'
run status 2
says 'serves the old key at 127.0.0.2:443'
for port in 5432 636; do
	grep -qE "serves the old key at (127\.0\.0\.1|\[::1\]):$port" "$scratch/out"
	result $? "it says that both addresses serve the old key: $port"
done

# --- and mended, it goes on ---
rm "$d/stale/postgresql"
untold=
register uacme >"$scratch/register/firebreak.yaml"
"$d/apply" db
"$tls/postgresql/renew"
"$tls/second/renew"
"$tls/slapd/renew"
"$tls/glusterd/start"
run respond 2 --as alice
exits 3 'mended by hand, it goes on: only people have something left to do'
now=$(key_of_git)
result "$([ "$now" != "$first" ] && [ "$now" != "$old" ]; echo $?)" 'the key is a third one'
all_show "$now" 'all 22 doors show it'
finish
