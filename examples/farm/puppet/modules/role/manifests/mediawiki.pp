class role::mediawiki {
  include nginx
  include ssl::wildcard
  include php
  include mediawiki
  include gluster::client

  nginx::site { 'mediawiki':
    content => epp('nginx/php.conf.epp', { 'server_name' => '*.example.org', 'root' => '/srv/mediawiki' }),
  }
}
