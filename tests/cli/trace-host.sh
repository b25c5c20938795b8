#!/usr/bin/env bash
# `firebreak trace` on what a host keeps besides files as they lie: what a real Puppet run leaves behind, systemd's
# journal, git repositories, and what is packed in something packed. Usage: trace-host.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
. "$(dirname "$0")/trace-farm.sh"
keeps=$scratch/keeps
mkdir -p "$keeps"
sed -i "s|^  look:|&\n    - {path: $keeps, hosts: box, about: puppet, why: what Puppet keeps}|" \
	"$scratch/register/firebreak.yaml"
git_in() { git -C "$1" -c user.name=Bo -c user.email=bo@example.org "${@:2}"; }

# --- Puppet: catalogue, filebucket, reports, its log ---
site=$scratch/site.pp
cat >"$site" <<PP
filebucket { 'here': path => '$keeps/var/clientbucket' }
file { '$scratch/replaced.conf': content => "password=somebody else's\n", backup => 'here', show_diff => true }
file { '$scratch/other.conf': content => @(EOT), show_diff => false }
  password=$leaked
  | EOT
PP
printf 'password=%s\n' "$leaked" >"$scratch/replaced.conf"
mkdir -p "$keeps/log"
puppet apply --ssldir "$scratch/pa/ssl" --confdir "$scratch/pa/conf" --codedir "$scratch/pa/code" \
	--vardir "$keeps/var" --publicdir "$scratch/pa/public" --rundir "$scratch/pa/run" --logdir "$keeps/log" \
	--certname box --catalog_cache_terminus json --reports store --show_diff \
	--logdest "$keeps/log/puppet.log" "$site" \
	>"$scratch/out" 2>"$scratch/err"
result "$([ -f "$keeps/var/client_data/catalog/box.json" ] && grep -q "somebody else's" "$scratch/replaced.conf"
	echo $?)" \
	'a real run of Puppet'
trace thing/password --only hosts
exits 1 'what Puppet left behind'
says "box:$keeps/var/client_data/catalog/box.json:"
says "box:$keeps/log/puppet.log:"
says "box:$keeps/var/reports/box/"
says "box:$keeps/var/state/last_run_report.yaml:"
bucket=$(find "$keeps/var/clientbucket" -name contents)
result "$([ -n "$bucket" ]; echo $?)" 'there is a filebucket'
says "box:$bucket:1: as it is: a file: what Puppet handled"
says_not 'unknown to the register'
says_not 'For the register'
rm -r "$keeps"
mkdir "$keeps"
trace thing/password --only hosts
exits 0 'and when it is gone, nothing of it'

# --- systemd's journal ---
into_journal() {      # FILE, of lines
	while IFS= read -r line; do
		printf '__REALTIME_TIMESTAMP=1700000000000000\n__MONOTONIC_TIMESTAMP=1000000\n'
		printf '_BOOT_ID=0123456789abcdef0123456789abcdef\n_HOSTNAME=box\nPRIORITY=6\nMESSAGE=%s\n\n' "$line"
	done | /lib/systemd/systemd-journal-remote -o "$1" - >/dev/null 2>"$scratch/err"
}
mkdir -p "$scratch/srv/journal/0123456789abcdef0123456789abcdef"
journal=$scratch/srv/journal/0123456789abcdef0123456789abcdef/system.journal
{
	echo 'Started The thing.'
	# a long one, which the journal packs
	printf 'cannot log in with %s%s\n' "$leaked" "$(head -c 3000 /dev/urandom | base64 -w0)"
	echo 'Stopped The thing.'
} | into_journal "$journal"
result "$([ -s "$journal" ] && ! grep -qaF -e "$leaked" "$journal"; echo $?)" \
	'a journal of systemd, in which it is packed'
trace thing/password --only hosts
exits 1 'it is found in there'
says "box:$journal:"
head -c 100000 /dev/urandom >>"$scratch/junk"
{ printf LPKSHHRH; cat "$scratch/junk"; } >"$journal"
trace thing/password --only hosts
exits 4 'a journal that is none'
says "not read: box:$journal: is of journal, and 'journalctl' could not read all of it"
rm -r "$scratch/srv/journal"

# --- a git repository of the host ---
app=$scratch/srv/app
git init -q -b main "$app"
printf 'p=%s\n' "$leaked" >"$app/conf.ini"
git_in "$app" add -A
git_in "$app" commit -qm 'With its password'
first=$(git -C "$app" rev-parse HEAD)
git_in "$app" rm -q conf.ini
git_in "$app" commit -qm 'Without'
trace thing/password --only hosts
exits 1 'a repository of a host: what its history has'
says "box:$app/.git(conf.ini):1: as it is: in the history only, since ${first:0:12} of"
says 'by Bo <bo@example.org>: unknown to the register'
says_not 'For the register'
trace thing/password --only hosts --json
result "$(jq -e --arg c "$first" '.complete and ([.found[] | select(.declared | not)] | length == 1 and
	(.[0] | .host == "box" and .state == "history" and .member == "conf.ini" and .commit == $c and
	(.object | length == 40)))' "$scratch/out" >/dev/null; echo $?)" 'in JSON'
git_in "$app" checkout -q --orphan new
echo nothing >"$app/x"
git_in "$app" add -A
git_in "$app" commit -qm 'From the beginning'
git_in "$app" branch -q -D main
git -C "$app" reflog expire --expire=now --all
trace thing/password --only hosts
says "box:$app/.git(blob "
says 'no branch or tag leads to it'
git -C "$app" gc -q --prune=now
trace thing/password --only hosts
exits 0 'and nothing when git has thrown it away'
printf '[remote "o"]\n\turl = https://app:%s@git.example.org/x\n' "${leaked%%\'*}" >>"$app/.git/config"
printf 'exec curl -u app:%s https://x\n' "$leaked" >"$app/.git/hooks/post-merge"
trace thing/password --only hosts
exits 1 'what lies beside its objects'
says "box:$app/.git/hooks/post-merge:1"
rm "$app/.git/hooks/post-merge"

# A hostile one: nothing of its configuration is run, and what cannot be read of it is told.
for key in core.fsmonitor core.sshCommand core.pager diff.external gpg.program uploadpack.packObjectsHook; do
	git -C "$app" config "$key" "touch $scratch/ran; false"
done
git -C "$app" config log.showSignature true
printf '* diff=run filter=run\n' >"$app/.git/info/attributes"
git -C "$app" config diff.run.textconv "touch $scratch/ran; cat"
printf 'p=%s\n' "$leaked" >"$app/again.ini"
calm=(-c core.fsmonitor=false -c user.name="$(printf 'Eve\033[31m')" -c user.email=e@example.org)
git -C "$app" "${calm[@]}" add -A
git -C "$app" "${calm[@]}" commit -qm again
rm -f "$app/again.ini" "$scratch/ran"
trace thing/password --only hosts
exits 1 'a repository with a hostile configuration'
says "box:$app/.git(again.ini):1: as it is: still there"
says 'Eve\x1b[31m'
result "$([ ! -e "$scratch/ran" ]; echo $?)" 'nothing of it was run'
object=$(git -C "$app" rev-parse HEAD:again.ini)
chmod u+w "$app/.git/objects/${object:0:2}/${object:2}"
echo broken >"$app/.git/objects/${object:0:2}/${object:2}"
trace thing/password --only hosts
exits 4 'a damaged object'
says "not read: box:$app/.git: is a git repository, and git could not read all of it"
rm -rf "$app"
git init -q --object-format=sha256 -b main "$app"
printf 'p=%s\n' "$leaked" >"$app/conf.ini"
git_in "$app" add -A
git_in "$app" commit -qm 'SHA-256'
rm "$app/conf.ini"
trace thing/password --only hosts
says "box:$app/.git(conf.ini):1: as it is: still there"
mv "$app" "$scratch/backups/app"
trace thing/password --only backups
exits 0 'the present value in the history of a backup is where the register says'
says "$scratch/backups/app/.git(conf.ini):1: as it is: still there"
rm -rf "$scratch/backups/app"

# The private git's own copy on the Puppet server.
git clone -q --bare "$scratch/private.git" "$scratch/srv/private.git"
trace thing/password --only hosts
exits 1 'a copy of the private git on a host that nobody named for it'
sed -i "s|^  private: {kind: private,|& hosts: [box],|" "$scratch/register/firebreak.yaml"
trace thing/password --only hosts
exits 0 'a copy on a host of the repository'
says "box:$scratch/srv/private.git(common.yaml):2: in single quotes of YAML or SQL: still there"
says "the server's copy of the place of thing/password"
rm -rf "$scratch/srv/private.git"

# --- packed in something packed ---
(cd "$scratch" && zip -q srv/app.zip app.conf && gzip -c app.conf >app.conf.gz && tar -cJf srv/two.tar.xz app.conf.gz &&
	tar -cf srv/zip.tar -C srv app.zip)
trace thing/password --only hosts
exits 4 'a zip within a tar is told'
says "box:$scratch/srv/app.zip($(basename "$scratch/app.conf")):1: as it is: a file: unknown to the register"
says "box:$scratch/srv/two.tar.xz(app.conf.gz):1: as it is: a file: unknown to the register"
says "not read: box:$scratch/srv/zip.tar(app.zip): is of zip, within another: not looked into"
rm "$scratch/srv/zip.tar"
trace thing/password --only hosts
exits 1 'a zip, and what is packed within a tar'
rm "$scratch"/srv/*
trace thing/password --only hosts
exits 0 'and nothing where nothing is'
finish
