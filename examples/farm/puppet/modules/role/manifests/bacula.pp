# Director, storage and a client of its own backups.
class role::bacula {
  include bacula::director
  include bacula::storage
  include bacula::client
}
