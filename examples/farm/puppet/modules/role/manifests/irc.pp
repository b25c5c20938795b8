# All bots; they share one account at the network.
class role::irc {
  $password = lookup('passwords::irc::farmbots')

  include irc::logbot
  class { 'irc::rcbot': password => $password }
  irc::bot { 'irclogserverbot':
    nick     => 'FarmLS',
    channel  => '#farm-sre',
    password => $password,
  }
  include irc::ircecho
}
