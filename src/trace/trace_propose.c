/* Consumers and twins that nobody declared, as lines for the register. */
#include "base/mem.h"
#include "base/text.h"
#include "check/entry.h"
#include "trace/trace_parts.h"
#include <string.h>

/* The service that another secret's consumer names for the same file of the same host. */
static const struct consumer *neighbour(const struct trace *t, const struct trace_found *f)
{
	const struct firebreak_register *reg = t->en->reg;

	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t c = 0; c < reg->secrets[i].n_consumers; c++) {
			const struct consumer *k = &reg->secrets[i].consumers[c];

			for (uint32_t h = 0; k->service && k->file && strcmp(k->file, f->path) == 0 && h < k->hosts.n;
			     h++)
				if (k->hosts.i[h] == f->host)
					return k;
		}
	return NULL;
}

static bool can_be_written(const char *path)
{
	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return false;
	return text_is_utf8(path, strlen(path)) && strlen(path) <= LIMIT_TEXT;
}

/* What is known of one: where it is from, and who has to be told. */
struct known { struct trace_fed fed; const char *service, *restart; };

static struct known known_of(const struct trace *t, const struct trace_found *f)
{
	static const char *const restarts[] = { "puppet", "firebreak", "none" };
	struct known k = { trace_fed(t, f), NULL, NULL };
	const struct consumer *beside = neighbour(t, f);

	for (uint32_t i = 0; k.fed.item && i < k.fed.item->n_services && !k.service; i++) {
		const struct feed_service *s = &k.fed.item->services[i];

		if (s->unsure || s->told == TOLD_ORDERED || s->told == TOLD_BESIDE)
			continue;
		k.service = s->name;
		k.restart = s->told == TOLD_READER ? "firebreak" : "puppet";
	}
	if (!k.service && beside) {
		k.service = beside->service;
		k.restart = restarts[beside->restart];
	}
	return k;
}

static bool same_line(const struct trace *t, const struct trace_found *a, const struct trace_found *b)
{
	struct known x = known_of(t, a), y = known_of(t, b);

	return t->values[a->value].secret == t->values[b->value].secret && strcmp(a->path, b->path) == 0 &&
	       x.fed.item == y.fed.item && x.service == y.service;
}

static void explain(const struct trace *t, const struct known *k, struct buf *b)
{
	if (k->fed.item) {
		const struct manifest_file *at = &t->survey->manifest->files[k->fed.item->file];

		(void)buf_printf(b, "   # %s:%s:%u writes it%s", at->repository, at->path, k->fed.item->line,
				 k->fed.own ? "" : ", from another key or with no key that could be told");
	} else if (t->surveyed && t->survey->feed) {
		(void)buf_str(b, "   # no manifest that could be read writes it");
	}
	if (!k->service)
		(void)buf_str(b, k->fed.item || (t->surveyed && t->survey->feed)
			? "; service and restart are not known" : "   # service and restart are not known");
	(void)buf_char(b, '\n');
}

static void consumer(const struct trace *t, uint32_t first, bool *done, struct buf *b)
{
	const struct trace_found *f = &t->found[first];
	_cleanup_(strv_free) struct strv hosts = STRV_INIT;
	struct known k = known_of(t, f);

	for (uint32_t i = first; i < t->n_found; i++) {
		if (done[i] || !trace_is_consumer(t, &t->found[i]) || !same_line(t, f, &t->found[i]))
			continue;
		done[i] = true;
		if (!strv_has(&hosts, t->found[i].at))
			strv_add(&hosts, t->found[i].at);
	}
	(void)buf_str(b, "      - ");
	entry_consumer(b, &hosts, f->path, k.service, k.restart);
	explain(t, &k, b);
}

static void consumers(const struct trace *t, uint32_t secret, struct buf *b)
{
	const struct secret_def *s = &t->en->reg->secrets[secret];
	_cleanup_(freep) bool *done = mem_zero(t->n_found + 1, sizeof(*done));
	bool told = false;

	for (uint32_t i = 0; i < t->n_found; i++) {
		const struct trace_found *f = &t->found[i];

		if (done[i] || t->values[f->value].secret != secret || !trace_is_consumer(t, f) ||
		    !can_be_written(f->path))
			continue;
		if (!told)
			(void)buf_printf(b, "# %s:%u: below 'consumers:' of '%s'%s\n", s->at.file, s->at.line, s->name,
					 s->n_consumers ? "" : ", which it does not have yet");
		told = true;
		consumer(t, i, done, b);
	}
}

/* Where the leaf is, for a comment. */
static void at_leaf(const struct leaf *l, struct buf *b)
{
	(void)buf_printf(b, "%s:", l->repository);
	text_visible(b, l->file, strlen(l->file));
	(void)buf_printf(b, ":%u", l->line);
}

/* False: the value stands in no leaf of the file that is not declared. */
static bool twins_of_file(const struct trace *t, uint32_t secret, const struct trace_found *f, struct buf *b)
{
	const struct leaves *all = &t->survey->leaves;
	const char *tag = trace_tag(t, secret);
	bool any = false;

	for (size_t i = 0; tag && i < all->n; i++) {
		const struct leaf *l = &all->list[i];
		uint32_t of = NOTHING;

		if (strcmp(l->repository, f->at) != 0 || strcmp(l->file, f->path) != 0 || strcmp(l->tag, tag) != 0 ||
		    (of = trace_secret_of(t, l)) == secret)
			continue;
		any = true;
		if (of != NOTHING || !can_be_written(l->file) || (l->key && !can_be_written(l->key))) {
			(void)buf_str(b, "      # ");
			at_leaf(l, b);
			(void)buf_printf(b, of == NOTHING ? ": no register can name this place\n"
					 : ": a place of '%s': make them one secret, or give each a value of its own\n",
					 of == NOTHING ? "" : t->en->reg->secrets[of].name);
			continue;
		}
		(void)buf_str(b, "      - ");
		entry_place(b, l->repository, l->file, l->key);
		(void)buf_str(b, "   # ");
		at_leaf(l, b);
		(void)buf_char(b, '\n');
	}
	return any;
}

static void twins(const struct trace *t, uint32_t secret, struct buf *b)
{
	const struct secret_def *s = &t->en->reg->secrets[secret];
	bool told = false;

	for (uint32_t i = 0; i < t->n_found; i++) {
		const struct trace_found *f = &t->found[i];

		if (t->values[f->value].secret != secret || !trace_is_twin(t, f))
			continue;
		if (!told)
			(void)buf_printf(b, "# %s:%u: below 'places:' of '%s'\n", s->at.file, s->at.line, s->name);
		told = true;
		if (t->surveyed && twins_of_file(t, secret, f, b))
			continue;
		(void)buf_str(b, "      # ");
		trace_place(t, f, b);
		(void)buf_str(b, t->surveyed ? ": it stands within something there, which is no place\n"
			      : ": which place that is could not be read\n");
	}
}

void trace_proposals(const struct trace *t, struct buf *b)
{
	size_t before = b->len;

	for (uint32_t s = 0; s < t->en->reg->n_secrets; s++) {
		twins(t, s, b);
		consumers(t, s, b);
	}
	if (b->len > before && t->survey && (!t->surveyed || t->survey->gaps.n))
		(void)buf_str(b, "# manifests and private data could not all be read for this: `firebreak check` tells "
			      "what\n");
}
