class role::openldap {
  include ssl::wildcard
  include profile::openldap
  include prometheus::openldap_exporter
}
