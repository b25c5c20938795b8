# The checks that other hosts exported.
class icinga2::services {
  concat { '/etc/icinga2/conf.d/puppet_services.conf':
    ensure => present,
    owner  => 'nagios',
    mode   => '0440',
    notify => Service['icinga2'],
  }

  concat::fragment { 'head of the services':
    target  => '/etc/icinga2/conf.d/puppet_services.conf',
    order   => '00',
    content => "// Written by Puppet.\n",
  }

  Icinga2::Service <<| tag == 'farm' |>>
}
