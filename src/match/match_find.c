#include "match/match_parts.h"
#include <string.h>

#define WIDTH ((uint64_t)RULE_WIDTH_MAX)

static bool worth_it(const struct rule *r, const char *s, size_t len)
{
	if (len == 0 || filter_is_placeholder(s, len) || (r->entropy && filter_entropy(s, len) < r->entropy))
		return false;
	for (uint32_t i = 0; i < r->n_filters; i++)
		if (!r->filters[i]->holds(s, len))
			return false;
	return true;
}

/* Where matches may begin in this window so that they are whole in it. */
static uint64_t last_start(const struct matcher *m, uint64_t wanted)
{
	const struct window *w = &m->window;
	uint64_t end = w->at + w->len, limit = w->last ? end : end > m->keep ? end - m->keep : 0;

	return wanted < limit ? wanted : limit;
}

/* One match that begins at `from` or behind it, and not behind `limit`. Its bounds in ret; 0, 1 when there is one, or a
 * negative number of PCRE2's. */
static int next_match(struct matcher *m, const struct finder *f, uint64_t from, uint64_t limit, uint64_t ret[2])
{
	const struct window *w = &m->window;
	uint64_t subject = limit - w->at + WIDTH;
	/* what comes before the window is not known to PCRE2, but a line does not begin there */
	uint32_t options = w->at > 0 ? PCRE2_NOTBOL : 0;

	if (subject > w->len || f->everywhere)
		subject = w->len;
	(void)pcre2_set_offset_limit(m->context, (size_t)(limit - w->at));
	int n = pcre2_match(f->code, (PCRE2_SPTR)w->text, (size_t)subject, (size_t)(from - w->at), options, m->data,
			    m->context);

	if (n == PCRE2_ERROR_NOMATCH)
		return 0;
	if (n < 0)
		return n;
	const size_t *v = pcre2_get_ovector_pointer(m->data);
	/* a group that took no part has no bounds */
	const size_t at = (size_t)2 * f->group;
	bool has_group = f->group < (uint32_t)n && v[at] != PCRE2_UNSET;

	if (has_group && worth_it(f->rule, w->text + v[at], v[at + 1] - v[at]))
		hits_add(m, (uint32_t)(f - m->finders), (uint32_t)(f - m->finders), w->at + v[at], w->at + v[at + 1]);
	ret[0] = w->at + v[0];
	ret[1] = w->at + v[1];
	return 1;
}

/* All matches that begin before `end` or at it. Each place is tried once, whatever Hyperscan tells how often. */
static void find(struct matcher *m, struct finder *f, uint64_t end)
{
	uint64_t from = end > f->reach && !f->everywhere ? end - f->reach : 0, limit = last_start(m, end), bounds[2];

	if (from < f->done)
		from = f->done;
	if (from < m->window.at)
		from = m->window.at;
	while (from <= limit && !f->gave_up) {
		int r = next_match(m, f, from, limit, bounds);

		if (r < 0) {
			f->gave_up = true;
			matcher_trouble(m, "rule '%s' takes too many steps near byte %llu, and was left out from "
					"there: bound its repeats", f->rule->id, (unsigned long long)from);
		}
		if (r <= 0)
			break;
		from = bounds[1] > bounds[0] ? bounds[1] : bounds[0] + 1;
	}
	f->done = from > limit + 1 ? from : limit + 1;
}

/* Hyperscan promises no order of ends. They come in order nonetheless; if not, PCRE2 goes over the window by itself. */
static int told(unsigned id, unsigned long long from _unused_, unsigned long long to, unsigned flags _unused_,
		void *arg)
{
	struct matcher *m = arg;
	struct finder *f = &m->finders[m->expressions[id]];
	uint64_t end = m->window.at + to;

	f->disorder |= end < f->end;
	f->end = end;
	if (end > f->done && !f->gave_up && !f->disorder)
		find(m, f, end);
	return 0;
}

void match_rules(struct matcher *m)
{
	const struct window *w = &m->window;

	for (uint32_t i = 0; i < m->n_finders; i++) {
		m->finders[i].settled = m->finders[i].done;
		m->finders[i].end = 0;
		m->finders[i].disorder = m->finders[i].everywhere = false;
	}
	if (m->database && hs_scan(m->database, w->text, (unsigned)w->len, 0, m->scratch, told, m) != HS_SUCCESS)
		matcher_trouble(m, "Hyperscan could not look at the part at byte %llu", (unsigned long long)w->at);
	for (uint32_t i = 0; i < m->n_finders; i++) {
		struct finder *f = &m->finders[i];

		f->everywhere = f->way == WAY_ALONE || f->disorder;
		if (!f->everywhere)
			continue;
		f->done = f->settled;
		find(m, f, w->at + w->len);
	}
}
