class role::icinga2 {
  include icinga2
  include icinga2::ido
  include icinga2::services
  include icinga2::people
}
