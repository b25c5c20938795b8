/*
 * The matcher by rules: places and tags, pieces of any size, what Hyperscan does not take, what never ends. Values are
 * made here; where it matters, Hyperscan and PCRE2 alone must say the same.
 */
#include "cpu_time.h"
#include "base/mem.h"
#include "base/text.h"
#include "match/match.h"
#include "match/sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

static const struct digest_key key = { { 7 } };

#define TEXT(s) (s), sizeof(s) - 1
#define HEAD "rules: 1\nlist:\n"
#define RULE(id, rest) "  - {id: " id ", title: x, about: general, match: [x], no-match: [x], " rest "}\n"

struct seen { struct match m[200]; size_t n; };

static void see(const struct match *m, void *arg)
{
	struct seen *s = arg;

	if (s->n < ARRAY_SIZE(s->m))
		s->m[s->n] = *m;
	s->n++;
}

static int begin(void **state _unused_)
{
	return secret_init(NULL);
}

static void read_rules(struct rules *ret, const char *text)
{
	const struct source file = { "r.yaml", text, strlen(text) };
	struct err e = ERR_INIT;

	if (rules_add(ret, &file, false, NULL, &e) < 0)
		fail_msg("%s", e.text);
}

struct pair { struct rules rules; struct matcher *fast, *slow; struct strv notes; };

static void pair_open(struct pair *p, const char *text)
{
	struct err e = ERR_INIT;

	*p = (struct pair){ 0 };
	read_rules(&p->rules, text);
	if (matcher_open(&p->rules, MATCHER_FAST, &key, &p->notes, &p->fast, &e) < 0 ||
	    matcher_open(&p->rules, MATCHER_SLOW, &key, NULL, &p->slow, &e) < 0)
		fail_msg("%s", e.text);
}

static void pair_free(struct pair *p)
{
	p->fast = matcher_free(p->fast);
	p->slow = matcher_free(p->slow);
	strv_free(&p->notes);
	rules_free(&p->rules);
}

static void same(const struct seen *a, const struct seen *b, const char *what)
{
	if (a->n != b->n)
		fail_msg("%s: %zu and %zu findings", what, a->n, b->n);
	for (size_t i = 0; i < a->n && i < ARRAY_SIZE(a->m); i++)
		if (a->m[i].id != b->m[i].id || a->m[i].offset != b->m[i].offset || a->m[i].len != b->m[i].len ||
		    a->m[i].line != b->m[i].line || a->m[i].col != b->m[i].col || strcmp(a->m[i].tag, b->m[i].tag) != 0)
			fail_msg("%s: finding %zu: rule %u at %llu:%llu and rule %u at %llu:%llu", what, i, a->m[i].id,
				 (unsigned long long)a->m[i].line, (unsigned long long)a->m[i].col, b->m[i].id,
				 (unsigned long long)b->m[i].line, (unsigned long long)b->m[i].col);
}

static struct seen scan(struct matcher *m, const char *text, size_t len)
{
	struct seen seen = { .n = 0 };
	struct err e = ERR_INIT;

	if (matcher_scan(m, text, len, see, &seen, &e) < 0)
		fail_msg("%s", e.text);
	return seen;
}

/* Both ways, and in pieces of each size. */
static struct seen scan_both(struct pair *p, const char *text, size_t len)
{
	static const size_t sizes[] = { 1, 7, 4096, 65536, 1 << 20 };
	struct seen fast = scan(p->fast, text, len), slow = scan(p->slow, text, len);

	same(&fast, &slow, "Hyperscan and PCRE2");
	for (size_t i = len > 100000 ? 2 : 0; i < ARRAY_SIZE(sizes); i++) {
		struct seen pieces = { .n = 0 };
		struct err e = ERR_INIT;

		matcher_begin(p->fast);
		for (size_t at = 0; at < len; at += sizes[i])
			matcher_feed(p->fast, text + at, len - at < sizes[i] ? len - at : sizes[i]);
		if (matcher_end(p->fast, see, &pieces, &e) < 0)
			fail_msg("%s", e.text);
		same(&fast, &pieces, "pieces");
	}
	return fast;
}

/* A libhs that loses matches is not used, and then everything is slow: match/match_trust.c. */
static void this_machines_libhs_is_used(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{8})'"));
	if (p.notes.n)
		fail_msg("%s", p.notes.s[0]);
}

static void a_place_is_line_and_column_and_the_tag_is_that_of_the_value(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	_cleanup_(secret_freep) struct secret *value = NULL;
	char tag[DIGEST_TAG_HEX], copy[] = "Zk3vQ8rT";

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{8})'"));
	struct seen s = scan_both(&p, TEXT("one\n\n two key=Zk3vQ8rT\nkey=Zk3vQ8rT"));

	assert_int_equal(s.n, 2);
	assert_int_equal(s.m[0].line, 3);
	assert_int_equal(s.m[0].col, 10);
	assert_int_equal(s.m[0].offset, 14);
	assert_int_equal(s.m[0].len, 8);
	assert_int_equal(s.m[1].line, 4);
	assert_int_equal(s.m[1].col, 5);
	assert_int_equal(secret_take(copy, 8, &value, NULL), 0);
	digest_tag(&key, value, tag);
	assert_string_equal(s.m[0].tag, tag);
	assert_string_equal(s.m[1].tag, tag);
}

static void nothing_is_found_in_nothing(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{8})'"));
	assert_int_equal(scan_both(&p, TEXT("")).n, 0);
	assert_int_equal(scan_both(&p, TEXT("k")).n, 0);
	assert_int_equal(scan_both(&p, TEXT("\n\n\n")).n, 0);
}

static void zero_bytes_and_others_are_bytes_like_any(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const char text[] = "\xff\0\0\x80key=Zk3vQ8rT\0\0\xc3";

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{8})'"));
	struct seen s = scan_both(&p, text, sizeof(text) - 1);

	assert_int_equal(s.n, 1);
	assert_int_equal(s.m[0].offset, 8);
}

static void utf16_is_read_as_its_letters(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const char *plain = "one\nkey=Zk3vQ8rT\n";
	char wide[2][100];
	size_t n = strlen(plain);

	pair_open(&p, HEAD RULE("a", "pattern: '^key=(\\w{8})$'"));
	for (int order = 0; order < 2; order++) {
		wide[order][order] = (char)0xff;
		wide[order][1 - order] = (char)0xfe;
		for (size_t i = 0; i < n; i++) {
			wide[order][2 + 2 * i + (size_t)order] = plain[i];
			wide[order][3 + 2 * i - (size_t)order] = 0;
		}
		struct seen s = scan_both(&p, wide[order], 2 + 2 * n);

		assert_int_equal(s.n, 1);
		assert_int_equal(s.m[0].line, 2);
		assert_int_equal(s.m[0].col, 5);
		assert_int_equal(s.m[0].offset, 2 + 2 * 8);
		assert_int_equal(s.m[0].len, 16);
		assert_string_equal(s.m[0].tag, scan(p.fast, plain, n).m[0].tag);
	}
}

/* A binary file may begin with the mark of UTF-16 and hold plain text all the same. */
static void what_only_begins_like_utf16_is_read_as_it_is(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const char text[] = "\xff\xfe" "binary key=Zk3vQ8rT and more";

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{8})'"));
	assert_int_equal(scan_both(&p, text, sizeof(text) - 1).n, 1);
}

/* Values at and around every edge that a window can have, and long ones across it. */
static void matches_across_windows_are_found_once(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const size_t len = 5 << 20, step = 65521;
	_cleanup_(freep) char *text = mem_zero(1, len);
	size_t planted = 0;

	pair_open(&p, HEAD RULE("a", "pattern: '\\bkey=(\\w{8})\\b'")
			      RULE("b", "pattern: 'BEGIN'\n    , then: '([^-]{100,15000}?)END'"));
	for (size_t i = 0; i < len; i++)
		text[i] = (char)('a' + (uint32_t)(i * 2654435761u) / 7919 % 26);
	for (size_t at = 4000; at + 40000 < len; at += step, planted++) {
		size_t shift = planted * 977 % 997;
		struct sample value;

		memcpy(text + at + shift, "\nkey=", 5);
		shift++;
		assert_int_equal(sample_make("{pass:8}", planted, &value, NULL), 0);
		memcpy(text + at + shift + 4, value.text.data, 8);
		sample_free(&value);
		text[at + shift + 12] = '\n';
		if (planted % 5 == 0) {
			memcpy(text + at + 3000, "BEGIN", 5);
			memcpy(text + at + 3000 + 14000, "END", 3);
		}
	}
	struct seen s = scan_both(&p, text, len);

	assert_int_equal(s.n, planted + (planted + 4) / 5);
}

static void of_rules_whose_values_overlap_the_first_is_told(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("special", "pattern: 'zq_(\\w{8})'") RULE("general", "pattern: 'key=(\\w{6,30})'"));
	struct seen s = scan_both(&p, TEXT("key=zq_Zk3vQ8rT key=Mb7wXc2d"));

	assert_int_equal(s.n, 2);
	assert_int_equal(s.m[0].id, 0);
	assert_int_equal(s.m[0].offset, 7);
	assert_int_equal(s.m[1].id, 1);
}

static void entropy_filters_and_placeholders_count(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("a", "pattern: 'a=(\\w{8,20})', entropy: 3")
			      RULE("b", "pattern: 'b=(\\w{4,20})', filter: [mixed]")
				      RULE("c", "pattern: 'c=(\\S{4,40})'"));
	assert_int_equal(scan_both(&p, TEXT("a=Zk3vQ8rT a=ZkZkZkrT")).n, 1);
	assert_int_equal(scan_both(&p, TEXT("b=Zk3v b=Zkcv")).n, 1);
	assert_int_equal(
		scan_both(&p, TEXT("c=Zk3v c=changeme c=${var} c=<%=x%> c={{x}} c=ENC[PKCS7,Zk3v] c=xxxxxx")).n, 1);
}

/* Greedy, lazy and many: the end that Hyperscan tells first is not the end of the match. */
static void a_match_is_as_long_as_pcre2_says(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("a", "pattern: 'key=(\\w{4,100})'") RULE("b", "pattern: 'two=(\\w{1,9}?)(?:;|$)'"));
	struct seen s = scan_both(&p, TEXT("key=Zk3vQ8rTMb7wXc2d two=Zk3;two=vQ8\nkey=rTMb7"));

	assert_int_equal(s.n, 4);
	assert_int_equal(s.m[0].len, 16);
	assert_int_equal(s.m[1].len, 3);
	assert_int_equal(s.m[2].len, 3);
	assert_int_equal(s.m[3].len, 5);
}

static void what_hyperscan_does_not_take_pcre2_finds(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const char
		*text = "x=Zk3v-Zk3v x=Zk3v-Mb7w secret: Zk3v!Mb7w public: Zk3v!Mb7w nested qZkq3vpMbp NESTED qZk3vp";

	pair_open(&p, HEAD RULE("back", "pattern: 'x=(\\w{4})-\\1'") RULE("look", "pattern: '(?<=secret: )(\\S{4,20})'")
		  RULE("recursive", "pattern: 'nested (q(?:[^qp]|(?1))+p)'")
		  RULE("words", "pattern: 'NESTED (q(?:[^qp]|(?1))+p)', keywords: [Nested]"));
	struct seen s = scan_both(&p, text, strlen(text));

	assert_int_equal(s.n, 4);
	assert_int_equal(s.m[0].id, 0);
	assert_int_equal(s.m[1].id, 1);
	assert_int_equal(s.m[2].id, 2);
	assert_int_equal(s.m[2].len, 10);
	assert_int_equal(s.m[3].id, 3);
	/* told of the one that nothing helps; the keywords of the other were found */
	assert_int_equal(p.notes.n, 1);
	assert_true(text_starts(p.notes.s[0], "r.yaml:5:5: rule 'recursive': Hyperscan does not take the pattern ("));
	assert_non_null(strstr(p.notes.s[0], "keywords would help"));
}

static void keywords_stand_anywhere_in_a_match(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;

	pair_open(&p, HEAD RULE("a", "pattern: 'user=[^;]{1,200};pass=(\\w{8})', keywords: ['PASS=']"));
	struct seen s = scan_both(&p, TEXT("user=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;pass=Zk3vQ8rT pass=Zk3vQ8rT"));

	assert_int_equal(s.n, 1);
	assert_int_equal(s.m[0].offset, 45);
}

static void refused(const char *rules, const char *why)
{
	_cleanup_(rules_free) struct rules r = { 0 };
	struct matcher *m = NULL;
	struct err e = ERR_INIT;

	read_rules(&r, rules);
	if (matcher_open(&r, MATCHER_FAST, &key, NULL, &m, &e) == 0)
		fail_msg("taken: %s", rules);
	assert_int_equal(e.code, ERR_CONFIG);
	if (!strstr(e.text, why))
		fail_msg("'%s' instead of '%s'", e.text, why);
	assert_null(m);
}

static void wrong_patterns_are_refused_with_their_place(void **state _unused_)
{
	refused(HEAD RULE("a", "pattern: 'key=(\\w{8}'"),
		"r.yaml:3:5: rule 'a': the pattern is wrong at its byte 11: missing "
		"closing parenthesis");
	refused(HEAD RULE("a", "pattern: 'key=(\\w*)'"),
		"r.yaml:3:5: rule 'a': the pattern has no longest match: bound its "
		"repeats ({0,100} instead of *)");
	refused(HEAD RULE("a", "pattern: 'key=(\\w{1,20000})'"), "may have more than 16384 bytes");
	refused(HEAD RULE("a", "pattern: '\\w{0,8}'"), "matches where nothing is");
	refused(HEAD RULE("a", "pattern: 'key=(\\w{8})', group: 2"),
		"'group' is the number of no group of the pattern");
}

static void a_rule_that_never_ends_is_left_out_and_told(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	_cleanup_(freep) char *text = mem_zero(1, 100001);
	struct matcher *both[2];

	pair_open(&p, HEAD RULE("evil", "pattern: ' k', then: '(?:(?:a{1,30}){1,30}){1,15}[!?]'")
			      RULE("good", "pattern: 'key=(\\w{8})'"));
	memset(text, 'a', 100000);
	memcpy(text + 50000, " k", 2);
	memcpy(text + 99980, " key=Zk3vQ8rT ", 14);
	both[0] = p.fast;
	both[1] = p.slow;
	for (int i = 0; i < 2; i++) {
		struct seen s = { .n = 0 };
		struct err e = ERR_INIT;
		int64_t before = cpu_us();

		assert_int_equal(matcher_scan(both[i], text, 100000, see, &s, &e), -ERR_LIMIT);
		assert_non_null(strstr(e.text, "rule 'evil' takes too many steps near byte "));
		assert_int_equal(s.n, 1);
		assert_int_equal(s.m[0].id, 1);
		assert_true(cpu_us() - before < 20000000);
	}
	/* and the next text is looked at with all rules again */
	assert_int_equal(scan(p.fast, TEXT(" kaa! key=Zk3vQ8rT")).n, 2);
}

static void too_many_findings_are_told(void **state _unused_)
{
	_cleanup_(pair_free) struct pair p;
	const size_t n = MATCH_FOUND_MAX + 5;
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct seen s = { .n = 0 };
	struct err e = ERR_INIT;

	pair_open(&p, HEAD RULE("a", "pattern: 'k(\\w{6})'"));
	for (size_t i = 0; i < n; i++) {
		struct sample line;

		assert_int_equal(sample_make("k{pass:6}\n", i, &line, NULL), 0);
		(void)buf_add(&text, line.text.data, line.text.len);
		sample_free(&line);
	}
	assert_int_equal(matcher_scan(p.fast, text.data, text.len, see, &s, &e), -ERR_LIMIT);
	assert_int_equal(s.n, MATCH_FOUND_MAX);
	assert_non_null(strstr(e.text, "more than 10000 findings"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(this_machines_libhs_is_used),
		cmocka_unit_test(a_place_is_line_and_column_and_the_tag_is_that_of_the_value),
		cmocka_unit_test(nothing_is_found_in_nothing),
		cmocka_unit_test(zero_bytes_and_others_are_bytes_like_any),
		cmocka_unit_test(utf16_is_read_as_its_letters),
		cmocka_unit_test(what_only_begins_like_utf16_is_read_as_it_is),
		cmocka_unit_test(matches_across_windows_are_found_once),
		cmocka_unit_test(of_rules_whose_values_overlap_the_first_is_told),
		cmocka_unit_test(entropy_filters_and_placeholders_count),
		cmocka_unit_test(a_match_is_as_long_as_pcre2_says),
		cmocka_unit_test(what_hyperscan_does_not_take_pcre2_finds),
		cmocka_unit_test(keywords_stand_anywhere_in_a_match),
		cmocka_unit_test(wrong_patterns_are_refused_with_their_place),
		cmocka_unit_test(a_rule_that_never_ends_is_left_out_and_told),
		cmocka_unit_test(too_many_findings_are_told),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
