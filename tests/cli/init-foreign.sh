#!/usr/bin/env bash
# `firebreak init` on a Puppet tree as other teams have it: an environment folder with site-modules, roles and profiles,
# hiera.yaml of version 5 with eyaml and lookup_options, Sensitive and EPP, users in loops, modules of the Forge that
# are not there. It finds the consumers and accounts, or names what it could not decide.
# Usage: init-foreign.sh FIREBREAK SOURCE_ROOT
. "$(dirname "$0")/farm.sh"
export FIREBREAK_STATE="$scratch/state" HOME="$scratch" LC_ALL=C.UTF-8
unset NO_COLOR XDG_STATE_HOME SUDO_USER FIREBREAK_REGISTER || true
f=$scratch/f
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=eyaml -days 2 -keyout "$scratch/eyaml.private" \
	-out "$scratch/eyaml.public" 2>/dev/null

mkdir -p $f/control/{manifests,data/nodes,site-modules/{role,profile}/{manifests,templates}} $f/secrets/{nodes,files}
cat >$f/control/environment.conf <<'E'
modulepath = site-modules:modules:$basemodulepath
E
cat >$f/control/hiera.yaml <<'E'
---
version: 5
defaults:
  datadir: data
  data_hash: yaml_data
hierarchy:
  - name: secrets
    lookup_key: eyaml_lookup_key
    datadir: /etc/puppetlabs/secrets
    paths:
      - "nodes/%{trusted.certname}.yaml"
      - "role/%{facts.role}.yaml"
      - "common.eyaml"
    options:
      pkcs7_private_key: /etc/puppetlabs/puppet/eyaml/private_key.pkcs7.pem
      pkcs7_public_key: /etc/puppetlabs/puppet/eyaml/public_key.pkcs7.pem
  - name: data
    paths:
      - "nodes/%{trusted.certname}.yaml"
      - "common.yaml"
E
cat >$f/control/data/common.yaml <<'E'
---
lookup_options:
  '^profile::.*::password$':
    convert_to: Sensitive
  profile::db::users:
    merge: deep
profile::app::port: 8080
profile::db::max_connections: 100
E
for n in app1 app2; do cat >$f/control/data/nodes/$n.acme.test.yaml <<'E'
---
classes: [role::app]
E
done
cat >$f/control/manifests/site.pp <<'E'
File { backup => false }
node 'db1.acme.test' { include role::db }
node 'mon1.acme.test' { include role::monitor }
node default { lookup('classes', Array[String], 'unique', []).include }
E
cat >$f/control/site-modules/role/manifests/app.pp <<'E'
class role::app { include profile::base
  include profile::app }
E
cat >$f/control/site-modules/role/manifests/db.pp <<'E'
class role::db {
  include profile::base
  class { 'profile::db': }
}
E
cat >$f/control/site-modules/role/manifests/monitor.pp <<'E'
class role::monitor { contain profile::monitor }
E
cat >$f/control/site-modules/profile/manifests/base.pp <<'E'
class profile::base (
  Sensitive[String[1]] $root_password_hash,
  Hash[String, Hash] $accounts = {},
) {
  user { 'root': ensure => present, password => $root_password_hash }
  $accounts.each |$name, $opts| {
    user { $name: * => $opts }
    file { "/home/${name}/.netrc": content => Sensitive($opts['netrc']), mode => '0600' }
  }
}
E
cat >$f/control/site-modules/profile/manifests/app.pp <<'E'
class profile::app (
  Integer $port,
  Variant[String, Sensitive[String]] $db_password,
  Sensitive[String] $session_key = lookup('profile::app::session_key', Sensitive[String]),
) {
  $token = lookup('app_api_token')
  file { '/etc/app/app.yaml':
    ensure  => file,
    content => epp('profile/app.yaml.epp', { 'port' => $port, 'password' => $db_password, 'key' => $session_key }),
    notify  => Service['app'],
    show_diff => false,
  }
  -> file { '/etc/app/token': content => Sensitive("${token}\n") }
  ~> service { 'app': ensure => running, enable => true }
  file { '/etc/app/tls.key': source => 'puppet:///secrets/app-tls.key', mode => '0600' }
}
E
cat >$f/control/site-modules/profile/templates/app.yaml.epp <<'E'
<%- | Integer $port, Variant[String, Sensitive[String]] $password, Sensitive[String] $key | -%>
port: <%= $port %>
database: {user: app, password: <%= $password.unwrap %>}
<% if $key { -%>
key: <%= $key.unwrap %>
<% } -%>
E
cat >$f/control/site-modules/profile/manifests/db.pp <<'E'
class profile::db (
  Hash $users,
  Hash $databases = {},
  String $admin = lookup('profile::db::admin_password'),
) {
  class { 'postgresql::server': postgres_password => $admin }
  $users.each |String $user, Hash $cfg| {
    postgresql::server::role { $user:
      password_hash => postgresql::postgresql_password($user, $cfg['password']),
    }
  }
  create_resources('postgresql::server::db', $databases)
  postgresql::server::role { 'replicator':
    password_hash => postgresql_password('replicator', lookup('profile::db::replication_password')),
    replication   => true,
  }
  ['reader', 'writer'].each |$kind| {
    mysql_user { "${kind}@%": password_hash => mysql::password(lookup("profile::db::${kind}_password")) }
  }
  mysql::db { 'shop':
    user => 'shop', password => Sensitive(lookup('shop_db_password')), host => '10.%', grant => ['SELECT'],
  }
}
E
cat >$f/control/site-modules/profile/manifests/monitor.pp <<'E'
class profile::monitor {
  $pw = Deferred('vault_lookup::lookup', ['secret/mon'])
  file { '/etc/mon/vault.conf': content => $pw }
  $smtp = hiera_hash('smtp')
  concat { '/etc/mon/mail.conf': ensure => present }
  concat::fragment { 'smtp':
    target => '/etc/mon/mail.conf', content => inline_epp('password=<%= $p %>', { 'p' => $smtp['password'] }),
  }
  ini_setting { 'mon token':
    path => '/etc/mon/mon.ini', section => 'main', setting => 'token', value => lookup('mon_token'),
  }
  file_line { 'x': path => '/etc/environment', line => "MON_TOKEN=${lookup('mon_token')}" }
  systemd::unit_file { 'mon.service': content => epp('profile/mon.service.epp', { token => lookup('mon_token') }) }
  $dyn = lookup("mon_${facts['networking']['hostname']}_key")
}
E
echo '<% | $token | %>Environment=T=<%= $token %>' >$f/control/site-modules/profile/templates/mon.service.epp
r() { head -c 18 /dev/urandom | base64 | tr '+/' 'xy' | tee -a "$scratch/values"; }
cat >$f/secrets/common.eyaml <<E
---
profile::base::root_password_hash: '\$6\$$(r)\$$(r)$(r)'
profile::app::db_password: '$(r)'
profile::app::session_key: ENC[PKCS7,$(r | tr -d '\n' | openssl smime -encrypt -aes256 -binary -outform DER \
	"$scratch/eyaml.public" | base64 -w0)]
app_api_token: '$(r)'
profile::db::admin_password: '$(r)'
profile::db::replication_password: '$(r)'
profile::db::reader_password: '$(r)'
profile::db::writer_password: '$(r)'
shop_db_password: '$(r)'
mon_token: '$(r)'
smtp:
  host: mail.acme.test
  user: mon
  password: '$(r)'
profile::db::users:
  app:
    password: '$(r)'
  report:
    password: '$(r)'
profile::db::databases:
  wiki: {user: wiki, password: '$(r)'}
E
cat >$f/secrets/nodes/app1.acme.test.yaml <<E
profile::base::accounts:
  ann: {ensure: present, netrc: 'machine x login ann password $(r)'}
E
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $f/secrets/files/app-tls.key 2>/dev/null
for x in control secrets; do
	git init -q -b main "$f/$x"
	git -C "$f/$x" add -A
	git -C "$f/$x" -c user.name=A -c user.email=a@x.org commit -qm all
done

draft() {             # OUT [more words]
	run init --private "$f/secrets" --puppet "$f/control" --out "$scratch/$1" "${@:2}"
}
entry() { awk -v RS='\n  [^ #]' -v k="$2" 'index($0, k)' "$scratch/$1"/systems/*.yaml; }
has() {               # DRAFT PLACE WORDS TEXT: the entry that has the place says the words
	result "$(entry "$1" "$2" | grep -qF -e "$3"; echo $?)" "$4"
}
fed() { has draft "$1" "$2" "fed: $2"; }
asked() { result "$(grep -rqF -e "# DECIDE: $1" "$scratch/draft"; echo $?)" "asked: $1"; }

draft draft --eyaml-public "$scratch/eyaml.public" --eyaml-private "$scratch/eyaml.private"
exits 4 'a class of a module that is not there is named'
says "the class 'postgresql::server' is in none of these trees"
result "$([ "$(grep -c '^not read: ' "$scratch/err")" = 1 ]; echo $?)" 'and everything else is read'
run register check --register "$scratch/draft"
exits 0 'the draft is a register'
run check --register "$scratch/draft" -R "private=$f/secrets" -R "puppet=$f/control"
result "$(grep -qE ': (unregistered|consumer-unfed|lookup-unknown|absent): ' "$scratch/out"; [ $? = 1 ]; echo $?)" \
	'that covers every leaf, and says nothing false of consumers'

# consumers: by a parameter and Hiera, through EPP and Sensitive, with who is told
fed "'profile::app::db_password'" '{hosts: [app1, app2], file: /etc/app/app.yaml, service: app, restart: puppet}'
fed "'profile::app::session_key'" '{hosts: [app1, app2], file: /etc/app/app.yaml, service: app, restart: puppet}'
fed 'key: app_api_token' '{hosts: [app1, app2], file: /etc/app/token, service: app, restart: puppet}'
fed 'key: smtp.password' '{hosts: [mon1], file: /etc/mon/mail.conf}'
fed 'key: mon_token' '{hosts: [mon1], file: /etc/mon/mon.ini}'
fed 'key: mon_token' '{hosts: [mon1], file: /etc/environment}'
# a loop over a hash that only the private data knows, with a default
fed "'profile::base::accounts.ann.netrc'" 'file: /home/ann/.netrc}'
asked 'is the file really called so? Puppet makes the name /home/*/.netrc at run time'
asked 'which of the hosts below get it? It stands in the Hiera data of app1.acme.test alone'

# accounts that Puppet sets: classes, resources, loops over lists and over hashes
fed "'profile::db::admin_password'" "{driver: postgresql, address: 'db1.acme.test:5432', users: [postgres]}"
fed "'profile::db::replication_password'" "{driver: postgresql, address: 'db1.acme.test:5432', users: [replicator]}"
fed "'profile::db::users.app.password'" "{driver: postgresql, address: 'db1.acme.test:5432', users: [app]}"
fed "'profile::db::users.report.password'" "{driver: postgresql, address: 'db1.acme.test:5432', users: [report]}"
fed "'profile::db::reader_password'" "{driver: mariadb, address: 'db1.acme.test:3306', users: ['reader@%']}"
fed "'profile::db::writer_password'" "{driver: mariadb, address: 'db1.acme.test:3306', users: ['writer@%']}"
has draft "'profile::db::replication_password'" 'kind: postgresql-password' \
	'which database it is says what sets the account'
asked 'are these the users, and these the servers? Puppet sets them by postgresql::server::role[replicator]'
asked 'which user does mysql::db[shop] at site-modules/profile/manifests/db.pp:'
asked 'which user does postgresql::server::db[*] at site-modules/profile/manifests/db.pp:'

# what no repository says, or only a run
asked 'what becomes of it in systemd::unit_file[mon.service]'
asked 'what becomes of it in user[root]'
asked 'who reads it? No manifest feeds it to a known host, but site-modules/profile/manifests/app.pp:'
result "$(grep -rqF 'asks for puppet:///secrets/app-tls.key: if that is it' "$scratch/draft"; echo $?)" \
	'a mount of another name'
asked 'what does the holder of its secrets reach next, and what is held there of people?'
asked "which hosts have no node block of their own and come under 'node default'?"
result "$(grep -rqF '(Deferred)' "$scratch/draft/decide.yaml"; echo $?)" 'a value that the host makes itself'

draft sealed
exits 4 'without the key of eyaml'
says '1 value encrypted with hiera-eyaml cannot be opened'
has sealed "'profile::app::session_key'" 'encrypted (eyaml)' 'it is a place all the same'
result "$([ "$(wc -l <"$scratch/values")" -gt 15 ] && { grep -rqF -f "$scratch/values" "$scratch/draft" \
	"$scratch/sealed" "$scratch/out" "$scratch/err" "$scratch/state"; [ $? = 1 ]; }; echo $?)" \
	'no value was said or kept'
finish
