# The Puppet server with its PuppetDB, and the PostgreSQL below that.
class role::puppetserver {
  include postgresql
  include puppetdb
  include puppetserver
  include puppetserver::geoip
  include nginx
  include ssl::wildcard
  include bacula::client

  nginx::site { 'puppetdb':
    content => epp('nginx/proxy.conf.epp', { 'server_name' => 'puppetdb.example.org', 'port' => 8080 }),
  }
}
