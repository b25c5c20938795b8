#include "model/drilled.h"
#include "base/text.h"
#include <string.h>

static const json_t *accounts(const struct incident *i)
{
	return json_object_get(i->drilled, "accounts");
}

uint32_t drilled_count(const struct incident *i)
{
	return (uint32_t)json_array_size(accounts(i));
}

void drilled_get(const struct incident *i, uint32_t k, struct drilled *ret)
{
	const json_t *j = json_array_get(accounts(i), k);
	const char *secret = json_str(j, "secret"), *address = json_str(j, "address");

	*ret = (struct drilled){
		.secret = secret ? secret : "", .address = address ? address : "",
		.tries = json_int(j, "tries", 0), .accepted = json_int(j, "accepted", 0),
		.unreachable = json_int(j, "unreachable", 0), .last_in_us = json_int(j, "last_accepted_us", 0),
		.out_us = json_int(j, "refused_us", 0), .began_us = json_int(i->drilled, "began_us", 0),
	};
}

/* A value that was never let in proves nothing by being refused. */
bool drilled_is_refused(const struct incident *i, const char *secret)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < drilled_count(i); k++) {
		struct drilled d;

		drilled_get(i, k, &d);
		if (strcmp(d.secret, secret) != 0)
			continue;
		if (!d.accepted || !d.out_us)
			return false;
		n++;
	}
	return n > 0;
}

void drilled_words(const struct drilled *d, struct buf *b)
{
	if (!d->accepted && d->out_us) {
		(void)buf_str(b, "refused from the beginning: the value is not the one in use, or was not any more");
	} else if (!d->accepted) {
		(void)buf_printf(b, "never let in: not reached in %lld tries", (long long)d->tries);
	} else if (!d->out_us) {
		(void)buf_printf(b, "STILL LET IN with the old value (%lld of %lld tries)", (long long)d->accepted,
				 (long long)d->tries);
	} else {
		(void)buf_str(b, "refused ");
		text_duration(b, d->out_us > d->began_us ? d->out_us - d->began_us : 0);
		(void)buf_printf(b, " after the drill began; let in %lld time%s before, the last ", (long
												     long)d->accepted,
				 d->accepted == 1 ? "" : "s");
		text_duration(b, d->out_us - d->last_in_us);
		(void)buf_str(b, " earlier");
	}
}
