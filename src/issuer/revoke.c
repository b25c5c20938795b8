/* Which certificates of the old key there are, and what is told of each. */
#include "base/clock.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "issuer/revoke.h"
#include <string.h>

static void olds_free(struct olds **all)
{
	for (uint32_t k = 0; *all && k < (*all)->n; k++) {
		certificate_clear(&(*all)->list[k].c);
		free((*all)->list[k].alone);
	}
	free(*all);
}

static bool is_there(const struct olds *all, const char *alone)
{
	for (uint32_t k = 0; k < all->n; k++)
		if (!strcmp(all->list[k].alone, alone))
			return true;
	return false;
}

/* It was for the old key when it was read; nothing else may be revoked by what a row of the journal says. */
static int add(struct olds *all, const char *pem, const char *place, const struct public_key *key, struct err *e)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	_cleanup_(buf_free) struct buf alone = BUF_INIT(CERTIFICATE_TEXT_MAX);
	int r = certificate_read(pem, strlen(pem), &c, e);

	if (r == 0)
		r = certificate_write(pem, strlen(pem), true, &alone, e);
	if (r < 0)
		return err_wrap(e, "the old certificate");
	if (strcmp(key->sha256, c.spki_sha256) != 0)
		return err_set(e, ERR_BUG, "job: a certificate that should be revoked is not of the old key");
	if (is_there(all, buf_text(&alone)) || (place && c.not_after_s < clock_now_us() / 1000000))
		return 0;
	if (all->n == OLD_MAX)
		return err_set(e, ERR_LIMIT, "more than %u certificates of the old key are valid: have them revoked by "
			       "hand", OLD_MAX);
	struct old *o = &all->list[all->n++];

	*o = (struct old){ .pem = pem, .place = place, .alone = buf_take(&alone), .c = c };
	c = (struct certificate){ .names = STRV_INIT };
	return 0;
}

static int all_of(const struct issuer_job *i, struct olds *ret, struct err *e)
{
	const json_t *issued = json_object_get(i->job->body, "issued"), *shown = json_object_get(i->job->body, "shown");
	const json_t *earlier = json_object_get(issued, "earlier");
	const struct secret *old = wire_secrets_get(&i->job->in, "old");
	const char *before = json_str(issued, "before");
	struct public_key key;

	if (!old)
		return err_set(e, ERR_CONFIG, "job: the old key did not come");
	int r = keypair_public(old, &key, e);

	if (r == 0 && before)
		r = add(ret, before, NULL, &key, e);
	for (size_t k = 0; r == 0 && k < json_array_size(earlier); k++) {
		const json_t *one = json_array_get(earlier, k);
		const char *pem = json_str(one, "certificate"), *place = json_str(one, "place");

		r = add(ret, pem ? pem : "", place ? place : "a place that is not told", &key, e);
	}
	for (size_t k = 0; r == 0 && k < json_array_size(shown); k++) {
		const char *pem = json_string_value(json_array_get(shown, k));

		r = add(ret, pem ? pem : "", "what an address served", &key, e);
	}
	if (r < 0 || ret->n)
		return r;
	return err_set(e, ERR_REFUSED, "no certificate of the old key was found, neither in the repository nor at an "
		       "address that serves it: find it (in the issuer's records) and have it revoked with reason "
		       "keyCompromise");
}

static json_t *facts(const struct old *o)
{
	json_t *j = json_object();

	json_put(j, "serial", o->c.serial);
	json_put(j, "issuer", o->c.issuer);
	json_put(j, "place", o->place);
	json_put_int(j, "believed_until_s", o->c.not_after_s);
	json_object_set_new(j, "revoked", json_boolean(o->r == 0));
	if (o->r < 0) {
		json_put(j, "text", o->why.text);
		return j;
	}
	json_put_int(j, "reason", o->seen.reason);
	json_object_set_new(j, "before", json_boolean(o->again));
	return j;
}

static json_t *finding(const struct old *o)
{
	_cleanup_(freep) char *detail = NULL;
	json_t *j = json_object();
	char day[32];

	issuer_day(o->c.not_after_s, day);
	detail = mem_printf("certificate %s from%.150s, valid until %s (%s%.150s), is not shown to be revoked: %.350s",
			    o->c.serial, o->c.issuer, day, o->place ? "found in " : "of the repository",
			    o->place ? o->place : "", o->why.text);
	json_put(j, "what", "certificate of the leaked key");
	json_put(j, "detail", detail);
	json_put(j, "severity", "high");
	return j;
}

/* What stays behind is part of the answer: who does not look at revocations believes the old one until its end. */
static void tell_one(struct job *job, const struct old *o, const char *day)
{
	(void)snprintf(job->text, sizeof(job->text), "certificate %s is revoked (keyCompromise), as %.90s %s%s; who "
		       "does not look there believes it until %s", o->c.serial, o->seen.by,
		       strchr(o->seen.by, ',') ? "say" : "says", o->again ? "; it was before" : "", day);
}

static void tell_several(struct job *job, const struct olds *all, const char *day)
{
	uint32_t again = 0;
	char before[80] = "";

	for (uint32_t k = 0; k < all->n; k++)
		again += all->list[k].again;
	if (again)
		(void)snprintf(before, sizeof(before), "; %u %s before", again, again == 1 ? "was" : "were");
	(void)snprintf(job->text, sizeof(job->text), "all %u certificates of the old key that are not over are seen to "
		       "be revoked (keyCompromise)%s; who does not look there believes the last of them until %s",
		       all->n, before, day);
}

static int conclude(struct job *job, const struct olds *all, struct err *e)
{
	json_t *list = json_array(), *findings = json_array();
	const struct old *failed = NULL;
	int64_t until_s = 0;
	uint32_t n = 0;
	char day[32];

	for (uint32_t k = 0; k < all->n; k++) {
		const struct old *o = &all->list[k];

		json_array_append_new(list, facts(o));
		until_s = o->c.not_after_s > until_s ? o->c.not_after_s : until_s;
		if (o->r == 0)
			continue;
		json_array_append_new(findings, finding(o));
		failed = failed ? failed : o;
		n++;
	}
	json_object_set_new(job->result, "certificates", list);
	json_object_set_new(job->result, "findings", findings);
	json_put_int(job->result, "believed_until_s", until_s);
	if (!failed && json_int(job->body, "shown_more", 0) > 0)
		return err_set(e, ERR_LIMIT, "addresses serve more certificates of the old key than are revoked here: "
			       "the outcomes of the step inspect have them, see that each is revoked");
	if (failed) {
		if (e)
			*e = failed->why;
		return all->n == 1 ? failed->r : err_wrap(e, "%u of %u certificates of the old key, the first", n,
							 all->n);
	}
	issuer_day(until_s, day);
	if (all->n == 1)
		tell_one(job, &all->list[0], day);
	else
		tell_several(job, all, day);
	return 0;
}

/* The journal has the new one when the old one is revoked; the issuer's host need not keep it any more. */
static void forget_new(struct issuer_job *i)
{
	const char *pem = json_str(json_object_get(i->job->body, "issued"), "certificate");
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	struct err ignored = ERR_INIT;

	if (pem && certificate_read(pem, strlen(pem), &c, &ignored) == 0)
		(void)issuer_forget(i, c.spki_sha256, &ignored);
}

int job_revoke(struct job *job, struct err *e)
{
	_cleanup_(olds_free) struct olds *all = mem_zero(1, sizeof(*all));
	struct issuer_job i = { .job = NULL };
	int r = issuer_open(job, &i, e);

	if (r < 0)
		return r;
	forget_new(&i);
	r = all_of(&i, all, e);
	if (r == 0) {
		olds_revoke(&i, all);
		r = conclude(job, all, e);
	}
	issuer_close(&i);
	return r;
}
