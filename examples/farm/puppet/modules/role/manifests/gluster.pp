class role::gluster {
  include gluster::server
  include bacula::client
}
