# The farm's names. The zones are pulled, looked at, and only then read; a zone with a mistake stops all of them.
class gdnsd {
  package { ['gdnsd', 'git']:
    ensure => present,
  }

  exec { 'zones':
    command => '/usr/bin/git clone --quiet https://git.example.org/farm/dns.git /srv/dns',
    creates => '/srv/dns/zones',
    require => Package['git'],
  }
  -> exec { 'newest zones':
    command  => '/usr/bin/git -C /srv/dns merge --quiet --ff-only origin/main',
    unless   => '/usr/bin/git -C /srv/dns fetch --quiet && /usr/bin/git -C /srv/dns diff --quiet HEAD origin/main',
    provider => shell,
    notify   => Exec['gdnsd checkconf'],
  }
  -> file { '/etc/gdnsd/zones':
    ensure => link,
    target => '/srv/dns/zones',
    force  => true,
  }
  ~> exec { 'gdnsd checkconf':
    command     => '/usr/sbin/gdnsd checkconf',
    refreshonly => true,
  }
  ~> service { 'gdnsd':
    ensure  => running,
    restart => '/bin/systemctl reload gdnsd',
  }

  # which country an address is in
  file { '/usr/share/GeoIP/GeoLite2-Country.mmdb':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///private/geoip/GeoLite2-Country.mmdb',
    notify => Service['gdnsd'],
  }
}
