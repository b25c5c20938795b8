class bacula::storage {
  $password = $bacula::director::password

  package { 'bacula-sd':
    ensure => present,
  }

  file { '/etc/bacula/bacula-sd.conf':
    ensure  => file,
    owner   => 'bacula',
    mode    => '0400',
    content => template('bacula/bacula-sd.conf.erb'),
  }

  service { 'bacula-sd':
    ensure => running,
    enable => true,
  }

  Package['bacula-sd'] -> File['/etc/bacula/bacula-sd.conf'] ~> Service['bacula-sd']
}
