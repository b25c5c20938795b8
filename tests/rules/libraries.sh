#!/bin/sh
# Hyperscan and PCRE2 are mapped by the scanner and by no other program of ours; and the scanner maps no client of a
# service. libcurl is mapped by mailer, messenger and publisher alone. Usage: libraries.sh SCANNER MAILER
# MESSENGER PUBLISHER PROGRAM...
set -u
scanner=$1 mailer=$2 messenger=$3 publisher=$4
shift 4
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
! maps "$scanner" 'pq|mariadb|hiredis|sqlite3|ssl|curl'
say $? "$(basename "$scanner") maps no client of a service"
maps "$mailer" curl && ! maps "$mailer" 'pq|mariadb|hiredis|sqlite3|hs|pcre2-8'
say $? "$(basename "$mailer") maps libcurl and nothing of the others"
maps "$messenger" curl && ! maps "$messenger" 'pq|mariadb|hiredis|sqlite3|hs|pcre2-8'
say $? "$(basename "$messenger") maps libcurl and nothing of the others"
maps "$publisher" curl && ! maps "$publisher" 'pq|mariadb|hiredis|sqlite3|hs|pcre2-8'
say $? "$(basename "$publisher") maps libcurl and nothing of the others"
for program in "$@"; do
	! maps "$program" 'hs|pcre2-8|curl'
	say $? "$(basename "$program") maps neither"
done
echo "1..$n"
exit $failed
