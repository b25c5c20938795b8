# What visitors see: TLS ends here.
class role::edge {
  include nginx
  include ssl::wildcard
  include ssl::hosted

  ssl::cert { 'w.example.org': }

  nginx::site { 'wikis':
    content => template('nginx/wikis.conf.erb'),
  }

  # whose word about a visitor's address is taken
  $networks = file('/etc/puppetlabs/puppet/private/files/firewall/cdn_ipv4')
  file { '/etc/nginx/conf.d/cdn.conf':
    ensure  => file,
    mode    => '0444',
    content => regsubst($networks, '^(\S+)$', 'set_real_ip_from \1;', 'G'),
    notify  => Service['nginx'],
  }
}
