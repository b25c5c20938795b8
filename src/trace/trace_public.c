/* What the public manifests and the private data say of a place that nobody declared. */
#include "base/mem.h"
#include "base/text.h"
#include "trace/trace_parts.h"
#include <string.h>

/* A file that somebody is to know of: what a service reads, with the value itself in it. */
bool trace_is_consumer(const struct trace *t, const struct trace_found *f)
{
	const struct trace_value *v = &t->values[f->value];

	return f->host != NOTHING && v->secret != NOTHING && v->which == TRACE_PRESENT && !f->declared && !f->member &&
	       (f->about == ABOUT_CONFIGURATION || f->about == ABOUT_DATA) && form_list[f->form].class != FORM_HASHED;
}

/* A file of a private repository that holds the value now, and more often than the register says. */
bool trace_is_twin(const struct trace *t, const struct trace_found *f)
{
	const struct trace_value *v = &t->values[f->value];

	if (f->repository == NOTHING || v->secret == NOTHING || v->which != TRACE_PRESENT || f->declared || !f->path)
		return false;
	enum repository_kind kind = t->en->reg->repositories[f->repository].kind;

	return f->state == STATE_HEAD && form_list[f->form].class != FORM_HASHED &&
	       (kind == REPOSITORY_PRIVATE || kind == REPOSITORY_SSL_KEYS);
}

void trace_read_public(struct trace *t)
{
	struct err e = ERR_INIT;
	bool wanted = false;

	for (uint32_t i = 0; i < t->n_found; i++)
		wanted = wanted || trace_is_consumer(t, &t->found[i]) || trace_is_twin(t, &t->found[i]);
	t->surveyed = wanted && t->survey && survey_read(t->survey, &e) == 0;
}

static bool has_host(const struct feed_item *i, uint32_t host)
{
	for (uint32_t k = 0; k < i->n_hosts; k++)
		if (i->hosts[k] == host)
			return true;
	return false;
}

/* The item's file, when it comes from one of the secret's places; NULL: it does not. */
static const char *target_of(const struct trace *t, const struct secret_def *s, const struct feed_item *i)
{
	const struct feed *feed = t->survey->feed;
	const struct feed_origin *o = &feed->origins[i->origin];

	for (uint32_t k = 0; k < s->n_places; k++) {
		const struct place *p = &s->places[k];

		if (p->key ? feed_is_key(o, p->key)
			   : feed_is_file(o, t->en->reg->repositories[p->repository].name, p->file))
			return feed_target(t->arena, feed, i, p->key ? p->key : p->file);
	}
	return NULL;
}

struct trace_fed trace_fed(const struct trace *t, const struct trace_found *f)
{
	const struct secret_def *s = &t->en->reg->secrets[t->values[f->value].secret];
	struct trace_fed ret = { NULL, false };

	for (uint32_t k = 0; t->surveyed && t->survey->feed && k < t->survey->feed->n_items; k++) {
		const struct feed_item *i = &t->survey->feed->items[k];

		if (i->sink != SINK_FILE || !has_host(i, f->host))
			continue;
		const char *own = target_of(t, s, i);

		if (own ? text_matches(own, f->path) : !ret.item && strcmp(i->target, f->path) == 0) {
			ret = (struct trace_fed){ i, own != NULL };
			if (own)
				break;
		}
	}
	return ret;
}

static bool is_place(const struct trace *t, const struct place *p, const struct leaf *l)
{
	return strcmp(t->en->reg->repositories[p->repository].name, l->repository) == 0 &&
	       strcmp(p->file, l->file) == 0 && !p->key == !l->key && (!p->key || strcmp(p->key, l->key) == 0);
}

uint32_t trace_secret_of(const struct trace *t, const struct leaf *l)
{
	const struct firebreak_register *reg = t->en->reg;

	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t k = 0; k < reg->secrets[i].n_places; k++)
			if (is_place(t, &reg->secrets[i].places[k], l))
				return i;
	return NOTHING;
}

const char *trace_tag(const struct trace *t, uint32_t secret)
{
	const struct leaves *all = &t->survey->leaves;

	for (size_t i = 0; t->surveyed && i < all->n; i++)
		if (all->list[i].tag[0] && trace_secret_of(t, &all->list[i]) == secret)
			return all->list[i].tag;
	return NULL;
}
