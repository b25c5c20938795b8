# Mail in the browser.
class roundcubemail (
  String $db_password,
  String $des_key,
  String $db_host = 'db13.example.org',
  String $imap_host = 'ssl://mail2.example.org',
) {
  exec { 'roundcubemail':
    command => '/usr/bin/git clone --branch 1.4.11 https://git.example.org/mirror/roundcubemail.git /srv/roundcubemail',
    creates => '/srv/roundcubemail/index.php',
  }

  file { '/srv/roundcubemail/config/config.inc.php':
    ensure  => file,
    owner   => 'www-data',
    group   => 'www-data',
    mode    => '0440',
    content => template('roundcubemail/config.inc.php.erb'),
    require => Exec['roundcubemail'],
  }
}
