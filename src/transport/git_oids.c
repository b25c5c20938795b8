#include "base/mem.h"
#include "transport/git_repo_parts.h"
#include <stdlib.h>
#include <string.h>

bool git_type_parse(const char *name, enum git_type *ret)
{
	static const char *const names[] = { [GIT_BLOB] = "blob", [GIT_TREE] = "tree", [GIT_COMMIT] = "commit",
					     [GIT_TAG] = "tag" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0) {
			*ret = (enum git_type)i;
			return true;
		}
	return false;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t git_oid_parse(const char *hex, unsigned char ret[GIT_OID_MAX])
{
	size_t n = 0;

	for (; n < GIT_OID_MAX && hex[2 * n]; n++) {
		int high = digit(hex[2 * n]), low = digit(hex[2 * n + 1]);

		if (high < 0 || low < 0)
			return 0;
		ret[n] = (unsigned char)((unsigned)high << 4 | (unsigned)low);
	}
	return (n == 20 || n == GIT_OID_MAX) && !hex[2 * n] ? n : 0;
}

int git_oids_add(struct git_oids *o, const char *hex, struct err *e)
{
	unsigned char name[GIT_OID_MAX];
	size_t len = git_oid_parse(hex, name);

	if (!len || (o->len > 0 && len != o->len))
		return err_set(e, ERR_IO, "git named an object in a way that was not understood");
	o->len = len;
	if (o->n >= GIT_OIDS_MAX)
		return err_set(e, ERR_LIMIT, "more than %u objects in one list", GIT_OIDS_MAX);
	if (o->n == o->cap) {
		size_t cap = o->cap ? o->cap * 2 : 256;
		unsigned char *more = reallocarray(o->bytes, cap, o->len);
		if (!more)
			abort();
		o->bytes = more;
		o->cap = cap;
	}
	memcpy(o->bytes + o->n++ * o->len, name, len);
	return 0;
}

const char *git_oids_hex(const struct git_oids *o, size_t i, char ret[65])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *s = o->bytes + i * o->len;

	for (size_t k = 0; k < o->len; k++) {
		ret[2 * k] = digits[s[k] >> 4];
		ret[2 * k + 1] = digits[s[k] & 15];
	}
	ret[2 * o->len] = '\0';
	return ret;
}

static int compare(const void *a, const void *b, void *len)
{
	return memcmp(a, b, *(const size_t *)len);
}

void git_oids_sort(struct git_oids *o)
{
	if (o->n > 0)
		qsort_r(o->bytes, o->n, o->len, compare, &o->len);
}

size_t git_oids_find(const struct git_oids *sorted, const unsigned char *name)
{
	size_t from = 0, to = sorted->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = memcmp(sorted->bytes + middle * sorted->len, name, sorted->len);

		if (order == 0)
			return middle;
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return GIT_OIDS_NONE;
}

bool git_oids_have(const struct git_oids *sorted, const struct git_oids *of, size_t i)
{
	return git_oids_find(sorted, of->bytes + i * of->len) != GIT_OIDS_NONE;
}

void git_oids_once(struct git_oids *o)
{
	size_t kept = 0;

	git_oids_sort(o);
	for (size_t i = 0; i < o->n; i++)
		if (i == 0 || memcmp(o->bytes + (kept - 1) * o->len, o->bytes + i * o->len, o->len) != 0)
			memmove(o->bytes + kept++ * o->len, o->bytes + i * o->len, o->len);
	o->n = kept;
}

void git_oids_free(struct git_oids *o)
{
	free(o->bytes);
	*o = (struct git_oids){ 0 };
}
