/* What a draft writes reads back as what was meant, whatever the text is, and no text gets out of its comment. */
#include "register_help.h"
#include "base/yaml.h"
#include "draft/draft_parts.h"

static void reads_back(const char *s)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;

	buf_str(&b, "k: {x: ");
	yaml_word(&b, s);
	buf_str(&b, ", y: z}\n");
	if (yaml_parse(a, "draft", buf_text(&b), b.len, &root, &e) < 0)
		fail_msg("%s: %s", buf_text(&b), e.text);

	const struct yaml_node *x = yaml_get(yaml_get(root, "k"), "x");

	assert_non_null(x);
	assert_int_equal(x->kind, YAML_SCALAR);
	assert_string_equal(x->text, s);
	assert_string_equal(yaml_get(yaml_get(root, "k"), "y")->text, "z");
	assert_false(yaml_is_null(x));
}

static void scalars_read_back(void **state _unused_)
{
	static const char *const texts[] = {
		"plain", "a::b.c", "it's", "\"", "\\", "#x", "x #y", "a: b", "- x", "*", "&a", "!t", "%d", "@", "`",
		"{", "}",
		"[a, b]", "true", "No", "null", "~", "-", "0123", "1e3", " lead", "trail ", "a\tb", "a\nb", "a\r\nb",
		"",
		"\xc3\xbc\xc3\x9f", "\xe2\x80\xa8x: y", "\xe2\x80\xae" "abc", "\xc2\x85", "\xf0\x9f\x94\x91",
		"\xef\xbb\xbfx", "\x7f",
		"\x01", "----BEGIN", "---", "...", "? a", "<<", "=", "/etc/x", "'", "''", "a'#b", "\\n", "x,y",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		reads_back(texts[i]);
	for (unsigned c = 1; c < 0x3000; c++) {
		char s[8] = "";

		if (c < 0x80)
			(void)snprintf(s, sizeof(s), "%c", (char)c);
		else if (c < 0x800)
			(void)snprintf(s, sizeof(s), "%c%c", (char)(0xc0 | c >> 6), (char)(0x80 | (c & 63)));
		else
			(void)snprintf(s, sizeof(s), "%c%c%c", (char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
				       (char)(0x80 | (c & 63)));
		reads_back(s);
	}
}

/* A comment ends with its line, and YAML knows more ends of lines than one. */
static void comments_hold_what_is_in_them(void **state _unused_)
{
	static const char *const hostile[] = {
		"a\nsecrets: {}", "a\r\nb: c", "\xe2\x80\xa8secrets: x", "\xe2\x80\xa9secrets: x", "\xc2\x85secrets: "
		"x", "\x1b[31m",
		"\xff\xfe", "\xef\xbb\xbf", "\x7f",
	};

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new();
		struct draft_text t = { "x.yaml", BUF_INIT(1 << 16), 1 };
		struct draft d = { .arena = a };
		struct yaml_node *root = NULL;
		struct err e = ERR_INIT;

		draft_note(&t, 2, "from: %s", hostile[i]);
		draft_ask(&d, &t, 2, "about", hostile[i]);
		draft_put(&t, "k: v\n");
		assert_int_equal(t.line, 4);
		assert_int_equal(d.questions[0].line, 2);
		assert_int_equal(yaml_parse(a, "x", buf_text(&t.text), t.text.len, &root, &e), 0);
		assert_non_null(root);
		assert_int_equal(root->count, 1);
		assert_string_equal(yaml_get(root, "k")->text, "v");
		buf_free(&t.text);
		free(d.questions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_read_back), cmocka_unit_test(comments_hold_what_is_in_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
