/*
 * Sessions of IMAP are Dovecot's own, and it ends those of one user. Those of SMTP are Postfix's: an authenticated one
 * survives the change, the kick and a reload, and nothing tells whose it is; so each connection to a door of Postfix
 * that takes logins is cut.
 */
#include "driver/dovecot_internal.h"
#include "base/clock.h"
#include "base/mem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 4
#define PAUSE_MS 100

/* What was there at the first look, each a word of its own: process of IMAP, socket of SMTP. */
struct open { char **s; size_t n, cap; };

static void open_free(struct open *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->s[i]);
	free(o->s);
}

static int add(struct open *o, const char *word, struct err *e)
{
	if (!GROW(o->s, o->n, o->cap, DOVECOT_SOCKETS_MAX))
		return err_set(e, ERR_LIMIT, "more than %u connections are open", DOVECOT_SOCKETS_MAX);
	o->s[o->n++] = mem_dup(word);
	return 0;
}

static bool has(const struct open *o, const char *word)
{
	for (size_t i = 0; i < o->n; i++)
		if (!strcmp(o->s[i], word))
			return true;
	return false;
}

/* "S protocol process address" of each session of the user, "C socket process from to" of each connection. */
static int list(const struct driver_job *job, const char *command, const char *user, struct open *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf said = BUF_INIT(8 << 20);
	const char *const words[] = { user, NULL };
	const char *field[5];
	char *at, word[100];
	int r = dovecot_host(job, command, words, NULL, &said, e);

	at = said.data;
	while (r == 0 && dovecot_fields(&at, field, 5)) {
		(void)snprintf(word, sizeof(word), "%s", *field[0] == 'S' ? field[2] : field[1]);
		r = add(ret, word, e);
	}
	return r;
}

static int end_imap(const struct driver_job *job, const char *user, struct err *e)
{
	const char *const words[] = { user, NULL };
	int r;

	job_changing(job);
	r = dovecot_host(job, "kick", words, NULL, NULL, e);
	if (r < 0)
		e->effect = EFFECT_UNKNOWN;
	return r;
}

static int end_smtp(const struct driver_job *job, const struct open *these, struct err *e)
{
	_cleanup_(buf_free) struct buf in = BUF_INIT(1 << 20);
	int r;

	for (size_t i = 0; i < these->n; i++)
		(void)buf_printf(&in, "%s\n", these->s[i]);
	job_changing(job);
	r = dovecot_host(job, "smtp-cut", NULL, &in, NULL, e);
	if (r < 0)
		e->effect = EFFECT_UNKNOWN;
	return r;
}

/* user NULL: of SMTP. Who comes behind the first look has logged in with what is accepted now. */
static int cut(const struct driver_job *job, const char *user, struct driver_answer *a, struct err *e)
{
	_cleanup_(open_free) struct open first = { 0 };
	const char *command = user ? "who" : "smtp";
	uint32_t left = 0;
	int r = list(job, command, user, &first, e);

	for (int i = 0; r == 0 && first.n && i < ROUNDS; i++) {
		_cleanup_(open_free) struct open now = { 0 };

		if (i > 0)
			clock_sleep_ms(PAUSE_MS);
		r = user ? end_imap(job, user, e) : end_smtp(job, &first, e);
		if (r == 0)
			r = list(job, command, user, &now, e);
		left = 0;
		for (size_t k = 0; k < now.n; k++)
			left += has(&first, now.s[k]);
		if (r == 0 && left == 0)
			break;
	}
	a->count += (uint32_t)first.n - (left < first.n ? left : (uint32_t)first.n);
	a->left += left;
	if (r == 0 && left > 0)
		r = err_set(e, ERR_REMOTE, "dovecot at '%s': %u session%s of %s did not end after %d tries",
			    job->address, left, left == 1 ? "" : "s", user ? user : "submission", ROUNDS);
	return r;
}

int dovecot_cut(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	int r = dovecot_answers(job, e);
	uint32_t imap;

	for (size_t i = 0; r == 0 && job->users[i]; i++)
		r = cut(job, job->users[i], ret, e);
	imap = ret->count;
	if (r == 0 && dovecot_has(job, DOVECOT_SMTP))
		r = cut(job, NULL, ret, e);
	if (r < 0) {
		if (ret->count > 0 && e->effect == EFFECT_NONE)
			e->effect = EFFECT_CHANGED;
		return r;
	}
	(void)snprintf(ret->text, sizeof(ret->text), "%u session%s of IMAP and %u connection%s of submission ended at "
		       "'%s', none left at the second look", imap, imap == 1 ? "" : "s", ret->count - imap,
		       ret->count - imap == 1 ? "" : "s", job->address);
	return 0;
}
