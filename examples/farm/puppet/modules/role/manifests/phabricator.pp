class role::phabricator {
  include nginx
  include ssl::wildcard
  include php
  include phabricator
  include bacula::client

  ssl::cert { 'w.example.org': }

  nginx::site { 'phabricator':
    content => epp('nginx/php.conf.epp', {
      'server_name' => 'tickets.example.org',
      'root'        => '/srv/phab/phabricator/webroot',
    }),
  }
}
