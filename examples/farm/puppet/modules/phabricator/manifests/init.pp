# Tasks. Its settings are one JSON file, made from what is public and what is not.
class phabricator (
  Hash $settings = {},
) {
  $db_password = lookup('passwords::db::phabricator')
  $mail_password = lookup('passwords::mail::noreply')

  $private = {
    'mysql.host'      => 'db13.example.org',
    'mysql.user'      => 'phabricator',
    'mysql.pass'      => $db_password,
    'cluster.mailers' => [
      {
        'key'     => 'noreply',
        'type'    => 'smtp',
        'options' => {
          'host'     => 'mail2.example.org',
          'user'     => 'noreply',
          'password' => $mail_password,
        },
      },
    ],
  }

  $all = merge($settings, $private)

  file { '/srv/phab/phabricator/conf/local/local.json':
    ensure  => file,
    owner   => 'www-data',
    mode    => '0440',
    content => inline_template("<%= require 'json'; JSON.pretty_generate(@all) %>\n"),
    notify  => Service['phd'],
  }

  file { '/etc/systemd/system/phd.service':
    ensure => file,
    source => 'puppet:///modules/phabricator/phd.service',
    notify => Service['phd'],
  }

  service { 'phd':
    ensure => running,
    enable => true,
  }
}
