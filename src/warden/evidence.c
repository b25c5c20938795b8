#include "warden/evidence.h"
#include "base/fs.h"
#include "base/mem.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void broken(struct evidence *v, const struct err *e)
{
	if (!v->why[0])
		(void)snprintf(v->why, sizeof(v->why), "%s", e->text);
}

static int read_keys(const json_t *what, struct seal_public *to, size_t *ret_n, struct err *e)
{
	const json_t *list = json_object_get(what, "to");
	size_t n = json_array_size(list);

	if (n < 1 || n > SEAL_RECIPIENTS)
		return err_set(e, ERR_CONFIG, "job: evidence goes to 1 to %d responders", SEAL_RECIPIENTS);
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));
		int r = seal_public_parse(text ? text : "", &to[i], e);

		if (r < 0)
			return r;
	}
	*ret_n = n;
	return 0;
}

int evidence_begin(struct evidence *v, const json_t *what, struct err *e)
{
	const char *file = json_str(what, "file"), *context = json_str(what, "context");
	struct seal_public to[SEAL_RECIPIENTS];
	struct err trouble = ERR_INIT;
	size_t n = 0;

	*v = (struct evidence){ .file = file, .fd = -1 };
	if (!file || !context)
		return err_set(e, ERR_CONFIG, "job: evidence with \"file\" and \"context\" is expected");

	int r = read_keys(what, to, &n, e);

	if (r < 0)
		return r;
	hash_begin(&v->hash);
	v->fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (v->fd < 0)
		(void)err_errno(&trouble, "make '%s'", file);
	else
		(void)seal_stream_begin(v->fd, context, to, n, &v->stream, &trouble);
	if (!v->stream)
		broken(v, &trouble);
	return 0;
}

void evidence_add(struct evidence *v, const char *line, size_t len)
{
	struct err e = ERR_INIT;

	v->lines++;
	if (v->why[0])
		return;
	v->bytes += len;
	hash_add(&v->hash, line, len);
	if (seal_stream_add(v->stream, line, len, &e) < 0)
		broken(v, &e);
}

/* Both ends counted and hashed the same lines: nothing was lost or added on the way. */
static void compare(struct evidence *v, const json_t *said, const char *sum)
{
	struct err e = ERR_INIT;
	const char *theirs = json_str(said, "sha256");

	if (!said)
		(void)err_set(&e, ERR_NET, "the host's answers broke off");
	else if (v->lines && (!theirs || strcmp(theirs, sum) != 0))
		(void)err_set(&e, ERR_REMOTE, "the host says that it sent something else (its SHA-256 differs)");
	else if (!v->lines)
		(void)err_set(&e, ERR_REMOTE, "the host sent none");
	if (e.code != ERR_NONE)
		broken(v, &e);
}

void evidence_end(struct evidence *v, const json_t *said, json_t *result)
{
	json_t *told = json_object();
	struct err e = ERR_INIT;
	char sum[65];

	hash_end(&v->hash, sum);
	if (!v->why[0] && seal_stream_finish(v->stream, &e) < 0)
		broken(v, &e);
	if (!v->why[0] && fsync(v->fd) < 0) {
		(void)err_errno(&e, "write '%s'", v->file);
		broken(v, &e);
	}
	compare(v, said, sum);
	json_put(told, "file", v->file);
	json_put(told, "sha256", sum);
	json_put_int(told, "bytes", (int64_t)v->bytes);
	json_put_int(told, "lines", v->lines);
	json_object_set_new(told, "whole", json_boolean(!v->why[0]));
	json_put(told, "why", v->why[0] ? v->why : NULL);
	json_object_set_new(result, "evidence", told);
	seal_stream_freep(&v->stream);
	closep(&v->fd);
}
