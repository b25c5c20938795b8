# Key and certificate of *.example.org. Only nginx is told of a new one, and only where there is nginx: what else has
# the key open keeps the old one until somebody restarts it.
class ssl::wildcard {
  include ssl

  $restarts = defined(Service['nginx']) ? {
    true    => Service['nginx'],
    default => undef,
  }

  file { '/etc/ssl/localcerts/wildcard.example.org.crt':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///ssl/certificates/wildcard.example.org.crt',
    notify => $restarts,
  }

  file { '/etc/ssl/private/wildcard.example.org.key':
    ensure    => file,
    owner     => 'root',
    group     => 'ssl-cert',
    mode      => '0660',
    show_diff => false,
    source    => 'puppet:///ssl-keys/wildcard.example.org.key',
    notify    => $restarts,
  }
}
