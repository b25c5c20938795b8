# The queue, and what hands its jobs out.
class role::jobqueue {
  class { 'redis':
    password   => lookup('passwords::redis::master'),
    max_memory => '6gb',
  }

  include prometheus::exporter::redis
  include jobrunner
  include jobrunner::jobchron
}
