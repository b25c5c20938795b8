/* Did you mean ...? */
#include "base/text.h"
#include <string.h>

#define WORD_MAX ((size_t)128)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours. Lengths are at most WORD_MAX. */
static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *now = rows[2];

	for (size_t j = 0; j <= m; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *spare = before;

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(least(above[j], now[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = above;
		above = now;
		now = spare;
	}
	return above[m];
}

const char *text_nearest(const char *wrong, const char *const *words, size_t n)
{
	size_t len = strlen(wrong);
	unsigned limit = len < 6 ? 1 : (unsigned)(len / 3), best = limit + 1;
	const char *ret = NULL;

	if (!len || len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(words[i]);
		unsigned d;

		/* each character of difference in length costs one */
		if (m > len + limit || m + limit < len || m > WORD_MAX)
			continue;
		d = distance(wrong, len, words[i], m);
		if (d < best) {
			best = d;
			ret = words[i];
		}
	}
	return ret;
}
