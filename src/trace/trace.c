#include "base/fs.h"
#include "base/mem.h"
#include "trace/trace_parts.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_gap(struct trace *t, enum unread kind, const char *repository, const char *file, const char *fmt, ...)
{
	char why[600];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	gaps_add(&t->gaps, &(struct gap){ .kind = kind, .repository = repository, .file = file }, "%s", why);
}

bool trace_is_wanted(const struct trace *t, uint32_t value)
{
	return !forms_too_plain(t->values[value].value);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Of a history: versions of one file are one finding, told as the first that brought the value and the state that is
 * nearest to now. */
static void join(struct trace_found *into, const struct trace_found *f)
{
	if (f->state < into->state || (f->state == into->state && f->at_s > into->newest_s)) {
		into->newest_s = f->at_s;
		into->form = f->form;
		into->part = f->part;
		into->line = f->line;
		into->count = f->count;
		into->object = f->object;
		into->branch = f->branch;
	}
	if (f->state < into->state)
		into->state = f->state;
	if (f->commit && (!into->commit || f->at_s < into->at_s)) {
		into->commit = f->commit;
		into->who = f->who;
		into->at_s = f->at_s;
	}
	into->versions += f->versions;
}

struct trace_found *trace_add(struct trace *t, const struct trace_found *f)
{
	for (uint32_t i = 0; f->path && i < t->n_found; i++) {
		struct trace_found *o = &t->found[i];

		if (o->value == f->value && same(o->path, f->path) && same(o->member, f->member) && same(o->at,
			f->at) &&
		    (o->state == STATE_FILE) == (f->state == STATE_FILE)) {
			join(o, f);
			return o;
		}
	}
	if (!GROW(t->found, t->n_found, t->cap_found, TRACE_FOUND_MAX)) {
		t->more++;
		return NULL;
	}
	t->found[t->n_found] = *f;
	t->found[t->n_found].newest_s = f->at_s;
	return &t->found[t->n_found++];
}

const char *const *trace_users(const struct trace *t, const struct trace_value *v, struct strv *room)
{
	const struct secret_def *s = v->secret == NOTHING ? NULL : &t->en->reg->secrets[v->secret];

	for (uint32_t a = 0; s && a < s->n_accounts; a++)
		for (uint32_t u = 0; u < s->accounts[a].users.n; u++)
			if (!strv_has(room, s->accounts[a].users.s[u]))
				strv_add(room, s->accounts[a].users.s[u]);
	return room->n ? (const char *const *)room->s : NULL;
}

static int by_place(const void *a, const void *b)
{
	const struct trace_found *x = a, *y = b;
	int r = x->value < y->value ? -1 : x->value > y->value;

	if (!r)
		r = (int)x->declared - (int)y->declared;
	if (!r)
		r = (int)x->state - (int)y->state;
	if (!r)
		r = strcmp(x->at, y->at);
	if (!r)
		r = strcmp(x->path ? x->path : "", y->path ? y->path : "");
	return r ? r : x->line < y->line ? -1 : x->line > y->line;
}

int trace_run(struct trace *t, struct err *e)
{
	int r;

	t->arena = arena_new();
	for (uint32_t i = 0; i < t->n_values; i++) {
		const char *why = forms_too_plain(t->values[i].value);

		if (why)
			trace_gap(t, UNREAD_KEY, t->values[i].name, NULL, "the %svalue %s: it was not looked for, "
				  "because it would "
				  "be found everywhere", t->values[i].which == TRACE_OLD ? "old " : "", why);
	}
	r = trace_repositories(t, e);
	if (r == 0)
		r = trace_hosts(t, e);
	if (r < 0)
		return r;
	trace_know(t);
	trace_read_public(t);
	if (t->n_found)
		qsort(t->found, t->n_found, sizeof(*t->found), by_place);
	if (t->more)
		trace_gap(t, UNREAD_LARGE, NULL, NULL, "%llu more places were found than are told",
			  (unsigned long long)t->more);
	return 0;
}

void trace_free(struct trace *t)
{
	gaps_free(&t->gaps);
	free(t->found);
	arena_freep(&t->arena);
}
