# Sourced by tests: certificate authorities on loopback and free ports, started by hand and stopped by pid.
#
#	. tests/lib/acme.sh
#	acme_begin FOLDER            pebble, an ACME authority that keeps all in memory, and the DNS that it asks
#	acme_client certbot|uacme|dehydrated
#	                             a program $acme/bin/NAME that is the client as a team has set it up: it knows the
#	                             authority, trusts its TLS, has an account there and answers challenges in the DNS
#	                             (so that wildcards can be had); what is said behind it goes to the client as it is.
#	                             Its files lie in $acme/certbot, $acme/uacme, $acme/dehydrated
#	acme_status CERTIFICATE      in its words: "Valid", "Revoked 1" (keyCompromise), "Revoked 0" (why is not said)
#	acme_refuses; acme_grants    challenges are answered wrongly meanwhile, so that nobody gets a certificate.
#	                             That of never.lab uacme answers never, and has not to wait for a verdict
#	acme_end
#	own_ca_begin FOLDER [PORT]   an authority of the house, in files: $own_ca/sign CSR CERTIFICATE,
#	                             $own_ca/revoke CERTIFICATE REASON, $own_ca/ca.pem, $own_ca/crl.pem; with a port its
#	                             certificates name a responder there
#	own_ca_answers PORT          that responder (OCSP), of acme_pids
#	own_ca_status CERTIFICATE    "Valid" or "Revoked keyCompromise", read from the list that it published
#
# A name that was proven once is believed without a new challenge in "$acme_believes" of a hundred orders (0; pebble 2.4
# believes it in one of a hundred then: what must be refused is asked for with a name that was never proven).
# acme_begin sets acme (the folder), acme_url (the directory), acme_ca (who signed the authority's own TLS), acme_roots
# (who signs certificates), acme_manage and acme_dns.

acme_ports() {                # N: free ports, below those of outgoing connections
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

acme_wait() {                 # WORDS...: until the command succeeds
	local i
	for ((i = 0; i < 600; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "gave up waiting for: $*" >&2
	return 1
}

# As a user without rights, when we have any.
acme_run() {                  # LOG WORDS...: in the background; acme_pids
	local log=$1 as=()
	shift
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	"${as[@]}" "$@" >>"$log" 2>&1 &
	acme_pids+=($!)
}

acme_own_tls() {              # d: what speaks for pebble's own web server
	local d=$1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout "$d/web-ca.key" \
		-out "$d/web-ca.pem" -subj '/CN=web of the authority' 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$d/web.key" -out "$d/web.csr" \
		-subj /CN=localhost 2>/dev/null
	openssl x509 -req -in "$d/web.csr" -CA "$d/web-ca.pem" -CAkey "$d/web-ca.key" -CAcreateserial -days 2 \
		-extfile <(echo 'subjectAltName=DNS:localhost,IP:127.0.0.1') -out "$d/web.pem" 2>/dev/null
	rm "$d/web-ca.key"
	[ "$(id -u)" != 0 ] || chown nobody "$d/web.key"
	acme_ca=$d/web-ca.pem
}

acme_asks() { curl -sf --max-time 10 --cacert "$acme_ca" "$@"; }
acme_ready() { acme_asks "$acme_url" && curl -sf --max-time 10 -d '{"host":"nobody.lab."}' "$acme_dns/clear-txt"; }

acme_begin() {                # FOLDER
	local d=$1 port manage dns http answers
	acme=$d
	acme_pids=()
	mkdir -p "$d/bin"
	acme_own_tls "$d"
	read -r port manage dns http answers < <(acme_ports 5)
	acme_url=https://localhost:$port/dir
	acme_manage=https://localhost:$manage
	acme_dns=http://127.0.0.1:$answers
	jq -n --arg web "127.0.0.1:$port" --arg manage "127.0.0.1:$manage" --arg d "$d" --argjson http "$http" \
		'{pebble: {listenAddress: $web, managementListenAddress: $manage, certificate: "\($d)/web.pem",
		privateKey: "\($d)/web.key", httpPort: $http, tlsPort: $http, ocspResponderURL: "",
		externalAccountBindingRequired: false}}' >"$d/pebble.json"
	acme_run "$d/names.log" pebble-challtestsrv -defaultIPv4 127.0.0.1 -defaultIPv6 '' -dns01 "127.0.0.1:$dns" \
		-http01 '' -https01 '' -tlsalpn01 '' -management "127.0.0.1:$answers"
	acme_run "$d/pebble.log" env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 \
		PEBBLE_AUTHZREUSE="${acme_believes:-0}" pebble -config "$d/pebble.json" -dnsserver "127.0.0.1:$dns"
	acme_wait acme_ready || { cat "$d"/*.log >&2; return 1; }
	acme_roots=$d/roots.pem
	acme_asks "$acme_manage/roots/0" >"$acme_roots"
	acme_hook "$d/hook"
}

acme_refuses() { : >"$acme/refuses"; }
acme_grants() { rm -f "$acme/refuses"; }

acme_end() {
	local pid
	for pid in "${acme_pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	acme_pids=()
}

# One for the three: certbot says what it wants in its environment, the two others in words.
acme_hook() {                 # FILE
	cat >"$1" <<-HOOK
		#!/bin/sh
		post() { curl -sf --max-time 10 -d "{\"host\":\"_acme-challenge.\$2.\"\$3}" $acme_dns/\$1; }
		put() { [ ! -e $acme/refuses ] || set -- "\$1" wrong; post set-txt "\$1" ",\"value\":\"\$2\""; }
		clear() { post clear-txt "\$1" ''; }
		case \$1:\$2 in
		auth:) put "\$CERTBOT_DOMAIN" "\$CERTBOT_VALIDATION" ;;
		clean:) clear "\$CERTBOT_DOMAIN" ;;
		deploy_challenge:*) put "\$2" "\$4" ;;
		clean_challenge:*) clear "\$2" ;;
		begin:dns-01) [ "\$3" != never.lab ] && put "\$3" "\$5" ;;
		begin:*) exit 1 ;;
		done:dns-01 | failed:dns-01) clear "\$3" ;;
		esac
	HOOK
	chmod 755 "$1"
}

acme_client() {               # certbot|uacme|dehydrated
	mkdir -p "$acme/$1"
	"acme_client_$1" "$acme/$1" "$acme/bin/$1" || { cat "$acme/$1.log" >&2; return 1; }
}

acme_client_certbot() {       # FOLDER PROGRAM
	cat >"$2" <<-CERTBOT
		#!/bin/sh
		REQUESTS_CA_BUNDLE=$acme_ca
		export REQUESTS_CA_BUNDLE
		exec certbot --config-dir $1/conf --work-dir $1/work --logs-dir $1/log --server $acme_url -n "\$@"
	CERTBOT
	chmod 755 "$2"
	mkdir -p "$1/conf"
	# What the client knows of challenges stands in its own configuration, as with a team.
	cat >"$1/conf/cli.ini" <<-INI
		manual-auth-hook = $acme/hook auth
		manual-cleanup-hook = $acme/hook clean
		preferred-challenges = dns
		authenticator = manual
		max-log-backups = 0
	INI
	sed -i "s|^exec certbot |&--config $1/conf/cli.ini |" "$2"
	"$2" register --agree-tos --register-unsafely-without-email >"$acme/certbot.log" 2>&1
}

# uacme's TLS reads the machine's list of authorities and nothing else, so it is shown another one.
acme_client_uacme() {         # FOLDER PROGRAM
	local unshare='unshare -m'
	[ "$(id -u)" = 0 ] || unshare='unshare -Urm'
	cat >"$2" <<-UACME
		#!/bin/sh
		exec $unshare sh -c 'mount --bind $acme_ca /etc/ssl/certs/ca-certificates.crt && exec "\$@"' sh \\
			uacme -a $acme_url -c $1 -h $acme/hook "\$@"
	UACME
	chmod 755 "$2"
	"$2" -y new >"$acme/uacme.log" 2>&1
}

acme_client_dehydrated() {    # FOLDER PROGRAM
	cat >"$1/config" <<-CONFIG
		export CURL_CA_BUNDLE=$acme_ca
		CA=$acme_url
		BASEDIR=$1
		CHALLENGETYPE=dns-01
		HOOK=$acme/hook
		KEY_ALGO=prime256v1
		OCSP_FETCH=no
	CONFIG
	cat >"$2" <<-DEHYDRATED
		#!/bin/sh
		exec dehydrated -f $1/config "\$@"
	DEHYDRATED
	chmod 755 "$2"
	"$2" --register --accept-terms >"$acme/dehydrated.log" 2>&1
}

acme_serial() { openssl x509 -in "$1" -noout -serial | sed 's/^serial=//; y/ABCDEF/abcdef/; s/^0*//'; }
acme_status() {               # CERTIFICATE
	acme_asks "$acme_manage/cert-status-by-serial/$(acme_serial "$1")" |
		jq -r 'if .Status == "Revoked" then "Revoked \(.Reason // 0)" else .Status end'
}

# The SHA-256 of a public key in a certificate, in hexadecimal digits: what tells whether a key really changed.
acme_spki() {                 # CERTIFICATE
	openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64
}

own_ca_begin() {              # FOLDER [PORT]
	own_ca=$1
	mkdir -p "$1/issued"
	: >"$1/index"
	echo 1000 >"$1/serial"
	echo 1000 >"$1/crlnumber"
	cat >"$1/openssl.cnf" <<-CNF
		[ca]
		default_ca = house
		[house]
		database = $1/index
		serial = $1/serial
		crlnumber = $1/crlnumber
		new_certs_dir = $1/issued
		certificate = $1/ca.pem
		private_key = $1/ca.key
		default_md = sha256
		default_days = 30
		default_crl_days = 2
		policy = any
		unique_subject = no
		copy_extensions = copy
		x509_extensions = leaf
		[any]
		commonName = optional
		[leaf]
		basicConstraints = CA:FALSE
		authorityKeyIdentifier = keyid
		${2:+authorityInfoAccess = OCSP;URI:http://127.0.0.1:$2}
	CNF
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout "$1/ca.key" \
		-out "$1/ca.pem" -subj '/CN=authority of the house' 2>/dev/null
	cat >"$1/sign" <<-SIGN
		#!/bin/sh
		exec openssl ca -batch -notext -config $1/openssl.cnf -in "\$1" -out "\$2" 2>>$1/log
	SIGN
	cat >"$1/revoke" <<-REVOKE
		#!/bin/sh
		openssl ca -config $1/openssl.cnf -revoke "\$1" -crl_reason "\$2" 2>>$1/log &&
			openssl ca -config $1/openssl.cnf -gencrl -out $1/crl.new 2>>$1/log && mv $1/crl.new $1/crl.pem
	REVOKE
	chmod 755 "$1/sign" "$1/revoke"
	openssl ca -config "$1/openssl.cnf" -gencrl -out "$1/crl.pem" 2>>"$1/log"
}

own_ca_answers() {            # PORT
	openssl ocsp -port "$1" -index "$own_ca/index" -CA "$own_ca/ca.pem" -rsigner "$own_ca/ca.pem" \
		-rkey "$own_ca/ca.key" >>"$own_ca/log" 2>&1 &
	acme_pids+=($!)
	acme_wait grep -q 'waiting for OCSP client connections' "$own_ca/log"
}

own_ca_status() {             # CERTIFICATE
	openssl crl -in "$own_ca/crl.pem" -noout -text | awk -v "serial=$(acme_serial "$1")" '
		/Serial Number:/ { at = tolower($3); sub(/^0*/, "", at) }
		at == serial && /Reason Code/ { getline; gsub(/^ +/, ""); gsub(/ /, ""); reason = $0 }
		at == serial { found = 1 }
		END { sub(/^Key/, "key", reason); print found ? "Revoked " reason : "Valid" }'
}
