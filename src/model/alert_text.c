#include "model/alert_text.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include <string.h>

#define LIST_MAX 16384u
#define SHORT 120u       /* bytes of a list or reason in a line */
#define BODY_REASON 1000u

static void visible(struct buf *b, const char *s)
{
	text_visible(b, s ? s : "", s ? strlen(s) : 0);
}

/* At most `max` bytes, cut between characters. */
static void cut(struct buf *b, const char *s, size_t len, size_t max)
{
	size_t n = 0;
	uint32_t c;

	if (len <= max) {
		buf_add(b, s, len);
		return;
	}
	while (n < max - 3) {
		size_t step = utf8_decode(s + n, len - n, &c);

		if (!step || n + step > max - 3)
			break;
		n += step;
	}
	buf_add(b, s, n);
	buf_str(b, "...");
}

static void shown(struct buf *b, const char *s, size_t max)
{
	_cleanup_(buf_free) struct buf v = BUF_INIT(LIST_MAX);

	visible(&v, s);
	cut(b, buf_text(&v), v.len, max);
}

static void list(struct buf *b, const char *const *s, uint32_t n, size_t max)
{
	_cleanup_(buf_free) struct buf all = BUF_INIT(LIST_MAX);

	for (uint32_t k = 0; k < n; k++) {
		buf_str(&all, k ? ", " : "");
		visible(&all, s[k]);
	}
	cut(b, buf_text(&all), all.len, max);
}

static void systems_in_reach(const struct incident *i, struct buf *b, size_t max)
{
	_cleanup_(buf_free) struct buf all = BUF_INIT(LIST_MAX);

	for (uint32_t k = 0; k < i->n_members; k++)
		if (i->members[k].kind && !strcmp(i->members[k].kind, "system")) {
			buf_str(&all, all.len ? ", " : "");
			visible(&all, i->members[k].name);
		}
	cut(b, all.len ? buf_text(&all) : "none of the register", all.len ? all.len : 20, max);
}

void alert_name(const struct alert_party *p, struct buf *b)
{
	size_t plain = strspn(p->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+-");

	if (*p->name && *p->name != '-' && !p->name[plain])
		buf_str(b, p->name);
	else
		text_shell(b, p->name);
}

void alert_command(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	buf_printf(b, "firebreak ack %lld ", (long long)s->incident->number);
	alert_name(p, b);
}

static void why(const struct alert_state *s, const struct alert_party *p, struct buf *b, size_t max)
{
	if (p->kind == PARTY_FINDINGS)
		buf_str(b, "as the team, of what was found");
	else if (p->kind == PARTY_CROWD)
		buf_str(b, "as the team, of crowd control");
	else if (p->kind == PARTY_TEAM && !p->n_systems)
		buf_str(b, "as the team");
	else if (p->step && !p->n_systems)
		buf_printf(b, "as step %u of the escalation: nobody has acknowledged for %lld min", p->step,
			   (long long)((s->now_us - s->incident->declared_us) / 60000000));
	else {
		buf_str(b, p->kind == PARTY_TEAM ? "as the team and contact of " : "as contact of ");
		list(b, (const char *const *)p->systems, p->n_systems, max);
	}
}

void alert_why(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	why(s, p, b, LIST_MAX);
}

static bool is_public(const struct alert_state *s, const struct alert_party *p)
{
	return s->reg->channels[p->channel].public;
}

static void news_line(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	if (p->kind == PARTY_CROWD)
		alert_crowd_line(s, is_public(s, p), b);
	else
		alert_findings_line(s, is_public(s, p), b);
}

void alert_subject(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	const struct incident *i = s->incident;

	if (alert_is_news(p)) {
		buf_str(b, "[Firebreak] ");
		news_line(s, p, b);
		return;
	}
	buf_printf(b, "[Firebreak] Incident %lld", (long long)i->number);
	if (!is_public(s, p)) {
		buf_str(b, ": ");
		list(b, i->what, i->n_what, SHORT);
		buf_str(b, i->n_what == 1 ? " has leaked" : " have leaked");
	}
	buf_str(b, ", you are needed");
	if (p->call > 1)
		buf_printf(b, " (call %u)", p->call);
}

static void time_line(struct buf *b, const char *name, int64_t at_us)
{
	buf_printf(b, "  %s ", name);
	if (at_us)
		clock_format(b, at_us);
	else
		buf_str(b, "not said");
	buf_char(b, '\n');
}

static void not_used(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < p->n_unused; k++) {
		if (!p->unused[k].untrusted)
			continue;
		buf_str(b, n++ ? "; " : "");
		buf_printf(b, "%s: ", s->reg->channels[p->unused[k].channel].name);
		visible(b, p->unused[k].why);
	}
}

/* Hosts that were tried and are not shown to be cut off. */
static void open_hosts(const struct incident *i, struct buf *b)
{
	for (const struct contained *c = NULL; (c = incident_contain_next(i, c));)
		if (c->action == CONTAIN_ON && incident_contain_stand(i, c->host) == CONTAIN_NOT) {
			buf_str(b, b->len ? ", " : "NOT CONTAINED: ");
			visible(b, c->host);
		}
}

static void known(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	const struct incident *i = s->incident;
	_cleanup_(buf_free) struct buf channels = BUF_INIT(LIST_MAX), open = BUF_INIT(LIST_MAX);

	buf_str(b, "What is known:\n\n  leaked:    ");
	list(b, i->what, i->n_what, LIST_MAX);
	buf_str(b, "\n  because:   ");
	shown(b, i->because, BODY_REASON);
	buf_str(b, "\n  how sure:  ");
	visible(b, i->confidence ? i->confidence : "not said");
	buf_char(b, '\n');
	time_line(b, "suspected:", i->suspected_us);
	time_line(b, "aware:    ", i->aware_us);
	buf_printf(b, "  reaches:   %u thing%s; systems: ", i->n_members, i->n_members == 1 ? "" : "s");
	systems_in_reach(i, b, LIST_MAX);
	buf_str(b, "\n");
	open_hosts(i, &open);
	if (open.len)
		buf_printf(b, "\n  !!! %s\n", buf_text(&open));
	not_used(s, p, &channels);
	if (channels.len)
		buf_printf(b, "\nNot to be trusted in this incident, so do not answer there:\n\n  %s\n"
			   "\nThis came over %s instead.\n", buf_text(&channels), s->reg->channels[p->channel].name);
}

static void needed(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	long long number = (long long)s->incident->number, minutes = (long long)(s->repeat_us / 60000000);

	buf_printf(b, "\nWhat is needed of you:\n\n"
		   "1. Say that you have it, where firebreak runs. It comes again every %lld minutes until then%s:\n\n"
		   "     ",
		   minutes, s->reg->organisation.n_escalation ? ", and the next ones are woken" : "");
	alert_command(s, p, b);
	buf_printf(b, "\n\n2. See what it reaches and what is being done:\n\n     firebreak status %lld\n", number);
	if (p->n_systems) {
		buf_str(b, "\n3. You know ");
		list(b, (const char *const *)p->systems, p->n_systems, LIST_MAX);
		buf_str(b, " best: look whether somebody has used what leaked, and tell the responder.\n");
	}
	buf_str(b, "\nNo password, key or private data belongs into an answer.\n");
}

void alert_body(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	const struct incident *i = s->incident;

	if (p->kind == PARTY_FINDINGS) {
		alert_findings_body(s, is_public(s, p), b);
		return;
	}
	if (p->kind == PARTY_CROWD) {
		alert_crowd_body(s, is_public(s, p), b);
		return;
	}
	buf_printf(b, "Incident %lld was declared at ", (long long)i->number);
	clock_format(b, i->declared_us);
	buf_str(b, " by ");
	shown(b, i->who, SHORT);
	buf_str(b, ".\nYou are told ");
	alert_why(s, p, b);
	buf_str(b, ".\n");
	if (p->call > 1)
		buf_printf(b, "This is call %u: you have not acknowledged yet.\n", p->call);
	buf_char(b, '\n');
	if (is_public(s, p))
		buf_str(b, "What is known is not told over this channel, which others read.\n");
	else
		known(s, p, b);
	needed(s, p, b);
}

static void add_line(struct buf *b, const struct buf *line)
{
	if (b->len)
		buf_char(b, '\n');
	cut(b, buf_text(line), line->len, ALERT_LINE_MAX);
}

/* Who reads it in a room: a message of their own needs no name. */
static void name_first(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	const struct person *person = p->kind == PARTY_PERSON ? &s->reg->people[p->person] : NULL;

	if (person && !(s->reg->channels[p->channel].way == CHANNEL_IRC && person->irc))
		buf_printf(b, "%s: ", person->name);
}

void alert_lines(const struct alert_state *s, const struct alert_party *p, struct buf *b)
{
	const struct incident *i = s->incident;
	_cleanup_(buf_free) struct buf first = BUF_INIT(LIST_MAX);
	_cleanup_(buf_free) struct buf second = BUF_INIT(LIST_MAX);
	_cleanup_(buf_free) struct buf last = BUF_INIT(LIST_MAX);
	_cleanup_(buf_free) struct buf open = BUF_INIT(LIST_MAX);

	if (alert_is_news(p)) {
		news_line(s, p, &first);
		buf_printf(&last, p->kind == PARTY_CROWD ? "Take over: firebreak status %lld"
			   : "Read them: firebreak report %lld", (long long)i->number);
		add_line(b, &first);
		add_line(b, &last);
		return;
	}
	name_first(s, p, &first);
	buf_printf(&first, "incident %lld", (long long)i->number);
	if (!is_public(s, p)) {
		buf_str(&first, ": ");
		list(&first, i->what, i->n_what, SHORT);
		buf_str(&first, i->n_what == 1 ? " has leaked; " : " have leaked; ");
		open_hosts(i, &open);
		if (open.len) {
			cut(&second, buf_text(&open), open.len, SHORT);
			buf_str(&second, "! ");
		}
		why(s, p, &second, SHORT);
		buf_str(&second, ". Because: ");
		shown(&second, i->because, SHORT);
		buf_str(&second, ". ");
		not_used(s, p, &second);
	} else {
		buf_str(&first, " was declared; ");
	}
	buf_str(&first, p->kind == PARTY_TEAM ? "somebody is needed" : "you are needed");
	if (p->call > 1)
		buf_printf(&first, " (call %u)", p->call);
	buf_str(&last, "Say that you have it: ");
	alert_command(s, p, &last);
	add_line(b, &first);
	if (second.len)
		add_line(b, &second);
	add_line(b, &last);
}

void alert_log_line(const struct alert_state *s, struct buf *b)
{
	buf_printf(b, "incident %lld is declared; responders are being told", (long long)s->incident->number);
}
