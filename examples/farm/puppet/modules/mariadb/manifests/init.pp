# The server. Its TLS key is the wildcard's, and it reads it at its start or when it is told to (FLUSH SSL).
class mariadb (
  String $datadir = '/srv/mariadb',
  String $buffer_pool = '16G',
) {
  $root_password = hiera('passwords::db::root')

  package { 'mariadb-server':
    ensure => present,
  }

  file { '/etc/mysql/mariadb.conf.d/90-farm.cnf':
    ensure  => file,
    mode    => '0444',
    content => template('mariadb/farm.cnf.erb'),
    require => [Package['mariadb-server'], File['/etc/ssl/private/wildcard.example.org.key']],
  }

  file { '/root/.my.cnf':
    ensure  => file,
    mode    => '0400',
    content => template('mariadb/root.my.cnf.erb'),
  }

  # never restarted by Puppet: a restart of a cluster is planned
  service { 'mariadb':
    ensure  => running,
    enable  => true,
    require => Package['mariadb-server'],
  }
}
