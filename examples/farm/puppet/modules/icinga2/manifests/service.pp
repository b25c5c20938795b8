# One check, as a host exports it.
define icinga2::service (
  String $host,
  String $command,
  Hash[String, String] $vars = {},
) {
  concat::fragment { "service ${title}":
    target  => '/etc/icinga2/conf.d/puppet_services.conf',
    order   => '50',
    content => template('icinga2/service.conf.erb'),
  }
}
