#include "cli/notice_external.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/law.h"
#include "cli/places.h"
#include "cli/session.h"
#include "engine/notice.h"
#include "notify/mastodon.h"
#include "notify/publish.h"
#include "report/redact.h"

#define RUNG "external"        /* of rules/notification.yaml */
#define WORDS_MAX 16384u

struct at_work {
	struct session s;
	struct incident *incident;
	char *publisher, *messenger;
};

static void at_work_end(struct at_work *w)
{
	free(w->publisher);
	free(w->messenger);
	incident_free(w->incident);
	session_close(&w->s);
}

static int begin(struct cli *c, int64_t number, struct at_work *w, struct err *e)
{
	static const char *const messengers[] = { "../libexec/firebreak/firebreak-messenger", "firebreak-messenger",
		NULL };
	int r = session_open(c, JOURNAL_WRITE, &w->s, e);

	if (r == 0)
		r = engine_incident(w->s.journal, number, &w->incident, e);
	if (r == 0)
		r = places_publisher(&w->publisher, e);
	return r == 0 ? places_find("the messenger is", messengers, &w->messenger, e) : r;
}

/* Nobody is called by it, and no line of it is somebody else's. */
static void add_plain(struct buf *b, const char *words)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(WORDS_MAX);

	text_visible(&seen, words, strlen(words));
	for (const char *c = buf_text(&seen); *c; c++)
		if (*c == '@')
			buf_str(b, "(at)");
		else
			buf_char(b, *c);
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The words of a person are cut where they do not fit; the link always does. */
static void fit(struct buf *b, const char *words, size_t room)
{
	size_t n = 0, bytes = 0;

	if (characters(words) <= room) {
		buf_str(b, words);
		return;
	}
	while (words[bytes] && n + 3 < room) {
		bytes++;
		while (((unsigned char)words[bytes] & 0xc0) == 0x80)
			bytes++;
		n++;
	}
	buf_add(b, words, bytes);
	buf_str(b, "...");
}

static int compose(const struct at_work *w, struct buf *b, struct err *e)
{
	const struct published *report = incident_report_published(w->incident);
	const char *nature = w->incident->law.words[WORDS_NATURE].text;
	_cleanup_(redactor_freep) struct redactor *r = NULL;
	_cleanup_(buf_free) struct buf redacted = BUF_INIT(WORDS_MAX), words = BUF_INIT(WORDS_MAX);
	long long n = (long long)w->incident->number;
	size_t used;

	if (!report || !report->url)
		return err_set(e, ERR_REFUSED, "it links the report, and that of incident %lld is not published: "
			       "`firebreak report %lld publish`", n, n);
	if (!nature)
		return err_set(e, ERR_REFUSED, "nobody has said in plain language what happened: `firebreak notice "
			       "word %lld --nature '...'`", n);
	r = redactor_new(w->s.reg, w->incident);
	redact(r, nature, &redacted);
	add_plain(&words, buf_text(&redacted));
	add_plain(b, w->s.reg->organisation.name);
	buf_str(b, ": ");
	used = characters(buf_text(b)) + characters(report->url) + 1;
	if (words.over || used + 20 > STATUS_MAX)
		return err_set(e, ERR_LIMIT, "name of the organisation and address of the report leave no room for "
			       "words in %u characters", STATUS_MAX);
	fit(b, buf_text(&words), STATUS_MAX - used);
	buf_printf(b, " %s", report->url);
	return 0;
}

static int channel_of(const struct at_work *w, const char *name, uint32_t *ret, struct err *e)
{
	const struct firebreak_register *reg = w->s.reg;
	_cleanup_(freep) const char **names = mem_zero(reg->n_channels + 1, sizeof(*names));
	const char *near;

	for (uint32_t k = 0; k < reg->n_channels; k++) {
		names[k] = reg->channels[k].name;
		if (strcmp(names[k], name) == 0) {
			*ret = k;
			return 0;
		}
	}
	near = text_nearest(name, names, reg->n_channels);
	return err_set(e, ERR_USAGE, "--channel '%s': the register has no channel of that name%s%s%s", name,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static int say(const struct at_work *w, const char *name, const char *text, bool again, struct err *e)
{
	const struct publisher p = { &w->s.en, w->publisher, w->incident };
	_cleanup_(buf_free) struct buf why = BUF_INIT(4000);
	struct published_page page = { 0 };
	uint32_t channel;
	int r = channel_of(w, name, &channel, e);

	if (r == 0)
		r = publish_status(&p, w->messenger, channel, text, again, &page, e);
	if (r < 0) {
		text_visible(&why, e->text, strlen(e->text));
		cli_note("  %-16s not said: %s", name, buf_text(&why));
		return r;
	}
	cli_note("  %-16s %s %s", name, page.stood ? "has it already" : "has it", page.url);
	return 0;
}

static int tell(struct cli *c, const struct at_work *w, const char *where, struct err *e)
{
	_cleanup_(law_free) struct law law = { 0 };
	int64_t now_us = clock_now_us();
	const struct telling t = { .to = RUNG, .reference = where, .at_us = now_us };
	int r = law_load(c, &law, e);

	return r == 0 && law_rung(&law, RUNG) ? engine_told(&w->s.en, w->incident, &law, &t, now_us, e) : r;
}

int notice_external(struct cli *c, int64_t number, const struct strv *channels, bool again, struct err *e)
{
	_cleanup_(at_work_end) struct at_work w = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(WORDS_MAX);
	struct err first = ERR_INIT;
	int r = begin(c, number, &w, e);

	if (r == 0 && !channels->n)
		r = err_set(e, ERR_USAGE, "over what? --channel NAME, several times when you like");
	if (r == 0)
		r = compose(&w, &text, e);
	if (r < 0)
		return r;
	cli_note("For people outside, incident %lld:\n\n%s\n", (long long)number, buf_text(&text));
	for (size_t k = 0; k < channels->n; k++) {
		struct err own = ERR_INIT;

		if (say(&w, channels->s[k], buf_text(&text), again, &own) < 0)
			first = own;
	}
	if (first.code != ERR_NONE) {
		*e = first;
		return err_wrap(e, "not every channel has it");
	}
	return tell(c, &w, channels->s[0], e);
}
