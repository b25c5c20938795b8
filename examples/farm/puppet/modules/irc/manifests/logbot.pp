# Takes down what is done to the farm, and writes it to a page of the meta wiki.
class irc::logbot (
  String $nick = 'FarmLogbot',
) {
  $irc_password = lookup('passwords::irc::farmbots')
  $wiki_password = lookup('passwords::mediawiki::farmlogbot')

  file { '/etc/irclogbot':
    ensure => directory,
    mode   => '0755',
  }

  file { '/etc/irclogbot/config.py':
    ensure  => file,
    owner   => 'irclogbot',
    mode    => '0400',
    content => template('irc/logbot-config.py.erb'),
    notify  => Service['logbot'],
  }

  service { 'logbot':
    ensure => running,
    enable => true,
  }
}
