# The monitoring logs in on this server. The check itself is made on mon2 from what is exported here, so that the
# password goes through PuppetDB.
class mariadb::monitoring {
  $icinga_password = lookup('passwords::db::icinga')

  concat::fragment { 'grants of the monitoring':
    target  => '/etc/mysql/grants/default-grants.sql',
    order   => '30',
    content => template('mariadb/grants/icinga-check.sql.erb'),
  }

  @@icinga2::service { "mysql on ${facts['networking']['hostname']}":
    host    => $facts['networking']['fqdn'],
    command => 'mysql',
    vars    => {
      'mysql_hostname' => $facts['networking']['fqdn'],
      'mysql_username' => 'icinga',
      'mysql_password' => $icinga_password,
    },
    tag     => 'farm',
  }
}
