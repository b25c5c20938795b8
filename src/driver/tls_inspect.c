/* What stands at an address. Who listened with the old key is seen nowhere. */
#include "driver/tls.h"
#include "base/clock.h"
#include <string.h>

#define DAY_S 86400
#define SOON_S ((int64_t)14 * DAY_S)
#define BITS_LEAST 2048u               /* the CA/Browser Forum's baseline requirements, 6.1.5 */

struct inspecting { struct driver_answer *answer; const struct tls_keys *keys; char serial[48]; };

/* The one that is served need not be the one of the repository: a client renews, and nobody commits it. */
static void of_old_key(const char *place, const struct tls_served *s, const struct inspecting *i)
{
	if (!i->keys->has_old || strcmp(s->spki_sha256, i->keys->old.sha256) != 0)
		return;
	if (*s->pem)
		job_shown(i->answer, s->pem);
	else
		job_finding(i->answer, "high", "certificate of the leaked key", "'%.150s' serves certificate %s, which "
			    "is too long to be kept here: see that it is revoked", place, s->serial);
}

/* The same certificate for another kind of client is no second one. */
static void about_certificate(const char *place, enum tls_kind kind, const struct tls_served *s, void *arg)
{
	int64_t left_s = s->not_after_s - clock_now_us() / 1000000;
	struct inspecting *i = arg;
	struct driver_answer *a = i->answer;

	of_old_key(place, s, i);
	if (kind != TLS_ANY && !strcmp(s->serial, i->serial))
		return;
	(void)snprintf(i->serial, sizeof(i->serial), "%s", s->serial);
	if (left_s < 0)
		job_finding(a, "high", "ended certificate", "'%.150s' serves certificate %s, which has ended", place,
			    s->serial);
	else if (left_s < SOON_S)
		job_finding(a, "medium", "certificate ends soon", "'%.150s' serves certificate %s, which ends in %lld "
			    "days", place, s->serial, (long long)(left_s / DAY_S));
	if (!s->is_for_name)
		job_finding(a, "medium", "name is not in the certificate", "what '%.150s' serves is not for the name "
			    "that was asked for: option 'name'", place);
}

static void about_keys(const struct driver_job *job, const struct tls_keys *k, const struct tls_look *l,
		       struct driver_answer *a)
{
	if (k->has_old && k->old.type == KEY_RSA && k->old.bits < BITS_LEAST)
		job_finding(a, "medium", "short key", "the old key has %u bits: it may have been computed and not "
			    "stolen", k->old.bits);
	if (k->has_old && l->old)
		job_finding(a, "high", "the old key is served", "'%.150s' serves it: traffic may be read by whoever "
			    "has it and stands between", job->address);
	if (l->wants_client)
		job_finding(a, "medium", "clients are known by certificates", "'%.150s' asks its clients for one: who "
			    "has the old key and its certificate may be let in as a client until the list of what is "
			    "revoked, or another authority, is in force there, and what is open by then goes on: see "
			    "to it, and restart it", job->address);
	if (k->has_old && !l->old && !l->new)
		job_finding(a, "medium", "another key is served", "'%.150s' serves a key that is neither old nor new: "
			    "is this address fed by the secret", job->address);
}

int tls_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct tls_keys keys = { .has_old = false };
	struct inspecting i = { .answer = ret, .keys = &keys };
	struct tls_look l = { 0 };
	int r = tls_keys_of(job, &keys, e);

	if (r == 0)
		r = tls_look(job, &keys, about_certificate, &i, &l, e);
	if (r < 0)
		return tls_where(job, e);
	about_keys(job, &keys, &l, ret);
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void)snprintf(ret->text, sizeof(ret->text), "%u findings", ret->count);
	return 0;
}
