class mediawiki::settings {
  $redis_password     = lookup('passwords::redis::master')
  $wiki_password      = lookup('passwords::db::mediawiki')
  $wikiadmin_password = lookup('passwords::db::wikiadmin')
  $ldap_password      = lookup('passwords::mediawiki::ldap_password')
  $noreply_password   = lookup('passwords::mail::noreply')
  $secret_key         = lookup('passwords::mediawiki::secretkey', String, first)
  $matomo_token       = hiera('passwords::mediawiki::matomotoken')

  file { '/srv/mediawiki/config/PrivateSettings.php':
    ensure  => file,
    owner   => 'root',
    group   => 'www-data',
    mode    => '0440',
    content => template('mediawiki/PrivateSettings.php.erb'),
    require => Exec['wiki-settings'],
  }

  file { '/srv/mediawiki/config/OAuth2.key':
    ensure    => file,
    mode      => '0440',
    show_diff => false,
    source    => 'puppet:///private/mediawiki/OAuth2.key',
    require   => Exec['wiki-settings'],
  }
}
