#include "model/deb_version.h"
#include <string.h>

static int is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* '~' before the end, the end before letters, letters before the rest. */
static int weight(char c)
{
	if (c == '~')
		return -1;
	if (c == '\0' || is_digit(c))
		return 0;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return (unsigned char)c;
	return (unsigned char)c + 256;
}

static const char *number(const char *s, const char *end, size_t *ret_len)
{
	while (s < end && *s == '0')
		s++;
	const char *from = s;

	while (s < end && is_digit(*s))
		s++;
	*ret_len = (size_t)(s - from);
	return from;
}

/* Two parts without ':' and the last '-'. */
static int part(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		while ((a < a_end && !is_digit(*a)) || (b < b_end && !is_digit(*b))) {
			int x = weight(a < a_end ? *a : '\0'), y = weight(b < b_end ? *b : '\0');

			if (x != y)
				return x - y;
			a += a < a_end;
			b += b < b_end;
		}
		size_t n, m;

		a = number(a, a_end, &n);
		b = number(b, b_end, &m);
		if (n != m)
			return n < m ? -1 : 1;
		int x = memcmp(a, b, n);

		if (x)
			return x;
		a += n;
		b += m;
	}
	return 0;
}

struct version { const char *epoch, *epoch_end, *upstream, *upstream_end, *revision, *end; };

static struct version split(const char *s)
{
	const char *colon = strchr(s, ':'), *end = s + strlen(s), *upstream = colon ? colon + 1 : s;
	const char *dash = strrchr(upstream, '-');

	return (struct version){ s, colon ? colon : s, upstream, dash ? dash : end, dash ? dash + 1 : end, end };
}

int deb_version_compare(const char *a, const char *b)
{
	struct version x = split(a), y = split(b);
	int r = part(x.epoch, x.epoch_end, y.epoch, y.epoch_end);

	if (r == 0)
		r = part(x.upstream, x.upstream_end, y.upstream, y.upstream_end);
	return r ? r : part(x.revision, x.end, y.revision, y.end);
}
