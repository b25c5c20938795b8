#include "cli/mail_owners.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/domains.h"
#include <string.h>

static bool is_reached(const struct incident *i, const char *secret)
{
	for (uint32_t k = 0; k < i->n_members; k++)
		if (!strcmp(i->members[k].kind, "secret") && !strcmp(i->members[k].name, secret))
			return true;
	return false;
}

static int find_one(const struct mail_work *w, const char *name, struct owners *o, struct err *e)
{
	const struct firebreak_register *reg = w->s.reg;
	uint32_t secret = map_get(&reg->secret_names, name), at = 0, data;
	size_t before = o->n;

	if (secret == MAP_NONE)
		return err_set(e, ERR_USAGE, "the register has no secret '%.200s'", name);
	if (!is_reached(w->incident, name))
		return err_set(e, ERR_USAGE, "incident %lld does not reach '%s': whom is its key to be told to?",
			       (long long)w->incident->number, name);
	while (domains_next(reg, &reg->secrets[secret], &at, &data)) {
		if (!GROW(o->wiki, o->n, o->cap, LIMIT_DATA))
			return err_set(e, ERR_LIMIT, "more than %u wikis at once", LIMIT_DATA);
		o->wiki[o->n++] = (struct owner_wiki){ .secret = secret, .data = data };
		o->wiki[o->n - 1].by_file = !reg->data[data].database.address;
		if (o->wiki[o->n - 1].by_file && !w->o->csv)
			return err_set(e, ERR_CONFIG,
				       "%s:%u:%u: data set '%s' is served at a domain of '%s' and has no "
				       "'database': nobody can be asked who owns it, give its owners with --csv as "
				       "well", reg->data[data].at.file, reg->data[data].at.line,
				       reg->data[data].at.col, reg->data[data].name, name);
	}
	if (o->n == before)
		return err_set(e, ERR_CONFIG, "the register knows no wiki at a domain of '%s': one is a data set with "
			       "'domains' that a key with a certificate 'opens'", name);
	return 0;
}

int owners_find(const struct mail_work *w, struct owners *ret, struct err *e)
{
	int r = 0;

	ret->key = &w->tag_key;
	for (size_t k = 0; r == 0 && k < w->o->domains_of.n; k++)
		r = find_one(w, w->o->domains_of.s[k], ret, e);
	return r;
}

void owners_free(struct owners *o)
{
	free(o->wiki);
	free(o->tag);
	*o = (struct owners){ 0 };
}

int owners_note(struct owners *o, struct owner_wiki *wiki, const char *address, size_t len, struct err *e)
{
	if (!GROW(o->tag, o->n_tags, o->cap_tags, LEDGER_MAX))
		return err_set(e, ERR_LIMIT, "more than %u owners at once", LEDGER_MAX);
	mailing_tag(o->key, address, len, o->tag[o->n_tags++]);
	wiki->n = o->n_tags - wiki->first;
	return 0;
}

/* --- what the ledger says of them --- */

struct states { struct arena *arena; struct map of; };

static const char *word_of(struct arena *arena, const uint8_t tag[LEDGER_TAG_LEN])
{
	_cleanup_(buf_free) struct buf hex = BUF_INIT(2 * LEDGER_TAG_LEN + 1);

	text_hex(&hex, tag, LEDGER_TAG_LEN);
	return arena_dup(arena, buf_text(&hex));
}

static int keep_state(const struct ledger_row *row, void *arg)
{
	struct states *s = arg;

	map_put(&s->of, word_of(s->arena, row->tag), (uint32_t)row->state);
	return 0;
}

struct sum { int64_t sent, refused, others, unreached; const char *nobody, *by_file; struct map seen; };

static void sum_end(struct sum *s)
{
	map_free(&s->seen);
}

/* Who owns two wikis is one. Whose address cannot be written to stands in no ledger: nobody told them. */
static void count_wiki(const struct owners *o, const struct owner_wiki *wiki, const struct states *states,
		       const char *name, struct sum *sum)
{
	int64_t sent = 0;

	for (size_t k = wiki->first; k < wiki->first + wiki->n; k++) {
		const char *who = word_of(states->arena, o->tag[k]);
		uint32_t state = map_get(&states->of, who);

		sent += state == LEDGER_SENT;
		if (!map_put(&sum->seen, who, 0))
			continue;
		sum->sent += state == LEDGER_SENT;
		sum->refused += state == LEDGER_REFUSED;
		sum->unreached += state == MAP_NONE;
		sum->others += state != LEDGER_SENT && state != LEDGER_REFUSED && state != MAP_NONE;
	}
	sum->unreached += wiki->people.unconfirmed + wiki->people.without;
	if (wiki->by_file)
		sum->by_file = name;
	if (!sent && !sum->nobody)
		sum->nobody = name;
}

static void words_of(const struct sum *s, struct buf *b)
{
	buf_printf(b, "owners of wikis: mail to %lld was taken by their servers", (long long)s->sent);
	if (s->refused)
		buf_printf(b, ", to %lld it was refused", (long long)s->refused);
	if (s->unreached)
		buf_printf(b, "; %lld accounts have no address that is confirmed and can be written to",
			   (long long)s->unreached);
	if (s->others)
		buf_printf(b, "; of %lld it is not settled", (long long)s->others);
	if (s->by_file)
		buf_printf(b, "; who owns '%s' is what a file says", s->by_file);
	if (s->nobody)
		buf_printf(b, "; of '%s' nobody was told", s->nobody);
}

static int answer(struct mail_work *w, const struct plan *p, uint32_t secret, const char *words, struct err *e)
{
	_cleanup_(incident_freep) struct incident *with_steps = NULL;
	int r = engine_adopt(&w->s.en, w->incident->number, p, &with_steps, e);

	for (uint32_t k = 0; r == 0 && k < p->n; k++) {
		const struct step_state *s = p->steps[k].mailed && p->steps[k].secret == secret
					     ? incident_step(with_steps, p->steps[k].id) : NULL;

		if (s && !outcome_is_settled(s->outcome))
			r = engine_decide(&w->s.en, with_steps, ROW_ANSWERED, s->id, words, e);
	}
	return r;
}

static int settle_secret(struct mail_work *w, const struct owners *o, const struct states *states,
			 const struct plan *p, size_t *at, json_t *list, struct err *e)
{
	const struct firebreak_register *reg = w->s.reg;
	_cleanup_(buf_free) struct buf words = BUF_INIT(4000), answered = BUF_INIT(8000);
	uint32_t secret = o->wiki[*at].secret;
	_cleanup_(sum_end) struct sum sum = { 0 };
	json_t *one = json_object();
	bool told;

	for (; *at < o->n && o->wiki[*at].secret == secret; (*at)++)
		count_wiki(o, &o->wiki[*at], states, reg->data[o->wiki[*at].data].name, &sum);
	words_of(&sum, &words);
	told = !sum.others && !sum.nobody;
	json_put(one, "secret", reg->secrets[secret].name);
	json_object_set_new(one, "told", json_boolean(told));
	json_put(one, "text", buf_text(&words));
	json_array_append_new(list, one);
	if (!told)
		return 0;
	buf_printf(&answered, "%s; sha256 of the text %s", buf_text(&words), ledger_mailing(w->ledger)->text_sha256);
	return answer(w, p, secret, buf_text(&answered), e);
}

int owners_settle(struct mail_work *w, const struct owners *o, json_t *list, struct err *e)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(incident_freep) struct incident *now = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	struct states states = { .arena = arena };
	int r = o->n ? engine_incident(w->s.journal, w->incident->number, &now, e) : 0;

	if (r < 0 || !o->n || now->closed_us)
		return r;
	r = engine_plan(&w->s.en, now, &p, e);
	if (r == 0)
		r = ledger_each(w->ledger, LEDGER_STATES, keep_state, &states, e);
	for (size_t at = 0; r == 0 && at < o->n;)
		r = settle_secret(w, o, &states, p, &at, list, e);
	map_free(&states.of);
	return r;
}

int owners_remind(struct mail_work *w, struct err *e)
{
	_cleanup_(incident_freep) struct incident *now = NULL;
	_cleanup_(plan_freep) struct plan *p = NULL;
	int r = engine_incident(w->s.journal, w->incident->number, &now, e);

	if (r < 0 || now->closed_us)
		return r;
	r = engine_plan(&w->s.en, now, &p, e);
	for (uint32_t k = 0; r == 0 && k < p->n; k++) {
		const struct step_state *s = p->steps[k].mailed ? incident_step(now, p->steps[k].id) : NULL;
		_cleanup_(buf_free) struct buf secret = BUF_INIT(1024);

		if (!p->steps[k].mailed || (s && outcome_is_settled(s->outcome)))
			continue;
		text_shell(&secret, w->s.reg->secrets[p->steps[k].secret].name);
		cli_note("'%s' is open still: a file alone does not say who owns the wikis. The same with "
			 "--domains-of %s as well does it, and nobody gets a second mail", p->steps[k].id,
			 buf_text(&secret));
	}
	return r;
}

size_t owners_untold(const json_t *owners)
{
	size_t n = 0;

	for (size_t k = 0; k < json_array_size(owners); k++)
		n += !json_is(json_array_get(owners, k), "told");
	return n;
}

void owners_show(const json_t *owners, struct buf *b)
{
	for (size_t k = 0; k < json_array_size(owners); k++) {
		const json_t *one = json_array_get(owners, k);

		buf_printf(b, "%s: %s%s\n", json_str(one, "secret"), json_str(one, "text"),
			   json_is(one, "told") ? "" : ". Its step is not done");
	}
}
