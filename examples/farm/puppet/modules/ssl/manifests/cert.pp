# Key and certificate of one domain. `from` is for a domain that shares another one's.
define ssl::cert (
  String $from = $title,
) {
  include ssl

  file { "/etc/ssl/localcerts/${title}.crt":
    ensure => file,
    mode   => '0444',
    source => "puppet:///ssl/certificates/${from}.crt",
  }

  file { "/etc/ssl/private/${title}.key":
    ensure    => file,
    owner     => 'root',
    group     => 'ssl-cert',
    mode      => '0660',
    show_diff => false,
    source    => "puppet:///ssl-keys/${from}.key",
  }

  if defined(Service['nginx']) {
    File["/etc/ssl/localcerts/${title}.crt"] ~> Service['nginx']
    File["/etc/ssl/private/${title}.key"] ~> Service['nginx']
  }
}
