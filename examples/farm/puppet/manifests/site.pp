# Who is what. A name wins over a pattern: mw11 is a wiki host like its neighbours, and the one that deploys.

include base

node 'bacula2.example.org' {
  include role::bacula
}

node /^cloud[345]\.example\.org$/ {
  include role::cloud
}

node /^cp(3|1[2-5])\.example\.org$/ {
  include role::edge
}

node /^db1[1-3]\.example\.org$/ {
  include role::db
}

node 'dbbackup1.example.org' {
  include role::dbbackup
}

node /^gluster[34]\.example\.org$/ {
  include role::gluster
}

node 'graylog2.example.org' {
  include role::graylog
}

node 'jobchron1.example.org' {
  include role::jobqueue
}

node 'ldap2.example.org' {
  include role::openldap
}

node 'mail2.example.org' {
  include role::mail
  include role::roundcubemail
}

node /^mem\d+\.example\.org$/ {
  include role::memcached
}

node 'mon2.example.org' {
  include role::prometheus
  include role::grafana
  include role::icinga2
  include role::icingaweb2
  include role::irc
  include role::matomo
}

node /^mw([89]|1[0-3])\.example\.org$/ {
  include role::mediawiki
  include role::jobrunner
}

node 'mw11.example.org' {
  include role::mediawiki
  include role::jobrunner
  include role::deployment
}

node 'mwtask1.example.org' {
  include role::mediawiki, role::jobrunner
  include role::acme
}

node 'ns1.example.org', 'ns2.example.org' {
  include role::dns
}

node 'phab2.example.org' {
  include role::phabricator
}

node 'puppet3.example.org' {
  include role::puppetserver
  include role::salt
}

node /^services\d\.example\.org$/ {
  include role::services
}

# The whole wiki, but no jobs.
node 'test3.example.org' {
  include role::mediawiki
}

# test4 among others
node default {
}
