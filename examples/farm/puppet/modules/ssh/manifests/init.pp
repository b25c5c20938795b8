# Keys only, and only those that Puppet knows, or people's own.
class ssh (
  Integer $port = 22,
) {
  package { 'openssh-server':
    ensure => present,
  }

  file { '/etc/ssh/sshd_config':
    ensure  => file,
    mode    => '0444',
    content => template('ssh/sshd_config.erb'),
    require => Package['openssh-server'],
  }

  service { 'ssh':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/ssh/sshd_config'],
  }
}
