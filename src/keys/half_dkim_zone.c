/* DKIM records in a zone file: the old key's is emptied (RFC 6376 3.6.1), the new key's gets a name of its own. */
#include "base/mem.h"
#include "keys/dkim.h"
#include "keys/half.h"
#include "keys/zone.h"
#include <string.h>

#define STRING_MAX 255         /* bytes of one string of a TXT record, RFC 1035 3.3.14 */
#define TTL_USUAL 3600
#define NAMES_MAX ((size_t)200)

static enum dkim_standing standing(const struct zone *z, const struct zone_record *r, const struct public_key *k)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(DKIM_RECORD_MAX);

	if (strcmp(r->type, "TXT") != 0 || r->n_words == 0)
		return DKIM_OTHERS;
	zone_txt(z, r, &text);
	return text.over ? DKIM_OTHERS : dkim_standing(buf_text(&text), k);
}

static int open_zone(const struct half_work *w, const char *text, size_t len, struct zone *ret, struct err *e)
{
	return zone_read(w->files[0].path, text, len, half_option(w, "domain"), ret, e);
}

static void quoted(struct buf *b, const char *record)
{
	for (size_t at = 0, len = strlen(record); at < len; at += STRING_MAX)
		(void)buf_printf(b, "%s\"%.*s\"", at ? " " : "", STRING_MAX, record + at);
}

/* What was written is read again: a zone that reads differently from what was meant is not pushed. */
static int look_again(const struct half_work *w, const struct zone *before, uint32_t more, struct err *e)
{
	_cleanup_(zone_clear) struct zone z = { 0 };
	uint32_t old = 0, same = 0;
	int r = open_zone(w, buf_text(w->files[0].ret), w->files[0].ret->len, &z, e);

	if (r < 0)
		return err_wrap(e, "the zone as it would be");
	for (uint32_t i = 0; i < z.n; i++) {
		old += !more && standing(&z, &z.records[i], w->old) == DKIM_LIVE;
		if (same < before->n && !strcmp(before->records[same].owner, z.records[i].owner) &&
		    !strcmp(before->records[same].type, z.records[i].type) &&
		    before->records[same].ttl_s == z.records[i].ttl_s)
			same++;
	}
	if (old || z.n != before->n + more || same != before->n)
		return err_set(e, ERR_REFUSED, "%s: the edit does not read back as it was meant, so nothing is pushed: "
			       "a person has to change the record", w->files[0].path);
	return 0;
}

/* The names that were dealt with, for people; cut where they are many. */
static void name(struct buf *names, const char *owner)
{
	if (names->len < NAMES_MAX / 2)
		(void)buf_printf(names, "%s%.120s", names->len ? ", " : "", owner);
	else if (names->len < NAMES_MAX - 4)
		(void)buf_str(names, ", ...");
}

struct withdrawal {
	struct zone_edit *edits;
	size_t n, already;
	struct buf names;
	int64_t ttl_s;
};

static void withdrawal_clear(struct withdrawal *x)
{
	free(x->edits);
	buf_free(&x->names);
}

static void look_for_old(const struct half_work *w, const struct zone *z, const char *put, struct withdrawal *x)
{
	for (uint32_t i = 0; i < z->n; i++) {
		const struct zone_record *r = &z->records[i];
		enum dkim_standing s = standing(z, r, w->old);

		if (s == DKIM_OTHERS)
			continue;
		x->ttl_s = r->ttl_s > x->ttl_s ? r->ttl_s : x->ttl_s;
		name(&x->names, r->owner);
		if (s == DKIM_WITHDRAWN)
			x->already++;
		else
			x->edits[x->n++] = (struct zone_edit){ r->words[0].from, r->words[r->n_words - 1].to, put };
	}
}

static int withdraw(const struct half_work *w, struct half_said *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf record = BUF_INIT(DKIM_RECORD_MAX), put = BUF_INIT(2 * DKIM_RECORD_MAX);
	_cleanup_(withdrawal_clear) struct withdrawal x = { .names = BUF_INIT(NAMES_MAX) };
	_cleanup_(zone_clear) struct zone z = { 0 };
	int r = open_zone(w, w->files[0].text, w->files[0].len, &z, e);

	if (r == 0)
		r = dkim_withdrawn(w->old, &record, e);
	if (r < 0)
		return r;
	quoted(&put, buf_text(&record));
	x.edits = mem_zero(z.n + 1, sizeof(*x.edits));
	look_for_old(w, &z, buf_text(&put), &x);
	if (!x.n && !x.already)
		return err_set(e, ERR_CONFLICT, "%s: no record has the public half of the old key, and none says that "
			       "it was withdrawn%s: find the selector that mail is signed with, and withdraw its "
			       "record", w->files[0].path, z.includes ? " (what $INCLUDE names is not read)" : "");
	ret->ttl_s = x.ttl_s > 0 ? x.ttl_s : 0;
	(void)snprintf(ret->text, sizeof(ret->text), "%s%.180s; resolvers may keep the old record for %lld s more",
		       x.n ? "withdrawn: " : "was withdrawn already: ", buf_text(&x.names), (long long)ret->ttl_s);
	if (!x.n)
		return 0;
	r = zone_write(&z, x.edits, x.n, w->now_s, w->files[0].ret, e);
	return r < 0 ? r : look_again(w, &z, 0, e);
}

/* 1: there already. A name that is taken by something else is somebody else's doing. */
static int is_there(const struct half_work *w, const struct zone *z, const char *owner, struct err *e)
{
	bool found = false;

	for (uint32_t i = 0; i < z->n; i++) {
		if (strcmp(z->records[i].owner, owner) != 0)
			continue;
		if (standing(z, &z->records[i], w->new) != DKIM_LIVE)
			return err_set(e, ERR_CONFLICT, "%s:%u: '%s' stands there with something else than the new "
				       "key: a person has to look", z->name, z->records[i].line, owner);
		found = true;
	}
	return found;
}

/* Behind the last key of the domain, else at the end. A line without a name belongs to the record before it, and has
 * its name: nothing gets between the two. */
static size_t place_of(const struct zone *z, const char *domain, int64_t *ret_ttl, const struct public_key *old)
{
	size_t len = strlen(domain), at = z->len;

	for (uint32_t i = 0; i < z->n; i++) {
		const struct zone_record *r = &z->records[i];
		const char *below = strstr(r->owner, "._domainkey.");

		if (standing(z, r, old) != DKIM_OTHERS && r->ttl_s >= 0)
			*ret_ttl = r->ttl_s;
		if (below && strlen(below) == strlen("._domainkey.") + len &&
		    !strcmp(below + strlen("._domainkey."), domain))
			at = r->end;
	}
	return at;
}

static int owner_of(const struct half_work *w, char ret[ZONE_NAME_MAX], const char **ret_domain, struct err *e)
{
	const char *domain = half_option(w, "domain");
	char selector[DKIM_SELECTOR];

	dkim_selector(w->new, selector);
	if (strlen(domain) > 200 || strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(domain))
		return err_set(e, ERR_CONFIG, "'domain' of the public half is no name of a domain in small letters: "
			       "'%.200s'", domain);
	(void)snprintf(ret, ZONE_NAME_MAX, "%s._domainkey.%s", selector, domain);
	*ret_domain = domain;
	return 0;
}

static int insert(const struct half_work *w, const struct zone *z, const char *owner, const char *domain, struct err *e)
{
	_cleanup_(buf_free) struct buf record = BUF_INIT(DKIM_RECORD_MAX), put = BUF_INIT(2 * DKIM_RECORD_MAX);
	const char *said = half_option(w, "ttl");
	int64_t ttl = z->ttl_s >= 0 ? z->ttl_s : TTL_USUAL;
	size_t at = place_of(z, domain, &ttl, w->old);
	int r = dkim_record(w->new, &record, e);

	if (r < 0)
		return r;
	if (at > 0 && z->text[at - 1] != '\n')
		(void)buf_char(&put, '\n');
	if (said)
		(void)buf_printf(&put, "%s. %.10s IN TXT ", owner, said);
	else
		(void)buf_printf(&put, "%s. %lld IN TXT ", owner, (long long)ttl);
	quoted(&put, buf_text(&record));
	(void)buf_char(&put, '\n');
	r = zone_write(z, &(struct zone_edit){ at, at, buf_text(&put) }, 1, w->now_s, w->files[0].ret, e);
	return r < 0 ? r : look_again(w, z, 1, e);
}

static int publish(const struct half_work *w, struct half_said *ret, struct err *e)
{
	_cleanup_(zone_clear) struct zone z = { 0 };
	char owner[ZONE_NAME_MAX];
	const char *domain;
	int r = owner_of(w, owner, &domain, e);

	if (r == 0)
		r = open_zone(w, w->files[0].text, w->files[0].len, &z, e);
	if (r == 0)
		r = is_there(w, &z, owner, e);
	if (r < 0)
		return r;
	(void)snprintf(ret->text, sizeof(ret->text), "%s has the new key%s", owner, r ? " already" : "");
	return r ? 0 : insert(w, &z, owner, domain, e);
}

const struct half_writer half_dkim_zone = { .name = "dkim-zone", .publish = publish, .withdraw = withdraw };
