/* Channels, and who is told over them in which order. */
#include "model/register_parts.h"
#include "base/text.h"

#define WHAT_MAX 200
#define REPEAT_MAX_MIN 1440u

static const char *const tls_words[] = { "required", "optional", "never", NULL };

#define AT(field) offsetof(struct channel, field)
static const struct key channel_keys[] = {
	{ "kind", take_text, AT(kind), .required = true, .check = check_host_name },
	{ "to", take_text, AT(to), .required = true },
	{ "relays", take_texts, AT(relays), .check = check_relay, .limit = LIMIT_RELAYS },
	{ "server", take_text, AT(server) },
	{ "tls", take_choice, AT(tls), .words = tls_words },
	{ "ca", take_text, AT(ca), .check = check_local_file },
	{ "from", take_text, AT(from), .check = check_mail },
	{ "nick", take_text, AT(nick), .check = check_irc_word },
	{ "user", take_text, AT(user) },
	{ "secret", take_late, AT(secret), .late = LATE_SECRET },
	{ "public", take_flag, AT(public) },
	{ "depends", take_late, AT(depends), .late = LATE_REFS },
};
#undef AT

bool read_channel(struct loader *l, const struct yaml_node *n, void *item)
{
	struct channel *d = item;
	char what[WHAT_MAX];

	d->secret = NOTHING;
	(void)snprintf(what, sizeof(what), "channel '%s'", d->name);
	return take_map(l, n, channel_keys, ARRAY_SIZE(channel_keys), d, what);
}

/* Keys as bits: which a kind needs before we can send, and which it may have besides. */
enum { RELAYS = 1, SERVER = 2, FROM = 4, NICK = 8, USER = 16, SECRET = 32, TLS = 64, CA = 128 };
static const struct bit { const char *name; unsigned bit; } bits[] = {
	{ "relays", RELAYS }, { "server", SERVER }, { "from", FROM }, { "nick", NICK }, { "user", USER },
	{ "secret", SECRET }, { "tls", TLS }, { "ca", CA },
};
static const struct kind {
	const char *name;
	enum channel_way way;
	unsigned needs, may;
	check_fn *server;
} kinds[] = {
	{ "mail", CHANNEL_MAIL, RELAYS | FROM, USER | SECRET | TLS | CA, NULL },
	{ "irc", CHANNEL_IRC, SERVER | NICK, USER | SECRET | TLS | CA, check_server },
	{ "discord", CHANNEL_DISCORD, SECRET, CA, NULL },
	{ "slack", CHANNEL_SLACK, SECRET, CA, NULL },
	{ "matrix", CHANNEL_MATRIX, SERVER | SECRET, CA, check_https },
	{ "log-line", CHANNEL_LOG_LINE, SERVER, 0, check_server },
	{ "mastodon", CHANNEL_MASTODON, SERVER | SECRET, CA, check_https },
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static unsigned has(const struct channel *c)
{
	return (c->relays.n ? RELAYS : 0) | (c->server ? SERVER : 0) | (c->from ? FROM : 0) | (c->nick ? NICK : 0) |
	       (c->user ? USER : 0) | (c->secret != NOTHING ? SECRET : 0) | (c->tls ? TLS : 0) | (c->ca ? CA : 0);
}

static bool told_missing(struct loader *l, const struct channel *c, const struct kind *k, unsigned had)
{
	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		if (had & bits[i].bit & ~(k->needs | k->may))
			return problem(l, c->at, "channel '%s' is of kind '%s', which has no '%s'", c->name, c->kind,
				       bits[i].name);
		if (k->needs & ~had & bits[i].bit)
			return problem(l, c->at, "channel '%s' has no '%s', which one of kind '%s' needs to send",
				       c->name, bits[i].name, c->kind);
	}
	return true;
}

/* A mail address, a room or a channel of IRC where a server gets it; words for a person otherwise. */
static bool check_to(struct loader *l, const struct channel *c)
{
	if (c->way == CHANNEL_MAIL && check_mail(c->to))
		return problem(l, c->at, "'to' of channel '%s' is wrong: expected %s", c->name, check_mail(c->to));
	if (c->way == CHANNEL_IRC && (!strchr("#&+", c->to[0]) || strpbrk(c->to, " ,:") || strlen(c->to) > 64))
		return problem(l, c->at, "'to' of channel '%s' is wrong: expected a channel of IRC, like '#farm-sre'",
			       c->name);
	if (c->way == CHANNEL_MATRIX && (c->to[0] != '!' || strpbrk(c->to, " /?#")))
		return problem(l, c->at, "'to' of channel '%s' is wrong: expected a room's id, like "
			       "'!abc:example.org'", c->name);
	return true;
}

/* Said on a calm day: at night the sender refuses it. */
static bool check_relays(struct loader *l, const struct channel *c)
{
	for (uint32_t i = 0; c->secret != NOTHING && c->tls != CHANNEL_TLS_REQUIRED && i < c->relays.n; i++) {
		const char *relay = c->relays.s[i];

		if (text_starts(relay, "smtp://") && !text_is_loopback(relay + strlen("smtp://")))
			return problem(l, c->at, "channel '%s' would send its password to '%s' where TLS may be "
				       "missing: a 'secret' needs 'tls: required'", c->name, relay);
	}
	return true;
}

static bool settle_channel(struct loader *l, struct channel *c)
{
	const struct kind *k = kind_of(c->kind);
	unsigned had = has(c);
	const char *wrong;

	/* Without any of these keys it is one that a person uses, whatever its kind. */
	if (!had)
		return true;
	if (!k)
		return problem(l, c->at, "nothing here can send over a channel of kind '%s': leave away what stands "
			       "besides 'to' and 'depends', or take one of mail, irc, discord, slack, matrix, "
			       "log-line", c->kind);
	if (!told_missing(l, c, k, had))
		return false;
	wrong = k->server ? k->server(c->server) : NULL;
	if (wrong)
		return problem(l, c->at, "'server' of channel '%s' is wrong: expected %s", c->name, wrong);
	if ((had & USER) && !(had & SECRET))
		return problem(l, c->at, "channel '%s' has a 'user' and no 'secret': say which secret of the register "
			       "is its password", c->name);
	if ((had & SECRET) && c->tls && k->way == CHANNEL_IRC)
		return problem(l, c->at, "channel '%s' would send its password where TLS may be missing: a 'secret' "
			       "needs 'tls: required'", c->name);
	c->way = k->way;
	return check_relays(l, c) && check_to(l, c);
}

static void check_order(struct loader *l, const struct indices *list, struct position at, bool log)
{
	const struct table *t = &l->table[TABLE_CHANNELS];

	for (uint32_t i = 0; i < list->n; i++) {
		const struct channel *c = t->item[list->i[i]];

		if (c->way == CHANNEL_MASTODON)
			problem(l, at, "channel '%s' is of kind 'mastodon': it tells everybody, by `firebreak notice "
				"external` only", c->name);
		else if (log != (c->way == CHANNEL_LOG_LINE))
			problem(l, at, "channel '%s' is of kind '%s': %s", c->name, c->kind,
				log ? "'log' takes those of kind log-line" :
				"it tells nobody in person; it belongs to 'log'");
	}
}

void check_channels(struct loader *l)
{
	const struct organisation *o = &l->r->organisation;
	const struct table *channels = &l->table[TABLE_CHANNELS], *people = &l->table[TABLE_PEOPLE];

	for (size_t i = 0; i < channels->n && !enough(l); i++)
		settle_channel(l, channels->item[i]);
	check_order(l, &o->channels, l->seen_organisation, false);
	check_order(l, &o->log, l->seen_organisation, true);
	for (size_t i = 0; i < people->n && !enough(l); i++) {
		const struct person *p = &((const struct person_draft *)people->item[i])->p;

		check_order(l, &p->channels, p->at, false);
	}
	for (uint32_t i = 0; i < o->n_escalation; i++)
		for (uint32_t k = 0; k < o->escalation[i].to.n; k++)
			check_whom(l, o->escalation[i].at, o->escalation[i].to.s[k]);
}

bool take_minutes(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;
	uint32_t minutes;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (text_u32(text, 1, REPEAT_MAX_MIN, &minutes) < 0)
		return problem_at(l, n, "'%s' is wrong: expected minutes from 1 to %u", k->name, REPEAT_MAX_MIN);
	*(int64_t *)((char *)item + k->offset) = minutes;
	return true;
}

static const struct key escalation_keys[] = {
	{ "to", take_texts, offsetof(struct escalation, to), .required = true, .limit = LIMIT_ESCALATION },
	{ "after", take_minutes, offsetof(struct escalation, after_min), .required = true },
};

static bool take_step(struct loader *l, const struct yaml_node *n, void *element)
{
	((struct escalation *)element)->at = position_of(l, n);
	return take_map(l, n, escalation_keys, ARRAY_SIZE(escalation_keys), element, "a step of 'escalation'");
}

bool take_escalation(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct organisation *o = item;

	return take_elements(l, n, k->name, LIMIT_ESCALATION, sizeof(struct escalation), take_step,
			     (void **)&o->escalation, &o->n_escalation);
}
