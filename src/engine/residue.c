#include "base/strv.h"
#include "engine/engine.h"

static json_t *list_json(struct strv *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_string(v->s[i]));
	strv_free(v);
	return list;
}

static void add(struct strv *v, const char *path)
{
	if (path && !strv_has(v, path))
		strv_add(v, path);
}

static void add_consumers(const struct firebreak_register *reg, uint32_t host, struct strv *v)
{
	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t c = 0; c < reg->secrets[i].n_consumers; c++) {
			const struct consumer *consumer = &reg->secrets[i].consumers[c];

			for (uint32_t h = 0; h < consumer->hosts.n; h++)
				if (consumer->hosts.i[h] == host)
					add(v, consumer->file);
		}
}

void engine_residue_places(const struct engine *en, uint32_t host, bool wide, json_t *job)
{
	const struct firebreak_register *reg = en->reg;
	struct strv paths = STRV_INIT, leave = STRV_INIT;

	if (wide)
		add_consumers(reg, host, &paths);
	for (uint32_t i = 0; i < reg->hosts[host].logs.n; i++)
		add(&paths, reg->hosts[host].logs.s[i]);
	for (uint32_t i = 0; i < reg->n_trace; i++) {
		const struct trace_place *p = &reg->trace[i];

		if (trace_is_for(p, host) && (wide || p->what != TRACE_BACKUP))
			add(p->what == TRACE_LEAVE ? &leave : &paths, p->path);
	}
	for (uint32_t i = 0; en->places && i < en->places->n; i++)
		if (wide || en->places->list[i].about == ABOUT_PUPPET)
			add(&paths, en->places->list[i].path);
	json_object_set_new(job, "paths", list_json(&paths));
	json_object_set_new(job, "leave", list_json(&leave));
}
