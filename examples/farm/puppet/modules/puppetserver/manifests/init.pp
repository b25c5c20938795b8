# The server itself: where it looks for what (hiera.yaml) and what it serves to whom (fileserver.conf, auth.conf). The
# trees of private and ssl-keys are moved by their own repositories, after each push.
class puppetserver {
  package { 'puppetserver':
    ensure => present,
  }

  ['hiera.yaml', 'fileserver.conf'].each |String $name| {
    file { "/etc/puppetlabs/puppet/${name}":
      ensure  => file,
      mode    => '0444',
      source  => "puppet:///modules/puppetserver/${name}",
      require => Package['puppetserver'],
      notify  => Service['puppetserver'],
    }
  }

  file { '/etc/puppetlabs/puppetserver/conf.d/auth.conf':
    ensure  => file,
    mode    => '0444',
    source  => 'puppet:///modules/puppetserver/auth.conf',
    require => Package['puppetserver'],
    notify  => Service['puppetserver'],
  }

  file { ['/etc/puppetlabs/puppet/private', '/etc/puppetlabs/puppet/ssl-keys']:
    ensure => directory,
    owner  => 'root',
    group  => 'puppet',
    mode   => '0750',
  }

  $public = ['puppet', 'ssl', 'dns', 'services']

  $public.each |Integer $n, String $repository| {
    cron { "pull ${repository}":
      command => "/usr/bin/git -C /srv/git/${repository} pull --quiet",
      user    => 'root',
      minute  => range($n + 5, 59, 10),
    }
  }

  service { 'puppetserver':
    ensure => running,
    enable => true,
  }
}
