/* The second path says that the responder still comes in: the containment stays, also over a restart. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <stdio.h>
#include <string.h>

#define OLDER "this connection is older than the block: it confirms nothing; a new one over the second path is needed"

/* A connection that was there before the block shows nothing about a new one. */
static int check_way(const json_t *marker, const char *connection, struct err *e)
{
	const json_t *before = json_object_get(marker, "connections");
	char address[64], own[80];
	unsigned port;

	if (!connection || sscanf(connection, "%63s %u", address, &port) != 2)
		return err_set(e, ERR_REFUSED, "the host does not say over which connection this comes");
	(void)snprintf(own, sizeof(own), "%s %u", strncmp(address, "::ffff:", 7) ? address : address + 7, port);
	for (size_t k = 0; k < json_array_size(before); k++)
		if (!strcmp(json_string_value(json_array_get(before, k)), own))
			return err_set(e, ERR_REFUSED, "%s", OLDER);
	return 0;
}

static int check_marker(const json_t *marker, const struct hold_request *q, struct err *e)
{
	const char *label = json_str(marker, "label");

	if (!marker || hold_is(marker, HOLD_UNDONE))
		return err_set(e, ERR_REMOTE, "it is not contained%s", marker ? " any more: its dead-man has undone it"
										: "");
	if (!label || strcmp(label, q->label) != 0)
		return err_set(e, ERR_CONFLICT, "something else holds it: '%.60s'", label ? label : "");
	return 0;
}

static int keep(struct scout_out *o, json_t *marker, struct err *e)
{
	int r;

	json_put(marker, "state", HOLD_CONFIRMED);
	json_object_del(marker, "previous");
	r = hold_write(o, marker, e);
	if (r < 0)
		return r;
	e->effect = EFFECT_CHANGED;
	json_put(o->result, "state", HOLD_CONFIRMED);
	json_put(o->result, "kept", hold_keep(o, marker, e) == 0 ? hold_kept(o) : e->text);
	return 0;
}

int scout_confirm(const json_t *request, struct scout_out *o, struct err *e)
{
	_cleanup_(json_freep) json_t *marker = NULL;
	_cleanup_(freep) char *connection = NULL;
	_cleanup_(closep) int lock = -1;
	struct hold_request q;
	bool stands;
	int r = hold_request(request, &q, e);

	if (r == 0)
		r = hold_lock(o, &lock, e);
	if (r < 0)
		return r;
	marker = hold_read(o);
	connection = hold_connection(o);
	json_put(o->result, "connection", connection);
	r = check_marker(marker, &q, e);
	stands = r == 0 && hold_nft_stands(o, q.label);
	/* also where it is not confirmed: who asks has to know whether it goes or stays */
	json_put(o->result, "state", stands ? json_str(marker, "state") : HOLD_UNDONE);
	if (r < 0 || (r = check_way(marker, connection, e)) < 0)
		return r;
	if (!stands)
		return err_set(e, ERR_REMOTE, "somebody took the rules away since they were made");
	r = keep(o, marker, e);
	(void)snprintf(o->text, sizeof(o->text), "confirmed");
	return r;
}
