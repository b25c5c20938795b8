/* Ports and bans: what a packet of a stranger comes to. */
#include "base/text.h"
#include "model/posture_parts.h"
#include <string.h>

static bool is_of(const json_t *object, const char *key, const char *value)
{
	const char *s = json_str(object, key);

	return s && strcmp(s, value) == 0;
}

/* " (not seen: table inet x of nftables, ...)", or nothing. */
static void unseen(const json_t *list, struct buf *ret)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		const char *what = json_string_value(json_array_get(list, k));

		if (what)
			(void)buf_printf(ret, "%s%.100s", ret->len ? ", " : " (not seen: ", what);
	}
	if (ret->len)
		(void)buf_str(ret, ")");
}

/* What happens to a stranger's packet for a port that nothing listens on and no rule names. */
static void family(struct judge *j, const json_t *f, const char *name)
{
	_cleanup_(buf_free) struct buf more = BUF_INIT(400);
	int64_t hooks = json_int(f, "hooks", 0);

	if (!json_is_object(f) || !json_str(f, "stranger"))
		claim_say(j, CLAIM_UNTOLD, "%s: nothing is known of its rules", name);
	else if (!hooks)
		claim_say(j, CLAIM_FALSE, "%s: no rule looks at what comes in", name);
	else if (is_of(f, "stranger", "refused"))
		claim_say(j, CLAIM_TRUE, "%s: what no rule lets in is dropped", name);
	else if (is_of(f, "stranger", "accepted"))
		claim_say(j, CLAIM_FALSE, "%s: a port that no rule names is open to everybody", name);
	else {
		unseen(json_object_get(json_object_get(j->facts, "firewall"), "unseen"), &more);
		claim_say(j, CLAIM_UNTOLD, "%s: what happens to a port that no rule names cannot be read from the "
			  "rules%s", name, buf_text(&more));
	}
}

static void sockets(struct judge *j, const json_t *list)
{
	_cleanup_(buf_free) struct buf open = BUF_INIT(400);
	uint32_t n = 0;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *s = json_array_get(list, k);

		if (!is_of(s, "verdict", "accepted"))
			continue;
		n++;
		(void)buf_printf(&open, "%s%.8s/%lld%s%.40s%s", open.len ? ", " : "",
				 json_str(s, "protocol") ? json_str(s, "protocol") : "?",
				 (long long)json_int(s, "port", 0), json_str(s, "program") ? " (" : "",
				 json_str(s, "program") ? json_str(s, "program") : "",
				 json_str(s, "program") ? ")" : "");
	}
	if (n)
		claim_say(j, CLAIM_TRUE, "open to everybody, by a rule or for want of one: %s%s", buf_text(&open),
			  open.over ? " and more" : "");
}

void judge_ports(struct judge *j)
{
	const json_t *f = json_object_get(j->facts, "firewall");

	if (!json_is(f, "read")) {
		claim_say(j, CLAIM_UNTOLD, "the rules could not be read: %.300s",
			  json_str(f, "text") ? json_str(f, "text") : "the host said nothing of them");
		return;
	}
	family(j, json_object_get(f, "v4"), "IPv4");
	if (json_is(f, "v6_off"))
		claim_say(j, CLAIM_TRUE, "IPv6: no interface has it");
	else
		family(j, json_object_get(f, "v6"), "IPv6");
	if (json_str(f, "blind"))
		claim_say(j, CLAIM_UNTOLD, "the rules have %.100s, which is not looked at here", json_str(f, "blind"));
	sockets(j, json_object_get(f, "sockets"));
}

static void in_force(struct judge *j, const json_t *b)
{
	const json_t *list = json_object_get(b, "banned");
	uint32_t held = 0, open = 0, untold = 0;
	const char *first = NULL;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);

		held += is_of(one, "verdict", "refused");
		untold += is_of(one, "verdict", "untold");
		if (!is_of(one, "verdict", "accepted"))
			continue;
		first = open++ ? first : json_str(one, "address");
	}
	if (open)
		claim_say(j, CLAIM_FALSE, "%u of %zu banned addresses reach the port all the same: %.60s", open,
			  json_array_size(list), first ? first : "?");
	else if (untold)
		claim_say(j, CLAIM_UNTOLD, "whether %u of %zu banned addresses are kept out cannot be read from the "
			"rules",
			  untold, json_array_size(list));
	else if (held)
		claim_say(j, CLAIM_TRUE, "%u banned addresses, and the rules refuse each", held);
	else
		claim_say(j, CLAIM_UNTOLD, "nobody is banned now, so no ban is seen in force: try with --try-ban");
}

/* What it reads: of this very login something must stand there. */
static void reads(struct judge *j, const json_t *list)
{
	const json_t *no = NULL, *untold = NULL;

	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);

		if (is_of(one, "fresh", "yes")) {
			claim_say(j, CLAIM_TRUE, "what sshd says of logins is where it reads: %.200s",
				  json_str(one, "what") ? json_str(one, "what") : "?");
			return;
		}
		*(is_of(one, "fresh", "no") ? &no : &untold) = one;
	}
	if (untold || !no)
		claim_say(j, CLAIM_UNTOLD, "whether it reads what sshd says of logins could not be told: %.200s: "
			  "%.200s",
			  json_str(untold, "what") ? json_str(untold, "what") : "what it reads",
			  json_str(untold, "text") ? json_str(untold, "text") : "it was not found");
	else
		claim_say(j, CLAIM_FALSE, "it does not read what sshd says of logins: %.200s: %.200s",
			  json_str(no, "what") ? json_str(no, "what") : "?",
			  json_str(no, "text") ? json_str(no, "text") : "nothing of this login is there");
}

/* Whom it bans next, tried in a copy of the rules. */
static void next(struct judge *j, const json_t *list)
{
	for (size_t k = 0; k < json_array_size(list); k++) {
		const json_t *one = json_array_get(list, k);
		const char *family = json_str(one, "family"), *where = json_str(one, "where");

		family = family ? family : "?";
		where = where ? where : "?";
		if (is_of(one, "verdict", "absent"))
			claim_say(j, CLAIM_FALSE, "%.10s: its bans have nowhere to stand: the rules do not have "
				  "%.100s", family, where);
		else if (is_of(one, "verdict", "accepted"))
			claim_say(j, CLAIM_FALSE, "%.10s: whom it bans would reach the port all the same (%.100s)",
				  family, where);
		else if (!is_of(one, "verdict", "refused"))
			claim_say(j, CLAIM_UNTOLD, "%.10s: whether the rules would keep out whom it bans cannot be "
				  "read from them", family);
	}
}

void judge_bans(struct judge *j)
{
	const json_t *b = json_object_get(j->facts, "bans");

	if (!json_is_object(b))
		return;
	if (!json_str(b, "program")) {
		claim_say(j, CLAIM_FALSE, "neither fail2ban nor sshguard runs");
		return;
	}
	claim_say(j, CLAIM_TRUE, "%.40s runs", json_str(b, "program"));
	if (json_str(b, "lacks"))
		claim_say(j, CLAIM_FALSE, "it bans nobody: it has no %.100s", json_str(b, "lacks"));
	else if (is_of(b, "jail", "absent"))
		claim_say(j, CLAIM_FALSE, "it has no jail for sshd");
	else if (!is_of(b, "jail", "enabled"))
		claim_say(j, CLAIM_UNTOLD, "whether it watches sshd could not be told: %.40s%s%.300s",
			  json_str(b, "backend") ? json_str(b, "backend") : "", json_str(b, "backend") ? ": " : "",
			  json_str(b, "text") ? json_str(b, "text") : "it did not answer");
	else {
		reads(j, json_object_get(b, "reads"));
		next(j, json_object_get(b, "next"));
		in_force(j, b);
	}
}
