class role::grafana {
  include nginx
  include ssl::wildcard

  class { 'grafana':
    db_password   => Sensitive(lookup('passwords::db::grafana')),
    mail_password => lookup('passwords::mail::noreply'),
    ldap_password => lookup('passwords::ldap_password'),
  }

  nginx::site { 'grafana':
    content => epp('nginx/proxy.conf.epp', { 'server_name' => 'grafana.example.org', 'port' => 3000 }),
  }
}
