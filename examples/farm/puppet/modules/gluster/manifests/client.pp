# The mount of the uploads; it shows the wildcard's certificate, and has read the key when it was mounted.
class gluster::client (
  String $volume = 'gluster3.example.org:/static',
) {
  package { 'glusterfs-client':
    ensure => present,
  }

  file { '/etc/ssl/glusterfs.pem':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///ssl/certificates/wildcard.example.org.crt',
  }

  file { '/etc/ssl/glusterfs.ca':
    ensure => file,
    mode   => '0444',
    source => 'puppet:///ssl/ca/farm.crt',
  }

  file { '/etc/ssl/glusterfs.key':
    ensure    => file,
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///ssl-keys/wildcard.example.org.key',
  }

  file { '/var/lib/glusterd':
    ensure => directory,
  }

  file { '/var/lib/glusterd/secure-access':
    ensure  => file,
    content => '',
  }

  file { '/srv/static':
    ensure => directory,
  }

  mount { '/srv/static':
    ensure  => mounted,
    device  => $volume,
    fstype  => 'glusterfs',
    options => 'defaults,transport=tcp,xlator-option=transport.socket.ssl-enabled=on',
    require => [File['/srv/static'], File['/etc/ssl/glusterfs.key'], Package['glusterfs-client']],
  }
}
