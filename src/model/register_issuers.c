#include "base/text.h"
#include "model/issuer_client.h"
#include "model/register_parts.h"
#include <string.h>

#define WHAT_MAX 200

static bool take_client(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text, *names[32];
	size_t count = 0;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (issuer_client_find(text))
		return take_text(l, k, n, item);
	for (; count < issuer_clients_count && count < ARRAY_SIZE(names); count++)
		names[count] = issuer_clients[count].name;
	return problem_at(l, n, "no client of an issuer is called '%.60s'%s", text, hint_words(text, names, count));
}

/* What stands there decides whether a certificate counts as revoked: nobody on the way may write it. */
static const char *check_status(const char *s)
{
	bool tls = text_starts(s, "https://"), bare = text_starts(s, "http://") && text_is_loopback(s + 7);

	return (tls || bare) && strstr(s, "{serial}") && !strpbrk(s, " \"<>\\@") && !check_line(s) ? NULL :
	       "an https address with {serial} in it";
}

#define AT(field) offsetof(struct issuer, field)
static const struct key issuer_keys[] = {
	{ "client", take_client, AT(client), .required = true },
	{ "host", take_late, AT(host), .late = LATE_HOST },
	{ "command", take_texts, AT(command) },
	{ "get", take_texts, AT(get) },
	{ "revoke", take_texts, AT(revoke) },
	{ "hold", take_texts, AT(hold) },
	{ "resume", take_texts, AT(resume) },
	{ "renews", take_texts, AT(renews) },
	{ "status", take_text, AT(status), .check = check_status },
	{ "crl", take_text, AT(crl), .check = check_absolute },
	{ "chain", take_text, AT(chain), .check = check_absolute },
	{ "archive", take_texts, AT(archive), .check = check_absolute },
	{ "ca", take_text, AT(ca), .check = check_local_file },
};
#undef AT

static bool words_fit(struct loader *l, const struct yaml_node *n, const struct issuer *i)
{
	const struct issuer_client *c = issuer_client_find(i->client);

	if (!*c->get && (!i->get.n || !i->revoke.n))
		return problem_at(l, n, "issuer '%s': client '%s' needs 'get' and 'revoke', programs with their words",
				  i->name, c->name);
	if (!*c->get && i->command.n)
		return problem_at(l, n, "issuer '%s': 'command' is for the other clients: 'get' and 'revoke' are "
				  "whole programs here", i->name);
	if (i->resume.n ? !i->hold.n || !i->renews.n : i->renews.n > 0)
		return problem_at(l, n, "issuer '%s': 'resume' and 'renews' belong together, and to 'hold': a robot is "
				  "let go only where something shows which keys it would use again", i->name);
	return true;
}

bool read_issuer(struct loader *l, const struct yaml_node *n, void *item)
{
	struct issuer *i = item;
	char what[WHAT_MAX];

	i->host = NOTHING;
	(void)snprintf(what, sizeof(what), "issuer '%s'", i->name);
	return take_map(l, n, issuer_keys, ARRAY_SIZE(issuer_keys), i, what) && words_fit(l, n, i);
}
