#!/bin/sh
# Plants a driver with one fault after the other and sees that check-exports finds it.
set -u
check=$1/check-exports
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
n=0
failed=0
mkdir -p "$tree/src/driver" "$tree/tests/contract" "$tree/man"

# build FILE TEXT...: the archive libd.a of these files
build() {
	rm -f "$tree"/*.o "$tree/libd.a"
	while [ $# -gt 0 ]; do
		printf '%s\n' "$2" | ${CC:-cc} -x c -c -o "$tree/$1.c.o" - || exit 1
		shift 2
	done
	ar rc "$tree/libd.a" "$tree"/*.o
}

# sees NAME WORDS: the check says WORDS; without WORDS it passes
sees() {
	n=$((n + 1))
	if out=$("$check" "$tree/libd.a" "$tree" 2>&1); then passed=1; else passed=0; fi
	if [ -z "$2" ] && [ $passed = 1 ] || { [ -n "$2" ] && [ $passed = 0 ] && echo "$out" | grep -qF "$2"; }; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		echo "$out" | sed 's/^/# /'
		failed=1
	fi
}

good='extern const int driver_tiny; const int driver_tiny = 1; void tiny_one(void); void tiny_one(void) {}'
printf 'DRIVER(tiny, "tiny")\n' >"$tree/src/driver/drivers.def"
printf "\t'tiny',\n" | tee "$tree/tests/contract/meson.build" >"$tree/src/driver/meson.build"
touch "$tree/man/driver-tiny.7.scd"

build tiny "$good" job 'void job_tried(void); void job_tried(void) {}'
sees "one symbol, and helpers with its prefix" ""
build tiny "$good" tiny_more 'void helper(void); void helper(void) {}'
sees "a helper without the prefix" "tiny_more.c.o: helper does not carry the prefix tiny_"
build tiny "$good" tiny_more 'extern const int driver_other; const int driver_other = 1;'
sees "a second driver in one's files" "driver_other is exported here"
build tiny "$good" other 'void other(void); void other(void) {}'
sees "a file of nobody" "other.c.o: other: this file belongs to no entry"
build tiny 'void tiny_one(void); void tiny_one(void) {}'
sees "a driver that is not exported" "driver_tiny is exported 0 times"
build tiny "$good"
rm "$tree/man/driver-tiny.7.scd"
sees "a driver without a man page" "has no man page"
touch "$tree/man/driver-tiny.7.scd"
: >"$tree/tests/contract/meson.build"
sees "a driver that the contract suite does not run" "is not run by the contract suite"
printf "\t'tiny',\n" >"$tree/tests/contract/meson.build"
: >"$tree/src/driver/meson.build"
sees "a driver without a program" "has no program"
echo "1..$n"
exit $failed
