#!/bin/sh
# Each command has a manual page, each option of its table stands there, and the pages are well-formed.
# Usage: man.sh FIREBREAK SOURCE_ROOT MAN_BUILD_FOLDER
set -u
program=$1
source=$2/man
built=$3
n=0
failed=0

say() {               # CODE TEXT
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; failed=1; fi
}

# The words behind "Commands:" of the program's own help.
commands=$("$program" --help | awk '/^Commands:/ { on = 1; next } on && !NF { exit } on { print $1 }')
[ -n "$commands" ]
say $? 'the program lists its commands'
for c in $commands; do
	page=$source/firebreak-$c.1.scd
	[ -f "$page" ]
	say $? "firebreak-$c(1) is there"
	grep -q "^\*$c\*$" "$source/firebreak.1.scd"
	say $? "firebreak(1) names $c"
	for option in $("$program" "$c" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -e '--[a-z-]+'); do
		[ "$option" = --help ] && continue
		grep -qE "^\*(-[a-zA-Z], )?$option\*" "$page" 2>/dev/null
		say $? "firebreak-$c(1) has $option"
	done
done
for page in "$source"/*.scd; do
	name=$(basename "$page" .scd)
	said=$(mandoc -Tlint -W error "$built/$name" 2>&1)
	say $? "$name is well-formed"
	[ -z "$said" ] || echo "$said" | sed 's/^/# /'
done
echo "1..$n"
exit $failed
