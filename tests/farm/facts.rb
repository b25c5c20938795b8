# What Firebreak's reader of manifests finds is what Puppet's own parser finds, to the column: classes, defined types,
# functions, resources, lookups, includes and collectors of each manifest. Usage: facts.rb PRINT_FACTS FOLDER; TAP
require 'open3'
require 'puppet'
require 'puppet/pops'

MODEL = Puppet::Pops::Model
KINDS = %w[class define function resource lookup include collect].freeze
LOOKUPS = %w[lookup hiera hiera_array hiera_hash].freeze
INCLUDES = %w[include contain require].freeze

# One of Puppet's trees as lines.
class Tree
  def initialize(file)
    @file = file
    @lines = []
    Puppet::Pops::Parser::Parser.new.parse_file(file).model._pcore_all_contents([]) { |e| look(e) }
  end

  attr_reader :lines

  private

  def add(element, kind, name)
    @lines << "#{@file} #{element.line}:#{element.pos} #{kind} #{name}"
  end

  def name(element)
    case element
    when MODEL::LiteralString, MODEL::QualifiedName, MODEL::QualifiedReference, MODEL::LiteralInteger then element.value
    else '?'
    end
  end

  def each(element, &block)
    element.is_a?(MODEL::LiteralList) ? element.values.each { |v| each(v, &block) } : block.call(element)
  end

  def resource(element)
    kind = name(element.type_name) == 'class' ? 'include' : 'resource'
    element.bodies.each do |body|
      each(body.title) { |t| add(t, kind, name(t)) unless t.is_a?(MODEL::LiteralDefault) }
    end
  end

  # lookup({'name' => 'key'})
  def key(argument)
    return argument unless argument.is_a?(MODEL::LiteralHash)

    argument.entries.find { |e| name(e.key) == 'name' }&.value
  end

  def call(element)
    function = element.functor_expr
    function = function.respond_to?(:value) ? function.value : nil
    if LOOKUPS.include?(function) && element.arguments[0]
      first = key(element.arguments[0])
      each(first) { |a| add(a, 'lookup', name(a)) } if first
    elsif INCLUDES.include?(function)
      element.arguments.each { |a| each(a) { |c| add(c, 'include', name(c)) } }
    end
  end

  def look(element)
    case element
    when MODEL::HostClassDefinition then add(element, 'class', element.name)
    when MODEL::ResourceTypeDefinition then add(element, 'define', element.name)
    when MODEL::FunctionDefinition then add(element, 'function', element.name)
    when MODEL::ResourceExpression then resource(element)
    when MODEL::CallNamedFunctionExpression then call(element)
    when MODEL::CollectExpression then add(element, 'collect', element.type_expr.cased_value)
    end
  end
end

files = Dir.glob("#{ARGV[1]}/**/*.pp").sort
theirs = files.flat_map { |f| Tree.new(f).lines }.sort
out, err, status = Open3.capture3(ARGV[0], *files)
ours = out.lines.map(&:chomp).select { |l| KINDS.include?(l.split[2]) }.sort

puts '1..2'
puts "#{status.success? ? '' : 'not '}ok 1 - #{files.size} manifests are read without a gap"
err.each_line { |l| puts "# #{l}" }
good = ours == theirs && theirs.size > 300
puts "#{good ? '' : 'not '}ok 2 - #{theirs.size} facts stand where Puppet's parser has them"
(theirs - ours).each { |l| puts "# not found: #{l}" }
(ours - theirs).each { |l| puts "# not there: #{l}" }
exit(good && status.success? ? 0 : 1)
