# One site.
define nginx::site (
  String $content,
) {
  file { "/etc/nginx/sites-enabled/${title}.conf":
    ensure  => file,
    mode    => '0444',
    content => $content,
    require => Package['nginx'],
    notify  => Service['nginx'],
  }
}
