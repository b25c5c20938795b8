#include "worker/wire.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HEAD_MAX 64 /* "NAME LENGTH\n" */

void wire_secrets_add(struct wire_secrets *w, const char *name, struct secret *value)
{
	if (!value)
		return;
	if (strlen(name) >= sizeof(w->s[0].name) || !GROW(w->s, w->n, w->cap, WIRE_VALUES_MAX))
		abort();
	snprintf(w->s[w->n].name, sizeof(w->s[0].name), "%s", name);
	w->s[w->n++].value = value;
}

const struct secret *wire_secrets_get(const struct wire_secrets *w, const char *name)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (!strcmp(w->s[i].name, name))
			return w->s[i].value;
	return NULL;
}

void wire_secrets_free(struct wire_secrets *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		w->s[i].value = secret_free(w->s[i].value);
	free(w->s);
	*w = (struct wire_secrets){ 0 };
}

static size_t framed_bytes(const struct wire_secrets *w)
{
	size_t n = 0;

	for (uint32_t i = 0; i < w->n; i++)
		n += HEAD_MAX + secret_len(w->s[i].value);
	return n;
}

int wire_secrets_write(const struct wire_secrets *w, int fd, struct err *e)
{
	if (framed_bytes(w) > WIRE_SECRETS_BYTES)
		return err_set(e, ERR_LIMIT, "%u values with %zu bytes: a worker takes at most %u bytes at once", w->n,
			       framed_bytes(w), WIRE_SECRETS_BYTES);
	for (uint32_t i = 0; i < w->n; i++) {
		char head[HEAD_MAX];
		int len = snprintf(head, sizeof(head), "%s %zu\n", w->s[i].name, secret_len(w->s[i].value));

		if (fs_write_all(fd, head, (size_t)len) < 0 || secret_write(w->s[i].value, fd) < 0)
			return err_set(e, ERR_IO, "secrets for the worker: the pipe is full or closed");
	}
	return 0;
}

/* One header line, byte by byte: nothing of the value behind it may end up in a buffer of ours. */
static int read_head(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		ssize_t r = read(fd, line + n, 1);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 || (r == 0 && n > 0))
			return -1;
		if (r == 0)
			return 0;
		if (line[n] == '\n') {
			line[n] = '\0';
			return 1;
		}
		n++;
	}
	return -1;
}

int wire_secrets_read(int fd, struct wire_secrets *ret, struct err *e)
{
	char line[HEAD_MAX];
	int r;

	while ((r = read_head(fd, line, sizeof(line))) > 0) {
		char *space = strchr(line, ' ');
		struct secret *value = NULL;
		uint32_t len;

		if (!space || space == line || (size_t)(space - line) >= sizeof(ret->s[0].name) ||
		    ret->n == WIRE_VALUES_MAX || text_u32(space + 1, 1, SECRET_MAX, &len) < 0)
			return err_set(e, ERR_CONFIG, "secrets: a line 'NAME LENGTH' was expected");
		*space = '\0';
		if (secret_read(fd, len, &value, e) < 0)
			return err_wrap(e, "secret '%s'", line);
		wire_secrets_add(ret, line, value);
	}
	return r < 0 ? err_set(e, ERR_CONFIG, "secrets: ended in the middle of a line") : 0;
}

int wire_send(int fd, const json_t *line, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(WIRE_LINE_MAX);

	json_line(&b, line);
	buf_char(&b, '\n');
	if (b.over)
		return err_set(e, ERR_LIMIT, "answer: a line is longer than %u bytes", WIRE_LINE_MAX);
	if (fs_write_all(fd, b.data, b.len) < 0)
		return err_set(e, ERR_IO, "to or from a worker: the pipe is full or closed");
	return 0;
}

static const char *const types[] = {
	[WIRE_TRIED] = "tried", [WIRE_CHANGING] = "changing", [WIRE_RESULT] = "result", [WIRE_FOUND] = "found",
	[WIRE_UNREAD] = "unread", [WIRE_PROGRESS] = "progress", [WIRE_MAILED] = "mailed",
};

int wire_receive(const char *line, size_t len, enum wire_type *ret_type, json_t **ret, struct err *e)
{
	_cleanup_(json_freep) json_t *j = NULL;
	int r = json_read("worker's answer", line, len, WIRE_LINE_MAX, &j, e);

	if (r < 0)
		return r;
	const char *type = json_str(j, "type");

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (!strcmp(type, types[i])) {
			*ret_type = (enum wire_type)i;
			*ret = TAKE(j);
			return 0;
		}
	return err_set(e, ERR_CONFIG, "worker's answer: \"type\" must be tried, changing, result, found, unread, "
		       "progress or mailed");
}
