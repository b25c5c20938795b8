#include "driver/dovecot_internal.h"
#include "base/clock.h"
#include <stdio.h>
#include <string.h>

#define LOOKS_MS 1100       /* Dovecot looks at its file once a second at most */
#define SEEN_MS 6000
#define PAUSE_MS 250

/* The old one until it is refused, which may be at once: what worked ends the delays of an address, so asking again
 * trips nothing, and what was refused is not asked again. */
static int wait_refused(const struct driver_job *job, enum dovecot_protocol p, const char *user, struct err *e)
{
	int64_t until = clock_mono_us() + SEEN_MS * 1000L;
	enum dovecot_login login = DOVECOT_ACCEPTED;
	int r = 0;

	if (!job->old || secret_equal(job->old, job->new))
		return 0;
	for (;;) {
		r = dovecot_login(job, p, user, job->old, "the old value", &login, e);
		if (r < 0 || login == DOVECOT_REFUSED)
			return r;
		if (clock_mono_us() >= until || job_left_ms(job) < 2L * PAUSE_MS)
			return err_set(e, ERR_REMOTE, "dovecot at '%s': %s accepts the old value of '%s' still, "
				       "although its host has the new one: is there another passdb that knows it, or "
				       "another server behind the address", job->address, dovecot_protocol_name(p),
				       user);
		clock_sleep_ms(PAUSE_MS);
	}
}

/* Refused once, when Dovecot may not have looked at its file yet: that the old value is refused does not tell, where
 * the host had a third one. */
static int ask_new(const struct driver_job *job, enum dovecot_protocol p, const char *user, int64_t written_us,
		   enum dovecot_login *ret, struct err *e)
{
	int r = dovecot_login(job, p, user, job->new, "the new value", ret, e);
	int64_t left_ms = LOOKS_MS - (clock_mono_us() - written_us) / 1000;

	if (r < 0 || *ret == DOVECOT_ACCEPTED || job_left_ms(job) < LOOKS_MS)
		return r;
	clock_sleep_ms(left_ms > 0 ? left_ms : 0);
	return dovecot_login(job, p, user, job->new, "the new value", ret, e);
}

static int confirm(const struct driver_job *job, const char *user, int64_t written_us, struct err *e)
{
	for (enum dovecot_protocol p = 0; p < DOVECOT_PROTOCOLS; p++) {
		enum dovecot_login login = DOVECOT_REFUSED;
		int r;

		if (!dovecot_has(job, p))
			continue;
		r = wait_refused(job, p, user, e);
		if (r == 0)
			r = ask_new(job, p, user, written_us, &login, e);
		if (r < 0)
			return r;
		if (login == DOVECOT_REFUSED)
			return err_set(e, ERR_REMOTE, "dovecot at '%s': %s refuses the new value of '%s', although its "
				       "host has it: is the register's 'file' the one that Dovecot reads", job->address,
				       dovecot_protocol_name(p), user);
	}
	return 0;
}

static int change_user(const struct driver_job *job, const char *user, bool *written, struct err *e)
{
	const char *file = job_option(job, "file");
	const char *words[] = { user, "", NULL };
	bool now = false;
	int r = dovecot_store(job, user, &now, e);

	*written = *written || now;
	if (file && !now)
		words[1] = file;
	/* Dovecot's own cache keeps an old value as good for an hour, where the team has switched it on; and a file
	 * that somebody else wrote it may not have seen. */
	if (r == 0)
		r = dovecot_host(job, "flush", words, NULL, NULL, e);
	if (r == 0)
		r = confirm(job, user, clock_mono_us(), e);
	if (r < 0 && *written && e->effect == EFFECT_NONE)
		e->effect = EFFECT_CHANGED;
	return r;
}

int dovecot_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	bool written = false;
	size_t n = 0;
	int r;

	if (!job->new)
		return err_set(e, ERR_BUG, "dovecot: change without a new value");
	r = dovecot_answers(job, e);
	for (; r == 0 && job->users[n]; n++)
		r = change_user(job, job->users[n], &written, e);
	if (r < 0)
		return r;
	(void)snprintf(ret->text, sizeof(ret->text), "%zu user%s at '%s' ha%s the new value and no other", n,
		       n == 1 ? "" : "s", job->address, n == 1 ? "s" : "ve");
	return 0;
}
