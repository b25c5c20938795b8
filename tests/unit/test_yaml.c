#include "base/buf.h"
#include "base/clock.h"
#include "base/yaml.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct yaml_node *parse(struct arena *a, const char *src)
{
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	if (yaml_parse(a, "f.yaml", src, strlen(src), &root, &e) < 0)
		fail_msg("%s", e.text);
	return root;
}

static void assert_bytes(const char *src, const struct yaml_node *n, const char *expected)
{
	assert_int_equal(n->end - n->start, strlen(expected));
	assert_memory_equal(src + n->start, expected, strlen(expected));
}

static void tree_of_a_register(void **state _unused_)
{
	static const char src[] = "# head\n"
				  "secrets:\n"
				  "  redis/password:\n"
				  "    kind: password # why\n"
				  "    places: [a, \"b c\", 'd']\n"
				  "  other: { x: 1 }\n"
				  "empty:\n";
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, src), *secrets = yaml_get(root, "secrets");
	const struct yaml_node *redis = yaml_get(secrets, "redis/password"), *places = yaml_get(redis, "places");

	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->count, 2);
	assert_int_equal(root->line, 2);
	assert_int_equal(secrets->count, 2);
	assert_string_equal(secrets->child->key->text, "redis/password");
	assert_int_equal(secrets->child->key->line, 3);
	assert_int_equal(secrets->child->key->col, 3);
	assert_string_equal(yaml_get(redis, "kind")->text, "password");
	assert_bytes(src, yaml_get(redis, "kind"), "password");
	assert_int_equal(yaml_get(redis, "kind")->line, 4);
	assert_int_equal(yaml_get(redis, "kind")->col, 11);
	assert_int_equal(places->kind, YAML_LIST);
	assert_int_equal(places->count, 3);
	assert_bytes(src, places, "[a, \"b c\", 'd']");
	assert_null(places->child->key);
	assert_int_equal(places->child->style, YAML_PLAIN);
	assert_int_equal(places->child->next->style, YAML_DOUBLE);
	assert_bytes(src, places->child->next, "\"b c\"");
	assert_int_equal(places->child->next->next->style, YAML_SINGLE);
	assert_bytes(src, yaml_get(secrets, "other"), "{ x: 1 }");
	assert_true(yaml_is_null(yaml_get(root, "empty")));
	assert_null(yaml_get(root, "absent"));
	assert_null(yaml_get(places, "x"));
	assert_null(yaml_get(NULL, "x"));
	assert_true(sizeof(struct yaml_node) <= 64);
}

static void bytes_behind_wide_characters(void **state _unused_)
{
	static const char src[] = "\xef\xbb\xbf" "\xc3\xa9t\xc3\xa9: '\xe2\x82\xac' # \xf0\x9f\x98\x80\r\n"
				  "b: !secret &x \"\\u00e9\"\r\n"
				  "c: *x\r\n"
				  "d: |\r\n  \xc3\xa9\r\n"
				  "e: f\r\n";
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, src);
	const struct yaml_node *b = yaml_get(root, "b"), *c = yaml_get(root, "c");

	assert_bytes(src, root->child, "'\xe2\x82\xac'");
	assert_bytes(src, root->child->key, "\xc3\xa9t\xc3\xa9");
	assert_bytes(src, b, "!secret &x \"\\u00e9\"");
	assert_true(b->tagged);
	assert_true(b->anchored);
	assert_false(c->anchored);
	assert_string_equal(b->text, "\xc3\xa9");
	assert_int_equal(c->kind, YAML_ALIAS);
	assert_string_equal(c->text, "x");
	assert_bytes(src, c, "*x");
	assert_int_equal(yaml_get(root, "d")->style, YAML_LITERAL);
	assert_string_equal(yaml_get(root, "d")->text, "\xc3\xa9\n");
	assert_bytes(src, yaml_get(root, "d"), "|\r\n  \xc3\xa9\r\n");
	assert_bytes(src, yaml_get(root, "e"), "f");
	assert_int_equal(yaml_get(root, "e")->line, 6);
}

static void block_scalars(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, "a: |-\n  x\n\n  y\nb: >\n  x\n  y\nc: |+\n  z\n\n");

	assert_string_equal(yaml_get(root, "a")->text, "x\n\ny");
	assert_int_equal(yaml_get(root, "b")->style, YAML_FOLDED);
	assert_string_equal(yaml_get(root, "b")->text, "x y\n");
	assert_string_equal(yaml_get(root, "c")->text, "z\n\n");
}

static void nul_inside(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, "a: \"x\\0y\"\n");

	assert_int_equal(root->child->len, 3);
	assert_memory_equal(root->child->text, "x\0y", 4);
}

static void odd_keys(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, "? [a, b]\n: c\n? {d: e}\n: f\n&k g: h\n*k : i\ng: j\n");

	assert_int_equal(root->count, 5);
	assert_int_equal(root->child->key->kind, YAML_LIST);
	assert_int_equal(root->child->key->count, 2);
	assert_string_equal(root->child->text, "c");
	assert_int_equal(root->child->next->key->kind, YAML_MAP);
	assert_string_equal(yaml_get(root->child->next->key, "d")->text, "e");
	assert_string_equal(yaml_get(root, "g")->text, "h"); /* the first of two */
}

static void nulls(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *list = parse(a, "[~, null, Null, NULL, '', \"null\", nULL, !x null, a, [], {}]");
	static const bool expected[] = { 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0 };
	const struct yaml_node *n = list->child;

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++, n = n->next)
		assert_true(yaml_is_null(n) == expected[i]);
	assert_null(n);
	assert_true(yaml_is_null(NULL));
}

static void nothing_in_it(void **state _unused_)
{
	static const char *const empty[] = { "", "\n\n", "# only words\n", "---\n", "---\n...\n", "\xef\xbb\xbf" };
	_cleanup_(arena_freep) struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(empty); i++)
		assert_null(parse(a, empty[i]));
	assert_non_null(parse(a, "''"));
}

static void one_document_with_marks(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();

	assert_string_equal(yaml_get(parse(a, "%YAML 1.1\n---\na: b\n...\n"), "a")->text, "b");
}

struct bad {
	const char *src;
	size_t len; /* 0: strlen */
	const char *where, *says;
};

static void refuses(void **state _unused_)
{
	static const struct bad bad[] = {
		{ "a: b\n---\nc: d\n", 0, "f.yaml:2:1: ", "second document" },
		{ "a: b\n...\n--- c\n", 0, "f.yaml:3:1: ", "second document" },
		{ "a: [b\nc: d\n", 0, "f.yaml:2:2: ", "line 1" },
		{ "a: b\n c: d\n", 0, "f.yaml:2:3: ", "mapping values" },
		{ "a: \"b\n", 0, "f.yaml:2:1: ", "end of stream" },
		{ "a: b\nc: \x01\n", 0, "f.yaml:2:4: ", "control characters" },
		{ "\xc3\xa9: \xc3\xa9\x02", 0, "f.yaml:1:5: ", "control characters" },
		{ "a: \xff\n", 0, "f.yaml:1:4: ", "not UTF-8" },
		{ "%\xff", 0, "f.yaml:1:2: ", "not UTF-8" },
		{ "\xff\xfe" "a\0", 4, "f.yaml:1:1: ", "UTF-8" },
		{ "a: b\0c", 6, "f.yaml:1:5: ", "NUL" },
		{ "\ta: b\n", 0, "f.yaml:1:1: ", "cannot start any token" },
	};
	_cleanup_(arena_freep) struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct yaml_node *root = NULL;
		struct err e = ERR_INIT;
		int r = yaml_parse(a, "f.yaml", bad[i].src, bad[i].len ? bad[i].len : strlen(bad[i].src), &root, &e);

		assert_int_equal(r, -ERR_CONFIG);
		assert_int_equal(e.code, ERR_CONFIG);
		assert_null(root);
		if (strncmp(e.text, bad[i].where, strlen(bad[i].where)) != 0 || !strstr(e.text, bad[i].says))
			fail_msg("%zu: '%s' is not '%s...%s'", i, e.text, bad[i].where, bad[i].says);
	}
}

static void refuses_depth(void **state _unused_)
{
	static const char brackets[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["; /* 64 */
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(strlen(brackets), 64);
	(void)buf_str(&b, brackets);
	for (int i = 0; i < 64; i++)
		(void)buf_char(&b, ']');
	assert_int_equal(yaml_parse(a, "f", b.data, b.len, &root, &e), 0);
	buf_clear(&b);
	(void)buf_str(&b, "- ");
	(void)buf_str(&b, brackets);
	assert_int_equal(yaml_parse(a, "f", b.data, b.len, &root, &e), -ERR_CONFIG);
	assert_string_equal(e.text, "f:1:66: nested more than 64 deep");
	for (int i = 0; i < 10000; i++)
		(void)buf_str(&b, brackets);
	assert_int_equal(yaml_parse(a, "f", b.data, b.len, &root, &e), -ERR_CONFIG);
}

static void refuses_size(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	/* The size is looked at before a byte is read. */
	assert_int_equal(yaml_parse(a, "f", "x", YAML_MAX + 1, &root, &e), -ERR_LIMIT);
}

static void errors_name_the_place(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	const struct yaml_node *root = parse(a, "a:\n  - b\n  - c\n");
	struct err e = ERR_INIT;

	assert_int_equal(yaml_err(&e, "x.yaml", root->child->child->next, "no '%s'", "c"), -ERR_CONFIG);
	assert_string_equal(e.text, "x.yaml:3:5: no 'c'");
	assert_int_equal(yaml_err(&e, "x.yaml", NULL, "empty"), -ERR_CONFIG);
	assert_string_equal(e.text, "x.yaml:1:1: empty");
}

static void a_large_register(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)64 << 20);
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	(void)buf_str(&b, "secrets:\n");
	for (unsigned i = 0; i < 20000; i++) {
		(void)buf_printf(&b, "  s%u/password:\n    kind: password\n    opens: [", i);
		for (unsigned j = 0; j < 10; j++)
			(void)buf_printf(&b, "%ss%u/password", j ? ", " : "", (i * 7 + j * 13) % 20000);
		(void)buf_str(&b, "]\n");
	}

	int64_t began = clock_mono_us();

	assert_int_equal(yaml_parse(a, "big", b.data, b.len, &root, &e), 0);
	int64_t took = clock_mono_us() - began;

	assert_int_equal(yaml_get(root, "secrets")->count, 20000);
	print_message("# %zu bytes of YAML, %zu bytes of tree, %lld ms\n", b.len, arena_bytes(a),
		      (long long)took / 1000);
	/* 300,000 nodes of 64 bytes and their texts: nothing may grow beside them */
	assert_true(arena_bytes(a) < (size_t)40 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_of_a_register),
		cmocka_unit_test(bytes_behind_wide_characters),
		cmocka_unit_test(block_scalars),
		cmocka_unit_test(nul_inside),
		cmocka_unit_test(odd_keys),
		cmocka_unit_test(nulls),
		cmocka_unit_test(nothing_in_it),
		cmocka_unit_test(one_document_with_marks),
		cmocka_unit_test(refuses),
		cmocka_unit_test(refuses_depth),
		cmocka_unit_test(refuses_size),
		cmocka_unit_test(errors_name_the_place),
		cmocka_unit_test(a_large_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
