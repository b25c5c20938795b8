class role::acme {
  include acme
}
