#!/bin/sh
# Hyperscan and PCRE2 are mapped by the scanner and by no other program of ours; and the scanner maps no client of a
# service. Usage: libraries.sh SCANNER PROGRAM...
set -u
scanner=$1
shift
n=0
failed=0
say() {
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || { echo "not ok $n - $2"; failed=1; }
}
# With what the libraries need themselves.
maps() { ldd "$1" | grep -qE "lib($2)[-.0-9]*\.so"; }
maps "$scanner" hs && maps "$scanner" pcre2-8
say $? "$(basename "$scanner") maps both"
! maps "$scanner" 'pq|mariadb|hiredis|sqlite3|ssl'
say $? "$(basename "$scanner") maps no client of a service"
for program in "$@"; do
	! maps "$program" 'hs|pcre2-8'
	say $? "$(basename "$program") maps neither"
done
echo "1..$n"
exit $failed
