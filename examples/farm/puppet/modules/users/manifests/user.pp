# One account, its keys and what it may do as somebody else.
define users::user (
  Integer $uid,
  Enum['present', 'absent'] $ensure = 'present',
  String $realname = $title,
  Array[String] $ssh_keys = [],
  Array[String] $groups = [],
  Array[String] $privileges = [],
) {
  $home = "/home/${title}"

  user { $title:
    ensure     => $ensure,
    uid        => $uid,
    comment    => $realname,
    home       => $home,
    managehome => true,
    shell      => '/bin/bash',
    groups     => $groups,
  }

  if $ensure == 'present' {
    file { "${home}/.ssh":
      ensure  => directory,
      owner   => $title,
      mode    => '0700',
      require => User[$title],
    }
  }

  unless empty($ssh_keys) {
    file { "/etc/ssh/userkeys/${title}":
      ensure  => file,
      mode    => '0444',
      content => inline_template("# Written by Puppet.\n<%= @ssh_keys.join(\"\\n\") %>\n"),
    }
  }

  unless empty($privileges) {
    file { "/etc/sudoers.d/${title}":
      ensure  => file,
      mode    => '0440',
      content => epp('users/sudoers.epp', { 'user' => $title, 'privileges' => $privileges }),
    }
  }
}
