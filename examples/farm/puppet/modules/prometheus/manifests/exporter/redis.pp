class prometheus::exporter::redis {
  $redis_password = lookup('passwords::redis::master', String, 'first')

  package { 'prometheus-redis-exporter':
    ensure => present,
  }

  file { '/etc/default/prometheus-redis':
    ensure  => file,
    mode    => '0440',
    content => "REDIS_ADDR=redis://localhost:6379\nREDIS_PASSWORD=${redis_password}\n",
    notify  => Service['prometheus-redis-exporter'],
  }

  service { 'prometheus-redis-exporter':
    ensure => running,
  }
}
