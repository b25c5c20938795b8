class role::mail {
  include postfix
  include dovecot
  include opendkim
}
