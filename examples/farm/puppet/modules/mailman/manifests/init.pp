# Mailing lists. No host has this any more.
class mailman (
  String $web_secret_key = lookup('mailman3_web_secret_key'),
) {
  $hyperkitty_api_key = lookup('mailman_hyperkitty_api_key')
  $rest_password = lookup('mailman3_rest_api_pass')
  $admin_password = hiera('mailman3_admin_pass')
  $noreply_password = lookup('passwords::mail::noreply')

  file { '/etc/mailman3/mailman.cfg':
    ensure  => file,
    owner   => 'list',
    mode    => '0440',
    content => template('mailman/mailman.cfg.erb'),
    notify  => Service['mailman3'],
  }

  file { '/etc/mailman3/mailman-web.py':
    ensure  => file,
    owner   => 'list',
    mode    => '0440',
    content => template('mailman/mailman-web.py.erb'),
    notify  => Service['mailman3-web'],
  }

  service { ['mailman3', 'mailman3-web']:
    ensure => running,
  }
}
