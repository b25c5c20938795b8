/* Leaves of files in memory: keys, lines, forms, what Hiera makes of them, and what is told instead of read. */
#include "cpu_time.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/leaf.h"
#include "scan/place.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static struct digest_key key = { { 1, 2, 3 } };
static struct err e;

static int begin(void **state _unused_)
{
	return secret_init(&e);
}

#define SHOWN (TRAIT_EMPTY | TRAIT_BUILT | TRAIT_RETYPED | TRAIT_NUMBER | TRAIT_TRUTH | TRAIT_LINES)

static void signs_of(struct buf *b, const struct leaf *l)
{
	for (uint32_t bit = 1; bit <= TRAIT_TRUTH; bit <<= 1)
		if (l->traits.signs & bit & SHOWN)
			(void)buf_printf(b, " %s", trait_name((enum trait)bit));
}

/* What place_read finds there has the leaf's tag; what the leaf cannot be sure of it does not give out. */
static void agrees(const struct leaf *l, const char *src, size_t len)
{
	const struct place_at p = { .file = l->file, .key = l->key };
	_cleanup_(secret_freep) struct secret *s = NULL;
	char tag[DIGEST_TAG_HEX];
	struct err why = ERR_INIT;
	int r = place_read(&p, src, len, &s, &why);

	if (!*l->tag || (l->traits.signs & (TRAIT_BUILT | TRAIT_RETYPED))) {
		if (r == 0)
			fail_msg("%s: place_read reads what the leaf does not", l->key);
		return;
	}
	if (r < 0)
		fail_msg("%s", why.text);
	digest_tag(&key, s, tag);
	assert_string_equal(tag, l->tag);
}

/* "key line:col form signs" a line each, then "! line:col why". With `check` each leaf is compared with place_read. */
static char *leaves_text(const char *path, const char *src, size_t len, bool check)
{
	const struct leaf_source source = { .repository = "private", .key = &key };
	const struct tree_file f = { .path = path, .bytes = src, .len = len };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;
	struct buf b = BUF_INIT(1 << 20);

	if (leaf_reader_add(r, &f, &l, &g, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < l.n; i++) {
		assert_string_equal(l.list[i].file, path);
		(void)buf_printf(&b, "%s %u:%u %s", l.list[i].key ? l.list[i].key : "-", l.list[i].line, l.list[i].col,
				 leaf_form_name(l.list[i].form));
		signs_of(&b, &l.list[i]);
		(void)buf_printf(&b, "%s%s\n", l.list[i].followed ? " followed" : "", *l.list[i].tag ? "" : " no tag");
		if (check)
			agrees(&l.list[i], src, len);
	}
	for (size_t i = 0; i < g.n; i++)
		(void)buf_printf(&b, "! %u:%u %s\n", g.list[i].line, g.list[i].col, g.list[i].why);
	return buf_take(&b);
}

static void are(const char *src, const char *expected)
{
	_cleanup_(freep) char *text = leaves_text("hieradata/x.yaml", src, strlen(src), true);

	assert_string_equal(text, expected);
}

/* Where the file is told to be wrong, place_read may refuse what the leaf still shows. */
static void are_with_gaps(const char *src, const char *expected)
{
	_cleanup_(freep) char *text = leaves_text("hieradata/x.yaml", src, strlen(src), false);

	assert_string_equal(text, expected);
}

static void every_scalar_is_a_leaf(void **state _unused_)
{
	are("# top\n---\na::b: one\n\n'c': \"two\"\nd:\n  - x\n  - y: z\n    w: [p, {q: r}]\ne: {f: {g: h}}\n",
	    "a::b 3:1 plain\nc 5:1 plain\nd.0 7:5 plain\nd.1.y 8:5 plain\nd.1.w.0 9:9 plain\nd.1.w.1.q 9:13 plain\n"
	    "e.f.g 10:9 plain\n");
	are("a: |\n  one\n  two\nb: >\n  three\nc: last\n", "a 1:1 plain lines\nb 4:1 plain lines\nc 6:1 plain\n");
	are("a:\n    value on a line of its own\n", "a 1:1 plain\n");
	are("\xef\xbb\xbf" "a: x\r\nb: y\r\n", "a 1:1 plain\nb 2:1 plain\n");
	are("", "");
	are("# nothing but words\n", "");
	are("{}\n", "");
}

static void keys_are_spelt_so_that_a_place_finds_them(void **state _unused_)
{
	are("www.example.org: x\nb.c: {d: y}\n'e''f': z\n\"g h\": w\n",
	    "www.example.org 1:1 plain\n'b.c'.d 2:7 plain\ne'f 3:1 plain\ng h 4:1 plain\n");
	are("a: {b.c: x, 'd''e': y, \"f\\\"g\": z, '1': u, 2: v, 'h i': w, ' j': q}\n",
	    "a.'b.c' 1:5 plain\na.\"d'e\" 1:13 plain\na.'f\"g' 1:24 plain\na.'1' 1:35 plain\na.2 1:43 plain\n"
	    "a.h i 1:49 plain\na.' j' 1:59 plain\n");
	/* one that is spelt with a dot at the top, and another that is found by it */
	are("a.b: literal\na: {b: nested}\n", "a.b 1:1 plain\n'a'.b 2:5 plain\n");
	are("a: [x]\na.0: literal\n", "'a'.0 1:5 plain\na.0 2:1 plain\n");
	are("? a\n: x\n? |\n  two\n  lines\n: y\n", "a 1:3 plain\ntwo\nlines\n 3:3 plain\n");
}

static void keys_that_nothing_can_spell_are_told(void **state _unused_)
{
#define NO_WORD "a key that Hiera cannot look up (empty, too long, or with both kinds of quotes): what is below is " \
	"not read\n"
#define NO_TEXT "a key that is no text (an alias, a list or a map): what is below is not read\n"
	are_with_gaps("a: {'': x, \"'\\\"\": y, \"z\\0\": w}\n'': q\nb: ok\n",
		      "b 3:1 plain\n! 1:5 " NO_WORD "! 1:12 " NO_WORD "! 1:22 " NO_WORD "! 2:1 " NO_WORD);
	are_with_gaps("? [a]\n: x\n? {b: c}\n: y\nd: z\n", "d 5:1 plain\n! 1:3 " NO_TEXT "! 3:3 " NO_TEXT);
	are_with_gaps("a: &x b\n*x : c\n", "a 1:1 plain\n! 2:1 " NO_TEXT);
	/* at the top it may stand as it is, as long as nothing is below */
	are_with_gaps("\"'\\\"\": x\n\"'\\\".\": {y: z}\n", "'\" 1:1 plain\n! 2:1 " NO_WORD);
}

static void what_hiera_writes_differently_is_told(void **state _unused_)
{
	are("a: 12\nb: 1.5\nc: true\nd: text\ne: '012'\nf: \"yes\"\n",
	    "a 1:1 plain number\nb 2:1 plain number\nc 3:1 plain truth\nd 4:1 plain\ne 5:1 plain\nf 6:1 plain\n");
	are("a: 012\nb: 1.50\nc: yes\nd: 12:30:45\ne: 1_000\nf: 0x1F\n",
	    "a 1:1 plain retyped\nb 2:1 plain retyped\nc 3:1 plain retyped\nd 4:1 plain retyped\ne 5:1 plain retyped\n"
	    "f 6:1 plain retyped\n");
	are("a: ~\nb: null\nc:\nd: ''\ne: [~, '']\n", "a 1:1 plain empty no tag\nb 2:1 plain empty no tag\n"
	    "c 3:1 plain empty no tag\nd 4:1 plain empty no tag\ne.0 5:5 plain empty no tag\n"
	    "e.1 5:8 plain empty no tag\n");
	are("a: \"x%{lookup('y')}\"\nb: '%{z}'\n", "a 1:1 plain built\nb 2:1 plain built\n");
	are_with_gaps("a: 2021-01-01\nb: :symbol\nc: 2021-12-31 23:59:59\nd: '2021-01-01'\n",
		      "a 1:1 plain retyped\nb 2:1 plain retyped\nc 3:1 plain retyped\nd 4:1 plain\n"
		      "! 1:1 Hiera refuses a date, a time or a symbol that is not in quotes\n"
		      "! 2:1 Hiera refuses a date, a time or a symbol that is not in quotes\n"
		      "! 3:1 Hiera refuses a date, a time or a symbol that is not in quotes\n");
}

static void tags_are_told_but_for_those_of_text(void **state _unused_)
{
#define TAG "a tag ('!...') stands before a value, which makes something else of it\n"
	are("a: !!str 12\nb: ! 12\nc: !secret x\nd: !!str\ne: &f !!str y\ng: !<tag:yaml.org,2002:str> z\n",
	    "a 1:1 plain\nb 2:1 plain\nc 3:1 plain\nd 4:1 plain empty no tag\ne 5:1 plain\ng 6:1 plain\n");
	are_with_gaps("a: !!binary aGVsbG8=\nb: !!int '3'\nc: !ruby/object:X y\nd: !<tag:x> z\n",
		      "a 1:1 plain no tag\nb 2:1 plain no tag\nc 3:1 plain no tag\nd 4:1 plain no tag\n"
		      "! 1:1 " TAG "! 2:1 " TAG "! 3:1 " TAG "! 4:1 " TAG);
	are_with_gaps("a: !!set {x, y}\n", "a.x 1:11 plain empty no tag\na.y 1:14 plain empty no tag\n"
		      "! 1:4 a tag ('!...') stands before a list or map, which makes something else of it\n");
}

static void aliases_are_followed_to_their_end(void **state _unused_)
{
	are("a: &x one\nb: *x\nc: &y {d: *x, e: [two]}\nf: {g: *y}\n",
	    "a 1:1 plain\nb 2:1 plain followed\nc.d 3:8 plain followed\nc.e.0 3:19 plain\nf.g.d 4:5 plain followed\n"
	    "f.g.e.0 4:5 plain followed\n");
	are("a: &x 1\nb: &x 2\nc: *x\n", "a 1:1 plain number\nb 2:1 plain number\nc 3:1 plain number followed\n");
	are_with_gaps("a: *none\n", "! 1:1 an alias that leads nowhere, or too far\n");
	are_with_gaps("a: &x [one, *x]\n", "a.0 1:8 plain\na.1.0 1:13 plain followed\na.1.1.0 1:13 plain followed\n"
		      "a.1.1.1.0 1:13 plain followed\na.1.1.1.1.0 1:13 plain followed\n"
		      "a.1.1.1.1.1.0 1:13 plain followed\na.1.1.1.1.1.1.0 1:13 plain followed\n"
		      "a.1.1.1.1.1.1.1.0 1:13 plain followed\na.1.1.1.1.1.1.1.1.0 1:13 plain followed\n"
		      "! 1:13 an alias that leads nowhere, or too far\n");
}

static void a_bomb_of_aliases_is_told_and_costs_little(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);
	int64_t start = cpu_us();

	(void)buf_str(&b, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++)
		(void)buf_printf(&b, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, "
				 "*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1,
				 i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);

	const struct leaf_source source = { .repository = "private", .key = &key };
	const struct tree_file f = { .path = "hieradata/x.yaml", .bytes = b.data, .len = b.len };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;

	assert_int_equal(leaf_reader_add(r, &f, &l, &g, &e), 0);
	assert_in_range(l.n, 1000, LEAF_REPEATED_MAX);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.list[0].kind, UNREAD_LARGE);
	assert_true(cpu_us() - start < 5000000);
}

static void merge_keys_bring_what_the_map_does_not_have(void **state _unused_)
{
	are("d: &d {a: one, b: two}\nm:\n  <<: *d\n  b: own\n",
	    "d.a 1:8 plain\nd.b 1:16 plain\nm.b 4:3 plain\nm.a 3:3 plain followed\n");
	are("d: &d {a: one}\ne: &e {a: two, b: three}\nm: {<<: [*d, *e]}\nn: {<<: *d, '<<': *e}\n",
	    "d.a 1:8 plain\ne.a 2:8 plain\ne.b 2:16 plain\nm.a 3:5 plain followed\nm.b 3:5 plain followed\n"
	    "n.a 4:13 plain followed\nn.b 4:13 plain followed\n");
	are("<<: {a.b: one, c: {d: two}}\ne: x\n", "e 2:1 plain\n'a.b' 1:1 plain followed\nc.d 1:1 plain followed\n");
	are("d: &d {a: 1}\ne: &e {<<: *d, b: 2}\nm: {<<: *e}\n",
	    "d.a 1:8 plain number\ne.b 2:16 plain number\ne.a 2:8 plain number followed\n"
		"m.b 3:5 plain number followed\nm.a 3:5 plain number followed\n");
	are("m: {<<: 5, a: x}\n", "m.<< 1:5 plain number\nm.a 1:12 plain\n");
	/* Ruby's YAML lets the merged one win here, so nobody knows what was meant */
	are_with_gaps("d: &d {a: one}\nm:\n  a: own\n  <<: *d\n", "d.a 1:8 plain\nm.a 3:3 plain\n"
		      "! 4:3 the merge key ('<<') here takes over the key of line 3: move it above that line\n");
	are_with_gaps("m: {<<: {b: 1, <<: {b: 2, c: 3}}, a: x}\n", "m.a 1:35 plain\nm.b 1:5 plain number followed\n"
		      "m.c 1:5 plain number followed\n"
		      "! 1:16 the merge key ('<<') here takes over the key of line 1: move it above that line\n");
	are_with_gaps("a: &a {<<: *a, b: x}\n", "a.b 1:16 plain\n! 1:8 a merge key ('<<') that leads "
		      "nowhere, or too far\n");
	are_with_gaps("a: {<<: *none}\nb: {<<: [x, {c: d}]}\n", "b.c 2:5 plain followed\n"
		      "! 1:5 a merge key ('<<') that leads nowhere, or too far\n"
		      "! 2:5 a merge key ('<<') with something that is no map\n");
}

static void equal_keys_are_both_told(void **state _unused_)
{
	are_with_gaps("a: first\nb: x\na: second\nc: {d: 1, d: 2}\n",
		      "a 1:1 plain\nb 2:1 plain\na 3:1 plain\nc.d 4:5 plain number\nc.d 4:11 plain number\n"
		      "! 3:1 the key of line 1 stands here again: Hiera takes the last one, remove one of them\n"
		      "! 4:11 the key of line 4 stands here again: Hiera takes the last one, remove one of them\n");
}

/* Not one byte of what stands in the file is in a text about it. */
static void broken_files_are_told_without_a_word_of_them(void **state _unused_)
{
	static const struct { const char *src, *gap; size_t len; } rows[] = {
		{ "a: [hunter2hunter2\n", "! 2:1 did not find expected ',' or ']'", 0 },
		{ "hunter2hunter2: x: y\n", "! 1:18 mapping values are not allowed in this context", 0 },
		{ "a: \"hunter2hunter2\\q\"\n", "! 1:19 found unknown escape character", 0 },
		{ "a: 'hunter2hunter2\n", "! 2:1 found unexpected end of stream", 0 },
		{ "a: x\nhunter2hunter2\nb: y\n", "! 3:1 could not find expected ':'", 0 },
		{ "a: hunter2hunter2\n---\nb: y\n", "! 2:1 a second document starts here: one is "
			"accepted in a file", 0 },
		{ "a: hunter2hunter2 \xff\n", "! 1:19 not UTF-8: save the file in that encoding", 0 },
		{ "a: hunter2hunter2 \0\n", "! 1:19 a NUL byte stands here, so it is no text file", 20 },
		{ "a: &hunter2hunter2! [\n", "! ", 0 },
		{ "%hunter2hunter2\n---\na: b\n", "! ", 0 },
		{ "a: !hunter2hunter2!x y\n", "! ", 0 },
		{ "a: @hunter2hunter2\n", "! 1:4 found character that cannot start any token", 0 },
		{ "\thunter2hunter2: x\n", "! ", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].src);
		_cleanup_(freep) char *text = leaves_text("hieradata/x.yaml", rows[i].src, len, false);

		if (!text_starts(text, rows[i].gap) || strstr(text, "hunter2"))
			fail_msg("%zu: %s", i, text);
	}
}

static void a_file_that_is_no_map_is_a_leaf_as_a_whole(void **state _unused_)
{
	are("- a\n- b\n", "- 1:1 file lines\n");
	are("just a text\n", "- 1:1 file\n");
}

static void other_files_are_leaves_as_a_whole(void **state _unused_)
{
	static const struct { const char *path, *src, *expected; size_t len; } rows[] = {
		{ "files/key", "value\n", "- 1:1 file\n", 0 },
		{ "files/key", "two\nlines\n", "- 1:1 file lines\n", 0 },
		{ "files/key", "\0\xff\n", "- 1:1 file lines\n", 3 },
		{ "files/empty", "", "- 1:1 file empty no tag\n", 0 },
		{ "files/x.yaml", "a: b\n", "- 1:1 file\n", 0 },
		{ "hieradata/README", "a: b\n", "- 1:1 file\n", 0 },
		{ "hieradata/x.eyaml", "a: b\n", "a 1:1 plain\n", 0 },
		{ "modules/m/data/x.yml", "a: b\n", "a 1:1 plain\n", 0 },
		{ "a\nb/hieradata/\xff.yaml", "a: b\n", "a 1:1 plain\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].src);
		_cleanup_(freep) char *text = leaves_text(rows[i].path, rows[i].src, len, len > 0);

		if (strcmp(text, rows[i].expected) != 0)
			fail_msg("%zu: %s", i, text);
	}
}

static void sealed_values_without_a_key_are_one_gap(void **state _unused_)
{
	are_with_gaps("a: ENC[PKCS7,AAAA]\nb: x\nc: >\n  ENC[PKCS7,BBBB\n  CCCC]\n",
		      "a 1:1 eyaml no tag\nb 2:1 plain\nc 3:1 eyaml no tag\n! 1:1 2 values encrypted with "
		      "hiera-eyaml cannot be opened: name 'eyaml' of the repository in the register\n");
	are_with_gaps("a: \"mysql://u:ENC[PKCS7,AAAA]@h\"\nb: 'ENC[ no'\n", "a 1:1 eyaml no tag\nb 2:1 plain\n"
		      "! 1:1 a part of the value is encrypted: encrypt all of it, "
		      "so that it can be read and replaced\n");
}

static void a_file_of_too_many_values_is_told(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const struct leaf_source source = { .repository = "private", .key = &key };

	(void)buf_str(&b, "a: [");
	for (size_t i = 0; i <= LEAVES_PER_FILE; i++)
		(void)buf_str(&b, "~,");
	(void)buf_str(&b, "]\nb: never seen\n");

	const struct tree_file f = { .path = "hieradata/x.yaml", .bytes = b.data, .len = b.len };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;

	assert_int_equal(leaf_reader_add(r, &f, &l, &g, &e), 0);
	assert_int_equal(l.n, LEAVES_PER_FILE);
	assert_int_equal(g.n, 1);
	assert_string_equal(g.list[0].why, "more than 200000 values stand or are repeated here: the rest is not read");
}

static void large_hiera_files_are_told(void **state _unused_)
{
	size_t len = LEAF_YAML_MAX + 1;
	_cleanup_(freep) char *src = mem_zero(len, 1);

	memset(src, '\n', len);

	_cleanup_(freep) char *text = leaves_text("hieradata/x.yaml", src, len, false);

	assert_string_equal(text, "! 0:0 8388609 bytes: Hiera data of at most 8388608 are read\n");
}

static void equal_values_have_equal_tags(void **state _unused_)
{
	static const char src[] = "a: 'same'\nb: \"same\"\nc: {d: same}\ne: other\n";
	const struct leaf_source source = { .repository = "private", .key = &key };
	const struct tree_file files[] = {
		{ .path = "hieradata/x.yaml", .bytes = src, .len = strlen(src) }, { .path = "f", .bytes = "same\n",
			.len = 5 },
	};
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(leaf_reader_add(r, &files[i], &l, &g, &e), 0);
	assert_int_equal(l.n, 5);
	assert_string_equal(l.list[0].tag, l.list[1].tag);
	assert_string_equal(l.list[0].tag, l.list[2].tag);
	assert_string_equal(l.list[0].tag, l.list[4].tag);
	assert_string_not_equal(l.list[0].tag, l.list[3].tag);
	assert_int_equal(g.n, 0);
}

static void ten_thousand_leaves_are_quick(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const struct leaf_source source = { .repository = "private", .key = &key };

	for (int i = 0; i < 10000; i++)
		(void)buf_printf(&b, "passwords::service%d::user: 'k%dT7vQ2mX9pL4wZ8rB3nC'\n", i, i);

	const struct tree_file f = { .path = "hieradata/common.yaml", .bytes = b.data, .len = b.len };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;
	int64_t start = cpu_us();

	assert_int_equal(leaf_reader_add(r, &f, &l, &g, &e), 0);

	int64_t took = cpu_us() - start;

	assert_int_equal(l.n, 10000);
	assert_int_equal(g.n, 0);
	print_message("# 10,000 leaves: %lld ms\n", (long long)took / 1000);
	assert_true(took < 3000000);
}

/* Which lines of comments hold a value: "key line:col" each. The file ends where its bytes end. */
static void comments_are(const char *src, const char *expected)
{
	const struct leaf_source source = { .repository = "private", .key = &key };
	_cleanup_(freep) char *exact = mem_dupn(src, strlen(src) - 1);
	struct tree_file f = { .path = "hieradata/x.yaml", .len = strlen(src) };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	exact[f.len - 1] = src[f.len - 1];     /* where the NUL was */
	f.bytes = exact;
	assert_int_equal(leaf_reader_add(r, &f, &l, &g, &e), 0);
	for (size_t i = 0; i < l.n_comments; i++)
		(void)buf_printf(&b, "%s %u:%u;", l.comments[i].key, l.comments[i].line, l.comments[i].col);
	assert_string_equal(buf_text(&b), expected);
}

static void values_in_comments(void **state _unused_)
{
	comments_are("a: b\n# old: hunter22", "old 2:1;");
	comments_are("a: b # was: 'two words'\n", "was 1:6;");
	comments_are("a::b: c\n#a::b: 4711x\n## - \"a::b\": x4711\n", "a::b 2:1;a::b 3:1;");
	comments_are("a: b\n# x::password: kJ7#q4\n# apikey: kJ7q4 # why\n", "x::password 2:1;apikey 3:1;");
	comments_are("a: b\n# why # old: kJ7q4\n", "old 2:7;");
	comments_are("a: b\n# note: kJ7q4\n# threshold: 12345\n# old: two words\n# old: abc\n# old: ......\n# old: "
		     "<value>\n"
		     "# old: true\n# old: ENC[PKCS7,x]\n# old:\n# old: \n# old\n#\n# ': x\n# 'a: x\n# old: '", "");
	comments_are("a: '# old: hunter22'\nb: |\n  # old: hunter22\nc: \"x\n  # old: hunter22\"\nd: x# old: "
		     "hunter22\n", "");
	comments_are("a: b\n# old: hunter22\n\n# old: hunter23\nc: [d, # old: hunter24\n  e]\n", "old 2:1;old 4:1;old "
		     "5:8;");
	comments_are("# old: hunter22\n", "old 1:1;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_is_a_leaf),
		cmocka_unit_test(keys_are_spelt_so_that_a_place_finds_them),
		cmocka_unit_test(keys_that_nothing_can_spell_are_told),
		cmocka_unit_test(what_hiera_writes_differently_is_told),
		cmocka_unit_test(tags_are_told_but_for_those_of_text),
		cmocka_unit_test(aliases_are_followed_to_their_end),
		cmocka_unit_test(a_bomb_of_aliases_is_told_and_costs_little),
		cmocka_unit_test(merge_keys_bring_what_the_map_does_not_have),
		cmocka_unit_test(equal_keys_are_both_told),
		cmocka_unit_test(broken_files_are_told_without_a_word_of_them),
		cmocka_unit_test(a_file_that_is_no_map_is_a_leaf_as_a_whole),
		cmocka_unit_test(other_files_are_leaves_as_a_whole),
		cmocka_unit_test(sealed_values_without_a_key_are_one_gap),
		cmocka_unit_test(a_file_of_too_many_values_is_told),
		cmocka_unit_test(large_hiera_files_are_told),
		cmocka_unit_test(equal_values_have_equal_tags),
		cmocka_unit_test(ten_thousand_leaves_are_quick),
		cmocka_unit_test(values_in_comments),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
