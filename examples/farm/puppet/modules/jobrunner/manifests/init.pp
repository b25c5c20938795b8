# Runs the wikis' jobs.
class jobrunner (
  Integer $runners = 8,
  String $redis_host = 'jobchron1.example.org',
) {
  file { '/srv/jobrunner':
    ensure => directory,
    owner  => 'www-data',
  }

  file { '/srv/jobrunner/jobrunner.json':
    ensure  => file,
    owner   => 'www-data',
    mode    => '0400',
    content => epp('jobrunner/jobrunner.json.epp', {
      'host'     => $redis_host,
      'runners'  => $runners,
      'password' => lookup('passwords::redis::master'),
    }),
    notify  => Service['jobrunner'],
  }

  file { '/etc/systemd/system/jobrunner.service':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///modules/jobrunner/jobrunner.service',
  } ~> Service['jobrunner']

  service { 'jobrunner':
    ensure => running,
    enable => true,
  }
}
