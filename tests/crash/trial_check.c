#include "trial.h"
#include "base/mem.h"
#include "base/text.h"
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
	unsigned written = 0, sent = 0;
	char name[64];

	for (unsigned i = 1; trial_points(t, "parent", i, name) >= i; i++) {
		/* A reading changes nothing, and an admin's has no step. One intent is for all the looks of a proof. */
		written += text_starts(name, "after journal intent") && !strstr(name, " values:");
		sent += text_starts(name, "before job") && !text_starts(name, "before job probe") &&
			!text_starts(name, "before job read-place");
		if (sent > written)
			return "a job was sent without an intent on disk";
	}
	return NULL;
}

const char *trial_check(struct trial *t)
{
	const struct service_kind *k = t->service.kind;
	struct service *s = &t->service;
	char value[TRIAL_VALUE], commits[64];
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
	wrong = renders(t, "host/app.conf", value);
	if (!wrong)
		wrong = renders(t, "host/server.conf", value);
	if (wrong)
		return wrong;
	if (*t->kept && (service_file_has(t->kept, t->old) || !service_file_has(t->kept, value)))
		return "the service's own file would bring the old value back at its next start";
	snprintf(commits, sizeof(commits), "%lld\n", (long long)t->incident);
	if (trial_sh(t, "git --git-dir=remote.git log --format=%%s main | grep -c 'incident %lld)'",
		     (long long)t->incident) != 0 || strcmp(t->said, "1\n") != 0)
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
