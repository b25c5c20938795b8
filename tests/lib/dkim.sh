# Sourced by tests: a domain whose mail is signed, as a team has it. NSD serves the zone out of a git repository and
# reloads when something is pushed; unbound is a resolver with a cache; OpenDKIM signs for Debian's Postfix, its tables
# lie in a git repository and its key in the private one, and a script in Puppet's place brings them to the host. All on
# loopback and free ports, started by hand and stopped by pid. With mail it needs root, as Postfix does.
# dkim_begin FOLDER [signer|mail]: without a word no Postfix and no OpenDKIM, "signer": no Postfix. Sets dkim_ns,
# dkim_cache, dkim_smtp (host:port), dkim_box (a Maildir), dkim_to. dkim_end. dkim_ttl=SECONDS before it: of the zone.

dkim_ports() {                # N: free ports
	python3 -c 'import random, socket, sys
held = []
while len(held) < int(sys.argv[1]):
    s, u = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    port = random.randrange(20000, 32000)
    try: s.bind(("127.0.0.1", port)); u.bind(("127.0.0.1", port))
    except OSError: continue
    held.append((s, u))
print(*(s.getsockname()[1] for s, u in held))' "$1"
}

# Another verifier (tests/lib/dkim.py), and a message through the real Postfix, which lies in $scratch/mail then.
dkim_py() { /usr/bin/python3 "$source_root/tests/lib/dkim.py" "$@"; }
dkim_good() { dkim_py check "${1#*:}" "${@:3}" <"$2"; }       # SERVER FILE [SELECTOR]
dkim_mail_now() {
	find "$dkim_box" -type f -delete 2>/dev/null
	dkim_py send "$dkim_smtp" "$dkim_to" && dkim_wait sh -c "ls $dkim_box/new/*" &&
		cat "$dkim_box"/new/* >"$scratch/mail"
}

dkim_selector() {             # KEYFILE: as Firebreak calls a key that it made
	echo "fb$(openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | sha256sum | cut -c1-16)"
}

dkim_git() { git -c user.name=Ada -c user.email=ada@example.org "$@"; }

dkim_record() {               # KEYFILE: the text of its record
	echo "v=DKIM1; k=rsa; p=$(openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | base64 -w 0)"
}

dkim_strings() { fold -w 250 | sed 's/.*/"&"/' | tr '\n' ' '; }

dkim_wait() {                 # WORDS...: until the command succeeds
	local i
	for ((i = 0; i < 300; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "gave up waiting for: $*" >&2
	return 1
}

dkim_txt() {                  # PORT NAME: the TXT records, strings joined
	kdig +tcp +short +timeout=3 +retry=0 @127.0.0.1 -p "$1" "$2" TXT | sed 's/" "//g; s/\\;/;/g'
}

dkim_zone() {                 # RECORD
	cat <<-ZONE
		\$TTL ${dkim_ttl:-4}
		@ IN SOA ns1 hostmaster ( 2016010101 ; as in 2016
		  3600 600 604800 ${dkim_ttl:-4} )
		  IN NS ns1
		  IN MX 10 mail
		  IN TXT "v=spf1 mx -all"
		ns1 A 127.0.0.1
		mail A 127.0.0.1
		_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@wiki.lab"
		mail._domainkey IN TXT ( $(printf %s "$1" | dkim_strings) ) ; never changed
	ZONE
}

dkim_repositories() {         # d: keys, dns and tables, each a bare repository and a person's work tree
	local d=$1
	git_pairs "$d" keys dns tables
	mkdir -p "$d/keys/files" "$d/dns/zones"
	openssl genrsa 1024 2>/dev/null >"$d/keys/files/mail.private"
	cp "$d/keys/files/mail.private" "$d/stolen"
	dkim_zone "$(dkim_record "$d/stolen")" >"$d/dns/zones/wiki.lab"
	echo "mail._domainkey.wiki.lab wiki.lab:mail:$d/host/mail.private" >"$d/tables/KeyTable"
	echo '*@wiki.lab mail._domainkey.wiki.lab' >"$d/tables/SigningTable"
	cat >"$d/dns.git/hooks/post-receive" <<-HOOK
		#!/bin/sh
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin
		cd $d/ns && [ ! -e held ] || exit 0
		git --git-dir=$d/dns.git show main:zones/wiki.lab >new || exit 1
		chmod 644 new && mv new wiki.lab || exit 1
		[ ! -S control ] || nsd-control -c nsd.conf reload wiki.lab >>log 2>&1
	HOOK
	chmod 755 "$d/dns.git/hooks/post-receive"
	git_push 'As it was' "$d/keys" "$d/dns" "$d/tables"
}

dkim_names() {                # d: the authority and the resolver, as a user without rights
	local d=$1
	cat >"$d/ns/nsd.conf" <<-NSD
		server:
		  ip-address: 127.0.0.1@${dkim_ns#*:}
		  server-count: 1
		  username: ""
		  chroot: ""
		  zonesdir: "$d/ns"
		  pidfile: "$d/ns/pid"
		  xfrdfile: "$d/ns/xfrd"
		  zonelistfile: "$d/ns/list"
		  database: ""
		remote-control:
		  control-enable: yes
		  control-interface: "$d/ns/control"
		zone:
		  name: wiki.lab
		  zonefile: wiki.lab
		  provide-xfr: 127.0.0.1 NOKEY
	NSD
	cat >"$d/cache/unbound.conf" <<-UNBOUND
		server:
		  interface: 127.0.0.1@${dkim_cache#*:}
		  do-daemonize: no
		  use-syslog: no
		  chroot: ""
		  username: ""
		  pidfile: ""
		  directory: "$d/cache"
		  num-threads: 1
		  module-config: "iterator"
		  do-not-query-localhost: no
		  access-control: 127.0.0.0/8 allow_snoop
		stub-zone:
		  name: "wiki.lab."
		  stub-addr: 127.0.0.1@${dkim_ns#*:}
	UNBOUND
	dkim_as=()
	if [ "$(id -u)" = 0 ]; then
		chown -R nobody "$d/ns" "$d/cache"
		dkim_as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	fi
	"${dkim_as[@]}" /usr/sbin/nsd -d -c "$d/ns/nsd.conf" >>"$d/ns/log" 2>&1 &
	dkim_pids=($!)
	dkim_resolver "$d"
	dkim_wait dkim_answers "${dkim_ns#*:}" && dkim_wait dkim_answers "${dkim_cache#*:}"
}

# d: a second authority, dkim_ns2. It asks the first one when dkim_transfer says so, and never else.
dkim_secondary() {
	local d=$1
	dkim_ns2=127.0.0.1:$(dkim_ports 1)
	mkdir -p "$d/ns2"
	sed -e "s#$d/ns#&2#" -e "s/@.*/@${dkim_ns2#*:}/" -e '/provide-xfr/d' -e '/zonefile/d' "$d/ns/nsd.conf" \
		>"$d/ns2/nsd.conf"
	printf '  %s\n' "request-xfr: AXFR 127.0.0.1@${dkim_ns#*:} NOKEY" >>"$d/ns2/nsd.conf"
	[ "$(id -u)" != 0 ] || chown -R nobody "$d/ns2"
	"${dkim_as[@]}" /usr/sbin/nsd -d -c "$d/ns2/nsd.conf" >>"$d/ns2/log" 2>&1 &
	dkim_pids+=($!)
	dkim_wait dkim_answers "${dkim_ns2#*:}"
}

dkim_transfer() { nsd-control -c "$1/ns2/nsd.conf" transfer wiki.lab >>"$1/ns2/log" 2>&1; }       # d

dkim_resolver() {             # d: it begins with nothing in its cache
	"${dkim_as[@]}" /usr/sbin/unbound -d -c "$1/cache/unbound.conf" >>"$1/cache/log" 2>&1 &
	dkim_pids[1]=$!
}

dkim_resolver_anew() {        # d yes|no: may it ask the name server? Where it may not, it says SERVFAIL to all
	kill "${dkim_pids[1]}"
	wait "${dkim_pids[1]}" 2>/dev/null
	sed -i "s/do-not-query-localhost: .*/do-not-query-localhost: $([ "$2" = yes ] && echo no || echo yes)/" \
		"$1/cache/unbound.conf"
	dkim_resolver "$1"
	dkim_wait kdig +tcp +timeout=3 +retry=0 @127.0.0.1 -p "${dkim_cache#*:}" version.bind CH TXT
}


dkim_answers() { dkim_txt "$1" _dmarc.wiki.lab | grep -q DMARC1; }

# d [SUFFIX PORT ALGORITHM]: OpenDKIM's files, and the scripts in the place of Puppet and systemctl. One signs with one
# algorithm: with a suffix it is the second one, for the key files/mailSUFFIX.private.
dkim_signer() {
	local d=$1 of=${2:-} port=${3:-$dkim_milter}
	cat >"$d/host/opendkim$of.conf" <<-CONF
		Mode s
		Syslog no
		Canonicalization relaxed/simple
		SignatureAlgorithm ${4:-rsa-sha256}
		Socket inet:$port@127.0.0.1
		$([ "$(id -u)" != 0 ] || echo UserID opendkim)
		KeyTable file:$d/host/KeyTable$of
		SigningTable refile:$d/host/SigningTable$of
		InternalHosts 127.0.0.0/8
		RequireSafeKeys no
		PidFile $d/host/run$of/pid
	CONF
	mkdir -p "$d/host/run$of"
	[ "$(id -u)" != 0 ] || chown opendkim "$d/host/run$of"
	cat >"$d/restart$of" <<-RESTART
		#!/bin/bash
		# restart [stop | status]; it keeps nothing, and takes five seconds to end by itself
		if [ "\${1:-}" = status ]; then
			read -r pid <$d/host/run$of/pid && kill -0 "\$pid"
			exit
		fi 2>/dev/null
		if read -r pid <$d/host/run$of/pid; then
			kill -KILL "\$pid"
			while kill -0 "\$pid"; do sleep 0.05; done
		fi 2>/dev/null
		[ "\${1:-}" = stop ] && exit 0
		/usr/sbin/opendkim -x $d/host/opendkim$of.conf || exit 1
		for ((i = 0; i < 300; i++)); do
			(exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null && exit 0
			sleep 0.05
		done
		exit 1
	RESTART
	chmod 755 "$d/restart$of"
	[ -z "$of" ] || dkim_brings "$d" "$of"
}

dkim_brings() {               # d SUFFIX: these files of the repositories belong on the mail host
	printf '%s\n' "keys files/mail$2.private mail$2.private" "tables KeyTable$2 KeyTable$2" \
		"tables SigningTable$2 SigningTable$2" >>"$1/brings"
}

dkim_apply() {                # d: what brings files to the hosts: mail has key and tables, ns has nothing left to do
	local d=$1
	cat >"$d/apply" <<-APPLY
		#!/bin/bash
		# apply HOST: 0 nothing to do, 2 something changed
		[ "\$1" = mail ] || exit 0
		changed=0
		put() {
			git --git-dir=$d/\$1.git show main:\$2 >$d/host/new || exit 1
			if cmp -s $d/host/new $d/host/\$3; then rm $d/host/new; return; fi
			[ \$1 != keys ] || chmod 600 $d/host/new
			[ \$1 != keys ] || [ \$(id -u) != 0 ] || chown opendkim $d/host/new
			mv $d/host/new $d/host/\$3
			changed=2
		}
		umask 022
		while read -r repository from to; do put \$repository \$from \$to; done <$d/brings
		exit \$changed
	APPLY
	chmod 755 "$d/apply"
	dkim_brings "$d" ''
	"$d/apply" mail || [ $? = 2 ]
}

dkim_mail() {                 # d: Postfix, which asks OpenDKIM about everything and takes mail when it is not there
	local d=$1
	postfix_begin "$d/mx" || return 1
	/usr/sbin/postconf -c "$d/mx/etc" -e "smtpd_milters=inet:127.0.0.1:$dkim_milter" milter_default_action=accept \
		milter_connect_timeout=5s
	/usr/sbin/postfix -c "$d/mx/etc" reload >/dev/null 2>&1
	dkim_smtp=127.0.0.1:$postfix_plain
	dkim_to=u1@example.net
	dkim_box=$d/mx/box/u1/
}

dkim_begin() {                # FOLDER [mail]
	local d=$1 ns cache
	dkim_folder=$d
	dkim_pids=()
	read -r ns cache dkim_milter < <(dkim_ports 3)
	dkim_ns=127.0.0.1:$ns
	dkim_cache=127.0.0.1:$cache
	mkdir -p "$d/ns" "$d/cache" "$d/host"
	dkim_repositories "$d"
	cp "$d/dns/zones/wiki.lab" "$d/ns/wiki.lab"
	dkim_names "$d" || { cat "$d/ns/log" "$d/cache/log" >&2; return 1; }
	dkim_apply "$d" || return 1
	[ -n "${2:-}" ] || return 0
	dkim_signer "$d"
	"$d/restart" || return 1
	[ "$2" != mail ] || dkim_mail "$d"
}

dkim_end() {
	local pid
	[ -z "${postfix_pid:-}" ] || postfix_end
	for pid in "$dkim_folder"/restart*; do [ ! -x "$pid" ] || "$pid" stop; done
	for pid in "${dkim_pids[@]}"; do kill "$pid" 2>/dev/null; done
	for pid in "${dkim_pids[@]}"; do wait "$pid" 2>/dev/null; done
}
