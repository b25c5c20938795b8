# The server. Its settings are in the directory itself, so the password of cn=admin goes there and into no file.
class openldap (
  String $suffix,
  String $rootpw,
) {
  package { ['slapd', 'ldap-utils']:
    ensure => present,
  }

  service { 'slapd':
    ensure  => running,
    enable  => true,
    require => Package['slapd'],
  }

  openldap_database { $suffix:
    ensure  => present,
    rootdn  => "cn=admin,${suffix}",
    rootpw  => $rootpw,
    require => Service['slapd'],
  }

  openldap_global { 'tls':
    certificate => '/etc/ssl/localcerts/wildcard.example.org.crt',
    key         => '/etc/ssl/private/wildcard.example.org.key',
    require     => Service['slapd'],
  }
}
