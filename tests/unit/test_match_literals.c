/* Known values in bytes: each place of each of them is told, whatever the window; and none of it stays in memory. */
#include "base/locked.h"
#include "base/mem.h"
#include "canary_help.h"
#include "match/match.h"
#include "match/sample.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cmocka.h>

#define PIECE 8 /* bytes of a value that may stand nowhere afterwards */

struct seen { struct match m[64]; size_t n; };

static void see(const struct match *m, void *arg)
{
	struct seen *s = arg;

	if (s->n < ARRAY_SIZE(s->m))
		s->m[s->n] = *m;
	s->n++;
}

static struct secret *secret_of(const char *bytes, size_t len)
{
	_cleanup_(freep) char *copy = mem_dupn(bytes, len);
	struct secret *s = NULL;

	assert_int_equal(secret_take(copy, len, &s, NULL), 0);
	return s;
}

struct set { struct literal l[16]; struct secret *s[16]; size_t n; struct matcher *m; };

static void set_add(struct set *s, uint32_t id, const char *bytes, size_t len)
{
	s->s[s->n] = secret_of(bytes, len);
	s->l[s->n] = (struct literal){ id, s->s[s->n] };
	s->n++;
}

static void set_open(struct set *s)
{
	struct err e = ERR_INIT;

	if (matcher_open_literals(s->l, s->n, &s->m, &e) < 0)
		fail_msg("%s", e.text);
}

static void set_free(struct set *s)
{
	s->m = matcher_free(s->m);
	for (size_t i = 0; i < s->n; i++)
		s->s[i] = secret_free(s->s[i]);
}

static struct seen scan(struct set *s, const char *text, size_t len, size_t piece)
{
	struct seen seen = { .n = 0 };
	struct err e = ERR_INIT;
	int r;

	if (piece) {
		matcher_begin(s->m);
		for (size_t at = 0; at < len; at += piece)
			matcher_feed(s->m, text + at, len - at < piece ? len - at : piece);
		r = matcher_end(s->m, see, &seen, &e);
	} else {
		r = matcher_scan(s->m, text, len, see, &seen, &e);
	}
	if (r < 0)
		fail_msg("%s", e.text);
	return seen;
}

static void each_place_of_each_value_is_told(void **state _unused_)
{
	_cleanup_(set_free) struct set s = { 0 };
	const char text[] = "abcd ab\n\0abcabc Xabcd";

	set_add(&s, 5, "abcd", 4);
	set_add(&s, 7, "abc", 3);
	set_add(&s, 9, "\n\0a", 3);
	set_add(&s, 11, "abcx", 4);
	set_open(&s);
	struct seen seen = scan(&s, text, sizeof(text) - 1, 0);

	assert_int_equal(seen.n, 7);
	assert_int_equal(seen.m[0].id, 5);
	assert_int_equal(seen.m[1].id, 7);
	assert_int_equal(seen.m[0].offset, 0);
	assert_int_equal(seen.m[2].id, 9);
	assert_int_equal(seen.m[2].line, 1);
	assert_int_equal(seen.m[2].col, 8);
	assert_int_equal(seen.m[3].line, 2);
	assert_int_equal(seen.m[3].col, 2);
	assert_int_equal(seen.m[5].offset, 17);
	assert_string_equal(seen.m[0].tag, "");
}

static void values_across_windows_are_told_once(void **state _unused_)
{
	_cleanup_(set_free) struct set s = { 0 };
	const size_t len = 4 << 20, sizes[] = { 0, 4096, 65537, 1 << 20 };
	_cleanup_(freep) char *text = mem_zero(1, len), *large = mem_zero(1, SECRET_MAX);
	size_t planted = 0, planted_large = 0;

	for (size_t i = 0; i < SECRET_MAX; i++)
		large[i] = (char)('a' + (uint32_t)(i * 2654435761u) / 7919 % 26);
	set_add(&s, 1, "Zk3vQ8rTMb7wXc2dLp9s", 20);
	set_add(&s, 2, large, SECRET_MAX);
	set_open(&s);
	memset(text, '.', len);
	for (size_t at = 1000; at + 1000 < len; at += 52301, planted++)
		memcpy(text + at, "Zk3vQ8rTMb7wXc2dLp9s", 20);
	for (size_t at = 60000; at + SECRET_MAX < len; at += 1030000, planted_large++) {
		for (size_t k = 1000; k < len; k += 52301)
			planted -= k + 20 > at && k < at + SECRET_MAX;
		memcpy(text + at, large, SECRET_MAX);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct seen seen = scan(&s, text, len, sizes[i]);

		assert_int_equal(seen.n, planted + planted_large);
	}
}

static void wrong_sets_are_refused(void **state _unused_)
{
	struct matcher *m = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(matcher_open_literals(NULL, 0, &m, &e), -ERR_CONFIG);
	assert_int_equal(matcher_open_literals(NULL, MATCH_LITERALS_MAX + 1, &m, &e), -ERR_LIMIT);
}

static void many_values_are_looked_for_at_once(void **state _unused_)
{
	enum { MANY = 3000 };
	struct literal *l = mem_zero(MANY, sizeof(*l));
	struct secret **s = mem_zero(MANY, sizeof(*s));
	_cleanup_(matcher_freep) struct matcher *m = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct seen seen = { .n = 0 };
	struct err e = ERR_INIT;

	for (uint32_t i = 0; i < MANY; i++) {
		struct sample one;

		assert_int_equal(sample_make("{pass:24}", i, &one, NULL), 0);
		(void)buf_add(&text, one.text.data, one.text.len);
		(void)buf_char(&text, ' ');
		s[i] = secret_of(one.text.data, one.text.len);
		l[i] = (struct literal){ i, s[i] };
		sample_free(&one);
	}
	assert_int_equal(matcher_open_literals(l, MANY, &m, &e), 0);
	assert_int_equal(matcher_scan(m, text.data, text.len, see, &seen, &e), 0);
	assert_int_equal(seen.n, MANY);
	for (uint32_t i = 0; i < MANY; i++)
		s[i] = secret_free(s[i]);
	free(s);
	free(l);
}

/* The part of the canary that the search knows. */
static int take_tail(const char *bytes, size_t len, void *arg)
{
	_cleanup_(freep) char *copy = mem_dupn(bytes + CANARY_LEAD, len - CANARY_LEAD);

	return secret_take(copy, len - CANARY_LEAD, arg, NULL);
}

static int put(const char *bytes, size_t len, void *arg)
{
	memcpy(arg, bytes, len);
	return 0;
}

static void nothing_of_a_value_stays_in_memory(void **state _unused_)
{
	const size_t len = 3 << 20;
	struct secret *value = NULL;
	struct matcher *m = NULL;
	struct seen seen = { .n = 0 };
	char *text = locked_alloc(len);

	assert_int_equal(canary_search_pieces(PIECE), 0);
	(void)secret_with(canary, take_tail, &value);
	memset(text, '.', len);
	for (size_t at = 700; at + 100 < len; at += 131072)
		(void)secret_with(value, put, text + at);

	struct literal l[] = { { 1, value } };

	assert_int_equal(matcher_open_literals(l, 1, &m, NULL), 0);
	assert_int_equal(matcher_scan(m, text, len, see, &seen, NULL), 0);
	assert_int_equal(seen.n, 24);
	matcher_begin(m);
	for (size_t at = 0; at < len; at += 10000)
		matcher_feed(m, text + at, len - at < 10000 ? len - at : 10000);
	seen.n = 0;
	assert_int_equal(matcher_end(m, see, &seen, NULL), 0);
	assert_int_equal(seen.n, 24);
	/* while it is open, the values are there: the search can see them */
	assert_true(canary_search_pieces(PIECE) > 0);
	m = matcher_free(m);
	locked_free(text);
	value = secret_free(value);
	assert_int_equal(canary_search_pieces(PIECE), 0);
}

static void nothing_of_a_text_stays_in_memory(void **state _unused_)
{
	static const char rules_text[] =
		"rules: 1\nlist:\n  - {id: a, title: x, about: general, pattern: 'key=(\\S{20,30})', "
		"match: [x], no-match: [x]}\n";
	const struct source file = { "r.yaml", rules_text, sizeof(rules_text) - 1 };
	const struct digest_key key = { { 7 } };
	const size_t len = 3 << 20;
	struct rules rules = { 0 };
	struct matcher *m = NULL;
	struct seen seen = { .n = 0 };
	struct secret *value = NULL;
	char *text = locked_alloc(len);

	(void)secret_with(canary, take_tail, &value);
	memset(text, ' ', len);
	for (size_t at = 700; at + 100 < len; at += 131072) {
		memcpy(text + at, "key=", 4);
		(void)secret_with(value, put, text + at + 4);
	}
	assert_int_equal(rules_add(&rules, &file, false, NULL, NULL), 0);
	assert_int_equal(matcher_open(&rules, MATCHER_FAST, &key, NULL, &m, NULL), 0);
	assert_int_equal(matcher_scan(m, text, len, see, &seen, NULL), 0);
	matcher_begin(m);
	for (size_t at = 0; at < len; at += 10000)
		matcher_feed(m, text + at, len - at < 10000 ? len - at : 10000);
	assert_int_equal(matcher_end(m, see, &seen, NULL), 0);
	assert_int_equal(seen.n, 48);
	m = matcher_free(m);
	rules_free(&rules);
	locked_free(text);
	value = secret_free(value);
	assert_int_equal(canary_search_pieces(PIECE), 0);
}

static void no_child_is_left(void **state _unused_)
{
	_cleanup_(set_free) struct set s = { 0 };

	set_add(&s, 1, "Zk3vQ8rT", 8);
	set_open(&s);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void *wait_to_end(void *end)
{
	(void)pthread_mutex_lock(end);
	(void)pthread_mutex_unlock(end);
	return NULL;
}

/* A fork of one thread among several waits for the others' locks for ever, once in some hundred times. */
static void no_automaton_is_built_beside_other_threads(void **state _unused_)
{
	pthread_mutex_t end = PTHREAD_MUTEX_INITIALIZER;
	struct set s = { .n = 0 };
	struct err e = ERR_INIT;
	pthread_t other;

	set_add(&s, 1, "Not-Beside-Others", 17);
	(void)pthread_mutex_lock(&end);
	assert_int_equal(pthread_create(&other, NULL, wait_to_end, &end), 0);
	int r = matcher_open_literals(s.l, s.n, &s.m, &e);
	(void)pthread_mutex_unlock(&end);
	(void)pthread_join(other, NULL);
	assert_int_equal(r, -ERR_BUG);
	set_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_place_of_each_value_is_told),
		cmocka_unit_test(values_across_windows_are_told_once),
		cmocka_unit_test(wrong_sets_are_refused),
		cmocka_unit_test(many_values_are_looked_for_at_once),
		cmocka_unit_test(nothing_of_a_value_stays_in_memory),
		cmocka_unit_test(nothing_of_a_text_stays_in_memory),
		cmocka_unit_test(no_child_is_left),
		cmocka_unit_test(no_automaton_is_built_beside_other_threads),
	};

	/* Undone for a user who is not root: /proc/self/mem would be root's. */
	if (secret_init(NULL) < 0 || prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return 1;
	return cmocka_run_group_tests(tests, canary_make, canary_free);
}
