# Reads cn=Monitor of the directory on this host.
class prometheus::openldap_exporter (
  String $monitor_pass,
  String $monitor_user = 'cn=monitor,dc=example,dc=org',
) {
  file { '/etc/openldap-exporter.yaml':
    ensure  => file,
    owner   => 'prometheus',
    mode    => '0400',
    content => inline_epp(@(CONFIG), { 'user' => $monitor_user, 'pass' => $monitor_pass }),
      # Written by Puppet.
      ldapServer: ldapi:///
      ldapUser: "<%= $user %>"
      ldapPass: "<%= $pass %>"
      | CONFIG
    notify  => Service['prometheus-openldap-exporter'],
  }

  service { 'prometheus-openldap-exporter':
    ensure => running,
    enable => true,
  }
}
