/*
 * Any text: what Hyperscan and PCRE2 find together is what PCRE2 finds alone, and what pieces of any size give. The
 * first byte gives the size. Known values are counted with memmem().
 */
#include "fuzz.h"
#include "match/match.h"
#include <string.h>

#define R(id, rest) "  - {id: " id ", title: x, about: web, match: [x], no-match: [x], " rest "}\n"

static const char text[] = "rules: 1\nlist:\n"
	R("token", "pattern: '\\b(zq_[0-9A-Za-z]{12})\\b', filter: [mixed]")
	R("line", "pattern: '(?i)^[ \\t]{0,8}pass[\\w.-]{0,20}[ \\t]{0,9}[:=][ \\t]{0,9}([^\\s;]{4,40})[ \\t]{0,5}$'")
	R("block", "pattern: 'BEGIN K', then: '([^-]{1,4000}?)END'")
	R("address", "pattern: '://[^\\s:@/]{0,30}:([^\\s@/]{3,60})@', keywords: ['://']")
	R("back", "pattern: '([a-z]{2,5})=([A-Z0-9]{3,9}),\\1', group: 2")
	R("look", "pattern: '(?<=k: )(\\w{4,20})(?!;)'")
	R("nested", "pattern: 'n(q(?:[^qp]|(?1))+p)'")
	R("long", "pattern: '(?:x|y){3,200}z([^z]{3,100})z', entropy: 1");

static const char *const values[] = {
	"zq_", "Zk3v", "Zk3vQ8rTMb7w", "qqqqqqqqq", "\x80\xff\xfe", "pass.word = Zk3vQ8"
};

static const struct digest_key key = { { 9 } };
static struct rules rules;
static struct matcher *fast, *slow, *known;

static void open_once(void)
{
	const struct source file = { "r", text, sizeof(text) - 1 };
	struct err e = ERR_INIT;

	if (fast)
		return;
	if (secret_init(&e) < 0 || rules_add(&rules, &file, false, NULL, &e) < 0 ||
	    matcher_open(&rules, MATCHER_FAST, &key, NULL, &fast, &e) < 0 ||
	    matcher_open(&rules, MATCHER_SLOW, &key, NULL, &slow, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
	struct literal l[ARRAY_SIZE(values)];
	struct secret *s[ARRAY_SIZE(values)];

	for (uint32_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_(freep) char *copy = mem_dup(values[i]);

		if (secret_take(copy, strlen(values[i]), &s[i], NULL) < 0)
			abort();
		l[i] = (struct literal){ i, s[i] };
	}
	if (matcher_open_literals(l, ARRAY_SIZE(l), &known, &e) < 0)
		abort();
	for (uint32_t i = 0; i < ARRAY_SIZE(values); i++)
		secret_free(s[i]);
}

static size_t counted(const char *data, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		for (const char *p = data; (p = memmem(p, size - (size_t)(p - data), values[i], strlen(values[i])));
		     p++)
			n++;
	return n;
}

struct seen { struct match *m; size_t n; };

static void see(const struct match *m, void *arg)
{
	struct seen *s = arg;

	s->m[s->n++] = *m;
}

static void same(const struct seen *a, const struct seen *b)
{
	if (a->n != b->n)
		abort();
	for (size_t i = 0; i < a->n; i++)
		if (a->m[i].id != b->m[i].id || a->m[i].offset != b->m[i].offset || a->m[i].len != b->m[i].len ||
		    a->m[i].line != b->m[i].line || a->m[i].col != b->m[i].col || strcmp(a->m[i].tag, b->m[i].tag) != 0)
			abort();
}

static void room(struct seen *s)
{
	*s = (struct seen){ mem_zero(MATCH_FOUND_MAX, sizeof(*s->m)), 0 };
}

static void seen_free(struct seen *s)
{
	free(s->m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(seen_free) struct seen one, other, pieces, literal;
	size_t piece = size ? 1 + data[0] : 1;

	open_once();
	room(&one);
	room(&other);
	room(&pieces);
	room(&literal);
	/* a limit that one of them meets and the other not is no difference */
	int r = matcher_scan(fast, data, size, see, &one, NULL), s = matcher_scan(slow, data, size, see, &other, NULL);

	matcher_begin(fast);
	for (size_t at = 0; at < size; at += piece)
		matcher_feed(fast, data + at, size - at < piece ? size - at : piece);
	int p = matcher_end(fast, see, &pieces, NULL);

	/* UTF-16 is read as its letters, which memmem() does not know */
	bool wide = size >= 2 && data[0] >= 0xfe && data[1] >= 0xfe;

	if (!wide && matcher_scan(known, data, size, see, &literal, NULL) == 0 &&
	    literal.n != counted((const char *)data, size))
		abort();
	if (r == 0 && s == 0)
		same(&one, &other);
	if (r == 0 && p == 0)
		same(&one, &pieces);
	return 0;
}
