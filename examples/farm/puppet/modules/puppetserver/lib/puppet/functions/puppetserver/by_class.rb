# A level of hiera.yaml whose `path` is a folder: a::b::c stands in a/b.yaml of it, under its whole name.
Puppet::Functions.create_function(:'puppetserver::by_class') do
  dispatch :by_class do
    param 'String', :key
    param 'Hash', :options
    param 'Puppet::LookupContext', :context
  end

  def by_class(key, options, context)
    *folders, _last = key.split('::')
    return context.not_found if folders.empty? || folders.any? { |f| f !~ /\A\w+\z/ }

    file = File.join(options['path'], *folders) + '.yaml'
    data = context.cached_value(file) || context.cache(file, read(file, context))
    data.key?(key) ? data[key] : context.not_found
  end

  def read(file, context)
    return {} unless File.file?(file)

    context.cached_file_data(file) { |text| YAML.safe_load(text) || {} }
  end
end
