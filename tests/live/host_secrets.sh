#!/usr/bin/env bash
# A compromised host, and every secret that was on it: Redis and MariaDB run there, Puppet rendered their passwords and
# keeps what it replaced, a file server gives each of its files to every agent, an ssh agent holds a key. Three hosts in
# network namespaces; a private git. Then what makes every other host compromised too: an ssh key that is root there,
# and a Salt key. Usage: host_secrets.sh FIREBREAK SOURCE_ROOT
. "$2/tests/lib/fleet.sh"
fleet_enter "$@"
. "$2/tests/cli/farm.sh" "$1" "$2"
variables
unset SSH_AUTH_SOCK
random_word() { head -c 24 /dev/urandom | base64 | tr -d '+/='; }
put() { fleet_on "$1" sh -c 'mkdir -p "$(dirname "$0")"; umask 077; cat >"$0"' "$2"; }    # HOST FILE < text

# --- the private git: values of Hiera's data, and one secret that is a whole file
declare -A old
for name in redis root app session salt jobs; do old[$name]=$(random_word); done
git_begin "$scratch/private.git" "$scratch/work"
mkdir "$scratch/work/hieradata" "$scratch/work/files"
for name in redis root app session salt; do printf "%s: '%s'\n" "$name" "${old[$name]}"; done \
	>"$scratch/work/hieradata/common.yaml"
printf '%s\n' "${old[jobs]}" >"$scratch/work/files/jobs.password"
git_push 'Private data' "$scratch/work"
value() {             # NAME: as the git has it now
	if [ "$1" = jobs ]; then git --git-dir="$scratch/private.git" show main:files/jobs.password
	else git --git-dir="$scratch/private.git" show main:hieradata/common.yaml | sed -n "s/^$1: '\(.*\)'/\1/p"; fi
}

fleet_up 3 "$scratch/fleet" || { echo "Bail out! the fleet does not start"; exit 1; }
print_of() { ssh-keygen -lf "$fleet/$1.pub" | cut -d' ' -f2; }
public() { cut -d' ' -f1,2 "$fleet/$1.pub"; }

# --- h1 has what it was fed from the git by way of this hook, and Puppet; h2 and h3 have a script of the team
cat >"$scratch/private.git/hooks/post-receive" <<-HOOK
	#!/bin/sh
	git show main:hieradata/common.yaml | grep -e '^redis:' -e '^root:' |
		ssh -F $fleet/ssh_config h1 'umask 077; cat >/root/feed/common.yaml'
HOOK
chmod 755 "$scratch/private.git/hooks/post-receive"
environment=/root/code/environments/production
# no name server is asked for the host's own name, and none is there
fleet_on h1 sh -c 'mkdir -p /root/feed; : >/etc/resolv.conf; echo "10.77.0.1 h1.farm h1" >>/etc/hosts'
put h1 $environment/hiera.yaml <<-HIERA
	version: 5
	hierarchy: [{name: feed, datadir: /root/feed, path: common.yaml}]
HIERA
put h1 $environment/manifests/site.pp <<-'PUPPET'
	filebucket { 'replaced': path => '/var/cache/puppet/clientbucket' }
	File { show_diff => false, mode => '0600', backup => 'replaced' }
	file { '/etc/redis/redis.conf':
	  content => Sensitive("port 6379\nprotected-mode no\nrequirepass ${lookup('redis')}\n"),
	}
	file { '/root/.my.cnf': content => Sensitive("[client]\nuser=rotator\npassword=${lookup('root')}\n") }
	file { '/etc/redis/jobs.password': ensure => absent }
PUPPET
puppet_words=(--codedir /root/code --environment production --certname h1 $environment/manifests/site.pp)
cat >"$scratch/apply" <<APPLY
#!/bin/bash
# apply HOST. 0: nothing to do, 2: something changed.
scratch=$scratch
$(declare -f value)
case \$1 in
h2) files=(/etc/app.conf) texts=("redis=\$(value redis) app=\$(value app)") ;;
h3) files=(/etc/redis/jobs.conf /etc/session.conf)
	texts=("requirepass \$(value jobs)" "session=\$(value session)") ;;
*) exit 1 ;;
esac
changed=0
for k in "\${!files[@]}"; do
	ssh -F $fleet/ssh_config "\$1" "umask 077; cat >/root/new; cmp -s /root/new \${files[k]} && exit 0
		mv /root/new \${files[k]}; exit 2" <<<"\${texts[k]}"
	code=\$?
	case \$code in 0) ;; 2) changed=2 ;; *) exit \$code ;; esac
done
exit \$changed
APPLY
chmod 700 "$scratch/apply"
for h in h2 h3; do "$scratch/apply" $h; [ $? = 2 ] || { echo "Bail out! $h cannot be configured"; exit 1; }; done
# what h1 was fed once, as any agent may fetch it, and Puppet takes away now
printf '%s\n' "${old[jobs]}" | put h1 /etc/redis/jobs.password
git -C "$scratch/work" -c user.name=Ada -c user.email=ada@example.org commit -q --allow-empty -m 'Feed h1'
git -C "$scratch/work" push -q "$scratch/private.git" main
fleet_on h1 puppet apply --detailed-exitcodes "${puppet_words[@]}" >"$scratch/out" 2>&1
result "$([ $? = 2 ]; echo $?)" 'Puppet renders what h1 is fed'

# --- real services: Redis and MariaDB on h1, another Redis on h3
service() {           # HOST COMMAND...: stays until the lab ends
	fleet_on "$1" setsid "${@:2}" >>"$scratch/$1.services" 2>&1 </dev/null &
}
service h1 redis-server /etc/redis/redis.conf --bind 0.0.0.0 --save '' --dir /root
put h3 /root/redis.conf <<-REDIS
	port 6379
	bind 0.0.0.0
	protected-mode no
	save ""
	dir /root
	include /etc/redis/jobs.conf
REDIS
service h3 redis-server /root/redis.conf
maria=(--no-defaults --user=root --datadir=/root/db --socket=/run/db.sock)
fleet_on h1 mariadb-install-db --no-defaults --user=root --datadir=/root/db --skip-test-db >"$scratch/out" 2>&1
service h1 mariadbd "${maria[@]}" --bind-address=0.0.0.0 --skip-name-resolve --innodb-use-native-aio=0 \
	--innodb-buffer-pool-size=16M --performance-schema=0 --general-log=0
mine() { fleet_on h1 mariadb --no-defaults -uroot -S /run/db.sock; }
starts() { mine <<<'SELECT 1'; }
true_that 'MariaDB runs on h1' within 60 starts
mine >"$scratch/out" 2>&1 <<-SQL
	CREATE USER rotator@'%' IDENTIFIED BY '${old[root]}', app@'%' IDENTIFIED BY '${old[app]}';
	GRANT ALL ON *.* TO rotator@'%' WITH GRANT OPTION;
	CREATE DATABASE shop; GRANT ALL ON shop.* TO app@'%';
SQL
# a real ssh agent with Bob's key: who is root on h1 asks it to sign
fleet_on h1 sh -c 'umask 077; cat >/run/bob; ssh-agent -a /run/agent >/dev/null
	SSH_AUTH_SOCK=/run/agent ssh-add -q /run/bob; rm /run/bob' <"$fleet/bob"
# and a key that is root on every host, on h3
fleet_on h3 sh -c 'umask 077; cat >/root/.ssh/id_ed25519' <"$fleet/alice"
for h in h1 h2 h3; do fleet_on $h tee -a /root/.ssh/authorized_keys <"$fleet/alice.pub" >/dev/null; done

# what a thief tries, from the address of any host, with no value in an argument
redis_takes() {       # FROM HOST VALUE
	timeout 10 ip netns exec "$1" bash -c 'read -r word; exec 3<>"/dev/tcp/$0/6379" || exit 9
		printf "AUTH %s\r\n" "$word" >&3; read -r -t 5 answer <&3; [ "${answer%?}" = +OK ]' \
		"$(fleet_address "$2" 4)" <<<"$3"
}
maria_takes() {       # FROM USER VALUE
	ip netns exec "$1" mariadb --defaults-file=<(printf '[client]\npassword=%s\n' "$3") -u"$2" -h 10.77.0.1 \
		--connect-timeout=5 -e 'SELECT 1'
}
by_agent() {          # HOST: from h1, by the key that its agent holds
	fleet_on h1 env SSH_AUTH_SOCK=/run/agent ssh -F none -o StrictHostKeyChecking=no -o BatchMode=yes \
		-o UserKnownHostsFile=/dev/null -o ConnectTimeout=5 "bob@$(fleet_address "$1" 4)" true
}
all_take() {          # all the values of before open what they should, from each place
	local from
	for from in h1 h2 h3 evil; do
		redis_takes $from h1 "${old[redis]}" && redis_takes $from h3 "${old[jobs]}" &&
			maria_takes $from rotator "${old[root]}" && maria_takes $from app "${old[app]}" || return 1
	done
	by_agent h2 && by_agent h3
}
true_that 'before: each value opens its service, from every host and for the intruder' within 30 all_take

run key init
cat >"$scratch/register/firebreak.yaml" <<-REGISTER
	register: 1
	organisation: {name: Farm, team: sre@example.org, approver: lead}
	ssh_config: $fleet/ssh_config
	roles: {lead: , sre: {root: true, contain: all}, ops: }
	people:
	  ada: {name: Ada, mail: ada@example.org, roles: [sre, lead], key: '$(head -1 "$scratch/out")'}
	  bob: {name: Bob, mail: bob@example.org, roles: [ops]}
	hosts:
	  h1:
	    configuration: {apply: puppet-apply, options: [$(printf '%s, ' "${puppet_words[@]}")]}
	    holds: [ssh-key/$(print_of bob)]
	  h2:
	  h3: {holds: [ssh-key/$(print_of alice)]}
	  probe: {configuration: {apply: none}}
	  bastion: {configuration: {apply: none}}
	configuration: {apply: command, command: [$scratch/apply, '{host}']}
	containment: {responders: [10.77.0.250, 'fd77::fa', 10.77.0.252], second: '{host}-second', probe: probe}
	repositories:
	  private: {kind: private, url: '$scratch/private.git', serves: ['h*']}
	systems:
	  redis: {title: Redis, contacts: [ada], hosts: [h1, h3]}
	  mariadb: {title: MariaDB, contacts: [ada], hosts: [h1]}
	  web: {title: The shop, contacts: [ada], hosts: [h2, h3]}
	  salt: {title: Salt, contacts: [ada], hosts: [bastion]}
	secrets:
	  redis/password:
	    kind: redis-password
	    places: [{repository: private, file: hieradata/common.yaml, key: redis}]
	    accounts: [{driver: redis, address: '10.77.0.1:6379', from: [h1, h2, h3]}]
	    consumers:
	      - {hosts: h1, file: /etc/redis/redis.conf, restart: none, side: server}
	      - {hosts: h2, file: /etc/app.conf, restart: none}
	  redis/jobs:
	    kind: redis-password
	    places: [{repository: private, file: files/jobs.password}]
	    accounts: [{driver: redis, address: '10.77.0.3:6379', from: [h3, h2]}]
	    consumers: [{hosts: h3, file: /etc/redis/jobs.conf, restart: none, side: server}]
	  mariadb/root:
	    kind: mariadb-password
	    places: [{repository: private, file: hieradata/common.yaml, key: root}]
	    accounts: [{driver: mariadb, address: '10.77.0.1:3306', users: ['rotator@%'], from: [h1, h3]}]
	    consumers: [{hosts: h1, file: /root/.my.cnf, restart: none}]
	    opens: [mariadb/app]
	  mariadb/app:
	    kind: mariadb-password
	    places: [{repository: private, file: hieradata/common.yaml, key: app}]
	    accounts: [{driver: mariadb, address: '10.77.0.1:3306', users: ['app@%'], from: [h1, h2],
	      admin: {user: rotator, secret: mariadb/root}}]
	    consumers: [{hosts: h2, file: /etc/app.conf, restart: none}]
	  web/session:
	    kind: shared-secret
	    places: [{repository: private, file: hieradata/common.yaml, key: session}]
	    consumers: [{hosts: h3, file: /etc/session.conf, restart: none}]
	  salt/master:
	    kind: salt-key
	    places: [{repository: private, file: hieradata/common.yaml, key: salt}]
	    consumers: [{hosts: bastion, file: /etc/salt/pki/master/master.pem, restart: none}]
	users:
	  bob: {person: bob, hosts: 'h*', root: false, keys: [{key: '$(public bob)'}]}
	  root: {root: true, hosts: 'h*', keys: [{key: '$(public alice)'}]}
	closures: [{kind: salt-key, reaches: ['host:h*'], why: its user may do everything on every host}]
REGISTER
run register check
exits 0 'the register knows them'

# --- one host: what was on it, and what that opens; nothing that it does not reach
run declare host:h1 --because 'a strange login' --as ada --json
exits 0 'declared'
cp "$scratch/out" "$scratch/declared"
is_path() {           # MEMBER PATH
	local path
	path=$(jq -r --arg n "$1" '.members[] | select(.name == $n).path' "$scratch/declared")
	result "$([ "$path" = "$2" ]; echo $?)" "$2"
}
bobs=ssh-key/$(print_of bob)
is_path redis/password 'host:h1 has rendered on it redis/password'
is_path mariadb/root 'host:h1 has rendered on it mariadb/root'
is_path mariadb/app 'host:h1 has rendered on it mariadb/root, mariadb/root opens mariadb/app'
is_path redis/jobs 'host:h1 may fetch the file redis/jobs'
is_path "$bobs" "host:h1 has lying on it $bobs"
is_path user/bob "host:h1 has lying on it $bobs, $bobs logs in as user/bob"
reached() { jq -r '[.members[] | select(.kind == "'"$1"'").name] | sort | join(" ")' "$scratch/declared"; }
true_that 'no other secret' test "$(reached secret)" = 'mariadb/app mariadb/root redis/jobs redis/password'
true_that 'and no other host' test "$(reached host)" = h1
run contain 1 h1 --as ada
exits 0 'it is cut off'
redis_behind() { redis_takes h2 h1 "${old[redis]}"; }
true_that 'nobody reaches its Redis' never redis_behind
run plan 1 --json
cp "$scratch/out" "$scratch/plan"
planned() { jq -e --arg s "$1" '.steps[] | select(.id == $s)' "$scratch/plan"; }
for step in values:redis/password values:redis/jobs values:mariadb/root values:mariadb/app contain:h1 \
	evict@h1 evict@h2 evict@h3 residue:redis/jobs@h1; do
	true_that "planned: $step" planned $step
done
true_that 'the values of the others stay' never grep -q -e 'values:web/session' -e 'values:salt' "$scratch/plan"
true_that 'nobody is sent to hosts that it does not reach' never grep -q safety: "$scratch/plan"
true_that "the application's password waits for that of the administrator" jq -e '
	[.steps[] | select(.id == "change:mariadb/app:10.77.0.1:3306/app@%").behind[]] |
	index("change:mariadb/root:10.77.0.1:3306/rotator@%")' "$scratch/plan"

# --- behind the block: all that goes over our ssh is done, what has to come from other hosts is not called refused
run evict 1 --as ada
exits 0 'the key that lay in its agent opens nothing any more'
"$firebreak_program" respond 1 --as ada >"$scratch/responded" 2>&1 </dev/null &
responding=$!
behind_the_block() {  # each proof from h1 is there
	"$firebreak_program" journal export 1 >"$scratch/rows" 2>/dev/null &&
		[ "$(jq -rs '[.[] | select(.kind == "outcome" and .body.outcome == "proven").step |
			select(test("^(prove|residue):.*@h1$"))] | unique | length' "$scratch/rows")" = 7 ]
}
true_that 'each value is changed there, proven from h1, and looked for' within 180 behind_the_block
true_that 'what other hosts have to show is not known yet' jq -se '
	[.[] | select(.kind == "outcome" and .body.outcome == "proven" and .step == $s)] == []' \
	--arg s prove:redis/password:10.77.0.1:6379@h2 "$scratch/rows"
true_that 'changed in that order' jq -se '
	[.[] | select(.kind == "outcome" and .body.outcome == "proven").step | select(startswith("change:mariadb"))] ==
	["change:mariadb/root:10.77.0.1:3306/rotator@%", "change:mariadb/app:10.77.0.1:3306/app@%"]' "$scratch/rows"
run release 1 h1 --as ada
exits 0 'it is free again'
wait "$responding"
true_that 'nobody comes from h1 with what its agent holds: h2' never by_agent h2
true_that 'nor h3' never by_agent h3
run respond 1 --as ada
exits 3 'and what other hosts had to show is shown: only people have something left to do'
says 'Everything that we can do is proven'
for from in h1 h2 h3 evil; do
	true_that "from $from: Redis refuses the old value" never redis_takes $from h1 "${old[redis]}"
	true_that "from $from: so does the one whose password was a file" never redis_takes $from h3 "${old[jobs]}"
	true_that "from $from: MariaDB refuses the old ones" never eval "maria_takes $from rotator '${old[root]}' ||
		maria_takes $from app '${old[app]}'"
done
true_that 'and the new ones work' eval 'redis_takes h2 h1 "$(value redis)" && redis_takes h2 h3 "$(value jobs)" &&
	maria_takes h2 app "$(value app)" && maria_takes h3 rotator "$(value root)"'
true_that 'what was not reached is as it was' test "$(value session) $(value salt)" = "${old[session]} ${old[salt]}"

# --- what stays behind is told
bucket() { fleet_on h1 grep -rlFf <(echo "$1") /var/cache/puppet/clientbucket; }
true_that "Puppet's filebucket of h1 has the old password of Redis" bucket "${old[redis]}"
true_that 'and the file that h1 was fed once' bucket "${old[jobs]}"
run report 1
cp "$scratch/out" "$scratch/report"
for name in redis/password mariadb/root redis/jobs; do
	true_that "the report: the old value of $name stays in the filebucket of h1" grep -qE \
		"the old value of $name on h1: /var/cache/puppet/clientbucket/[0-9a-f/]+/contents" "$scratch/report"
done
for name in redis/password redis/jobs mariadb/root mariadb/app "$bobs"; do
	true_that "the report names $name" grep -qF "$name" "$scratch/report"
done

# --- a key that is root everywhere: every host is viewed as compromised
run declare host:h3 --because 'a strange login there too' --as ada --json
cp "$scratch/out" "$scratch/declared"
hers=ssh-key/$(print_of alice)
is_path h2 "host:h3 has lying on it $hers, $hers logs in as user/root, user/root is root on host:h2"
is_path h1 "host:h3 has lying on it $hers, $hers logs in as user/root, user/root is root on host:h1"
is_path redis/password "host:h3 has lying on it $hers, $hers logs in as user/root, user/root is root on host:h1, $(
	)host:h1 has rendered on it redis/password"
run plan 2 --json
cp "$scratch/out" "$scratch/plan"
for step in contain:h3 safety:h1 safety:h2 evict@h1 evict@h2 evict@h3 values:web/session values:redis/password \
	values:mariadb/root values:mariadb/app values:redis/jobs; do
	true_that "planned: $step" planned $step
done
true_that 'but what is on none of them' never grep -q values:salt "$scratch/plan"
by_key() { fleet_evil ssh -F none -i "$fleet/alice" -o BatchMode=yes -o ConnectTimeout=5 -o HostKeyAlias=fleet \
	-o UserKnownHostsFile="$fleet/known_hosts" "root@$(fleet_address "$1" 4)" true; }
true_that 'before: it is root on h2' by_key h2
run evict 2 --as ada
exits 0 'it is taken from all of them'
for h in h1 h2 h3; do true_that "$h refuses it" never by_key $h; done
run contain 2 h2 --as ada
exits 0 'h2 is cut off as well'
run status 2 --json
result "$(jq -e '.list[] | select(.id == "safety:h2") | .outcome == "by hand"' "$scratch/out" >/dev/null; echo $?)" \
	'which is what the plan asked of it'
run answer 2 safety:h1 contain:h3 --because 'looked at, both are built anew' --as ada
exits 0 'two hosts, one answer'
# --- and so does a Salt key
run declare salt/master --because 'the master was read' --as ada --json
cp "$scratch/out" "$scratch/declared"
is_path h2 'salt/master reaches host:h2 (its user may do everything on every host)'
run plan 3 --json
cp "$scratch/out" "$scratch/plan"
for step in make:salt/master safety:h1 safety:h2 safety:h3 values:redis/password values:web/session; do
	true_that "planned: $step" planned $step
done
run journal verify
exits 0 'the journal is whole'
finish
