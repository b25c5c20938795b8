# Sourced by tests: seven real services of Debian that show a certificate, each with files, data and configuration of
# its own. The whole lab lies in namespaces of this test (mounts, network, processes), so that the usual ports are free
# and glusterd finds its files where it always looks; it ends with the test. Needs root.
#
#	. tests/lib/postfix.sh; . tests/lib/tls_services.sh
#	tls_enter "$@"               first thing in the test: begins it once more, inside of the namespaces
#	tls_begin FOLDER CERTIFICATE KEY [SERVICE...]
#	                             sets tls (the folder), makes and starts what is named (else all of $tls_all)
#	tls_end                      stops what runs, each by its pid
#
# Of each service there are programs that need nothing of the test's environment:
#
#	$tls/SERVICE/give CERTIFICATE KEY
#	                             puts both in its folder as cert.pem and key.pem, owner and mode as it wants them,
#	                             as Puppet would, without a word to the service; 2: something changed, 0: nothing
#	$tls/SERVICE/start, stop     return when it answers, when it is gone
#	$tls/SERVICE/renew           what makes it take new files: a reload where that does, a restart where not
#
#	nginx        127.0.0.1:443, [::1]:443     TLS
#	second       127.0.0.2:443                TLS: a second nginx behind the same name
#	postfix      $postfix_port, _wrapped      smtp, TLS
#	dovecot      127.0.0.1:143, :993, :110    imap, TLS, pop3; [::1] as well, as the three below but glusterd
#	postgresql   127.0.0.1:5432               postgres
#	mariadb      127.0.0.1:3306               mysql
#	glusterd     127.0.0.1:24007              TLS
#	slapd        127.0.0.1:389, :636          ldap, TLS
#
# www.wiki.lab is nginx and the second (127.0.0.1, 127.0.0.2, ::1); mail, db, ldap and gluster.wiki.lab are
# 127.0.0.1, and but for gluster (which listens at one address) ::1.

tls_all='nginx second postfix dovecot postgresql mariadb glusterd slapd'

tls_enter() {
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root: namespaces, and services that only root starts"; exit 0; }
	# Who ends with the namespace cleans up nothing: PostgreSQL's shared memory ends with it, too.
	[ -z "${TLS_INSIDE-}" ] || { ip link set lo up && mount -t tmpfs tmpfs /dev/shm; return; }
	TLS_INSIDE=1 exec unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc bash "$0" "$@"
}

# What programs of a service share: the way to wait, and to end what a file of a pid names.
tls_program() {               # SERVICE NAME <BODY
	local d=$tls/$1
	{
		printf '#!/bin/bash\nexport LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\ncd %q || exit 1\n' "$d"
		cat <<-'SHARED'
			answers() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }
			until_it() {
				local i
				for ((i = 0; i < 1200; i++)); do "$@" && return; sleep 0.05; done
				exit 1
			}
			gone() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; } 2>/dev/null
			end() {               # PIDFILE [SIGNAL]
				local pid
				read -r pid 2>/dev/null <"$1" || return 0
				kill "${2:--TERM}" "$pid" 2>/dev/null
				until_it gone "$pid"
			}
			exec </dev/null >>log 2>&1
		SHARED
		cat
	} >"$d/$2"
	chmod 755 "$d/$2"
}

tls_service() {               # SERVICE USER [CERTIFICATE KEY]: its folder, and how it is given files
	local d=$tls/$1 cert=${3:-$tls/$1/cert.pem} key=${4:-$tls/$1/key.pem}
	mkdir -p "$d"
	: >"$d/log"
	chown -R "$2" "$d"
	cat >"$d/give" <<-GIVE
		#!/bin/sh
		! cmp -s "\$1" $cert || ! cmp -s "\$2" $key || exit 0
		install -m 644 -o $2 "\$1" $cert.new && mv $cert.new $cert || exit 1
		(umask 077 && cat "\$2" >$key.new) && chown $2 $key.new && mv $key.new $key || exit 1
		exit 2
	GIVE
	chmod 755 "$d/give"
}

tls_make_web() {              # SERVICE ADDRESS...
	local d=$tls/$1 address
	tls_service "$1" root
	{
		printf 'pid %s/pid; error_log %s/log; worker_processes 1; events { }\n' "$d" "$d"
		printf 'http { access_log off; client_body_temp_path %s/t1; proxy_temp_path %s/t2;\n' "$d" "$d"
		printf 'fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n' "$d" "$d" "$d"
		printf 'server { server_name www.wiki.lab; ssl_certificate %s/cert.pem; return 200 "a page\\n";\n' "$d"
		printf 'ssl_certificate_key %s/key.pem;\n' "$d"
		printf 'listen %s:443 ssl;\n' "${@:2}"
		printf '} }\n'
	} >"$d/conf"
	tls_program "$1" start <<-START
		nginx -c $d/conf && until_it answers ${2} 443
	START
	tls_program "$1" stop <<<'end pid'
	# An old worker takes connections until its title says that it is shutting down, beside the new ones.
	tls_program "$1" renew <<-RENEW
		workers() { pgrep -P "\$(cat pid)" -f 'worker process\$'; }
		before=\$(workers)
		changed() { local now; now=\$(workers) && ! grep -qxF -e "\$before" <<<"\$now"; }
		nginx -c $d/conf -s reload && until_it changed
	RENEW
}
tls_make_nginx() { tls_make_web nginx 127.0.0.1 '[::1]'; }
tls_make_second() { tls_make_web second 127.0.0.2; }

# postfix.sh knows the most of it; here it is started so that it goes on when its starter is gone.
tls_make_postfix() {
	local d=$tls/postfix
	tls_service postfix root "$d/etc/mx.pem" "$d/etc/mx.key"
	read -r postfix_port postfix_wrapped postfix_plain postfix_few < <(python3 -c 'import random
print(*random.sample(range(20000, 32000), 4))')
	postfix_files "$d"
	sed -i '/^smtpd_sasl/d; /check_policy_service/d; s/^inet_protocols = .*/inet_protocols = all/' "$d/etc/main.cf"
	sed -i "/^127.0.0.1:\($postfix_port\|$postfix_wrapped\) /{p; s/^127.0.0.1/[::1]/}" "$d/etc/master.cf"
	ln -s etc/mx.pem "$d/cert.pem"
	ln -s etc/mx.key "$d/key.pem"
	tls_program postfix start <<-START
		postfix -c $d/etc start && until_it answers 127.0.0.1 $postfix_port
	START
	tls_program postfix stop <<-STOP
		postfix -c $d/etc stop
		end queue/pid/master.pid
	STOP
	tls_program postfix renew <<<"postfix -c $d/etc reload"
}

tls_make_dovecot() {
	local d=$tls/dovecot
	tls_service dovecot root
	chmod 755 "$d"
	cat >"$d/conf" <<-CONF
		base_dir = $d/run
		state_dir = $d/state
		log_path = $d/log
		listen = 127.0.0.1, ::1
		protocols = imap pop3
		ssl = yes
		ssl_cert = <$d/cert.pem
		ssl_key = <$d/key.pem
		mail_location = maildir:$d/mail/%u
		passdb {
		  driver = static
		  args = password=$(openssl rand -hex 16)
		}
		userdb {
		  driver = static
		  args = uid=nobody gid=nogroup home=$d/mail/%u
		}
		service stats {
		  chroot =
		}
	CONF
	tls_program dovecot start <<-START
		dovecot -c $d/conf
		until_it answers 127.0.0.1 143
		until_it answers 127.0.0.1 110
	START
	tls_program dovecot stop <<<'end run/master.pid'
	tls_program dovecot renew <<<"doveadm -c $d/conf reload"
}

tls_make_postgresql() {
	local d=$tls/postgresql bin
	bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
	tls_service postgresql postgres
	setpriv --reuid=postgres --regid=postgres --clear-groups "$bin/initdb" -D "$d/data" -U postgres -A trust \
		--no-sync --no-locale -E UTF8 >"$d/log" 2>&1 || return 1
	cat >>"$d/data/postgresql.conf" <<-CONF
		listen_addresses = '127.0.0.1, ::1'
		unix_socket_directories = '$d'
		shared_buffers = 8MB
		fsync = off
		ssl = on
		ssl_cert_file = '$d/cert.pem'
		ssl_key_file = '$d/key.pem'
	CONF
	tls_program postgresql start <<-START
		setpriv --reuid=postgres --regid=postgres --clear-groups $bin/pg_ctl -D $d/data -w -l $d/server start
	START
	tls_program postgresql stop <<-STOP
		setpriv --reuid=postgres --regid=postgres --clear-groups $bin/pg_ctl -D $d/data -m fast -w stop
	STOP
	# It says "t" before it has looked at the files, and also when they do not fit.
	tls_program postgresql renew <<-RENEW
		psql -h $d -U postgres -Atc 'SELECT pg_reload_conf()'
	RENEW
}

tls_make_mariadb() {
	local d=$tls/mariadb
	tls_service mariadb mysql
	# A starting server deletes the temporary tables in its tmpdir, also those of one that is just being made.
	install -d -o mysql "$d/data" "$d/tmp"
	mariadb-install-db --no-defaults --datadir="$d/data" --tmpdir="$d/tmp" --user=mysql --skip-test-db \
		--auth-root-authentication-method=socket >"$d/log" 2>&1 || return 1
	# Who has no account there is told so before TLS begins, and never sees the certificate.
	printf "CREATE USER IF NOT EXISTS nobody@'%s' ACCOUNT LOCK;\n" '127.%' '::1' >"$d/init"
	tls_program mariadb start <<-START
		setsid mariadbd --no-defaults --user=mysql --datadir=$d/data --tmpdir=$d/tmp --socket=$d/socket \\
			--pid-file=$d/pid --bind-address=127.0.0.1,::1 --ssl-cert=$d/cert.pem --ssl-key=$d/key.pem \\
			--skip-name-resolve --innodb-flush-log-at-trx-commit=0 --init-file=$d/init &
		until_it answers 127.0.0.1 3306
	START
	tls_program mariadb stop <<<'end pid'
	tls_program mariadb renew <<<"mariadb --no-defaults -S $d/socket -u root -e 'FLUSH SSL'"
}

# Its files have one place, which OpenSSL names; and a folder for what it knows.
tls_make_glusterd() {
	local d=$tls/glusterd
	tls_service glusterd root "$d/ssl/glusterfs.pem" "$d/ssl/glusterfs.key"
	cp -a /usr/lib/ssl "$d/ssl"
	mkdir -p "$d/lib" "$d/run" "$d/logs"
	: >"$d/lib/secure-access"
	cp "$tls_certificate" "$d/ssl/glusterfs.ca"
	ln -s ssl/glusterfs.pem "$d/cert.pem"
	ln -s ssl/glusterfs.key "$d/key.pem"
	mkdir -p /run/gluster /var/lib/glusterd /var/log/glusterfs
	mount --bind "$d/ssl" /usr/lib/ssl && mount --bind "$d/lib" /var/lib/glusterd &&
		mount --bind "$d/run" /run/gluster && mount --bind "$d/logs" /var/log/glusterfs || return 1
	sed "s|^end-volume|option transport.socket.bind-address 127.0.0.1\noption glusterd-sockfile $d/socket\n&|" \
		/etc/glusterfs/glusterd.vol >"$d/glusterd.vol"
	tls_program glusterd start <<-START
		setsid glusterd -N -f $d/glusterd.vol -l $d/log -p $d/pid &
		until_it answers 127.0.0.1 24007
	START
	tls_program glusterd stop <<<'end pid'
	tls_program glusterd renew <<<'./stop && ./start'
}

tls_make_slapd() {
	local d=$tls/slapd
	tls_service slapd openldap
	install -d -o openldap -m 700 "$d/data"
	cat >"$d/conf" <<-CONF
		include /etc/ldap/schema/core.schema
		pidfile $d/pid
		modulepath /usr/lib/ldap
		moduleload back_mdb
		TLSCertificateFile $d/cert.pem
		TLSCertificateKeyFile $d/key.pem
		database mdb
		maxsize 10485760
		suffix dc=wiki,dc=lab
		directory $d/data
	CONF
	tls_program slapd start <<-START
		slapd -f $d/conf -u openldap -g openldap \
			-h 'ldap://127.0.0.1/ ldaps://127.0.0.1/ ldap://[::1]/ ldaps://[::1]/' &&
			until_it answers 127.0.0.1 389
	START
	tls_program slapd stop <<<'end pid'
	tls_program slapd renew <<<'./stop && ./start'
}

tls_one() {                   # SERVICE: made and started; what it said when that fails
	# give's 2 is "something changed".
	"tls_make_$1" && { "$tls/$1/give" "$tls_certificate" "$tls_key" || [ $? = 2 ]; } && "$tls/$1/start" && return
	echo "$1 does not start:" >&2
	tail -20 "$tls/$1/log" >&2
	return 1
}

tls_begin() {                 # FOLDER CERTIFICATE KEY [SERVICE...]
	local name pids=() code=0
	tls=$1 tls_certificate=$2 tls_key=$3
	shift 3
	[ $# != 0 ] || set -- $tls_all
	tls_services=$*
	mkdir -p "$tls"
	chmod 755 "$tls"
	printf '%s\n' '127.0.0.1 localhost' '::1 localhost' '127.0.0.1 www.wiki.lab' '127.0.0.2 www.wiki.lab' \
		'::1 www.wiki.lab' '127.0.0.1 mail.wiki.lab db.wiki.lab ldap.wiki.lab gluster.wiki.lab' \
		'::1 mail.wiki.lab db.wiki.lab ldap.wiki.lab' >"$tls/hosts"
	mount --bind "$tls/hosts" /etc/hosts || return 1
	for name; do
		# What sets names is not for a process of its own.
		case $name in
		postfix) tls_one "$name" || code=1 ;;
		*) tls_one "$name" & pids+=($!) ;;
		esac
	done
	for name in "${pids[@]}"; do wait "$name" || code=1; done
	return $code
}

tls_end() {
	local name
	for name in $tls_services; do "$tls/$name/stop"; done
}
