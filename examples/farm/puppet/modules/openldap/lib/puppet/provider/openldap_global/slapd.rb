Puppet::Type.type(:openldap_global).provide(:slapd) do
  desc 'Changes cn=config through the socket.'

  commands ldapsearch: 'ldapsearch', ldapmodify: 'ldapmodify'

  { certificate: 'olcTLSCertificateFile', key: 'olcTLSCertificateKeyFile' }.each do |property, attribute|
    define_method(property) do
      said = ldapsearch('-Q', '-LLL', '-Y', 'EXTERNAL', '-H', 'ldapi:///', '-s', 'base', '-b', 'cn=config', attribute)
      said[/^#{attribute}: (.*)$/, 1]
    end

    define_method("#{property}=") do |value|
      IO.popen([command(:ldapmodify), '-Q', '-Y', 'EXTERNAL', '-H', 'ldapi:///'], 'w') do |pipe|
        pipe.write("dn: cn=config\nchangetype: modify\nreplace: #{attribute}\n#{attribute}: #{value}\n")
      end
    end
  end
end
