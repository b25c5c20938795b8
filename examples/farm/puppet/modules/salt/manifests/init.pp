# salt-ssh: one key, and with it every host.
class salt {
  File {
    owner => 'root',
    group => 'root',
    mode  => '0440',
  }

  package { 'salt-ssh':
    ensure => present,
  }

  file { '/etc/salt/master':
    ensure => file,
    source => 'puppet:///modules/salt/master',
  }

  file { '/etc/salt/roster':
    ensure  => file,
    content => epp('salt/roster.epp', { 'hosts' => lookup('salt::hosts', Array[String]) }),
  }

  $key = file('/etc/puppetlabs/puppet/private/files/base/user/salt-user-ssh-key')
  file { '/home/salt-user/.ssh/id_ed25519':
    ensure    => file,
    owner     => 'salt-user',
    group     => 'salt-user',
    mode      => '0400',
    show_diff => false,
    content   => Sensitive($key),
    require   => Users::User['salt-user'],
  }
}
