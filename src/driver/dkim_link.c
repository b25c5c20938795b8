#include "driver/dkim.h"
#include "base/mem.h"
#include "transport/transport.h"
#include <string.h>

#define READ_MAX ((size_t)1 << 20)
#define LINE_MAX_BYTES 2048u           /* RFC 5321 4.5.3.1: 998 and an end, with room for those who count otherwise */

int dkim_link_open(const struct driver_job *job, const struct endpoint *at, struct dkim_link *ret, struct err *e)
{
	*ret = (struct dkim_link){ .job = *job, .in = BUF_INIT(READ_MAX) };
	if (at)
		ret->job.at = *at;
	return job_link_open(&ret->job, &ret->link, e);
}

void dkim_link_close(struct dkim_link *l)
{
	buf_free(&l->in);
	job_link_freep(&l->link);
}

int dkim_link_write(struct dkim_link *l, const void *bytes, size_t len, struct err *e)
{
	return job_link_send(l->link, bytes, len, e);
}

static int more(struct dkim_link *l, struct err *e)
{
	char bytes[4096];
	size_t n = 0;
	int r = job_link_receive(l->link, bytes, sizeof(bytes), &n, e);

	if (r < 0)
		return r;
	if (n == 0)
		return err_set(e, ERR_NET, "the server closed the connection");
	return buf_add(&l->in, bytes, n) < 0 ? err_set(e, ERR_LIMIT, "the server says too much") : 0;
}

static void drop(struct dkim_link *l, size_t len)
{
	memmove(l->in.data, l->in.data + len, l->in.len - len + 1);
	l->in.len -= len;
}

int dkim_link_read(struct dkim_link *l, void *to, size_t len, struct err *e)
{
	while (l->in.len < len) {
		int r = more(l, e);

		if (r < 0)
			return r;
	}
	if (len == 0)
		return 0;
	memcpy(to, l->in.data, len);
	drop(l, len);
	return 0;
}

int dkim_link_line(struct dkim_link *l, struct buf *ret, struct err *e)
{
	const char *end;

	while (!(end = l->in.len ? memchr(l->in.data, '\n', l->in.len) : NULL)) {
		int r = l->in.len > LINE_MAX_BYTES ? err_set(e, ERR_REMOTE, "the server's line does not end")
						   : more(l, e);

		if (r < 0)
			return r;
	}
	size_t len = (size_t)(end - l->in.data), text = len && end[-1] == '\r' ? len - 1 : len;

	buf_clear(ret);
	(void)buf_add(ret, l->in.data, text);
	drop(l, len + 1);
	return 0;
}

static int at_server(const struct driver_job *job, const char *server, dkim_link_use *use, void *arg, struct err *e)
{
	static const struct way here = { .host = "localhost", .address = "localhost", .local = true };
	const struct way *w = job->host ? job->host : &here;
	struct dkim_link l = { .link = NULL };
	struct forward f = { 0 };
	int r = way_forward(w, server, &f, e);

	if (r == 0) {
		r = dkim_link_open(job, &(struct endpoint){ f.unix_path, f.host, f.port }, &l, e);
		if (r == 0)
			r = use(&l, job, server, arg, e);
		dkim_link_close(&l);
		way_forward_end(w, &f);
	}
	return r < 0 ? err_wrap(e, "server of DNS '%.100s'", server) : 0;
}

int dkim_link_each(const struct driver_job *job, dkim_link_use *use, void *arg, struct err *e)
{
	_cleanup_(freep) char *servers = mem_dup(job_option(job, "dns"));
	char *rest = NULL;
	unsigned n = 0;

	for (char *name = strtok_r(servers, " ,", &rest); name; name = strtok_r(NULL, " ,", &rest)) {
		if (n++ == DKIM_SERVERS_MAX)
			return err_set(e, ERR_LIMIT, "option 'dns' names more than %u servers", DKIM_SERVERS_MAX);
		int r = at_server(job, name, use, arg, e);

		if (r < 0)
			return r;
	}
	return 0;
}
