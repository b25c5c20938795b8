# Dashboards. People log in by the directory.
class grafana (
  Variant[String, Sensitive[String]] $db_password,
  String $mail_password,
  String $ldap_password,
  String $db_host = 'db11.example.org',
) {
  package { 'grafana':
    ensure => present,
  }

  file { '/etc/grafana/grafana.ini':
    ensure  => file,
    group   => 'grafana',
    mode    => '0440',
    content => Sensitive(template('grafana/grafana.ini.erb')),
    require => Package['grafana'],
    notify  => Service['grafana-server'],
  }

  file { '/etc/grafana/ldap.toml':
    ensure  => file,
    group   => 'grafana',
    mode    => '0440',
    content => template('grafana/ldap.toml.erb'),
    require => Package['grafana'],
  }

  service { 'grafana-server':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/grafana/ldap.toml'],
  }
}
