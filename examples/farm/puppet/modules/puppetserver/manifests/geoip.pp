# Fetches the database of countries once a month, and commits it to the private git.
class puppetserver::geoip {
  $licence = lookup('passwords::geoipupdatekey')

  file { '/root/geoipupdate':
    ensure  => file,
    mode    => '0500',
    content => template('puppetserver/geoipupdate.erb'),
  }

  cron { 'geoipupdate':
    command  => '/root/geoipupdate',
    user     => 'root',
    monthday => 2,
    hour     => 4,
    minute   => 17,
  }
}
