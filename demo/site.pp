# What the demo's hosts are made of: one file each that holds the password of one service.
node 'app-redis' {
  file { "${facts['demo']}/app-redis.conf": content => "password=${lookup('passwords::redis::master')}\n", mode => '0600' }
}
node 'app-mariadb' {
  file { "${facts['demo']}/app-mariadb.conf": content => "password=${lookup('passwords::db::app')}\n", mode => '0600' }
}
node 'app-postgresql' {
  file { "${facts['demo']}/app-postgresql.conf": content => "password=${lookup('passwords::pg::app')}\n", mode => '0600' }
}
