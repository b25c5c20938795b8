# Signs what goes out. It reads its keys at its start only, and nothing here starts it again for a new one.
class opendkim (
  String $selector,
) {
  package { 'opendkim':
    ensure => present,
  }

  file { '/etc/opendkim/keys':
    ensure => directory,
    owner  => 'opendkim',
    mode   => '0700',
  }

  file { '/etc/opendkim/keys/mail.private':
    ensure    => file,
    owner     => 'opendkim',
    group     => 'opendkim',
    mode      => '0600',
    show_diff => false,
    source    => 'puppet:///private/postfix/mail.private',
    before    => Service['opendkim'],
  }

  file { '/etc/opendkim/KeyTable':
    ensure  => file,
    content => "${selector}._domainkey.example.org example.org:${selector}:/etc/opendkim/keys/mail.private\n",
  }

  file { '/etc/opendkim/SigningTable':
    ensure  => file,
    content => "*@example.org ${selector}._domainkey.example.org\n",
  }

  file { '/etc/opendkim.conf':
    ensure => file,
    source => 'puppet:///modules/opendkim/opendkim.conf',
    notify => Service['opendkim'],
  }

  service { 'opendkim':
    ensure => running,
    enable => true,
  }
}
