#!/usr/bin/env bash
# `firebreak init`: what it drafts is a register, is covered, is always the same, holds no value, overwrites nothing;
# and what cannot be read is told and not in it. tests/farm/draft.sh measures what it finds.
# Usage: init.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
farm=$scratch/farm
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
unset NO_COLOR XDG_STATE_HOME SUDO_USER FIREBREAK_REGISTER || true
"$source_root/examples/farm/make-repositories" "$farm" >/dev/null ||
	{ echo "Bail out! the farm could not be made"; exit 1; }
everything=(--private "$farm/private" --ssl-keys "$farm/ssl-keys" --puppet "$farm/puppet" --puppet
	"$farm/wiki-settings" --ssl "$farm/ssl" --dns "$farm/dns")
at=(-R "private=$farm/private" -R "ssl-keys=$farm/ssl-keys" -R "puppet=$farm/puppet"
	-R "wiki-settings=$farm/wiki-settings" -R "ssl=$farm/ssl" -R "dns=$farm/dns")
sed -n "s/^[a-z0-9:_]*: \+['\"]\?\([^'\" #]\{12,\}\).*/\1/p" "$farm/private/hieradata/common.yaml" >"$scratch/values"
# lines from the midst of key files, and telephone numbers
for f in "$farm"/private/files/*/* "$farm"/ssl-keys/*.key; do
	[ -f "$f" ] && grep -Iq . "$f" && case $f in *.pub | */firewall/*) ;; *) sed -n '3p' "$f" ;; esac
done >>"$scratch/values"
sed -i '/^.\{0,11\}$/d' "$scratch/values"

git_in() { git -C "$1" -c user.name=Ada -c user.email=ada@example.org "${@:2}"; }
holds() { result "$(grep -rqF -e "$2" "$1"; echo $?)" "$3"; }
lacks() { result "$(grep -rqF -e "$2" "$1"; [ $? = 1 ]; echo $?)" "$3"; }
random() { head -c 60 /dev/urandom | base64 -w0 | tr -d '/+=' | head -c 26; }

# --- the example farm ---
run init "${everything[@]}" --out "$scratch/draft"
exits 3 'a draft is made, and has questions'
cp "$scratch/out" "$scratch/said"
says 'written to'
says "to decide, each marked '# DECIDE:' above its entry"
says 'firebreak register check --register'
marks=$(grep -rhoF '# DECIDE: ' "$scratch/draft" | wc -l)
says "$marks to decide"
run register check --register "$scratch/draft"
exits 0 'it is a register'
run check --register "$scratch/draft" "${at[@]}"
exits 3 'and covers everything: a check has warnings only'
result "$(grep '^[^ ]' "$scratch/out" | grep -vq ': dead: '; [ $? = 1 ]; echo $?)" \
	'which are the keys that nothing reads'
result "$([ "$(grep -c ': dead: ' "$scratch/out")" = 5 ]; echo $?)" 'five of them'
lacks "$scratch/draft" 'NOT WHOLE' 'a draft that is whole says nothing else'
holds "$scratch/draft/systems/redis.yaml" 'from: modules/redis/manifests/init.pp:' 'a consumer says where it is from'
holds "$scratch/draft/systems/redis.yaml" 'added by Heidi Holm <heidi@example.org>, 2018-04-15' \
	'a place says who added it'
holds "$scratch/draft/systems/mail.yaml" 'TXT record of mail._domainkey' 'a DKIM record is found'
holds "$scratch/draft/firebreak.yaml" "url: $farm/private.git" 'the url is that of the remote'

holds "$scratch/draft/hosts.yaml" '  mediawiki: [mwtask1, mw8, mw9, mw10, mw11, mw12, mw13, test3]' \
	'a list of hosts is called by their role'
holds "$scratch/draft/systems/mediawiki.yaml" '{hosts: mediawiki, file: ' 'and so it is in consumers'

FIREBREAK_STATE="$scratch/other" run init "${everything[@]}" --out "$scratch/again"
result "$(diff -r "$scratch/draft" "$scratch/again" >"$scratch/out" 2>&1; echo $?)" \
	'another state folder, and the same bytes'
run init "${everything[@]}" --out "$scratch/draft"
exits 1 'nothing is overwritten'
says 'is not empty'
result "$(diff -r "$scratch/draft" "$scratch/again" >"$scratch/out" 2>&1; echo $?)" 'and nothing was'
mkdir "$scratch/empty"
run init "${everything[@]}" --out "$scratch/empty"
exits 3 'an empty folder is taken'
(cd "$scratch" && "$firebreak_program" init "${everything[@]}" >/dev/null 2>&1; [ -f register/firebreak.yaml ])
result $? 'without --out it is called register'
before=$(find "$scratch" -path "$scratch/state" -prune -o -print | sort | md5sum)
run init "${everything[@]}" --dry-run
exits 3 'a dry run'
result "$(grep -q '^register: 1' "$scratch/out" && grep -q '^draft: ' "$scratch/err"; echo $?)" 'prints the draft'
cp "$scratch/out" "$scratch/dry"
result "$([ "$before" = "$(find "$scratch" -path "$scratch/state" -prune -o ! -path "$scratch/dry" -print | sort |
	md5sum)" ]; echo $?)" 'and writes nothing'
run init "${everything[@]}" --out - --json
is_json 'JSON'
result "$(jq -e --argjson n "$marks" '.complete and .folder == null and (.decide | length == $n) and
	.counts.secrets > 45 and (.decide[0] | has("file") and has("line") and has("question"))' \
	"$scratch/out" >/dev/null; echo $?)" 'with counts and questions'
cp "$scratch/out" "$scratch/json"
wrong_line=0
while IFS=$'\t' read -r file line; do
	sed -n "${line}p" "$scratch/draft/$file" | grep -qF '# DECIDE: ' || wrong_line=1
done < <(jq -r '.decide[] | [.file, .line] | @tsv' "$scratch/json")
result $wrong_line 'each question stands on its line'
result "$([ "$(wc -l <"$scratch/values")" -gt 40 ] && { grep -rqF -f "$scratch/values" --exclude-dir=farm \
	--exclude=values "$scratch"; [ $? = 1 ]; }; echo $?)" 'no value stands in anything that was said or written'

for w in "" "--puppet $farm/puppet" "--private $scratch/nowhere" "--private $scratch/said" \
	"--private $farm/private/hieradata" \
	"--private $farm/private --eyaml-public x" "--private $farm/private more"; do
	run init $w --out "$scratch/none"
	exits 2 "wrong use: init $w"
done
result "$([ ! -e "$scratch/none" ]; echo $?)" 'and no folder is made'

# --- a small odd one: flat Hiera data, no roles, one file, hostile names ---
odd=$scratch/odd
mkdir -p "$odd/private/hosts" "$odd/private/files" "$odd/puppet/manifests"
for i in 1 2 3 4 5 6 7 8; do random >"$scratch/odd.$i"; echo >>"$scratch/odd.$i"; done
cat "$scratch"/odd.[1-8] >"$scratch/odd-values"
{
	printf "db_root_password: '%s'\n" "$(cat "$scratch/odd.1")"
	printf "app:\n  password: '%s'\n  port: 8080\n  users: [ann, bob]\n" "$(cat "$scratch/odd.2")"
	printf 'mail_password: %s\n' "$(cat "$scratch/odd.3")"
	printf "mail_password_copy: %s\n" "$(cat "$scratch/odd.3")"
	printf "\"weird key's \\\\\"name\\\\\" #1: {x}\": '%s'\n" "$(cat "$scratch/odd.4")"
	printf "\"\\\\u00fcber::schl\\\\u00fcssel\": '%s'\n" "$(cat "$scratch/odd.5")"
	printf "\"line\\\\u2028secrets: x\": '%s'\n" "$(cat "$scratch/odd.6")"
	printf "later_password: '%s'\n" "$(cat "$scratch/odd.8")x"
	printf "'*pattern?': '%s'\n" "$(cat "$scratch/odd.7")"
} >"$odd/private/common.yaml"
printf 'note_for_people: ask ann\nport: 80\n' >"$odd/private/hosts/web2.yaml"
cp "$scratch/odd.8" "$odd/private/files/it's a #file: [x]"
cat >"$odd/puppet/manifests/site.pp" <<'PP'
node 'web1.odd.test' {
  file { '/etc/app.conf': content => "pass=${lookup('app.password')}\n", notify => Service['app'] }
  service { 'app': ensure => running }
  file { '/etc/mail.pw': content => lookup('mail_password') }
  $k = lookup("other::${facts['role']}::key")
}
node 'WEB3.Odd.Test', 'web1.other.test' { file { '/etc/app.conf': content => lookup('app.password') } }
node /^job\d\.odd\.test$/ { file { '/srv/f': source => "puppet:///private/it's a #file: [x]" } }
node 'db1.odd.test' { include db }
node default { file { '/root/.my.cnf': content => lookup('db_root_password') } }
class later { file { '/etc/later': content => lookup('later_password') } }
PP
for r in private puppet; do
	git init -q -b trunk "$odd/$r" && git_in "$odd/$r" add -A && git_in "$odd/$r" commit -qm 'All of it'
done
mkdir -p "$odd/puppet/modules/db/manifests" "$odd/puppet/modules/db/templates"
cat >"$odd/puppet/modules/db/manifests/init.pp" <<'PP'
class db {
  $shop = lookup('shop::db_password')
  $again = lookup({ 'name' => 'shop::db_password' })
  $both = lookup('shop::other_db_password')
  file { '/etc/mysql/shop.sql': content => template('db/shop.sql.erb') }
}
PP
cat >"$odd/puppet/modules/db/templates/shop.sql.erb" <<'SQL'
CREATE USER 'shop'@'%' IDENTIFIED BY '<%= @shop %>';
ALTER USER 'shop'@'localhost' IDENTIFIED BY '<%= @again %>';
CREATE USER '<%= @name %>'@'%' IDENTIFIED BY '<%= @shop %>';
CREATE USER 'shop'@'%' IDENTIFIED BY '<%= @both %>';
CREATE USER 'else'@'%' IDENTIFIED BY '<%= @nothing %>' REQUIRE '<%= @shop %>';
CREATE USER 'stranger'@'%' IDENTIFIED BY '<%= @unrelated %>';
'@' IDENTIFIED BY @
SQL
printf "shop::db_password: '%s'\nshop::other_db_password: '%s'\n" \
	"$(cat "$scratch/odd.1")s" "$(cat "$scratch/odd.2")s" \
	>>"$odd/private/common.yaml"
for r in private puppet; do
	git_in "$odd/$r" add -A && git_in "$odd/$r" commit -qm 'A shop'
done
git -C "$odd/private" remote add origin 'https://ann:Pa55-of-ann-in-a-url@git.odd.test/private.git?t=Pa55-of-ann'
git -C "$odd/puppet" remote add origin 'ssh://ann:Pa55-of-ann@git.odd.test/puppet.git'
run init --private "$odd/private" --puppet "$odd/puppet" --out "$scratch/odd-draft"
exits 3 'an odd farm'
run register check --register "$scratch/odd-draft"
exits 0 'its draft is a register'
run check --register "$scratch/odd-draft" -R "private=$odd/private" -R "puppet=$odd/puppet"
result "$(grep -q ': unregistered: ' "$scratch/out"; [ $? = 1 ]; echo $?)" 'and covers every leaf'
holds "$scratch/odd-draft" '{hosts: [web1.odd.test], file: /etc/app.conf, service: app, restart: puppet}' \
	'a consumer without roles'
holds "$scratch/odd-draft" '{hosts: [web3, web1.other.test], file: /etc/app.conf}' \
	'names of hosts are in lower case, and whole when two domains have one'
holds "$scratch/odd-draft" '  web3: {address: WEB3.Odd.Test}' 'an address stays as it is'
holds "$scratch/odd-draft/firebreak.yaml" 'branch: trunk' 'the branch is told'
holds "$scratch/odd-draft/firebreak.yaml" "url: 'https://git.odd.test/private.git'" 'the url has no credentials'
holds "$scratch/odd-draft/firebreak.yaml" "url: 'ssh://ann@git.odd.test/puppet.git'" 'of ssh the user is told'
lacks "$scratch/odd-draft" 'Pa55-of-ann' 'but no password'
holds "$scratch/odd-draft/hosts.yaml" 'which of these 10 hosts are there (job0 to job9)?' \
	'hosts of a pattern are a question'
holds "$scratch/odd-draft/hosts.yaml" "come under 'node default'" 'and so are those without a block of their own'
holds "$scratch/odd-draft/decide.yaml" 'which keys does lookup ask for at manifests/site.pp:5?' \
	'a key made at run time is a question'
holds "$scratch/odd-draft" '{hosts: [web2], file: /root/.my.cnf}' \
	'a host that Hiera data names comes under node default'
holds "$scratch/odd-draft" 'manifests/site.pp:11 asks for it' 'what is asked for on no known host is told'
holds "$scratch/odd-draft" 'are these 2 places one secret?' 'twins are one secret, and a question'
holds "$scratch/odd-draft" "key: '*pattern?'" 'a key that would be a pattern is a place'
lacks "$scratch/odd-draft/not-secret.yaml" 'pattern' 'and never a proposal'
holds "$scratch/odd-draft" "{driver: mariadb, address: 'db1.odd.test:3306', users: ['shop@%']}" \
	'SQL tells of an account'
holds "$scratch/odd-draft" \
	"{driver: mariadb, address: /run/mysqld/mysqld.sock, users: ['shop@localhost'], from: [db1]}" \
	'and of one that is local'
result "$([ "$(grep -rh 'driver: mariadb, address' "$scratch/odd-draft" | grep -v DECIDE | wc -l)" = 2 ]; echo $?)" \
	'one that another secret has already, and half-known ones, are none'
lacks "$scratch/odd-draft" '# secrets: x' 'no name gets out of a comment'
result "$(grep -rqF -f "$scratch/odd-values" "$scratch/odd-draft" "$scratch/out" "$scratch/err" "$scratch/state"
	[ $? = 1 ]; echo $?)" 'no value of it was said or kept'
rm -rf "$odd/private/.git" && cp -a "$odd" "$scratch/plain"
run init --private "$scratch/plain/private" --out "$scratch/plain-draft"
exits 3 'a plain folder, and no manifests'
holds "$scratch/plain-draft/decide.yaml" 'None were given (--puppet)' 'which is a question'

# --- encrypted values: the same value in clear elsewhere is its twin, for who has the key ---
sealed=$scratch/sealed
mkdir -p "$sealed/hieradata"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=eyaml -days 2 -keyout "$scratch/eyaml.private" \
	-out "$scratch/eyaml.public" 2>/dev/null
{
	printf "app::password: '%s'\n" "$(cat "$scratch/odd.1")"
	printf 'app::sealed_password: ENC[PKCS7,%s]\n' "$(tr -d '\n' <"$scratch/odd.1" |
		openssl smime -encrypt -aes256 -binary -outform DER "$scratch/eyaml.public" | base64 -w0)"
} >"$sealed/hieradata/common.yaml"
git init -q -b main "$sealed" && git_in "$sealed" add -A && git_in "$sealed" commit -qm 'All of it'
run init --private "$sealed" --puppet "$odd/puppet" --out "$scratch/sealed-draft" \
	--eyaml-public "$scratch/eyaml.public" --eyaml-private "$scratch/eyaml.private"
exits 3 'encrypted values, with their key'
holds "$scratch/sealed-draft" 'are these 2 places one secret?' 'are twins of what stands in clear'
holds "$scratch/sealed-draft/firebreak.yaml" "eyaml: {public: $scratch/eyaml.public, private: $scratch/eyaml.private}" \
	'the register says where the key is'
run check --register "$scratch/sealed-draft" -R "private=$sealed" -R "puppet=$odd/puppet"
result "$(grep -q -e ': unregistered: ' -e ': twins-' "$scratch/out"; [ $? = 1 ]; echo $?)" 'and a check agrees'

# --- what cannot be read ---
bad=$scratch/bad
mkdir -p "$bad/hieradata" "$bad/files"
git init -q -b main --object-format=sha256 "$bad"
printf "good::password: '%s'\n" "$(cat "$scratch/odd.1")" >"$bad/hieradata/common.yaml"
printf 'a: [1\n' >"$bad/hieradata/broken.yaml"
printf 'b::password: ENC[PKCS7,MIIBiQYJKoZIhvcNAQcDoIIBejCCAXYCAQAxggEhMIIBHQIBADAFMAACAQEwDQYJKoZI]\n' \
	>"$bad/hieradata/eyaml.yaml"
printf '"two\\nlines": '"'%s'\n" "$(cat "$scratch/odd.2")" >"$bad/hieradata/names.yaml"
head -c 3000 /dev/urandom >"$bad/files/blob.bin"
ln -s /etc/passwd "$bad/files/outside"
cp "$scratch/odd.3" "$bad/files/a
b"
git_in "$bad" add -A && git_in "$bad" commit -qm 'All of it'
# what a hostile configuration would have git run
printf '#!/bin/sh\ntouch %s/ran\n' "$scratch" >"$scratch/evil" && chmod 755 "$scratch/evil"
git -C "$bad" config core.fsmonitor "$scratch/evil"
git -C "$bad" config core.sshCommand "$scratch/evil"
git -C "$bad" config filter.x.clean "$scratch/evil"
echo '* filter=x' >"$bad/.gitattributes"
git -C "$bad" config include.path "$scratch/evil-config"
printf '[remote "origin"]\n\turl = ext::%s\n' "$scratch/evil" >"$scratch/evil-config"
truncate -s 1G "$bad/files/large.bin"
mkfifo "$bad/files/pipe"
git init -q "$bad/files/within"
echo 'class broken {' >"$odd/puppet/manifests/broken.pp"
echo "node 'bad_name!.odd.test' { }" >"$odd/puppet/manifests/name.pp"
run init --private "$bad" --puppet "$odd/puppet" --out "$scratch/bad-draft"
exits 4 'not everything was read'
for what in 'hieradata/broken.yaml' 'hieradata/eyaml.yaml' 'files/outside' 'files/a\nb' 'manifests/broken.pp' \
	'files/large.bin: 1073741824 bytes' 'files/pipe' 'files/within' \
	"a register has no host 'bad_name!.odd.test'" 'hieradata/names.yaml:1:1: a register cannot name this key'; do
	says "$what"
done
result "$([ "$(grep -c '^not read: ' "$scratch/err")" -ge 6 ]; echo $?)" 'one line each'
holds "$scratch/bad-draft/firebreak.yaml" 'THIS DRAFT IS NOT WHOLE' 'the draft says so'
result "$(sed -n 4,20p "$scratch/bad-draft/firebreak.yaml" | grep -q 'not read: .*hieradata/broken.yaml'; echo $?)" \
	'at its top, with the places'
holds "$scratch/bad-draft" 'good::password' 'the rest is in it'
holds "$scratch/bad-draft" 'encrypted (eyaml)' 'an encrypted value is a place, too'
holds "$scratch/bad-draft" 'files/blob.bin' 'and so is a binary file'
lacks "$scratch/bad-draft" 'ext::' 'what a configuration includes is not followed'
result "$([ ! -e "$scratch/ran" ]; echo $?)" 'nothing of the repository ran'
run register check --register "$scratch/bad-draft"
exits 0 'and it is a register'
result "$(grep -rqF -f "$scratch/odd-values" "$scratch/bad-draft" "$scratch/out" "$scratch/err" "$scratch/state"
	[ $? = 1 ]; echo $?)" 'no value of it was said or kept'

git clone -q --bare "file://$farm/private.git" "$scratch/lost.git"
mv "$scratch"/lost.git/objects/pack "$scratch/pack" && mkdir "$scratch/lost.git/objects/pack"
for p in "$scratch"/pack/*.pack; do git -C "$scratch/lost.git" unpack-objects -q <"$p"; done
oid=$(git -C "$scratch/lost.git" rev-parse main:hieradata/hosts/graylog2.yaml)
rm -f "$scratch/lost.git/objects/${oid:0:2}/${oid:2}"
run init --private "$scratch/lost.git" --out "$scratch/lost-draft"
exits 4 'an object is missing'
says 'hieradata/hosts/graylog2.yaml'
holds "$scratch/lost-draft" 'passwords::redis::master' 'the rest is in the draft'
git -C "$farm/private.git" config uploadpack.allowFilter true
git clone -q --bare --filter=blob:none "file://$farm/private.git" "$scratch/partial.git" 2>/dev/null
run init --private "$scratch/partial.git" --out "$scratch/partial-draft"
exits 4 'a partial clone'
says 'git does not have it here'
git clone -q --bare "$bad" "$scratch/sub.git"
git -C "$scratch/sub.git" worktree add -q "$scratch/sub" main
git_in "$scratch/sub" update-index --add --cacheinfo "160000,$(git -C "$bad" rev-parse HEAD),files/sub"
git_in "$scratch/sub" commit -qm sub
run init --private "$scratch/sub.git" --out "$scratch/sub-draft"
exits 4 'a submodule'
says 'files/sub: a submodule'
mkdir "$scratch/none.git" && echo 'not git' >"$scratch/none.git/.git"
run init --private "$farm/private" --puppet "$scratch/none.git" --out "$scratch/none-draft"
exits 4 'a repository that git cannot open'
holds "$scratch/none-draft" 'passwords::redis::master' 'the others are read'
finish
