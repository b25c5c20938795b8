class role::icingaweb2 {
  include nginx
  include ssl::wildcard
  include php
  include icingaweb2

  nginx::site { 'icinga':
    content => epp('nginx/php.conf.epp', {
      'server_name' => 'icinga.example.org',
      'root'        => '/usr/share/icingaweb2/public',
    }),
  }
}
