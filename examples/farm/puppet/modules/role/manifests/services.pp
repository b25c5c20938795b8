# Small services beside the wikis; they push what they render.
class role::services {
  include nginx
  include ssl::wildcard
  include services

  nginx::site { 'services':
    content => epp('nginx/proxy.conf.epp', { 'server_name' => 'services.example.org', 'port' => 7231 }),
  }
}
