# The job queue. Nothing is kept on disk, so a restart throws the queue away.
class redis (
  String $password,
  String $max_memory = '1gb',
  Integer $port = 6379,
) {
  package { 'redis-server':
    ensure => present,
  }

  file { '/etc/redis/redis.conf':
    ensure  => file,
    owner   => 'redis',
    group   => 'redis',
    mode    => '0440',
    content => template('redis/redis.conf.erb'),
    require => Package['redis-server'],
    notify  => Service['redis-server'],
  }

  service { 'redis-server':
    ensure => running,
    enable => true,
  }
}
