/* passwd-file of Dovecot: "user:{SCHEME}hash:uid:gid:...:extra fields"; '#' begins a comment. */
#include "driver/dovecot_internal.h"
#include <string.h>

/* The user's only line: from the name to the end of the line. */
static int line_of(const char *text, size_t len, const char *user, const char **ret, size_t *ret_len, struct err *e)
{
	size_t name = strlen(user), n = 0;
	const char *end = text + len;

	for (const char *at = text; at < end; ) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);

		if (size >= name && !memcmp(at, user, name) && (size == name || at[name] == ':') && n++ == 0) {
			*ret = at;
			*ret_len = size;
		}
		at += size + 1;
	}
	if (n == 1)
		return 0;
	return n ? err_set(e, ERR_CONFIG, "'%s' stands on %zu lines of it: Dovecot takes one of them, so take the "
			   "others away first", user, n)
		 : err_set(e, ERR_CONFIG, "no line of it is of '%s'", user);
}

/* The password's place in that line; empty when there is no second field. */
static const char *field(const char *line, size_t len, size_t name, size_t *ret_len)
{
	const char *from = line + name + (len > name), *stop = memchr(from, ':', (size_t)(line + len - from));

	/* An IPv6 address or the like can stand in braces behind it, but no ':' in a scheme's name or a hash. */
	*ret_len = (size_t)((stop ? stop : line + len) - from);
	if (!stop && *ret_len && from[*ret_len - 1] == '\r')
		--*ret_len;
	return from;
}

int dovecot_file_find(const char *text, size_t len, const char *user, struct dovecot_entry *ret, struct err *e)
{
	const char *line = NULL;
	size_t size = 0;
	int r = line_of(text, len, user, &line, &size, e);

	if (r == 0)
		ret->password = field(line, size, strlen(user), &ret->len);
	return r;
}

int dovecot_file_put(struct buf *ret, const char *text, size_t len, const char *user, const char *password,
		     struct err *e)
{
	const char *line = NULL, *from;
	size_t size = 0, old = 0;
	int r = line_of(text, len, user, &line, &size, e);

	if (r < 0)
		return r;
	from = field(line, size, strlen(user), &old);
	(void)buf_add(ret, text, (size_t)(from - text));
	if (size == strlen(user))
		(void)buf_char(ret, ':');
	(void)buf_str(ret, password);
	(void)buf_add(ret, from + old, (size_t)(text + len - (from + old)));
	return ret->over ? err_set(e, ERR_LIMIT, "it is longer than %zu bytes", ret->max) : 0;
}
