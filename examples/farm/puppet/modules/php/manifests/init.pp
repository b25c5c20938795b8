# PHP as a service. It looks at changed files by itself after some seconds.
class php (
  String $version = '7.4',
) {
  package { ["php${version}-fpm", "php${version}-mysql", "php${version}-ldap"]:
    ensure => present,
  }

  file { "/etc/php/${version}/fpm/conf.d/50-farm.ini":
    ensure  => file,
    mode    => '0444',
    content => "opcache.validate_timestamps = 1\nopcache.revalidate_freq = 10\n",
    notify  => Service["php${version}-fpm"],
  }

  service { "php${version}-fpm":
    ensure  => running,
    require => Package["php${version}-fpm"],
  }
}
