#!/usr/bin/env bash
# What `firebreak check` and `firebreak hook` do with repositories that are not as they should be: a sentence with the
# place, the rest goes on, nothing of them runs, and the exit code is never 0. Usage: bad-input.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
export FIREBREAK_STATE="$scratch/state" FIREBREAK_REGISTER="$scratch/register" HOME="$scratch" LC_ALL=C.UTF-8
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada \
	GIT_COMMITTER_EMAIL=ada@example.org
unset NO_COLOR XDG_STATE_HOME XDG_CONFIG_HOME SUDO_USER GIT_CONFIG_GLOBAL || true
work=$scratch/work
bare=$scratch/private.git
value() { head -c 24 /dev/urandom | base64 | tr '+/' 'xy' | tee -a "$scratch/values"; }
commit() { git -C "$work" add -A && git -C "$work" commit -qm "${1:-change}"; }
kept() { cat "$scratch/out" "$scratch/err" >>"$scratch/said"; }

begin() {             # [git init options]: a repository with one known and one unknown value
	rm -rf "$bare" "$work" "$scratch/state"
	git init -q -b main "$@" "$work"
	git init -q --bare -b main "$@" "$bare"
	mkdir -p "$work/hieradata" "$work/files"
	printf "a::password: '%s'\nb::unknown: '%s'\n" "$(value)" "$(value)" >"$work/hieradata/common.yaml"
	commit 'Begin'
	git -C "$work" push -q "$bare" main
	"$firebreak_program" hook install "$bare" >/dev/null
}
# TEXT WORDS [PATH]: check says the words as a gap, and tells of the unknown value all the same
unread() {
	run check -R "private=${3:-$work}"
	kept
	exits 4 "check: $1"
	result "$(grep -q '^not read: ' "$scratch/err" && grep -qF -e "$2" "$scratch/err"; echo $?)" "it says: $2"
	result "$(grep -q "unregistered: 'b::unknown'" "$scratch/out"; echo $?)" 'the rest goes on'
}
declines() {          # TEXT WORDS: and so does the hook, of a push of it
	commit
	git -C "$work" push "$bare" HEAD:main >"$scratch/out" 2>&1
	code=$?
	: >"$scratch/err"
	kept
	result "$([ $code != 0 ] && grep -q 'pre-receive hook declined' "$scratch/out"; echo $?)" "hook: $1"
	says "$2"
}

mkdir -p "$FIREBREAK_REGISTER"
cat >"$FIREBREAK_REGISTER/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Test Farm, team: team@example.org, approver: lead}
	roles: {lead: {root: true}}
	people: {alice: {name: Alice Archer, mail: alice@example.org, roles: [lead]}}
	hosts: {box: {reach: local}}
	repositories: {private: {kind: private, url: '$bare'}}
	systems: {thing: {title: The thing, contacts: [alice], hosts: [box]}}
	secrets:
	  thing/password:
	    kind: redis-password
	    places: [{repository: private, file: hieradata/common.yaml, key: 'a::password'}]
	    unused: for this test
REGISTER

begin
printf 'x: [1\n' >"$work/hieradata/broken.yaml"
unread 'broken YAML' 'private:hieradata/broken.yaml:'
declines 'broken YAML' 'private:hieradata/broken.yaml:'
begin
truncate -s 1G "$work/files/large.bin"
unread 'a file of 1 GB' 'private:files/large.bin: 1073741824 bytes'
truncate -s 40M "$work/files/large.bin"
declines 'a file over the limit' 'private:files/large.bin: 41943040 bytes'
begin
value >"$work/files/$(printf 'new\nline')"
printf '\xff\xfe' >"$work/files/$(printf 'no\xfftext')"
run check -R "private=$work"
kept
exits 1 'check: names with newlines and of other bytes are files like any other'
says 'private:files/new\nline:1:1: unregistered'
says 'private:files/no\xfftext:1:1: unregistered'
says 'give it a name that a register can hold'
declines 'such names' 'files/new\nline:1'
begin
ln -s /etc/passwd "$work/files/out"
ln -s ../hieradata/common.yaml "$work/files/within"
unread 'a link that leads out' 'private:files/out: a symbolic link'
result "$(grep -q 'root:x:0' "$scratch/said"; [ $? = 1 ]; echo $?)" 'it is not followed'
declines 'a link that leads out' 'private:files/out: a symbolic link'
begin
git -C "$work" update-index --add --cacheinfo "160000,$(git -C "$work" rev-parse HEAD),files/sub"
git -C "$work" commit -qm sub
git clone -q --bare "$work" "$scratch/sub.git"
unread 'a submodule' 'private:files/sub: a submodule' "$scratch/sub.git"
declines 'a submodule' 'private:files/sub: a submodule'
begin
mkdir "$work/files/inner"
git init -q "$work/files/inner"
unread 'a repository within' 'private:files/inner'
begin
mkfifo "$work/files/pipe"
unread 'a pipe' 'private:files/pipe'
begin
cat >>"$work/.git/config" <<-CONFIG
	[core]
	    fsmonitor = "touch $scratch/ran"
	    hooksPath = $scratch/evil
	    pager = "touch $scratch/ran"
	    sshCommand = "touch $scratch/ran"
	[filter "evil"]
	    clean = "touch $scratch/ran"
	    smudge = "touch $scratch/ran"
	[diff "evil"]
	    textconv = "touch $scratch/ran"
	    command = "touch $scratch/ran"
	[diff]
	    external = "touch $scratch/ran"
CONFIG
printf '* filter=evil diff=evil\n' >"$work/.git/info/attributes"
printf '* filter=evil diff=evil\n' >"$work/.gitattributes"
run check -R "private=$work"
kept
exits 1 'check: hostile configuration and attributes'
says "unregistered: 'b::unknown'"
result "$([ ! -e "$scratch/ran" ]; echo $?)" 'nothing of them runs'
cat "$work/.git/config" >>"$bare/config"
sed -i '/hooksPath/d' "$bare/config"
cp "$work/.gitattributes" "$bare/info/attributes"
git -C "$work" config --remove-section filter.evil
git -C "$work" config --unset core.fsmonitor
git -C "$work" -c core.attributesFile=/dev/null add -f .gitattributes 2>/dev/null
rm -f "$scratch/ran"
declines 'a hostile configuration of the server' '.gitattributes:1'
result "$([ ! -e "$scratch/ran" ]; echo $?)" 'nothing of it runs'
begin
value >"$work/files/known"
commit
git -C "$bare" config uploadpack.allowFilter true
git clone -q --bare --filter=blob:none "file://$bare" "$scratch/partial.git" 2>/dev/null
run check -R "private=$scratch/partial.git"
kept
exits 4 'check: a partial clone'
says 'private:hieradata/common.yaml: git does not have it here'
begin
oid=$(git -C "$work" rev-parse HEAD:hieradata/common.yaml)
value >"$work/files/known"
commit
rm -f "$work/.git/objects/${oid:0:2}/${oid:2}"
run check -R "private=$work" --since HEAD
exits 4 'check: a lost object'
begin
printf "c::sealed: ENC[PKCS7,%s]\n" "$(head -c 300 /dev/urandom | base64 -w0)" >>"$work/hieradata/common.yaml"
unread 'an encrypted value without its key' '1 value encrypted with hiera-eyaml cannot be opened'
says "unregistered: 'c::sealed'"
declines 'an encrypted value that nobody registered' "'c::sealed'"
begin
printf "c: &x {y: 1}\nd: !!binary aGVsbG8=\ne: 2021-01-01\nc: 2\n" >>"$work/hieradata/common.yaml"
unread 'YAML that Hiera refuses or reads in its own way' 'Hiera refuses a date'
declines 'such YAML' 'Hiera refuses a date'
begin --object-format=sha256
run check -R "private=$work"
exits 1 'check: SHA-256'
says "unregistered: 'b::unknown'"
printf 'x: [1\n' >"$work/hieradata/broken.yaml"
unread 'broken YAML of a SHA-256 repository' 'private:hieradata/broken.yaml:'
declines 'the same' 'private:hieradata/broken.yaml:'
result "$(grep -qF -f "$scratch/values" "$scratch/said"; [ $? = 1 ]; echo $?)" 'no value stands in what was said'
finish
