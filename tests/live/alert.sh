#!/usr/bin/env bash
# Who is told at once, on real servers: Postfix, InspIRCd, HTTPS, UDP. Usage: alert.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../cli/farm.sh"
. "$(dirname "$0")/alert-services.sh"
trap services_end EXIT

discord_token=$(openssl rand -hex 16) slack_token=$(openssl rand -hex 16) matrix_token=$(openssl rand -hex 16)
make_farm
make_certificates
start_mail
result $? 'a mail server is there'
start_irc
result $? 'a server of IRC is there'
start_services
result $? 'with accounts'
irc_password=$(openssl rand -hex 12)
mkdir "$scratch/heard"
echo "$irc_password" >"$scratch/heard/account"
start_listener "$irc_port"
result $? 'those who hear are there'
wait_for 60 grep -q 'ready watcher' "$heard/irc" && wait_for 60 grep -q 'ready bobb' "$heard/irc"
result $? 'two clients are on IRC'
dead_port=$(free_port)

cat >"$scratch/work/hooks.yaml" <<-HOOKS
	discord: 'https://localhost:$https_port/api/webhooks/1/$discord_token'
	slack: 'https://localhost:$https_port/services/T/B/$slack_token'
	matrix: '$matrix_token'
	irc: '$irc_password'
HOOKS
git_push Hooks "$scratch/work"
sed -i -e 's/approver: lead}/approver: lead, channels: [mail, chat, phones], log: [sal], repeat: 10}/' \
	-e 's/roles: \[lead\], key/irc: nobody-is-called-so, roles: [lead], key/' \
	-e 's/contacts: \[alice\]/contacts: [alice, bob, lead, carol, dave, erin, gina, hal]/' \
	"$scratch/register/firebreak.yaml"
cat >"$scratch/register/channels.yaml" <<-REGISTER
	people:
	  bob: {name: "Böb \"the\" Baker", mail: bob@example.org, irc: bobb, channels: [chat]}
	  carol: {name: Carol Cooper, channels: [discord]}
	  dave: {name: Dave Dyer, channels: [slack]}
	  erin: {name: Erin Eastman, channels: [matrix]}
	  gina: {name: Gina Green, channels: [closed]}
	  hal: {name: Hal Hunter, channels: [wrong-login]}
	  frank: {name: Frank Fisher, mail: frank@example.org, channels: [mail, open-chat]}
	hosts: {mail1: }
	channels:
	  mail:
	    kind: mail
	    to: team@example.org
	    relays: ['smtp://localhost:$dead_port', 'smtp://localhost:$mail_port']
	    tls: $mail_tls
	    ca: $certificate
	    from: firebreak@example.org
	    depends: [mail]
	  chat: {kind: irc, to: '#sre', server: 'localhost:$irc_port', nick: firebreak, ca: $certificate}
	  open-chat:
	    {kind: irc, to: '#sre', server: 'localhost:$irc_port', nick: watcher, ca: $certificate, public: true}
	  closed:
	    {kind: irc, to: '#closed', server: 'localhost:$irc_port', nick: teller, ca: $certificate, user: bobb,
	     secret: hooks/irc}
	  wrong-login:
	    {kind: irc, to: '#closed', server: 'localhost:$irc_port', nick: teller, ca: $certificate, user: bobb,
	     secret: hooks/matrix}
	  discord: {kind: discord, to: the room, secret: hooks/discord, ca: $certificate}
	  slack: {kind: slack, to: the room, secret: hooks/slack, ca: $certificate}
	  matrix:
	    {kind: matrix, to: '!room:example.org', server: 'https://localhost:$https_port', secret: hooks/matrix,
	     ca: $certificate}
	  sal: {kind: log-line, to: the log, server: '127.0.0.1:$udp_port'}
	  phones: {kind: phone, to: the list in the safe}
	systems:
	  mail: {title: Mail, contacts: [frank, carol, alice], hosts: [mail1]}
	  other: {title: Other, contacts: [alice]}
	  hooks: {title: Hooks}
	secrets:
	  other/password: {kind: pwfile-password, opens: [thing/password]}
	  hooks/discord: {kind: pwfile-password, places: [{repository: private, file: hooks.yaml, key: discord}]}
	  hooks/slack: {kind: pwfile-password, places: [{repository: private, file: hooks.yaml, key: slack}]}
	  hooks/irc: {kind: pwfile-password, places: [{repository: private, file: hooks.yaml, key: irc}]}
	  hooks/matrix: {kind: pwfile-password, places: [{repository: private, file: hooks.yaml, key: matrix}]}
REGISTER

run register check
exits 0 'the register is right'

# messages that came for somebody: in a mailbox of Postfix, or of all that the sink took
mails() { cat "$mailboxes"/{"$1",sink.*} 2>/dev/null | grep -c "^To: <$1@example.org>"; }
mail_of() { cat "$mailboxes"/{"$1",sink.*} 2>/dev/null; }
has_mails() { [ "$(mails "$1")" = "$2" ]; }
mail_says() { result "$(mail_of "$1" | tr -d '\r' | grep -qF -e "$2"; echo $?)" "$1's mail says: $2"; }
hears() { result "$(wait_for 30 grep -qF -e "$2" "$heard/$1"; echo $?)" "$1: $2"; }
quiet() { result "$(! grep -qF -e "$2" "$heard/$1"; echo $?)" "not $1: $2"; }

# --- everybody over what is theirs
run declare other/password --because $'pasted\r\nBcc: x@example.org\r\n\r\n.\r\nQUIT' --as alice
exits 0 'an incident'
says 'carol: not acknowledged'
says "hal over wrong-login: failed ('localhost:$irc_port' refuses the login: 904"
wait_for 30 has_mails alice 1 && wait_for 30 has_mails team 1
result $? 'one mail for alice and one for the team'
mail_says alice 'Subject: [Firebreak] Incident 1: other/password has leaked, you are needed'
mail_says alice 'You are told as contact of other, thing.'
mail_says alice '     firebreak ack 1 alice'
mail_says alice 'Auto-Submitted: auto-generated'
mail_says alice 'Message-ID: <'
mail_says alice 'pasted\x0d\nBcc: x@example.org'
result "$(! mail_of alice | grep -q '^Bcc\|^QUIT'; echo $?)" 'no header came out of the reason'
hears irc 'bobb bobb incident 1: other/password has leaked; you are needed'
hears irc 'bobb bobb Say that you have it: firebreak ack 1 bob'
hears irc 'watcher #closed gina: incident 1: other/password has leaked; you are needed'
quiet irc 'hal: incident 1'
quiet irc 'watcher #sre'
hears udp '!log [firebreak] incident 1 is declared; responders are being told'
hears http '"content": "carol: incident 1: other/password has leaked; you are needed\nas contact of thing.'
hears http '"allowed_mentions": {"parse": []}'
hears http "/services/T/B/$slack_token"
hears http "\"path\": \"/_matrix/client/v3/rooms/%21room%3Aexample.org/send/m.room.message/"
hears http "Bearer $matrix_token"
hears http '"msgtype": "m.text", "body": "erin: incident 1'
run timeline 1
says "alerted alice over mail (localhost:$mail_port: 250"
run declare other/password --because again --json
jq -e '.alerts.parties[] | select(.party == "bob") | .outcome == "sent"' "$scratch/out" >/dev/null
result $? 'JSON says that bob was told'

# --- once, and not again before it is due
wait_for 30 has_mails alice 2
before=$(wc -l <"$heard/http")
run alert 1
exits 1 'nothing is due, and hal cannot be told yet'
run alert
exits 1 'of no incident'
wait_for 2 has_mails alice 3
result "$([ "$(mails alice)" = 2 ] && [ "$(wc -l <"$heard/http")" = "$before" ]; echo $?)" 'nobody was told twice'

# --- who has it
run ack 1
exits 2 'somebody who is nobody of the register'
run ack 1 alise
says "did you mean 'alice'"
run ack 1 --as alice
says 'alice has it'
run ack 1 carol --because 'by telephone'
exits 0 'said for another'
run status 1
says 'alice: has it'
says 'dave: not acknowledged'
run status
says '!!! incident 2: nobody who was told has acknowledged'
run report 1
says 'carol'

# --- the mail system itself: nothing goes there
run declare host:mail1 mail --because 'mail is theirs'
exits 0 'mail is compromised'
says "! not over mail: it depends on system 'mail', which the incident reaches"
hears irc 'watcher #sre frank: incident 3 was declared; you are needed'
hears irc 'watcher #sre incident 3: host:mail1, mail have leaked; somebody is needed'
hears irc "mail: it depends on system 'mail', which the incident reaches"
quiet irc 'frank: incident 3: '
says "alice over chat: failed ('localhost:$irc_port' did not take it: 401 No such nick)"
result "$([ "$(mails frank)" = 0 ]; echo $?)" 'no mail for frank'
run plan 3
says 'not over mail'

# --- what is not taken goes elsewhere, or to a person
echo 429 >"$heard/status"
run declare thing --because 'rooms refuse'
says "carol over discord: failed ('localhost' did not take it: its answer is 429, too many at a time)"
echo 500 >"$heard/status"
run declare thing --because 'rooms do not know'
says 'carol over discord: unknown'
says 'firebreak alert 5 --again carol'
before=$(wc -l <"$heard/http")
rm "$heard/status"
run alert 5
result "$([ "$(wc -l <"$heard/http")" = "$before" ]; echo $?)" 'what may have come is not sent again'
run alert 5 --again carol
says 'carol over discord: sent'
result "$([ "$(wc -l <"$heard/http")" = $((before + 1)) ]; echo $?)" 'once more, when a person says so'
echo 302 >"$heard/status"
run declare thing --because 'rooms move'
says 'its answer is 302, which leads elsewhere'
quiet http '/elsewhere'
rm "$heard/status"
sed -i "s/nick: firebreak, ca: .*/nick: firebreak, ca: \/etc\/hostname}/" "$scratch/register/channels.yaml"
run declare thing --because 'nobody there'
says 'bob over chat: failed'
sed -i "s/nick: firebreak, ca: .*/nick: firebreak}/" "$scratch/register/channels.yaml"
run declare thing --because 'whose certificate'
says 'certificate is not to be trusted'

# --- nobody is left
sed -i 's/channels: \[mail, chat, phones\]/channels: [mail, phones]/' "$scratch/register/firebreak.yaml"
run declare mail --because 'no way'
says '!!! team@example.org: NOT TOLD'
says '!!! alice: NOT TOLD'
says 'phones: a person has to use it: the list in the safe'
says "telephone, then: firebreak ack 9 team@example.org --because 'by telephone'"
run alert 9
exits 3 'a person must'

# --- nothing secret anywhere, and in no argument and environment of what is started
# who holds secrets is looked at by root only, or with its capabilities over a namespace of one's own
watch=()
[ "$(id -u)" = 0 ] || watch=(unshare --map-current-user --keep-caps)
cp -r "$source_root/examples/drivers" "$scratch/drivers"
chmod -R go-w "$scratch/drivers"
export FIREBREAK_DRIVERS=$scratch/drivers
ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" "${watch[@]}" strace -f -qq -s 65536 -v -e trace=execve -e signal=none \
	-o "$scratch/execs" "$firebreak_program" declare thing --because 'watched' >"$scratch/out" 2>"$scratch/err"
grep -q 'firebreak-messenger.*HOME=' "$scratch/execs" && grep -q 'firebreak-mailer' "$scratch/execs"
result $? 'who sends is started under watch'
for value in "$leaked" "$discord_token" "$slack_token" "$matrix_token" "$irc_password"; do
	grep -rqF -e "$value" "$scratch/state/journal.db" "$scratch/state/journal.db-wal" "$mailboxes" "$heard/irc" \
		"$heard/udp" "$scratch/out" "$scratch/err" "$scratch/execs" 2>/dev/null
	result "$([ $? != 0 ]; echo $?)" 'a value stands in no message and not in the journal'
done
result "$(! grep -qF -e "$leaked" "$heard/http"; echo $?)" 'nor in a room'
finish
