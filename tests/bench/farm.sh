# A small farm for benches, sourced: one real service, a private git that deploys on push, a command that renders one
# file.
# Expects BUILD (absolute). Everything lies below $farm on a real disk (BENCH_FOLDER, or /var/tmp), so that fsync costs.
PATH="$BUILD/src:$BUILD/tests/lib:$BUILD/tests/bench:$PATH"
farm=$(mktemp -d "${BENCH_FOLDER:-/var/tmp}/firebreak-bench.XXXXXX")
export FIREBREAK_REGISTER="$farm/register" FIREBREAK_STATE="$farm/state" FIREBREAK_KEY="$farm/key"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
pids=() ends=()
declare -A fact

farm_end() {
	local code=$? fd
	for fd in "${ends[@]}"; do exec {fd}>&-; done
	for fd in "${pids[@]}"; do wait "$fd" 2>/dev/null || true; done
	rm -rf "$farm"
	exit $code
}
trap farm_end EXIT
trap 'exit 130' INT TERM

now() { local t=$EPOCHREALTIME; echo "${t/[.,]/}"; }           # microseconds
middle() { sort -n | awk '{ x[NR] = $1 } END { print NR % 2 ? x[(NR + 1) / 2] : (x[NR / 2] + x[NR / 2 + 1]) / 2 }'; }
seconds() { awk -v us="$1" 'BEGIN { printf "%.3f", us / 1e6 }'; }
password() { local p; p=$(head -c 36 /dev/urandom | base64 -w0); p=${p//[+\/=]/x}; echo "${p:0:32}"; }

farm_service() {       # KIND PASSWORD: runs until its control pipe closes
	local name value fd n=0
	mkfifo "$farm/$1.in"
	service-run "$1" <"$farm/$1.in" >"$farm/$1.out" &
	pids+=($!)
	exec {fd}>"$farm/$1.in"
	ends+=("$fd")
	printf '%s\n' "$2" >&"$fd"
	until grep -q '^READY=' "$farm/$1.out"; do
		sleep 0.05
		n=$((n + 1))
		[ $n -lt 1200 ] || { echo "bench: $1 did not start" >&2; exit 1; }
	done
	while IFS='=' read -r name value; do fact[$name]=$value; done <"$farm/$1.out"
}

farm_git() {           # the private data on standard input
	git init -q --bare -b main "$farm/private.git"
	mkdir "$farm/deployed"
	cat >"$farm/private.git/hooks/post-receive" <<-HOOK
		#!/bin/sh
		git --git-dir="$farm/private.git" --work-tree="$farm/deployed" checkout -q -f main
	HOOK
	chmod +x "$farm/private.git/hooks/post-receive"
	git clone -q "$farm/private.git" "$farm/person" 2>/dev/null
	git -C "$farm/person" config user.name Ada
	git -C "$farm/person" config user.email ada@example.org
	mkdir "$farm/person/hieradata"
	cat >"$farm/person/hieradata/common.yaml"
	git -C "$farm/person" checkout -q -B main
	git -C "$farm/person" add -A
	git -C "$farm/person" commit -qm 'All private data'
	git -C "$farm/person" push -q origin main
}

# Renders the deployed keys that start with $1 into app.conf: exit 0 and no word when nothing changes, 2 when it did.
farm_apply() {
	cat >"$farm/apply" <<-APPLY
		#!/bin/sh
		set -eu
		umask 077
		sed -n "s/^$1\([a-z0-9]*\): '\(.*\)'.*/\1 \2/p" "$farm/deployed/hieradata/common.yaml" \
			>"$farm/app.conf.new"
		if cmp -s "$farm/app.conf.new" "$farm/app.conf"; then
			rm "$farm/app.conf.new"
			exit 0
		fi
		mv "$farm/app.conf.new" "$farm/app.conf"
		echo "app.conf: changed"
		exit 2
	APPLY
	chmod +x "$farm/apply"
	"$farm/apply" >/dev/null || [ $? = 2 ]
}

# NAMES USERS (both word for word): one secret `app/NAME` for each, all on the service of `fact`; admin of its own.
farm_register() {
	local kind=$1 key names=($2) users=($3) i
	firebreak key init >"$farm/key.txt"
	read -r key <"$farm/key.txt"
	mkdir "$farm/register"
	{
		cat <<-HEAD
			register: 1
			organisation: {name: Bench, team: sre@example.org, approver: engineering-manager}
			roles:
			  sre: {root: true}
			  engineering-manager: {}
			people:
			  alice: {name: Alice Archer, mail: alice@example.org, roles: [sre], key: '$key'}
			configuration: {apply: none}
			hosts:
			  app1: {reach: local, configuration: {apply: command, command: ['$farm/apply']}}
			repositories:
			  private: {kind: private, url: '$farm/private.git', branch: main}
			systems:
			  app: {title: App, hosts: [app1]}
			secrets:
			  app/admin:
			    kind: shared-secret
			    system: app
			    places: [{repository: private, file: hieradata/common.yaml, key: 'admin::password'}]
		HEAD
		for i in "${!names[@]}"; do
			cat <<-SECRET
				  app/${names[i]}:
				    kind: $kind-password
				    system: app
				    places: [{repository: private, file: hieradata/common.yaml,
				             key: 'app::${names[i]}'}]
				    accounts: [{driver: $kind, address: '${fact[ADDRESS]}', users: ['${users[i]}'],
				               admin: {user: '${fact[ADMIN_USER]}', secret: app/admin}}]
				    consumers: [{hosts: [app1], file: '$farm/app.conf', restart: none}]
			SECRET
		done
	} >"$farm/register/firebreak.yaml"
	firebreak register check >/dev/null
}

# The incident's number goes to `number`; what is left for people is fine, anything else that is not proven is not.
farm_declare() {
	firebreak declare "$@" --because bench --json >"$farm/declared"
	number=$(<"$farm/declared")
	number=${number##*\"incident\": }
	number=${number%%[,\}]*}
}

farm_respond() {
	local code=0
	firebreak respond "$number" "$@" >"$farm/respond.out" 2>&1 || code=$?
	[ $code = 3 ] || [ $code = 0 ] || { cat "$farm/respond.out" >&2; firebreak status "$number" >&2; exit 1; }
}
