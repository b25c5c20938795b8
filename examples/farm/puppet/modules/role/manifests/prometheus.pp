class role::prometheus {
  include prometheus
}
