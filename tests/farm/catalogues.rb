# The example's manifests and its register say the same. Compiles the catalogue of each of the 37 hosts, as the Puppet
# server would (private values, templates, exported checks), and compares both ways: whom the register says to be fed a
# value has it, and is restarted by whom it says; what has a value, or is restarted for it, stands in the register.
# Usage: catalogues.rb SOURCE_ROOT; TAP
require 'fileutils'
require 'puppet'
require 'tmpdir'
require_relative 'farm'

CONF = '/etc/puppetlabs/puppet'.freeze

# Exported resources of the hosts that were compiled before, in place of PuppetDB.
class Puppet::Resource::Farm < Puppet::Indirector::Code
  desc 'exported resources of this run'
  @exported = []
  class << self
    attr_reader :exported
  end

  def search(request)
    scope = request.options[:scope]
    self.class.exported.select { |r| r.type == request.key }.map do |r|
      parameters = r.to_hash.map { |k, v| Puppet::Parser::Resource::Param.new(name: k, value: v, source: scope.source) }
      Puppet::Parser::Resource.new(r.type, r.title, scope: scope, exported: true, parameters: parameters)
    end
  end

  def find(_request)
    nil
  end

  def validate_key(_request); end
end

# One catalogue: which files and which other resources hold which secrets, and which services start again for a file.
class Catalogue
  attr_reader :files, :others, :services, :wrong

  def initialize(catalogue, values)
    @values = values
    @ral = catalogue.to_ral
    @graph = @ral.relationship_graph
    @files = Hash.new { |h, k| h[k] = { secrets: Set.new, restarts: Set.new } }
    @others = Hash.new { |h, k| h[k] = Set.new }
    @services = Set.new
    @ral.resources.each { |r| look_at(r) }
  end

  private

  def look_at(resource)
    case resource.type
    when :component then nil
    when :service then @services << resource.title
    when :mount then @services << (resource.title.delete_prefix('/').tr('/', '-') + '.mount')
    when :file then file(resource, resource[:path], secrets_of(resource))
    when :concat_file then file(resource, resource[:path], fragments(resource))
    when :concat_fragment then nil
    else other(resource)
    end
  end

  # The name is a parameter too: an exec's is its command.
  def secrets_of(resource)
    resource.original_parameters.merge(name: resource.name).flat_map do |name, value|
      value = value.unwrap if value.respond_to?(:unwrap)
      name == :source ? @values.in_source(value) : @values.in_text(value.to_s)
    end
  end

  def fragments(target)
    parts = @ral.resources.select { |r| r.type == :concat_fragment && r[:target] == target.title }
    parts.flat_map { |r| secrets_of(r) }
  end

  def file(resource, path, secrets)
    return if secrets.empty?

    @files[path][:secrets].merge(secrets)
    @files[path][:restarts].merge(told_by(resource))
  end

  def other(resource)
    secrets = secrets_of(resource)
    @others[resource.ref].merge(secrets) unless secrets.empty?
  end

  # Along what passes a refresh on: classes' and defines' ends, and executed commands.
  def told_by(resource)
    seen = Set.new
    todo = [resource]
    until todo.empty?
      @graph.adjacent(todo.pop, direction: :out, type: :edges).each do |edge|
        next unless edge.callback == :refresh && seen.add?(edge.target)

        todo << edge.target if %i[whit exec component].include?(edge.target.type)
      end
    end
    seen.select { |r| r.type == :service }.map(&:title)
  end
end

def facts_of(host)
  { 'networking' => { 'hostname' => host, 'fqdn' => "#{host}.example.org", 'domain' => 'example.org' },
    'os' => { 'family' => 'Debian', 'name' => 'Debian', 'release' => { 'major' => '10', 'full' => '10.10' } },
    'processors' => { 'count' => 4 }, 'kernel' => 'Linux', 'clientversion' => Puppet.version }
end

# The tree as it would lie on the Puppet server, but for the folder.
def deploy(folder, to)
  FileUtils.cp_r("#{folder}/puppet/.", to)
  FileUtils.rm_rf("#{to}/.git")
  Dir.glob("#{to}/**/*").select { |f| File.file?(f) }.each do |f|
    text = File.read(f)
    changed = text.gsub("#{CONF}/private", "#{folder}/private").gsub("#{CONF}/hieradata", "#{to}/hieradata")
    File.write(f, changed) if changed != text
  end
end

def set_up(tree, scratch)
  Puppet.initialize_settings(%w[conf var log].flat_map { |name| ["--#{name}dir", "#{scratch}/#{name}"] })
  # Agents run as root, and a catalogue is only looked at here.
  Puppet.features.add(:root) { true }
  Puppet[:hiera_config] = "#{tree}/modules/puppetserver/files/hiera.yaml"
  Puppet[:log_level] = 'err'
  Puppet[:strict_variables] = true
  Puppet[:storeconfigs] = true
  Puppet::Resource::Catalog.indirection.cache_class = nil
  Puppet::Node::Facts.indirection.cache_class = nil
  Puppet::Resource.indirection.terminus_class = :farm
  Puppet::Node::Environment.create(:production, ["#{tree}/modules", '/usr/share/puppet/modules'],
                                   "#{tree}/manifests/site.pp")
end

def compile(host, environment)
  name = "#{host}.example.org"
  node = Puppet::Node.new(name, environment: environment, facts: Puppet::Node::Facts.new(name, facts_of(host)))
  node.merge(facts_of(host))
  node.add_server_facts({})
  Puppet::Parser::Compiler.compile(node)
end

def compile_all(hosts, values, tree, scratch)
  environment = set_up(tree, scratch)
  loaders = Puppet::Environments::Static.new(environment)
  Puppet.override(environments: loaders, current_environment: environment) do
    # whoever collects comes last
    (hosts - ['mon2'] + ['mon2']).to_h do |host|
      compiled = compile(host, environment)
      Puppet::Resource::Farm.exported.concat(compiled.resources.select(&:exported))
      [host, Catalogue.new(compiled.filter(&:virtual?), values)]
    end
  end
end

def register_holds(register, made)
  register.consumers.filter_map do |host, file, service, restart, secret|
    c = made[host]
    if !file
      "#{secret}: no resource of #{host} is given it" unless c.others.values.any? { |s| s.include?(secret) }
    elsif !(c.files.key?(file) && c.files[file][:secrets].include?(secret))
      "#{secret}: #{host}:#{file} is not fed it"
    elsif service && !c.services.include?(service)
      "#{secret}: #{host} has no service '#{service}'"
    elsif service && (restart == 'puppet') != c.files[file][:restarts].include?(service)
      "#{secret}: #{host}:#{file}: #{service} is restarted by #{restart}, says the register; puppet restarts " +
        c.files[file][:restarts].to_a.inspect
    end
  end
end

def manifests_hold(register, made)
  known = register.consumers.to_set { |host, file, _, _, secret| [host, file, secret] }
  by_puppet = register.consumers.select { |c| c[3] == 'puppet' }
  restarts = by_puppet.to_set { |host, file, service, _, secret| [host, file, secret, service] }
  each_fed(made).flat_map do |host, path, secret, services|
    at = [host, path, secret]
    next "#{at.compact.join(' ')}: an unknown consumer" unless known.include?(at)

    unknown = services.reject { |s| restarts.include?([*at, s]) }
    unknown.map { |s| "#{at.join(' ')}: that puppet restarts #{s} is unknown" }
  end
end

# host, file or nil, secret, services that start again for it
def each_fed(made)
  made.flat_map do |host, c|
    c.files.flat_map { |path, about| about[:secrets].map { |s| [host, path, s, about[:restarts]] } } +
      c.others.values.flat_map { |secrets| secrets.map { |s| [host, nil, s, []] } }
  end
end

def dead(register, made)
  fed = each_fed(made).to_set { |_, _, secret, _| secret }
  kept = register.secrets.select { |_, s| s['places'] }
  kept.reject { |name, s| s.key?('unused') == !fed.include?(name) }.keys
end

Dir.mktmpdir('firebreak-catalogues') do |scratch|
  folder = "#{scratch}/farm"
  make(ARGV.fetch(0), folder)
  tree = "#{scratch}/tree"
  FileUtils.mkdir_p(tree)
  deploy(folder, tree)
  register = Register.new("#{folder}/register")
  values = Values.new(folder, register)
  begin
    made = compile_all(register.hosts, values, tree, scratch)
  rescue StandardError => e
    # Puppet's errors quote resources, and so values
    abort "Bail out! #{e.class}: #{values.hide(e.message)}"
  end
  rows = register.consumers.size
  verdict("#{made.size} catalogues, #{rows} consumers", made.size == 37 && rows > 150 ? [] : ['that is too few'])
  verdict('whom the register says to be fed is fed, and restarted as it says', register_holds(register, made))
  verdict('what is fed a value, or restarted for it, stands in the register', manifests_hold(register, made))
  verdict('what the register calls unused, and nothing else, is rendered nowhere', dead(register, made))
end
finish
