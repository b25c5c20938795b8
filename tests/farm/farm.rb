# What the tests of the example farm share: its register, the values that were made for it, and TAP.
require 'set'
require 'yaml'

def make(source_root, folder)
  system("#{source_root}/examples/farm/make-repositories", folder, exception: true)
end

# The register, as far as it is needed here: lists of hosts are spelt out.
class Register
  attr_reader :hosts, :secrets, :not_secret

  def initialize(folder)
    files = Dir.glob("#{folder}/**/*.yaml").map { |f| YAML.safe_load(File.read(f)) }
    @groups = files.map { |f| f['groups'] || {} }.reduce(:merge)
    @hosts = files.map { |f| f['hosts'] || {} }.reduce(:merge).keys
    @secrets = files.map { |f| f['secrets'] || {} }.reduce(:merge)
    @not_secret = files.flat_map { |f| f['not_secret'] || [] }
  end

  def spell_out(list)
    [list].flatten.flat_map do |word|
      next spell_out(@groups[word]) if @groups.key?(word)

      found = @hosts.select { |h| File.fnmatch(word, h) }
      raise "no host is called '#{word}'" if found.empty?

      found
    end.uniq
  end

  # host, file or nil, service or nil, who restarts it, and of which secret
  def consumers
    @secrets.flat_map do |name, secret|
      (secret['consumers'] || []).flat_map do |c|
        spell_out(c['hosts']).map { |h| [h, c['file'], c['service'], c['restart'], name] }
      end
    end
  end
end

# What is in the private repositories: the bytes of each secret, and where its file would be fetched from.
class Values
  attr_reader :bytes, :places

  def initialize(folder, register)
    @bytes = {}
    @sources = {}
    # secret, where, its bytes there
    @places = []
    register.secrets.each do |name, secret|
      (secret['places'] || []).each do |place|
        text = File.binread("#{folder}/#{place['repository']}/#{place['file']}")
        @bytes[name] = place['key'] ? YAML.safe_load(text).fetch(place['key']) : text
        @places << [name, place, @bytes[name]]
        path = place['file'].delete_prefix('files/')
        @sources["puppet:///#{place['repository']}/#{path}"] = name unless place['key']
      end
    end
  end

  def in_text(text)
    text = text.dup.force_encoding('BINARY')
    json = text.gsub('\\/', '/')
    @bytes.select { |_, bytes| text.include?(bytes.b) || json.include?(bytes.b) }.keys
  end

  def hide(text)
    @bytes.values.reduce(text.b) { |t, bytes| t.gsub(bytes.b, '[a value]') }.force_encoding('UTF-8').scrub
  end

  def in_source(source)
    [source].flatten.filter_map { |s| @sources[s] }
  end
end

@count = 0
@failed = 0

# `wrong` has a line for each thing that is not as it should be; none of them holds a value.
def verdict(what, wrong)
  @count += 1
  @failed += 1 unless wrong.empty?
  puts "#{wrong.empty? ? 'ok' : 'not ok'} #{@count} - #{what}"
  wrong.uniq.each { |line| puts "# #{line}" }
end

def finish
  puts "1..#{@count}"
  exit(@failed.zero?)
end
