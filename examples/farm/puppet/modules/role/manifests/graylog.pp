# Logs of all hosts; its web interface is behind nginx.
class role::graylog {
  include nginx
  include ssl::wildcard
  include graylog

  nginx::site { 'graylog':
    content => epp('nginx/proxy.conf.epp', { 'server_name' => 'logs.example.org', 'port' => 9000 }),
  }
}
