# Where keys and certificates lie.
class ssl {
  package { 'ssl-cert':
    ensure => present,
  }

  file { ['/etc/ssl/localcerts', '/etc/ssl/private']:
    ensure  => directory,
    group   => 'ssl-cert',
    mode    => '0750',
    require => Package['ssl-cert'],
  }
}
