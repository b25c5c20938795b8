/* Wikis, what is published where, and what the public text may name. */
#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"

#define WHAT_MAX 200
#define PAGE_MAX 200u      /* a wiki takes titles of 255 bytes; the number and the date need some */

/* A bot password is sent there: in the clear only where nobody listens. */
static const char *check_api(const char *s)
{
	bool tls = text_starts(s, "https://"), bare = text_starts(s, "http://") && text_is_loopback(s + 7);
	size_t n = strlen(s);

	return (tls || bare) && n > 20 && n < LIMIT_TEXT && !strpbrk(s, " \"<>\\@?#") && !check_line(s) &&
	       strcmp(s + n - strlen("/api.php"), "/api.php") == 0 ? NULL :
	       "the https address of a wiki's api.php, without user and password";
}

static const char *check_bot(const char *s)
{
	const char *at = strchr(s, '@');

	return at && at > s && at[1] && strlen(s) < 200 && !check_line(s) ? NULL :
	       "the login name of a bot password, like 'Firebreak@reports' (Special:BotPasswords makes it)";
}

/* What a wiki does not take in a title, and braces other than ours. */
static const char *check_page(const char *s)
{
	const char *number = strstr(s, "{number}");
	_cleanup_(freep) char *rest = number ? mem_printf("%.*s%s", (int)(number - s), s, number + 8) : mem_dup(s);
	char *date = strstr(rest, "{date}");

	if (date)
		memmove(date, date + 6, strlen(date + 6) + 1);
	return number && strlen(s) <= PAGE_MAX && !check_line(s) && !strpbrk(rest, "[]{}|#<>") && *s != ' ' ? NULL :
	       "a page's title with {number} in it (and {date}, when you like), without []{}|#<>";
}

static const char *check_show(const char *s)
{
	return *s && strcmp(s, "*") != 0 && strcmp(s, "**") != 0 && !check_line(s) && strlen(s) < 300 ? NULL :
	       "a name or address, or a pattern of some ('mw*.example.org')";
}

const char *check_ssh_key(const char *s)
{
	static const char *const kinds[] = { "ssh-ed25519 ", "sk-ssh-ed25519@openssh.com ", "ecdsa-sha2-nistp256 ",
					     "ecdsa-sha2-nistp384 ", "ecdsa-sha2-nistp521 ", "ssh-rsa ",
					     "sk-ecdsa-sha2-nistp256@openssh.com " };
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		const char *bytes = text_starts(s, kinds[k]) ? s + strlen(kinds[k]) : "";
		size_t n = strspn(bytes, base64);

		if (n > 40 && n < 2000 && !bytes[n])
			return NULL;
	}
	return "a public key of OpenSSH, kind and base64 ('ssh-ed25519 AAAA...'), without options and comment";
}

#define AT(field) offsetof(struct wiki, field)
static const struct key wiki_keys[] = {
	{ "api", take_text, AT(api), .required = true, .check = check_api },
	{ "user", take_text, AT(user), .required = true, .check = check_bot },
	{ "secret", take_late, AT(secret), .required = true, .late = LATE_SECRET },
	{ "ca", take_text, AT(ca), .check = check_local_file },
};
#undef AT

bool read_wiki(struct loader *l, const struct yaml_node *n, void *item)
{
	struct wiki *w = item;
	char what[WHAT_MAX];

	w->secret = NOTHING;
	(void)snprintf(what, sizeof(what), "wiki '%s'", w->name);
	return take_map(l, n, wiki_keys, ARRAY_SIZE(wiki_keys), w, what);
}

#define AT(field) offsetof(struct publish, field)
static const struct key publish_keys[] = {
	{ "wiki", take_text, AT(wiki), .check = check_host_name },
	{ "page", take_text, AT(page), .check = check_page },
	{ "show", take_texts, AT(show), .check = check_show },
};
#undef AT

bool read_publish(struct loader *l, const struct yaml_node *n)
{
	struct position *seen = &l->r->publish.at;

	if (seen->file)
		return problem_at(l, n, "'publish' stands twice: the first is at %s:%u:%u", seen->file, seen->line,
				  seen->col);
	*seen = position_of(l, n);
	return take_map(l, n, publish_keys, ARRAY_SIZE(publish_keys), &l->r->publish, "'publish'");
}

/* Two people with one key could approve each other's reports alone. */
static void check_keys_of_people(struct loader *l)
{
	const struct table *t = &l->table[TABLE_PEOPLE];
	struct map keys = MAP_INIT;

	for (size_t i = 0; i < t->n; i++) {
		const struct person *p = &((const struct person_draft *)t->item[i])->p;

		if (p->ssh && !map_put(&keys, p->ssh, (uint32_t)i))
			problem(l, p->at, "person '%s' has the ssh key of '%s': a key is one person's", p->name,
				((const struct person_draft *)t->item[map_get(&keys, p->ssh)])->p.name);
	}
	map_free(&keys);
}

void check_publish(struct loader *l)
{
	const struct publish *p = &l->r->publish;

	check_keys_of_people(l);
	if ((p->wiki != NULL) != (p->page != NULL))
		problem(l, p->at, "'publish' has %s and no %s: a report needs both to be published",
			p->wiki ? "'wiki'" : "'page'", p->wiki ? "'page'" : "'wiki'");
	else if (p->wiki && !table_find(l, TABLE_WIKIS, p->wiki))
		problem(l, p->at, "no wiki is called '%s'%s", p->wiki, hint_table(l, p->wiki, TABLE_WIKIS));
}
