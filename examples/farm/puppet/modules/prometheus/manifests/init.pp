# Collects what the exporters tell.
class prometheus (
  Array[String] $targets = lookup('prometheus::targets', Array[String], 'unique', ['localhost:9090']),
) {
  package { 'prometheus':
    ensure => present,
  }

  file { '/etc/prometheus/prometheus.yml':
    ensure  => file,
    mode    => '0444',
    content => template('prometheus/prometheus.yml.erb'),
    notify  => Service['prometheus'],
  }

  service { 'prometheus':
    ensure  => running,
    restart => '/bin/systemctl reload prometheus',
  }
}
