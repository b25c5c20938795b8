# Counts visits. PHP reads its settings at each request, so nothing is restarted.
class matomo (
  String $ldap_password = lookup('passwords::matomo::ldap_password'),
) {
  $password = lookup('passwords::db::piwik')
  $salt = lookup('passwords::piwik::salt')
  $noreply_password = lookup('passwords::mail::noreply')

  exec { 'matomo':
    command => '/usr/bin/git clone --branch 4.x-stable https://git.example.org/mirror/matomo.git /srv/matomo',
    creates => '/srv/matomo/index.php',
  }
  -> file { '/srv/matomo/config/config.ini.php':
    ensure  => file,
    owner   => 'www-data',
    group   => 'www-data',
    mode    => '0400',
    content => template('matomo/config.ini.php.erb'),
  }
}
