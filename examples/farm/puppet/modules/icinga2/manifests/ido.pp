# What Icinga saw, in a database for its web interface.
class icinga2::ido (
  String $host = 'db13.example.org',
) {
  $parameters = {
    'host'     => $host,
    'database' => 'icinga',
    'password' => lookup({
      'name'       => 'passwords::icinga_ido',
      'value_type' => String,
      'merge'      => 'first',
    }),
  }

  file { '/etc/icinga2/features-available/ido-mysql.conf':
    ensure  => file,
    owner   => 'nagios',
    mode    => '0440',
    content => epp('icinga2/ido-mysql.conf.epp', $parameters),
    notify  => Class['icinga2'],
  }

  file { '/etc/icinga2/features-enabled/ido-mysql.conf':
    ensure => link,
    target => '../features-available/ido-mysql.conf',
  }
}
