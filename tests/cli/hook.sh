#!/usr/bin/env bash
# `firebreak hook`: real pushes of a real git, over a path and over ssh, into repositories that have the hook.
# Usage: hook.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/sshd.sh"
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada \
	GIT_COMMITTER_EMAIL=ada@example.org
unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER FIREBREAK_REGISTER GIT_CONFIG_GLOBAL || true
value() { head -c 24 /dev/urandom | base64 | tr '+/' 'xy' | tee -a "$scratch/values"; }
: >"$scratch/values"
register=$scratch/register
work=$scratch/work
bare=$scratch/private.git
common=$work/hieradata/common.yaml

write_register() {    # FOLDER
	mkdir -p "$1"
	cat >"$1/firebreak.yaml" <<-REGISTER
		register: 1
		organisation: {name: Test Farm, team: team@example.org, approver: lead}
		roles: {lead: {root: true}}
		people:
		  alice: {name: Alice Archer, mail: alice@example.org, roles: [lead]}
		hosts:
		  box: {reach: local}
		repositories:
		  private: {kind: private, url: '$bare'}
		  puppet: {kind: puppet, url: '$scratch/puppet.git'}
		systems:
		  thing: {title: The thing, contacts: [alice], hosts: [box]}
		secrets:
		  thing/password:
		    kind: redis-password
		    places: [{repository: private, file: hieradata/common.yaml, key: 'thing::password'}]
		    unused: for this test
		  thing/key:
		    kind: shared-secret
		    places: [{repository: private, file: files/thing.key}]
		    unused: for this test
		not_secret:
		  - {repository: private, file: 'files/geoip/**', class: data, why: written by a robot}
		  - {repository: private, file: hieradata/common.yaml, key: 'firewall::*', class: data, why: networks}
	REGISTER
}

git_quiet() { git "$@" >/dev/null 2>&1; }
commit() { git -C "$work" add -A && git -C "$work" commit -qm "${1:-change}"; }
push() {              # words of git push; code and out (what git shows) are kept
	code=0
	: >"$scratch/err"
	git -C "$work" push "$@" >"$scratch/out" 2>&1 || code=$?
	cat "$scratch/out" >>"$scratch/said"
}
taken() { result "$([ "$code" = 0 ]; echo $?)" "$1"; }
refused() {           # TEXT: and the repository is as it was
	result "$([ "$code" != 0 ] && grep -q 'pre-receive hook declined' "$scratch/out"; echo $?)" "$1"
}
quiet() { result "$(grep -q '^remote: ' "$scratch/out"; [ $? = 1 ]; echo $?)" 'without a word'; }
back() { git -C "$work" reset -q --hard origin/main && git -C "$work" clean -fdq; }   # as the repository has it
begin() {             # [git init options]: a repository with something registered, something old, and the hook
	rm -rf "$bare" "$work" "$register"
	git init -q --bare -b main "$@" "$bare"
	git init -q -b main "$@" "$work"
	git -C "$work" remote add origin "$bare"
	mkdir -p "$work/hieradata" "$work/files/geoip"
	printf "# private\nthing::password: '%s'\nold::sin: '%s'\n" "$(value)" "$(value)" >"$common"
	value >"$work/files/thing.key"
	commit 'Begin'
	git_quiet -C "$work" push -u origin main
	write_register "$register"
	run hook install "$bare" --register "$register"
}

begin
exits 0 'installed'
says "pushes to 'private' are held against the register in '$register'"
result "$([ "$(stat -c '%a %U' "$bare/hooks/pre-receive")" = "755 $(stat -c %U "$bare/hooks")" ]; echo $?)" \
	'executable, the owner of the folder is its owner'
before=$(stat -c '%i %Y' "$bare/hooks/pre-receive")
run hook install "$bare" --register "$register"
says 'nothing to do'
result "$([ "$(stat -c '%i %Y' "$bare/hooks/pre-receive")" = "$before" ]; echo $?)" 'a second time nothing is written'
chmod 750 "$bare/hooks/pre-receive"
run hook install "$bare" --register "$register" --strict
result "$([ "$(stat -c %a "$bare/hooks/pre-receive")" = 750 ] && grep -q -- "--strict" "$bare/hooks/pre-receive"
	echo $?)" 'other words replace it, its mode stays'
run hook install "$bare" --register "$register"
run hook status "$bare"
exits 0 'status'
says "it runs: firebreak hook pre-receive --repository='private' --register='$register'"
run hook status "$bare" --json
result "$(jq -e '.hook == "installed" and .runs and .emergency_option and .let_through == []' "$scratch/out" >/dev/null
	echo $?)" 'status for machines'
chmod 640 "$bare/hooks/pre-receive"
run hook status "$bare"
exits 1 'a hook that is not executable is none'
says 'not executable'
run hook install "$bare" --register "$register"
run hook status "$bare"
exits 0 'and is mended by another install'

# What is registered, declared, or old goes through.
printf "# private\nthing::password: '%s'\nold::sin: '%s'\n" "$(value)" \
	"$(sed -n "s/^old::sin: '\(.*\)'/\1/p" "$common")" >"$common"
value >"$work/files/thing.key"
commit
push
taken 'new values of registered places'
says 'note: 1 value in the same files stood there before and is not registered'
head -c 3000 /dev/urandom >"$work/files/geoip/GeoLite2-Country.mmdb"
commit 'A robot'
push
taken 'the declared data of a robot'
quiet
echo "firewall::blocked: [192.0.2.1, 192.0.2.2]" >>"$common"
echo "thing::enabled: true" >>"$common"
commit
push
taken 'declared keys, and truths'

# What nobody registered does not.
echo "new::password: '$(value)'" >>"$common"
commit
push
refused 'a key that nobody registered'
says "remote: firebreak: this push is refused. 1 value of 'private' that nobody registered:"
says "remote:   hieradata/common.yaml:6: 'new::password' (commit $(git -C "$work" rev-parse --short=12 HEAD))"
says "remote:     firebreak register add private:hieradata/common.yaml new::password"
says 'Add each to the register, or declare it there as not secret, and push again.'
result "$([ "$(git --git-dir="$bare" rev-parse main)" = "$(git -C "$work" rev-parse HEAD~1)" ]; echo $?)" \
	'the repository has not moved'
result "$(find "$bare/objects" -name 'tmp_objdir*' -o -name 'incoming*' | grep -q .; [ $? = 1 ]; echo $?)" \
	'and nothing of the push is left in it'
git -C "$work" tag -a -m 'A tag' v1
push origin v1
refused 'nor by a tag'
push origin HEAD:refs/heads/topic
refused 'nor on a new branch'
push --force origin HEAD~1:refs/heads/fine HEAD:refs/heads/topic
refused 'nor together with a branch that is fine'
sed -i '/^new::password/d' "$common"
commit 'Take it out again'
push
refused 'nor when a later commit takes it out again'
says 'taken out again, but it stays in the history'
says 'rewrite the commits that have it (git rebase -i)'
result "$(grep -q 'register add' "$scratch/out"; [ $? = 1 ]; echo $?)" 'where registering it would not help'
git_quiet -C "$work" tag -d v1
back
sed -i "s/^old::sin: .*/old::sin: '$(value)'/" "$common"
commit
push
refused 'a new value for something that nobody registered'
says "hieradata/common.yaml:3: 'old::sin' has a new value"
back
git -C "$work" mv files/thing.key files/other.key
commit
push
refused 'a registered file under another name'
says "files/other.key:1: (commit"
back
value >"$work/files/a b'c.txt"
commit
push
refused 'a file whose name needs quotes'
says "firebreak register add 'private:files/a b'\\''c.txt'"
back
value >"$work/files/$(printf 'new\nline')"
commit
push
refused 'a file with a newline in its name'
says 'files/new\nline:1'
result "$(grep -q 'register add' "$scratch/out"; [ $? = 1 ]; echo $?)" 'which no register can name'
back
printf 'profile::new:\n  accounts:\n    - name: %s\n' "$(value)" >"$work/hieradata/deep.yaml"
commit
push
refused 'a leaf far below'
says "hieradata/deep.yaml:3: 'profile::new.accounts.0.name'"
back

printf '# old: %s\n# just words: and no value\n' "$(value)" >>"$common"
commit
push
refused 'a value in a comment'
says "hieradata/common.yaml:6: a comment with a value for 'old' (commit"
back

# A merge brings what its parents do not have.
git -C "$work" checkout -q -b side
echo "firewall::more: [192.0.2.3]" >>"$common"
commit
git -C "$work" checkout -q main
value >"$work/files/thing.key"
commit
git_quiet -C "$work" merge --no-commit side
echo "evil::password: '$(value)'" >>"$common"
commit 'Merge, and more'
push
refused 'what only the merge itself brings'
says "'evil::password'"
back
git_quiet -C "$work" merge --no-edit side
push
taken 'a merge of what is fine'

# Several, and what has no commit to look at.
push origin --delete nothing-like-this
git_quiet -C "$work" push origin main:refs/heads/gone
push origin --delete gone
taken 'a branch that is deleted'
quiet
git -C "$work" commit -q --amend -m 'Another message'
push --force
taken 'a force push of what is registered'
git -C "$work" tag -a -m 'Fine' v2
push origin v2 main:refs/heads/one main:refs/heads/two main:refs/heads/three
taken 'a tag and three branches at once'
quiet
value >"$scratch/blob"
git -C "$work" tag blob "$(git -C "$work" hash-object -w "$scratch/blob")"
push origin blob
refused 'a tag of bytes that no commit has'
says "'refs/tags/blob' leads to no commit"
git_quiet -C "$work" tag -d blob

# Bad input.
printf 'a: [1\n' >"$work/hieradata/broken.yaml"
commit
push
refused 'broken YAML'
says 'private:hieradata/broken.yaml:'
says 'nobody can say what it holds'
printf 'firewall::x: 1\n' >"$work/hieradata/broken.yaml"
commit
push
refused 'also when a later commit mends it'
back
ln -s /etc/passwd "$work/files/link"
commit
push
refused 'a link that leads out'
says 'a symbolic link that leads out of the repository'
back
git -C "$work" update-index --add --cacheinfo "160000,$(git -C "$work" rev-parse HEAD),files/sub"
git -C "$work" commit -qm sub
push
refused 'a submodule'
says 'a submodule'
back
head -c 40000000 /dev/zero >"$work/files/large.bin"
commit
push
refused 'a file over the limit'
says 'files/large.bin: 40000000 bytes'
back
head -c 40000000 /dev/zero >"$work/files/geoip/large.mmdb"
commit
push
taken 'unless it is declared, whatever it holds'
printf '*.yaml filter=evil diff=evil -text\n' >"$work/.gitattributes"
commit
push
refused 'attributes are a file like any other'
says '.gitattributes:1'
back
printf "sealed::password: ENC[PKCS7,%s]\n" "$(head -c 300 /dev/urandom | base64 -w0)" >>"$common"
commit
push
refused 'an encrypted value that nobody registered, without its key'
says "'sealed::password'"
sed -i '/^sealed/d' "$common"
sealed=$(head -c 300 /dev/urandom | base64 -w0 | tr / x)
sed -i "s/^thing::password: .*/thing::password: ENC[PKCS7,$sealed]/" "$common"
git -C "$work" reset -q --soft origin/main
commit
push
taken 'an encrypted value of a registered place, without its key'

# Firebreak's own commits are never held up: what they change stood there before.
sed -i "s/^old::sin: .*/old::sin: '$(value)'/" "$common"
git -C "$work" add -A
git -C "$work" commit -qm 'Rotate old/sin (incident 1)' -m 'Firebreak-Journal: 12 abcdef'
push
taken 'a rotation that this register does not know of'
says 'note: 1 rotated value is not in the register of this server'
mv "$register/firebreak.yaml" "$scratch/kept.yaml"
printf 'register: [\n' >"$register/firebreak.yaml"
sed -i "s/^thing::password: .*/thing::password: '$(value)'/" "$common"
git -C "$work" add -A
git -C "$work" commit -qm 'Rotate thing/password (incident 1)' -m 'Firebreak-Journal: 13 abcdef'
push
taken 'a rotation while the register is broken'
says 'the register cannot be read: firebreak.yaml:'
says 'This push adds nothing new and is taken.'
echo "fresh::password: '$(value)'" >>"$common"
git -C "$work" add -A
git -C "$work" commit -qm 'Rotate fresh (incident 1)' -m 'Firebreak-Journal: 14 abcdef'
push
refused 'something new while the register is broken, whatever the commit says of itself'
says 'Until it can, everything new is refused.'

# The way out is written down.
says "In an emergency: git push -o firebreak-emergency='why it cannot wait'"
push -o firebreak-emergency=
refused 'an emergency without a reason'
push -o "firebreak-emergency=mail is down $(printf '\033')[31m"
taken 'an emergency'
says 'let through as an emergency, and written down'
mv "$scratch/kept.yaml" "$register/firebreak.yaml"
run hook status "$bare"
says 'mail is down \x1b[31m (1 not registered, 0 not read)'
run hook status "$bare" --json
result "$(jq -e '.let_through | length == 1 and (.[0].refs[0].name == "refs/heads/main") and
	(.[0].who | length > 0)' "$scratch/out" >/dev/null; echo $?)" 'with who and what, for machines too'
push
quiet
echo "again::password: '$(value)'" >>"$common"
commit
mv "$bare/firebreak-emergencies" "$scratch/kept"
mkdir "$bare/firebreak-emergencies"
push -o firebreak-emergency=now
refused 'an emergency that cannot be written down'
rmdir "$bare/firebreak-emergencies"
run hook install "$bare" --register "$register" --strict
push -o firebreak-emergency=now
refused 'no way out with --strict'
back

# Where the register is: in a repository at a branch, or in the pushed one itself.
run hook install "$bare" --register "$scratch/nowhere"
exits 1 'a register that is not there'
git init -q -b main "$scratch/register-work"
write_register "$scratch/register-work/farm's register"
git -C "$scratch/register-work" add -A
git -C "$scratch/register-work" commit -qm register
git clone -q --bare "$scratch/register-work" "$scratch/it's the register.git"
run hook install "$bare" --register "$scratch/it's the register.git" --branch main --folder "farm's register"
exits 0 'the register of a bare repository, with quotes in its name'
value >"$work/files/thing.key"
commit
push
taken 'its places are known'
quiet
echo "new::password: '$(value)'" >>"$common"
commit
push
refused 'what it does not know is refused'
sed -i 's/key: .thing::password.}/&, {repository: private, file: hieradata\/common.yaml, key: "new::password"}/' \
	"$scratch/register-work/farm's register/firebreak.yaml"
git -C "$scratch/register-work" commit -qam 'Know it'
git_quiet -C "$scratch/register-work" push "$scratch/it's the register.git" main
push
taken 'until the register was pushed'
run hook install "$bare" --register "$bare" --folder register
exits 2 'a register that will come with a push'
says 'say which of its repositories this is'
run hook install "$bare" --register "$bare" --folder register --repository private
exits 0 'and the name was said'
echo "own::password: '$(value)'" >>"$common"
commit
push
refused 'no register came'
write_register "$work/register"
sed -i 's/^not_secret:/&\n  - {repository: private, file: "register\/**", class: data, why: the register itself}/
	s/key: .thing::password.}/&, {repository: private, file: hieradata\/common.yaml, key: "own::password"}/' \
	"$work/register/firebreak.yaml"
commit 'The register'
push
taken 'the register came with what it speaks of'
git -C "$work" checkout -q -b topic
echo "topic::password: '$(value)'" >>"$common"
sed -i 's/key: .thing::password.}/&, {repository: private, file: hieradata\/common.yaml, key: "topic::password"}/' \
	"$work/register/firebreak.yaml"
commit 'Both on a branch'
push origin topic
taken 'each branch has its own'
git -C "$work" checkout -q main
echo "topic::password: '$(value)'" >>"$common"
commit 'The value without its entry'
push origin main topic
refused 'and does not speak for another'
git -C "$work" reset -q --hard origin/main

# Hooks of others, and what is no repository.
run hook remove "$bare"
says 'removed'
run hook remove "$bare"
says 'nothing to do'
run hook status "$bare"
exits 1 'no hook'
printf '#!/bin/sh\nexit 0\n' >"$bare/hooks/pre-receive"
run hook install "$bare" --register "$register"
exits 6 'a hook of somebody else stays'
says 'a hook of somebody else'
run hook remove "$bare"
exits 6 'and is not removed'
result "$([ "$(cat "$bare/hooks/pre-receive")" = "$(printf '#!/bin/sh\nexit 0')" ]; echo $?)" 'not a byte of it'
rm "$bare/hooks/pre-receive"
ln -s /nowhere "$bare/hooks/pre-receive"
run hook install "$bare" --register "$register"
exits 6 'a link is somebody else'\''s as well'
rm -rf "$bare/hooks"
run hook install "$bare" --register "$register"
exits 0 'the folder for hooks is made'
git --git-dir="$bare" config core.hooksPath /elsewhere
run hook install "$bare" --register "$register"
exits 5 'git would not run it'
says 'core.hooksPath'
git --git-dir="$bare" config --unset core.hooksPath
git config --global core.hooksPath /elsewhere
run hook install "$bare" --register "$register"
says "core.hooksPath in $scratch/.gitconfig"
rm "$scratch/.gitconfig"
mkdir "$scratch/no-repository"
run hook install "$scratch/no-repository" --register "$register"
exits 5 'no repository'
run hook install "$work" --register "$register" --repository private
exits 0 'a work tree'
result "$([ -x "$work/.git/hooks/pre-receive" ]; echo $?)" 'has its hook below .git'
run hook install "$work" --register "$register" --repository puppet
exits 2 'a public repository needs none'
run hook install "$work" --register "$register"
exits 2 'a repository that the register does not name'
sed "s#^firebreak='.*'#firebreak='/gone/firebreak'#" "$bare/hooks/pre-receive" >"$scratch/hook"
cp "$scratch/hook" "$bare/hooks/pre-receive"
value >"$work/files/thing.key"
commit
push
refused 'no program, no push'
says 'remote: firebreak: /gone/firebreak is not there any more'
for words in 'pre-receive' 'install' 'nonsense' "install $bare extra" "install $bare --folder /x"; do
	run hook $words
	exits 2 "wrong use: $words"
done
echo "$(git -C "$work" rev-parse HEAD~) $(git -C "$work" rev-parse HEAD) refs/heads/main" >"$scratch/line"
"$firebreak_program" hook pre-receive --repository private --register "$register" <"$scratch/line" >"$scratch/out" \
	2>"$scratch/err"
result "$([ $? = 2 ] && grep -q 'no pre-receive hook' "$scratch/err"; echo $?)" 'run by a person it says what it is'

# SHA-256, and over ssh.
begin --object-format=sha256
exits 0 'a SHA-256 repository'
echo "new::password: '$(value)'" >>"$common"
commit
push
refused 'a SHA-256 push'
says "'new::password'"
back
value >"$work/files/thing.key"
commit
push
taken 'and a good one'
begin
far_begin "$scratch/ssh" || { echo 'Bail out! sshd does not answer'; exit 1; }
export GIT_SSH_COMMAND="ssh -F $scratch/ssh/config"
git -C "$work" remote set-url origin "ssh://far$bare"
echo "new::password: '$(value)'" >>"$common"
commit
push
refused 'a push over ssh'
says "remote:   hieradata/common.yaml:4: 'new::password'"
push -o firebreak-emergency='the other site is down'
taken 'an emergency over ssh'
run hook status "$bare"
says 'from 127.0.0.1: the other site is down'
value >"$work/files/thing.key"
commit
push
taken 'a good push over ssh'
far_end

cp "$bare/firebreak-emergencies" "$scratch/log"
result "$(cat "$scratch/said" "$scratch/log" | grep -qF -f "$scratch/values"; [ $? = 1 ]; echo $?)" \
	'no value stands in what was said or written down'
finish
