# The web interface: the directory says who may log in, the databases what there is to see.
class icingaweb2 (
  String $ido_host = 'db13.example.org',
) {
  $ido_password = lookup('passwords::icinga_ido')
  $ldap_password = lookup('passwords::ldap_password')

  package { 'icingaweb2':
    ensure => present,
  }

  file { '/etc/icingaweb2':
    ensure => directory,
    group  => 'icingaweb2',
    mode   => '2770',
  }

  file { '/etc/icingaweb2/resources.ini':
    ensure  => file,
    owner   => 'www-data',
    group   => 'icingaweb2',
    mode    => '0440',
    content => template('icingaweb2/resources.ini.erb'),
  }

  file { '/etc/icingaweb2/authentication.ini':
    ensure => file,
    owner  => 'www-data',
    group  => 'icingaweb2',
    mode   => '0440',
    source => 'puppet:///modules/icingaweb2/authentication.ini',
  }
}
