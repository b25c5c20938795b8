/* The rule file: what is refused, with the exact text; how a team's file adds to the shipped one. */
#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "match/rules.h"
#include "match/sample.h"
#include "match/sample_parts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#define HEAD "rules: 1\nlist:\n"
#define RULE(rest) HEAD "  - {id: a, title: x, about: web, pattern: k, match: [x], no-match: [x]" rest "}\n"

static const char *doc;

static const struct { const char *text, *problem; } cases[] = {
	{ "", "1:1: the file is empty: expected 'rules: 1' and a list of rules" },
	{ "[]", "1:1: the file is no map: expected keys like 'rules: ...'" },
	{ "list: []", "1:1: the file has no 'rules', which it needs" },
	{ "rules: 2", "1:8: 'rules: 2' is a format that is not known here: expected 'rules: 1'" },
	{ "rules: 1\nlst: []", "2:1: unknown key 'lst' in the file (did you mean 'list'?)" },
	{ "rules: 1\nlist: {a: b}", "2:7: 'list' is no list: expected '- id: ...' for each rule" },
	{ "rules: 1\nrules: 1", "2:1: 'rules' stands twice in the file: the first is on line 1" },
	{ "rules: &x 1", "1:8: an anchor ('&') stands here: a rule file has none, write each value out" },
	{ "rules: 1\noff: [a]", "2:7: no rule is called 'a'" },
	{ "rules: 1\nparts: {A: x}", "2:9: 'A' is no name of a part: expected a-z, 0-9, '-' and '_'" },
	{ "rules: 1\nparts: {a: '%{b}'}",
	  "2:12: part 'a' is wrong: expected at most 4000 bytes, and no other part in it" },
	{ HEAD "  - {id: a}", "3:5: rule 'a' has no 'title', which it needs" },
	{ HEAD "  - [a]", "3:5: the rule is no map: expected keys like 'id: ...'" },
	{ HEAD "  - {id: A b}",
	  "3:10: 'id' is wrong: expected a name of a-z, 0-9, '_' and '-' that begins with a letter or digit" },
	{ RULE(", patern: x"), "3:74: unknown key 'patern' in rule 'a' (did you mean 'pattern'?)" },
	{ RULE(", is: hashed"), "3:78: 'is' cannot be 'hashed' (did you mean 'hash'?)" },
	{ HEAD "  - {id: a, title: x, about: clod}", "3:30: 'about' cannot be 'clod' (did you mean 'cloud'?)" },
	{ RULE(", group: one"), "3:81: 'group' is wrong: expected a whole number, 0 or more" },
	{ RULE(", entropy: 9"), "3:83: 'entropy' is wrong: expected bits for each byte, below 8, like '3.5'" },
	{ RULE(", entropy: 3.25"), "3:83: 'entropy' is wrong: expected bits for each byte, below 8, like '3.5'" },
	{ RULE(", entropy: -1"), "3:83: 'entropy' is wrong: expected bits for each byte, below 8, like '3.5'" },
	{ RULE(", filter: [jwd]"), "3:83: no filter is called 'jwd' (did you mean 'jwt'?)" },
	{ RULE(", filter: [pem, pem, pem, pem, pem, pem, pem, pem, pem]"),
	  "3:82: 9 entries stand here: at most 8 are taken" },
	{ RULE(", keywords: [x]"), "3:85: 'x' is wrong: expected a text of 2 to 100 bytes" },
	{ RULE(", then: '%{ned}'"), "3:80: there is no part '%{ned}'" },
	{ "rules: 1\nparts: {end: x}\nlist:\n"
	  "  - {id: a, title: x, about: web, pattern: '%{ned}', match: [x], no-match: [x]}",
	  "4:44: there is no part '%{ned}' (did you mean 'end'?)" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: \"a\\nb\", match: [x], no-match: [x]}",
	  "3:44: 'pattern' is wrong: expected one line of 1 to 4000 bytes" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: k, match: ['{alnm:3}'], no-match: [x]}",
	  "3:55: '{alnm:3}' is wrong: expected a known word in '{alnm}', did you mean 'alnum'? ('{{' is a brace)" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: k, match: ['{alnum}'], no-match: [x]}",
	  "3:55: '{alnum}' is wrong: expected a number of 1 to 4000 in '{alnum:NUMBER}'" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: k, match: ['{<}x'], no-match: [x]}",
	  "3:55: '{<}x' is wrong: expected a '{>}' behind '{<}'" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: k, match: ['{x'], no-match: [x]}",
	  "3:55: '{x' is wrong: expected a '}' behind each '{' ('{{' is a brace)" },
	{ HEAD "  - {id: a, title: x, about: web, pattern: k, match: [x], no-match: []}",
	  "3:69: 'no-match' is an empty list: fill it, or leave the key away" },
	{ RULE("") "  - {id: a, title: x, about: web, pattern: k, match: [x], no-match: [x]}",
	  "4:5: rule 'a' stands twice: the first is on line 3" },
};

static int add(struct rules *r, const char *name, const char *text, bool shipped, struct err *e)
{
	const struct source file = { name, text, strlen(text) };

	return rules_add(r, &file, shipped, NULL, e);
}

static void wrong_files_are_refused_with_place_expectation_and_hint(void **state _unused_)
{
	unsigned bad = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(rules_free) struct rules r = { 0 };
		_cleanup_(freep) char *expected = mem_printf("r.yaml:%s", cases[i].problem);
		struct err e = ERR_INIT;

		if (add(&r, "r.yaml", cases[i].text, false, &e) == 0)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(e.code, ERR_CONFIG);
		if (strcmp(e.text, expected) != 0) {
			print_error("%s\n%s\n", e.text, expected);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void every_mistake_is_told(void **state _unused_)
{
	_cleanup_(rules_free) struct rules r = { 0 };
	_cleanup_(strv_free) struct strv problems = STRV_INIT;
	const char *text = HEAD "  - {id: a, about: nothing}\n  - {idd: b}\n";
	const struct source file = { "r.yaml", text, strlen(text) };

	assert_int_equal(rules_add(&r, &file, false, &problems, NULL), -ERR_CONFIG);
	assert_int_equal(problems.n, 12);
}

static const char shipped[] =
	"rules: 1\nparts: {end: '$'}\nlist:\n"
	"  - {id: one, title: One, about: web, pattern: 'k%{end}', match: [x], no-match: [x]}\n"
	"  - {id: two, title: Two, about: web, pattern: 'k{1,3}', then: 'l', filter: [mixed, pem],\n"
	"     entropy: 3.5, group: 0, is: locked, keywords: [kk, ll], match: [x], no-match: [x]}\n";

static void a_file_becomes_rules(void **state _unused_)
{
	_cleanup_(rules_free) struct rules r = { 0 };

	assert_int_equal(add(&r, "s.yaml", shipped, true, NULL), 0);
	assert_int_equal(r.n, 2);
	assert_string_equal(r.r[0]->pattern, "k$");
	assert_null(r.r[0]->then);
	assert_int_equal(r.r[0]->group, -1);
	assert_int_equal(r.r[0]->is, RULE_VALUE);
	assert_string_equal(rule_abouts[r.r[0]->about], "web");
	assert_true(r.r[0]->shipped);
	assert_string_equal(r.r[1]->then, "l");
	assert_int_equal(r.r[1]->n_filters, 2);
	assert_string_equal(r.r[1]->filters[1]->name, "pem");
	assert_int_equal(r.r[1]->entropy, 350);
	assert_int_equal(r.r[1]->group, 0);
	assert_int_equal(r.r[1]->is, RULE_LOCKED);
	assert_int_equal(r.r[1]->keywords.n, 2);
	assert_int_equal(r.r[1]->at.line, 5);
	assert_string_equal(r.r[1]->at.file, "s.yaml");
	assert_ptr_equal(rules_find(&r, "two"), r.r[1]);
	assert_null(rules_find(&r, "three"));
}

static void a_team_adds_replaces_and_switches_off(void **state _unused_)
{
	_cleanup_(rules_free) struct rules r = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(add(&r, "s.yaml", shipped, true, NULL), 0);
	assert_int_equal(add(&r, "t.yaml",
		"rules: 1\nlist:\n"
		"  - {id: two, title: Mine, about: web, pattern: m, match: [x], no-match: [x]}\n"
		"  - {id: ours, title: Ours, about: web, pattern: 'o%{end}', match: [x], no-match: [x]}\n"
		"  - {id: more, title: More, about: web, pattern: p, match: [x], no-match: [x]}\n", false, &e), 0);
	assert_int_equal(r.n, 4);
	assert_string_equal(r.r[0]->id, "ours");
	assert_string_equal(r.r[0]->pattern, "o$");
	assert_string_equal(r.r[1]->id, "more");
	assert_string_equal(r.r[2]->id, "one");
	assert_string_equal(r.r[3]->id, "two");
	assert_string_equal(r.r[3]->title, "Mine");
	assert_false(r.r[3]->shipped);
	assert_int_equal(add(&r, "u.yaml", "rules: 1\noff: [one, ours]\n", false, &e), 0);
	assert_int_equal(r.n, 2);
	assert_null(rules_find(&r, "one"));
	assert_int_equal(add(&r, "v.yaml", "rules: 1\noff: [mor]\n", false, &e), -ERR_CONFIG);
	assert_string_equal(e.text, "v.yaml:2:7: no rule is called 'mor' (did you mean 'more'?)");
}

static void a_sample_is_the_same_for_the_same_seed(void **state _unused_)
{
	const char *template = "a{alnum:9}-{<}{hex:8}{{{uuid}{>}z{nul:2}";

	for (uint64_t seed = 1; seed < 5; seed++) {
		struct sample a, b, c;

		assert_int_equal(sample_make(template, seed, &a, NULL), 0);
		assert_int_equal(sample_make(template, seed, &b, NULL), 0);
		assert_int_equal(sample_make(template, seed + 100, &c, NULL), 0);
		assert_int_equal(a.text.len, 1 + 9 + 1 + 8 + 1 + 36 + 1 + 2);
		assert_memory_equal(a.text.data, b.text.data, a.text.len);
		assert_memory_not_equal(a.text.data, c.text.data, a.text.len);
		assert_true(a.marked);
		assert_int_equal(a.from, 11);
		assert_int_equal(a.to, 11 + 8 + 1 + 36);
		assert_int_equal(a.text.data[19], '{');
		sample_free(&a);
		sample_free(&b);
		sample_free(&c);
	}
}

static void named(const struct buf *text, const char *word, const char *what)
{
	_cleanup_(freep) char *quoted = mem_printf("`%s`", word);

	if (!strstr(buf_text(text), quoted))
		fail_msg("%s does not name the %s %s", doc, what, quoted);
}

static void the_document_names_each_word(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);

	assert_int_equal(fs_read(doc, &text, NULL), 0);
	for (size_t i = 0; i < filters_count; i++)
		named(&text, filters[i].name, "filter");
	for (size_t i = 0; i < sample_makers_count; i++)
		named(&text, sample_makers[i].name, "word of samples");
	for (size_t i = 0; rule_abouts[i]; i++)
		named(&text, rule_abouts[i], "word of 'about'");
	for (size_t i = 0; rule_ises[i]; i++)
		named(&text, rule_ises[i], "word of 'is'");
}

/* The blocks of YAML in it are whole files. */
static void the_documents_examples_are_taken(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	_cleanup_(rules_free) struct rules r = { 0 };
	struct err e = ERR_INIT;
	unsigned n = 0;

	assert_int_equal(fs_read(doc, &text, NULL), 0);
	for (const char *p = buf_text(&text); (p = strstr(p, "```yaml\n")); n++) {
		const char *end = strstr(p += 8, "```");
		_cleanup_(freep) char *block = mem_dupn(p, (size_t)(end - p));

		if (add(&r, "rules.md", block, false, &e) < 0)
			fail_msg("%s", e.text);
		p = end;
	}
	assert_int_equal(n, 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_files_are_refused_with_place_expectation_and_hint),
		cmocka_unit_test(every_mistake_is_told),
		cmocka_unit_test(a_file_becomes_rules),
		cmocka_unit_test(a_team_adds_replaces_and_switches_off),
		cmocka_unit_test(a_sample_is_the_same_for_the_same_seed),
		cmocka_unit_test(the_document_names_each_word),
		cmocka_unit_test(the_documents_examples_are_taken),
	};

	doc = argc > 1 ? argv[1] : "docs/formats/rules.md";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
