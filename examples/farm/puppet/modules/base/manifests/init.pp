# What every host has.
class base {
  include users
  include ssh
  include base::puppet
  include base::firewall
  include prometheus::exporter::node

  package { ['ca-certificates', 'curl', 'rsync', 'sudo', 'vim']:
    ensure => present,
  }

  # salt-ssh comes in as this user, and may do everything.
  users::user { 'salt-user':
    uid        => 3100,
    privileges => ['ALL=(ALL) NOPASSWD: ALL'],
    ssh_keys   => [
      'ssh-ed25519 PUBLIC-HALF-OF-salt-user salt-user@puppet3.example.org',
    ],
  }
}
