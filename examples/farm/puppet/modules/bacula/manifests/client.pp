# What is backed up.
class bacula::client (
  String $director = 'bacula2.example.org',
  String $password = lookup('passwords::bacula::director'),
) {
  package { 'bacula-fd':
    ensure => present,
  }

  file { '/etc/bacula/bacula-fd.conf':
    ensure  => file,
    mode    => '0400',
    content => template('bacula/bacula-fd.conf.erb'),
    require => Package['bacula-fd'],
    notify  => Service['bacula-fd'],
  }

  service { 'bacula-fd':
    ensure => running,
    enable => true,
  }
}
