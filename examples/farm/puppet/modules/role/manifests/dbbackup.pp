# Holds a replica and the dumps; mounts them by sshfs with the key below.
class role::dbbackup {
  include mariadb::replica

  $key = 'ssh-ed25519 PUBLIC-HALF-OF-dbbackup-user dbbackup-user@example.org'
  $home = '/home/dbbackup-user'

  users::user { 'dbbackup-user':
    uid      => 3201,
    ssh_keys => [$key],
  }

  file { "${home}/.ssh/id_ed25519":
    ensure    => file,
    owner     => 'dbbackup-user',
    group     => 'dbbackup-user',
    mode      => '0400',
    show_diff => false,
    source    => [
      'puppet:///private/dbbackup/dbbackup-user.id_ed25519',
      'puppet:///modules/mariadb/no-key',
    ],
    require   => Users::User['dbbackup-user'],
  }
}
