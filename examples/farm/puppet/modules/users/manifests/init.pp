# People and their groups; they stand in data/data.yaml of this module.
class users (
  Hash[String, Hash] $people,
  Hash[String, Hash] $groups,
) {
  file { '/etc/ssh/userkeys':
    ensure  => directory,
    recurse => true,
    purge   => true,
  }

  $groups.each |String $name, Hash $settings| {
    group { $name:
      ensure => present,
      gid    => $settings['gid'],
    }
  }

  $people.each |String $name, Hash $settings| {
    $of = $groups.filter |String $group, Hash $about| { $name in $about['members'] }

    users::user { $name:
      ensure     => pick($settings['ensure'], 'present'),
      uid        => $settings['uid'],
      realname   => $settings['realname'],
      ssh_keys   => $settings['ssh_keys'],
      groups     => keys($of),
      privileges => flatten($of.map |String $group, Hash $about| { $about['privileges'] }),
    }
  }
}
