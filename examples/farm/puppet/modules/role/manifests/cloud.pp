# The hosts that the other hosts run on.
class role::cloud {
  package { ['qemu-server', 'pve-firewall']:
    ensure => present,
  }
}
