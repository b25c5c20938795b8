# The database below PuppetDB.
class postgresql (
  String $version = '11',
) {
  $folder = "/etc/postgresql/${version}/main"

  package { "postgresql-${version}":
    ensure => present,
  }

  file { "${folder}/conf.d/farm.conf":
    ensure  => file,
    owner   => 'postgres',
    mode    => '0440',
    content => epp('postgresql/farm.conf.epp', { 'folder' => $folder }),
    require => Package["postgresql-${version}"],
    notify  => Service['postgresql'],
  }

  file { "${folder}/ssl":
    ensure  => directory,
    owner   => 'postgres',
    mode    => '0700',
    require => Package["postgresql-${version}"],
  }

  # read anew on reload, which nothing here asks for
  file { "${folder}/ssl/puppet3.example.org.crt":
    ensure => file,
    owner  => 'postgres',
    source => 'puppet:///ssl/certificates/puppet3.example.org.crt',
  }

  file { "${folder}/ssl/puppet3.example.org.key":
    ensure    => file,
    owner     => 'postgres',
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///ssl-keys/puppet3.example.org.key',
  }

  service { 'postgresql':
    ensure => running,
    enable => true,
  }

  postgresql::user { 'puppetdb':
    password => lookup('puppetdb::password::rw'),
    database => 'puppetdb',
  }
}
