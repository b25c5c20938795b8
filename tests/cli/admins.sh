#!/usr/bin/env bash
# Where the admin's value comes from: beside the password's own, out of another repository, or from nowhere.
# Usage: admins.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm
admin='Admin-Of-The-Thing-9'

# A driver that keeps what it was handed, in front of the example.
mkdir "$scratch/drivers"
cat >"$scratch/drivers/firebreak-driver-pwfile" <<-DRIVER
	#!/bin/bash
	exec 4< <(tee -a "$scratch/handed" <&4)
	exec "$source_root/examples/drivers/firebreak-driver-pwfile"
DRIVER
chmod 700 "$scratch/drivers/firebreak-driver-pwfile"
export FIREBREAK_DRIVERS="$scratch/drivers"

put() {               # REPOSITORY LINE: into its common.yaml
	rm -rf "$scratch/work"
	git clone -q "$scratch/$1.git" "$scratch/work" 2>/dev/null
	printf '%s\n' "$2" >>"$scratch/work/common.yaml"
	git_push 'More data' "$scratch/work"
}

admin_in() {          # REPOSITORY KEY: a register whose admin lies there
	sed -e "s/options: {anything: goes}/admin: {user: root, secret: thing\/admin}/" \
		-e "s|^  private: .*|&\n  other: {kind: private, url: '$scratch/other.git'}|" \
		"$scratch/first.yaml" >"$scratch/register/firebreak.yaml"
	cat >>"$scratch/register/firebreak.yaml" <<-REGISTER
		  thing/admin:
		    kind: shared-secret
		    places: [{repository: $1, file: common.yaml, key: '$2'}]
	REGISTER
	rm -f "$scratch/handed"
}

was_handed() { grep -qaF -e "admin ${#admin}" "$scratch/handed" && grep -qaF -e "$admin" "$scratch/handed"; }

cp "$scratch/register/firebreak.yaml" "$scratch/first.yaml"
git init -q --bare -b main "$scratch/other.git"
put other "theirs: '$admin'"
put private "admin: '$admin'"

admin_in private admin
run declare thing/password --because 'the admin lies beside it'
run respond 1
exits 3 'the admin lies beside it'
result "$(was_handed; echo $?)" "the driver was handed the admin's value"

admin_in other theirs
run declare thing/password --because 'the admin lies elsewhere'
run respond 2
exits 3 'the admin lies in another repository'
result "$(was_handed; echo $?)" "the driver was handed the admin's value"

admin_in private nowhere
run declare thing/password --because 'there is no admin'
run respond 3
exits 1 'the admin has no value'
run status 3
says "the admin's 'thing/admin'"
run status 3 --json
result "$(jq -e '[.list[] | select(.do == "commit") | .outcome == "proven"] == [true]' "$scratch/out" >/dev/null
	echo $?)" 'what needs no admin was done'
admin_in private admin
run respond 3
exits 3 'with the value in its place the same incident ends'
finish
