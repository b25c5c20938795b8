Puppet::Type.newtype(:openldap_global) do
  desc 'Settings of the whole server.'

  newparam(:name, namevar: true)
  newproperty(:certificate)
  newproperty(:key)
end
