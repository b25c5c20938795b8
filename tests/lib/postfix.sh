# Sourced by tests: Debian's Postfix on loopback and a free port, in folders of its own, started by hand and stopped by
# its pid. u1 to u1000 and some more @example.net have a mailbox (maildir); gone* is refused (550), slow* is greylisted
# by a policy server until it comes the second time (450), full* has no room (452). STARTTLS with a certificate of an
# own CA, AUTH by Cyrus SASL. Needs root, as Postfix does.
# Three more ports: postfix_wrapped (TLS from the first byte), postfix_plain (none at all), postfix_few (30 recipients a
# message, 452 for more).
# postfix_begin FOLDER sets postfix_port, postfix_ca, postfix_user, postfix_password; postfix_end.

postfix_files() {             # FOLDER
	local p=$1 who
	mkdir -p "$p/etc" "$p/queue" "$p/data" "$p/box" "$p/etc/sasl" "$p/seen"
	chmod 755 "$p" "$p/etc" "$p/queue"
	cp /etc/postfix/postfix-files /etc/postfix/post-install /etc/postfix/postfix-script \
		/etc/postfix/dynamicmaps.cf "$p/etc/" 2>/dev/null || true
	chown postfix "$p/data"
	chown nobody:nogroup "$p/box" "$p/seen"
	cat >"$p/etc/main.cf" <<-MAIN
		compatibility_level = 3.6
		queue_directory = $p/queue
		data_directory = $p/data
		command_directory = /usr/sbin
		daemon_directory = /usr/lib/postfix/sbin
		mail_owner = postfix
		setgid_group = postdrop
		myhostname = mx.example.net
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		maillog_file = $p/log
		maillog_file_prefixes = /var, /dev/stdout, /tmp
		alias_maps =
		local_recipient_maps =
		virtual_mailbox_domains = example.net
		virtual_mailbox_base = $p/box
		virtual_mailbox_maps = texthash:$p/etc/boxes
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(getent group nogroup | cut -d: -f3)
		virtual_minimum_uid = 100
		mynetworks =
		smtpd_client_restrictions =
		smtpd_relay_restrictions = reject_unauth_destination
		smtpd_recipient_restrictions = check_recipient_access regexp:$p/etc/access
		  check_policy_service unix:private/slow
		smtpd_delay_open_until_valid_rcpt = no
		smtpd_error_sleep_time = 0
		smtpd_soft_error_limit = 10000
		smtpd_hard_error_limit = 20000
		smtpd_client_connection_count_limit = 0
		default_transport = discard
		smtpd_tls_security_level = may
		smtpd_tls_cert_file = $p/etc/mx.pem
		smtpd_tls_key_file = $p/etc/mx.key
		smtpd_tls_received_header = yes
		smtpd_sasl_auth_enable = yes
		smtpd_sasl_type = cyrus
		smtpd_sasl_path = smtpd
		smtpd_tls_auth_only = yes
	MAIN
	for who in u{1..1000} slow{1..9} full{1..9} late; do
		printf '%s@example.net %s/\n' "$who" "$who"
	done >"$p/etc/boxes"
	printf '%s\n' '/^gone/ 550 5.1.1 No such person here' '/^full/ 452 4.2.2 No room' >"$p/etc/access"
	cat >"$p/slow" <<-'SLOW'
		#!/bin/sh
		# Postfix's policy protocol: who begins with slow comes twice.
		while read -r line; do
			case $line in
			recipient=*) who=${line#recipient=} ;;
			'')
				action=DUNNO
				case $who in
				slow*) [ -e "$1/$who" ] || action='450 4.7.1 Greylisted'; : >"$1/$who" ;;
				esac
				printf 'action=%s\n\n' "$action" ;;
			esac
		done
	SLOW
	chmod 755 "$p/slow"
	cat >"$p/etc/master.cf" <<-MASTER
		127.0.0.1:$postfix_port inet n - n - - smtpd
		127.0.0.1:$postfix_wrapped inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
		127.0.0.1:$postfix_plain inet n - n - - smtpd -o smtpd_tls_security_level=none
		127.0.0.1:$postfix_few inet n - n - - smtpd -o smtpd_recipient_limit=30
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		verify unix - - n - 1 verify
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		smtp unix - - n - - smtp
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		anvil unix - - n - 1 anvil
		scache unix - - n - 1 scache
		postlog unix-dgram n - n - 1 postlogd
		slow unix - n n - 0 spawn user=nobody argv=$p/slow $p/seen
	MASTER
}

postfix_secrets() {           # FOLDER
	local p=$1
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout "$p/etc/ca.key" -out "$p/ca.pem" -subj /CN=test-ca \
		2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout "$p/etc/mx.key" -out "$p/etc/mx.csr" -subj /CN=localhost 2>/dev/null
	printf 'subjectAltName=DNS:localhost\n' >"$p/etc/ext"
	openssl x509 -req -in "$p/etc/mx.csr" -CA "$p/ca.pem" -CAkey "$p/etc/ca.key" -CAcreateserial -days 2 \
		-extfile "$p/etc/ext" -out "$p/etc/mx.pem" 2>/dev/null
	postfix_ca=$p/ca.pem
	postfix_user=sender@example.org
	postfix_password=$(openssl rand -hex 16)
	printf '%s\n' 'pwcheck_method: auxprop' 'auxprop_plugin: sasldb' \
		"sasldb_path: $p/etc/sasl/db" 'mech_list: PLAIN LOGIN' \
		>"$p/etc/sasl/smtpd.conf"
	printf %s "$postfix_password" | /usr/sbin/saslpasswd2 -p -c -f "$p/etc/sasl/db" -u example.org sender
	chgrp postfix "$p/etc/sasl/db"
	chmod 640 "$p/etc/sasl/db"
}

postfix_begin() {             # FOLDER
	local i
	postfix_folder=$1
	read -r postfix_port postfix_wrapped postfix_plain postfix_few < <(python3 -c 'import random, socket
held = []
while len(held) < 4:
    s = socket.socket()
    try: s.bind(("127.0.0.1", random.randrange(20000, 32000)))
    except OSError: continue
    held.append(s)
print(*(s.getsockname()[1] for s in held))')
	mkdir -p "$postfix_folder"
	postfix_files "$postfix_folder"
	postfix_secrets "$postfix_folder"
	/usr/sbin/postfix -c "$postfix_folder/etc" start-fg >"$postfix_folder/out" 2>&1 &
	postfix_pid=$!
	for ((i = 0; i < 600; i++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$postfix_port" && read -r -t 10 line <&3 && [[ $line == 220* ]]) \
			2>/dev/null && return 0
		sleep 0.1
	done
	cat "$postfix_folder/out" "$postfix_folder/log" >&2
	return 1
}

# Everything that was taken is in its mailbox.
postfix_drained() {
	local i
	for ((i = 0; i < 600; i++)); do
		[ -z "$(find "$postfix_folder"/queue/{incoming,active,deferred,maildrop} -type f 2>/dev/null)" ] &&
			return 0
		sleep 0.1
	done
	find "$postfix_folder"/queue/{incoming,active,deferred,maildrop} -type f >&2
	tail -20 "$postfix_folder/log" >&2
	return 1
}

# Its processes are one group (master makes it), and it ends as a whole; what started it waits a minute otherwise.
postfix_end() {
	local master
	master=$(tr -d ' ' <"$postfix_folder/queue/pid/master.pid") || return
	kill -TERM "$master" 2>/dev/null
	kill -TERM -- "-$master" 2>/dev/null
	kill -TERM "$postfix_pid" 2>/dev/null
	wait "$postfix_pid" 2>/dev/null
}
