#!/usr/bin/env bash
# `firebreak check` on the example farm: a clean one is silent, and each class of finding is planted once, alone.
# Usage: check.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
farm=$scratch/farm
export FIREBREAK_REGISTER="$farm/register" FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
unset NO_COLOR XDG_STATE_HOME SUDO_USER || true
"$source_root/examples/farm/make-repositories" "$farm" >/dev/null ||
	{ echo "Bail out! the farm could not be made"; exit 1; }
cp -a "$farm/register" "$scratch/register.clean"
common=$farm/private/hieradata/common.yaml
tree=$farm/puppet/modules
everything=(-R "private=$farm/private" -R "ssl-keys=$farm/ssl-keys" -R "puppet=$farm/puppet" -R "ssl=$farm/ssl")

# Every value that the farm keeps, to be searched for in whatever is said.
sed -n "s/^[a-z0-9:_]*: \+['\"]\?\([^'\" #]\{12,\}\).*/\1/p" "$common" >"$scratch/values"

restore() {
	local r
	for r in private ssl-keys puppet ssl dns; do
		git -C "$farm/$r" checkout -q . && git -C "$farm/$r" clean -fdq
	done
	rm -rf "$farm/register" && cp -a "$scratch/register.clean" "$farm/register"
}

# RULE PLACE TEXT [EXIT]: exactly one finding, of this rule, at this place, and nothing left unread; then as before.
finds() {
	run check "${everything[@]}"
	result "$([ "$(grep -c '^[^ ]' "$scratch/out")" = 1 ] && grep -qF -e "$2" "$scratch/out" &&
		grep -q ": $1: " "$scratch/out" && [ ! -s "$scratch/err" ]; echo $?)" "$1: $3"
	exits "${4:-1}" "$1"
	restore
}

value_of() { sed -n "s/^$1: *['\"]\?\([^'\" ]*\).*/\1/p" "$common"; }
set_value() { # KEY VALUE, by standard input of the editor only
	printf '%s\n%s\n' "$1" "$2" | python3 -c '
import re, sys
key, value = sys.stdin.read().split("\n")[:2]
path = sys.argv[1]
text = open(path).read()
new = re.sub("(?m)^" + re.escape(key) + ":.*(\n +.*)*$", lambda m: key + ": '\''" + value + "'\''", text)
assert new != text, key
open(path, "w").write(new)' "$common"
}

run check
exits 0 'a clean farm, through clones of our own'
result "$([ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]; echo $?)" 'a clean farm is silent'
run check "${everything[@]}"
exits 0 'a clean farm, as it lies'
result "$([ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]; echo $?)" 'and that is silent as well'

echo "new::password: 'Quite-A-Long-Value-77'" >>"$common"
finds unregistered "private:hieradata/common.yaml:" 'a key that nobody knows'
head -c 40 /dev/urandom >"$farm/private/files/new.bin"
finds unregistered "private:files/new.bin:1:1:" 'a file that nobody knows'
printf 'profile::new:\n  accounts:\n    - name: x\n' >"$farm/private/hieradata/hosts/db11.yaml"
finds unregistered "private:hieradata/hosts/db11.yaml:3:7:" 'a leaf far below'
sed -i '/^passwords::redis::master:/d' "$common"
run check "${everything[@]}"
says "absent: 'redis/password' should be kept in private:hieradata/common.yaml under 'passwords::redis::master'"
exits 1 'absent'
restore
echo "class redis::more { \$x = lookup('redis::nowhere') }" >"$tree/redis/manifests/more.pp"
finds lookup-unknown "puppet:modules/redis/manifests/more.pp:1:" 'a key that nothing has'
echo "class redis::more { \$x = lookup('redis::nowhere', { default_value => 1 }) }" >"$tree/redis/manifests/more.pp"
run check "${everything[@]}"
exits 0 'a lookup with a default may find nothing'
restore
echo "class redis::more(\$t) { \$x = lookup(\"passwords::\${t}\") }" >"$tree/redis/manifests/more.pp"
finds undecided "puppet:modules/redis/manifests/more.pp:1:" 'a key made at run time' 3
sed -i '/unused:/d' "$farm"/register/systems/*.yaml
run check "${everything[@]}"
says "dead: 'mailman/rest' is read by nothing"
exits 3 'dead keys are a warning'
restore
sed -i 's#/etc/default/prometheus-redis#/etc/default/prometheus-redis-other#' "$farm/register/systems/redis.yaml"
run check "${everything[@]}"
says "consumer-unfed: no manifest writes 'redis/password' to /etc/default/prometheus-redis-other on jobchron1"
says "consumer-unknown: 'redis/password' goes into /etc/default/prometheus-redis on jobchron1"
exits 1 'a consumer of another name'
restore
sed -i '/prometheus-redis-exporter/s/restart: puppet/restart: firebreak/' "$farm/register/systems/redis.yaml"
finds restart-differs "systems/redis.yaml:" 'Puppet restarts it, the register says that we do'
sed -i '/notify/d' "$tree/redis/manifests/init.pp"
finds restart-differs "systems/redis.yaml:" 'nobody restarts it, the register says that Puppet does'
set_value passwords::icinga_ido "$(value_of passwords::ticket_salt)"
finds twins-undeclared "private:hieradata/common.yaml:" 'one value, two secrets of one system'
set_value passwords::mail::noreply "$(value_of passwords::redis::master)"
finds reused "private:hieradata/common.yaml:" 'one value, two systems'
set_value passwords::matomo::ldap_password 'Another-Value-Than-Its-Twins-1'
finds twins-differ "private:hieradata/common.yaml:" 'twins that differ'
echo "passwords::redis::master: 'stub'" >>"$farm/puppet/hieradata/common.yaml"
finds shadowed "puppet:hieradata/common.yaml:" 'public Hiera has a private key'
echo "# old: $(value_of passwords::redis::master)" >>"$common"
finds commented "private:hieradata/common.yaml:" 'an old value in a comment'
sed -i "s/^passwords::redis::master:.*/&  # was: 'An Old-One-4711'/" "$common"
finds commented "a comment here holds a value for 'was'" 'behind a value'
echo "# passwords::redis::master: An-Old-One-4711" >>"$common"
finds commented "a value for 'passwords::redis::master'" 'a key that is known'
{
	echo "# passwords::redis::master: see the page of redis"
	echo "# password: <yours>"
	echo "# note: nothing"
	echo "# threshold: 4711000"
	echo "firewall::text: 'in text # old: Not-A-Comment-1'"
	echo "firewall::lines: |"
	echo "  # old: Not-A-Comment-2"
} >>"$common"
printf "not_secret: [{repository: private, file: hieradata/common.yaml, key: 'firewall::*', class: data, why: w}]\n" \
	>"$farm/register/more.yaml"
run check "${everything[@]}"
exits 0 'comments of other kinds, and what only looks like one'
restore
mkdir -p "$tree/redis/files"
value_of passwords::redis::master >"$tree/redis/files/notes.txt"
finds published "puppet:modules/redis/files/notes.txt:1:" 'a private value in a public repository'
sed -i "0,/mode  *=> '0[0-7]*'/s//mode    => '0644'/" "$tree/redis/manifests/init.pp"
finds mode "puppet:modules/redis/manifests/init.pp:" 'a file that everybody reads'
chmod -R o-rwx "$farm/private/files" "$farm/private/hieradata"
chmod 755 "$scratch" "$farm" "$farm/private" "$farm/private/files"
chmod 755 "$farm/private/files/salt"
chmod 644 "$farm/private/files/salt/master.pem"
run check "${everything[@]}"
says "private:files/salt/master.pem:1: mode: 'files/salt/master.pem' has mode 0644: everybody on this machine can read"
says "chmod o-rwx '$farm/private/files/salt/master.pem'"
exits 1 'a key file that is open, among others that are not'
chmod 640 "$farm/private/files/salt/master.pem"
run check "${everything[@]}"
exits 0 'and not open'
if [ "$(id -u)" = 0 ]; then
	chown 1 "$farm/private/files/salt/master.pem"
	finds mode "'files/salt/master.pem' belongs to uid 1, and the tree that it is in to uid 0" 'another owner'
	chown 0 "$farm/private/files/salt/master.pem"
fi
chmod -R o+rX "$farm/private"
run check "${everything[@]}"
exits 0 'a checkout that is open as a whole is one of a machine that builds'
chmod 700 "$farm/private" "$farm" "$scratch"
set_value passwords::redis::master 'redis123'
finds weak "private:hieradata/common.yaml:" 'a well-known value'
set_value passwords::redis::master 'qwertyuiopas'
finds weak "is a walk over the keyboard" 'a walk over the keyboard'
set_value passwords::redis::master 'abcabcabcabcabc'
finds weak "repeats itself" 'a value that repeats itself'
set_value passwords::redis::master ''
finds weak "is empty" 'no value at all'
set_value passwords::redis::master 'kJ7#q'
finds weak "private:hieradata/common.yaml:" 'a short value'
openssl genrsa 1024 2>/dev/null >"$farm/private/files/icinga2/id_rsa2"
finds small-key "private:files/icinga2/id_rsa2:1:1:" 'an RSA key of 1024 bits'
rm "$farm/ssl/certificates/w.example.org.crt"
finds key-alone "ssl-keys:w.example.org.key:1:1:" 'a key without its certificate'
cp "$farm/ssl/certificates/w.example.org.crt" "$scratch/w.crt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x.example.org -days 2 \
	-addext basicConstraints=CA:FALSE -out "$farm/ssl/certificates/x.example.org.crt" 2>/dev/null
finds certificate-alone "ssl:certificates/x.example.org.crt:1:" 'a certificate without its key'
everything+=(-R "dns=$farm/dns")
record() { openssl pkey -in "$1" -pubout -outform DER | base64 -w0 | sed 's/.\{200\}/&" "/g'; }
openssl genrsa -out "$scratch/other.pem" 2048 2>/dev/null
sed -i "s#^mail._domainkey .*#mail._domainkey TXT ( \"v=DKIM1; k=rsa; p=$(record "$scratch/other.pem")\" )#" \
	"$farm/dns/zones/example.org"
run check "${everything[@]}"
says "half-differs: the TXT record of mail._domainkey in dns:zones/example.org is of another key than 'mail/dkim'"
says "dns:zones/example.org:8: half-alone: no private repository has the key of this TXT record of mail._domainkey"
exits 1 'a DKIM record of another key'
restore
echo "old._domainkey TXT \"v=DKIM1; p=$(record "$scratch/other.pem")\"" >>"$farm/dns/zones/example.org"
finds half-alone "dns:zones/example.org:" 'a DKIM record whose key nobody has'
echo "old._domainkey TXT \"v=DKIM1; p=\"" >>"$farm/dns/zones/example.org"
run check "${everything[@]}"
exits 0 'a DKIM record that is revoked'
restore
sed -i '/^mail._domainkey/d' "$farm/dns/zones/example.org"
finds half-differs "is not there: 'mail/dkim' has a private key" 'no DKIM record'
sed -i "s/ check: \[nsd-checkzone, example.org, '{file}'\],//" "$farm/register/systems/mail.yaml"
finds half-unchecked "mail.yaml:30:9: half-unchecked: nothing checks the TXT record of mail._domainkey in \
dns:zones/example.org before it is pushed" 'a zone without a checker' 3
cp "$farm/dns/zones/example.org" "$farm/dns/zones/example.net"
finds half-unknown "dns:zones/example.net:" 'the same key in another zone'
mkdir -p "$tree/base/files"
install -m 600 "$farm/private/files/dbbackup/dbbackup-user.id_ed25519" "$scratch/key"
ssh-keygen -y -f "$scratch/key" >"$tree/base/files/keys"
finds half-unknown "puppet:modules/base/files/keys:1:" 'an authorized key that the register does not know'
ssh-keygen -q -t ed25519 -N '' -f "$scratch/new"
sed -i "s#AAAAC3NzaC1lZDI1NTE5[A-Za-z0-9+/]*#$(cut -d' ' -f2 "$scratch/new.pub")#" "$tree/mediawiki/manifests/init.pp"
finds half-differs "'mediawiki/" 'an authorized key that is of another private key'
printf "not_secret:\n  - {repository: private, file: nowhere/*, class: data, why: old}\n" >"$farm/register/more.yaml"
finds not-secret-unused "more.yaml:2:5:" 'a rule that fits nothing' 3
printf "systems:\n  empty: {title: Empty, page: Empty}\n" >"$farm/register/more.yaml"
finds no-procedure "more.yaml:2:3:" 'a section of the page without a secret' 3
sed -i 's/kind: redis-password/kind: odd-password/' "$farm/register/systems/redis.yaml"
finds no-procedure "odd-password" 'a kind without a playbook' 3
printf "check: {tested_within: 90}\n" >"$farm/register/more.yaml"
run check "${everything[@]}"
says "untested: 'redis/password' was never rotated or drilled"
exits 3 'untested secrets are a warning'
restore

# A rule for a key covers what stands below it, and no other key.
printf "not_secret:\n  - {repository: private, file: hieradata/common.yaml, key: mail::smtp, class: data, why: w}\n" \
	>"$farm/register/more.yaml"
printf "mail::smtp:\n  port: 26\n" >>"$common"
run check "${everything[@]}"
exits 0 'below the key of a rule'
printf "mail::smtp.password: 'Quite-A-Long-Value-79'\n" >>"$common"
finds unregistered "'mail::smtp.password'" 'a name of its own that begins like the key of a rule'

# What cannot be read is never passed over.
printf 'a: [1\n' >"$farm/private/hieradata/hosts/db12.yaml"
run check "${everything[@]}"
exits 4 'broken YAML'
says 'hieradata/hosts/db12.yaml'
restore
echo 'class redis::broken {' >"$tree/redis/manifests/broken.pp"
run check "${everything[@]}"
exits 4 'a manifest that is none'
says 'modules/redis/manifests/broken.pp'
restore
run check -R private="$scratch/nowhere"
exits 4 'a repository that is not there'
says 'not read: private'

# Who, since when, for machines.
echo "new::password: 'Quite-A-Long-Value-77'" >>"$common"
git -C "$farm/private" -c user.name=Mallory -c user.email=mallory@example.org commit -qam 'Add a password'
run check -R "private=$farm/private"
says 'added by Mallory <mallory@example.org> on 20'
says "firebreak register add private:hieradata/common.yaml new::password"
echo "later::password: 'Quite-A-Long-Value-78'" >>"$common"
git -C "$farm/private" -c user.name=Mallory -c user.email=mallory@example.org commit -qam 'And another'
run check -R "private=$farm/private" --since HEAD~1
result "$([ "$(grep -c '^[^ ]' "$scratch/out")" = 1 ] && grep -q "later::password" "$scratch/out"; echo $?)" \
	'--since tells what is new since that commit'
run check -R "private=$farm/private" --since HEAD
exits 0 'nothing is new since now'
run check -R "private=$farm/private" --json
is_json 'JSON'
result "$(jq -e '.complete and (.findings | length == 2) and (.findings[0].who | test("Mallory"))' "$scratch/out" \
	>/dev/null; echo $?)" 'with who and how much'
"$source_root/tests/rules/sarif.sh" "$source_root/tests/data/sarif-2.1.0.json" "$firebreak_program" check \
	-R "private=$farm/private" --sarif 2>"$scratch/err"
result $? 'SARIF, as its schema says'
for w in "-R nothing=$farm" "-R private" "--since HEAD" "--sarif --json" "something"; do
	run check $w
	exits 2 "wrong use: $w"
done

result "$(grep -rqF -f "$scratch/values" --exclude-dir=objects "$scratch/out" "$scratch/err" "$scratch/state"
	[ $? = 1 ]; echo $?)" 'no value of the farm stands in what was said or kept'
finish
