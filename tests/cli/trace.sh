#!/usr/bin/env bash
# `firebreak trace` on real repositories, folders and a host of this machine: each value is made at run time, planted
# where it may live, and found there; where it is not, nothing is said.
# Usage: trace.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/trace-farm.sh"

trace thing/password
exits 0 'it stands only where the register says'
says 'private:common.yaml:2: in single quotes of YAML or SQL: still there'
says 'by Ada <ada@example.org>: place of thing/password'
says "box:$scratch/app.conf:1: as it is: a file: consumer of thing/password"
says_not 'unknown'
says_not 'no search can find'

# --- a service that keeps it with a salt ---
cp -r "$scratch/register" "$scratch/salted"
sed -i "s|kind: pwfile-password|kind: postgresql-password|
	s|accounts: .*|accounts: [{driver: postgresql, address: '127.0.0.1:9', users: [app]}]|" \
	"$scratch/salted/firebreak.yaml"
trace thing/password --only repositories --register "$scratch/salted"
says 'PostgreSQL 15 keeps a SCRAM verifier of it, with a salt: no search can find copies of that'
trace thing/password --only repositories --register "$scratch/salted" --json
result "$(jq -e '.salted | length == 1 and .[0].secret == "thing/password"' "$scratch/out" >/dev/null; echo $?)" \
	'and in JSON'

# --- words ---
trace
exits 2 'without a name'
trace thing/pasword
exits 2 'a wrong name'
says "did you mean 'thing/password'?"
trace thing --only repositories
exits 0 'a system stands for its secrets'
trace 'thing/*' --only repositories
exits 0 'a pattern of secrets'
trace thing/password --only repositorys
exits 2 'a wrong word of --only'
says "did you mean 'repositories'?"
trace thing/password --host bx
exits 2 'a wrong host'
says "did you mean 'box'?"
trace thing/password --incident 7
exits 2 'no incident'
trace thing/password --limit 1
exits 2 'too short a limit'

cp "$scratch/register/firebreak.yaml" "$scratch/register.before"
sed -i "s|^secrets:|&\n  thing/nowhere: {kind: shared-secret}|" "$scratch/register/firebreak.yaml"
trace thing --only repositories
exits 4 'a secret without a place'
says 'not read: thing/nowhere: its value could not be read: the register names no place where it is kept'
says 'thing/password: stands in 1 place'
cp "$scratch/register.before" "$scratch/register/firebreak.yaml"

# --- where: histories ---
json_encoded=$(printf %s "$leaked" | jq -Rs .)
printf '{"p": %s}\n' "$json_encoded" >"$scratch/public/modules/data.json"
commit modules 'A value in JSON'
rm "$scratch/public/modules/data.json"
commit modules 'Taken out again'
first=$(git -C "$scratch/public" rev-parse HEAD~1)
trace thing/password
exits 1 'a value in a past commit'
says "puppet:modules/data.json:1: as it is: in the history only, since ${first:0:12} of"
says 'by Bo B <bo@example.org>'
git -C "$scratch/public" checkout -q -b gone
printf %s "$leaked" | base64 >"$scratch/public/modules/secret.b64"
git -C "$scratch/public" add -A
git -C "$scratch/public" -c user.name=Bo -c user.email=bo@example.org commit -qm 'Encoded'
git -C "$scratch/public" push -q "$scratch/puppet.git" gone
trace thing/password --only repositories
says 'puppet:modules/secret.b64:1: base64'
says 'still there, on branch '
git -C "$scratch/puppet.git" branch -q -D gone
trace thing/password --only repositories
says_not 'secret.b64'
trace thing/password --only repositories --unreachable
says 'puppet:modules/secret.b64:1: base64'
says 'no branch or tag leads to it'
git -C "$scratch/public" checkout -q main
printf 'Fix: the password was %s\n' "$leaked" >"$scratch/message"
git -C "$scratch/public" -c user.name=Bo -c user.email=bo@example.org commit -q --allow-empty -F "$scratch/message"
git -C "$scratch/public" push -q --force "$scratch/puppet.git" main
trace thing/password --only repositories
says 'puppet:commit '
printf "# private\nthing::password: '%s'\nother: 'stays'\ncopy: \"%s\"\n" "$quoted" "$leaked" \
	>"$scratch/work/common.yaml"
git_push 'A twin that nobody declared' "$scratch/work"
trace thing/password --only repositories
says 'more often than the register has places of it there: thing/password'
says "below 'places:' of 'thing/password'"
says '      - {repository: private, file: common.yaml, key: copy}   # private:common.yaml:4'
says_not 'could not all be read'
# What is proposed is taken by the register, and then it is where the register says.
sed -n "s/^ *- \({repository: .*}\).*/\1/p" "$scratch/out" >"$scratch/proposed"
cp "$scratch/register/firebreak.yaml" "$scratch/register.before"
sed -i "/places: \[{repository: private/s|\]$|, $(cat "$scratch/proposed")]|" "$scratch/register/firebreak.yaml"
run register check
exits 0 'the proposed place is one of the register'
trace thing/password --only repositories
says_not 'more often'
says_not 'For the register'
cp "$scratch/register.before" "$scratch/register/firebreak.yaml"
printf "# was: %s\n" "$leaked" >"$scratch/work/note.yaml"
printf "a: ['%s']\nb: 'x%s'\n" "$quoted" "$quoted" >>"$scratch/work/common.yaml"
printf '%s\n' "$leaked" >"$scratch/work/whole"
git_push Everywhere "$scratch/work"
trace thing/password --only repositories
says '      - {repository: private, file: common.yaml, key: a.0}   # private:common.yaml:5'
says '      - {repository: private, file: whole}   # private:whole:1'
says '      # private:note.yaml:1: it stands within something there, which is no place'
other='thing/other: {kind: shared-secret, unused: here, places: [{repository: private, file: whole}]}'
sed -i "s|^secrets:|&\n  $other|" \
	"$scratch/register/firebreak.yaml"
trace thing/password --only repositories
says "      # private:whole:1: a place of 'thing/other': make them one secret, or give each a value of its own"
cp "$scratch/register.before" "$scratch/register/firebreak.yaml"
git -C "$scratch/work" rm -q note.yaml whole
sed -i '/^[ab]: /d' "$scratch/work/common.yaml"
git_push 'Only there again' "$scratch/work"

# --- where: folders, backups, hosts ---
trace thing/password --only backups
exits 0 'an empty folder of backups'
tar -C "$scratch" -czf "$scratch/backups/work.tar.gz" app.conf
gzip -c "$scratch/app.conf" >"$scratch/backups/app.conf.gz"
xz -c "$scratch/app.conf" >"$scratch/backups/app.conf.xz"
(cd "$scratch/backups" && tar -cf two.tar app.conf.gz && printf '7z\274\257\047\034' >x.7z)
trace thing/password --only backups
exits 4 'a 7z is not looked into'
says "$scratch/backups/work.tar.gz(app.conf):1: as it is: a file: a backup"
says "$scratch/backups/app.conf.gz:1: as it is: a file: a backup"
says "$scratch/backups/app.conf.xz:1: as it is: a file: a backup"
says "$scratch/backups/two.tar(app.conf.gz):1: as it is: a file: a backup"
says "not read: this machine:$scratch/backups/x.7z: is of 7z: not looked into"
rm "$scratch/backups/x.7z" "$scratch/backups/two.tar"
trace thing/password --only backups
exits 0 'the present value in a backup is where the register says'

printf 'p = "%s"\n' "$leaked" >"$scratch/srv/new.ini"
printf 'it'"'"'s: %s\n' "$leaked" >"$scratch/srv/it's"
name=$(printf 'new\nline')
printf %s "$leaked" | sha256sum >"$scratch/srv/$name"
trace thing/password --only hosts
exits 1 'a consumer that nobody declared'
says "box:$scratch/srv/new.ini:1: as it is: a file: unknown to the register"
says 'SHA-256 without a salt'
says "below 'consumers:' of 'thing/password'"
says "- {hosts: box, file: $scratch/srv/new.ini}   # no manifest that could be read writes it; service and restart are"
says "file: '$scratch/srv/it''s'}"
says_not "file: $scratch/srv/new\\nline"
# What is proposed is taken by the register.
sed -n "s/^\( *- {hosts: .*}\).*/\1/p" "$scratch/out" >"$scratch/proposed"
printf '      - {hosts: box, file: %s, restart: none}\n' "$scratch/app.conf" >>"$scratch/proposed"
cp "$scratch/register/firebreak.yaml" "$scratch/register.before"
sed -i "/consumers: \[{hosts: box/{s/consumers: .*/consumers:/;r $scratch/proposed
}" "$scratch/register/firebreak.yaml"
run register check
exits 0 'the proposed lines are a register'
rm "$scratch/srv/$name"
trace thing/password --only hosts
exits 0 'and then it stands only where the register says'
cp "$scratch/register.before" "$scratch/register/firebreak.yaml"

# The manifests say who feeds a file, and who is told.
mkdir "$scratch/public/manifests"
cat >"$scratch/public/manifests/site.pp" <<PP
node 'box' {
	\$password = lookup('thing::password')
	file { '$scratch/srv/new.ini': content => "p = \"\${password}\"\n", notify => Service['thingd'] }
	file { "$scratch/srv/it's": content => lookup('other') }
	service { 'thingd': ensure => running }
}
PP
commit modules 'Who feeds it'
trace thing/password --only hosts
says "- {hosts: box, file: $scratch/srv/new.ini, service: thingd, restart: puppet}   # puppet:manifests/site.pp:3"
says "file: '$scratch/srv/it''s'}   # puppet:manifests/site.pp:4 writes it, from another key"
printf 'broken {\n' >"$scratch/public/modules/broken.pp"
commit modules 'A broken one'
trace thing/password --only hosts
exits 1 'a manifest that is none costs no place'
says 'manifests and private data could not all be read for this: `firebreak check` tells what'
rm "$scratch/public/modules/broken.pp"
rm -r "$scratch/public/manifests"
commit modules 'As before'

trace thing/password --only hosts --json
is_json 'JSON'
result "$(jq -e '.complete and ([.found[] | select(.declared | not) | .form] | length) == 2' "$scratch/out" >/dev/null
	echo $?)" 'JSON says what is declared'

# --- a value that is in no register ---
typed() {
	code=0
	"$firebreak_program" trace --stdin --only nowhere "$@" <"$scratch/typed" >"$scratch/out" 2>"$scratch/err" ||
		code=$?
}
printf %s "Abc-$leaked" >"$scratch/typed"
typed --in "$scratch/srv"
exits 0 'a value from a pipe that stands nowhere'
printf '%s\n' "$leaked" >"$scratch/typed"
typed --in "$scratch/srv" --in "$scratch/puppet.git" --in "$scratch/public"
exits 1 'a value from a pipe'
says "$scratch/srv/new.ini:1: as it is: a file: not in the register"
says "$scratch/puppet.git:modules/data.json:1"
secretless
for short in abc changeme 123456; do
	printf %s "$short" >"$scratch/typed"
	typed --in "$scratch/srv"
	exits 4 'too plain a value is not looked for, and that is said'
	says 'it was not looked for'
done
printf '%s\n' "$leaked" >"$scratch/typed"
typed --in "$scratch/nothing"
exits 4 'a path that is not there'

# --- an incident: the old value, after it was replaced ---
printf "# private\nthing::password: '%s'\nother: 'stays'\n" "$quoted" >"$scratch/work/common.yaml"
git_push 'One place again' "$scratch/work"
printf 'app:%s\nother:Stays-As-It-Is\n' "$leaked" >"$scratch/accounts"
rm -r "$scratch/srv" && mkdir "$scratch/srv"
run declare thing/password --because 'it was pasted'
run respond 1
exits 3 'the incident is answered'
run report 1
says_not 'the old value of thing/password stands in'
trace thing/password --only hosts
exits 0 'on hosts the old value stands nowhere any more'
says 'thing/password (the old value): stands nowhere that was looked at'
says 'consumer of thing/password'
printf 'was=%s\n' "$leaked" >"$scratch/srv/left"
trace --incident 1
exits 1 'the old value is left behind'
says "box:$scratch/srv/left:1: as it is: a file: unknown to the register"
says 'private:common.yaml:2:'
says 'in the history only'
says 'an earlier version of a place of thing/password'
says 'thing/password: stands in 2 places, 0 of them not where the register says'
says "$scratch/backups/work.tar.gz(app.conf):1: as it is: a file: a backup"
run report 1
says "the old value of thing/password stands in box:$scratch/srv/left:1 (as it is): a file"
says 'the old value of thing/password stands in private:common.yaml:2'
says_not 'no file of the hosts that were looked at holds an old value'
secretless
run report 1 --json
is_json 'the report in JSON'
result "$(jq -e '[.traced[] | .found[] | select(.value == "old")] | length >= 3' "$scratch/out" >/dev/null; echo $?)" \
	'the report in JSON tells what is left behind'
run timeline 1
says 'looked for the values of thing/password: they stand in'
run journal verify
exits 0 'the journal is whole'
rm "$scratch/srv/left"
trace thing/password --only hosts
run report 1
says_not "$scratch/srv/left"
mv "$FIREBREAK_KEY" "$scratch/key.away"
trace thing/password --only hosts
exits 4 'without the key the old value is not looked for, and that is said'
says 'your key is not here to open it'
mv "$scratch/key.away" "$FIREBREAK_KEY"
run status 1 --json
jq -r '.list[] | select(.outcome == "waiting") | .id' "$scratch/out" >"$scratch/ids"
while read -r id; do run answer 1 "$id" --because done; done <"$scratch/ids"
run close 1 --because done
exits 0 'the incident is closed'
trace thing/password --only hosts
says_not 'the old value'
trace thing/password --only hosts --incident 1
says '(the old value)'

# --- what cannot be looked at ---
sed -i "s|^  box: .*|&\n  far: {address: 127.0.0.9, reach: ssh}|" "$scratch/register/firebreak.yaml"
sed -i "s|^trace:|ssh_config: $scratch/ssh_config\n&|" "$scratch/register/firebreak.yaml"
printf 'Host *\nPort 1\nUserKnownHostsFile /dev/null\n' >"$scratch/ssh_config"
trace thing/password --only hosts --host far
exits 4 'a host that cannot be reached is not clean'
says 'not read: far: not looked at'
cp "$scratch/register.before" "$scratch/register/firebreak.yaml"
mv "$scratch/puppet.git" "$scratch/puppet.away"
trace thing/password --only repositories
exits 4 'a repository that is away is not clean'
says 'not read: puppet:'
mv "$scratch/puppet.away" "$scratch/puppet.git"
git init -q --object-format=sha256 -b main "$scratch/sha256"
printf '%s\n' "$leaked" >"$scratch/sha256/x"
git -C "$scratch/sha256" add -A
git -C "$scratch/sha256" -c user.name=Bo -c user.email=bo@example.org commit -qm x
typed --in "$scratch/sha256"
says "$scratch/sha256:x:1: as it is: still there"
git -C "$scratch/public" checkout -q -B hostile main
printf %s "$leaked" >"$scratch/public/$name"
printf '* filter=run diff=run\n' >"$scratch/public/.gitattributes"
ln -s "$scratch/srv" "$scratch/public/link"
git -C "$scratch/public" add -A
git -C "$scratch/public" -c user.name="$(printf 'Eve\033[31m')" -c user.email=eve@example.org commit -qm "$leaked"
for key in core.fsmonitor core.sshCommand core.pager diff.run.textconv diff.run.command filter.run.smudge \
	filter.run.clean core.editor uploadpack.packObjectsHook; do
	git -C "$scratch/public" config "$key" "touch $scratch/ran; cat"
done
git -C "$scratch/public" config core.hooksPath "$scratch"
printf %s "$leaked" >"$scratch/srv/behind-a-link"
printf '%s\n' "$leaked" >"$scratch/typed"
typed --in "$scratch/public"
exits 1 'a repository with a hostile configuration'
says 'public:new\nline:1: as it is: still there'
says 'Eve\x1b[31m'
says_not 'behind-a-link'
secretless
result "$([ ! -e "$scratch/ran" ]; echo $?)" 'nothing of it was run'
git init -q -b main "$scratch/packed"
gzip -c "$scratch/typed" >"$scratch/packed/x.gz"
git -C "$scratch/packed" add -A
git -C "$scratch/packed" update-index --add --cacheinfo "160000,$(git -C "$scratch/public" rev-parse HEAD),sub"
git -C "$scratch/packed" -c user.name=Bo -c user.email=bo@example.org commit -qm x
git clone -q --bare "$scratch/packed" "$scratch/packed.git"
typed --in "$scratch/packed.git"
exits 4 'what is packed in a history, and what another repository has, is not clean'
says "not read: $scratch/packed.git: object $(git -C "$scratch/packed" rev-parse HEAD:x.gz): a file of gzip"
says "not read: $scratch/packed.git:sub: a submodule"
git -C "$scratch/puppet.git" config uploadpack.allowFilter true
git clone -q --bare --filter=blob:none "file://$scratch/puppet.git" "$scratch/partial.git"
typed --in "$scratch/partial.git"
exits 4 'a repository without its blobs is not clean'
says "not read: $scratch/partial.git"
mkdir "$scratch/large"
truncate -s 1G "$scratch/large/zeros"
printf '\n%s\n' "$leaked" >>"$scratch/large/zeros"
typed --in "$scratch/large"
says "$scratch/large/zeros:2: as it is"
printf 'broken \377 name' >"$scratch/large/$(printf 'a\377b')"
typed --in "$scratch/large"
exits 1 'a file whose name is no UTF-8'

# --- a private key ---
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/work/mail.key" 2>/dev/null
git -C "$scratch/work" add -A
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qm 'A key'
git -C "$scratch/work" push -q --force "$scratch/private.git" HEAD:main
sed -i "s|^secrets:|&\n  mail/key: {kind: thing-key, system: thing, places: [{repository: private, file: mail.key}]}|" \
	"$scratch/register/firebreak.yaml"
openssl req -x509 -new -key "$scratch/work/mail.key" -subj /CN=x -out "$scratch/srv/mail.crt" 2>/dev/null
trace mail/key
exits 0 'a key stands in its place only, and its certificate is none'
openssl pkey -in "$scratch/work/mail.key" -outform DER -out "$scratch/srv/mail.der"
openssl ec -in "$scratch/work/mail.key" -out "$scratch/srv/sec1.pem" 2>/dev/null
jq -Rs . "$scratch/work/mail.key" >"$scratch/srv/mail.json"
base64 "$scratch/work/mail.key" >"$scratch/srv/mail.b64"
trace mail/key --only hosts
exits 1 'a key in other containers'
says 'mail.der:1: the private half of the key: DER'
says 'sec1.pem:'
says 'mail.json:1:'
says 'mail.b64:'
says_not 'mail.crt'
printf 'thing::password: >\n    ENC[PKCS7,MIIBiQYJKoZIhvcNAQcDoIIBejCCAXYCAQAx]\n' >"$scratch/work/common.yaml"
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qam 'Encrypted'
git -C "$scratch/work" push -q --force "$scratch/private.git" HEAD:main
trace thing/password --only repositories
exits 4 'an encrypted value without its key'
says 'its value could not be read'
rm "$scratch/work/common.yaml"
printf 'thing::password: [\n' >"$scratch/work/common.yaml"
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qam 'Broken'
git -C "$scratch/work" push -q --force "$scratch/private.git" main
trace thing/password --only repositories
exits 4 'a value that cannot be read'
says 'its value could not be read'

finish
