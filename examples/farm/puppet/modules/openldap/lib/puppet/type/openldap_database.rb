Puppet::Type.newtype(:openldap_database) do
  desc 'One database of the server: who is its root, and with which password.'

  ensurable

  newparam(:suffix, namevar: true)
  newproperty(:rootdn)

  newproperty(:rootpw) do
    sensitive true
    desc 'In clear; what the server keeps is a salted hash of it.'

    def is_to_s(_value)
      '[a hash]'
    end

    def should_to_s(_value)
      '[a new password]'
    end

    def insync?(is)
      provider.password?(is, should)
    end
  end
end
