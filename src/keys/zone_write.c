#include "base/clock.h"
#include "base/text.h"
#include "keys/zone.h"
#include <string.h>

#define SOA_SERIAL 2u          /* RFC 1035 3.3.13: MNAME, RNAME, SERIAL */
#define DAY_DIGITS 8u          /* YYYYMMDD */

/* "YYYYMMDDnn", and "YYYYMMDDnnnnnn", which some servers take modulo 2^32 and some teams write. */
static bool is_date(const char *serial)
{
	size_t len = strlen(serial);

	if (len != DAY_DIGITS + 2 && len != DAY_DIGITS + 6)
		return false;
	int month = (serial[4] - '0') * 10 + serial[5] - '0', day = (serial[6] - '0') * 10 + serial[7] - '0';

	return strncmp(serial, "1970", 4) >= 0 && strncmp(serial, "4199", 4) <= 0 && month >= 1 && month <= 12 &&
	       day >= 1 && day <= 31;
}

static void today(int64_t now_s, size_t len, char ret[24])
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64);
	size_t n = 0;

	clock_format(&text, now_s * 1000000);
	for (const char *c = buf_text(&text); *c && *c != 'T' && n < DAY_DIGITS; c++)
		if (*c != '-')
			ret[n++] = *c;
	while (n < len)
		ret[n++] = '0';
	ret[n] = '\0';
}

static void next_serial(const char *serial, int64_t now_s, char ret[24])
{
	int64_t number = 0;

	if (is_date(serial)) {
		today(now_s, strlen(serial), ret);
		if (strcmp(serial, ret) < 0)
			return;
	}
	(void)text_i64(serial, &number);
	(void)snprintf(ret, 24, "%lld", number == UINT32_MAX ? 1LL : (long long)number + 1);
}

static int find_serial(const struct zone *z, struct zone_word *ret, char ret_serial[20], struct err *e)
{
	int64_t number;

	for (uint32_t i = 0; i < z->n; i++) {
		const struct zone_record *r = &z->records[i];

		if (strcmp(r->type, "SOA") != 0)
			continue;
		if (r->n_words <= SOA_SERIAL || r->words[SOA_SERIAL].to - r->words[SOA_SERIAL].from > 18)
			break;
		*ret = r->words[SOA_SERIAL];
		(void)snprintf(ret_serial, 20, "%.*s", (int)(ret->to - ret->from), z->text + ret->from);
		if (strspn(ret_serial, "0123456789") == ret->to - ret->from && text_i64(ret_serial, &number) == 0)
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
	char serial[20], next[24];
	size_t at = 0;
	bool raised = false;
	int r = find_serial(z, &soa, serial, e);

	if (r < 0)
		return r;
	next_serial(serial, now_s, next);
	for (size_t i = 0; i <= n; i++) {
		if (!raised && (i == n || edits[i].from >= soa.to)) {
			(void)buf_add(ret, z->text + at, soa.from - at);
			(void)buf_str(ret, next);
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
