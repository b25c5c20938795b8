# The agent, from cron, twice an hour.
class base::puppet (
  String $server  = lookup('puppetserver_hostname'),
  Integer $limit  = 1800,
) {
  $minute = fqdn_rand(30, 'puppet')

  file { '/etc/puppetlabs/puppet/puppet.conf':
    ensure  => file,
    mode    => '0444',
    content => template('base/puppet.conf.erb'),
  }

  file { '/usr/local/sbin/puppet-run':
    ensure  => file,
    mode    => '0555',
    content => epp('base/puppet-run.epp', { 'limit' => $limit }),
  }

  cron { 'puppet-run':
    command => '/usr/local/sbin/puppet-run >/dev/null 2>&1',
    user    => 'root',
    minute  => [$minute, $minute + 30],
  }

  cron { 'puppet-run-at-boot':
    command => '/usr/local/sbin/puppet-run >/dev/null 2>&1',
    user    => 'root',
    special => 'reboot',
  }
}
