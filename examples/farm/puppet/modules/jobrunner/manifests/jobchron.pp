# Moves jobs that are due to where the runners look; one host is enough. It reads the runners' file.
class jobrunner::jobchron {
  require jobrunner

  file { '/etc/systemd/system/jobchron.service':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///modules/jobrunner/jobchron.service',
  }

  service { 'jobchron':
    ensure    => running,
    enable    => true,
    subscribe => [File['/srv/jobrunner/jobrunner.json'], File['/etc/systemd/system/jobchron.service']],
  }
}
