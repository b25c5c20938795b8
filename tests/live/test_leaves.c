/* Leaves of a real private repository with hiera-eyaml, and Hiera itself as the judge of what a key's value is. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/leaf.h"
#include "scan/place.h"
#include "scan/scalar.h"
#include "scratch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define LIMIT_MS 60000

static struct digest_key key = { { 7 } };
static struct err e;

static int begin(void **state)
{
	if (scratch_begin(state) < 0)
		return -1;
	must_sh("git init -q -b main repo && cd repo && git config gc.auto 0 && git config user.name Ada && "
		"git config user.email ada@example.org && mkdir -p hieradata files env/secrets");
	e = (struct err)ERR_INIT;
	return 0;
}

static char *listing(const char *eyaml)
{
	_cleanup_(freep) char *path = mem_printf("%s/repo", scratch), *public = mem_printf("%s/keys/%s-public",
		scratch, eyaml);
	_cleanup_(freep) char *private = mem_printf("%s/keys/%s-private", scratch, eyaml);
	const struct leaf_source s = { .repository = "private", .key = &key, .eyaml_public = eyaml ? public : NULL,
				       .eyaml_private = eyaml ? private : NULL };
	_cleanup_(git_repo_freep) struct git_repo *r = NULL;
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;
	struct buf b = BUF_INIT(1 << 20);
	char oid[65];

	must_sh("cd repo && git add -A && git commit -q --allow-empty -m x");
	if (git_repo_open(path, LIMIT_MS, &r, &e) < 0 || git_repo_commit(r, "HEAD", oid, &e) < 0 ||
	    leaves_of_tree(&s, &(struct tree_at){ .name = "private", .repo = r, .commit = oid }, &l, &g, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < l.n; i++)
		(void)buf_printf(&b, "%s:%u %s %s %s\n", l.list[i].file, l.list[i].line,
			l.list[i].key ? l.list[i].key : "-",
				 leaf_form_name(l.list[i].form), l.list[i].tag);
	for (size_t i = 0; i < g.n; i++) {
		(void)buf_char(&b, '!');
		gap_say(&g.list[i], &b);
		(void)buf_char(&b, '\n');
	}
	return buf_take(&b);
}

static char *tag_of(const char *value)
{
	char tag[DIGEST_TAG_HEX];

	digest_tag_bytes(&key, value, strlen(value), tag);
	return mem_dup(tag);
}

static void make_keys(const char *name)
{
	must_sh("mkdir -p keys && eyaml createkeys --pkcs7-private-key=keys/%s-private "
		"--pkcs7-public-key=keys/%s-public", name, name);
}

#define SEAL "eyaml encrypt --pkcs7-public-key=../keys/a-public --pkcs7-private-key=../keys/a-private"

static void sealed_values_have_the_tag_of_their_clear_text(void **state _unused_)
{
	_cleanup_(freep) char *tag = tag_of("Corr3ct horse"), *lines = tag_of("two\nlines\n");

	make_keys("a");
	make_keys("b");
	must_sh("cd repo && printf '%%s' 'Corr3ct horse' >../clear && printf 'two\\nlines\\n' >../lines && { echo "
		"'plain: Corr3ct horse'; "
		"printf 'inline: '; " SEAL " -o string -f ../clear; echo; " SEAL " -o block -l block -f ../clear; "
		"echo; "
		"printf 'deep:\\n  - '; " SEAL " -o string -f ../lines; echo; echo 'last: x'; "
		"} >hieradata/common.yaml && printf 'Corr3ct horse\\n' >files/key");

	_cleanup_(freep) char *text = listing("a"), *last = tag_of("x");
	_cleanup_(freep) char *line = sh_text("grep -n '^last' repo/hieradata/common.yaml | cut -d: -f1");
	_cleanup_(freep) char *expected = mem_printf("files/key:1 - file %s\nhieradata/common.yaml:1 plain plain %s\n"
						     "hieradata/common.yaml:2 inline eyaml %s\n"
						     "hieradata/common.yaml:4 block eyaml %s\n", tag, tag, tag, tag);
	_cleanup_(freep) char *end = mem_printf(" deep.0 eyaml %s\nhieradata/common.yaml:%s last plain %s\n"
						"", lines, line, last);

	if (!text_starts(text, expected) || !strstr(text, end) || strchr(text, '!'))
		fail_msg("%s\n%s", expected, text);
	/* sealed to another key, without one, with a key file that is none */
	_cleanup_(freep) char *other = listing("b"), *none = listing(NULL);
	must_sh("echo nonsense >keys/c-private && cp keys/a-public keys/c-public");
	_cleanup_(freep) char *wrong = listing("c");
	assert_non_null(strstr(other, "!private:hieradata/common.yaml:2:1: 3 values encrypted with hiera-eyaml "
			       "cannot be opened: an encrypted value of eyaml was encrypted to another key"));
	assert_non_null(strstr(other, "hieradata/common.yaml:2 inline eyaml \n"));
	assert_non_null(strstr(none, "3 values encrypted with hiera-eyaml cannot be opened: name 'eyaml'"));
	assert_non_null(strstr(wrong, "keys/c-private': no PEM private key without passphrase"));
	assert_null(strstr(wrong, "nonsense"));
}

static void a_hiera_yaml_of_the_tree_is_read_first(void **state _unused_)
{
	must_sh("cd repo && printf 'version: 5\\nhierarchy: [{name: a, datadir: secrets, path: \"%%%%{x}.yaml\"}]\\n' "
		">env/hiera.yaml && "
		"echo 'a: b' >env/secrets/z.yaml && echo 'a: b' >env/other.yaml && echo 'a: b' >hieradata/c.yml");
	_cleanup_(freep) char *text = listing(NULL);
	_cleanup_(freep) char *tag = tag_of("b"), *expected = mem_printf("env/secrets/z.yaml:1 a plain %s\n", tag);
	assert_non_null(strstr(text, expected));
	assert_non_null(strstr(text, "env/other.yaml:1 - file "));
	assert_non_null(strstr(text, "hieradata/c.yml:1 a plain "));
	assert_null(strchr(text, '!'));
	must_sh("cd repo && echo 'version: [' >env/hiera.yaml");
	_cleanup_(freep) char *broken = listing(NULL);
	assert_non_null(strstr(broken, "env/secrets/z.yaml:1 - file "));
	assert_non_null(strstr(broken, "!private:env/hiera.yaml:2:1: "));
}

/* Through the whole way: git, the tree, YAML, tags. */
static void ten_thousand_leaves_of_a_commit_are_quick(void **state _unused_)
{
	must_sh("cd repo && mkdir hieradata/hosts && for h in $(seq 100); do for k in $(seq 100); do "
		"echo \"service::key$k: 'k${h}T7vQ2mX9pL4wZ8r${k}B3nC'\"; done >hieradata/hosts/h$h.yaml; done && git "
		"add -A && git commit -qm x");
	int64_t start = clock_mono_us();
	_cleanup_(freep) char *text = listing(NULL);
	int64_t took = clock_mono_us() - start;
	size_t n = 0;
	for (const char *c = text; *c; c++)
		n += *c == '\n';
	assert_int_equal(n, 10000);
	print_message("# 10,000 leaves in 100 files of a commit: %lld ms\n", (long long)took / 1000);
	assert_true(took < 10000000);
}

/* --- Hiera as the judge --- */

static const char judged[] =
	"base: &base {x: one, y: two, z: {w: three}}\nwww.example.org: literal\nmerged:\n  <<: *base\n  y: own\n"
	"listed:\n  <<: [*base, {x: late, v: four}]\nquoted: {'<<': *base}\nalias: *base\ndeep:\n  - a\n  - b.c: d\n"
	"    '1': e\n    2: f\n  - [g, [h]]\ndup: first\ndup: second\nfold: >\n  one\n  two\nliteral: |-\n  three\n"
	"  four\nspaces: 'x  y'\nescaped: \"a\\tb\\u00e9\\\\\"\nsingle: 'it''s'\nplain: a # comment\nwrapped: one\n"
	"  two\ntagged: !!str 0123\nown: !x y\n";

static const struct { const char *place, *hiera; } asked[] = {
	{ "base.x", "base.x" }, { "base.z.w", "base.z.w" }, { "www.example.org", "'www.example.org'" }, { "merged.x",
		"merged.x" },
	{ "merged.y", "merged.y" }, { "merged.z.w", "merged.z.w" }, { "listed.x", "listed.x" }, { "listed.v",
		"listed.v" },
	{ "quoted.y", "quoted.y" }, { "alias.z.w", "alias.z.w" }, { "deep.0", "deep.0" }, { "deep.1.'b.c'",
		"deep.1.'b.c'" },
	{ "deep.1.'1'", "deep.1.'1'" }, { "deep.1.2", "deep.1.2" }, { "deep.2.1.0", "deep.2.1.0" }, { "fold", "fold" },
	{ "literal", "literal" }, { "spaces", "spaces" }, { "escaped", "escaped" }, { "single", "single" }, { "plain",
		"plain" },
	{ "wrapped", "wrapped" }, { "tagged", "tagged" }, { "own", "own" },
};

#define PUPPET "cd puppet && puppet apply --color=false --hiera_config=$PWD/hiera.yaml --confdir=$PWD/conf " \
	"--codedir=$PWD/code --vardir=$PWD/var --publicdir=$PWD/public --logdir=$PWD/logs --rundir=$PWD/run " \
	"ask.pp 2>&1 | grep -v Facter >log; ! grep -q Error log || { cat log; false; }"

static void hiera_finds_the_same_values(void **state _unused_)
{
	_cleanup_(buf_free) struct buf pp = BUF_INIT(100000);
	struct place_at p = { .file = "x.yaml" };

	must_sh("mkdir -p puppet/data puppet/answers && printf 'version: 5\\ndefaults: {datadir: data, "
		"data_hash: yaml_data}\\nhierarchy: [{name: x, path: x.yaml}]\\n' >puppet/hiera.yaml");
	put_file("puppet/data/x.yaml", judged);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++)
		(void)buf_printf(&pp, "file { '%s/puppet/answers/%zu': content => "
				 "String(lookup(\"%s\")) }\n", scratch, i,
				 asked[i].hiera);
	put_file("puppet/ask.pp", buf_text(&pp));
	must_sh(PUPPET);
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		_cleanup_(secret_freep) struct secret *s = NULL;
		_cleanup_(freep) char *name = mem_printf("puppet/answers/%zu", i), *answer = file_text(name);

		p.key = asked[i].place;
		if (place_read(&p, judged, strlen(judged), &s, &e) < 0)
			fail_msg("%s", e.text);
		if (!same_secret(s, answer))
			fail_msg("%s: Hiera has '%s'", asked[i].place, answer);
	}
}

static const char *const scalars[] = {
	"12", "-7", "0", "-0", "+5", "007", "08", "0123", "0x1F", "0b11", "0b12", "0o17", "1_000", "1,000", "1_",
		"1__0", "1,00",
	"12345678901234567890123", "1.5", "1.50", "-1.5", "+1.5", "0.5", ".5", "1.", "00.5", "1.0", "10.0", "0.1",
		"1e3", "1.5e3",
	"1.5e+3", "1.25", "123456789.123456789", "-0.0", ".", "1-2", "1.2.3", "true", "True", "TRUE", "false",
		"yes", "No", "on",
	"OFF", "y", "n", "null", "Null", "~", ".inf", "-.INF", "+.inf", "12:30", "12:30:45", "1:2", "1:60",
		"190:20:30.15",
	"1:2:3:4", "12:3x", "text", "a1", "1a", "0x", "0xg", "=", "<<", "12 "
	"34", "x:y", "a_b", "tRue", "nUll", "-yes", "1:00:00",
	"0:0", "0.10", "1_0.5", "1,0.5", "0_7", "0,7", "-0x1f", "-017", "1234567890123456.5", "100", "1e+3",
		"2021-13-01",
	"2021-01-32", "20210101", "2021-01", "2021-1-1x",
};
static const char *const refused[] = { "2021-01-01", "2021-00-01", "2021-1-1", "2021-01-01 "
	"12:00:00", "2021-12-31T23:59:59Z",
				       "2021-01-01 7:05:09 +1", "2021-12-31 23:59:59.5" };

/* What Hiera writes as it stands is what we take it for, and nothing else. */
static void hiera_writes_numbers_as_we_think(void **state _unused_)
{
	_cleanup_(buf_free) struct buf data = BUF_INIT(100000), pp = BUF_INIT(100000);
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *root = NULL;

	must_sh("mkdir -p puppet/data puppet/answers && printf 'version: 5\\ndefaults: {datadir: data, "
		"data_hash: yaml_data}\\nhierarchy: [{name: x, path: x.yaml}]\\n' >puppet/hiera.yaml");
	for (size_t i = 0; i < ARRAY_SIZE(scalars); i++) {
		(void)buf_printf(&data, "k%zu: %s\n", i, scalars[i]);
		(void)buf_printf(&pp, "$v%zu = lookup('k%zu')\n$t%zu = $v%zu ? { Undef => 'nothing', "
				 "Boolean => 'truth', Numeric => 'number', default => 'text' }\n"
				 "file { '%s/puppet/answers/%zu': content => "
				 "\"${t%zu} ${v%zu}\" }\n", i, i, i, i, scratch,
				 i, i, i);
	}
	put_file("puppet/data/x.yaml", buf_text(&data));
	put_file("puppet/ask.pp", buf_text(&pp));
	must_sh(PUPPET);
	assert_int_equal(yaml_parse(a, "x", data.data, data.len, &root, &e), 0);

	const struct yaml_node *n = root->child;
	size_t wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(scalars); i++, n = n->next) {
		static const char *const types[] = { "text", "nothing", "truth", "number", "refused", "tagged" };
		_cleanup_(freep) char *name = mem_printf("puppet/answers/%zu", i), *answer = file_text(name);
		bool same;
		enum scalar scalar = scalar_of(data.data, n, &same);
		size_t type = strcspn(answer, " ");
		bool is_same = strcmp(answer + type + 1, scalars[i]) == 0;

		/* a number that is not sure to be written alike may be, never the other way round */
		if (strncmp(answer, types[scalar], type) == 0 && strlen(types[scalar]) == type &&
		    (scalar == SCALAR_NOTHING || !same || is_same))
			continue;
		print_message("# '%s' is %s%s here, and '%s' to Hiera\n", scalars[i], types[scalar],
			      same ? "" : " (differs)", answer);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Puppet's own reader of Hiera files, without the rest of Puppet. */
static void what_hiera_refuses_is_known(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new();
		_cleanup_(freep) char *text = mem_printf("k0: %s\n", refused[i]), *name = mem_printf("refused/%zu", i);
		struct yaml_node *top = NULL;

		must_sh("mkdir -p refused");
		put_file(name, text);
		assert_int_equal(yaml_parse(a, "x", text, strlen(text), &top, &e), 0);
		if (scalar_of(text, top->child, NULL) != SCALAR_REFUSED)
			fail_msg("'%s'", refused[i]);
	}
	put_file("read.rb", "require 'puppet'\nrequire 'puppet/util/yaml'\nDir.glob('refused/*').each do |f|\n"
		 "  begin\n    Puppet::Util::Yaml.safe_load(File.read(f), [Symbol])\n    puts \"#{f} was read\"\n"
		 "  rescue Puppet::Util::Yaml::YamlLoadError\n    puts 'refused'\n  end\nend\n");
	_cleanup_(freep) char *said = sh_text("ruby read.rb 2>/dev/null | sort | uniq -c | tr -s ' '");
	_cleanup_(freep) char *expected = mem_printf(" %zu refused", ARRAY_SIZE(refused));
	assert_string_equal(said, expected);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, scratch_end)
	const struct CMUnitTest tests[] = {
		T(sealed_values_have_the_tag_of_their_clear_text),
		T(a_hiera_yaml_of_the_tree_is_read_first),
		T(ten_thousand_leaves_of_a_commit_are_quick),
		T(hiera_finds_the_same_values),
		T(hiera_writes_numbers_as_we_think),
		T(what_hiera_refuses_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
