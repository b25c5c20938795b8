# New versions of the wiki go out from here.
class role::deployment {
  include mediawiki::deployment
}
