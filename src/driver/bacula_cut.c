/*
 * No daemon of Bacula ends one console or one director that is connected, and none tells whose a connection is: a
 * restart ends them all. Which ones there were, and that they are gone, is asked of the host and not of the daemon.
 */
#include "driver/bacula_internal.h"
#include <stdio.h>

static uint32_t still_there(const struct bacula_peers *before, const struct bacula_peers *after)
{
	uint32_t n = 0;

	for (size_t i = 0; i < before->n; i++)
		n += bacula_peers_has(after, before->peer[i]);
	return n;
}

int bacula_cut(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(bacula_peers_free) struct bacula_peers before = { 0 }, after = { 0 };
	struct bacula b = { 0 };
	int r = bacula_manage(job, true, &b, e);

	bacula_close(&b);
	if (r == 0)
		r = bacula_peers(job, &before, e);
	if (r < 0)
		return r;
	if (before.n == 0) {
		(void) snprintf(ret->text, sizeof(ret->text), "nothing is connected to the %s at '%s'",
				bacula_kind(job)->title, job->address);
		return 0;
	}
	r = bacula_restart(job, e);
	if (r < 0)
		return r;
	r = bacula_peers(job, &after, e);
	if (r < 0) {
		if (e)
			e->effect = EFFECT_CHANGED;
		return r;
	}
	ret->left = still_there(&before, &after);
	ret->count = (uint32_t)before.n - ret->left;
	if (ret->left > 0) {
		(void) err_set(e, ERR_REMOTE, "bacula at '%s': %u connection%s outlived the restart of the %s",
			       job->address, ret->left, ret->left == 1 ? "" : "s", bacula_kind(job)->title);
		if (e)
			e->effect = EFFECT_CHANGED;
		return -ERR_REMOTE;
	}
	(void) snprintf(ret->text, sizeof(ret->text), "the %s at '%s' was restarted: %u connection%s ended, none left "
			"at "
			"the second look", bacula_kind(job)->title, job->address, ret->count,
			ret->count == 1 ? "" : "s");
	return 0;
}
