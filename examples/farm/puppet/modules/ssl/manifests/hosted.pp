# Domains that wikis brought along; they stand in the public hieradata.
class ssl::hosted (
  Hash[String, Hash] $domains,
) {
  $domains.each |String $domain, Hash $about| {
    ssl::cert { $domain:
      from => pick($about['shares'], $domain),
    }
  }
}
