#include "match/match_parts.h"
#include "base/mem.h"
#include <stdarg.h>
#include <string.h>

void matcher_trouble(struct matcher *m, const char *fmt, ...)
{
	char text[sizeof(m->trouble.text)];
	va_list args;

	if (m->trouble.code != ERR_NONE)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	(void)err_set(&m->trouble, ERR_LIMIT, "%s", text);
}

void hits_add(struct matcher *m, uint32_t id, uint32_t rank, uint64_t from, uint64_t to)
{
	struct hit h = { .m = { .id = id, .offset = from, .len = to - from }, .rank = rank };

	if (!GROW(m->hits, m->n_hits, m->cap_hits, MATCH_FOUND_MAX)) {
		matcher_trouble(m, "more than %u findings, up to byte %llu: the others are not told", MATCH_FOUND_MAX,
				(unsigned long long)from);
		return;
	}
	if (m->n_finders)
		digest_tag_bytes(&m->key, m->window.text + (from - m->window.at), (size_t)(to - from), h.m.tag);
	m->hits[m->n_hits++] = h;
}

static int by_offset(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->m.offset != y->m.offset)
		return x->m.offset < y->m.offset ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->m.len < y->m.len ? 1 : x->m.len > y->m.len ? -1 : 0;
}

/* Eight bytes at once: each that is a newline becomes 0 and leaves its highest bit. */
static uint64_t newlines_in(const char *p, size_t len)
{
	const uint64_t low = 0x7f7f7f7f7f7f7f7fu, ones = 0x0101010101010101u;
	uint64_t n = 0;

	for (; len >= 8; p += 8, len -= 8) {
		uint64_t x;

		memcpy(&x, p, sizeof(x));
		x ^= ones * '\n';
		n += (~(((x & low) + low) | x | low) >> 7) * ones >> 56;
	}
	for (; len > 0; p++, len--)
		n += *p == '\n';
	return n;
}

/* Counts the newlines before `end` that were not counted yet. */
static void count_lines(struct matcher *m, const char **at, const char *end)
{
	const char *last = memrchr(*at, '\n', (size_t)(end - *at));

	if (last) {
		m->lines += newlines_in(*at, (size_t)(last + 1 - *at));
		m->line_start = m->window.at + (uint64_t)(last + 1 - m->window.text);
	}
	*at = end;
}

/* Hits of this window are in no order yet; what leaves takes its newlines with it. */
void hits_place(struct matcher *m, size_t leaving)
{
	const uint64_t lines = m->lines, line_start = m->line_start;
	const char *at = m->window.text;

	if (m->placed < m->n_hits)
		qsort(m->hits + m->placed, m->n_hits - m->placed, sizeof(*m->hits), by_offset);
	for (; m->placed < m->n_hits; m->placed++) {
		struct match *h = &m->hits[m->placed].m;

		count_lines(m, &at, m->window.text + (h->offset - m->window.at));
		h->line = m->lines + 1;
		h->col = h->offset - m->line_start + 1;
	}
	m->lines = lines;
	m->line_start = line_start;
	at = m->window.text;
	if (!m->window.last)
		count_lines(m, &at, m->window.text + leaving);
}

/* The file's own offsets. A mark of two bytes stands before the text. */
static void widen(const struct matcher *m, struct match *h)
{
	if (!m->wide)
		return;
	h->offset = 2 + 2 * h->offset;
	h->len *= 2;
}

void hits_tell(struct matcher *m, match_fn *found, void *arg)
{
	size_t kept = 0;

	if (m->n_hits > 1)
		qsort(m->hits, m->n_hits, sizeof(*m->hits), by_offset);
	for (size_t i = 0; i < m->n_hits; i++) {
		struct hit *last = kept ? &m->hits[kept - 1] : NULL;

		if (!m->n_finders || !last || m->hits[i].m.offset >= last->m.offset + last->m.len)
			m->hits[kept++] = m->hits[i];
		else if (m->hits[i].rank < last->rank)
			*last = m->hits[i];
	}
	for (size_t i = 0; i < kept; i++) {
		widen(m, &m->hits[i].m);
		found(&m->hits[i].m, arg);
	}
	m->n_hits = m->placed = 0;
}
