# The web interface of the mailboxes.
class role::roundcubemail {
  include nginx
  include ssl::wildcard
  include php

  class { 'roundcubemail':
    db_password => lookup({ 'name' => 'passwords::roundcubemail', 'value_type' => String }),
    des_key     => lookup('passwords::roundcubemail_des_key', String[24, 24]),
  }

  nginx::site { 'webmail':
    content => epp('nginx/php.conf.epp', { 'server_name' => 'webmail.example.org', 'root' => '/srv/roundcubemail' }),
  }
}
