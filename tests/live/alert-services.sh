# Sourced: real Postfix and a real server of IRC on loopback, below $scratch, ended by pid.
PATH=$PATH:/usr/sbin:/sbin
service_pids=()

# Below those that the kernel gives to whoever asks for any: nobody takes it before its server does.
free_port() {
	/usr/bin/python3 - <<-'PYTHON'
		import random, socket
		while True:
		    port = random.randint(20000, 32000)
		    with socket.socket() as s:
		        try:
		            s.bind(("127.0.0.1", port))
		        except OSError:
		            continue
		    print(port)
		    break
	PYTHON
}

wait_for() {          # SECONDS COMMAND...: until it succeeds
	local until=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.1
	done
}

answers() { exec 9<>"/dev/tcp/127.0.0.1/$1" && exec 9>&-; }

# An open port is not yet a server of mail.
greets() { exec 9<>"/dev/tcp/127.0.0.1/$1" && read -t 5 -r greeting <&9 && [ "${greeting:0:3}" = 220 ] && exec 9>&-; }

services_end() {
	local pid
	[ -z "${postfix_folder:-}" ] || postfix -c "$postfix_folder/etc" stop >/dev/null 2>&1 || true
	for pid in "${service_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$scratch"
}

make_certificates() {
	certificate=$scratch/tls/cert.pem certificate_key=$scratch/tls/key.pem
	mkdir "$scratch/tls"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$certificate_key" \
		-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -out "$certificate" >/dev/null 2>&1
	chmod 644 "$certificate_key"
}

# Mail for some at example.org lands in $mailboxes/NAME, one file a mailbox, by Postfix. Its master wants to be root: as
# an ordinary user its smtp-sink takes the mail, without TLS, and writes files of its own.
start_mail() {
	mail_port=$(free_port)
	mailboxes=$scratch/mailboxes
	mkdir "$mailboxes"
	if [ "$(id -u)" = 0 ]; then start_postfix; else start_sink; fi
}

start_sink() {        # [OPTION...]
	mail_tls=never
	set -- "$@" -d "$mailboxes/sink." "127.0.0.1:$mail_port" 20
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$scratch"
		chown nobody "$mailboxes"
		set -- -u nobody "$@"
	fi
	smtp-sink "$@" >/dev/null 2>&1 &
	service_pids+=($!)
	wait_for 20 answers "$mail_port"
}

start_postfix() {
	local etc=$scratch/postfix/etc
	mail_tls=required
	postfix_folder=$scratch/postfix
	chmod 711 "$scratch"
	mkdir -p "$etc" "$postfix_folder/queue" "$postfix_folder/data"
	chown postfix "$postfix_folder/data"
	chown nobody "$mailboxes"
	cp /etc/postfix/{postfix-files,post-install,postfix-script,dynamicmaps.cf} "$etc"
	cat >"$etc/main.cf" <<-MAIN
		compatibility_level = 3.6
		queue_directory = $postfix_folder/queue
		data_directory = $postfix_folder/data
		maillog_file = $postfix_folder/log
		maillog_file_prefixes = /tmp, /var, $scratch
		myhostname = localhost
		mydestination =
		alias_maps =
		local_recipient_maps =
		mynetworks = 127.0.0.0/8
		inet_interfaces = 127.0.0.1
		virtual_mailbox_domains = example.org
		virtual_mailbox_base = $mailboxes
		virtual_mailbox_maps = inline:{
		 {team@example.org=team} {alice@example.org=alice} {frank@example.org=frank}}
		virtual_uid_maps = static:$(id -u nobody)
		virtual_gid_maps = static:$(id -g nobody)
		virtual_minimum_uid = 1
		smtpd_tls_security_level = may
		smtpd_tls_cert_file = $certificate
		smtpd_tls_key_file = $certificate_key
	MAIN
	cat >"$etc/master.cf" <<-MASTER
		127.0.0.1:$mail_port inet n - n - - smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		tlsmgr unix - - n 1000? 1 tlsmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		error unix - - n - - error
		virtual unix - n n - - virtual
		proxymap unix - - n - - proxymap
		anvil unix - - n - 1 anvil
		postlog unix-dgram n - n - 1 postlogd
	MASTER
	postfix -c "$etc" start >"$postfix_folder/out" 2>&1
	wait_for 60 greets "$mail_port"
}

start_irc() {
	local i=$scratch/irc
	irc_port=$(free_port)
	link_port=$(free_port)
	mkdir -p "$i"
	cat >"$i/inspircd.conf" <<-IRC
		<config format="xml">
		<path configdir="$i" datadir="$i" logdir="$i" runtimedir="$i" moddir="/usr/lib/inspircd/modules">
		<pid file="$i/pid">
		<server name="irc.example.org" description="Test" network="Test">
		<admin name="a" email="a@example.org" nick="a">
		<module name="ssl_gnutls"><module name="cap"><module name="sasl"><module name="services_account">
		<module name="spanningtree">
		<sasl target="services.example.org">
		<bind address="127.0.0.1" port="$link_port" type="servers">
		<link name="services.example.org" ipaddr="127.0.0.1" port="$link_port" allowmask="127.0.0.0/8"
		 sendpass="link" recvpass="link">
		<uline server="services.example.org" silent="yes">
		<sslprofile name="tls" provider="gnutls" certfile="$certificate" keyfile="$certificate_key">
		<bind address="127.0.0.1" port="$irc_port" type="clients" sslprofile="tls">
		<connect name="all" allow="*" localmax="100" globalmax="100" resolvehostnames="no" useident="no">
		<log method="file" type="*" level="default" target="log">
	IRC
	set -- --config "$i/inspircd.conf" --nofork
	[ "$(id -u)" != 0 ] || set -- "$@" --runasroot
	# it may end in a crash of its own when it is told to end
	(cd "$i" && ulimit -c 0 && exec inspircd "$@") >"$i/out" 2>&1 &
	service_pids+=($!)
	wait_for 30 answers "$irc_port"
}

# The accounts of IRC: Atheme, linked to the server.
start_services() {
	local s=$scratch/services
	mkdir -p "$s/data"
	cat >"$s/atheme.conf" <<-ATHEME
		loadmodule "modules/protocol/inspircd";
		loadmodule "modules/backend/opensex";
		loadmodule "modules/crypto/pbkdf2v2";
		loadmodule "modules/nickserv/main";
		loadmodule "modules/nickserv/register";
		loadmodule "modules/nickserv/identify";
		loadmodule "modules/saslserv/main";
		loadmodule "modules/saslserv/plain";
		serverinfo {
			name = "services.example.org"; desc = "Services"; numeric = "00A"; recontime = 2;
			netname = "Test";
			adminname = "a"; adminemail = "a@example.org"; registeremail = "a@example.org";
			mta = "/bin/true";
			loglevel = { error; info; }; maxlogins = 50; maxusers = 0; mdlimit = 30; emaillimit = 10;
			emailtime = 300; auth = none; casemapping = ascii;
		};
		uplink "irc.example.org" {
			host = "127.0.0.1"; send_password = "link"; receive_password = "link"; port = $link_port;
		};
		nickserv { nick = "NickServ"; user = "NickServ"; host = "services.example.org"; real = "Nicks"; };
		saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.example.org"; real = "SASL"; };
	ATHEME
	set -- atheme-services -n -c "$s/atheme.conf" -D "$s/data" -l "$s/log" -p "$s/pid"
	if [ "$(id -u)" = 0 ]; then
		chmod 711 "$scratch"
		chown -R nobody "$s"
		set -- setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
	fi
	(cd "$s" && ulimit -c 0 && exec "$@") >"$s/out" 2>&1 &
	service_pids+=($!)
	wait_for 60 grep -qs 'finished synching' "$s/log"
}

start_listener() {    # [IRC_PORT]
	heard=$scratch/heard
	mkdir -p "$heard"
	/usr/bin/python3 "$source_root/tests/live/alert-listen.py" "$heard" "$certificate" "$certificate_key" "$@" \
		2>"$scratch/listener.err" &
	service_pids+=($!)
	wait_for 30 test -s "$heard/ports"
	read -r https_port udp_port <"$heard/ports"
}
