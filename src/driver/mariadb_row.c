/* Questions about one account: which values it takes, and who else takes the leaked one. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <string.h>

static bool is_native(const char *plugin)
{
	return strcmp(plugin, "mysql_native_password") == 0 || strcmp(plugin, "mysql_old_password") == 0;
}

/* "invalid" is what Debian and the server's own install write for "no password will ever do". */
bool mariadb_way_is_password(const struct mariadb_way *w)
{
	return (is_native(w->plugin) || strcmp(w->plugin, "ed25519") == 0) && strcmp(w->hash, "invalid") != 0;
}

static bool way_takes(const struct mariadb_way *w, const struct mariadb_hash *h)
{
	const char *hash = mariadb_hash_for(h, w->plugin);

	if (!hash || !*w->hash)
		return false;
	return *hash == '*' ? strcasecmp(hash, w->hash) == 0 : strcmp(hash, w->hash) == 0;
}

bool mariadb_row_takes(const struct mariadb_row *row, const struct mariadb_hash *h)
{
	for (size_t i = 0; i < row->n; i++)
		if (way_takes(&row->ways[i], h))
			return true;
	return false;
}

bool mariadb_row_is_empty(const struct mariadb_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (is_native(row->ways[i].plugin) && !*row->ways[i].hash)
			return true;
	return false;
}

bool mariadb_row_has_password(const struct mariadb_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (mariadb_way_is_password(&row->ways[i]))
			return true;
	return false;
}

bool mariadb_row_has_other(const struct mariadb_row *row, const struct mariadb_hash *a, const struct mariadb_hash *b)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct mariadb_way *w = &row->ways[i];

		if (mariadb_way_is_password(w) && *w->hash && !way_takes(w, a) && !way_takes(w, b))
			return true;
	}
	return false;
}

void mariadb_text_account(struct buf *b, const struct mariadb_row *row)
{
	buf_char(b, '\'');
	text_visible(b, row->user, strlen(row->user));
	buf_str(b, "'@'");
	text_visible(b, row->host, strlen(row->host));
	buf_char(b, '\'');
}

static bool in_net(const char *pattern, const char *slash, const char *host)
{
	char net[64];
	struct in_addr n, mask, h;

	if ((size_t)(slash - pattern) >= sizeof(net))
		return false;
	snprintf(net, sizeof(net), "%.*s", (int)(slash - pattern), pattern);
	return inet_pton(AF_INET, net, &n) == 1 && inet_pton(AF_INET, slash + 1, &mask) == 1 &&
	       inet_pton(AF_INET, host, &h) == 1 && (h.s_addr & mask.s_addr) == n.s_addr;
}

/* SQL's LIKE with % and _ and a backslash before a literal one. Patterns are short; the server sets their length. */
static bool like(const char *p, const char *s)
{
	const char *star = NULL, *back = NULL;

	while (*s) {
		const char *lit = *p == '\\' && p[1] ? p + 1 : p;

		if (*p == '%') {
			star = ++p;
			back = s;
		} else if (*p && ((*p == '_' && lit == p) || strncasecmp(lit, s, 1) == 0)) {
			p = lit + 1;
			s++;
		} else if (star) {
			p = star;
			s = ++back;
		} else {
			return false;
		}
	}
	while (*p == '%')
		p++;
	return !*p;
}

bool mariadb_host_fits(const char *pattern, const char *host)
{
	const char *slash = strchr(pattern, '/');

	return slash ? in_net(pattern, slash, host) : like(pattern, host);
}

size_t mariadb_sharers(const struct mariadb *m, const struct mariadb_accounts *a, const struct mariadb_hash *old,
		       struct driver_answer *ret, struct buf *names)
{
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct mariadb_row *row = &a->rows[i];
		_cleanup_(buf_free) struct buf who = BUF_INIT(500);

		if (row->declared || row->locked || !mariadb_row_takes(row, old))
			continue;
		mariadb_text_account(&who, row);
		buf_printf(names, "%s%s", n++ ? ", " : "", buf_text(&who));
		if (!ret)
			continue;
		job_finding(ret, "high", "another account takes the leaked value",
			    "%s at '%s' takes the same value and is not declared; add '%s@%s' to the users of this "
			    "account in the register, or set lock_sharers: \"yes\" under its options", buf_text(&who),
			    m->job->address, row->user, row->host);
	}
	return n;
}
