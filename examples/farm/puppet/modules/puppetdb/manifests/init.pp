# What all hosts have, as of their last catalogue. It reads its settings at its start, and nothing here starts it again.
class puppetdb (
  String $db_password,
  String $db_host = 'localhost',
  Stdlib::Port $port = 8081,
) {
  package { 'puppetdb':
    ensure => present,
  }

  class { 'puppetdb::config':
    password => $db_password,
    before   => Service['puppetdb'],
    require  => Package['puppetdb'],
  }

  service { 'puppetdb':
    ensure => running,
    enable => true,
  }
}
