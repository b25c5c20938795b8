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
security() {          # HOST VERSION: of openssh-server in the security archive
	fleet_on "$1" sh -c "rm -rf $lists; mkdir -p $lists; cat >$lists/${release}_Release" <<-RELEASE
		Origin: Debian
		Label: Debian-Security
		Suite: stable-security
		Date: $(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')
	RELEASE
	printf 'Package: openssh-server\nArchitecture: amd64\nVersion: %s\n' "$2" |
		fleet_on "$1" sh -c "cat >$lists/${release}_main_binary-amd64_Packages"
}
installed=$(fleet_on h1 dpkg-query -W -f '${Version}' openssh-server)

# --- h1 was old when it happened: mended in between, and one package that still is; its configuration was touched
security h1 '1:99.9p1-1'
{
	printf '%s install curl:amd64 <none> 7.0\n' "$(date -u -d '9 days ago' '+%F %T')"
	printf '%s upgrade openssl:amd64 3.0.1-1 3.0.2-1\n' "$(date -u -d '30 minutes ago' '+%F %T')"
	printf '%s install backdoor:amd64 <none> 6.6-6\n' "$(date -u -d '40 minutes ago' '+%F %T')"
} | fleet_on h1 sh -c 'cat >/var/log/dpkg.log; rm -f /etc/localtime; rm -f /var/log/dpkg.log.*'
fleet_on h1 sh -c 'echo "# AllowTcpForwarding" >>/etc/default/ssh'
# --- h2 has nothing newer
security h2 "$installed"
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
	.text == \"openssh-server $installed is installed; the security archive has 1:99.9p1-1\"" \
	'old software, by version'
has h1 '.question == "old" and (.text | startswith("openssl was 3.0.1-1 until "))' \
	'what was old at the time, and was mended since'
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
# --- where the lists are missing nobody says that all is well
fleet_on h2 rm -rf $lists
run investigate 1 h2 --package openssh-server --json
exits 4 'no lists'
result "$([ "$(answer h2 old)" = unknown ]; echo $?)" 'h2: not known then'
result "$([ "$(answer h2 upstream)" = unknown ]; echo $?)" 'nor upstream'
# --- a log of dpkg that begins too late
fleet_on h2 sh -c ': >/var/log/dpkg.log'
security h2 "$installed"
run investigate 1 h2 --package openssh-server --json
result "$([ "$(answer h2 old)" = unknown ]; echo $?)" 'h2: not known either when the log of dpkg is empty'
finish
