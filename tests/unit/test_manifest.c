/* Snippets and the facts that they are, one a line: "line:col kind name how in flags". */
#include "puppet/manifest_parts.h"
#include "base/buf.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct { enum fact_flag flag; const char *word; } flags[] = {
	{ FACT_AT_RUN_TIME, "run-time" }, { FACT_HAS_DEFAULT, "default" }, { FACT_CONDITIONAL, "conditional" },
	{ FACT_IS_VIRTUAL, "virtual" }, { FACT_IS_EXPORTED, "exported" }, { FACT_IN_TEMPLATE, "template" },
	{ FACT_IN_DATA, "data" },
};

static void render(const struct manifest *m, struct buf *b)
{
	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct fact *f = &m->facts[i];

		(void)buf_printf(b, "%u:%u %s", f->line, f->col, fact_kind_name(f->kind));
		if (f->name[0])
			(void)buf_printf(b, " %s", f->name);
		if (f->how)
			(void)buf_printf(b, " by %s", f->how);
		if (f->in)
			(void)buf_printf(b, " in %s", f->in);
		for (size_t k = 0; k < ARRAY_SIZE(flags); k++)
			if (f->flags & flags[k].flag)
				(void)buf_printf(b, " %s", flags[k].word);
		(void)buf_char(b, '\n');
	}
	for (uint32_t i = 0; i < m->n_gaps; i++)
		(void)buf_printf(b, "%u:%u gap %s\n", m->gaps[i].line, m->gaps[i].col, m->gaps[i].text);
}

static void expect(const char *path, const char *src, const char *expected)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

	manifest_add(m, "puppet", path, src, strlen(src));
	render(m, &b);
	assert_string_equal(buf_text(&b), expected);
}

#define PP(src, expected) expect("modules/m/manifests/init.pp", src, expected)
#define ERB(src, expected) expect("modules/m/templates/t.erb", src, expected)
#define EPP(src, expected) expect("modules/m/templates/t.epp", src, expected)

/* Only the facts of that kind matter to most tables. */
static void lookups(const char *src, const char *expected)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	uint32_t n = 0;

	manifest_add(m, "puppet", "modules/m/manifests/init.pp", src, strlen(src));
	for (uint32_t i = 0; i < m->n_facts; i++)
		if (m->facts[i].kind == FACT_LOOKUP)
			m->facts[n++] = m->facts[i];
	m->n_facts = n;
	render(m, &b);
	assert_string_equal(buf_text(&b), expected);
}

static void lookups_in_all_their_forms(void **state _unused_)
{
	static const struct { const char *src, *expected; } table[] = {
		{ "$a = lookup('k::a')", "1:13 lookup k::a by lookup\n" },
		{ "$a = lookup( \"k::a\" )", "1:14 lookup k::a by lookup\n" },
		{ "$a = lookup('k', String, 'first', 'x')", "1:13 lookup k by lookup default\n" },
		{ "$a = lookup('k', { default_value => undef })", "1:13 lookup k by lookup default\n" },
		{ "$a = lookup('k', { 'default_value' => undef })", "1:13 lookup k by lookup default\n" },
		{ "$a = lookup('k') |$k| { 'x' }", "1:13 lookup k by lookup default\n" },
		{ "$a = lookup({ name => 'k' })", "1:23 lookup k by lookup\n" },
		{ "$a = lookup({ 'name' => 'k', 'default_value' => 1 })", "1:25 lookup k by lookup default\n" },
		{ "$a = lookup(['k', \"l\"])", "1:14 lookup k by lookup\n1:19 lookup l by lookup\n" },
		{ "$a = hiera('k')", "1:12 lookup k by hiera\n" },
		{ "$a = hiera('k', 'd')", "1:12 lookup k by hiera default\n" },
		{ "$a = hiera_hash(k)", "1:17 lookup k by hiera_hash\n" },
		{ "$a = 'k'.lookup", "1:6 lookup k by lookup\n" },
		{ "$a = \"x${lookup('k')}y\"", "1:17 lookup k by lookup\n" },
		{ "$a = \"passwords::${title}\".lookup", "1:6 lookup passwords::${title} by lookup run-time\n" },
		{ "$a = lookup(\"passwords::${title}\")", "1:13 lookup passwords::${title} by lookup run-time\n" },
		{ "$a = lookup($key)", "1:13 lookup $key by lookup run-time\n" },
		{ "$a = lookup($keys['a'][0])", "1:13 lookup $keys[a][0] by lookup run-time\n" },
		{ "$a = lookup(join(['a', $b], '::'))", "1:13 lookup join([a, $b], ::) by lookup run-time\n" },
		{ "hiera_include('classes')", "1:15 lookup classes by hiera_include\n" },
		{ "lookup('classes', Array, 'unique').include", "1:8 lookup classes by lookup\n" },
		{ "class c($p = lookup('k')) {}", "1:21 lookup k by lookup in c\n" },
		{ "define d { $a = lookup('k') }", "1:24 lookup k by lookup in d\n" },
		{ "if $x { $a = lookup('k') } else { $a = lookup('l') }",
		  "1:21 lookup k by lookup conditional\n1:47 lookup l by lookup conditional\n" },
		{ "if lookup('k') { }", "1:11 lookup k by lookup\n" },
		{ "$a = $x ? { 1 => lookup('k'), default => undef }", "1:25 lookup k by lookup conditional\n" },
		{ "case $x { 'a', 'b': { $y = lookup('k') } default: { } }", "1:35 lookup k by lookup conditional\n" },
		{ "$a = @(END)\n  no ${lookup('x')}\n  | END\n$b = lookup('k')", "4:13 lookup k by lookup\n" },
		{ "$a = @(\"END\")\n  a ${lookup('x')}\n  | END\n$b = lookup('k')",
		  "2:14 lookup x by lookup\n4:13 lookup k by lookup\n" },
		{ "f(@(A), @(\"B\"))\none\n| A\n${lookup('x')}\n| B\n$b = lookup('k')",
		  "4:10 lookup x by lookup\n6:13 lookup k by lookup\n" },
		{ "# lookup('x')\n/* lookup('y')\n*/ $b = lookup('k')", "3:16 lookup k by lookup\n" },
		{ "$a = 'lookup(\\'x\\')'", "" },
		{ "my_lookup('x')", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		lookups(table[i].src, table[i].expected);
}

static void classes_have_parameters_that_hiera_may_set(void **state _unused_)
{
	PP("class a::b(\n  String $pw,\n  Optional[String[1, 10]] $x = undef,\n  $y = 'z',\n) inherits a::params { }\n",
	   "1:1 class a::b\n2:10 parameter a::b::pw in a::b\n3:27 parameter a::b::x in a::b default\n"
	   "4:3 parameter a::b::y in a::b default\n");
	PP("define d($x, $y = 1) { }\nfunction f(String $x) >> Integer { 1 }\n",
	   "1:1 define d\n2:1 function f\n");
}

static void sources_and_paths_of_keys(void **state _unused_)
{
	PP("file { '/etc/x.key':\n  source => 'puppet:///private/a/x.key',\n}\n",
	   "1:8 resource /etc/x.key by file\n1:8 path /etc/x.key\n2:13 source puppet:///private/a/x.key\n");
	PP("file { \"/etc/ssl/private/${d}.key\": source => [\"puppet:///ssl-keys/${d}.key\", "
	   "'puppet:///modules/m/x'] }",
	   "1:8 resource /etc/ssl/private/${d}.key by file run-time\n1:8 path /etc/ssl/private/${d}.key run-time\n"
	   "1:48 source puppet:///ssl-keys/${d}.key run-time\n1:79 source puppet:///modules/m/x\n");
	PP("$a = file('/etc/puppetlabs/puppet/private/files/f')",
	   "1:11 read /etc/puppetlabs/puppet/private/files/f by file\n"
	   "1:11 path /etc/puppetlabs/puppet/private/files/f\n");
	PP("$a = generate('/usr/bin/make-key', 'x')", "1:15 read /usr/bin/make-key by generate\n");
	PP("$a = secret('ssl/x.key')", "1:13 read ssl/x.key by secret\n");
	PP("$k = '/etc/ssl/private/wildcard.key' $l = '/etc/passwd' $m = '/ a.key'",
	   "1:6 path /etc/ssl/private/wildcard.key\n");
}

static void resources_and_what_becomes_of_them(void **state _unused_)
{
	PP("@@sshkey { $facts['fqdn']: key => 'x' }", "1:12 resource $facts[fqdn] by sshkey run-time virtual "
						      "exported\n");
	PP("@user { 'u': }", "1:9 resource u by user virtual\n");
	PP("file { ['/a', '/b']: ; '/c': }",
	   "1:9 resource /a by file\n1:15 resource /b by file\n1:24 resource /c by file\n");
	PP("Sshkey <<| tag == 'x' |>>\nUser <| title == 'u' |>",
	   "1:1 collect by Sshkey exported\n2:1 collect by User\n");
	PP("a::b { 'x': * => $y } -> Class['c'] ~> service { 's': }",
	   "1:8 resource x by a::b\n1:50 resource s by service\n");
	PP("class { 'a': p => 1 }\nclass { ['b', 'c']: }", "1:9 include a by class\n2:10 include b by class\n"
							   "2:15 include c by class\n");
	PP("include a, b\ncontain 'c'\nrequire(d)\ninclude [e, $f]\n['g'].include",
	   "1:9 include a by include\n1:12 include b by include\n2:9 include c by contain\n3:9 include d by require\n"
	   "4:10 include e by include\n4:13 include $f by include run-time\n5:2 include g by include\n");
	PP("File { mode => '0644' }\nFile['/x'] { mode => '0600' }\nfile { default: mode => '1'; '/y': }\n",
	   "3:30 resource /y by file\n");
}

static void hosts_by_name_by_list_by_pattern(void **state _unused_)
{
	expect("manifests/site.pp", "node 'a.example.org', b.example.org { include x }\nnode /^mw\\d+$/ { }\n"
				    "node default { }\n",
	       "1:6 node a.example.org\n1:23 node b.example.org\n1:47 include x by include in a.example.org\n"
	       "2:6 node /^mw\\d+$/\n3:6 node default\n");
}

static void templates_ask_too(void **state _unused_)
{
	ERB("a <%= @x %>\nb <%= scope.call_function('lookup', ['k']) %>\n<%= scope.function_hiera(['l', 'd']) -%>\n",
	    "2:38 lookup k by lookup template\n3:27 lookup l by hiera default template\n");
	ERB("<%= scope.function_hiera([\"a::#{@x}\"]) %>", "1:27 lookup \"a::#{@x}\" by hiera run-time template\n");
	ERB("<%# scope.function_hiera(['x']) %><%% scope.function_hiera(['y']) %><% # scope.function_hiera(['z']) %>",
	    "");
	EPP("<%- | String $x = lookup('d'), | -%>\n<% if $x { -%>\n<%= lookup('k') %>\n<% } %>",
	    "1:26 lookup d by lookup template\n3:12 lookup k by lookup conditional template\n");
	expect("modules/m/lib/puppet/functions/m/f.rb", "def f\n  call_function('lookup', 'k')\n  lookup('l')\n"
							"  x.lookup('no')\nend\n",
	       "2:27 lookup k by lookup template\n3:10 lookup l by lookup template\n");
}

static void public_data_may_point_at_private_data(void **state _unused_)
{
	expect("hieradata/common.yaml", "a::b: 1\nc:\n  d: \"x%{lookup('k::l')}\"\n",
	       "1:1 hiera a::b\n2:1 hiera c\n3:6 lookup k::l by lookup data\n");
	expect("hieradata/x.yaml", "a: [\n", "2:1 gap did not find expected node content, while parsing a flow node "
					     "that starts in line 2\n");
}

static void what_is_not_understood_is_told_and_the_rest_is_read(void **state _unused_)
{
	PP("class a {\n  file { 'x' }\n}\nclass b { $x = lookup('k') }\n",
	   "4:1 class b\n4:23 lookup k by lookup in b\n2:14 gap '}' stands where ':' behind the title was expected\n");
	PP("$x = 'abc\ndef", "1:6 gap a string in single quotes does not end\n");
	PP("$x = \"abc ${a", "1:14 gap the end of the file stands where a value was expected\n");
	PP("$x = \"abc\n", "1:6 gap a string in double quotes does not end\n");
	PP("/* x", "1:1 gap a comment does not end with '*/'\n");
	PP("$x = @(END)\nabc\n", "1:6 gap a heredoc without the line that ends it\n");
	PP("$x = \xff", "0:0 gap not UTF-8 text\n");
	PP("class { 'a': } }", "1:9 include a by class\n1:16 gap '}' stands where a value was expected\n");
	ERB("<%= 'a %>", "1:1 gap a string within the tag does not end\n");
	ERB("abc <% x", "1:5 gap a tag of the template does not end with '%>'\n");
	EPP("abc <% $x", "1:10 gap a tag of the template does not end with '%>'\n");
}

static void nesting_has_an_end(void **state _unused_)
{
	static const char *const openings[] = { "[", "{a=>", "(", "!", "-", "f(", "if ", "$a=", "\"${", "a{b:c=>(",
		"$x?{a=>",
		"case [" };

	for (size_t i = 0; i < ARRAY_SIZE(openings); i++) {
		_cleanup_(manifest_freep) struct manifest *m = manifest_new();
		_cleanup_(buf_free) struct buf b = BUF_INIT(8 << 20);

		while (b.len < 1 << 20)
			(void)buf_str(&b, openings[i]);
		manifest_add(m, "puppet", "manifests/a.pp", b.data, b.len);
		assert_int_equal(m->n_gaps, 1);
		assert_string_equal(m->gaps[0].text, "more nesting than is read");
	}
}

static void left_to_right_has_an_end_too(void **state _unused_)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	_cleanup_(buf_free) struct buf b = BUF_INIT(8 << 20);

	(void)buf_str(&b, "$x = 1");
	for (int i = 0; i < 1000; i++)
		(void)buf_str(&b, " + 1");
	manifest_add(m, "puppet", "manifests/a.pp", b.data, b.len);
	assert_int_equal(m->n_gaps, 1);
}

static void what_was_not_read_is_a_gap_of_the_run(void **state _unused_)
{
	_cleanup_(manifest_freep) struct manifest *m = manifest_new();
	_cleanup_(freep) char *big = mem_zero(1, MANIFEST_FILE_MAX + 1);
	_cleanup_(gaps_free) struct gaps all = GAPS_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	memset(big, ' ', MANIFEST_FILE_MAX + 1);
	manifest_add(m, "puppet", "manifests/a.pp", big, MANIFEST_FILE_MAX + 1);
	manifest_add(m, "puppet", "README.md", "\xff", 1);
	manifest_lost(m, "puppet", "manifests/b.pp", "the object is missing");
	assert_int_equal(m->n_gaps, 2);
	assert_string_equal(m->gaps[0].text, "4194305 bytes, more than the 4194304 that are read of one file");
	assert_string_equal(m->files[m->gaps[1].file].path, "manifests/b.pp");
	assert_string_equal(m->gaps[1].text, "the object is missing");
	manifest_gap(m, GAP_UNDECIDED, 0, 1, 2, "for a person");
	manifest_gaps(m, &all);
	assert_int_equal(all.n, 2);
	assert_int_equal(all.list[0].kind, UNREAD_LARGE);
	assert_string_equal(unread_name(all.list[1].kind), "manifest");
	gap_say(&all.list[1], &b);
	assert_string_equal(buf_text(&b), "puppet:manifests/b.pp: the object is missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lookups_in_all_their_forms),
		cmocka_unit_test(classes_have_parameters_that_hiera_may_set),
		cmocka_unit_test(sources_and_paths_of_keys),
		cmocka_unit_test(resources_and_what_becomes_of_them),
		cmocka_unit_test(hosts_by_name_by_list_by_pattern),
		cmocka_unit_test(templates_ask_too),
		cmocka_unit_test(public_data_may_point_at_private_data),
		cmocka_unit_test(what_is_not_understood_is_told_and_the_rest_is_read),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(left_to_right_has_an_end_too),
		cmocka_unit_test(what_was_not_read_is_a_gap_of_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
