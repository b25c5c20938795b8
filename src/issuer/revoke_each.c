/* By the certificate itself, never by a name: by then that is the new one's. */
#include "base/clock.h"
#include "issuer/revoke.h"
#include "worker/chore.h"
#include <string.h>

#define PAUSE_FIRST_MS 200
#define PAUSE_MAX_MS 30000

static void begin(struct issuer_job *i, struct old *o)
{
	_cleanup_(buf_free) struct buf said = BUF_INIT(CERTIFICATE_TEXT_MAX);
	struct seen before = { .asked = false };
	struct err ignored = ERR_INIT;
	struct issuer_said of_client = { .again = false };

	/* Also the second time, after a crash. That nobody can be asked is no reason not to. */
	(void)issuer_seen(i, o->pem, &o->c, &before, &ignored);
	if (!before.revoked)
		o->r = issuer_run(i, ISSUER_REVOKE, NULL, o->alone, &said, &of_client, &o->why);
	o->again = of_client.again || before.revoked;
	if (of_client.again) {
		o->r = 0;
		o->why = (struct err)ERR_INIT;
	}
}

/* Time does not mend that; the register does, or a person who sees it in the issuer's own records. */
static bool nobody_tells(struct old *o)
{
	o->r = err_set(&o->why, ERR_REFUSED, "the issuer took the revocation of certificate %s, and nobody tells the "
		       "world of it: the certificate names no list and no responder, so add 'status', or 'crl' and "
		       "'chain', to the issuer in the register. Run respond again, or have a person look in the "
		       "issuer's records, and leave the step out with what was seen there (--skip, --because)",
		       o->c.serial);
	o->why.effect = EFFECT_UNKNOWN;
	return true;
}

/* The issuer has it; those who tell of it may be late. True: there is nothing to wait for any more. Whatever comes but
 * "revoked" leaves it unknown: that it was taken is the issuer's word alone. */
static bool look(struct issuer_job *i, struct old *o, bool is_last)
{
	struct err why = ERR_INIT;
	int r = issuer_seen(i, o->pem, &o->c, &o->seen, &why);
	bool in_time = chore_left_ms(i->job) > ISSUER_ROOM_MS;

	if (r == 0 && !o->seen.asked)
		return nobody_tells(o);
	if (r == 0 && o->seen.revoked)
		return true;
	if (in_time || !*o->said)
		(void)snprintf(o->said, sizeof(o->said), "%.280s%s", r < 0 ? why.text : o->seen.by,
			       r < 0 ? "" : strchr(o->seen.by, ',') ? " do not all say so" : " does not say so");
	/* It is revoked, perhaps; time does not tell us. */
	if (r == -ERR_REFUSED) {
		o->r = r;
		o->why = why;
		o->why.effect = EFFECT_UNKNOWN;
	} else if (is_last) {
		o->r = err_set(&o->why, ERR_NET, "the issuer took the revocation of certificate %s, and it is not seen "
			       "yet: %s. Run respond again", o->c.serial, o->said);
		o->why.effect = EFFECT_UNKNOWN;
	}
	return o->r < 0;
}

static void wait_until_seen(struct issuer_job *i, struct olds *all)
{
	bool settled[OLD_MAX] = { false };

	for (int64_t pause = PAUSE_FIRST_MS;; pause = 2 * pause < PAUSE_MAX_MS ? 2 * pause : PAUSE_MAX_MS) {
		bool is_last = chore_left_ms(i->job) < pause + ISSUER_ROOM_MS;
		uint32_t left = 0;

		for (uint32_t k = 0; k < all->n; k++) {
			settled[k] = settled[k] || all->list[k].r < 0 || look(i, &all->list[k], is_last);
			left += !settled[k];
		}
		if (!left)
			return;
		int64_t rest = chore_left_ms(i->job) - ISSUER_ROOM_MS;

		if (rest > 0)
			clock_sleep_ms(rest < pause ? rest : pause);
	}
}

static void right_reason(struct old *o)
{
	if (o->seen.asked && o->seen.reason != REASON_KEY_COMPROMISE)
		o->r = err_set(&o->why, ERR_REFUSED, "certificate %s is revoked with reason %d, says %s, and not with "
			       "keyCompromise, so who fears for the key is not warned: have the issuer told",
			       o->c.serial, o->seen.reason, o->seen.other);
}

void olds_revoke(struct issuer_job *i, struct olds *all)
{
	for (uint32_t k = 0; k < all->n; k++)
		if (all->list[k].r == 0)
			begin(i, &all->list[k]);
	wait_until_seen(i, all);
	for (uint32_t k = 0; k < all->n; k++)
		if (all->list[k].r == 0)
			right_reason(&all->list[k]);
}
