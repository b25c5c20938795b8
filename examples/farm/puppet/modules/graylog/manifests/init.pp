# Collects the logs of all hosts.
class graylog (
  String $memory = '4g',
) {
  package { 'graylog-server':
    ensure => present,
  }

  file { '/etc/graylog/server/server.conf':
    ensure  => file,
    group   => 'graylog',
    mode    => '0440',
    content => epp('graylog/server.conf.epp'),
    require => Package['graylog-server'],
  }

  file { '/etc/default/graylog-server':
    ensure  => file,
    content => "GRAYLOG_SERVER_JAVA_OPTS=\"-Xms${memory} -Xmx${memory}\"\n",
  }

  service { 'graylog-server':
    ensure => running,
    enable => true,
  }

  [File['/etc/graylog/server/server.conf'], File['/etc/default/graylog-server']] ~> Service['graylog-server']
}
