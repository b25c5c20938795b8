# Packets of known abusers end here. The lists are no secrets, but nobody else's business either.
class base::firewall (
  Array[String] $blocked_networks = lookup('firewall::blocked_networks', Array[String], 'unique', []),
) {
  $abuse = file('/etc/puppetlabs/puppet/private/files/firewall/block_abuse')

  package { 'nftables':
    ensure => present,
  }

  file { '/etc/nftables.d':
    ensure => directory,
  }

  file { '/etc/nftables.d/abuse.list':
    ensure  => file,
    mode    => '0440',
    content => $abuse,
    require => File['/etc/nftables.d'],
  }

  file { '/etc/nftables.conf':
    ensure  => file,
    mode    => '0440',
    content => template('base/nftables-head.erb', 'base/nftables-rules.erb'),
    notify  => Service['nftables'],
  }

  service { 'nftables':
    ensure  => running,
    enable  => true,
    require => Package['nftables'],
  }
}
