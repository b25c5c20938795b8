#include "base/mem.h"
#include "transport/way_ssh.h"

#define LIMIT_MS 15000

static int ask(const struct way *w, const char *command, const char *spec, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job job = { .limit_ms = LIMIT_MS };
	char line[200];
	int r = way_options(w, &argv, e);

	if (r < 0)
		return r;
	strv_add(&argv, "-O");
	strv_add(&argv, command);
	strv_add(&argv, "-L");
	strv_add(&argv, spec);
	way_target(w, &argv);
	r = way_ssh(&argv, &job, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out || res.status != 0)
		return err_set(e, ERR_NET, "host '%s' does not forward a connection: %s", w->host,
			       proc_last_line(&res, line));
	return 0;
}

/* The near end is a Unix socket in the 0700 folder: no port of this machine that another user could connect to. */
int way_forward(const struct way *w, const char *address, struct forward *ret, struct err *e)
{
	static unsigned counter;
	_cleanup_(freep) char *host = NULL, *path = NULL, *near = NULL, *spec = NULL;
	uint16_t port = 0;

	int r = way_check(w, e);
	if (r < 0 || (r = address_parse(address, 0, &host, &port, &path, e)) < 0)
		return r;
	if (w->local) {
		*ret = (struct forward){ .unix_path = TAKE(path), .host = TAKE(host), .port = port };
		return 0;
	}
	r = way_master(w, LIMIT_MS, e);
	if (r < 0)
		return r;
	near = mem_printf("%s/f%d.%u", w->control, (int)getpid(), ++counter);
	if (path)
		spec = mem_printf("%s:%s", near, path);
	else
		spec = mem_printf(strchr(host, ':') ? "%s:[%s]:%u" : "%s:%s:%u", near, host, port);
	r = ask(w, "forward", spec, e);
	if (r < 0)
		return r;
	*ret = (struct forward){ .unix_path = TAKE(near), .made = true, .spec = TAKE(spec) };
	return 0;
}

void way_forward_end(const struct way *w, struct forward *f)
{
	if (f->made) {
		(void)ask(w, "cancel", f->spec, NULL);
		(void)unlink(f->unix_path);
	}
	free(f->unix_path);
	free(f->host);
	free(f->spec);
	*f = (struct forward){ 0 };
}
