# The directory of the team and of the mailboxes.
class profile::openldap (
  String $admin_password,
  String $ldapvi_password,
  String $suffix = 'dc=example,dc=org',
) {
  class { 'openldap':
    suffix => $suffix,
    rootpw => $admin_password,
  }

  package { 'ldapvi':
    ensure => present,
  }

  file { '/etc/ldapvi.conf':
    ensure  => file,
    mode    => '0440',
    content => template('profile/ldapvi.conf.erb'),
  }
}
