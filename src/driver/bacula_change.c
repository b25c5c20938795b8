/* A daemon's value stands in its file: the file is changed on its host, held against the daemon's own check, and read
 * by the daemon: a director reads it when it is told to, client and storage at a start only. */
#include "driver/bacula_internal.h"
#include "base/clock.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

/* Each try that is refused keeps one of the director's few places for five seconds. */
#define RELOAD_PAUSE_MS 1000
#define RELOAD_TRIES 4
#define PAIR_MS 20000

static const char *file_of(const struct driver_job *job)
{
	const char *file = job_option(job, "file");

	return file ? file : bacula_kind(job)->file;
}

static int must_hold(const struct driver_job *job, const struct bacula_conf *c, struct err *e)
{
	const char *const *users = bacula_users(job);

	for (size_t u = 0; users[u]; u++) {
		bool has = false;

		for (size_t i = 0; i < c->n; i++)
			has |= bacula_conf_is(&c->p[i], users[u], bacula_is_director(job));
		if (!has)
			return err_set(e, ERR_REMOTE, "bacula at '%s': '%s' has no password of '%s'%s", job->address,
				       file_of(job), users[u], c->includes ? "; it takes in other files: name the one "
				       "that has it in the option file" : ": is the name in the register right");
	}
	return 0;
}

static int write_file(const struct driver_job *job, size_t *changed, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(1 << 20), to = BUF_WIPED(2 << 20);
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	const char *part = job_option(job, "part");
	const char *const check[] = { bacula_kind(job)->program, "-t", "-c", NULL };
	int r = job_host_read(job, file_of(job), &text, e);

	if (r < 0)
		return r;
	r = bacula_conf_read(buf_text(&text), text.len, &c, e);
	if (r < 0)
		return err_wrap(e, "bacula at '%s': '%s'", job->address, file_of(job));
	r = must_hold(job, &c, e);
	if (r == 0)
		r = bacula_conf_edit(&text, &c, job, &to, changed, e);
	if (r < 0)
		return r;
	/* A file that is taken in by another one is no whole configuration: the daemon cannot check it by itself. */
	return *changed ? job_host_write(job, file_of(job), &to, part && strcmp(part, "yes") == 0 ? NULL : check, e) :
		0;
}

static int accepts_now(const struct driver_job *job, enum accepts *ret, struct err *e)
{
	struct driver_answer a = { 0 };
	int r = bacula_probe(job, &a, e);

	*ret = a.accepts;
	if (r == 0 && a.accepts == ACCEPTS_UNREACHABLE)
		return err_set(e, ERR_NET, "%s", a.text);
	return r;
}

/* `reload` says nothing, whether it worked or not. */
static int reload(struct bacula *b, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	enum accepts now = ACCEPTS_OLD;
	int r;

	job_changing(b->job);
	r = bacula_ask(b, "reload", &words, e);
	for (int i = 0; r == 0 && i < RELOAD_TRIES; i++) {
		if (i > 0)
			clock_sleep_ms(RELOAD_PAUSE_MS);
		r = accepts_now(b->job, &now, e);
		if (r == 0 && now == ACCEPTS_NEW)
			return 0;
	}
	return r < 0 ? r : err_set(e, ERR_REMOTE, "the director was told to read its file again and does not accept "
				   "the new "
				   "value alone: what stands in its log");
}

static bool connected(const char *words)
{
	return strstr(words, " Version: ") && !strstr(words, "Failed to connect");
}

static void ask_pair(struct bacula *b, const char *what, const char *name, struct driver_answer *a)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	struct err why = ERR_INIT;
	char line[200];
	bool ok;

	(void) snprintf(line, sizeof(line), "status %s=\"%.100s\"", what, name);
	ok = bacula_ask(b, line, &words, &why) == 0 && connected(buf_text(&words));
	(void) snprintf(line, sizeof(line), "status of %s '%.100s' as the director asks for it", what, name);
	job_tried(b->job, line, ok ? "connected" : why.code ? why.text : "failed to connect");
	if (!ok)
		job_finding(a, "high", "pair", "the director does not reach %s '%.100s': is it down, or does it hold "
			    "another "
			    "value than the director now presents", what, name);
}

/* All move together: whom the director presents the value to is asked through it, for as long as there is time. */
static void ask_pairs(struct bacula *b, const char *what, const char *list_command, int64_t until_us,
		      struct driver_answer *a)
{
	_cleanup_(buf_free) struct buf names = BUF_INIT(BACULA_TEXT_MAX);
	struct err e = ERR_INIT;
	int r = bacula_ask(b, list_command, &names, &e);

	if (r < 0) {
		job_finding(a, "medium", "pair", "which %ss the director knows cannot be asked: %.200s", what, e.text);
		return;
	}
	for (char *at = names.data; at && *at; ) {
		size_t len = strcspn(at, "\n");
		bool more = at[len] == '\n';

		at[len] = '\0';
		if (*at && clock_mono_us() >= until_us)
			job_finding(a, "medium", "pair", "%s '%.100s' was not asked: the time was up", what, at);
		else if (*at && !strchr(at, '"'))
			ask_pair(b, what, at, a);
		at += len + more;
	}
}

static void pairs(const struct driver_job *job, struct driver_answer *a)
{
	struct bacula b = { 0 };
	struct err e = ERR_INIT;
	int64_t until = clock_mono_us() + job_limit_ms(job, PAIR_MS) / 2 * 1000;

	if (bacula_manage(job, true, &b, &e) < 0) {
		job_finding(a, "medium", "pair", "clients and storages were not asked for: %.200s", e.text);
		return;
	}
	ask_pairs(&b, "client", ".clients", until, a);
	ask_pairs(&b, "storage", ".storage", until, a);
	bacula_close(&b);
}

static int finish(const struct driver_job *job, struct bacula *b, size_t changed, struct driver_answer *ret,
		  struct err *e)
{
	enum accepts now = ACCEPTS_UNREACHABLE;
	int r = bacula_is_director(job) ? 0 : accepts_now(job, &now, e);

	if (r == 0 && bacula_is_director(job)) {
		r = reload(b, e);
	} else if (r == 0 && (changed || now != ACCEPTS_NEW)) {
		/* Its file may have had the new value before us: was it read? */
		r = bacula_restart(job, e);
		if (r == 0)
			r = accepts_now(job, &now, e);
	}
	if (r == 0 && bacula_is_director(job))
		now = ACCEPTS_NEW;
	if (r == 0 && now != ACCEPTS_NEW)
		r = err_set(e, ERR_REMOTE, "the %s does not accept the new value alone, but %s",
			    bacula_kind(job)->title,
			    accepts_name(now));
	if (r < 0) {
		(void) err_wrap(e, "bacula at '%s'", job->address);
		if (e && e->effect == EFFECT_NONE)
			e->effect = EFFECT_UNKNOWN;
		return r;
	}
	ret->count = (uint32_t)changed;
	(void) snprintf(ret->text, sizeof(ret->text), "%s: %zu place%s changed, and the %s at '%s' accepts the new "
			"value "
			"alone", file_of(job), changed, changed == 1 ? "" : "s", bacula_kind(job)->title, job->address);
	return 0;
}

int bacula_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct bacula b = { 0 };
	size_t changed = 0;
	int r;

	if (!job->new)
		return err_set(e, ERR_CONFIG, "bacula at '%s': there is no new value to change to", job->address);
	/* Client and storage need nobody's leave: who may write their file may change it, whatever it holds now. */
	r = bacula_is_director(job) ? bacula_manage(job, false, &b, e) : bacula_answers(job, e);
	if (r == 0)
		r = write_file(job, &changed, e);
	if (r == 0)
		r = finish(job, &b, changed, ret, e);
	bacula_close(&b);
	if (r == 0 && bacula_is_director(job))
		pairs(job, ret);
	return r;
}
