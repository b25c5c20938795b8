# Has certificates renewed, and pushes them to the ssl repository.
class acme {
  package { 'certbot':
    ensure => present,
  }

  file { '/var/lib/nagios':
    ensure => directory,
    owner  => 'nagios',
  }

  file { '/var/lib/nagios/id_rsa':
    ensure    => file,
    owner     => 'nagios',
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///private/acme/id_rsa',
  }

  file { '/root/ssl-certificate':
    ensure => file,
    mode   => '0555',
    source => 'puppet:///modules/acme/ssl-certificate',
  }
}
