# The mailboxes.
class dovecot {
  $ldap_password = lookup('passwords::ldap_password')

  package { ['dovecot-imapd', 'dovecot-ldap']:
    ensure => present,
  }
  -> file { '/etc/dovecot/dovecot-ldap.conf':
    ensure  => file,
    owner   => 'dovecot',
    mode    => '0400',
    content => template('dovecot/dovecot-ldap.conf.erb'),
  }
  ~> service { 'dovecot':
    ensure => running,
    enable => true,
  }

  file { '/etc/dovecot/local.conf':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///modules/dovecot/local.conf',
    notify => Service['dovecot'],
  }
}
