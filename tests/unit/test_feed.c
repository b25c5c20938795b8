/* Small trees and what they feed, one feed a line: "key -> file @hosts how:service FLAGS". Gaps come last. */
#include "puppet/feed.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define STEPS 50000 /* of one host: far more than these trees need */

static const struct feed_host hosts[] = { { "h1", "h1.example.org" }, { "h2", "h2.example.org" } };
static const char *const keys[] = { "k", "k::a", "k::b", "k::c", "c::p", "passwords::x", "passwords::y" };

static void put_services(struct buf *b, const struct feed_item *i)
{
	for (uint32_t k = 0; k < i->n_services; k++) {
		(void)buf_printf(b, " %s:%s", feed_told_name(i->services[k].told), i->services[k].name);
		if (i->services[k].unsure)
			(void)buf_char(b, '?');
	}
}

static const struct { enum feed_flag flag; const char *word; } flags[] = {
	{ FEED_UNSURE, "UNSURE" }, { FEED_PATTERN, "PATTERN" }, { FEED_EXPORTED, "EXPORTED" },
	{ FEED_COMMAND_LINE, "ARGV" },
};

static void put_item(struct buf *b, const struct feed *f, const struct feed_item *i)
{
	const struct feed_origin *o = &f->origins[i->origin];

	if (o->from == FEED_FILE)
		(void)buf_printf(b, "%s:", o->mount);
	(void)buf_printf(b, "%s -> ", o->name);
	if (i->sink != SINK_FILE)
		(void)buf_printf(b, "%s[%s].%s", i->type, i->target, i->attribute);
	else
		(void)buf_str(b, i->target);
	for (uint32_t k = 0; k < i->n_hosts; k++)
		(void)buf_printf(b, "%s%s", k ? "," : " @", f->hosts[i->hosts[k]].name);
	put_services(b, i);
	for (size_t k = 0; k < ARRAY_SIZE(flags); k++)
		if (i->flags & flags[k].flag)
			(void)buf_printf(b, " %s", flags[k].word);
	(void)buf_char(b, '\n');
}

struct tree { const char *path, *text; };

static struct manifest *read_tree(const struct tree *t, size_t n)
{
	struct manifest *m = manifest_new();

	for (size_t i = 0; i < n && t[i].path; i++)
		manifest_add(m, "puppet", t[i].path, t[i].text, strlen(t[i].text));
	return m;
}

static void expect_tree(const struct tree *t, size_t n, const char *expected)
{
	_cleanup_(manifest_freep) struct manifest *m = read_tree(t, n);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 2, .keys = keys, .n_keys = ARRAY_SIZE(keys),
		.steps_max = STEPS };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct feed *f = feed_build(m, &given);

	for (uint32_t i = 0; i < f->n_items; i++)
		put_item(&b, f, &f->items[i]);
	for (uint32_t i = 0; i < m->n_gaps; i++)
		(void)buf_printf(&b, "gap %u:%u %s\n", m->gaps[i].line, m->gaps[i].col, m->gaps[i].text);
	feed_freep(&f);
	if (strcmp(buf_text(&b), expected))
		fail_msg("\n%s\n--- instead of ---\n%s\n--- for ---\n%s", buf_text(&b), expected, t[0].text);
}

/* On every host: what stands outside of node blocks. */
#define SITE(src, expected) expect_tree((const struct tree[]){ { "manifests/site.pp", src } }, 1, expected)
#define TREE(expected, ...) expect_tree((const struct tree[]){ __VA_ARGS__ }, \
	ARRAY_SIZE(((const struct tree[]){ __VA_ARGS__ })), expected)

static void values_flow_through_variables(void **state _unused_)
{
	SITE("$x = lookup('k') file { '/f': content => $x }", "k -> /f @h1,h2\n");
	SITE("$x = lookup('k') $y = \"a${x}b\" file { '/f': content => \"<${y}>\" }", "k -> /f @h1,h2\n");
	SITE("$x = hiera('k::a') $y = { a => $x, b => lookup('k::b') } file { '/f': content => $y['b'] }",
	     "k::b -> /f @h1,h2\n");
	SITE("$x = [lookup('k::a'), lookup('k::b')] file { '/f': content => join($x, ',') }",
	     "k::a -> /f @h1,h2\nk::b -> /f @h1,h2\n");
	SITE("$x = lookup('k').unwrap file { '/f': content => Sensitive(sprintf('%s', md5($x))) }", "k -> /f @h1,h2\n");
	SITE("[$a, $b] = [lookup('k::a'), 1] file { '/f': content => \"${a}\" ; '/g': content => \"${b}\" }",
	     "k::a -> /f @h1,h2\n");
	SITE("file { '/f': content => @(\"X\") }\n  pw=${lookup('k')}\n  | X\n", "k -> /f @h1,h2\n");
	SITE("$x = lookup('k') if $x { file { '/f': content => 'no' } }", "");
	SITE("file { '/f': content => lookup('k')['a']['b'] }", "k.a.b -> /f @h1,h2\n");
	SITE("file { '/f': content => lookup('k.a') }", "k.a -> /f @h1,h2\n");
	SITE("file { '/f': content => lookup('other', String, first, 'x') }", "other -> /f @h1,h2 UNSURE\n");
	SITE("file { '/f': content => \"${is_string(lookup('k'))} ${lookup('k').empty}\" }", "");
	SITE("file { '/f': content => pick(undef, lookup('k')) }", "k -> /f @h1,h2\n");
	SITE("$p = '/a/b' file { 't': path => \"${p}/c/\", content => lookup('k') }", "k -> /a/b/c @h1,h2\n");
	SITE("file { ['/f', '/g']: content => lookup('k') }", "k -> /f @h1,h2\nk -> /g @h1,h2\n");
}

static void classes_and_their_parameters(void **state _unused_)
{
	TREE("k::a -> /f @h1,h2\n", { "manifests/site.pp", "include a include c" },
	     { "modules/a/manifests/init.pp", "class a { $x = lookup('k::a') }" },
	     { "modules/c/manifests/init.pp", "class c { file { '/f': content => $a::x } }" });
	TREE("c::p -> /f @h1,h2\n", { "manifests/site.pp", "include c" },
	     { "modules/c/manifests/init.pp", "class c($p, $q = 1) { file { '/f': content => \"${p}${q}\" } }" });
	TREE("k::b -> /f @h1,h2\n", { "manifests/site.pp", "class { 'c': p => lookup('k::b') }" },
	     { "modules/c/manifests/init.pp", "class c($p) { file { '/f': content => $p } }" });
	TREE("k -> /f @h1,h2\n", { "manifests/site.pp", "include b" },
	     { "modules/b/manifests/init.pp", "class b inherits b::params { file { '/f': content => $x } }" },
	     { "modules/b/manifests/params.pp", "class b::params { $x = lookup('k') }" });
	/* a default is only asked for when nobody sets the parameter */
	TREE("", { "manifests/site.pp", "include d" },
	     { "modules/d/manifests/init.pp", "class d($p = lookup('k')) { file { '/f': content => $p } }" },
	     { "hieradata/common.yaml", "d::p: public\n" });
	TREE("k -> /f @h1,h2\n", { "manifests/site.pp", "include d" },
	     { "modules/d/manifests/init.pp", "class d($p) { file { '/f': content => $p } }" },
	     { "hieradata/common.yaml", "d::p: \"x%{lookup('k')}\"\n" });
}

static void defined_types_and_loops(void **state _unused_)
{
	TREE("k -> /etc/x.conf @h1,h2\nk::a -> /etc/y.conf @h1,h2\n",
	     { "manifests/site.pp", "d { 'x': p => lookup('k'); 'y': p => lookup('k::a') }" },
	     { "modules/d/manifests/init.pp", "define d($p) { file { \"/etc/${title}.conf\": content => $p } }" });
	SITE("['x', 'y'].each |$n| { file { \"/${n}\": content => lookup(\"passwords::${n}\") } }",
	     "passwords::x -> /x @h1,h2\npasswords::y -> /y @h1,h2\n");
	SITE("{ 'x' => 1, 'y' => 2 }.each |$n, $v| { file { \"/${n}\": content => lookup(\"passwords::${n}\") } }",
	     "passwords::x -> /x @h1,h2\npasswords::y -> /y @h1,h2\n");
	SITE("$all = ['x', 'y'].map |$n| { lookup(\"passwords::${n}\") } file { '/f': content => $all.join(' ') }",
	     "passwords::x -> /f @h1,h2\npasswords::y -> /f @h1,h2\n");
	SITE("$h = ['x'].reduce({}) |$m, $n| { $m + { $n => lookup('k') } } file { '/f': content => $h['x'] }",
	     "k -> /f @h1,h2\n");
	SITE("create_resources('file', { '/f' => { content => lookup('k') }, '/g' => { 'content' => 'x' } })",
	     "k -> /f @h1,h2\n");
	SITE("create_resources(file, lookup('k'))", "k -> * @h1,h2 UNSURE PATTERN\nk -> * @h1,h2 UNSURE PATTERN\n");
	SITE("lookup('k').each |$n, $v| { file { \"/etc/${n}\": content => $v['pw'] } }",
	     "k -> /etc/* @h1,h2 UNSURE PATTERN\nk -> /etc/* @h1,h2 UNSURE PATTERN\n");
	SITE("ensure_resource('file', '/f', { 'content' => lookup('k') })", "k -> /f @h1,h2\n");
	SITE("function f($x) { \"<${x}>\" } file { '/f': content => f(lookup('k')) }", "k -> /f @h1,h2\n");
	SITE("function f($x) { if $x { return(lookup('k')) } 1 } file { '/f': content => f(true) }",
	     "k -> /f @h1,h2\n");
	SITE("$x = { a => lookup('k') } file { default: mode => '0600'; '/f': * => { content => $x['a'] } }",
	     "k -> /f @h1,h2\n");
}

static void conditions_go_both_ways_unless_they_are_known(void **state _unused_)
{
	SITE("if $facts['os']['family'] == 'Debian' { file { '/f': content => lookup('k') } }",
	     "k -> /f @h1,h2 UNSURE\n");
	SITE("if $facts['networking']['hostname'] == 'h2' { file { '/f': content => lookup('k') } }", "k -> /f @h2\n");
	SITE("unless $::fqdn =~ /^h2\\./ { file { '/f': content => lookup('k') } }", "k -> /f @h1\n");
	SITE("case $hostname { /^h[2-9]$/, 'x': { $c = lookup('k::a') } default: { $c = lookup('k::b') } }"
	     " file { '/f': content => $c }", "k::b -> /f @h1\nk::a -> /f @h2\n");
	SITE("$c = $facts['x'] ? { 'a' => lookup('k::a'), default => lookup('k::b') } file { '/f': content => $c }",
	     "k::a -> /f @h1,h2 UNSURE\nk::b -> /f @h1,h2 UNSURE\n");
	SITE("$c = $facts['x'] ? { 'a' => \"${lookup('k::a')} ${lookup('k')}\", default => lookup('k') } file { "
	     "'/f': content => $c }",
	     "k::a -> /f @h1,h2 UNSURE\nk -> /f @h1,h2\n");
	SITE("if $facts['x'] { $p = '/f' } else { $p = '/g' } file { $p: content => lookup('k') }",
	     "k -> /f @h1,h2 UNSURE\nk -> /g @h1,h2 UNSURE\n");
	TREE("k -> /f @h2\n", { "manifests/site.pp", "if lookup('flag') { file { '/f': content => lookup('k') } }" },
	     { "hieradata/common.yaml", "flag: false\n" }, { "hieradata/hosts/h2.yaml", "flag: true\n" });
	/* a class is there for certain when one way to it is */
	TREE("k -> /f @h1,h2\n", { "manifests/site.pp", "if $facts['x'] { include c } include c" },
	     { "modules/c/manifests/init.pp", "class c { file { '/f': content => lookup('k') } }" });
	TREE("k -> /f @h1,h2 notified:s? UNSURE\n", { "manifests/site.pp", "if $facts['x'] { include c }" },
	     { "modules/c/manifests/init.pp",
	       "class c { file { '/f': content => lookup('k'), notify => Service['s'] } service { 's': } }" });
}

static void templates_are_followed(void **state _unused_)
{
	static const char site[] = "$a = lookup('k::a') $b = lookup('k::b') $h = { 'a' => $a, 'b' => $b }"
		" file { '/f': content => template('m/t.erb') }";

	TREE("k::a -> /f @h1,h2\n", { "manifests/site.pp", site }, { "modules/m/templates/t.erb", "x <%= @a %>\n" });
	TREE("k::b -> /f @h1,h2\n", { "manifests/site.pp", site },
	     { "modules/m/templates/t.erb", "<% if @a -%>x<% end -%> <%= @h['b'] %> <%= @a ? 1 : 2 %> <%= 1 if @a "
					    "%>\n" });
	TREE("k::a -> /f @h1,h2\n", { "manifests/site.pp", site },
	     { "modules/m/templates/t.erb", "<%= scope['::a'] %><%# @b %><%% @b %>\n" });
	TREE("k::a -> /f @h1,h2\nk::b -> /f @h1,h2\n", { "manifests/site.pp", site },
	     { "modules/m/templates/t.erb", "<% x = @b %><%= scope.function_template(['m/u.erb']) %>" },
	     { "modules/m/templates/u.erb", "<% scope.lookupvar('a').each do |i| %><%= i %><% end %>" });
	TREE("k::a -> /f @h1,h2\nk -> /f @h1,h2\n", { "manifests/site.pp", site },
	     { "modules/m/templates/t.erb", "<%= \"#{@a}\" + 'not @b' %><%= scope.call_function('lookup', ['k']) %>" });
	TREE("k -> /f @h1,h2\n",
	     { "manifests/site.pp", "file { '/f': content => epp('m/t.epp', { 'x' => lookup('k'), 'y' => "
				    "lookup('k::a') }) }" },
	     { "modules/m/templates/t.epp", "<%- | $x, $y = 1 | -%>\n<% if $y { -%>\n<%= $x %>\n<% } -%>\n" });
	TREE("k -> /f @h1,h2\n", { "manifests/site.pp", "$x = lookup('k') file { '/f': content => epp('m/t.epp') }" },
	     { "modules/m/templates/t.epp", "<% [1].each |$i| { %>a<%= $x %><% } %>" });
	SITE("$x = lookup('k') file { '/f': content => inline_template('<%= @x %>') }", "k -> /f @h1,h2\n");
	SITE("file { '/f': content => inline_epp('<%= $y %>', { 'y' => lookup('k') }) }", "k -> /f @h1,h2\n");
	TREE("gap 1:25 the template 'm/none.erb' is in none of these trees\n",
	     { "manifests/site.pp", "file { '/f': content => template('m/none.erb') }" });
}

static void key_files(void **state _unused_)
{
	SITE("file { '/f': source => 'puppet:///private/a/x.key' }", "private:a/x.key -> /f @h1,h2\n");
	SITE("file { '/f': source => ['puppet:///ssl-keys/x.key', 'puppet:///private/y'] }",
	     "ssl-keys:x.key -> /f @h1,h2\nprivate:y -> /f @h1,h2 UNSURE\n");
	SITE("file { '/f': content => file('/etc/puppetlabs/puppet/private/files/x') }",
	     ":/etc/puppetlabs/puppet/private/files/x -> /f @h1,h2\n");
	SITE("file { '/f': source => 'puppet:///modules/m/x' }", "");
	SITE("file { '/f': content => secret('dkim/x.key') }", "secret:dkim/x.key -> /f @h1,h2\n");
	SITE("$facts['domains'].each |$d| { file { \"/ssl/${d}.key\": source => \"puppet:///ssl-keys/${d}.key\" } }",
	     "ssl-keys:*.key -> /ssl/*.key @h1,h2 UNSURE PATTERN\n");
}

static void what_is_told_and_what_is_not(void **state _unused_)
{
	static const char service[] = " service { 's': }";
	static const struct { const char *site, *services; } table[] = {
		{ "file { '/f': content => lookup('k'), notify => Service['s'] }", " notified:s" },
		{ "file { '/f': content => lookup('k') } ~> Service['s']", " notified:s" },
		{ "file { '/f': content => lookup('k') } Service['s'] <~ File['/f']", " notified:s" },
		{ "file { '/f': content => lookup('k') } Service['s'] { subscribe => File['/f'] }", " notified:s" },
		{ "file { '/f': content => lookup('k'), before => Service['s'] }", " ordered:s" },
		{ "file { '/f': content => lookup('k') } -> Service['s']", " ordered:s" },
		{ "file { '/f': content => lookup('k') }", "" },
		{ "File { notify => Service['s'] } file { '/f': content => lookup('k') }", " notified:s" },
		{ "file { '/f': content => lookup('k') } File <| title == '/f' |> ~> Service['s']", " notified:s" },
		{ "file { '/f': content => lookup('k') } File <| |> { notify => Service['s'] }", " notified:s" },
		{ "file { '/f': content => lookup('k') } File['/f'] { notify => Service['s'] }", " notified:s" },
		{ "file { '/f': content => lookup('k') } ~> exec { 'e': refreshonly => true } ~> Service['s']",
		" notified:s" },
		{ "file { '/f': content => lookup('k'), notify => Exec['e'] }"
		  " exec { 'e': command => '/bin/systemctl --no-block reload x.service' }", " by-exec:x" },
		{ "file { '/f': content => lookup('k'), notify => Exec['e'] } exec { 'e': command => 'service y "
		  "restart' }",
		  " by-exec:y" },
		{ "file { '/f': content => lookup('k'), notify => Exec['e'] } exec { 'e': command => 'systemctl "
		  "status x' }",
		  "" },
		/* a file that is told does not tell others */
		{ "file { '/f': content => lookup('k') } ~> file { '/g': } ~> Service['s']", "" },
		{ "file { '/f': content => lookup('k') } file { '/g': content => 'key=/f', notify => Service['s'] }",
		"" },
		{ "file { '/f/k': content => lookup('k') } file { '/g': content => 'key=/f/k', notify => "
		  "Service['s'] }",
		  " reader:s" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		_cleanup_(freep) char *site = mem_printf("%s%s", table[i].site, service);
		_cleanup_(freep) char *line = mem_printf("k -> %s @h1,h2%s\n", strstr(site, "'/f/k'") ? "/f/k" : "/f",
							 table[i].services);

		SITE(site, line);
	}
}

static void classes_are_told_as_a_whole(void **state _unused_)
{
	TREE("k -> /f @h1,h2 notified:s\n",
	     { "manifests/site.pp", "include c file { '/f': content => lookup('k'), notify => Class['c'] }" },
	     { "modules/c/manifests/init.pp", "class c { contain c::s }" },
	     { "modules/c/manifests/s.pp", "class c::s { service { 's': } }" });
	/* what a class only includes is not in it */
	TREE("k -> /f @h1,h2\n",
	     { "manifests/site.pp", "include c file { '/f': content => lookup('k'), notify => Class['c'] }" },
	     { "modules/c/manifests/init.pp", "class c { include c::s }" },
	     { "modules/c/manifests/s.pp", "class c::s { service { 's': } }" });
	TREE("k -> /f @h1,h2 notified:s\n", { "manifests/site.pp", "include c include d Class['c'] ~> Class['d']" },
	     { "modules/c/manifests/init.pp", "class c { file { '/f': content => lookup('k') } }" },
	     { "modules/d/manifests/init.pp", "class d { service { 's': } }" });
	TREE("k -> /f @h1,h2 notified:s\n", { "manifests/site.pp",
		"t { 'x': notify => Service['s'] } service { 's': }" },
	     { "modules/t/manifests/init.pp", "define t { file { '/f': content => lookup('k') } }" });
	TREE("k -> /f @h1,h2 beside:s\n", { "manifests/site.pp", "include c" },
	     { "modules/c/manifests/init.pp", "class c { file { '/f': content => lookup('k') } service { 's': } }" });
	TREE("k -> /f @h1,h2 notified:s\n",
	     { "manifests/site.pp", "include c if defined(Service['s']) { File['/f'] ~> Service['s'] }"
	       " if defined(Service['t']) { File['/f'] ~> Service['t'] }" },
	     { "modules/c/manifests/init.pp", "class c { file { '/f': content => lookup('k') } service { 's': } }" });
}

static void pieces_of_files(void **state _unused_)
{
	SITE("concat { '/f': notify => Service['s'] } service { 's': }"
	     " concat::fragment { 'x': target => '/f', content => lookup('k') }", "k -> /f @h1,h2 notified:s\n");
	SITE("concat { 'whole': path => '/f' } concat::fragment { 'x': target => 'whole', content => lookup('k') }",
	     "k -> /f @h1,h2\n");
	SITE("file_line { 'x': path => '/f', line => \"p=${lookup('k')}\" }", "k -> /f @h1,h2\n");
	SITE("exec { 'e': command => \"/bin/x ${lookup('k')}\", environment => [\"P=${lookup('k::a')}\"] }",
	     "k -> exec[e].command @h1,h2 ARGV\nk::a -> exec[e].environment @h1,h2\n");
	SITE("some_type { 't': password => lookup('k') }", "k -> some_type[t].password @h1,h2\n");
}

static void exported_and_virtual_resources(void **state _unused_)
{
	SITE("@file { '/f': content => lookup('k') }", "");
	SITE("@file { '/f': content => lookup('k') } realize(File['/f'])", "k -> /f @h1,h2\n");
	SITE("@file { '/f': content => lookup('k'), tag => ['a', 'b'] } File <| tag == 'b' and title != '/g' |>",
	     "k -> /f @h1,h2\n");
	SITE("@file { '/f': content => lookup('k'), tag => 'a' } File <| tag == 'b' |>", "");
	SITE("@file { '/f': content => lookup('k') } File <| tag == $facts['x'] |>", "k -> /f @h1,h2 UNSURE\n");
	TREE("k -> /f/h1 @h2 EXPORTED\n",
	     { "manifests/site.pp", "node h1 { @@d { $hostname: p => lookup('k'), tag => 't' } } node h2 { D <<| "
				    "tag == 't' |>> }" },
	     { "modules/d/manifests/init.pp", "define d($p) { file { \"/f/${title}\": content => $p } }" });
	SITE("node h1 { @@file { '/f': content => lookup('k') } } node h2 { }", "k -> /f @h1 UNSURE EXPORTED\n");
}

static void hosts_have_their_node_blocks(void **state _unused_)
{
	SITE("node 'h1.example.org' { file { '/f': content => lookup('k') } } node default { }", "k -> /f @h1\n");
	SITE("node /^h\\d\\.example/ { file { '/f': content => lookup('k') } } node 'h2.example.org' { }",
	     "k -> /f @h1\n");
	SITE("node h1, h2 { file { '/f': content => lookup('k') } }", "k -> /f @h1,h2\n");
	SITE("node default { file { '/f': content => lookup('k') } } node h1 { }", "k -> /f @h2\n");
	SITE("node h1 { file { '/f': content => lookup('k') } } node /^h1\\.example/ { }", "");
	SITE("node h3 { file { '/f': content => lookup('k') } }", "k -> /f @h3\n");
	SITE("$x = lookup('k') node h1 { $y = \"${x}\" file { '/f': content => $y } }", "k -> /f @h1\n");
	SITE("node /(?<=x)h1/ { } ", "gap 1:6 the pattern /(?<=x)h1/ is not understood (a group that looks around, "
				     "or one "
	     "with options): both ways are followed\n");
}

static void what_cannot_be_decided_is_told(void **state _unused_)
{
	SITE("file { '/f': content => lookup(\"passwords::${facts['x']}\") }", "passwords::* -> /f @h1,h2 PATTERN\n");
	SITE("file { '/f': content => lookup($facts['x']) }",
	     "gap 1:25 which key is looked up is known at run time only: lookup($facts[x])\n");
	SITE("include $facts['x']", "gap 1:1 which class is included is known at run time only\n");
	SITE("include nothing", "gap 1:1 the class 'nothing' is in none of these trees: what it does is not known\n");
	SITE("$x = some::thing('a')", "gap 1:6 the function 'some::thing' is in none of these trees: what it reads "
				      "is not "
	     "known\n");
	SITE("file { '/f': content => $none::x }", "gap 1:25 '$none::x' is a variable of a class that none of these "
						   "trees has\n");
	SITE("file { '/f': content => template($facts['x']) }",
	     "gap 1:25 which template that is is known at run time only: template($facts[x])\n");
	TREE("k -> /f @h1,h2\nx::key -> /f @h1,h2\n", { "manifests/site.pp",
		"file { '/f': content => x::f(lookup('k')) }" },
	     { "modules/x/lib/puppet/functions/x/f.rb", "def f(a)\n  call_function('lookup', 'x::key') + a\nend\n" });
}

static void names_made_at_run_time_may_still_be_known(void **state _unused_)
{
	static const struct tree tree[] = { { "manifests/site.pp",
		"['x', 'y'].each |$n| { file { \"/${n}\": content => lookup(\"passwords::${n}\") } }\n"
		"file { '/f': content => lookup(\"passwords::${facts['x']}\") }\n"
		"define unused { file { '/g': content => lookup(\"passwords::${title}\") } }\n" } };
	_cleanup_(manifest_freep) struct manifest *m = read_tree(tree, 1);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 2, .keys = keys, .n_keys = ARRAY_SIZE(keys) };
	struct feed *f = feed_build(m, &given);
	unsigned n = 0;

	for (uint32_t i = 0; i < m->n_facts; i++)
		if (m->facts[i].kind == FACT_LOOKUP) {
			assert_true(m->facts[i].flags & FACT_AT_RUN_TIME);
			assert_int_equal(!!(m->facts[i].flags & FACT_RESOLVED), n++ == 0);
		}
	assert_int_equal(n, 3);
	feed_freep(&f);
}

static void patterns_are_filled_in_by_the_name(void **state _unused_)
{
	static const struct tree tree[] = { { "manifests/site.pp",
		"$facts['d'].each |$d| { file { \"/ssl/${d}.key\": source => \"puppet:///ssl-keys/${d}.key\" } }"
		" file { '/p': content => file('/etc/puppet/private/files/a/b') }"
		" file { '/q': content => lookup('k::a')['b'] }" } };
	_cleanup_(manifest_freep) struct manifest *m = read_tree(tree, 1);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 2, .keys = keys, .n_keys = ARRAY_SIZE(keys) };
	struct feed *f = feed_build(m, &given);
	struct arena *a = arena_new();

	assert_int_equal(f->n_items, 3);
	assert_true(feed_is_file(&f->origins[f->items[0].origin], "ssl-keys", "x.example.org.key"));
	assert_false(feed_is_file(&f->origins[f->items[0].origin], "ssl-keys", "x.example.org.crt"));
	assert_false(feed_is_file(&f->origins[f->items[0].origin], "private", "x.example.org.key"));
	assert_string_equal(feed_target(a, f, &f->items[0], "x.example.org.key"), "/ssl/x.example.org.key");
	assert_true(feed_is_file(&f->origins[f->items[1].origin], "private", "files/a/b"));
	assert_false(feed_is_file(&f->origins[f->items[1].origin], "private", "files/a"));
	assert_true(feed_is_key(&f->origins[f->items[2].origin], "k::a.b"));
	assert_true(feed_is_key(&f->origins[f->items[2].origin], "k::a.b.c"));
	assert_false(feed_is_key(&f->origins[f->items[2].origin], "k::a.bc"));
	assert_false(feed_is_key(&f->origins[f->items[2].origin], "k::a"));
	arena_free(a);
	feed_freep(&f);
}

static void node_blocks_add_hosts_when_asked(void **state _unused_)
{
	static const struct tree tree[] = { { "manifests/site.pp",
		"node 'a.x', 'h1.example.org' { }\nnode /^(h2|h3)\\.example\\.org$/ { }\nnode "
		"/^h\\d+\\.example\\.org$/ { }\n"
		"node /^z\\d+$/ { }\n" } };
	_cleanup_(manifest_freep) struct manifest *m = read_tree(tree, 1);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 2, .from_nodes = true };
	struct feed *f = feed_build(m, &given);

	assert_int_equal(f->n_hosts, 4);
	assert_int_equal(f->named[0].file, MANIFEST_NONE);
	assert_int_equal(f->named[1].file, MANIFEST_NONE);
	assert_string_equal(f->hosts[2].name, "a");
	assert_int_equal(f->named[2].line, 1);
	assert_null(f->named[2].pattern);
	assert_string_equal(f->hosts[3].name, "h3");
	assert_int_equal(f->named[3].line, 2);
	assert_string_equal(f->named[3].pattern, "^(h2|h3)\\.example\\.org$");
	/* what cannot be listed and fits a known host is no gap, and one that fits none is */
	assert_int_equal(m->n_gaps, 1);
	assert_int_equal(m->gaps[0].line, 4);
	feed_freep(&f);
}

static void without_names_hosts_come_from_node_blocks(void **state _unused_)
{
	static const struct tree tree[] = { { "manifests/site.pp",
		"node 'a.example.org' { } node /^db1[12]\\.x$/ { } node /^mem\\d+$/ { } node default { }" } };
	_cleanup_(manifest_freep) struct manifest *m = read_tree(tree, 1);
	const struct feed_given given = { .n_hosts = 0 };
	struct feed *f = feed_build(m, &given);

	assert_int_equal(f->n_hosts, 3);
	assert_string_equal(f->hosts[0].name, "a");
	assert_string_equal(f->hosts[2].fqdn, "db12.x");
	assert_int_equal(m->n_gaps, 1);
	assert_string_equal(m->gaps[0].text, "which hosts /^mem\\d+$/ means is not known: no host was named");
	feed_freep(&f);
	manifest_freep(&m);
	m = manifest_new();
	manifest_add(m, "puppet", "manifests/site.pp", "node default { }", 16);
	f = feed_build(m, &given);
	assert_int_equal(m->n_gaps, 1);
	assert_string_equal(m->gaps[0].text, "no host was named, and no node block names one: nothing is known to "
					     "be fed");
	feed_freep(&f);
}

static void mode_owner_and_diff_are_told(void **state _unused_)
{
	static const struct tree tree[] = { { "manifests/site.pp",
		"File { owner => 'root' } file { '/f': content => lookup('k'), mode => '0644' }\n"
		"file { '/g': content => lookup('k'), mode => 0600, group => 'x', show_diff => false }" } };
	_cleanup_(manifest_freep) struct manifest *m = read_tree(tree, 1);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 1, .keys = keys, .n_keys = ARRAY_SIZE(keys) };
	struct feed *f = feed_build(m, &given);

	assert_int_equal(f->n_items, 2);
	assert_string_equal(f->items[0].mode, "0644");
	assert_string_equal(f->items[0].owner, "root");
	assert_null(f->items[0].group);
	assert_true(f->items[0].flags & FEED_DIFF_SHOWN);
	assert_int_equal(f->items[0].line, 1);
	assert_int_equal(f->items[0].col, 26);
	assert_string_equal(f->items[1].mode, "0600");
	assert_string_equal(f->items[1].group, "x");
	assert_false(f->items[1].flags & FEED_DIFF_SHOWN);
	feed_freep(&f);
}

static void endless_things_end(void **state _unused_)
{
	int64_t start = clock_mono_us();

	TREE("gap 1:1 defined types hold one another more than 60 deep\n", { "manifests/site.pp", "d { 'x': }" },
	     { "modules/d/manifests/init.pp", "define d { d { \"${title}x\": } }" });
	SITE("function f($x) { f($x) } $y = f(1)", "gap 1:18 functions call one another more than 60 times\n");
	TREE("", { "manifests/site.pp", "include a" }, { "modules/a/manifests/init.pp", "class a { include b }" },
	     { "modules/b/manifests/init.pp", "class b { include a }" });
	TREE("gap 1:32 templates hold one another more than 60 deep\n",
	     { "manifests/site.pp", "$x = 1 file { '/f': content => template('m/t') }" },
	     { "modules/m/templates/t", "<%= scope.function_template(['m/t']) %>" });
	SITE("99999999.each |$i| { }", "gap 1:10 more than 20000 turns: the rest is not followed\n");
	SITE("$x = 20000 [1].each |$i| { $x.each |$j| { $x.each |$k| { $l = $k } } }",
	     "gap 1:63 the catalogue of 'h1' takes more steps than is followed: the rest of it is not read\n"
	     "gap 1:63 the catalogue of 'h2' takes more steps than is followed: the rest of it is not read\n");
	print_message("# %.1f s\n", (double)(clock_mono_us() - start) / 1e6);
}

/* Each key asks twice for the next one. */
static void data_that_multiplies_itself_ends(void **state _unused_)
{
	_cleanup_(buf_free) struct buf yaml = BUF_INIT(1 << 20);
	const struct tree tree[] = { { "manifests/site.pp", "$x = lookup('a0')" }, { "hieradata/common.yaml", NULL } };
	struct tree both[2];

	for (int i = 0; i < 40; i++)
		(void)buf_printf(&yaml, "a%d: \"%%{lookup('a%d')}%%{lookup('a%d')}\"\n", i, i + 1, i + 1);
	memcpy(both, tree, sizeof(both));
	both[1].text = buf_text(&yaml);
	_cleanup_(manifest_freep) struct manifest *m = read_tree(both, 2);
	const struct feed_given given = { .hosts = hosts, .n_hosts = 1 };
	struct feed *f = feed_build(m, &given);

	assert_int_equal(m->n_gaps, 1);
	assert_int_equal(m->gaps[0].kind, GAP_LIMIT);
	feed_freep(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_flow_through_variables),
		cmocka_unit_test(classes_and_their_parameters),
		cmocka_unit_test(defined_types_and_loops),
		cmocka_unit_test(conditions_go_both_ways_unless_they_are_known),
		cmocka_unit_test(templates_are_followed),
		cmocka_unit_test(key_files),
		cmocka_unit_test(what_is_told_and_what_is_not),
		cmocka_unit_test(classes_are_told_as_a_whole),
		cmocka_unit_test(pieces_of_files),
		cmocka_unit_test(exported_and_virtual_resources),
		cmocka_unit_test(hosts_have_their_node_blocks),
		cmocka_unit_test(what_cannot_be_decided_is_told),
		cmocka_unit_test(names_made_at_run_time_may_still_be_known),
		cmocka_unit_test(patterns_are_filled_in_by_the_name),
		cmocka_unit_test(node_blocks_add_hosts_when_asked),
		cmocka_unit_test(without_names_hosts_come_from_node_blocks),
		cmocka_unit_test(mode_owner_and_diff_are_told),
		cmocka_unit_test(endless_things_end),
		cmocka_unit_test(data_that_multiplies_itself_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
