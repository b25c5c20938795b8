class prometheus::exporter::node {
  package { 'prometheus-node-exporter':
    ensure => present,
  }
  -> service { 'prometheus-node-exporter':
    ensure => running,
  }
}
