#!/bin/sh
# Plants one violation after the other in a small tree and sees that the checks find it, at its line.
set -u
tools=$1
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
n=0
failed=0

fresh() {
	rm -rf "${tree:?}"/*
	mkdir -p "$tree/tools" "$tree/tests" "$tree/src/base" "$tree/src/model" "$tree/src/driver" "$tree/src/engine" \
		"$tree/src/cli"
	cp "$tools/LAYERS" "$tools/HOMES" "$tree/tools"
	printf '#include "base/a.h"\n#include <stdio.h>\nint a(void) { return 0; }\n' >"$tree/src/base/a.c"
	printf '#pragma once\n' >"$tree/src/base/a.h"
	touch "$tree/src/cli/version.h.in"
}

# good NAME CHECK: the tree as it stands passes
good() {
	n=$((n + 1))
	if out=$("$tools/$2" "$tree" 2>&1); then
		echo "ok $n - $2: $1"
	else
		echo "not ok $n - $2: $1"
		echo "$out" | sed 's/^/# /'
		failed=1
	fi
}

# bad NAME CHECK PLACE: the check fails and names the place
bad() {
	n=$((n + 1))
	if out=$("$tools/$2" "$tree" 2>&1); then
		echo "not ok $n - $2 did not notice: $1"
		failed=1
	elif echo "$out" | grep -qF "$3"; then
		echo "ok $n - $2: $1"
	else
		echo "not ok $n - $2 failed without naming $3: $1"
		echo "$out" | sed 's/^/# /'
		failed=1
	fi
}

# plant FILE TEXT...: lines of a file
plant() {
	file=$1
	shift
	printf '%s\n' "$@" >"$tree/src/$file"
}

lines() {
	i=0
	while [ $i -lt "$2" ]; do
		echo "/* */"
		i=$((i + 1))
	done >"$tree/$1"
}

fresh
good "a clean tree" check-layers
plant engine/x.c '#include "driver/driver.h"' '#include "base/a.h"'
good "one header out of a folder" check-layers
plant engine/x.c '#include "base/a.h"' '  #  include "driver/redis_internal.h"'
bad "engine looks into a driver" check-layers src/engine/x.c:2:
fresh
plant base/x.h '#include "model/graph.h"'
bad "base looks up" check-layers src/base/x.h:1:
fresh
plant model/x.c '#include "../base/a.h"'
bad "a way around by .." check-layers src/model/x.c:1:
fresh
plant model/x.c '#include <driver/driver.h>'
bad "our header in angles" check-layers src/model/x.c:1:
fresh
plant base/x.c '#include "a.h"'
bad "a header without its folder" check-layers src/base/x.c:1:
fresh
plant cli/x.c '#include "version.h"'
good "a header made by the build" check-layers
mkdir -p "$tree/src/newcomer"
plant newcomer/x.c 'int x;'
bad "a folder without a line" check-layers src/newcomer/x.c:1:
rm -rf "$tree/src"/*
bad "nothing to look at" check-layers broken

fresh
good "a clean tree" check-homes
plant base/x.c '/* time( and getenv( in a comment */' 'const char *s = "rand() \" stdout";' \
	'int y = a->time(1) + f.rand();' \
	'/* over' 'getenv(x)' '*/ char q = 0x22;'
good "comments, texts and members" check-homes
plant model/x.c '#include <sqlite3.h>'
bad "a foreign header" check-homes src/model/x.c:1:
plant model/x.c '#include <hiredis/async.h>'
bad "a foreign header in a folder" check-homes src/model/x.c:1:
plant model/x.c '' '#include <never/heard/of.h>'
bad "a header without a line" check-homes src/model/x.c:2:
for call in 'time(NULL)' 'getenv ("HOME")' 'rand()' 'clock_gettime(0, 0)' 'fork()' 'printf("x")' 'fputs("x", stderr)' \
	    'localtime(0)'; do
	plant model/x.c '/* why */' "int x = $call;"
	bad "$call" check-homes src/model/x.c:2:
done
plant model/x.c '/* "quoted */ int x = time(0); /* " */'
bad "a call between comments" check-homes src/model/x.c:1:
fresh
plant driver/redis_wire.c '#include <hiredis/hiredis.h>'
good "a foreign header at home" check-homes
plant cli/x.c 'int x = printf("x");'
good "a command may print" check-homes
rm -rf "$tree/src"/*
bad "nothing to look at" check-homes broken

fresh
lines src/base/x.c 600
lines src/base/x.h 150
lines src/base/y.c 1
good "the largest sizes" check-sizes
lines src/base/x.c 601
bad "a long file" check-sizes src/base/x.c:601:
fresh
lines tests/x.c 601
bad "a long test" check-sizes tests/x.c:601:
fresh
lines src/base/x.h 151
bad "a long header" check-sizes src/base/x.h:151:
fresh
for f in x y z; do
	lines "src/base/$f.c" 201
done
bad "a high median" check-sizes median
fresh
printf '\t%0112d\n' 0 >"$tree/src/base/x.c"
good "a line that just fits" check-sizes
printf '\n\t%0113d\n' 0 >"$tree/tests/x.sh"
bad "a wide line, its tab included" check-sizes tests/x.sh:2:
fresh
printf '%0121d\n' 0 >"$tree/src/base/x.h"
bad "a wide line of a header" check-sizes src/base/x.h:1:
rm -rf "$tree/src"/*
bad "nothing to look at" check-sizes broken

# The engine and the words of one service: the lists are those of this tree.
engine() {            # LINE
	fresh
	mkdir -p "$tree/playbooks"
	cp "$tools"/../playbooks/*.yaml "$tree/playbooks"
	cp "$tools"/../src/driver/drivers.def "$tree/src/driver"
	cp "$tools"/../src/model/half_formats.def "$tree/src/model"
	cp "$tools"/../src/base/keypair.c "$tree/src/base"
	printf 'int x;\n%s\n' "$1" >"$tree/src/engine/x.c"
}
engine '	if (facts->by_half && is_drawn("credits"))'
good "an engine that knows facts only" check-engine
engine '	if (!strcmp(a->driver, "bacula"))'
bad "a driver's name" check-engine src/engine/x.c:2:
engine '	mariadb_flush(a);'
bad "a driver's name in a longer one" check-engine src/engine/x.c:2:
engine '	if (!strcmp(h->format, "dkim-zone"))'
bad "a format" check-engine src/engine/x.c:2:
engine '	if (!strcmp(s->kind, "redis-password"))'
bad "a kind of secret" check-engine src/engine/x.c:2:
engine '	make(s, "ed25519");'
bad "a kind of key" check-engine src/engine/x.c:2:
engine '/* Postfix takes it */'
bad "a program, in a comment" check-engine src/engine/x.c:2:
rm "$tree/src/driver/drivers.def" "$tree"/playbooks/* "$tree/src/base/keypair.c" "$tree/src/model/half_formats.def"
touch "$tree/src/driver/drivers.def" "$tree/playbooks/x.yaml" "$tree/src/base/keypair.c" \
	"$tree/src/model/half_formats.def"
bad "lists that have nothing in them" check-engine 'the lists were not found'

echo "1..$n"
exit $failed
