/* Consumers that nobody declared, as lines for the register. */
#include "base/mem.h"
#include "base/text.h"
#include "trace/trace_parts.h"
#include <string.h>

/* A file that somebody is to know of: what a service reads, with the value itself in it. */
static bool is_consumer(const struct trace *t, const struct trace_found *f)
{
	const struct trace_value *v = &t->values[f->value];

	return f->host != NOTHING && v->secret != NOTHING && v->which == TRACE_PRESENT && !f->declared && !f->member &&
	       (f->about == ABOUT_CONFIGURATION || f->about == ABOUT_DATA) && form_list[f->form].class != FORM_HASHED;
}

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

/* A word of YAML in single quotes. */
static void quoted(struct buf *b, const char *s)
{
	(void)buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			(void)buf_char(b, '\'');
		(void)buf_char(b, *s);
	}
	(void)buf_char(b, '\'');
}

static bool can_be_written(const char *path)
{
	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return false;
	return text_is_utf8(path, strlen(path)) && strlen(path) <= LIMIT_TEXT;
}

static bool same_line(const struct trace *t, const struct trace_found *a, const struct trace_found *b)
{
	return t->values[a->value].secret == t->values[b->value].secret && strcmp(a->path, b->path) == 0 &&
	       neighbour(t, a) == neighbour(t, b);
}

static void propose(const struct trace *t, uint32_t first, bool *done, struct buf *b)
{
	static const char *const restarts[] = { "puppet", "firebreak", "none" };
	const struct trace_found *f = &t->found[first];
	const struct consumer *k = neighbour(t, f);
	const char *comma = "";

	(void)buf_str(b, "      - {hosts: [");
	for (uint32_t i = first; i < t->n_found; i++) {
		if (done[i] || !is_consumer(t, &t->found[i]) || !same_line(t, f, &t->found[i]))
			continue;
		done[i] = true;
		(void)buf_printf(b, "%s%s", comma, t->found[i].at);
		comma = ", ";
	}
	(void)buf_str(b, "], file: ");
	quoted(b, f->path);
	if (k)
		(void)buf_printf(b, ", service: %s, restart: %s", k->service, restarts[k->restart]);
	(void)buf_str(b, k ? "}\n" : "}   # service and restart are not known\n");
}

void trace_proposals(const struct trace *t, struct buf *b)
{
	const struct firebreak_register *reg = t->en->reg;
	_cleanup_(freep) bool *done = mem_zero(t->n_found + 1, sizeof(*done));

	for (uint32_t s = 0; s < reg->n_secrets; s++) {
		bool told = false;

		for (uint32_t i = 0; i < t->n_found; i++) {
			const struct trace_found *f = &t->found[i];

			if (done[i] || t->values[f->value].secret != s || !is_consumer(t, f) ||
			    !can_be_written(f->path))
				continue;
			if (!told)
				(void)buf_printf(b, "# %s:%u: below 'consumers:' of '%s'%s\n", reg->secrets[s].at.file,
						 reg->secrets[s].at.line, reg->secrets[s].name,
						 reg->secrets[s].n_consumers ? "" : ", which it does not have yet");
			told = true;
			propose(t, i, done, b);
		}
	}
}
