class role::dns {
  include gdnsd
}
