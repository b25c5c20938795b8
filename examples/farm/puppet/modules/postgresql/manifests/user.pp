# A role of the server. Its password is set when the server has another one.
define postgresql::user (
  String $password,
  String $database,
  String $user = $title,
) {
  $hash = md5("${password}${user}")
  $found = "SELECT 1 FROM pg_authid WHERE rolname = '${user}' AND rolpassword = 'md5${hash}'"

  exec { "postgresql: password of ${user}":
    command => "psql --quiet --command=\"ALTER ROLE ${user} LOGIN PASSWORD '${password}'\"",
    unless  => "psql -At --command=\"${found}\" | grep -q 1",
    path    => ['/usr/bin', '/bin'],
    user    => 'postgres',
    require => Service['postgresql'],
  }
}
