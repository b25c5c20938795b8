class role::salt {
  include salt
}
