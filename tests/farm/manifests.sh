#!/bin/sh
# The example's Puppet tree is valid: manifests, templates, data. Each check is shown a planted mistake as well.
# Usage: manifests.sh SOURCE_ROOT
set -u
tree=$1/examples/farm/puppet
scratch=$(mktemp -d "${TMPDIR:-/tmp}/firebreak-manifests.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
n=0
wrong=0
result() {            # CODE TEXT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	wrong=1
	echo "not ok $n - $2"
	sed 's/^/# /' "$scratch/out"
}

# All files at once: a start of Puppet takes longer than the reading.
validate() {          # FACE FOLDER SUFFIX
	find "$2" -name "*.$3" -exec puppet "$1" validate --confdir "$scratch/conf" --vardir "$scratch/var" {} +
}
check_manifests() { validate parser "$1" pp; }
check_epp() { validate epp "$1" epp; }
check_erb() {
	find "$1" -name '*.erb' -exec ruby -rerb -e 'ARGV.each do |f|
		RubyVM::InstructionSequence.compile(ERB.new(File.read(f), trim_mode: "-").src, f)
	end' {} +
}
check_yaml() {
	find "$1" -name '*.yaml' -exec ruby -ryaml -e 'ARGV.each { |f| YAML.safe_load(File.read(f)) or abort f }' {} +
}

plant() {             # NAME TEXT
	rm -rf "$scratch/planted"
	mkdir "$scratch/planted"
	printf '%s\n' "$2" >"$scratch/planted/$1"
}

for kind in manifests epp erb yaml; do
	"check_$kind" "$tree" >"$scratch/out" 2>&1
	result $? "$kind of the tree"
	case $kind in
	manifests) plant a.pp 'class a { file { "/a" mode => 1 } }' ;;
	epp) plant a.epp '<% if { -%>' ;;
	erb) plant a.erb '<% if true %>' ;;
	yaml) plant a.yaml 'a: [' ;;
	esac
	"check_$kind" "$scratch/planted" >"$scratch/out" 2>&1
	result $((! $?)) "a mistake in $kind is seen"
done
echo "1..$n"
exit $wrong
