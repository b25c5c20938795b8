class memcached (
  Integer $megabytes = 8192,
) {
  package { 'memcached':
    ensure => present,
  }

  file { '/etc/memcached.conf':
    ensure  => file,
    mode    => '0444',
    content => "-m ${megabytes}\n-l 0.0.0.0\n-u memcache\n",
    notify  => Service['memcached'],
  }

  service { 'memcached':
    ensure => running,
  }
}
