#include "driver/bacula_internal.h"
#include "base/mem.h"
#include <stdio.h>
#include <string.h>

/* "0 0 127.0.0.1:9101 10.0.0.7:40572": the last word of each line. */
static int take(const char *line, size_t len, struct bacula_peers *p, struct err *e)
{
	size_t end = len, begin;

	while (end > 0 && line[end - 1] == ' ')
		end--;
	for (begin = end; begin > 0 && line[begin - 1] != ' '; begin--)
		;
	if (begin == end)
		return 0;
	if (!GROW(p->peer, p->n, p->cap, BACULA_PEERS_MAX))
		return err_set(e, ERR_LIMIT, "more than %u connections to one daemon", BACULA_PEERS_MAX);
	(void) snprintf(p->peer[p->n], sizeof(p->peer[0]), "%.*s", (int)(end - begin < 63 ? end - begin : 63),
			line + begin);
	p->n++;
	return 0;
}

int bacula_peers(const struct driver_job *job, struct bacula_peers *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 20);
	_cleanup_(bacula_peers_free) struct bacula_peers p = { 0 };
	const char *colon = strrchr(job->address, ':');
	char filter[64];
	int r;

	(void) snprintf(filter, sizeof(filter), "sport = %.20s", colon ? colon : ":");
	r = job_host_run(job, (const char *const[]){ "ss", "-Htn", "state", "established", filter, NULL }, &out, e);
	for (const char *at = buf_text(&out); r == 0 && *at; ) {
		size_t len = strcspn(at, "\n");

		r = take(at, len, &p, e);
		at += len + (at[len] == '\n');
	}
	if (r < 0)
		return r;
	*ret = p;
	p = (struct bacula_peers){ 0 };
	return 0;
}

bool bacula_peers_has(const struct bacula_peers *p, const char *peer)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->peer[i], peer) == 0)
			return true;
	}
	return false;
}

void bacula_peers_free(struct bacula_peers *p)
{
	free(p->peer);
	*p = (struct bacula_peers){ 0 };
}
