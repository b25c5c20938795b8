# A bot that repeats what it is sent by UDP. Its program, service and settings have the name of the title.
define irc::bot (
  String $nick,
  String $channel,
  String $password,
  Integer $port = 5071,
) {
  file { "/usr/local/bin/${title}.py":
    ensure  => file,
    mode    => '0750',
    content => epp('irc/bot.py.epp', {
      'nick'     => $nick,
      'channel'  => $channel,
      'password' => $password,
      'port'     => $port,
    }),
    notify  => Service[$title],
  }

  service { $title:
    ensure => running,
    enable => true,
  }
}
