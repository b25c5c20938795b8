/* Sends an incident's notice to people: what text, over which channel; and what is kept of it. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/mail_sources.h"
#include "cli/mail_work.h"
#include "cli/places.h"
#include "engine/mailed.h"
#include "engine/notice.h"
#include "model/alert.h"
#include "notify/message.h"
#include "report/law.h"
#include <string.h>
#include <unistd.h>

#define TO_WHOM "to whom? --csv FILE, --wiki DATA or --domains-of SECRET is expected"

struct sending {
	struct mail_work *w;
	char *subject, *body, *program;
	char sha256[65];
	const struct channel *channel;
	struct secret *password;
	struct mail_sources from;
	bool fresh;                      /* the mailing begins with this run */
	struct bar_line { bool drawn, silent; int64_t drawn_us; } line;
};

static void sending_end(struct sending *x)
{
	free(x->subject);
	free(x->body);
	free(x->program);
	secret_free(x->password);
	owners_free(&x->from.owners);
}

/* The worded notice, whole, and a person's decision that it is mailed. */
static int take_text(struct sending *x, struct err *e)
{
	struct mail_work *w = x->w;
	_cleanup_(notice_free) struct notice n = { 0 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(SMTP_MESSAGE_MAX / 4), whole = BUF_INIT(SMTP_MESSAGE_MAX);
	const struct organisation *org = &w->s.reg->organisation;
	const struct controller controller = { org->name, org->contact };
	const struct notice_facts f = { .incident = w->incident, .law = &w->law, .scope = &w->state.scope,
					.severity = &w->state.severity, .controller = &controller,
					.reg = w->s.reg };
	const struct decided *decided = incident_decided(w->incident, MAIL_RUNG);
	int r;

	notice_of(NOTICE_PEOPLE, &f, &n);
	r = notice_lint(&n, e);
	if (r < 0)
		return err_wrap(e, "the notice to people is not whole: see `firebreak notice draft %lld people`",
				(long long)w->incident->number);
	if (!law_rung(&w->law, MAIL_RUNG) || !decided || !decided->yes)
		return err_set(e, ERR_REFUSED, "nobody has decided that people are mailed: firebreak notice decide "
			       "%lld " MAIL_RUNG " yes --because '...'", (long long)w->incident->number);
	notice_text(&n, w->incident, &text);
	x->subject = mem_printf("%s: your personal data, and what happened", org->name);
	buf_printf(&whole, "%s\n%s", x->subject, buf_text(&text));
	if (text.over || whole.over)
		return err_set(e, ERR_LIMIT, "the notice is too long for a mail");
	digest_sha256_hex(whole.data, whole.len, x->sha256);
	x->body = buf_take(&text);
	return 0;
}

static int take_channel(struct sending *x, struct err *e)
{
	const struct firebreak_register *reg = x->w->s.reg;
	_cleanup_(alert_reach_free) struct alert_reach reach = { 0 };
	const char *why = NULL, *name = x->w->o->channel;

	alert_reach_incident(&reach, reg, x->w->incident);
	for (uint32_t i = 0; i < reg->n_channels; i++) {
		const struct channel *c = &reg->channels[i];
		struct ref by;

		if (c->way != CHANNEL_MAIL || (name && strcmp(c->name, name) != 0))
			continue;
		if (!alert_is_untrusted(reg, &reach, i, &by)) {
			x->channel = c;
			return 0;
		}
		why = register_name(reg, by);
	}
	if (why)
		return err_set(e, ERR_REFUSED, "this incident reaches '%s', on which %s depends: nothing is sent over "
			       "it", why, name ? "that channel" : "each mail channel of the register");
	return err_set(e, ERR_CONFIG, "the register has no channel%s%s%s of kind mail with 'relays' and 'from'",
		       name ? " '" : "", name ? name : "", name ? "'" : "");
}

static int take_password(struct sending *x, struct err *e)
{
	struct engine_value v = { 0 };
	int r;

	if (!x->channel->user)
		return 0;
	r = engine_read_values(&x->w->s.en, &x->channel->secret, 1, &v, e);
	x->password = v.value;
	if (r == 0 && !v.value)
		r = err_set(e, ERR_CONFIG, "the password of channel '%s' could not be read: %s", x->channel->name,
			    v.why);
	return r;
}

static json_t *begun(const struct sending *x)
{
	const struct mail_options *o = x->w->o;
	json_t *body = json_object(), *wikis = json_array(), *secrets = json_array();

	json_put(body, "what", "begun");
	json_put(body, "text_sha256", ledger_mailing(x->w->ledger)->text_sha256);
	json_put(body, "channel", x->channel->name);
	json_put_int(body, "recipients", (int64_t)x->from.sum.added);
	json_put_int(body, "again", (int64_t)x->from.sum.again);
	json_put_int(body, "unconfirmed", x->from.people.unconfirmed);
	json_put_int(body, "without", x->from.people.without + (int64_t)x->from.sum.without);
	json_put_int(body, "unfit", (int64_t)x->from.sum.unfit);
	json_object_set_new(body, "csv", json_boolean(o->csv));
	for (size_t i = 0; i < o->wikis.n; i++)
		json_array_append_new(wikis, json_string(o->wikis.s[i]));
	json_object_set_new(body, "wikis", wikis);
	for (size_t i = 0; i < o->domains_of.n; i++)
		json_array_append_new(secrets, json_string(o->domains_of.s[i]));
	json_object_set_new(body, "domains_of", secrets);
	return body;
}

static int make_mailing(struct sending *x, struct err *e)
{
	struct mail_work *w = x->w;
	struct seal_public responders[SEAL_RECIPIENTS];
	_cleanup_(secret_freep) struct secret *made = NULL;
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(1 << 20);
	size_t n = 0;
	int r = session_key(w->c, &w->key, e);

	if (r == 0 && !w->key)
		r = err_set(e, ERR_AUTH, "there is no responder's key here: what is sealed to you has to be opened "
			    "again after a crash; name it with --key");
	if (r == 0)
		r = engine_responders(w->s.reg, w->key, responders, &n, e);
	if (r == 0)
		r = box_key_random(&made, e);
	if (r == 0)
		r = seal_value(made, w->context, responders, n, &sealed, e);
	if (r == 0)
		r = box_begin(made, &w->seal, e);
	if (r < 0)
		return r;
	return ledger_set_mailing(w->ledger, &(struct ledger_mailing){ x->sha256, x->subject, x->body,
				  buf_text(&sealed), w->now_us }, e);
}

/* An incident has one mailing, and a mailing one text. */
static int check_text(const struct sending *x, struct err *e)
{
	const struct ledger_mailing *m = ledger_mailing(x->w->ledger);
	long long number = (long long)x->w->incident->number;
	struct ledger_counts n;
	int64_t rest;
	int r;

	if (!m || !*m->key || !strcmp(m->text_sha256, x->sha256) || x->w->o->as_begun)
		return 0;
	r = ledger_count(x->w->ledger, &n, e);
	if (r < 0)
		return r;
	rest = n.of[LEDGER_PLANNED] + n.of[LEDGER_DEFERRED];
	if (rest)
		return err_set(e, ERR_REFUSED, "the notice was worded anew since this mailing began, and %lld of %lld "
			       "have to get it still: --as-begun sends them the text that the first ones got; nobody "
			       "gets two", (long long)rest, (long long)n.all);
	return err_set(e, ERR_REFUSED, "the mailing of incident %lld to %lld people is over, and its notice was worded "
		       "anew since: nobody gets two texts of one incident. Who is new gets the one that was sent with "
		       "--as-begun; a correction is an incident of its own (firebreak declare)", number,
		       (long long)n.all);
}

/* Mailing, recipients and the journal's row: the row is on disk before the ledger counts. */
static int enter(struct sending *x, struct err *e)
{
	struct mail_work *w = x->w;
	int r = ledger_begin(w->ledger, e);

	if (r == 0 && x->fresh)
		r = make_mailing(x, e);
	if (r == 0)
		r = mail_unseal(w, true, e);
	x->from.to.ledger = w->ledger;
	x->from.to.seal = w->seal;
	if (r == 0)
		r = mail_sources_read(&x->from, e);
	if (r == 0 && x->fresh && !x->from.sum.added)
		r = err_set(e, ERR_USAGE, "there is nobody to write to");
	if (r == 0 && x->from.sum.added) {
		_cleanup_(json_freep) json_t *body = begun(x);

		r = engine_mailed(&w->s.en, w->incident, body, e);
	}
	if (r == 0)
		return ledger_keep(w->ledger, e);
	ledger_drop(w->ledger);
	return r;
}

static int open_ledger(struct sending *x, struct err *e)
{
	struct mail_work *w = x->w;
	_cleanup_(freep) char *key = fs_join(w->s.en.state_folder, "journal.key");
	struct digest_key installation;
	int64_t lost = 0;
	int r = digest_key_open(key, false, &installation, e);

	if (r < 0)
		return r;
	digest_key_for(&installation, "mail", &w->tag_key);
	explicit_bzero(&installation, sizeof(installation));
	x->from.to = (struct source_to){ .key = &w->tag_key, .context = w->context };
	if (!mail_has_sources(w->o) && !ledger_exists(w->s.en.state_folder, w->incident->number))
		return err_set(e, ERR_USAGE, TO_WHOM);
	r = owners_find(w, &x->from.owners, e);
	if (r < 0 || w->o->dry_run)
		return r;
	r = ledger_open(w->s.en.state_folder, w->incident->number, true, &w->ledger, &lost, e);
	if (r < 0)
		return r;
	x->fresh = !ledger_mailing(w->ledger);
	if (x->fresh && !mail_has_sources(w->o))
		return err_set(e, ERR_USAGE, TO_WHOM);
	if (lost)
		cli_note("An earlier run ended in the middle: of %lld recipients it is not known whether they got the "
			 "mail.", (long long)lost);
	return check_text(x, e);
}

static int dry_run(struct sending *x, struct err *e)
{
	const struct mail_work *w = x->w;
	_cleanup_(buf_free) struct buf b = BUF_INIT(4 * SMTP_MESSAGE_MAX), text = BUF_INIT(SMTP_MESSAGE_MAX);
	const struct organisation *org = &w->s.reg->organisation;
	const struct message m = { .from = x->channel->from, .from_name = org->name, .to = org->team,
				   .reply_to = NULL, .subject = x->subject, .body = x->body, .date_us = w->now_us,
				   .id = "sample@localhost" };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(map_free) struct map seen = MAP_INIT;
	int r;

	x->from.to.seen = &seen;
	x->from.to.arena = arena;
	r = mail_sources_read(&x->from, e);
	x->from.to.seen = NULL;
	x->from.to.arena = NULL;
	if (r == 0)
		r = message_make(&m, &text, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		json_t *o = json_object();

		json_put_int(o, "addresses", (int64_t)x->from.sum.rows);
		json_put_int(o, "recipients", (int64_t)x->from.sum.added);
		json_put_int(o, "unconfirmed", x->from.people.unconfirmed);
		json_put_int(o, "without", x->from.people.without + (int64_t)x->from.sum.without);
		json_put_int(o, "unfit", (int64_t)x->from.sum.unfit);
		json_put(o, "channel", x->channel->name);
		json_put(o, "text_sha256", x->sha256);
		json_put(o, "message", buf_text(&text));
		cli_json(o);
		return EXIT_DONE;
	}
	for (const char *c = buf_text(&text); *c; c++)
		if (*c != '\r')
			buf_char(&b, *c);
	buf_printf(&b, "\n---\nNothing was sent. Over channel '%s', %u recipients a message, none of whom sees "
		   "another. "
		   "sha256 of the text: %s\n", x->channel->name, SMTP_TO_MAX, x->sha256);
	mail_sources_show(&x->from, &b);
	cli_print(&b);
	return EXIT_DONE;
}

static void draw(const struct mailing_progress *p, void *arg)
{
	struct bar_line *line = arg;
	_cleanup_(buf_free) struct buf b = BUF_INIT(300);
	const int64_t *n = p->counts.of;
	int64_t now_us = clock_mono_us();

	if (line->silent || now_us - line->drawn_us < 200000)
		return;
	line->drawn_us = now_us;
	buf_printf(&b, " %lld of %lld sent", (long long)n[LEDGER_SENT], (long long)p->counts.all);
	if (n[LEDGER_REFUSED])
		buf_printf(&b, ", %lld refused", (long long)n[LEDGER_REFUSED]);
	if (n[LEDGER_DEFERRED])
		buf_printf(&b, ", %lld deferred", (long long)n[LEDGER_DEFERRED]);
	if (n[LEDGER_UNKNOWN])
		buf_printf(&b, ", %lld not known", (long long)n[LEDGER_UNKNOWN]);
	if (p->next_us && !p->running) {
		buf_str(&b, "; goes on in ");
		text_duration(&b, p->next_us - clock_now_us());
	}
	fprintf(stderr, "\r\033[K%s", buf_text(&b));
	fflush(stderr);
	line->drawn = true;
}

static int options_of(struct sending *x, struct mailing_options *ret, struct err *e)
{
	static const enum smtp_tls tls[] = { [CHANNEL_TLS_REQUIRED] = SMTP_TLS_REQUIRED,
					     [CHANNEL_TLS_OPTIONAL] = SMTP_TLS_OPTIONAL,
					     [CHANNEL_TLS_NEVER] = SMTP_TLS_NEVER };
	const struct mail_options *o = x->w->o;
	const struct channel *c = x->channel;
	uint32_t retry = 60;
	int r;

	ret->at_once = 4;
	ret->per_minute = 0;
	r = cli_number("--at-once", o->at_once, "number", 1, MAILING_AT_ONCE_MAX, &ret->at_once, e);
	if (r == 0)
		r = cli_number("--rate", o->rate, "number", 1, 10000000, &ret->per_minute, e);
	if (r == 0)
		r = cli_number("--retry", o->retry, "number of seconds", 1, 3600, &retry, e);
	ret->retry_s = retry;
	ret->program = x->program;
	ret->way = (struct mail_way){ .relays = c->relays.s, .n = c->relays.n, .tls = tls[c->tls], .ca = c->ca,
				      .user = c->user, .from = c->from };
	ret->password = x->password;
	ret->from_name = x->w->s.reg->organisation.name;
	ret->to = x->w->s.reg->organisation.team;
	ret->seal = x->w->seal;
	ret->context = x->w->context;
	ret->wait = !o->no_wait;
	ret->tell = draw;
	ret->arg = &x->line;
	return r;
}

static bool is_told(const struct mail_work *w, const char *sha256)
{
	for (uint32_t k = 0; k < w->incident->law.n_told; k++) {
		const struct told *t = &w->incident->law.told[k];

		if (!strcmp(t->to, MAIL_RUNG) && t->reference && strstr(t->reference, sha256))
			return true;
	}
	return false;
}

/* Nobody is left who could still get it: the journal says so, once. */
static int keep_end(const struct mail_work *w, const struct ledger_counts *n, struct err *e)
{
	const char *sha256 = ledger_mailing(w->ledger)->text_sha256;
	_cleanup_(json_freep) json_t *body = mail_counts_json(n);
	_cleanup_(freep) char *reference = mem_printf("mail to %lld people, %lld of them reached; sha256 %s",
						      (long long)n->all, (long long)n->of[LEDGER_SENT], sha256);
	const struct telling t = { .to = MAIL_RUNG, .reference = reference, .at_us = clock_now_us(),
				   .text_sha256 = sha256 };
	int r;

	if (is_told(w, sha256))
		return 0;
	json_put(body, "what", "ended");
	json_put(body, "text_sha256", sha256);
	r = engine_mailed(&w->s.en, w->incident, body, e);
	return r < 0 || !n->of[LEDGER_SENT] ? r : engine_told(&w->s.en, w->incident, &w->law, &t, t.at_us, e);
}

static int finish(struct sending *x, const struct mailing_result *res, struct err *e)
{
	struct mail_work *w = x->w;
	const int64_t *n = res->counts.of;
	bool over = !n[LEDGER_PLANNED] && !n[LEDGER_SENDING] && !n[LEDGER_DEFERRED];
	_cleanup_(json_freep) json_t *owners = json_array();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	int r = over ? keep_end(w, &res->counts, e) : 0;

	if (r == 0)
		r = owners_settle(w, &x->from.owners, owners, e);
	if (r == 0 && w->o->csv && !x->from.owners.n)
		r = owners_remind(w, e);
	if (r < 0)
		return r;
	if (w->c->json) {
		json_t *o = mail_counts_json(&res->counts);

		if (x->from.owners.n)
			json_object_set(o, "owners", owners);
		cli_json(o);
	} else {
		mail_sources_show(&x->from, &b);
		mail_show_counts(w, &res->counts, res->next_us, &b);
		owners_show(owners, &b);
		cli_print(&b);
	}
	if (res->interrupted)
		return EXIT_INTERRUPTED;
	if (!over && !n[LEDGER_UNKNOWN])
		return EXIT_NOT_KNOWN;
	return owners_untold(owners) || n[LEDGER_UNKNOWN] ? EXIT_PERSON : EXIT_DONE;
}

static int go(struct sending *x, struct err *e)
{
	struct mailing_options o = { 0 };
	struct mailing_result res;
	int r = take_password(x, e);

	if (r == 0)
		r = options_of(x, &o, e);
	if (r < 0)
		return r;
	x->line.silent = !term_is_terminal(STDERR_FILENO);
	r = mailing_send(x->w->ledger, &o, &res, e);
	if (x->line.drawn)
		fputs("\r\033[K", stderr);
	if (r == 0)
		return finish(x, &res, e);

	_cleanup_(buf_free) struct buf b = BUF_INIT(8000);

	mail_show_counts(x->w, &res.counts, res.next_us, &b);
	cli_note("%s", buf_text(&b));
	if (!res.counts.of[LEDGER_UNKNOWN])
		return r;
	(void)cli_fail(e);
	return EXIT_PERSON;
}

int mail_send(struct mail_work *w, struct err *e)
{
	static const char *const names[] = { "../libexec/firebreak/firebreak-mailer", "firebreak-mailer", NULL };
	_cleanup_(sending_end) struct sending x = { .w = w, .from.w = w };
	int r = places_find("the mailer is", names, &x.program, e);

	if (r == 0)
		r = take_text(&x, e);
	if (r == 0)
		r = take_channel(&x, e);
	if (r == 0)
		r = open_ledger(&x, e);
	if (r == 0 && w->o->dry_run)
		return dry_run(&x, e);
	if (r == 0)
		r = enter(&x, e);
	return r < 0 ? r : go(&x, e);
}
