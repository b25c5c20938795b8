#include "match/sample_parts.h"
#include "base/macro.h"
#include "base/mem.h"
#include "base/text.h"

#define NUMBER_MAX 4000u
#define SHOWN 40

/* splitmix64: the same on each machine. */
static uint64_t next(struct sample_seed *s)
{
	uint64_t z = s->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t sample_below(struct sample_seed *s, uint32_t n)
{
	return (uint32_t)((next(s) >> 32) * n >> 32);
}

void sample_chars(struct sample_seed *s, struct buf *b, const char *alphabet, size_t n)
{
	uint32_t size = (uint32_t)strlen(alphabet);

	for (size_t i = 0; i < n; i++)
		(void)buf_char(b, alphabet[sample_below(s, size)]);
}

static const struct maker *maker_named(const char *name, size_t len)
{
	for (size_t i = 0; i < sample_makers_count; i++)
		if (strlen(sample_makers[i].name) == len && memcmp(sample_makers[i].name, name, len) == 0)
			return &sample_makers[i];
	return NULL;
}

static int unknown(const char *name, size_t len, struct err *e)
{
	_cleanup_(freep) char *wrong = mem_dupn(name, len);
	const char *names[64];
	size_t n = 0;

	for (; n < sample_makers_count && n < ARRAY_SIZE(names); n++)
		names[n] = sample_makers[n].name;
	const char *near = text_nearest(wrong, names, n);

	return err_set(e, ERR_CONFIG, "a known word in '{%.*s}'%s%s%s ('{{' is a brace)", SHOWN, wrong,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "name", "name:12" or "name:LABEL", without its braces. */
static int fill(struct sample_seed *s, struct buf *b, const char *at, size_t len, struct err *e)
{
	const char *colon = memchr(at, ':', len);
	size_t name_len = colon ? (size_t)(colon - at) : len;
	const struct maker *m = maker_named(at, name_len);
	_cleanup_(freep) char *argument = colon ? mem_dupn(colon + 1, len - name_len - 1) : NULL;
	uint32_t n = 0;

	if (!m)
		return unknown(at, name_len, e);
	if (m->takes == MAKER_NUMBER && (!argument || text_u32(argument, 1, NUMBER_MAX, &n) < 0))
		return err_set(e, ERR_CONFIG, "a number of 1 to %u in '{%s:NUMBER}'", NUMBER_MAX, m->name);
	if (m->takes == MAKER_WORDS && (!argument || !*argument))
		return err_set(e, ERR_CONFIG, "words behind the colon in '{%s:WORDS}'", m->name);
	if (m->takes == MAKER_NOTHING && argument)
		return err_set(e, ERR_CONFIG, "nothing behind '{%s'", m->name);
	if (m->alphabet)
		sample_chars(s, b, m->alphabet, n);
	else
		m->make(s, b, n, argument);
	return 0;
}

static int mark(struct sample *ret, const char *which, bool *seen_from, struct err *e)
{
	bool first = *which == '<';

	if (first ? *seen_from || ret->marked : !*seen_from || ret->marked)
		return err_set(e, ERR_CONFIG, "one '{<}' and one '{>}' behind it");
	*(first ? &ret->from : &ret->to) = ret->text.len;
	*(first ? seen_from : &ret->marked) = true;
	return 0;
}

int sample_make(const char *template, uint64_t seed, struct sample *ret, struct err *e)
{
	struct sample_seed s = { seed };
	bool seen_from = false;
	int r = 0;

	*ret = (struct sample){ .text = BUF_INIT(SAMPLE_TEXT_MAX) };
	for (const char *p = template; r == 0 && *p;) {
		const char *close = *p == '{' ? strchr(p, '}') : NULL;

		if (*p != '{' || p[1] == '{') {
			(void)buf_char(&ret->text, *p);
			p += p[0] == '{' ? 2 : 1;
		} else if (!close) {
			r = err_set(e, ERR_CONFIG, "a '}' behind each '{' ('{{' is a brace)");
		} else {
			bool marks = close == p + 2 && (p[1] == '<' || p[1] == '>');

			r = marks ? mark(ret, p + 1, &seen_from, e)
				  : fill(&s, &ret->text, p + 1, (size_t)(close - p - 1), e);
			p = close + 1;
		}
	}
	if (r == 0 && seen_from && !ret->marked)
		r = err_set(e, ERR_CONFIG, "a '{>}' behind '{<}'");
	if (r == 0 && ret->text.over)
		r = err_set(e, ERR_CONFIG, "a sample of at most %zu bytes", SAMPLE_TEXT_MAX);
	if (r < 0)
		sample_free(ret);
	return r;
}

int sample_check(const char *template, struct err *e)
{
	struct sample s;
	int r = sample_make(template, 1, &s, e);

	if (r == 0)
		sample_free(&s);
	return r;
}

void sample_free(struct sample *s)
{
	buf_free(&s->text);
}
