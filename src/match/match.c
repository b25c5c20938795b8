#include "match/match_parts.h"
#include "base/locked.h"
#include "base/mem.h"
#include <string.h>

#define WHOLE_MAX ((size_t)1 << 30) /* a text in memory up to this is one window; Hyperscan counts in 32 bits */
#define STACK_WIPED ((size_t)64 * 1024)

int matcher_open(const struct rules *rules, enum matcher_how how, const struct digest_key *key, struct strv *notes,
		 struct matcher **ret, struct err *e)
{
	_cleanup_(matcher_freep) struct matcher *m = mem_zero(1, sizeof(*m));

	if (!rules->n)
		return err_set(e, ERR_CONFIG, "there are no rules to look for");
	m->key = *key;
	m->keep = RULE_WIDTH_MAX + 1;

	int r = match_compile(m, rules, how, notes, e);
	if (r == 0)
		*ret = TAKE(m);
	return r;
}

/* Texts pass through it. The allocator is one for the whole process: all matchers have theirs from it. */
int match_scratch(struct matcher *m, struct err *e)
{
	(void)hs_set_scratch_allocator(locked_alloc, locked_free);
	if (hs_alloc_scratch(m->database, &m->scratch) != HS_SUCCESS)
		return err_set(e, ERR_IO, "Hyperscan has no memory");
	return 0;
}

void matcher_begin(struct matcher *m)
{
	for (uint32_t i = 0; i < m->n_finders; i++) {
		m->finders[i].done = 0;
		m->finders[i].gave_up = false;
	}
	m->window = (struct window){ 0 };
	m->filled = m->n_half = m->n_hits = m->placed = 0;
	m->told = m->lines = m->line_start = 0;
	m->wide = 0;
	m->begun = false;
	m->trouble = (struct err)ERR_INIT;
}

static void look(struct matcher *m)
{
	if (m->window.len > 0)
		(m->n_finders ? match_rules : match_literals)(m);
}

/* The window is full: what may still be the beginning of a match goes to the front. */
static void slide(struct matcher *m)
{
	size_t stays = m->keep + MATCH_MARGIN, leaves = m->filled - stays;

	m->window.text = m->room;
	m->window.len = m->filled;
	look(m);
	hits_place(m, leaves);
	memmove(m->room, m->room + leaves, stays);
	m->window.at += leaves;
	m->filled = stays;
}

static size_t room_size(const struct matcher *m)
{
	return m->keep + MATCH_MARGIN + MATCH_WINDOW;
}

static void add(struct matcher *m, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		size_t part = room_size(m) - m->filled;

		if (part > len)
			part = len;
		memcpy(m->room + m->filled, p, part);
		m->filled += part;
		p += part;
		len -= part;
		if (m->filled == room_size(m))
			slide(m);
	}
}

/* A character below 256 is its low byte. Others stay two bytes: what only looks like UTF-16 is looked at as it is. */
static void add_wide(struct matcher *m, unsigned char c)
{
	m->half[m->n_half++] = c;
	if (m->n_half < 2)
		return;
	m->n_half = 0;
	if (m->half[m->wide_high] == 0)
		add(m, &m->half[1 - m->wide_high], 1);
	else
		add(m, m->half, 2);
}

/* The first two bytes tell whether the text is UTF-16. */
static void start(struct matcher *m)
{
	size_t n = m->n_half;

	m->begun = true;
	m->n_half = 0;
	m->wide = n == 2 && ((m->half[0] == 0xff && m->half[1] == 0xfe) || (m->half[0] == 0xfe && m->half[1] == 0xff));
	m->wide_high = m->half[0] == 0xff;
	if (!m->wide)
		add(m, m->half, n);
}

void matcher_feed(struct matcher *m, const void *bytes, size_t len)
{
	const unsigned char *p = bytes, *end = p + len;

	if (!m->room && len > 0) {
		m->room = locked_alloc(room_size(m));
		if (!m->room)
			abort();
	}
	while (p < end && !m->begun) {
		m->half[m->n_half++] = *p++;
		if (m->n_half == 2)
			start(m);
	}
	if (!m->wide && p < end)
		add(m, p, (size_t)(end - p));
	while (m->wide && p < end)
		add_wide(m, *p++);
}

static int conclude(struct matcher *m, match_fn *found, void *arg, struct err *e)
{
	m->window.last = true;
	look(m);
	hits_place(m, 0);
	hits_tell(m, found, arg);
	m->window = (struct window){ 0 };
	if (m->trouble.code == ERR_NONE)
		return 0;
	return err_set(e, m->trouble.code, "%s", m->trouble.text);
}

int matcher_end(struct matcher *m, match_fn *found, void *arg, struct err *e)
{
	if (!m->begun && m->n_half > 0)
		start(m);
	if (m->n_half > 0)
		add(m, m->half, m->n_half);
	m->window.text = m->room;
	m->window.len = m->filled;

	int r = conclude(m, found, arg, e);
	if (m->room)
		explicit_bzero(m->room, m->filled);
	return r;
}

int matcher_scan(struct matcher *m, const void *bytes, size_t len, match_fn *found, void *arg, struct err *e)
{
	const unsigned char *b = bytes;
	bool may_be_wide = len >= 2 && b[0] >= 0xfe && b[1] >= 0xfe;

	matcher_begin(m);
	if (len > WHOLE_MAX || may_be_wide) {
		matcher_feed(m, bytes, len);
		return matcher_end(m, found, arg, e);
	}
	m->window.text = bytes;
	m->window.len = len;
	return conclude(m, found, arg, e);
}

/* What Hyperscan copies of a text while it looks lies below us on the stack. */
static void __attribute__((noinline)) wipe_stack(void)
{
	char below[STACK_WIPED];

	explicit_bzero(below, sizeof(below));
}

static void free_compiled(struct matcher *m)
{
	if (m->owner)
		return;
	for (uint32_t i = 0; m->finders && i < m->n_finders; i++)
		pcre2_code_free(m->finders[i].code);
	free(m->expressions);
	if (!m->locked_database)
		(void)hs_free_database(m->database);
	locked_free(m->locked_database);
	locked_free(m->locked_values);
	free(m->literals);
}

struct matcher *matcher_free(struct matcher *m)
{
	if (!m)
		return NULL;
	free_compiled(m);
	free(m->finders);
	pcre2_match_context_free(m->context);
	pcre2_match_data_free(m->data);
	if (m->stack)
		pcre2_jit_stack_free(m->stack);
	(void)hs_free_scratch(m->scratch);
	locked_free(m->room);
	free(m->hits);
	explicit_bzero(&m->key, sizeof(m->key));
	free(m);
	wipe_stack();
	return NULL;
}

void matcher_freep(struct matcher **m)
{
	*m = matcher_free(*m);
}
