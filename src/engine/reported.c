#include "engine/engine.h"

int engine_reported(struct journal *j, int64_t incident, const char *who, const char *sha256,
		    const json_t *sections, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_put(body, "sha256", sha256);
	json_object_set(body, "sections", (json_t *)(uintptr_t)sections);
	json_line(&text, body);
	return journal_append(j, &(struct row){ .kind = ROW_REPORTED, .incident = incident, .who = who,
			      .body = buf_text(&text) }, NULL, e);
}
