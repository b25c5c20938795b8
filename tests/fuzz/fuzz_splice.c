/*
 * Input: path, value and text, split at the first two bytes 0x1f; the path's keys are split at '/'. When an edit is
 * accepted, the value reads back and everything outside of the edit is as it was.
 */
#include "base/yaml_splice.h"
#include "fuzz.h"

#define KEYS_MAX 8

static size_t same_at_the_front(const char *a, const char *b, size_t len)
{
	size_t n = 0;

	while (n < len && a[n] == b[n])
		n++;
	return n;
}

static void check(const char *src, size_t len, const char *const *path, const char *value, size_t value_len)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(buf_free) struct buf out = BUF_WIPED(1 << 22);
	const struct yaml_node *before = NULL, *after = NULL;
	struct err e = ERR_INIT;
	int r = yaml_splice("fuzz", src, len, path, value, value_len, &out, &e);

	if (r < 0) {
		if (e.code == ERR_NONE || out.len > 0)
			abort();
		return;
	}
	if (yaml_find(a, "fuzz", src, len, path, &before, &e) < 0)
		abort();
	/* A value that became empty is no longer found; everything else must be. */
	if (value_len > 0 && (yaml_find(a, "fuzz", out.data, out.len, path, &after, &e) < 0 ||
			      after->len != value_len || memcmp(after->text, value, value_len) != 0))
		abort();

	size_t tail = len - before->end, front = same_at_the_front(src, out.data, before->start);

	if (front != before->start || out.len < front + tail ||
	    (tail > 0 && memcmp(src + before->end, out.data + out.len - tail, tail) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *first = size ? memchr(data, 0x1f, size) : NULL;
	const uint8_t *second = first ? memchr(first + 1, 0x1f, size - (size_t)(first + 1 - data)) : NULL;
	const char *path[KEYS_MAX + 1] = { NULL };
	size_t n = 0;

	if (!second)
		return 0;

	_cleanup_(freep) char *keys = mem_dupn((const char *)data, (size_t)(first - data));
	_cleanup_(freep) char *value = mem_dupn((const char *)first + 1, (size_t)(second - first) - 1);
	size_t len = size - (size_t)(second + 1 - data);
	_cleanup_(freep) char *src = mem_zero(1, len ? len : 1); /* no NUL behind it: reading on is a finding */
	char *rest = keys;

	while (n < KEYS_MAX && rest)
		path[n++] = strsep(&rest, "/");
	if (len > 0)
		memcpy(src, second + 1, len);
	check(src, len, path, value, (size_t)(second - first) - 1);
	return 0;
}
