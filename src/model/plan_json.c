#include "base/mem.h"
#include "model/plan.h"

static json_t *ids(const struct plan *p, const uint32_t *list, uint32_t n)
{
	json_t *j = json_array();

	for (uint32_t i = 0; i < n; i++)
		json_array_append_new(j, json_string(p->steps[list[i]].id));
	return j;
}

static json_t *step_json(const struct plan *p, const struct step *s, const struct firebreak_register *r)
{
	json_t *j = json_object();

	json_put(j, "id", s->id);
	json_put(j, "do", step_do_name(s->what));
	json_put(j, "title", s->title);
	json_put(j, "why", s->why);
	json_put(j, "text", s->text);
	json_put(j, "secret", s->secret == NOTHING ? NULL : r->secrets[s->secret].name);
	json_put(j, "account", s->secret == NOTHING || s->account == NOTHING ? NULL
			: r->secrets[s->secret].accounts[s->account].address);
	json_put(j, "host", s->host == NOTHING ? NULL : r->hosts[s->host].name);
	json_put(j, "interrupts", s->interrupts);
	json_put(j, "cannot", s->cannot);
	if (s->person)
		json_object_set_new(j, "person", json_true());
	json_put_int(j, "limit_ms", s->limit_ms);
	json_object_set_new(j, "after", ids(p, s->after, s->n_after));
	json_object_set_new(j, "behind", ids(p, s->behind, s->n_behind));
	return j;
}

json_t *plan_json(const struct plan *p, const struct firebreak_register *r)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->n; i++)
		json_array_append_new(list, step_json(p, &p->steps[i], r));
	return list;
}

static void quoted(struct buf *b, const char *s)
{
	buf_char(b, '"');
	for (; *s; s++)
		buf_printf(b, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
	buf_char(b, '"');
}

static void arrows(struct buf *b, const struct plan *p, const struct step *s, const uint32_t *list, uint32_t n,
		   const char *style)
{
	for (uint32_t i = 0; i < n; i++) {
		buf_str(b, "  ");
		quoted(b, p->steps[list[i]].id);
		buf_str(b, " -> ");
		quoted(b, s->id);
		buf_printf(b, "%s;\n", style);
	}
}

void plan_dot(const struct plan *p, struct buf *b)
{
	buf_str(b, "digraph plan {\n  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n");
	for (uint32_t i = 0; i < p->n; i++) {
		buf_str(b, "  ");
		quoted(b, p->steps[i].id);
		buf_str(b, " [label=");
		quoted(b, p->steps[i].title);
		buf_printf(b, "%s];\n", p->steps[i].person ? ", style=dashed" : "");
	}
	for (uint32_t i = 0; i < p->n; i++) {
		arrows(b, p, &p->steps[i], p->steps[i].after, p->steps[i].n_after, "");
		arrows(b, p, &p->steps[i], p->steps[i].behind, p->steps[i].n_behind, " [style=dotted]");
	}
	buf_str(b, "}\n");
}
