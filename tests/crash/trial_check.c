#include "trial.h"
#include "base/mem.h"
#include "base/text.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char *renders(struct trial *t, const char *file, const char *value)
{
	static char wrong[200];
	char text[400], want[200];

	snprintf(want, sizeof(want), "password=%s\n", value);
	if (trial_text(t, file, text, sizeof(text)) && !strcmp(text, want))
		return NULL;
	snprintf(wrong, sizeof(wrong), "'%s' does not hold the value of the private git", file);
	return wrong;
}

/* A job that is sent before its intent is on disk would be forgotten by a crash between the two. */
static const char *intents(struct trial *t)
{
	_cleanup_(trial_points_free) struct trial_points all = trial_points(t, "parent");
	unsigned written = 0, sent = 0;

	for (size_t i = 0; i < all.n; i++) {
		const char *name = all.p[i].name;

		/* A reading changes nothing, and an admin's has no step. One intent is for all the looks of a proof. */
		written += text_starts(name, "after journal intent") && !strstr(name, " values:");
		sent += text_starts(name, "before job") && !text_starts(name, "before job probe") &&
			!text_starts(name, "before job read-place");
		if (sent > written)
			return "a job was sent without an intent on disk";
	}
	return NULL;
}

/* A value in memory and not in the service's own file would be the leaked one again after a restart. */
static const char *next_start(struct trial *t, const char *value, const char *refused)
{
	const struct service_kind *k = t->service.kind;
	const char *wrong = NULL;
	struct service next;

	if (!k->next)
		return NULL;
	if (k->next(&t->service, &next) < 0)
		return "what the service keeps for its next start does not start";
	if (!k->login(&next, t->service.user, value))
		wrong = "at its next start the service would refuse the value that is to work";
	else if (refused && k->login(&next, t->service.user, refused))
		wrong = "at its next start the service would accept the old value";
	kill(next.pid, SIGKILL);
	service_kill(&next);
	return wrong;
}

const char *trial_served(struct trial *t)
{
	char text[400];
	const char *value = text + strlen("password=");

	if (!t->planned)
		return NULL;
	/* Configuration management runs whenever it likes: what it makes of the git now must work too. */
	if (t->apply == BY_COMMAND && trial_sh(t, "code=0\n./apply || code=$?\n[ $code = 0 ] || [ $code = 2 ]") != 0)
		return "the configuration cannot be applied";
	if (!trial_text(t, "host/app.conf", text, sizeof(text)))
		return "the consumer has no file";
	text[strcspn(text, "\n")] = '\0';
	if (!t->service.kind->login(&t->service, t->service.user, value))
		return "the consumer is locked out: its file holds a value that the service refuses";
	return next_start(t, value, NULL);
}

const char *trial_check(struct trial *t)
{
	const struct service_kind *k = t->service.kind;
	struct service *s = &t->service;
	char value[TRIAL_VALUE], sealed[TRIAL_VALUE], commit[64];
	const char *wrong;

	wrong = intents(t);
	if (wrong)
		return wrong;
	if (trial_value(t, value) < 0)
		return "the private git has no value";
	if (!strcmp(value, t->old))
		return "the private git has the old value";
	if (k->login(s, s->user, t->old))
		return "the old value is accepted";
	if (!k->login(s, s->user, value))
		return "the value of the private git is refused by the service";
	if (!k->login(s, s->admin_user, s->admin_password))
		return "the admin is locked out";
	if (k->session_alive(t->intruder))
		return "the intruder's session lives";
	wrong = k->together ? k->together(s, value, t->old) : NULL;
	if (!wrong)
		wrong = renders(t, "host/app.conf", value);
	if (!wrong)
		wrong = renders(t, "host/server.conf", value);
	if (wrong)
		return wrong;
	wrong = next_start(t, value, t->old);
	if (wrong)
		return wrong;
	if (trial_sealed(t, "new", sealed) < 0 || strcmp(sealed, value) != 0 || trial_sealed(t, "old", sealed) < 0 ||
	    strcmp(sealed, t->old) != 0)
		return "the journal does not have both values for a responder";
	snprintf(commit, sizeof(commit), "--grep=incident %lld)", (long long)t->incident);
	if (TRIAL_PROGRAM(t, "git", "--git-dir=remote.git", "log", "--format=format:commit%n", "--fixed-strings",
			  commit, "main") != 0 ||
	    strcmp(t->said, "commit\n") != 0)
		return "not exactly one commit of this incident";
	return trial_journal(t);
}

/* `whole: 48 rows, ...` */
const char *trial_journal(struct trial *t)
{
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;
	char promised[64];
	int64_t rows, durable = 0;

	if (TRIAL(t, "journal", "verify", "--json") != 0)
		return "the journal is not whole";
	if (json_read("verify", t->said, strlen(t->said), sizeof(t->said), &j, &e) < 0)
		return "`journal verify --json` gave no JSON";
	rows = json_int(j, "rows", -1);
	if (rows < t->rows)
		return "the journal has fewer rows than before";
	t->rows = rows;
	if (trial_text(t, "bin/durable", promised, sizeof(promised))) {
		promised[strcspn(promised, "\n")] = '\0';
		if (text_i64(promised, &durable) < 0 || rows < durable)
			return "a row that was promised to be on disk is lost";
	}
	return NULL;
}
