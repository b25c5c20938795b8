#include "base/clock.h"
#include "base/text.h"
#include "keys/zone.h"
#include <string.h>

#define SOA_SERIAL 2u          /* RFC 1035 3.3.13: MNAME, RNAME, SERIAL */
#define DATE_FIRST 1970010100u
#define DATE_LAST 4199123199u

static bool is_date(uint32_t serial)
{
	uint32_t month = serial / 10000 % 100, day = serial / 100 % 100;

	return serial >= DATE_FIRST && serial <= DATE_LAST && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static uint32_t today(int64_t now_s)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64);
	uint32_t date = 0;

	clock_format(&text, now_s * 1000000);
	for (const char *c = buf_text(&text); *c && *c != 'T'; c++)
		if (*c != '-')
			date = date * 10 + (uint32_t)(*c - '0');
	return date * 100;
}

static uint32_t next_serial(uint32_t serial, int64_t now_s)
{
	uint32_t date = today(now_s);

	if (is_date(serial) && serial < date)
		return date;
	return serial == UINT32_MAX ? 1 : serial + 1;
}

static int find_serial(const struct zone *z, struct zone_word *ret, uint32_t *ret_serial, struct err *e)
{
	char number[16];

	for (uint32_t i = 0; i < z->n; i++) {
		const struct zone_record *r = &z->records[i];

		if (strcmp(r->type, "SOA") != 0)
			continue;
		if (r->n_words <= SOA_SERIAL || r->words[SOA_SERIAL].to - r->words[SOA_SERIAL].from >= sizeof(number))
			break;
		*ret = r->words[SOA_SERIAL];
		(void)snprintf(number, sizeof(number), "%.*s", (int)(ret->to - ret->from), z->text + ret->from);
		if (text_u32(number, 0, UINT32_MAX, ret_serial) == 0)
			return 0;
		break;
	}
	return err_set(e, ERR_CONFIG, "%s: no SOA record with a number as its serial%s: no server would take the zone "
		       "for a newer one", z->name, z->includes ? " (what $INCLUDE names is not read)" : "");
}

int zone_write(const struct zone *z, const struct zone_edit *edits, size_t n, int64_t now_s, struct buf *ret,
	       struct err *e)
{
	struct zone_word soa = { 0 };
	uint32_t serial;
	size_t at = 0;
	bool raised = false;
	int r = find_serial(z, &soa, &serial, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i <= n; i++) {
		if (!raised && (i == n || edits[i].from >= soa.to)) {
			(void)buf_add(ret, z->text + at, soa.from - at);
			(void)buf_printf(ret, "%u", next_serial(serial, now_s));
			at = soa.to;
			raised = true;
		}
		if (i == n)
			break;
		(void)buf_add(ret, z->text + at, edits[i].from - at);
		(void)buf_str(ret, edits[i].put);
		at = edits[i].to;
	}
	(void)buf_add(ret, z->text + at, z->len - at);
	return ret->over ? err_set(e, ERR_LIMIT, "%s: the new zone is too large", z->name) : 0;
}
