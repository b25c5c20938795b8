class role::matomo {
  include nginx
  include ssl::wildcard
  include php
  include matomo

  nginx::site { 'matomo':
    content => epp('nginx/php.conf.epp', { 'server_name' => 'matomo.example.org', 'root' => '/srv/matomo' }),
  }
}
