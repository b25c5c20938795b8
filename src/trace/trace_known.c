/* What the register says of a place where a value was found. */
#include "base/mem.h"
#include "trace/trace_parts.h"
#include <string.h>

static bool has(const struct indices *list, uint32_t host)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->i[i] == host)
			return true;
	return false;
}

static const char *words(struct trace *t, const char *before, const char *name)
{
	_cleanup_(freep) char *s = mem_printf("%s%s", before, name);

	return arena_dup(t->arena, s);
}

static uint32_t places_in(const struct secret_def *s, const struct trace_found *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n_places; i++)
		n += s->places[i].repository == f->repository && strcmp(s->places[i].file, f->path) == 0;
	return n;
}

/* A key's file that holds the value more often than the register has places in it has a twin that is not declared.
 * Values of several lines are found by several pieces, so that they cannot be counted. */
static void know_repository(struct trace *t, struct trace_found *f)
{
	const struct firebreak_register *reg = t->en->reg;
	const struct trace_value *v = &t->values[f->value];

	for (uint32_t i = 0; f->path && i < reg->n_secrets; i++) {
		uint32_t n = places_in(&reg->secrets[i], f);

		if (!n)
			continue;
		if (i != v->secret) {
			if (!f->known)
				f->known = words(t, "a file of the places of ", reg->secrets[i].name);
			continue;
		}
		bool written = !f->part && form_list[f->form].class == FORM_WRITTEN;
		bool more = written && f->state == STATE_HEAD && f->count > n;
		f->known = words(t, more ? "more often than the register has places of it there: "
			: v->which == TRACE_PRESENT ? "place of "
			: f->state == STATE_HEAD ? "the old value still stands in a place of "
			: "an earlier version of a place of ", v->name);
		f->declared = !more && v->which == TRACE_PRESENT;
		return;
	}
}

static bool ends_in(const char *path, const char *file)
{
	size_t n = strlen(path), m = strlen(file);

	return n > m && path[n - m - 1] == '/' && strcmp(path + n - m, file) == 0;
}

/* The private git's own copy on the Puppet server: its files, or its history. */
static bool is_copy(const struct trace *t, const struct secret_def *s, const struct trace_found *f)
{
	for (uint32_t i = 0; i < s->n_places; i++)
		if (has(&t->en->reg->repositories[s->places[i].repository].hosts, f->host) &&
		    (f->object ? strcmp(f->member, s->places[i].file) == 0 : ends_in(f->path, s->places[i].file)))
			return true;
	return false;
}

static void know_host(struct trace *t, struct trace_found *f)
{
	const struct firebreak_register *reg = t->en->reg;
	const struct trace_value *v = &t->values[f->value];
	bool present = v->which == TRACE_PRESENT;

	if (v->secret != NOTHING && is_copy(t, &reg->secrets[v->secret], f)) {
		f->known = words(t, "the server's copy of the place of ", v->name);
		f->declared = present;
		return;
	}
	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t c = 0; c < reg->secrets[i].n_consumers; c++) {
			const struct consumer *consumer = &reg->secrets[i].consumers[c];

			if (!consumer->file || strcmp(consumer->file, f->path) != 0 || !has(&consumer->hosts, f->host))
				continue;
			if (i == v->secret) {
				f->known = words(t, "consumer of ", v->name);
				f->declared = present;
				return;
			}
			if (!f->known)
				f->known = words(t, "a file that is a consumer of ", reg->secrets[i].name);
		}
}

static const char *const left_behind[] = {
	[ABOUT_LOGS] = "a log", [ABOUT_PUPPET] = "what Puppet handled", [ABOUT_HISTORY] = "what was typed",
	[ABOUT_BACKUP] = "a backup",
};

void trace_know(struct trace *t)
{
	for (uint32_t i = 0; i < t->n_found; i++) {
		struct trace_found *f = &t->found[i];

		if (f->repository != NOTHING)
			know_repository(t, f);
		else if (f->host != NOTHING)
			know_host(t, f);
		if (f->known || !f->path || f->repository != NOTHING || (f->object && *f->at && f->host == NOTHING) ||
		    f->about >= ARRAY_SIZE(left_behind) || !left_behind[f->about])
			continue;
		f->known = left_behind[f->about];
		/* Where the register says that backups lie the present value is where it says. */
		f->declared = f->about == ABOUT_BACKUP && t->values[f->value].which == TRACE_PRESENT &&
			      t->values[f->value].secret != NOTHING;
	}
}
