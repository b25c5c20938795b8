# What each user may do, as SQL. Puppet writes these files and nobody runs them: after a change of a password somebody
# has to, or the server still takes the old one.
class mariadb::grants {
  file { '/etc/mysql/grants':
    ensure => directory,
    mode   => '0750',
  }

  # everybody's: each part comes from who needs it
  concat { '/etc/mysql/grants/default-grants.sql':
    ensure => present,
    mode   => '0440',
  }

  $root_password = hiera('passwords::db::root')
  concat::fragment { 'grants of root':
    target  => '/etc/mysql/grants/default-grants.sql',
    order   => '01',
    content => template('mariadb/grants/root.sql.erb'),
  }

  $exporter_password = lookup('passwords::db::exporter')
  $replica_password = lookup('passwords::mariadb_replica_password')
  concat::fragment { 'grants of machines':
    target  => '/etc/mysql/grants/default-grants.sql',
    order   => '10',
    content => template('mariadb/grants/exporter.sql.erb', 'mariadb/grants/replica.sql.erb'),
  }

  concat::fragment { 'grants of dbbackup':
    target  => '/etc/mysql/grants/default-grants.sql',
    order   => '20',
    content => epp('mariadb/grants/dbbackup.sql.epp', { 'password' => lookup('passwords::db::dbbackup_user') }),
  }

  # the wikis: two users share one password
  $mediawiki_password = lookup('passwords::db::mediawiki')
  $wikiadmin_password = lookup('passwords::db::wikiadmin')
  file { '/etc/mysql/grants/mediawiki-grants.sql':
    ensure  => file,
    mode    => '0440',
    content => template('mariadb/grants/mediawiki.sql.erb'),
  }

  # Icinga's own, and that of its web interface
  $ido_password = lookup({ 'name' => 'passwords::icinga_ido', 'value_type' => String })
  $web_password = lookup('passwords::icingaweb2')
  file { '/etc/mysql/grants/icinga2-grants.sql':
    ensure  => file,
    mode    => '0440',
    content => template('mariadb/grants/icinga2.sql.erb'),
  }

  # and the ones that look alike
  mariadb::grant {
    'grafana':
      password => lookup('passwords::db::grafana');
    'piwik':
      password => lookup('passwords::db::piwik');
    'phabricator':
      database => 'phabricator\_%',
      password => lookup('passwords::db::phabricator');
    'roundcubemail':
      password => lookup({ 'name' => 'passwords::roundcubemail' });
  }
}
