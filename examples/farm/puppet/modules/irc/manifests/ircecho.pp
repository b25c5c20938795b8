# Alarms of the monitoring.
class irc::ircecho (
  String $password = lookup('passwords::irc::farmbots'),
) {
  package { 'ircecho':
    ensure => present,
  }

  file { '/etc/default/ircecho_password':
    ensure    => file,
    owner     => 'irc',
    mode      => '0640',
    show_diff => false,
    content   => Sensitive("${password}\n"),
  }

  service { 'ircecho':
    ensure    => running,
    enable    => true,
    subscribe => File['/etc/default/ircecho_password'],
  }
}
