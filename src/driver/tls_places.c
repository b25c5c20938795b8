/* All addresses of a name, as the machine knows them from which a job goes out. */
#include "driver/tls_served.h"
#include "base/mem.h"
#include "base/strv.h"
#include "transport/transport.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#define RESOLVE_MS 10000
#define NAMES_MAX ((size_t)64 * 1024)

bool tls_served_is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static int add(struct strv *list, const char *address, struct err *e)
{
	if (strv_has(list, address))
		return 0;
	if (list->n >= TLS_PLACES_MAX)
		return err_set(e, ERR_LIMIT, "the name has more than %u addresses, which is more than we ask: name "
			       "them as accounts of their own", TLS_PLACES_MAX);
	strv_add(list, address);
	return 0;
}

static int resolve_here(const char *host, struct strv *ret, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all = NULL;
	char text[80];
	int r = getaddrinfo(host, NULL, &hints, &all);

	if (r != 0)
		return err_set(e, ERR_NET, "no address for '%.100s': %s", host, gai_strerror(r));
	for (const struct addrinfo *a = all; a && r == 0; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			r = add(ret, text, e);
	freeaddrinfo(all);
	return r;
}

/* Lines of "192.0.2.1       STREAM www.example.org". */
static int resolve_there(const struct way *from, const char *host, struct strv *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *const argv[] = { "getent", "ahosts", host, NULL };
	const struct proc_job job = { .argv = argv, .limit_ms = RESOLVE_MS, .output_max = NAMES_MAX };
	char line[200], *next = NULL;
	int r = way_run(from, &job, &res, e);

	if (r < 0)
		return r;
	if (res.timed_out || res.status != 0)
		return err_set(e, ERR_NET, "host '%s' knows no address for '%.100s': %s", from->host, host,
			       proc_last_line(&res, line));
	for (char *at = res.out.len ? strtok_r(res.out.data, "\n", &next) : NULL; at && r == 0;
	     at = strtok_r(NULL, "\n", &next)) {
		at[strcspn(at, " \t")] = '\0';
		if (tls_served_is_address(at))
			r = add(ret, at, e);
	}
	return r;
}

static int ask_at(const struct driver_job *job, const char *place, tls_served_fn *fn, void *arg, struct err *e)
{
	struct forward f = { 0 };
	struct driver_job at = *job;
	int r = way_forward(job->from, place, &f, e);

	if (r == 0) {
		at.at = (struct endpoint){ f.unix_path, f.host, f.port };
		r = fn(&at, place, arg, e);
		way_forward_end(job->from, &f);
	}
	return r < 0 ? err_wrap(e, "%s", place) : 0;
}

int tls_served_each(const struct driver_job *job, tls_served_fn *fn, void *arg, struct err *e)
{
	_cleanup_(freep) char *host = NULL, *path = NULL;
	_cleanup_(strv_free) struct strv list = STRV_INIT;
	uint16_t port = 0;
	int r = address_parse(job->address, 0, &host, &port, &path, e), first = 0;

	if (r < 0)
		return r;
	if (path)
		return fn(job, job->address, arg, e);
	if (tls_served_is_address(host))
		r = add(&list, host, e);
	else
		r = job->from->local ? resolve_here(host, &list, e) : resolve_there(job->from, host, &list, e);
	if (r == 0 && !list.n)
		r = err_set(e, ERR_NET, "no address for '%.100s'", host);
	for (size_t i = 0; r == 0 && i < list.n; i++) {
		_cleanup_(freep) char *place = strchr(list.s[i], ':') ? mem_printf("[%s]:%u", list.s[i], port)
								      : mem_printf("%s:%u", list.s[i], port);
		struct err one = ERR_INIT;
		int failed = ask_at(job, place, fn, arg, &one);

		if (failed < 0 && first == 0) {
			first = failed;
			if (e)
				*e = one;
		}
	}
	return r < 0 ? r : first;
}
