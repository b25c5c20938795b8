#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/way_ssh.h"

#define SSH_FAILED 255

int way_run(const struct way *w, const struct proc_job *job, struct proc_result *ret, struct err *e)
{
	if (w->local)
		return proc_run(job, ret, e);

	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(buf_free) struct buf command = BUF_INIT(100000);
	int64_t from = clock_mono_us();
	char line[200];

	int r = way_command(job, &command, e);
	if (r < 0 || (r = way_master(w, job->limit_ms, e)) < 0 || (r = way_options(w, &argv, e)) < 0)
		return r;
	way_target(w, &argv);
	strv_add(&argv, buf_text(&command));

	struct proc_job over = *job;
	int64_t spent_ms = (clock_mono_us() - from) / 1000;
	over.limit_ms = job->limit_ms > spent_ms ? job->limit_ms - spent_ms : 1;
	r = way_ssh(&argv, &over, ret, e);
	if (r < 0)
		return err_wrap(e, "ssh to '%s'", w->host);
	if (ret->timed_out || ret->status != SSH_FAILED)
		return 0;
	/* The connection stood, so the words may have been heard. */
	(void)err_set(e, ERR_NET, "host '%s' went away: %s", w->host, proc_last_line(ret, line));
	if (e)
		e->effect = EFFECT_UNKNOWN;
	return -ERR_NET;
}

int address_parse(const char *address, uint16_t default_port, char **ret_host, uint16_t *ret_port, char **ret_unix,
		  struct err *e)
{
	const char *bracket = address[0] == '[' ? strchr(address, ']') : NULL, *colon = strrchr(address, ':');
	const char *host = address, *port = NULL;
	size_t host_len = strlen(address);
	uint32_t number = default_port;

	if (text_starts(address, "unix:")) {
		if (address[5] != '/' || strlen(address + 5) > 107 || strchr(address + 5, ':'))
			return err_set(e, ERR_CONFIG, "address '%.120s': expected unix:/run/x.sock", address);
		*ret_unix = mem_dup(address + 5);
		*ret_host = NULL;
		*ret_port = 0;
		return 0;
	}
	if (bracket) {
		host = address + 1;
		host_len = (size_t)(bracket - host);
		port = bracket[1] == ':' ? bracket + 2 : NULL;
		if (bracket[1] && !port)
			host_len = 0;
	} else if (address[0] == '[' || (colon && strchr(address, ':') != colon)) {
		host_len = 0;
	} else if (colon) {
		host_len = (size_t)(colon - address);
		port = colon + 1;
	}
	for (size_t i = 0; i < host_len; i++)
		if ((unsigned char)host[i] <= 0x20 || host[i] == 0x7f || strchr("/'\"\\@,", host[i]))
			host_len = 0;
	if (host_len == 0 || host_len > 255 || host[0] == '-' || (port && text_u32(port, 1, 65535, &number) < 0) ||
	    number == 0)
		return err_set(e, ERR_CONFIG, "address '%.120s': expected host:port, [::1]:port or unix:/run/x.sock",
			       address);
	*ret_host = mem_dupn(host, host_len);
	*ret_port = (uint16_t)number;
	*ret_unix = NULL;
	return 0;
}
