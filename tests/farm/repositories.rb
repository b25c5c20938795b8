# What examples/farm/make-repositories makes is what the register says: a value at each place, true public halves,
# histories that are always the same, and no value where none should be.
# Usage: repositories.rb SOURCE_ROOT FIREBREAK; TAP
require 'open3'
require 'openssl'
require 'tmpdir'
require_relative 'farm'

REPOSITORIES = %w[private ssl-keys puppet ssl dns wiki-settings].freeze
PUBLIC = %w[puppet ssl dns wiki-settings].freeze

def output(*words)
  text, state = Open3.capture2(*words)
  raise "#{words.first(3).join(' ')} failed" unless state.success?

  text
end

def git(folder, *words)
  output('git', '-C', folder, *words)
end

# The secrets whose values are in `text`. A key file counts by a line from its middle: what is before that of an RSA key
# stands in its public half too.
def values_in(values, text)
  values.reject { |_, bytes| needle(bytes).size < 16 }.select { |_, bytes| text.include?(needle(bytes).b) }.keys
end

def needle(bytes)
  lines = bytes.lines.map(&:chomp)
  lines[lines.size / 2]
end

def places(values)
  by_name = values.places.group_by(&:first)
  none = values.places.select { |_, _, bytes| !bytes.is_a?(String) || bytes.size < 16 }
  wrong = none.map { |name, place, _| "#{name}: #{place} has none" }
  wrong += by_name.reject { |_, rows| rows.map(&:last).uniq.one? }.map { |name, _| "#{name}: twins that differ" }
  same = by_name.to_a.combination(2).select { |(_, a), (_, b)| a.first.last == b.first.last }
  wrong + same.map { |(a, _), (b, _)| "#{a} and #{b} have one value" }
end

# Repository, file and (in Hiera data) key of all that is kept private.
def leaves(folder)
  %w[private ssl-keys].flat_map do |repository|
    git("#{folder}/#{repository}", 'ls-files').lines(chomp: true).flat_map do |file|
      next [[repository, file, nil]] unless file.end_with?('.yaml')

      YAML.safe_load(File.read("#{folder}/#{repository}/#{file}")).keys.map { |key| [repository, file, key] }
    end
  end
end

def fits?(rule, repository, file, key)
  rule['repository'] == repository && File.fnmatch(rule['file'], file, File::FNM_PATHNAME) &&
    (key.nil? == rule['key'].nil?) && (key.nil? || File.fnmatch(rule['key'], key))
end

def neither(folder, register, values)
  known = values.places.map { |_, p, _| [p['repository'], p['file'], p['key']] }
  found = leaves(folder)
  none = (known - found).map { |leaf| "#{leaf.compact.join(' ')}: not there" }
  left = found - known
  rules = register.not_secret
  none += left.reject { |l| rules.any? { |r| fits?(r, *l) } }.map { |l| "#{l.compact.join(' ')}: unknown" }
  none + rules.reject { |r| left.any? { |l| fits?(r, *l) } }.map { |r| "#{r['file']}: fits nothing" }
end

def public_half(path)
  text = File.read(path)
  if text.start_with?('-----BEGIN OPENSSH')
    output('ssh-keygen', '-y', '-f', path).split[1]
  else
    OpenSSL::PKey.read(text).public_to_der
  end
end

def weak(folder)
  Dir.glob("#{folder}/{private/files,ssl-keys}/**/*").select { |f| File.file?(f) }.filter_map do |f|
    next unless File.binread(f).start_with?('-----BEGIN')

    bits = bits_of(f)
    "#{f.delete_prefix(folder)}: #{bits} bits" if bits < 256 || (bits > 521 && bits < 2048)
  end
end

def bits_of(path)
  text = File.read(path)
  return output('ssh-keygen', '-l', '-f', path).to_i if text.start_with?('-----BEGIN OPENSSH')

  key = OpenSSL::PKey.read(text)
  key.is_a?(OpenSSL::PKey::RSA) ? key.n.num_bits : key.group.degree
end

def certificates(folder)
  authority = OpenSSL::X509::Certificate.new(File.read("#{folder}/ssl/ca/farm.crt"))
  keys = Dir.glob("#{folder}/ssl-keys/*.key").map { |f| File.basename(f, '.key') }
  named = Dir.glob("#{folder}/ssl/certificates/*.crt").map { |f| File.basename(f, '.crt') }
  wrong = ((keys - named) + (named - keys)).map { |n| "#{n}: a key or a certificate alone" }
  (keys & named).each do |name|
    certificate = OpenSSL::X509::Certificate.new(File.read("#{folder}/ssl/certificates/#{name}.crt"))
    half = public_half("#{folder}/ssl-keys/#{name}.key")
    wrong << "#{name}: of another key" if certificate.public_key.public_to_der != half
    wrong << "#{name}: not by the farm's authority" unless certificate.verify(authority.public_key)
    wrong << "#{name}: not valid now" unless Time.now.between?(certificate.not_before, certificate.not_after)
  end
  wrong
end

# What a pull would leave behind: an entry that goes on asking for a key that is gone.
def entries(folder, register)
  halves = register.secrets.values.flat_map { |s| s['public_halves'] || [] }.select { |h| h['issuer'] }
  halves.reject do |h|
    list, entry = (h['options'] || {}).values_at('list', 'entry')
    list && entry == File.basename(h['file'], '.crt') &&
      YAML.safe_load(File.read("#{folder}/#{h['repository']}/#{list}")).key?(entry)
  end.map { |h| "#{h['file']}: its entry is not named" }
end

SSH_HALVES = [
  %w[private/files/base/user/salt-user-ssh-key puppet/modules/base/manifests/init.pp],
  %w[private/files/dbbackup/dbbackup-user.id_ed25519 puppet/modules/role/manifests/db.pp],
  %w[private/files/dbbackup/dbbackup-user.id_ed25519 puppet/modules/role/manifests/dbbackup.pp],
  %w[private/files/mediawiki/mediawiki-deploy-key-private puppet/modules/mediawiki/manifests/init.pp],
  %w[private/files/acme/id_rsa private/files/acme/id_rsa.pub],
  %w[outside/alice.id_ed25519 puppet/modules/users/data/data.yaml],
  %w[outside/bob.id_ed25519 puppet/modules/users/data/data.yaml],
  %w[outside/carol.id_ed25519 puppet/modules/users/data/data.yaml]
].freeze
PEM_HALVES = [
  %w[private/files/salt/master.pem puppet/modules/salt/files/minion_master.pub],
  %w[private/files/mediawiki/OAuth2.key wiki-settings/OAuth2.key.pub]
].freeze

def other_halves(folder)
  wrong = SSH_HALVES.reject { |key, f| File.read("#{folder}/#{f}").include?(public_half("#{folder}/#{key}")) }
  wrong += PEM_HALVES.reject do |key, f|
    OpenSSL::PKey.read(File.read("#{folder}/#{f}")).public_to_der == public_half("#{folder}/#{key}")
  end
  wrong = wrong.map { |key, f| "#{f}: not of #{key}" }
  record = File.read("#{folder}/dns/zones/example.org")[/^mail\._domainkey TXT \((.*)\)$/, 1].scan(/"([^"]*)"/).join
  dkim = public_half("#{folder}/private/files/postfix/mail.private")
  wrong << 'dns: not the DKIM key' if record[/p=(.*)/, 1].unpack1('m') != dkim
  wrong << 'puppet: a public half is missing' if system('grep', '-rq', 'PUBLIC-HALF', "#{folder}/puppet")
  wrong
end

# Every blob that was ever there, of the public repositories.
def public_text(folder)
  PUBLIC.map do |name|
    git("#{folder}/#{name}.git", 'cat-file', '--batch-all-objects', '--batch').b
  end.join
end

def history(folder)
  REPOSITORIES.to_h { |r| [r, git("#{folder}/#{r}.git", 'log', '--format=%an <%ae> %aI %cn %cI %s', 'main').lines] }
end

def histories(one, other)
  wrong = REPOSITORIES.reject { |r| history(one)[r] == history(other)[r] }.map { |r| "#{r}: another history" }
  wrong << 'private: too few commits' if history(one)['private'].size < 12
  authors = history(one)['private'].map { |l| l[/<(.*)>/, 1] }.uniq
  wrong << 'private: too few people' if authors.size < 5
  wrong << 'private: no robots' unless authors.any? { |a| a.start_with?('root@') }
  REPOSITORIES.each do |r|
    heads = ["#{r}.git", r].map { |f| git("#{one}/#{f}", 'rev-parse', 'main') }
    wrong << "#{r}: the clone is not the repository" unless heads.uniq.one?
    wrong << "#{r}: the clone has changes" unless git("#{one}/#{r}", 'status', '--porcelain').empty?
  end
  wrong
end

# What the script said to the system: the words and environments of its programs, and which files were opened to
# be written.
def traced(source_root, folder, log)
  output('strace', '-f', '--seccomp-bpf', '-qq', '-v', '-s', '100000', '-e', 'trace=execve,openat,open,creat',
         '-o', log, "#{source_root}/examples/farm/make-repositories", folder)
  lines = File.binread(log).lines
  writes = lines.grep(/O_WRONLY|O_RDWR|O_CREAT|creat\(/).filter_map { |l| l[/"([^"]*)"/, 1] }
  [lines.grep(/execve\(/), writes.grep(%r{\A/}).reject { |f| f.start_with?(folder, '/dev/') }.uniq]
end

def refusals(script, folder)
  wrong = []
  _, said, state = Open3.capture3(script, folder)
  wrong << 'a folder with something in it is taken' if state.success? || !said.include?('is not empty')
  _, said, state = Open3.capture3(script)
  wrong << 'no folder, and no word about it' if state.success? || !said.include?('Usage:')
  wrong
end

Dir.mktmpdir('firebreak-farm') do |scratch|
  source_root, firebreak = ARGV
  scratch = File.realpath(scratch)
  one, other = %w[one other].map { |n| "#{scratch}/#{n}" }
  start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  make(source_root, one)
  puts format('# made in %.1f s', Process.clock_gettime(Process::CLOCK_MONOTONIC) - start)
  programs, written = traced(source_root, other, "#{scratch}/strace")
  registers = [one, other].map { |f| Register.new("#{f}/register") }
  values, others = [one, other].zip(registers).map { |f, r| Values.new(f, r) }

  verdict("#{values.places.size} places have a value, twins the same and others their own", places(values))
  verdict('what is private is a secret of the register, or declared to be none', neither(one, registers.first, values))
  verdict('the other run has other values', values.bytes.select { |n, b| others.bytes[n] == b }.keys)
  verdict('Graylog has a hash', values.bytes['graylog/root'].match?(/\A\h{64}\z/) ? [] : ['it is none'])
  verdict('certificates are of their keys', certificates(one))
  verdict('and what deploys them is named, so that a pull takes it out', entries(one, registers.first))
  verdict('public halves are of their keys', other_halves(one))
  verdict('no key is weak', weak(one))
  verdict('histories are the same, with several people and robots', histories(one, other))
  text = public_text(one)
  verdict("#{text.size} bytes of public history are enough to look at", text.size > 100_000 ? [] : ['too few'])
  verdict('no value is in the public history', values_in(values.bytes, text))
  verdict("#{programs.size} command lines and environments were seen", programs.size > 100 ? [] : ['too few'])
  verdict('no value was in them', values_in(others.bytes, programs.join))
  verdict('no file elsewhere was opened to write', written)
  verdict('what is there is not overwritten', refusals("#{source_root}/examples/farm/make-repositories", one))
  said, state = Open3.capture2e(firebreak, 'register', 'check', '--register', "#{one}/register")
  verdict('the copy of the register is good', state.success? ? [] : [said])
end
finish
