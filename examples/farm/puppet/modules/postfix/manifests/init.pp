# Takes mail in and sends it out; who has which address stands in the directory.
class postfix (
  String $hostname = 'mail2.example.org',
  String $ldap_password = lookup('passwords::ldap_password'),
) {
  package { ['postfix', 'postfix-ldap']:
    ensure => present,
  }

  file { '/etc/postfix/main.cf':
    ensure  => file,
    mode    => '0444',
    content => template('postfix/main.cf.erb'),
    require => Package['postfix'],
    notify  => Service['postfix'],
  }

  file { '/etc/postfix/ldap':
    ensure  => directory,
    mode    => '0750',
    group   => 'postfix',
    require => Package['postfix'],
  }

  file { '/etc/postfix/ldap/smtpd_sender_login_maps':
    ensure  => file,
    group   => 'postfix',
    mode    => '0440',
    content => template('postfix/ldap/head.erb', 'postfix/ldap/smtpd_sender_login_maps.erb'),
    notify  => Service['postfix'],
  }

  $filters = {
    'virtual_mailbox_maps'  => '(&(objectClass=inetOrgPerson)(mail=%s))',
    'virtual_alias_maps'    => '(&(objectClass=nisMailAlias)(cn=%s))',
    'virtual_alias_groups'  => '(&(objectClass=groupOfNames)(mail=%s))',
    'virtual_alias_domains' => '(&(objectClass=domain)(dc=%s))',
  }

  $filters.each |String $map, String $filter| {
    file { "/etc/postfix/ldap/${map}":
      ensure  => file,
      group   => 'postfix',
      mode    => '0440',
      content => template('postfix/ldap/head.erb', 'postfix/ldap/map.erb'),
      notify  => Service['postfix'],
    }
  }

  service { 'postfix':
    ensure  => running,
    enable  => true,
    require => Package['postfix'],
  }
}
