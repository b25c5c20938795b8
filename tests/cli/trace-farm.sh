# Sourced behind farm.sh by the tests of `firebreak trace`: a farm whose value was made at run time, and repositories,
# folders and a host of this machine where it may be planted.
leaked="Zq$(head -c 12 /dev/urandom | base64 | tr '+/' 'ab')'&/x"
quoted=${leaked//\'/\'\'}

# The farm of farm.sh, with this value; of the machine's own folders nothing is looked at.
make_farm
printf "# private\nthing::password: '%s'   # stays\nother: 'stays'\n" "$quoted" >"$scratch/work/common.yaml"
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qam 'Its first value'
git -C "$scratch/work" push -q "$scratch/private.git" main
printf 'password=%s\n' "$leaked" >"$scratch/app.conf"
git init -q --bare -b main "$scratch/puppet.git"
git init -q -b main "$scratch/public"
mkdir -p "$scratch/public/modules" "$scratch/backups" "$scratch/srv"
add_to_register() { cat >>"$scratch/register/firebreak.yaml"; }
sed -i "s|^  private: .*|&\n  puppet: {kind: puppet, url: '$scratch/puppet.git'}|" "$scratch/register/firebreak.yaml"
add_to_register <<REGISTER
trace:
  look:
    - {path: $scratch/srv, hosts: box, about: data, why: what people put there}
  leave:
    - {path: /etc, why: a test}
    - {path: '/usr/*', why: a test}
    - {path: '/var/*', why: a test}
    - {path: '/root/*', why: a test}
    - {path: '/home/*', why: a test}
    - {path: '/opt/*', why: a test}
  backups:
    - {path: $scratch/backups, why: nightly}
REGISTER
commit() {            # FILE MESSAGE, in the public tree, by somebody else
	git -C "$scratch/public" add -A
	git -C "$scratch/public" -c user.name='Bo B.' -c user.email=bo@example.org commit -q --allow-empty -m "$2"
	git -C "$scratch/public" push -q --force "$scratch/puppet.git" HEAD:main
}
echo 'class thing {}' >"$scratch/public/modules/init.pp"
commit modules 'A module'

trace() { run trace "$@"; secretless; }
secretless() {        # what is said never holds the value, whatever its form
	local bad=0 v
	for v in "$leaked" "$quoted" "$(printf %s "$leaked" | base64 -w0)" "$(printf %s "$leaked" | xxd -p)" \
		"$(printf %s "$leaked" | sha256sum | cut -d' ' -f1)"; do
		! cat "$scratch/out" "$scratch/err" | grep -qF -e "$v" || bad=1
	done
	result $bad "no value is said by: trace $*"
}
says_not() { result "$(! cat "$scratch/out" "$scratch/err" | grep -qF -e "$1"; echo $?)" "it does not say: $1"; }
