# Who is called at night. The numbers are not for everybody's eyes.
class icinga2::people (
  Hash[String, Hash] $oncall = lookup('icinga2::oncall', Hash, 'first', {}),
) {
  file { '/etc/icinga2/conf.d/people.conf':
    ensure  => file,
    owner   => 'nagios',
    mode    => '0440',
    content => template('icinga2/people.conf.erb'),
    notify  => Service['icinga2'],
  }
}
