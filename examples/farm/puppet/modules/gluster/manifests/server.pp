# The wikis' uploads. glusterd and its bricks read the key when they start, and Puppet starts none of them again.
class gluster::server {
  package { 'glusterfs-server':
    ensure => present,
  }

  file {
    default:
      ensure => file,
      owner  => 'root',
      mode   => '0444',
      before => Service['glusterd'],
    ;
    '/etc/ssl/glusterfs.pem':
      source => 'puppet:///ssl/certificates/gluster.example.org.crt',
    ;
    '/etc/ssl/glusterfs.ca':
      source => 'puppet:///ssl/ca/farm.crt',
    ;
    '/etc/ssl/glusterfs.key':
      mode      => '0400',
      show_diff => false,
      source    => 'puppet:///ssl-keys/gluster.example.org.key',
    ;
  }

  file { '/var/lib/glusterd/secure-access':
    ensure  => file,
    content => '',
    require => Package['glusterfs-server'],
  }

  service { 'glusterd':
    ensure  => running,
    enable  => true,
    require => Package['glusterfs-server'],
  }
}
