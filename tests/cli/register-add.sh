#!/usr/bin/env bash
# `firebreak register add` on the example farm: what it writes is what `firebreak check` lacked, and nothing else
# changes. Usage: register-add.sh FIREBREAK SOURCE_ROOT TERMINAL_RUN
. "$(dirname "$0")/farm.sh"
terminal_run=$3
farm=$scratch/farm
export FIREBREAK_REGISTER="$farm/register" FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
unset NO_COLOR XDG_STATE_HOME SUDO_USER || true
"$source_root/examples/farm/make-repositories" "$farm" >/dev/null ||
	{ echo "Bail out! the farm could not be made"; exit 1; }
cp -a "$farm/register" "$scratch/register.clean"
common=$farm/private/hieradata/common.yaml
everything=(-R "private=$farm/private" -R "ssl-keys=$farm/ssl-keys" -R "puppet=$farm/puppet" -R "ssl=$farm/ssl")
value() { head -c 24 /dev/urandom | base64 | tr '+/' 'xy' | tee -a "$scratch/values"; }

restore() {
	local r
	for r in private puppet; do
		git -C "$farm/$r" checkout -q . && git -C "$farm/$r" clean -fdq
	done
	rm -rf "$farm/register" && cp -a "$scratch/register.clean" "$farm/register"
}
# TEXT: what was written is an addition, of lines or in one line, and it is what it showed
only_adds() {
	diff -r "$scratch/register.clean" "$farm/register" >"$scratch/diff"
	result "$([ -s "$scratch/diff" ] && [ "$(grep -c '^<' "$scratch/diff")" -le 1 ]; echo $?)" "$1"
	cat "$scratch/out" "$scratch/err" >>"$scratch/said"
}
fits() {              # TEXT: and then check is silent
	only_adds "$1: nothing else has changed"
	run check "${everything[@]}"
	exits "${2:-0}" "$1: check has nothing more to say"
	cat "$scratch/out" "$scratch/err" >>"$scratch/said"
}
at_terminal() {       # [WAIT-FOR TYPE]... -- the program's words
	local talk=()
	while [ "$1" != -- ]; do talk+=("$1"); shift; done
	shift
	code=0
	TERM=xterm "$terminal_run" 60 "${talk[@]}" -- "$firebreak_program" "$@" >"$scratch/out" 2>"$scratch/err" ||
		code=$?
}

# With options.
echo "redis::new_password: '$(value)'" >>"$common"
run check "${everything[@]}"
says 'firebreak register add private:hieradata/common.yaml redis::new_password'
chmod 640 "$farm/register/systems/redis.yaml"
chmod 640 "$scratch/register.clean/systems/redis.yaml"
run register add private:hieradata/common.yaml redis::new_password --secret redis/new --unused 'for this test' \
	--kind redis-password --dry-run
exits 0 '--dry-run'
says '+  redis/new:'
says '+    unused: '
result "$(diff -r "$scratch/register.clean" "$farm/register" >/dev/null; echo $?)" 'writes nothing'
run register add private:hieradata/common.yaml redis::new_password --secret redis/new --unused 'for this test' \
	--kind redis-password
exits 0 'a key of Hiera data'
says '--- systems/redis.yaml'
says "next: git -C '$farm/register' commit -m 'redis/new' -- 'systems/redis.yaml'"
result "$([ "$(stat -c %a "$farm/register/systems/redis.yaml")" = 640 ]; echo $?)" 'the file keeps its mode'
fits 'a key'
run register add private:hieradata/common.yaml redis::new_password --secret redis/new
exits 6 'a second time'
says 'the register knows private:hieradata/common.yaml redis::new_password'
restore
value >"$farm/private/files/it's new.key"
run check "${everything[@]}"
next=$(sed -n 's/^    \(firebreak register add .*\)/\1/p' "$scratch/out")
eval "run ${next#firebreak } --secret redis/key --unused x"
exits 0 'a file whose name needs quotes, as check said it'
says "{repository: private, file: 'files/it''s new.key'}"
fits 'a file'
restore
printf 'redis::accounts:\n  - name: x\n    www.example.org: %s\n' "$(value)" >"$farm/private/hieradata/hosts/db11.yaml"
run check "${everything[@]}"
says "firebreak register add private:hieradata/hosts/db11.yaml 'redis::accounts.0.'\\''www.example.org'\\'''"
run register add private:hieradata/hosts/db11.yaml redis::accounts.0.name --not-secret data --why "a name: it's known"
exits 0 'no secret'
says "why: 'a name: it''s known'"
run register add private:hieradata/hosts/db11.yaml "redis::accounts.0.'www.example.org'" --secret redis/account \
	--unused x
exits 0 'a key below a key'
fits 'a leaf far below'
restore
master=$(sed -n "s/^passwords::redis::master: '\([^']*\)'.*/\1/p" "$common")
sed -i "s/^passwords::redis::master: .*/&\nredis::again: '$master'/" "$common"
run register add private:hieradata/common.yaml redis::again --secret redis/password
exits 0 'one more place of a secret that is there'
fits 'a twin'
restore
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/eyaml.key" -out "$scratch/eyaml.crt" -subj / -days 2 \
	2>/dev/null
sed -i "s#^  private:#&\n    eyaml: {public: $scratch/eyaml.crt, private: $scratch/eyaml.key}#" \
	"$farm/register/firebreak.yaml" "$scratch/register.clean/firebreak.yaml"
value | tr -d '\n' | openssl cms -encrypt -aes256 -outform DER "$scratch/eyaml.crt" | base64 -w0 >"$scratch/sealed"
echo "redis::sealed: ENC[PKCS7,$(cat "$scratch/sealed")]" >>"$common"
run check "${everything[@]}"
says 'firebreak register add private:hieradata/common.yaml redis::sealed'
run register add private:hieradata/common.yaml redis::sealed --secret redis/sealed --unused x
exits 0 'an encrypted value'
fits 'an encrypted value'
mv "$scratch/eyaml.key" "$scratch/elsewhere"
cp -a "$scratch/register.clean/." "$farm/register/"
run register add private:hieradata/common.yaml redis::sealed --secret redis/sealed --unused x
exits 0 'the same without its key'
run check "${everything[@]}"
exits 4 'where check cannot open it'
result "$(grep -q unregistered "$scratch/out"; [ $? = 1 ]; echo $?)" 'but knows it'
mv "$scratch/elsewhere" "$scratch/eyaml.key"
restore

# Consumers come from the manifests.
echo "redis::sentinel: '$(value)'" >>"$common"
cat >"$scratch/resource" <<'RESOURCE'
  file { '/etc/redis/sentinel.conf':
    mode    => '0600',
    content => lookup('redis::sentinel'),
    notify  => Service['redis-server'],
  }
RESOURCE
sed -i -e "/^) {/r $scratch/resource" "$farm/puppet/modules/redis/manifests/init.pp"
run register add private:hieradata/common.yaml redis::sentinel --secret redis/sentinel "${everything[@]}"
exits 0 'consumers'
says '+      - {hosts: jobchron1, file: /etc/redis/sentinel.conf, service: redis-server, restart: puppet}'
says '+    kind: redis-password'
fits 'consumers'
cp -a "$scratch/register.clean/." "$farm/register/"
run register add private:hieradata/common.yaml redis::sentinel --secret other/sentinel --system redis \
	--kind redis-password --consumer jobchron1:/etc/redis/sentinel.conf:redis-server:puppet
exits 0 'the same by hand'
says '+    system: redis'
fits 'consumers by hand'
cp -a "$scratch/register.clean/." "$farm/register/"

# By asking.
add=(register add private:hieradata/common.yaml redis::sentinel "${everything[@]}")
at_terminal 'Is it a secret?' '' 'Name of the secret' '' 'Kind [redis-password]' '' 'Take them? yes or no [yes]' '' \
	'Write this?' 'no' -- "${add[@]}"
exits 1 'no is no'
says 'nothing was written'
result "$(diff -r "$scratch/register.clean" "$farm/register" >/dev/null; echo $?)" 'and nothing is written'
at_terminal 'Is it a secret?' '' 'Name of the secret; of one that is there: one more place of it [redis/sentinel]' '' \
	'Kind [redis-password]' '' 'Take them?' '' 'Write this?' '' -- "${add[@]}"
exits 0 'what is proposed, taken'
fits 'asked'
cp -a "$scratch/register.clean/." "$farm/register/"
at_terminal 'Is it a secret?' 'data' 'Why is it none' '' -- "${add[@]}"
exits 1 'without a reason'
at_terminal 'Is it a secret?' 'data' 'Why is it none' 'a port, not a password' 'Write this?' 'yes' -- "${add[@]}"
exits 0 'no secret, with a reason'
says "why: 'a port, not a password'"
only_adds 'and nothing else has changed'
cp -a "$scratch/register.clean/." "$farm/register/"
at_terminal 'Is it a secret?' 'perhaps' -- "${add[@]}"
exits 2 'an answer that is none'
at_terminal 'Is it a secret?' 'yes' 'Name' 'No Name' -- "${add[@]}"
exits 2 'a name that is none'
run "${add[@]}"
exits 2 'without a terminal nobody is asked'
says 'say --secret NAME and --kind KIND, or --not-secret'
restore

# What cannot be.
run register add private:hieradata/common.yaml new::key --secret nothing/x --kind k --unused x
exits 5 'a system that is not there'
says "no system 'nothing'"
sed -i 's/^secrets:/secrets: \&all/' "$farm/register/systems/redis.yaml"
run register add private:hieradata/common.yaml new::key --secret redis/x --kind k --unused x
exits 5 'a text that cannot take it'
says 'systems/redis.yaml:'
restore
sed -i '/^register:/d' "$farm/register/firebreak.yaml"
run register add private:hieradata/common.yaml new::key --secret redis/x --kind k --unused x
exits 5 'a register that is wrong'
restore
for words in 'private' 'nothing:x' 'puppet:x' 'private:x a b' 'private:x --secret redis/x --not-secret data --why x' \
	'private:x --not-secret data' 'private:x --not-secret harmless --why x' 'private:x --secret Redis' \
	'private:x --secret redis/x --consumer nobody' 'private:x --secret redis/x --consumer :/x'; do
	run register add $words
	exits 2 "wrong use: $words"
done
result "$(diff -r "$scratch/register.clean" "$farm/register" >/dev/null; echo $?)" 'none of them wrote anything'
result "$(grep -qF -f "$scratch/values" "$scratch/said"; [ $? = 1 ]; echo $?)" 'no value stands in what was said'
finish
