# The monitoring itself.
class icinga2 (
  String $ticket_salt = lookup('passwords::ticket_salt', String, 'first', ''),
  # the API is switched off, so this goes nowhere
  String $api_password = lookup('passwords::icinga_api'),
) {
  package { 'icinga2':
    ensure => present,
  }

  file { '/etc/icinga2/constants.conf':
    ensure  => file,
    owner   => 'nagios',
    mode    => '0440',
    content => template('icinga2/constants.conf.erb'),
    require => Package['icinga2'],
    notify  => Service['icinga2'],
  }

  # from a time when checks logged in elsewhere
  file { '/var/lib/nagios/id_rsa2':
    ensure    => file,
    owner     => 'nagios',
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///private/icinga2/id_rsa2',
  }

  service { 'icinga2':
    ensure  => running,
    enable  => true,
    restart => '/bin/systemctl reload icinga2',
  }
}
