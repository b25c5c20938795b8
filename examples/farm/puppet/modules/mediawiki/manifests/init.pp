# The wikis. What is private of their settings stands in PrivateSettings.php, which PHP reads anew within seconds.
class mediawiki (
  String $global_discord_webhook_url,
  String $branch = 'REL1_36',
) {
  include mediawiki::settings

  # deploys to all hosts of the wikis
  users::user { 'www-data':
    uid      => 33,
    ssh_keys => ['ssh-ed25519 PUBLIC-HALF-OF-mediawiki-deploy www-data@mw11.example.org'],
  }

  $origin = 'https://git.example.org/mirror/mediawiki.git'
  exec { 'mediawiki':
    command => "/usr/bin/git clone --quiet --depth 1 --branch ${branch} ${origin} /srv/mediawiki",
    creates => '/srv/mediawiki/index.php',
    timeout => 1500,
  }

  # the public settings
  exec { 'wiki-settings':
    command => '/usr/bin/git clone --quiet https://git.example.org/farm/wiki-settings.git /srv/mediawiki/config',
    creates => '/srv/mediawiki/config/LocalSettings.php',
    require => Exec['mediawiki'],
  }
}
