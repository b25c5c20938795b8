#!/bin/bash
# What real servers serve: each of eight, by its own protocol, before and after it took a new key; what each does with
# files that nobody told it of, and with a key that does not fit; one name with several addresses; two kinds of key;
# from another host over ssh. TLS-ASK SOURCE_ROOT
set -u
source_root=$2
ask_program=$(readlink -f "$1")
. "$source_root/tests/lib/postfix.sh"
. "$source_root/tests/lib/tls_services.sh"
tls_enter "$@"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-tls.XXXXXX")
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
count=0
wrong=0

result() {                    # CODE TEXT
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		wrong=$((wrong + 1))
		echo "not ok $count - $2"
		sed 's/^/# /' "$scratch/out" 2>/dev/null
	fi
}
ask() {                       # as tls-ask; $code, $scratch/out
	code=0
	timeout 100 "$ask_program" "$@" >"$scratch/out" 2>&1 || code=$?
}
hash_of() { openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64; }
serial_of() { openssl x509 -in "$1" -noout -serial | sed 's/^serial=//; y/ABCDEF/abcdef/'; }
pair() {                      # NAME [ALGORITHM...]: a certificate of its own
	local name=$1
	shift
	[ $# != 0 ] || set -- ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -x509 -newkey "$@" -nodes -days 9 -keyout "$scratch/$name.key" -out "$scratch/$name.pem" \
		-subj "/CN=$name" -addext subjectAltName=DNS:*.wiki.lab 2>/dev/null
}
shows() {                     # PAIR TEXT: what was asked shows this key and no other, and the serial
	local got
	got=$(awk '$2 ~ /^(any|rsa|ec)$/ && $3 != "none" { print $3, $4 }' "$scratch/out" | sort -u)
	result "$([ "$code" = 0 ] && [ "$got" = "$(hash_of "$scratch/$1.pem") $(serial_of "$scratch/$1.pem")" ]
		echo $?)" "$2"
}
says() { result "$([ "$code" = 1 ] && grep -qF -e "$1" "$scratch/out"; echo $?)" "$2: $1"; }

pair old
pair new
pair third rsa:2048
tls_begin "$scratch/tls" "$scratch/old.pem" "$scratch/old.key"
result $? 'eight servers run'
doors="nginx:www.wiki.lab:443 nginx:[::1]:443 postfix:127.0.0.1:$postfix_port,starttls=smtp
	postfix:127.0.0.1:$postfix_wrapped dovecot:mail.wiki.lab:143,starttls=imap dovecot:127.0.0.1:110,starttls=pop3
	dovecot:127.0.0.1:993 postgresql:db.wiki.lab:5432,starttls=postgres mariadb:db.wiki.lab:3306,starttls=mysql
	glusterd:gluster.wiki.lab:24007 slapd:ldap.wiki.lab:389,starttls=ldap slapd:127.0.0.1:636"
each() {                      # PAIR TEXT [SERVICE...]: all doors, or those of the services
	local door service
	for door in $doors; do
		service=${door%%:*}
		[ $# = 2 ] || [[ " ${*:3} " == *" $service "* ]] || continue
		door=${door#*:}
		# shellcheck disable=SC2086
		ask ${door//,/ }
		shows "$1" "$service at ${door//,/ } $2"
	done
}
give_all() { local s; for s in $tls_all; do "$tls/$s/give" "$1" "$2"; done; }

each old 'shows the key that it was given'
give_all "$scratch/new.pem" "$scratch/new.key"
each old 'shows the old key still: nobody told it' nginx postfix dovecot postgresql mariadb slapd
each new 'reads its files for each connection' glusterd
for s in $tls_all; do "$tls/$s/renew"; result $? "$s was told"; done
# What PostgreSQL does with the signal, and Dovecot's old processes, comes a moment later.
settles() {                   # PAIR ADDRESS [WORDS...]
	local i wanted
	wanted=$(hash_of "$scratch/$1.pem")
	for ((i = 0; i < 300; i++)); do
		ask "${@:2}"
		[ "$code" = 0 ] && grep -q "any $wanted" "$scratch/out" && return
		sleep 0.1
	done
	return 1
}
settles new 127.0.0.1:5432 starttls=postgres && settles new 127.0.0.1:143 starttls=imap &&
	settles new 127.0.0.1:110 starttls=pop3 && settles new 127.0.0.1:993
result $? 'the new key comes'
each new 'shows the new key'

# --- one name, several addresses ---
"$tls/second/give" "$scratch/old.pem" "$scratch/old.key"
"$tls/second/renew"
ask www.wiki.lab:443
result "$([ "$(awk '$2 == "any" { print $1 }' "$scratch/out" | sort | tr '\n' ' ')" = \
	'127.0.0.1:443 127.0.0.2:443 [::1]:443 ' ]; echo $?)" 'all addresses of a name are asked, of both families'
result "$([ "$(awk -v "old=$(hash_of "$scratch/old.pem")" '$3 == old { print $1 }' "$scratch/out" | sort -u)" = \
	127.0.0.2:443 ]; echo $?)" 'and the one that shows the old key is told by its address'
"$tls/second/stop"
ask www.wiki.lab:443
says '127.0.0.2:443 error: connect: Connection refused' 'an address that is down is no success'
result "$([ "$(grep -c "any $(hash_of "$scratch/new.pem")" "$scratch/out")" = 2 ]; echo $?)" \
	'the others are told all the same'

# --- two kinds of key at one port ---
cp "$scratch/third.pem" "$scratch/third.key" "$tls/second/"
sed -i "s|^ssl_certificate_key|ssl_certificate $tls/second/third.pem; ssl_certificate_key $tls/second/third.key;\n&|" \
	"$tls/second/conf"
"$tls/second/give" "$scratch/new.pem" "$scratch/new.key"
"$tls/second/start"
ask 127.0.0.2:443
result "$(grep -q "rsa $(hash_of "$scratch/third.pem")" "$scratch/out" &&
	grep -q "ec $(hash_of "$scratch/new.pem")" "$scratch/out"; echo $?)" \
	'a port with an RSA and an EC key shows both'
printf 'ssl_cert = <%s\nssl_key = <%s\nssl_alt_cert = <%s\nssl_alt_key = <%s\n' "$tls/dovecot/cert.pem" \
	"$tls/dovecot/key.pem" "$tls/second/third.pem" "$tls/second/third.key" >>"$tls/dovecot/conf"
"$tls/dovecot/renew"
both() {
	ask 127.0.0.1:143 starttls=imap
	grep -q "rsa $(hash_of "$scratch/third.pem")" "$scratch/out" &&
	grep -q "ec $(hash_of "$scratch/new.pem")" "$scratch/out"
}
i=0; until both || [ $((i += 1)) = 300 ]; do sleep 0.1; done
result "$([ $i != 300 ]; echo $?)" 'also where the server hangs up on who takes one kind only (Dovecot)'

# --- a key that does not fit ---
for s in nginx postgresql mariadb; do
	"$tls/$s/give" "$scratch/old.pem" "$scratch/new.key"
	"$tls/$s/renew" && told="$s says that all is well" || told="$s says that it did not"
	case $s in
	nginx) ask '[::1]:443' ;;
	postgresql) ask 127.0.0.1:5432 starttls=postgres ;;
	mariadb) ask 127.0.0.1:3306 starttls=mysql ;;
	esac
	shows new "$told, and goes on with what it has"
done
for s in postfix dovecot; do
	"$tls/$s/give" "$scratch/old.pem" "$scratch/new.key"
	"$tls/$s/renew"
done
dark() { ask 127.0.0.1:993; [ "$code" = 1 ] && ask "127.0.0.1:$postfix_port" starttls=smtp; [ "$code" = 1 ]; }
i=0; until dark || [ $((i += 1)) = 300 ]; do sleep 0.1; done
says '454 4.7.0 TLS not available' 'Postfix ends its TLS, and that is no proof of anything'

# --- who asks is not locked out ---
ip link add wire type veth peer name other && ip addr add 10.99.0.9/24 dev wire && ip link set wire up &&
	ip link set other up
echo 10.99.0.9 asker.wiki.lab >>/etc/hosts
sed -i 's/--skip-name-resolve/--max-connect-errors=2/; s/--bind-address=127.0.0.1/--bind-address=0.0.0.0/' \
	"$tls/mariadb/start"
echo "CREATE USER IF NOT EXISTS nobody@'10.%', nobody@'asker%' ACCOUNT LOCK;" >>"$tls/mariadb/init"
"$tls/mariadb/give" "$scratch/new.pem" "$scratch/new.key"
"$tls/mariadb/stop" && "$tls/mariadb/start"
for i in 1 2 3 4 5; do ask 10.99.0.9:3306 starttls=mysql; done
shows new 'MariaDB with max_connect_errors = 2, asked five times from another host'
for i in 1 2 3 4; do openssl s_client -starttls mysql -connect 10.99.0.9:3306 </dev/null >/dev/null 2>&1; done
ask 10.99.0.9:3306 starttls=mysql
says 'is blocked because of many connection errors' 'where who only looks and leaves is locked out by then'

# --- other ports, other protocols ---
ask 127.0.0.1:3306 starttls=postgres
says 'postgres: instead of beginning TLS the server says' 'another protocol'
ask 127.0.0.1:143
says 'does not speak TLS: is the option starttls missing' 'no word of STARTTLS'
ask "127.0.0.1:$postfix_plain" starttls=smtp
says "says '502 5.5.1" 'a server without TLS'
ask nobody.wiki.lab:443
says 'no address for' 'a name without an address'

# --- who wants a certificate of ours, and refuses us when its own was shown ---
wants() {                     # PORT WORDS...
	openssl s_server -accept "127.0.0.1:$1" -Verify 1 -verify_return_error -www "${@:2}" </dev/null \
		>"$scratch/wants" 2>&1 &
	wants_pid=$!
	i=0; until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || [ $((i += 1)) = 300 ]; do sleep 0.1; done
	ask "127.0.0.1:$1"
	kill "$wants_pid"
	wait "$wants_pid" 2>/dev/null
}
for version in tls1_2 tls1_3; do
	wants 7443 -$version -cert "$scratch/new.pem" -key "$scratch/new.key"
	shows new "a server that wants a certificate of ours, $version: its own was seen"
	result "$(grep -q '^[^ ]* any .* wants-client$' "$scratch/out"; echo $?)" 'that it wants one is told'
	result "$(grep -qF 'peer did not return a certificate' "$scratch/wants"; echo $?)" 'and it refused us for that'
done
wants 7444 -tls1_2 -cipher AES128-GCM-SHA256 -cert "$scratch/third.pem" -key "$scratch/third.key"
says 'refuses the handshake' 'where no signature shows that it has the key, nothing was seen'

# nginx goes on with the handshake and refuses behind it; the old certificate opens it while no list says otherwise.
cp "$scratch/old.pem" "$tls/second/clients"
sed -i "s|^ssl_certificate_key|ssl_verify_client on; ssl_client_certificate $tls/second/clients;\n&|" \
	"$tls/second/conf"
"$tls/second/renew"
ask 127.0.0.2:443
result "$(grep -q '^[^ ]* ec .* wants-client$' "$scratch/out"; echo $?)" 'nginx that knows its clients by certificates'
curl -sk --cert "$scratch/old.pem" --key "$scratch/old.key" https://127.0.0.2/ >"$scratch/out"
result "$([ "$(cat "$scratch/out")" = 'a page' ]; echo $?)" 'and takes one of the old key, while it shows a new one'
ask 127.0.0.1:443
result "$(! grep -q wants-client "$scratch/out"; echo $?)" 'one that asks for none'
ask 127.0.0.1:24007
result "$(grep -q '^[^ ]* any .* wants-client$' "$scratch/out"; echo $?)" 'glusterd asks for one'

# --- from another host ---
mkdir -p "$scratch/ssh" /run/sshd
chmod 700 "$scratch/ssh"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/ssh/host"
ssh-keygen -q -t ed25519 -N '' -f "$scratch/ssh/me"
printf '%s\n' 'Port 2222' 'ListenAddress 127.0.0.1' "HostKey $scratch/ssh/host" 'UsePAM no' 'StrictModes no' \
	"AuthorizedKeysFile $scratch/ssh/me.pub" 'PermitRootLogin yes' "PidFile $scratch/ssh/pid" >"$scratch/ssh/sshd"
/usr/sbin/sshd -f "$scratch/ssh/sshd" -E "$scratch/ssh/log"
printf 'Host there\nHostName 127.0.0.1\nPort 2222\nUser root\nIdentityFile %s\nStrictHostKeyChecking no\n' \
	"$scratch/ssh/me" >"$scratch/ssh/config"
printf 'UserKnownHostsFile %s\nBatchMode yes\n' "$scratch/ssh/known" >>"$scratch/ssh/config"
i=0; until (exec 3<>/dev/tcp/127.0.0.1/2222) 2>/dev/null || [ $((i += 1)) = 300 ]; do sleep 0.1; done
ask www.wiki.lab:443 config="$scratch/ssh/config" host=there control="$scratch/ssh"
result "$([ "$code" = 0 ] && [ "$(awk '$2 == "any" { print $1 }' "$scratch/out" | sort | tr '\n' ' ')" = \
	'127.0.0.1:443 127.0.0.2:443 [::1]:443 ' ]; echo $?)" \
	'from a host that is reached by ssh: its addresses, all of them'
ask 127.0.0.1:389 starttls=ldap config="$scratch/ssh/config" host=there control="$scratch/ssh"
shows new 'and by another protocol'
ask nobody.wiki.lab:443 config="$scratch/ssh/config" host=there control="$scratch/ssh"
says "host 'there' knows no address" 'and what it does not know'
kill "$(cat "$scratch/ssh/pid")"

# Kills what waits too: an end by the namespace would do the same.
tls_end
result "$([ -z "$(pgrep -f "$tls")" ]; echo $?)" 'no server is left'
echo "1..$count"
[ $wrong = 0 ]
