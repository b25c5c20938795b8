# Says what is backed up when. One password for director, storage, console and clients.
class bacula::director (
  String $password = lookup('passwords::bacula::director'),
  Array[String] $clients = [],
) {
  package { ['bacula-director-sqlite3', 'bacula-console', 'bacula-tray-monitor']:
    ensure => present,
  }

  file { '/etc/bacula/bacula-dir.conf':
    ensure  => file,
    owner   => 'bacula',
    mode    => '0400',
    content => template('bacula/director-head.erb', 'bacula/director-jobs.erb', 'bacula/director-clients.erb'),
    notify  => Service['bacula-director'],
  }

  file { '/etc/bacula/bconsole.conf':
    ensure  => file,
    mode    => '0400',
    content => template('bacula/bconsole.conf.erb'),
  }

  file { '/etc/bacula/tray-monitor.conf':
    ensure  => file,
    mode    => '0400',
    content => epp('bacula/tray-monitor.conf.epp', { 'password' => $password }),
  }

  service { 'bacula-director':
    ensure => running,
    enable => true,
  }
}
