require 'base64'
require 'digest'
require 'securerandom'

Puppet::Type.type(:openldap_database).provide(:slapd) do
  desc 'Changes cn=config through the socket; values go to the programs by their standard input.'

  commands ldapsearch: 'ldapsearch', ldapmodify: 'ldapmodify'

  def entry
    @entry ||= ldapsearch('-Q', '-LLL', '-Y', 'EXTERNAL', '-H', 'ldapi:///', '-o', 'ldif-wrap=no',
                          '-b', 'cn=config', "(olcSuffix=#{resource[:suffix]})", 'olcRootDN', 'olcRootPW')
  end

  def attribute(name)
    line = entry.lines.find { |l| l.start_with?("#{name}:") } or return nil
    value = line.chomp.delete_prefix("#{name}:")
    value.start_with?(':') ? Base64.decode64(value[1..]) : value.strip
  end

  def exists?
    entry.match?(/^dn: /)
  end

  def create
    raise Puppet::Error, "the database #{resource[:suffix]} is made when the package is installed"
  end

  def destroy
    raise Puppet::Error, "the database #{resource[:suffix]} is removed by a person"
  end

  def rootdn
    attribute('olcRootDN')
  end

  def rootdn=(value)
    replace('olcRootDN', value)
  end

  def rootpw
    attribute('olcRootPW')
  end

  def rootpw=(value)
    salt = SecureRandom.bytes(8)
    replace('olcRootPW', "{SSHA}#{Base64.strict_encode64(Digest::SHA1.digest(value + salt) + salt)}")
  end

  def password?(hash, clear)
    raw = Base64.decode64(hash.to_s.delete_prefix('{SSHA}'))
    raw.bytesize > 20 && Digest::SHA1.digest(clear + raw[20..]) == raw[0, 20]
  end

  def replace(name, value)
    dn = entry[/^dn: (.*)$/, 1]
    IO.popen([command(:ldapmodify), '-Q', '-Y', 'EXTERNAL', '-H', 'ldapi:///'], 'w') do |pipe|
      pipe.write("dn: #{dn}\nchangetype: modify\nreplace: #{name}\n#{name}: #{value}\n")
    end
    raise Puppet::Error, "ldapmodify of #{name} failed" unless $CHILD_STATUS.success?
  end
end
