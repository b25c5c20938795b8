# A user that has one database, or several of one name.
define mariadb::grant (
  String $password,
  String $database = $title,
  String $user = $title,
) {
  file { "/etc/mysql/grants/${title}-grants.sql":
    ensure  => file,
    mode    => '0440',
    content => template('mariadb/grants/one.sql.erb'),
  }
}
