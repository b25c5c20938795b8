class role::memcached {
  include memcached
}
