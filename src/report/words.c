#include "report/words.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/macro.h"
#include "model/drilled.h"
#include "model/evict.h"

#define SENTENCE_MAX (64 * 1024)

typedef void words_fn(struct buf *b, const struct incident *i, const struct row *row, const json_t *body);

static const char *or_nothing(const char *s)
{
	return s ? s : "";
}

static const char *title_of(const struct incident *i, const struct row *row)
{
	const struct step_state *s = row->step ? incident_step(i, row->step) : NULL;

	return s ? s->title : row->step ? row->step : "a step";
}

static void reason(struct buf *b, const json_t *body)
{
	if (json_str(body, "because"))
		buf_printf(b, ": %s", json_str(body, "because"));
}

static void declared(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	const json_t *what = json_object_get(body, "what");

	buf_str(b, json_is(body, "drill") ? "began a drill of " : "declared that something private has leaked: ");
	for (size_t k = 0; k < json_array_size(what); k++)
		buf_printf(b, "%s%s", k ? ", " : "", or_nothing(json_string_value(json_array_get(what, k))));
	if (json_str(body, "because"))
		buf_printf(b, " (%s)", json_str(body, "because"));
}

static void planned(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		    const json_t *body)
{
	size_t n = json_array_size(json_object_get(body, "steps"));

	buf_printf(b, "planned %zu step%s", n, n == 1 ? "" : "s");
}

static void claimed(struct buf *b, const struct incident *i _unused_, const struct row *row, const json_t *body)
{
	buf_printf(b, "%s %s", row->kind == ROW_CLAIMED ? "took in hand" : "let go of",
		   json_str(body, "secret") ? json_str(body, "secret") : "all its secrets");
}

static void pulled(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	buf_printf(b, "decided to take %s out of deployment", or_nothing(json_str(body, "secret")));
	reason(b, body);
}

static void started(struct buf *b, const struct incident *i, const struct row *row, const json_t *body _unused_)
{
	buf_str(b, i->first_responded_us == row->at_us ? "began to respond" : "went on to respond");
}

static void intent(struct buf *b, const struct incident *i, const struct row *row, const json_t *body _unused_)
{
	buf_printf(b, "begins: %s", title_of(i, row));
	if (row->attempt > 1)
		buf_printf(b, " (attempt %u)", row->attempt);
}

static void outcome(struct buf *b, const struct incident *i, const struct row *row, const json_t *body)
{
	buf_printf(b, "%s: %s", or_nothing(json_str(body, "outcome")), title_of(i, row));
	if (json_str(body, "text") && *json_str(body, "text"))
		buf_printf(b, ": %s", json_str(body, "text"));
}

static void skipped(struct buf *b, const struct incident *i, const struct row *row, const json_t *body)
{
	buf_printf(b, "decided to skip: %s", title_of(i, row));
	reason(b, body);
}

static void answered(struct buf *b, const struct incident *i, const struct row *row, const json_t *body)
{
	buf_printf(b, "did by hand: %s", title_of(i, row));
	reason(b, body);
}

static void recovered(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		      const json_t *body)
{
	buf_str(b, "had sealed values shown on a terminal");
	if (json_str(body, "secret"))
		buf_printf(b, ": %s", json_str(body, "secret"));
	reason(b, body);
}

static void traced(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	size_t n = json_array_size(json_object_get(body, "found")), gaps = json_array_size(json_object_get(body,
		"not_read"));

	buf_str(b, "looked for the values of ");
	buf_str(b, json_str(body, "secret") ? json_str(body, "secret") : "a secret");
	buf_printf(b, ": they stand in %zu place%s", n, n == 1 ? "" : "s");
	if (gaps)
		buf_printf(b, "; %zu could not be looked at", gaps);
}

static void drilled(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		    const json_t *body)
{
	struct incident of = { .drilled = body };

	buf_str(b, "an intruder tried the old value");
	for (uint32_t k = 0; k < drilled_count(&of); k++) {
		struct drilled d;

		drilled_get(&of, k, &d);
		buf_printf(b, "%s %s at %s: ", k ? ";" : ":", d.secret, d.address);
		drilled_words(&d, b);
	}
}

static void reported(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	buf_str(b, "drafted the report");
	if (json_str(body, "sha256"))
		buf_printf(b, " (sha256 %s)", json_str(body, "sha256"));
}

static void approved(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	buf_printf(b, "approved the report as %s", or_nothing(json_str(body, "person")));
	buf_printf(b, " (sha256 of the draft %s)", or_nothing(json_str(body, "sha256")));
}

static void publishing(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		       const json_t *body)
{
	buf_printf(b, "begins to publish: %s on %s", or_nothing(json_str(body, "what")),
		   or_nothing(json_str(body, "where")));
	if (json_str(body, "page"))
		buf_printf(b, ", page %s", json_str(body, "page"));
}

static void published(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		      const json_t *body)
{
	buf_printf(b, "%s: %s on %s", json_is(body, "done") ? "published" : "not published",
		   or_nothing(json_str(body, "what")), or_nothing(json_str(body, "where")));
	if (json_str(body, "url"))
		buf_printf(b, ": %s", json_str(body, "url"));
	if (json_str(body, "text"))
		buf_printf(b, ": %s", json_str(body, "text"));
}

static void assessed(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	const char *comma = "";

	buf_str(b, "assessed the severity: ");
	for (int k = 0; k < SEVERITY_INS; k++) {
		const json_t *v = json_object_get(body, severity_inputs[k].name);

		if (json_is_string(v))
			buf_printf(b, "%s%s %s", comma, severity_inputs[k].name, json_string_value(v));
		else if (json_is_integer(v))
			buf_printf(b, "%s%s %lld", comma, severity_inputs[k].name, (long long)json_integer_value(v));
		comma = v ? ", " : comma;
	}
	reason(b, body);
}

static void worded(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	const char *comma = "";

	buf_str(b, "wrote for the notices: ");
	for (int k = 0; k < WORDINGS; k++)
		if (json_str(body, wordings[k].name)) {
			buf_printf(b, "%s%s", comma, wordings[k].name);
			comma = ", ";
		}
}

static void decided(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		    const json_t *body)
{
	const char *what = or_nothing(json_str(body, "what"));

	if (strcmp(what, "aware") == 0) {
		buf_str(b, "corrected since when somebody was aware: ");
		clock_format(b, json_int(body, "at_us", 0));
	} else {
		buf_printf(b, "decided to tell %s: %s", what, json_is(body, "yes") ? "yes" : "no");
	}
	reason(b, body);
}

static void told(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	const char *to = or_nothing(json_str(body, "to"));

	if (json_is(body, "mistaken")) {
		buf_printf(b, "took back that %s was told", to);
		reason(b, body);
		return;
	}
	buf_printf(b, "told %s%s at ", to, json_is(body, "phased") ? ", in parts," : "");
	clock_format(b, json_int(body, "at_us", 0));
	buf_printf(b, " (reference %s)", or_nothing(json_str(body, "reference")));
	if (json_str(body, "late"))
		buf_printf(b, ", late: %s", json_str(body, "late"));
	reason(b, body);
}

static void alerting(struct buf *b, const struct incident *i _unused_, const struct row *row, const json_t *body)
{
	const json_t *others = json_object_get(body, "instead_of");

	buf_printf(b, "began to alert %s over %s", or_nothing(json_str(body, "party")),
		   or_nothing(json_str(body, "channel")));
	if (row->attempt > 1)
		buf_printf(b, " (call %u)", row->attempt);
	for (size_t k = 0; k < json_array_size(others); k++)
		buf_printf(b, "; not over %s: %s", or_nothing(json_str(json_array_get(others, k), "channel")),
			   or_nothing(json_str(json_array_get(others, k), "why")));
}

static const struct alerted *alert_of(const struct incident *i, int64_t seq)
{
	for (uint32_t k = 0; k < i->alerts.n; k++)
		if (i->alerts.list[k].seq == seq)
			return &i->alerts.list[k];
	return NULL;
}

static void alerted(struct buf *b, const struct incident *i, const struct row *row _unused_, const json_t *body)
{
	const struct alerted *a = alert_of(i, json_int(body, "alerting", 0));
	const char *party = json_str(body, "party"), *outcome = or_nothing(json_str(body, "outcome"));

	if (!a)
		buf_printf(b, "no channel was left to alert %s", or_nothing(party));
	else if (a->outcome == ALERT_SENT)
		buf_printf(b, "alerted %s over %s", a->party, a->channel);
	else
		buf_printf(b, "alert to %s over %s: %s", a->party, a->channel, outcome);
	if (json_str(body, "text"))
		buf_printf(b, " (%s)", json_str(body, "text"));
}

static void acknowledged(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
			 const json_t *body)
{
	buf_printf(b, "acknowledged for %s", or_nothing(json_str(body, "party")));
	reason(b, body);
}

static void mailed(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	const char *what = or_nothing(json_str(body, "what"));
	long long all = (long long)json_int(body, "recipients", 0);

	if (strcmp(what, "begun") == 0)
		buf_printf(b, "began to mail %lld people (sha256 %s)", all, or_nothing(json_str(body, "text_sha256")));
	else if (strcmp(what, "ended") == 0)
		buf_printf(b, "mailed people: %lld of %lld sent, %lld refused, %lld not known",
			   (long long)json_int(body, "sent", 0), all, (long long)json_int(body, "refused", 0),
			   (long long)json_int(body, "unknown", 0));
	else if (strcmp(what, "forgotten") == 0)
		buf_printf(b, "gave up the addresses of %lld people who were mailed", all);
	else
		buf_printf(b, "decided about %lld people of whom it is not known whether they were mailed: %s", all,
			   what);
	reason(b, body);
}

static const struct contained *containment_of(const struct incident *i, int64_t seq)
{
	for (uint32_t k = 0; k < i->contain.n; k++)
		if (i->contain.list[k].seq == seq)
			return &i->contain.list[k];
	return NULL;
}

static void containing(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		       const json_t *body)
{
	buf_printf(b, "began to %s %s", or_nothing(json_str(body, "action")), or_nothing(json_str(body, "host")));
	if (json_str(body, "level"))
		buf_printf(b, " (%s)", json_str(body, "level"));
}

static void contained(struct buf *b, const struct incident *i, const struct row *row _unused_, const json_t *body)
{
	const struct contained *c = containment_of(i, json_int(body, "containing", 0));
	const char *outcome = or_nothing(json_str(body, "outcome"));

	if (c && c->outcome == CONTAIN_PROVEN)
		buf_printf(b, "%s %s", outcome, c->host);
	else
		buf_printf(b, "%s %s: %s", c && c->action == CONTAIN_OFF ? "release of" : "containment of",
			   c ? c->host : or_nothing(NULL), outcome);
	if (json_str(body, "text"))
		buf_printf(b, " (%s)", json_str(body, "text"));
}

static void investigated(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
			 const json_t *body)
{
	size_t clues = json_array_size(json_object_get(body, "clues"));
	size_t not_read = json_array_size(json_object_get(body, "not_read"));

	buf_printf(b, "looked at %s for how somebody got in: ", or_nothing(json_str(body, "host")));
	if (json_str(body, "text"))
		buf_printf(b, "%s (%s)", or_nothing(json_str(body, "outcome")), json_str(body, "text"));
	else
		buf_printf(b, "%zu findings, %zu things that were not read", clues, not_read);
}

static void postured(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	buf_printf(b, "held %s against what the page claims of servers", or_nothing(json_str(body, "host")));
}

static void evidence(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	if (json_str(body, "opened")) {
		buf_printf(b, "opened the evidence of %s (%s)", or_nothing(json_str(body, "host")),
			   json_str(body, "opened"));
		return;
	}
	buf_printf(b, "took %lld bytes of evidence of %s, sealed (sha256 %s)", (long long)json_int(body, "bytes", 0),
		   or_nothing(json_str(body, "host")), or_nothing(json_str(body, "sha256")));
	if (!json_is(body, "whole"))
		buf_printf(b, "; it is not whole: %s", or_nothing(json_str(body, "why")));
}

static void asked(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_, const json_t *body)
{
	const json_t *accounts = json_object_get(body, "accounts"), *one;
	size_t n = json_array_size(json_object_get(body, "logins")), k, open = 0;

	buf_printf(b, "asked the sshd of %s, before anything was changed, ", or_nothing(json_str(body, "host")));
	if (n)
		buf_printf(b, "for %zu login%s: it accepted %u", n, n == 1 ? "" : "s",
			   evict_logins_of(json_object_get(body, "logins")).accepted);
	else
		buf_printf(b, "and got no answer: %s", or_nothing(json_str(body, "text")));
	json_array_foreach(accounts, k, one)
		open += json_str(one, "password") && !strcmp(json_str(one, "password"), "yes");
	if (json_array_size(accounts))
		buf_printf(b, "; a password could open %zu of %zu accounts", open, json_array_size(accounts));
}

static void baseline(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		     const json_t *body)
{
	buf_printf(b, "kept a baseline of %s", or_nothing(json_str(body, "host")));
}

static void closed(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
		   const json_t *body)
{
	buf_str(b, "closed the incident");
	reason(b, body);
}

static words_fn *const words[ROW_KINDS] = {
	[ROW_DECLARED] = declared,   [ROW_PLANNED] = planned,     [ROW_CLAIMED] = claimed,
	[ROW_RELEASED] = claimed,    [ROW_STARTED] = started,     [ROW_INTENT] = intent,
	[ROW_OUTCOME] = outcome,     [ROW_SKIPPED] = skipped,     [ROW_ANSWERED] = answered,
	[ROW_RECOVERED] = recovered, [ROW_TRACED] = traced,       [ROW_REPORTED] = reported,
	[ROW_ASSESSED] = assessed,   [ROW_WORDED] = worded,       [ROW_DECIDED] = decided,
	[ROW_TOLD] = told,           [ROW_MAILED] = mailed,
	[ROW_APPROVED] = approved,   [ROW_PUBLISHING] = publishing, [ROW_PUBLISHED] = published,
	[ROW_ALERTING] = alerting,   [ROW_ALERTED] = alerted,     [ROW_ACKNOWLEDGED] = acknowledged,
	[ROW_CONTAINING] = containing, [ROW_CONTAINED] = contained,
	[ROW_INVESTIGATED] = investigated, [ROW_POSTURE] = postured,
	[ROW_EVIDENCE] = evidence,   [ROW_BASELINE] = baseline,   [ROW_CLOSED] = closed,
	[ROW_DRILLED] = drilled, [ROW_ASKED] = asked, [ROW_PULLED] = pulled,
};

/* No words of a service, no person, no reason that was meant for colleagues. */
static void outcome_in_public(struct buf *b, const struct incident *i, const struct row *row, const json_t *body)
{
	buf_printf(b, "%s: %s", or_nothing(json_str(body, "outcome")), title_of(i, row));
}

static void told_in_public(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
			   const json_t *body)
{
	if (!json_is(body, "mistaken"))
		buf_printf(b, "told %s%s", or_nothing(json_str(body, "to")),
			   json_is(body, "phased") ? ", in parts" : "");
}

static void answered_in_public(struct buf *b, const struct incident *i, const struct row *row,
			       const json_t *body _unused_)
{
	buf_printf(b, "done by hand: %s", title_of(i, row));
}

static void skipped_in_public(struct buf *b, const struct incident *i, const struct row *row,
			      const json_t *body _unused_)
{
	buf_printf(b, "left undone by decision: %s", title_of(i, row));
}

static void closed_in_public(struct buf *b, const struct incident *i _unused_, const struct row *row _unused_,
			     const json_t *body _unused_)
{
	buf_str(b, "closed the incident");
}

static words_fn *const in_public[ROW_KINDS] = {
	[ROW_DECLARED] = declared, [ROW_STARTED] = started, [ROW_OUTCOME] = outcome_in_public,
	[ROW_SKIPPED] = skipped_in_public, [ROW_ANSWERED] = answered_in_public, [ROW_TOLD] = told_in_public,
	[ROW_CLOSED] = closed_in_public,
};

const char *words_in_public(struct arena *a, const struct incident *i, const struct row *row, const json_t *body)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SENTENCE_MAX);

	if (!in_public[row->kind])
		return NULL;
	in_public[row->kind](&b, i, row, body);
	return b.len ? arena_dup(a, buf_text(&b)) : NULL;
}

const char *words_of_row(struct arena *a, const struct incident *i, const struct row *row, const json_t *body)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SENTENCE_MAX);

	words[row->kind](&b, i, row, body);
	return arena_dup(a, buf_text(&b));
}
