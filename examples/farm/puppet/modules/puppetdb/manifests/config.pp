class puppetdb::config (
  String $password,
) {
  file { '/etc/puppetdb/conf.d/database.ini':
    ensure  => file,
    owner   => 'puppetdb',
    mode    => '0600',
    content => template('puppetdb/database.ini.erb'),
  }

  file { '/etc/puppetdb/conf.d/jetty.ini':
    ensure  => file,
    owner   => 'puppetdb',
    mode    => '0600',
    content => epp('puppetdb/jetty.ini.epp', { port => $puppetdb::port }),
  }
}
