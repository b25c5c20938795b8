/* A lucky answer of one worker is no proof. */
#include "driver/tls.h"

/* What serves one client at a time lets the second wait: not for long. */
#define AT_ONCE_MS 4000

static enum tls_kind kind_of(const struct driver_job *job, uint32_t k)
{
	return tls_served_has_one(job) ? TLS_ANY : (enum tls_kind)(k % TLS_KINDS);
}

/* How many had their answer while all were open. */
static uint32_t at_once(const struct driver_job *job, tls_took_fn *take, void *arg)
{
	struct tls_ask asks[TLS_AT_ONCE] = { { .link = NULL } };
	struct err ignored = ERR_INIT;
	uint32_t n = 0, answered = 0;

	while (n < TLS_AT_ONCE && tls_ask_open(job, &asks[n], &ignored) == 0)
		n++;
	for (; answered < n; answered++) {
		enum tls_kind kind = kind_of(job, answered);
		struct tls_served s = { .none = false };
		bool hung_up = false;
		int r = tls_ask_look(job, &asks[answered], kind, AT_ONCE_MS, &s, &hung_up, &ignored);

		/* Of that kind it has nothing, as it was found to before. */
		if (r < 0 && kind != TLS_ANY && hung_up)
			continue;
		if (r < 0)
			break;
		if (!s.none)
			take(kind, &s, arg);
	}
	for (uint32_t k = 0; k < TLS_AT_ONCE; k++)
		tls_ask_end(&asks[k]);
	return answered;
}

int tls_several(const struct driver_job *job, tls_took_fn *take, void *arg, struct err *e)
{
	for (uint32_t k = at_once(job, take, arg); k < TLS_AT_ONCE; k++) {
		enum tls_kind kind = kind_of(job, k);
		struct tls_served s = { .none = false };
		int r = tls_served_ask(job, kind, &s, e);

		if (r < 0)
			return r;
		if (!s.none)
			take(kind, &s, arg);
	}
	return 0;
}
