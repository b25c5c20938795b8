#include "engine/notice.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

static int append(const struct engine *en, const struct incident *i, enum row_kind kind, const json_t *body,
		  struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = kind, .incident = i->number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

/* One paragraph: a line break inside would be shown as \n to those who read it. */
static int check_words(const char *text, const char *option, struct err *e)
{
	size_t len = text ? strlen(text) : 0;

	if (!len)
		return err_set(e, ERR_USAGE, "%s '...' is needed", option);
	if (len > NOTICE_WORDS_MAX || !text_is_utf8(text, len))
		return err_set(e, ERR_USAGE, "%s: at most %u bytes of text are taken", option, NOTICE_WORDS_MAX);
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(e, ERR_USAGE, "%s: one paragraph is expected, without line breaks and control "
				       "characters", option);
	return 0;
}

int engine_assess(const struct engine *en, const struct incident *i, const char *const texts[SEVERITY_INS],
		  const char *because, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	struct said all[SEVERITY_INS];
	int r = check_words(because, "--because", e);

	memcpy(all, i->law.severity, sizeof(all));
	for (int k = 0; r == 0 && k < SEVERITY_INS; k++) {
		if (!texts[k])
			continue;
		r = severity_parse((enum severity_in)k, texts[k], &all[k].value, e);
		all[k].said = true;
		if (severity_inputs[k].words)
			json_put(body, severity_inputs[k].name, texts[k]);
		else
			json_put_int(body, severity_inputs[k].name, all[k].value);
	}
	if (r == 0)
		r = severity_check(all, e);
	if (r < 0)
		return r;
	json_put(body, "because", because);
	return append(en, i, ROW_ASSESSED, body, e);
}

int engine_word(const struct engine *en, const struct incident *i, const char *const texts[WORDINGS], struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();

	for (int k = 0; k < WORDINGS; k++) {
		char option[32];
		int r;

		if (!texts[k])
			continue;
		(void)snprintf(option, sizeof(option), "--%s", wordings[k].name);
		r = check_words(texts[k], option, e);
		if (r < 0)
			return r;
		json_put(body, wordings[k].name, texts[k]);
	}
	return append(en, i, ROW_WORDED, body, e);
}

int engine_decide_notice(const struct engine *en, const struct incident *i, const struct law *l, const char *what,
			 bool yes, const char *because, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	const struct authority *authority;
	const struct rung *rung;
	int r = check_words(because, "--because", e);

	if (r == 0 && strcmp(what, "authority") != 0)
		r = law_audience(l, what, &authority, &rung, e);
	if (r < 0)
		return r;
	json_put(body, "what", what);
	json_object_set_new(body, "yes", json_boolean(yes));
	json_put(body, "because", because);
	return append(en, i, ROW_DECIDED, body, e);
}

int engine_aware(const struct engine *en, const struct incident *i, int64_t at_us, int64_t now_us, const char *because,
		 struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	int r = check_words(because, "--because", e);

	if (r < 0)
		return r;
	if (at_us > now_us)
		return err_set(e, ERR_USAGE, "--at lies ahead: nobody is aware of it before it was");
	if (i->suspected_us && at_us < i->suspected_us)
		return err_set(e, ERR_USAGE, "--at is before the first suspicion: nobody is sure before that");
	json_put(body, "what", "aware");
	json_put_int(body, "at_us", at_us);
	json_put(body, "because", because);
	return append(en, i, ROW_DECIDED, body, e);
}

static bool was_told(const struct incident *i, const char *to)
{
	for (uint32_t k = 0; k < i->law.n_told; k++)
		if (!strcmp(i->law.told[k].to, to))
			return true;
	return false;
}

/* A late notice carries its reason (Art. 33(1)); what follows a notice that was in time is never late. */
static int check_late(const struct incident *i, const struct authority *a, const struct telling *t, struct err *e)
{
	struct deadline d = { .authority = a };
	int64_t from = a->regime->from == FROM_SUSPECTED && i->suspected_us ? i->suspected_us : i->aware_us;

	deadline_count(a->regime, from, t->at_us, t->at_us, &d);
	if (d.state != DEADLINE_TOLD_LATE || t->late || i->law.words[WORDS_LATE].text || was_told(i, a->name))
		return 0;

	_cleanup_(buf_free) struct buf when = BUF_INIT(64);

	clock_format(&when, d.deadline_us);
	return err_set(e, ERR_REFUSED, "the deadline of '%s' was %s: a notice after it has to give the reasons for the "
		       "delay; add --late 'why'", a->name, buf_text(&when));
}

static int64_t first_known(const struct incident *i)
{
	int64_t first = i->declared_us;

	if (i->aware_us && i->aware_us < first)
		first = i->aware_us;
	return i->suspected_us && i->suspected_us < first ? i->suspected_us : first;
}

static int check_told(const struct incident *i, const struct law *l, const struct telling *t, int64_t now_us,
		      struct err *e)
{
	const struct { const char *text, *option; } words[] = {
		{ t->reference, "--reference" }, { t->late, "--late" }, { t->because, "--because" },
	};
	const struct authority *authority;
	const struct rung *rung;
	int r = law_audience(l, t->to, &authority, &rung, e);

	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(words); k++)
		if (words[k].text)
			r = check_words(words[k].text, words[k].option, e);
	if (r < 0)
		return r;
	if (t->mistaken) {
		if (!was_told(i, t->to))
			return err_set(e, ERR_REFUSED, "the journal has no notice to '%s' that could be a mistake",
				       t->to);
		return check_words(t->because, "--because", e);
	}
	if (t->at_us > now_us)
		return err_set(e, ERR_USAGE, "--at lies ahead: say it when the notice was sent");
	if (t->at_us < first_known(i))
		return err_set(e, ERR_USAGE, "--at is before the incident was known: nobody can have sent it then");
	if (!t->reference)
		return err_set(e, ERR_USAGE, "--reference is needed: the number that the far side gave, or where the "
			       "notice can be found");
	return authority ? check_late(i, authority, t, e) : 0;
}

int engine_told(const struct engine *en, const struct incident *i, const struct law *l, const struct telling *t,
		int64_t now_us, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	int r = check_told(i, l, t, now_us, e);

	if (r < 0)
		return r;
	json_put(body, "to", t->to);
	json_put(body, "because", t->because);
	if (t->mistaken) {
		json_object_set_new(body, "mistaken", json_true());
		return append(en, i, ROW_TOLD, body, e);
	}
	json_put_int(body, "at_us", t->at_us);
	json_put(body, "reference", t->reference);
	json_put(body, "late", t->late);
	json_put(body, "text_sha256", t->text_sha256);
	json_object_set_new(body, "phased", json_boolean(t->phased));
	return append(en, i, ROW_TOLD, body, e);
}
