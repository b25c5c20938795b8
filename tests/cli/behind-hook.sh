#!/usr/bin/env bash
# A rotation through the hook of the private repository: whatever the server's register knows, an incident is not held
# up, and everybody else's push is looked at as before. Usage: behind-hook.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
make_farm

value_in_git() {
	git --git-dir="$scratch/private.git" show main:common.yaml | sed -n "s/^thing::password: '\(.*\)'.*/\1/p"
}
rotates() {           # INCIDENT TEXT
	local before
	before=$(value_in_git)
	run declare thing/password --because 'pasted into a channel'
	run respond "$1"
	exits 3 "$2: all is proven but for what a person must do"
	result "$([ "$(value_in_git)" != "$before" ]; echo $?)" "$2: the private git holds a new value"
	result "$(grep -qxF "app:$(value_in_git)" "$scratch/accounts"; echo $?)" "$2: so does the service"
}
push_of_a_person() {  # KEY
	git -C "$scratch/work" pull -q --rebase "$scratch/private.git" main
	printf "%s: 'Nobody-Registered-1'\n" "$1" >>"$scratch/work/common.yaml"
	git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -qam "Adds $1"
	code=0
	git -C "$scratch/work" push "$scratch/private.git" HEAD:main >"$scratch/out" 2>"$scratch/err" || code=$?
	git -C "$scratch/work" reset -q --hard HEAD~1
}

cp -r "$scratch/register" "$scratch/servers"
run hook install "$scratch/private.git" --repository private --register "$scratch/servers" --strict
exits 0 'the hook is there'
push_of_a_person new::token
exits 1 'what a person adds and nobody registered'
says "new::token"
rotates 1 'a register that knows the secret'
sed -i "s/key: 'thing::password'/key: 'other'/" "$scratch/servers/firebreak.yaml"
rotates 2 'a register that is behind'
echo 'secrets: [' >>"$scratch/servers/firebreak.yaml"
rotates 3 'a register that is broken'
push_of_a_person newer::token
exits 1 'then, too, what a person adds'
finish
