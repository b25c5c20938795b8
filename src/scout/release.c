/* Lets this host free again: what contain and confirm made, and nothing else. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <string.h>

static bool stands_without_marker(const struct scout_out *o, int64_t incident)
{
	static const enum contain_level levels[] = { LEVEL_ISOLATE, LEVEL_PORT22 };

	for (size_t k = 0; k < ARRAY_SIZE(levels); k++) {
		_cleanup_(freep) char *label = mem_printf("firebreak incident %lld %s", (long long)incident,
							  contain_levels[levels[k]].name);

		if (hold_nft_stands(o, label))
			return true;
	}
	return false;
}

static int undo(const struct scout_out *o, struct err *e)
{
	int r;

	e->effect = EFFECT_UNKNOWN;
	r = hold_nft_remove(o, e);
	return r < 0 ? r : hold_keep_not(o, e);
}

static const char *found(bool stands, uint32_t locks)
{
	return stands ? "it stood" : locks ? "no block stood, Puppet's agent was disabled"
			   : "nothing of this incident stood";
}

int scout_release(const json_t *request, struct scout_out *o, struct err *e)
{
	int64_t incident = json_int(request, "incident", 0), held;
	_cleanup_(json_freep) json_t *marker = NULL;
	_cleanup_(freep) char *connection = hold_connection(o);
	_cleanup_(closep) int lock = -1;
	struct hold_request q;
	uint32_t locks = 0;
	bool stands;
	int r = hold_request(request, &q, e);

	if (r == 0)
		r = hold_lock(o, &lock, e);
	if (r < 0)
		return r;
	marker = hold_read(o);
	held = marker && !hold_is(marker, HOLD_UNDONE) ? json_int(marker, "incident", 0) : 0;
	stands = held == incident || (!marker && stands_without_marker(o, incident));
	if (held && held != incident)
		return err_set(e, ERR_CONFLICT, "incident %lld holds it, not this one", (long long)held);
	hold_addresses(connection, o->result);
	if (stands || marker) {
		r = undo(o, e);
		if (r < 0)
			return r;
	}
	json_put(o->result, "state", HOLD_UNDONE);
	/* also where the host started again before it was confirmed, and has no marker any more */
	r = hold_puppet_unlock(o, incident, &locks, e);
	if (r < 0)
		return r;
	hold_forget(o);
	json_put(o->result, "found", found(stands, locks));
	json_t *ports = json_array(), *none = json_array();

	r = hold_look(o, &q.rules, ports, none, e);
	json_object_set_new(o->result, "ports", ports);
	json_decref(none);
	(void)snprintf(o->text, sizeof(o->text), "%s",
		       stands || locks ? "released" : "nothing of this incident stood there");
	return r;
}
