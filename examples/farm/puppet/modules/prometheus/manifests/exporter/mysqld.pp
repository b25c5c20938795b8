# One exporter for each instance; there is only `main` by now.
class prometheus::exporter::mysqld (
  Array[String] $instances = ['main'],
) {
  package { 'prometheus-mysqld-exporter':
    ensure => present,
  }

  $exporter_password = lookup('passwords::db::exporter')

  file { '/var/lib/prometheus':
    ensure => directory,
    mode   => '0750',
  }

  file { '/var/lib/prometheus/.my.main.cnf':
    ensure    => file,
    owner     => 'prometheus',
    mode      => '0400',
    show_diff => false,
    content   => template('prometheus/my.cnf.erb'),
  }
  ~> service { 'mysqld-exporter@main':
    ensure => running,
    enable => true,
  }
}
