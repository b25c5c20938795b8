#include "model/domains.h"
#include "base/clock.h"
#include "base/map.h"
#include "model/half_format.h"
#include <string.h>

static bool is_issued(const struct secret_def *s)
{
	for (uint32_t k = 0; k < s->n_public_halves; k++) {
		const struct half_format *f = half_format_find(s->public_halves[k].format);

		if (f && f->is_issued)
			return true;
	}
	return false;
}

bool domains_next(const struct firebreak_register *r, const struct secret_def *s, uint32_t *at, uint32_t *ret_data)
{
	if (!is_issued(s))
		return false;
	while (*at < s->opens.n) {
		const struct ref *ref = &s->opens.r[(*at)++];

		if (ref->kind == REF_DATA && r->data[ref->index].domains.n) {
			*ret_data = ref->index;
			return true;
		}
	}
	return false;
}

/* Each once, however many data sets are there. */
static uint32_t name_all(const struct firebreak_register *r, const struct secret_def *s, struct buf *b)
{
	_cleanup_(map_free) struct map seen = MAP_INIT;
	uint32_t at = 0, data, n = 0;

	while (domains_next(r, s, &at, &data))
		for (uint32_t k = 0; k < r->data[data].domains.n; k++)
			if (map_put(&seen, r->data[data].domains.s[k], 0))
				buf_printf(b, "%s%s", n++ ? ", " : "", r->data[data].domains.s[k]);
	return n;
}

static void tell_one(const struct incident *i, const char *secret, const char *names, struct buf *b)
{
	int64_t at_us, out_us = incident_pull_began_us(i, secret);
	enum pull_state state = incident_pull_state(i, secret, &at_us);

	buf_printf(b, "%s%s: ", b->len ? " " : "", names);
	if (state == PULL_OUT) {
		buf_str(b, "out of service since ");
		clock_format(b, at_us);
		buf_str(b, ", until there is a certificate for a new key.");
	} else if (state == PULL_BEGUN) {
		buf_str(b, "being taken out of service, until there is a certificate for a new key.");
	} else if (state == PULL_BACK && out_us) {
		buf_str(b, "was out of service from ");
		clock_format(b, out_us);
		buf_str(b, ", and is back since ");
		clock_format(b, at_us);
		buf_str(b, " with a new key and a new certificate.");
	} else if (incident_is_replaced(i, secret, &at_us)) {
		buf_str(b, "has a new key and a new certificate since ");
		clock_format(b, at_us);
		buf_str(b, "; the old ones are served no longer.");
	} else {
		buf_str(b, "its key and certificate are being replaced, and it is not shown yet that the old ones are "
			"served nowhere.");
	}
}

void domains_tell(const struct firebreak_register *r, const struct incident *i, struct buf *b)
{
	for (uint32_t k = 0; k < i->n_members; k++) {
		_cleanup_(buf_free) struct buf names = BUF_INIT(1 << 20);
		const struct affected *m = &i->members[k];
		uint32_t secret = !m->kind || !m->name || strcmp(m->kind, "secret") != 0 ? MAP_NONE
				: map_get(&r->secret_names, m->name);

		if (secret != MAP_NONE && name_all(r, &r->secrets[secret], &names))
			tell_one(i, m->name, buf_text(&names), b);
	}
}
