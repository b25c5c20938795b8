#!/usr/bin/env bash
# "Evaluate how the hole can be closed": was it a security issue upstream? Were we running old software? Could it be how
# we're using it? Two hosts with dpkg's and apt's own files. Usage: evaluate.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/../lib/fleet.sh"
fleet_enter "$@"
. "$(dirname "$0")/../cli/farm.sh"

make_farm
fleet_up 2 "$scratch/fleet"
result $? 'two hosts are there'
echo "ssh_config: $scratch/fleet/ssh_config" >>"$scratch/register/firebreak.yaml"
echo 'hosts: {h1: {address: h1}, h2: {address: h2}}' >"$scratch/register/hosts.yaml"
lists=/var/lib/apt/lists
release=security.example.org_debian_dists_stable-security
security() {          # HOST VERSION DATE: of openssh-server in the security archive, whose list was made then
	fleet_on "$1" sh -c "rm -rf $lists; mkdir -p $lists; cat >$lists/${release}_Release" <<-RELEASE
		Origin: Debian
		Label: Debian-Security
		Suite: stable-security
		Date: $(LC_ALL=C date -u -d "$3" '+%a, %d %b %Y %H:%M:%S UTC')
	RELEASE
	printf 'Package: openssh-server\nArchitecture: amd64\nVersion: %s\n' "$2" |
		fleet_on "$1" sh -c "cat >$lists/${release}_main_binary-amd64_Packages"
}
installed=$(fleet_on h1 dpkg-query -W -f '${Version}' openssh-server)

# --- h1 was old when it happened: mended in between, and one package that still is; its configuration was touched
security h1 '1:99.9p1-1' '3 hours ago'
{
	printf '%s install curl:amd64 <none> 7.0\n' "$(date -u -d '9 days ago' '+%F %T')"
	printf '%s upgrade openssl:amd64 3.0.1-1 3.0.2-1\n' "$(date -u -d '30 minutes ago' '+%F %T')"
	printf '%s upgrade openssl:amd64 3.0.2-1 3.0.3-1\n' "$(date -u -d '20 minutes ago' '+%F %T')"
	printf '%s upgrade tzdata:all 2024a-1 2024b-1\n' "$(date -u -d '25 minutes ago' '+%F %T')"
	printf '%s upgrade gone:all 1 2\n' "$(date -u -d '25 minutes ago' '+%F %T')"
	printf '%s remove telnetd:all 0.17 <none>\n' "$(date -u -d '24 minutes ago' '+%F %T')"
	printf '%s install backdoor:amd64 <none> 6.6-6\n' "$(date -u -d '40 minutes ago' '+%F %T')"
} | fleet_on h1 sh -c 'cat >/var/log/dpkg.log; rm -f /etc/localtime; rm -f /var/log/dpkg.log.*'
changelog() {         # PACKAGE VERSION DATE...: as it came with the package
	local package=$1
	shift
	while [ $# != 0 ]; do
		printf '%s (%s) bookworm-security; urgency=medium\n\n  * A hole.\n\n' "$package" "$1"
		printf ' -- Ada <ada@example.org>  %s\n\n' "$(LC_ALL=C date -R -d "$2")"
		shift 2
	done | gzip |
		fleet_on h1 sh -c "mkdir -p /usr/share/doc/$package; rm -f /usr/share/doc/$package/changelog*
			cat >/usr/share/doc/$package/changelog.Debian.gz"
}
changelog openssl 3.0.3-1 '35 minutes ago' 3.0.2-1 '9 days ago'
changelog tzdata 2024b-1 '40 minutes ago'
fleet_on h1 sh -c 'echo "# AllowTcpForwarding" >>/etc/default/ssh'
# --- h2 has nothing newer
security h2 "$installed" now
printf '%s install curl:amd64 <none> 7.0\n' "$(date -u -d '9 days ago' '+%F %T')" |
	fleet_on h2 sh -c 'cat >/var/log/dpkg.log; rm -f /var/log/dpkg.log.*'

run declare thing/password --because 'somebody is on h1' --suspected -1h --as alice
exits 0 'an incident'
run investigate 1 h1 h2 --package openssh-server --json
is_json 'it answers in JSON'
has() {               # HOST JQ TEXT
	jq -e --arg h "$1" ".[] | select(.host == \$h).clues | map(select($2)) | length > 0" "$scratch/out" \
		>/dev/null 2>&1
	result $? "$1: $3"
}
answer() { jq -r --arg h "$1" --arg q "$2" '.[] | select(.host == $h).answers[$q]' "$scratch/out"; }
has h1 ".question == \"old\" and .alarm and
	(.text | startswith(\"openssh-server $installed is installed; the security archive has 1:99.9p1-1; so it \" +
	\"was at the time in question, and the newer one was there by then (\"))" \
	'page_3_how_the_hole_can_be_closed: old software, now and at the time'
has h1 '.question == "old" and (.text | startswith("openssl was 3.0.1-1 until ")) and
	(.text | contains("the older one ran, and the newer one was there by then ("))' \
	'what was old at the time, and was mended since: the mended one was there'
has h1 '.question == "old" and (.text | startswith("tzdata was 2024a-1 until ")) and
	(.text | contains("the newer one was made later ("))' 'what nobody could have mended by then'
has h1 '.question == "old" and (.text | startswith("gone was 1 until ")) and
	(.text | contains("by then is not known here"))' 'and of what it is not known'
has h1 '.question == "software" and (.text | startswith("telnetd 0.17 was taken away at "))' 'what is gone since'
result "$(jq -e '.[] | select(.host == "h1").clues | map(.text | startswith("openssl was 3.0.2-1")) | any' \
	"$scratch/out" >/dev/null; [ $? = 1 ]; echo $?)" 'a version of in between did not run at the time'
has h1 '.question == "upstream" and .alarm and (.text | contains("mends 1 packages"))' 'an issue upstream'
has h1 '.question == "software" and (.text | startswith("backdoor 6.6-6 was installed at "))' \
	'what was installed in the window'
has h1 '.question == "use" and 
	(.text | startswith("/etc/default/ssh, configuration of openssh-server, was changed at "))' \
	"how we're using it"
result "$(jq -e '.[] | select(.host == "h1").clues | map(.text | contains("curl")) | any' "$scratch/out" >/dev/null
	[ $? = 1 ]; echo $?)" 'and nothing of the week before'
result "$([ "$(answer h2 old)" = nothing ]; echo $?)" 'h2: nothing is old'
has h2 '.question == "upstream" and (.text | contains("has nothing newer than what is installed"))' \
	'no mended version upstream yet'
# --- a list that was made after the time does not say what was there by then
security h2 '1:99.9p1-1' now
run investigate 1 h2 --package openssh-server --json
has h2 '.question == "old" and (.text | contains("by then is not known here: the archive'"'"'s list is of "))' \
	'a newer list does not say what an older one had'
# --- where the lists are missing nobody says that all is well
fleet_on h2 rm -rf $lists
run investigate 1 h2 --package openssh-server --json
exits 4 'no lists'
result "$([ "$(answer h2 old)" = unknown ]; echo $?)" 'h2: not known then'
result "$([ "$(answer h2 upstream)" = unknown ]; echo $?)" 'nor upstream'
# --- a log of dpkg that begins too late
fleet_on h2 sh -c ': >/var/log/dpkg.log'
security h2 "$installed" now
run investigate 1 h2 --package openssh-server --json
result "$([ "$(answer h2 old)" = unknown ]; echo $?)" 'h2: not known either when the log of dpkg is empty'
finish
