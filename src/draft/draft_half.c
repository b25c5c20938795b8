/* What the world sees of keys (scan/half.h): which of it belongs to a secret. */
#include "draft/draft_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

/* What a register can hold of them. */
static void take(struct draft *d)
{
	struct draft_parts *p = d->parts;

	for (uint32_t i = 0; i < d->s->n_halves; i++) {
		const struct survey_half *h = &d->s->halves[i];

		if (!text_is_utf8(h->file, strlen(h->file)) || check_inside(h->file) ||
		    !GROW(p->halves, p->n_halves, p->cap_halves, SURVEY_HALVES_MAX))
			continue;
		p->halves[p->n_halves] = *h;
		if (check_line(h->half.what))
			p->halves[p->n_halves].half.what = "TXT record";
		p->n_halves++;
	}
}

static void match(struct drafted *s, const struct draft_parts *p, const char *spki)
{
	for (uint32_t i = 0; *spki && i < p->n_halves; i++) {
		bool known = strcmp(p->halves[i].half.spki, spki) != 0;

		for (uint32_t k = 0; k < s->n_halves && !known; k++)
			known = p->halves[s->halves[k]].repository == p->halves[i].repository &&
				!strcmp(p->halves[s->halves[k]].file, p->halves[i].file);
		if (!known && GROW(s->halves, s->n_halves, s->cap_halves, LIMIT_PER_SECRET))
			s->halves[s->n_halves++] = i;
	}
}

void draft_halves(struct draft *d)
{
	struct draft_parts *p = d->parts;

	take(d);
	for (uint32_t i = 0; i < p->n_secrets; i++) {
		struct drafted *s = &p->secrets[i];

		for (uint32_t k = 0; k < s->n_leaves; k++) {
			const struct pems *pems = &draft_leaf(d, s->leaves[k])->traits.pems;

			for (uint32_t n = 0; n < pems->n; n++)
				if (pems->list[n].kind == PEM_PRIVATE)
					match(s, p, pems->list[n].spki);
		}
	}
}
