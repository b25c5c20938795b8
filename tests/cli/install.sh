#!/usr/bin/env bash
# Installs into a folder of its own and works from there: playbooks and worker are found, and the words of bash are
# right.
# Usage: install.sh FIREBREAK SOURCE_ROOT BUILD_ROOT
build_root=$3
. "$(dirname "$0")/farm.sh"
to="$scratch/to"
DESTDIR="$to" meson install -C "$build_root" --no-rebuild >"$scratch/out" 2>"$scratch/err"
result $? 'installed'
prefix="$to$(meson introspect "$build_root" --buildoptions | jq -r '.[] | select(.name == "prefix").value')"
firebreak_program=$prefix/bin/firebreak
result "$([ -x "$prefix/bin/firebreak" ]; echo $?)" 'bin/firebreak'
for f in firebreak-worker firebreak-worker-mariadb firebreak-worker-postgresql firebreak-worker-redis \
	 firebreak-messenger; do
	result "$([ -x "$prefix/libexec/firebreak/$f" ]; echo $?)" "libexec/firebreak/$f"
done
for f in share/firebreak/playbooks/redis-password.yaml share/man/man1/firebreak.1 share/man/man1/firebreak-respond.1 \
	 share/man/man5/firebreak-register.5 share/man/man7/driver-redis.7 share/doc/firebreak/LICENSE \
	 share/doc/firebreak/README.md lib/systemd/system/firebreak-alert.service \
	 lib/systemd/system/firebreak-alert.timer \
	 share/doc/firebreak/examples/farm/register/firebreak.yaml; do
	result "$([ -s "$prefix/$f" ]; echo $?)" "$f"
done
result "$(cd "$source_root/playbooks" &&
	for p in *.yaml; do [ -s "$prefix/share/firebreak/playbooks/$p" ] || exit 1; done; echo $?)" \
	'every playbook'
result "$(find "$to" -name '*.a' -o -name 'test_*' | grep -q .; [ $? = 1 ]; echo $?)" 'nothing of the tests'

make_farm
unset FIREBREAK_DRIVERS
run register check
exits 1 'the driver is not there yet'
mkdir -p "$prefix/libexec/firebreak/drivers"
cp "$source_root/examples/drivers/firebreak-driver-pwfile" "$prefix/libexec/firebreak/drivers"
run register check
exits 0 'now it is'
run declare thing/password --because 'installed'
run respond 1
exits 3 'the installed programs do a whole incident'
mkdir "$scratch/clean" && echo 'all is well' >"$scratch/clean/a"
run scan "$scratch/clean"
exits 0 'the installed scanner with the installed rules'
made=$(head -c 15 /dev/urandom | base64 | tr '+/' 'xy')
printf 'db = postgresql://app:%s@db.example.org/app\n' "$made" >"$scratch/clean/a"
run scan "$scratch/clean"
exits 1 'which find something'
cp "$firebreak_program" "$scratch/alone"
firebreak_program="$scratch/alone"
FIREBREAK_DRIVERS="$source_root/examples/drivers" run plan 1
exits 5 'a program without its playbooks'
says 'install again'

# The words of bash.
for f in "$prefix"/share/bash-completion/completions/*; do . "$f"; done
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _firebreak; words=" ${COMPREPLY[*]} "; }
complete_words firebreak res
result "$([[ $words = *' respond '* ]]; echo $?)" 'completes a command'
complete_words firebreak respond --dr
result "$([[ $words = *' --dry-run '* ]]; echo $?)" 'completes an option'
complete_words firebreak status --dr
result "$([[ $words != *' --dry-run '* ]]; echo $?)" 'of that command only'
result "$(complete -p firebreak | grep -q _firebreak; echo $?)" 'bash knows for which program'
finish
