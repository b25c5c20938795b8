class role::jobrunner {
  include jobrunner
}
