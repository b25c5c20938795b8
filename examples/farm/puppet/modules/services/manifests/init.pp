# Renders lists for the wikis and pushes them to a repository of its own.
class services (
  String $user = 'services',
) {
  user { $user:
    ensure => present,
    system => true,
    home   => '/srv/services',
  }

  file { '/srv/services':
    ensure => directory,
    owner  => $user,
  }

  file { '/srv/services/id_rsa':
    ensure    => file,
    owner     => $user,
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///private/acme/id_rsa',
  }

  exec { 'services':
    command => '/usr/bin/git clone --quiet git@git.example.org:farm/services.git /srv/services/lists',
    creates => '/srv/services/lists',
    user    => $user,
    require => File['/srv/services/id_rsa'],
  }
}
