#!/usr/bin/env bash
# `firebreak scan`: what looks like a secret, in folders and histories, and bad input of every kind. Values are made
# here and now. Usage: scan.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
mkdir "$scratch/tmp"
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8 TMPDIR="$scratch/tmp"
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2026-03-04T05:06:07Z' GIT_COMMITTER_DATE='2026-03-04T05:06:07Z'
unset NO_COLOR XDG_STATE_HOME SUDO_USER FIREBREAK_REGISTER || true
git config --global user.name 'Carol C' && git config --global user.email carol@example.org
git config --global init.defaultBranch main
: >"$scratch/values"

# Compiling every rule is most of a short run: all of them are asked once in each section, two otherwise.
{ printf 'rules: 1\noff:\n'; grep -oE '^  - id: [a-z0-9_-]+' "$source_root/rules/secrets.yaml" | cut -c9- |
	grep -vxE 'postgresql-url|key-pem-pkcs8' | sed 's/^/  - /'; } >"$scratch/few.yaml"
scan() { run scan --rules "$scratch/few.yaml" "$@"; }

# A new value each time, kept to be searched for in whatever is said.
value() { head -c 15 /dev/urandom | base64 | tr '+/' 'xy' | tee -a "$scratch/values" | tr -d '\n'; }
line() { printf 'db = postgresql://app:%s@db.example.org/app\n' "$1"; }
fresh() { rm -rf "$scratch/d" && mkdir "$scratch/d" && cd "$scratch/d"; }
repo() { fresh && git init -q "$@" .; }
commit() { git add -A && git commit -qm "$1"; }
silent() { result "$([ ! -s "$scratch/out" ] && [ ! -s "$scratch/err" ]; echo $?)" "$1"; }
finds() { result "$([ "$(grep -c '^[^ ]' "$scratch/out")" = "$1" ]; echo $?)" "$2: $1 findings"; }
json() { result "$(jq -e "$1" "$scratch/out" >/dev/null; echo $?)" "$2"; }
alone() { result "$([ ! -s "$scratch/err" ]; echo $?)" "$1: nothing else is told"; }
not_read() {          # WORDS: exactly one sentence of what was not read, one line, and the end that says so
	result "$([ "$(grep -c '^not read: ' "$scratch/err")" = 1 ] && [ "$(wc -l <"$scratch/err")" = 2 ] &&
		grep -q "not everything was read" "$scratch/err" && grep -qF -e "$1" "$scratch/err"; echo $?)" \
		"one sentence: $1"
}

# --- folders and files
fresh
echo 'all is well' >a
run scan .
exits 0 'a folder without secrets'
silent 'which is silent'
mkdir sub && { echo 'first'; line "$(value)"; } >sub/app.conf && cp sub/app.conf b
run scan .
exits 1 'a value in two files'
says 'sub/app.conf:2:23: postgresql-url: '
finds 2 'two files'
alone 'a folder with findings'
scan --json
json '.complete and .findings[0].tag == .findings[1].tag and (.findings[0].tag | length == 16)' 'one value has one tag'
json '[.findings[] | .file] == ["b", "sub/app.conf"]' 'in the order of files'
json '.findings[0].fingerprint != .findings[1].fingerprint' 'two places are two fingerprints'
scan sub/app.conf
exits 1 'one file'
says 'app.conf:2:23: postgresql-url: '
openssl genrsa 2048 2>/dev/null >key.pem
sed -n 5p key.pem >>"$scratch/values"
scan key.pem
says 'key-pem-pkcs8: '
"$source_root/tests/rules/sarif.sh" "$source_root/tests/data/sarif-2.1.0.json" "$firebreak_program" scan --sarif
result $? 'SARIF, as its schema says'
for w in "a b" "nowhere" "--sarif --json" "--unreachable" "--check-rules x a" "--nothing"; do
	scan $w
	exits 2 "wrong use: $w"
done

# --- accepted, with a reason
fresh
{ echo one; line "$(value)"; } >app.conf
scan --json
fingerprint=$(jq -r '.findings[0].fingerprint' "$scratch/out") tag=$(jq -r '.findings[0].tag' "$scratch/out")
printf 'accepted: 1\nlist:\n  - {fingerprint: %s, tag: %s, why: a value of the test}\n' "$fingerprint" "$tag" \
	>"$scratch/ok.yaml"
scan --accepted "$scratch/ok.yaml"
exits 0 'an accepted finding'
silent 'of which nothing is said'
{ echo two; echo three; echo one; cat app.conf; } >app.new && mv app.new app.conf
scan --accepted "$scratch/ok.yaml"
exits 0 'it is accepted when its line has moved'
line "$(value)" >app.conf
scan --accepted "$scratch/ok.yaml"
exits 1 'another value in its place is not accepted'
says 'ok.yaml:3:5: fits no finding any more'
# with a salt, tags are the same for each installation, and other ones than each installation's own
printf 'accepted: 1\nsalt: %s\nlist: []\n' "$(openssl rand -hex 32)" >"$scratch/salt.yaml"
scan --json --accepted "$scratch/salt.yaml"
salted=$(jq -r '.findings[0].tag' "$scratch/out")
scan --json
result "$([ ${#salted} = 16 ] && [ "$salted" != "$(jq -r '.findings[0].tag' "$scratch/out")" ]; echo $?)" \
	'tags of a salt'
sed "s/^list.*/list:\n  - {rule: postgresql-url, tag: $salted, why: a value of the test}/" "$scratch/salt.yaml" \
	>"$scratch/salted.yaml"
scan --accepted "$scratch/salted.yaml"
exits 0 'a tag of a salt is accepted'
FIREBREAK_STATE="$scratch/elsewhere" scan --accepted "$scratch/salted.yaml"
exits 0 'by another installation, too'
result "$([ ! -e "$scratch/elsewhere" ]; echo $?)" 'which needs no key of its own'
sed "s/^salt: .*/salt: $(openssl rand -hex 32)/" "$scratch/salted.yaml" >"$scratch/other.yaml"
scan --accepted "$scratch/other.yaml"
exits 1 'not with another salt'
for w in abc "$(openssl rand -hex 31)" "$(openssl rand -hex 32)0" "''"; do
	printf 'accepted: 1\nsalt: %s\nlist: []\n' "$w" >"$scratch/bad.yaml"
	scan --accepted "$scratch/bad.yaml"
	exits 5 "no salt: $w"
	says 'bad.yaml:2:'
done
printf 'accepted: 1\nlist:\n  - {rule: postgresql-url, file: "*.conf", why: all of them}\n' >"$scratch/ok.yaml"
scan --accepted "$scratch/ok.yaml"
exits 0 'a rule in some files'
mkdir sub && mv app.conf sub
scan --accepted "$scratch/ok.yaml"
exits 1 'and not in others'
for w in '  - {fingerprint: 0123456789abcdef}' '  - {why: everything}' '  - {tag: xyz, why: y}' '  - 7'; do
	printf 'accepted: 1\nlist:\n%s\n' "$w" >"$scratch/bad.yaml"
	scan --accepted "$scratch/bad.yaml"
	exits 5 "no line of accepted findings: $w"
	says 'bad.yaml:3:'
done

# --- the team's rules
fresh
printf "rules: 1\noff: [postgresql-url]\nlist:\n  - id: acme\n    title: Token of Acme\n    about: web\n" \
	>"$scratch/r.yaml"
printf "    pattern: 'acme_([a-z0-9]{20})'\n    match: ['acme_{<}{lower:20}{>}']\n    no-match: ['acme_']\n" \
	>>"$scratch/r.yaml"
token=$(head -c 4000 /dev/urandom | tr -dc 'a-z0-9' | head -c 20)
echo "$token" >>"$scratch/values"
{ line "$(value)"; echo "acme_$token"; } >f
scan --rules "$scratch/r.yaml"
exits 1 'a rule of the team'
says 'f:2:6: acme: Token of Acme'
finds 1 'and one that is switched off'
run scan --check-rules "$scratch/r.yaml"
exits 0 'a file of rules whose samples are right'
sed 's/{lower:20}/{lower:19}/' "$scratch/r.yaml" >"$scratch/r2.yaml"
run scan --check-rules "$scratch/r2.yaml"
exits 1 'a sample that is not found'
says "r2.yaml:4:5: rule 'acme': does not find its sample"
sed 's/{20})/*)/' "$scratch/r.yaml" >"$scratch/r2.yaml"
run scan --check-rules "$scratch/r2.yaml"
exits 1 'a pattern without an end'
says 'r2.yaml:4:5:'
scan --rules "$scratch/r2.yaml"
exits 5 'rules that cannot be used'
scan --rules "$scratch/nowhere.yaml"
result "$([ "$code" != 0 ] && [ "$code" != 1 ] || [ -s "$scratch/err" ]; echo $?)" 'rules that are not there'

# --- histories
repo
scan --history
exits 0 'a repository without commits'
says 'nothing was there to look through'
echo clean >f && commit first
scan --history
exits 0 'a history without secrets'
silent 'which is silent'
line "$(value)" >gone.conf && commit second && second=$(git rev-parse HEAD)
echo x >>gone.conf && commit third && git rm -q gone.conf && commit fourth && git tag base
scan
exits 0 'taken out, the files are clean'
scan --history
exits 1 'the history has it'
finds 1 'one value, one file, two versions'
says "gone.conf:1:23: postgresql-url: "
says "in 2 versions; only the history has it; added by Carol C <carol@example.org> on 2026-03-04 (${second:0:12})"
scan --history --json
json ".findings[0].commit == \"$second\" and .findings[0].when == \"2026-03-04T05:06:07Z\"" 'commit and time'
line "$(value)" >here.conf && commit fifth
git checkout -q -b side base && line "$(value)" >side.conf && commit side && git checkout -q main
git commit -q --allow-empty -m "see $(line "$(value)")"
scan --history
finds 4 'files, branches and the text of a commit'
says 'here.conf:1:23: postgresql-url: '
says 'HEAD still has it'
says 'side still has it'
says "commit $(git rev-parse HEAD | cut -c1-12) #1:6:27: postgresql-url: "
"$source_root/tests/rules/sarif.sh" "$source_root/tests/data/sarif-2.1.0.json" "$firebreak_program" scan --history \
	--sarif
result $? 'SARIF of a history'
scan --since base
finds 2 'since a commit: what HEAD has and that has not'
scan --since HEAD
exits 0 'nothing since HEAD'
scan --since nowhere
exits 5 'no commit of that name'
says 'nowhere'
git branch -qD side
scan --history
finds 3 'no branch leads there any more'
scan --history --unreachable
finds 4 'unless what nothing leads to is asked for'
says 'no branch, tag or HEAD leads there'
git clone -q --bare . "$scratch/bare.git"
scan "$scratch/bare.git"
exits 2 'a bare repository as a folder'
scan --history "$scratch/bare.git"
exits 1 'the history of a bare repository'
finds 3 'the same'
git clone -q --depth 1 "file://$PWD" "$scratch/shallow"
scan --history "$scratch/shallow"
exits 4 'a shallow clone'
not_read 'a shallow clone: the history before its oldest commits is not here'
repo --object-format=sha256
line "$(value)" >f && commit first
scan --history
exits 1 'a repository of SHA-256'
says "f:1:23: postgresql-url: Password in an address of PostgreSQL"
says "HEAD still has it; added by Carol C"

# --- bad input: one sentence each, the rest goes on, and the end is never 0
fresh
line "$(value)" >z && mkfifo pipe
scan
exits 4 'a pipe'
not_read 'pipe: neither a file, a folder nor a link'
finds 1 'the rest'
rm pipe && ln -s /etc/hostname out && ln -s z in
scan
exits 4 'a link that leads out'
not_read 'out: a symbolic link that leads out of the'
finds 1 'the rest'
rm out in && mkdir -p sub/.git
scan
exits 4 'a repository within'
not_read 'sub: a repository of its own: name it to have it read'
rm -r sub && mv z "$(printf 'odd\n\033[31m\377name')"
scan
exits 1 'a name of any bytes'
says 'odd\n\x1b[31m\xffname:1:23: '
finds 1 'on one line'
scan --json
json '.complete and (.findings[0].file | test("odd"))' 'in JSON, too'
# root reads everything, unless it may not overrule what a file says
may_not=()
[ "$(id -u)" != 0 ] || may_not=(setpriv --bounding-set=-dac_override,-dac_read_search)
echo x >denied && chmod 0 denied
code=0
"${may_not[@]}" "$firebreak_program" scan --rules "$scratch/few.yaml" >"$scratch/out" 2>"$scratch/err" || code=$?
exits 4 'a file that is not ours to read'
not_read 'denied: cannot be read: Permission denied'
finds 1 'the rest'
chmod 600 denied && mkdir closed && chmod 0 closed
code=0
"${may_not[@]}" "$firebreak_program" scan --rules "$scratch/few.yaml" >"$scratch/out" 2>"$scratch/err" || code=$?
exits 4 'a folder that is not ours to enter'
not_read 'closed: cannot be read: Permission denied'
chmod 700 closed
fresh
{ head -c 300000 /dev/urandom; echo; line "$(value)"; head -c 300000 /dev/zero; } >binary
scan
result "$(grep -q ':23: postgresql-url' "$scratch/out"; echo $?)" 'a value in the midst of a binary file'
git init -q "$scratch/within" && (cd "$scratch/within" && echo x >x && commit x)
repo
line "$(value)" >f
git -c protocol.file.allow=always submodule --quiet add "$scratch/within" sub && commit submodule
scan
exits 4 'a submodule'
not_read 'sub: a repository of its own'
finds 1 'the rest'
scan --history
exits 4 'a submodule of a history'
not_read 'sub: a submodule'
finds 1 'the rest'

# 1 GiB, of which only the end says something
fresh
truncate -s 1G large && line "$(value)" >>large
scan
exits 1 'a file of 1 GiB'
says 'large:1:1073741847: postgresql-url'
alone 'a large file'
git init -q . && git config core.bigFileThreshold 1m && git config core.compression 1 && commit large && rm large
scan --history
exits 1 'the same in a commit'
says 'large:1:1073741847: postgresql-url'
says 'HEAD still has it'

# Whatever a repository says is not done.
repo
line "$(value)" >f
printf '* filter=evil diff=evil\n' >.gitattributes
commit first
for what in core.fsmonitor core.sshCommand core.pager diff.evil.textconv filter.evil.smudge filter.evil.clean \
	diff.external core.hooksPath uploadpack.packObjectsHook; do
	git config "$what" "touch $scratch/pwned"
done
printf '#!/bin/sh\ntouch %s/pwned\n' "$scratch" | tee .git/hooks/post-checkout >.git/hooks/reference-transaction
chmod +x .git/hooks/*
scan
exits 1 'hostile configuration, attributes and hooks, as files'
scan --history
exits 1 'and in the history'
result "$([ ! -e "$scratch/pwned" ]; echo $?)" 'nothing of it ran'

# Objects that are not there, or not whole.
repo
line "$(value)" >a && echo other >b && seq 20000 >c && commit first
git config uploadpack.allowFilter true
git clone -q --filter=blob:limit=1k --no-checkout "file://$PWD" "$scratch/partial" 2>/dev/null
scan --history "$scratch/partial"
exits 4 'a partial clone'
not_read 'git does not have it here (a partial clone has only what was asked for)'
finds 1 'what it has'
oid=$(git rev-parse HEAD:b) && rm -f ".git/objects/${oid:0:2}/${oid:2}"
scan --history
exits 4 'a lost object'
result "$(grep -q "object $oid: git does not have it here" "$scratch/err"; echo $?)" 'by its name'
finds 1 'the rest'
repo
line "$(value)" >a && head -c 200000 /dev/urandom | base64 -w 70 >b && commit first && git gc -q
pack=$(ls .git/objects/pack/*.pack) && chmod u+w "$pack"
printf 'damaged-damaged-damaged' | dd of="$pack" bs=1 seek=100000 conv=notrunc status=none
scan --history
exits 4 'a damaged pack'
says 'git cannot unpack it'
finds 1 'the rest'
result "$(printf 'x' >"${pack%.pack}.idx" 2>/dev/null; chmod u+w "${pack%.pack}.idx"; printf 'x' >"${pack%.pack}.idx"
	scan --history; [ "$code" = 4 ]; echo $?)" 'a pack whose index is damaged is never clean'

# A scanner that is ended has looked through nothing that counts.
fresh
truncate -s 3G huge && echo x >f
"$firebreak_program" scan >"$scratch/out" 2>"$scratch/err" &
parent=$!
child=
for _ in $(seq 100); do child=$(pgrep -P "$parent" -f firebreak-scanner) && [ -n "$child" ] && break; sleep 0.05; done
sleep 0.3
# argv and environment of parent and scanner, while they work
for p in $parent $child; do cat "/proc/$p/cmdline" "/proc/$p/environ" 2>/dev/null; done | tr '\0' '\n' >"$scratch/seen"
kill -KILL "$child"
wait "$parent" && code=0 || code=$?
exits 4 'a scanner that was killed'
says 'not all of it was looked through'

# --- no value anywhere
repo
line "$(value)" >f && commit first && line "$(value)" >f && commit second
for w in "" "--json" "--sarif" "--history" "--history --json" "--history --sarif"; do
	scan $w
	cat "$scratch/out" "$scratch/err" >>"$scratch/seen"
done
result "$([ -s "$scratch/values" ] && grep -q postgresql-url "$scratch/seen"; echo $?)" 'there was something to tell'
result "$(grep -rqF -f "$scratch/values" "$scratch/seen" "$scratch/state" "$scratch/tmp"; [ $? = 1 ]; echo $?)" \
	'no value in output, argv, environment, state or temporary files'
result "$([ -z "$(ls -A "$scratch/tmp")" ]; echo $?)" 'and nothing is left behind'
cd /
finish
