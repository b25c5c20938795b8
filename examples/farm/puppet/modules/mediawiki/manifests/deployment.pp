# The host from which new versions go out to the others.
class mediawiki::deployment {
  file { '/srv/mediawiki-staging':
    ensure => directory,
    owner  => 'www-data',
  }

  file { '/srv/mediawiki-staging/deploykey':
    ensure    => file,
    owner     => 'www-data',
    mode      => '0400',
    show_diff => false,
    source    => 'puppet:///private/mediawiki/mediawiki-deploy-key-private',
  }
}
