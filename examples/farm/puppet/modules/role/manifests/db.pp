# One cluster of wikis each.
class role::db {
  include ssl::wildcard
  include mariadb
  include mariadb::grants
  include mariadb::monitoring
  include prometheus::exporter::mysqld
  include bacula::client

  # dbbackup1 reads the dumps as this user.
  users::user { 'dbbackup-user':
    uid      => 3201,
    ssh_keys => ['ssh-ed25519 PUBLIC-HALF-OF-dbbackup-user dbbackup-user@example.org'],
  }

  file { '/home/dbbackup-user/.ssh/id_ed25519':
    ensure    => file,
    owner     => 'dbbackup-user',
    group     => 'dbbackup-user',
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///private/dbbackup/dbbackup-user.id_ed25519',
    require   => Users::User['dbbackup-user'],
  }
}
