/*
 * The names of Puppet's own functions and of its standard library's; most make a value of values and are followed as
 * "anything, made of the arguments". A name that is neither here nor in the trees is a gap.
 */
#include "puppet/fn.h"
#include <string.h>

static const struct { const char *name; function *f; } functions[] = {
	{ "alert", fn_nothing },
	{ "all", fn_each },
	{ "any", fn_each },
	{ "any2array", fn_list },
	{ "any2bool", fn_same },
	{ "assert_private", fn_nothing },
	{ "assert_type", fn_second },
	{ "binary_file", fn_read },
	{ "break", fn_stop },
	{ "chomp", fn_same },
	{ "concat", fn_concat },
	{ "contain", fn_contain },
	{ "count", fn_length },
	{ "create_resources", fn_create_resources },
	{ "crit", fn_nothing },
	{ "debug", fn_nothing },
	{ "deep_merge", fn_merge },
	{ "defined", fn_defined },
	{ "delete_undef_values", fn_same },
	{ "deprecation", fn_nothing },
	{ "dig", fn_dig },
	{ "dig44", fn_dig },
	{ "downcase", fn_downcase },
	{ "each", fn_each },
	{ "emerg", fn_nothing },
	{ "empty", fn_empty },
	{ "ensure_packages", fn_ensure_packages },
	{ "ensure_resource", fn_ensure_resource },
	{ "ensure_resources", fn_create_resources },
	{ "epp", fn_epp },
	{ "err", fn_nothing },
	{ "fail", fn_nothing },
	{ "file", fn_read },
	{ "filter", fn_filter },
	{ "flatten", fn_flatten },
	{ "generate", fn_read },
	{ "has_key", fn_has },
	{ "hiera", fn_hiera },
	{ "hiera_array", fn_hiera },
	{ "hiera_hash", fn_hiera },
	{ "hiera_include", fn_hiera_include },
	{ "include", fn_include },
	{ "info", fn_nothing },
	{ "inline_epp", fn_inline },
	{ "inline_template", fn_inline },
	{ "join", fn_join },
	{ "keys", fn_keys },
	{ "length", fn_length },
	{ "lest", fn_lest },
	{ "lookup", fn_lookup },
	{ "lstrip", fn_same },
	{ "map", fn_map },
	{ "merge", fn_merge },
	{ "new", fn_new },
	{ "next", fn_stop },
	{ "notice", fn_nothing },
	{ "num2bool", fn_same },
	{ "pick", fn_pick },
	{ "pick_default", fn_pick },
	{ "realize", fn_realize },
	{ "reduce", fn_reduce },
	{ "require", fn_require },
	{ "return", fn_stop },
	{ "reverse", fn_same },
	{ "reverse_each", fn_each },
	{ "rstrip", fn_same },
	{ "secret", fn_read },
	{ "size", fn_length },
	{ "slice", fn_each },
	{ "sort", fn_same },
	{ "split", fn_split },
	{ "sprintf", fn_sprintf },
	{ "step", fn_each },
	{ "str2bool", fn_same },
	{ "strip", fn_same },
	{ "tag", fn_nothing },
	{ "template", fn_template },
	{ "then", fn_then },
	{ "tree_each", fn_each },
	{ "union", fn_concat },
	{ "unique", fn_same },
	{ "unwrap", fn_same },
	{ "validate_string", fn_nothing },
	{ "values", fn_values },
	{ "warning", fn_nothing },
	{ "with", fn_with },
};

/* Only known by name. */
static const char *const names[] = {
	"abs", "annotate", "apt::ldate", "base64", "basename", "batch_escape", "bool2httpd", "bool2num",
	"bool2str", "call", "camelcase", "capitalize", "ceiling", "chop", "clamp", "compare", "convert_base",
	"convert_to", "defined_with_params", "delete", "delete_at", "delete_regex", "delete_values", "difference",
	"digest", "dirname", "dos2unix", "enclose_ipv6", "escape", "eyaml_lookup_key", "fact", "find_file",
	"find_template", "floor", "fqdn_rand", "fqdn_rand_string", "fqdn_rotate", "fqdn_uuid", "get",
	"get_module_path", "getparam", "getvar", "glob", "grep", "group_by", "has_interface_with",
	"has_ip_address", "has_ip_network", "hash", "hocon_data", "hocon_setting", "import", "index", "inifile",
	"intersection", "ipresolve", "is_a", "is_absolute_path", "is_array", "is_bool", "is_domain_name",
	"is_email_address", "is_float", "is_function_available", "is_hash", "is_integer", "is_ip_address",
	"is_ipv4_address", "is_ipv6_address", "is_mac_address", "is_numeric", "is_string", "join_keys_to_values",
	"json_data", "load_module_metadata", "loadjson", "loadyaml", "match", "max", "md5", "member", "min",
	"module_directory", "mysql::password", "mysql::strip_hash", "mysql_deepmerge", "mysql_password",
	"os_version_gte", "parsehocon", "parsejson", "parsepson", "parseyaml", "partition",
	"postgresql::postgresql_password", "postgresql_password", "powershell_escape", "prefix", "private", "pry",
	"puppetdb_query", "pw_hash", "query_facts", "query_nodes", "query_resources", "range", "regexpescape",
	"regsubst", "reject", "round", "scanf", "seeded_rand", "seeded_rand_string", "sensitive", "sha1", "sha256",
	"shell_escape", "shell_join", "shell_split", "shellquote", "shuffle", "sprintf_hash", "squeeze",
	"ssh_keygen", "str2saltedpbkdf2", "str2saltedsha512", "strftime", "suffix", "swapcase", "systemd::escape",
	"tagged", "time", "to_bytes", "to_json", "to_json_pretty", "to_python", "to_ruby", "to_toml", "to_yaml",
	"try_get_value", "type", "type3x", "type_of", "unix2dos", "upcase", "uriescape", "validate_absolute_path",
	"validate_array", "validate_augeas", "validate_bool", "validate_cmd", "validate_domain_name",
	"validate_email_address", "validate_hash", "validate_integer", "validate_ip_address",
	"validate_ipv4_address", "validate_ipv6_address", "validate_legacy", "validate_numeric", "validate_re",
	"validate_slength", "validate_x509_rsa_key_pair", "values_at", "versioncmp", "yaml_data", "zip",
};

static int order(const char *a, const char *b, size_t len)
{
	int d = strncmp(a, b, len);

	return d ? d : a[len] != '\0';
}

/* Whether, how many, which type: never what. */
static const char *const tests[] = {
	"compare", "defined_with_params", "has_interface_with", "has_ip_address", "has_ip_network", "index", "is_a",
		"member",
	"os_version_gte", "tagged", "type", "type3x", "type_of", "versioncmp",
};

bool function_only_tests(const char *name, size_t len)
{
	if ((len > 3 && !memcmp(name, "is_", 3)) || (len > 9 && !memcmp(name, "validate_", 9)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		if (strlen(tests[i]) == len && !memcmp(tests[i], name, len))
			return true;
	return false;
}

/* Both tables are sorted. */
function *function_find(const char *name, size_t len)
{
	size_t from = 0, to = ARRAY_SIZE(functions);

	while (from < to) {
		size_t mid = (from + to) / 2;
		int d = order(functions[mid].name, name, len);

		if (d == 0)
			return functions[mid].f;
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

bool function_is_known(const char *name, size_t len)
{
	size_t from = 0, to = ARRAY_SIZE(names);

	/* the standard library's new names */
	if (len > 8 && !memcmp(name, "stdlib::", 8))
		return true;
	while (from < to) {
		size_t mid = (from + to) / 2;
		int d = order(names[mid], name, len);

		if (d == 0)
			return true;
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}
