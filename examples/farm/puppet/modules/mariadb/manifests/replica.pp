# A server that follows another one. What it logs in with was typed as CHANGE MASTER and is nowhere in here.
class mariadb::replica (
  String $primary = 'db11.example.org',
) {
  package { 'mariadb-server':
    ensure => present,
  }

  file { '/etc/mysql/mariadb.conf.d/90-farm.cnf':
    ensure  => file,
    mode    => '0444',
    content => "[mysqld]\nread_only = 1\nreplicate_wild_do_table = %.%\n# follows ${primary}\n",
  }

  service { 'mariadb':
    ensure => running,
  }
}
