# Tells a channel of recent changes.
class irc::rcbot (
  String $password,
  String $channel = '#farm-feed',
) {
  file { '/usr/local/bin/ircrcbot.py':
    ensure  => file,
    mode    => '0750',
    content => template('irc/ircrcbot.py.erb'),
  }

  service { 'ircrcbot':
    ensure => running,
    enable => true,
  }

  File['/usr/local/bin/ircrcbot.py'] ~> Service['ircrcbot']
}
