#include "contract.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "driver/sink.h"
#include "transport/transport.h"
#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define LIMIT_MS 15000
#define GRACE_MS 1500

void contract_fail(const char *file, int line, const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("# %s:%d: %s: ", file, line, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* What a call answered is read until the process ends: it is given back then, so that leaks of a driver show. */
static struct said *kept;
static size_t kept_count, kept_room;

static void forget(void)
{
	for (size_t i = 0; i < kept_count; i++) {
		json_decref(kept[i].a.findings);
		free(kept[i].all);
	}
	free(kept);
}

static void keep(const struct said *s)
{
	if (!kept)
		(void) atexit(forget);
	if (GROW(kept, kept_count, kept_room, 10000))
		kept[kept_count++] = *s;
}

struct words { struct buf all; bool changing; unsigned int tries; };

static void tried(void *arg, const char *what, const char *answer)
{
	struct words *w = arg;

	w->tries++;
	(void) buf_printf(&w->all, "%s: %s\n", what, answer);
}

static void changing(void *arg)
{
	((struct words *)arg)->changing = true;
}

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	char copy[CONTRACT_VALUE_MAX];

	(void) snprintf(copy, sizeof(copy), "%s", text);
	CHECK(secret_take(copy, strlen(copy), &s, &e) == 0, "%s", e.text);
	return s;
}

static void has_none(const char *where, const char *bytes, size_t len, const char *const *values)
{
	for (; *values; values++)
		CHECK(!memmem(bytes, len, *values, strlen(*values)), "a clear value stands in %s: %.*s", where,
		      (int)len, bytes);
}

/* secret_init() makes the process one that only root looks into, this one itself included. */
static void check_process(const char *path, const char *const *values)
{
	char bytes[65536];
	int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);

	(void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;
	(void) prctl(PR_SET_DUMPABLE, dumpable, 0, 0, 0);

	CHECK(n > 0, "%s cannot be read", path);
	has_none(path, bytes, (size_t)n, values);
}

/* A step of the worker is not about the address: its sentence names the repository. */
static void check_sentence(const struct contract *c, const struct said *s, const struct with *w, bool of_driver)
{
	size_t len = strlen(s->e.text);

	CHECK(s->e.code != ERR_NONE && s->e.code != ERR_BUG, "code %d", s->e.code);
	CHECK(s->r == -(int)s->e.code, "returned %d for code %d", s->r, s->e.code);
	CHECK(len > 20 && len < sizeof(s->e.text) - 1, "no sentence: '%s'", s->e.text);
	CHECK(!isupper((unsigned char)s->e.text[0]) && s->e.text[len - 1] != '.' && !strchr(s->e.text, '\n'),
	      "not in the form of our sentences: '%s'", s->e.text);
	CHECK(w->port || !of_driver || strstr(s->e.text, c->service->address), "does not say where: '%s'", s->e.text);
	CHECK(s->e.effect != EFFECT_CHANGED || s->changing, "changed without a word of it before");
	CHECK(s->changing || s->e.effect == EFFECT_NONE, "nothing was sent, and the effect is '%s'",
	      effect_name(s->e.effect));
}

static void collect(struct said *s, struct words *w)
{
	_cleanup_(buf_free) struct buf findings = BUF_INIT(1 << 20);

	if (s->a.findings)
		json_pretty(&findings, s->a.findings);
	(void) buf_printf(&w->all, "text: %s\nerror: %s\n%s\n", s->a.text, s->r < 0 ? s->e.text : "",
			  buf_text(&findings));
	s->all = mem_dup(buf_text(&w->all));
	s->changing = w->changing;
	s->tries = w->tries;
	buf_free(&w->all);
}

struct said contract_call(struct contract *c, enum driver_verb verb, struct with with)
{
	struct words words = { .all = BUF_INIT(1 << 20) };
	int64_t limit = with.limit_ms ? with.limit_ms : LIMIT_MS, begun = clock_mono_us();
	struct job_sink sink = { .tried = tried, .changing = changing, .arg = &words,
				 .deadline_us = begun + limit * 1000 };
	const char *old = with.old ? with.old : c->old, *new = with.new ? with.new : c->new;
	const char *admin = with.admin_password ? with.admin_password : c->service->admin_password;
	const char *const users[] = { with.user ? with.user : c->service->user, NULL };
	const char *const values[] = { old, new, admin, NULL };
	const struct way away = { .host = "away-host", .address = "127.0.0.1", .ssh_config = "/nonexistent",
				  .control = c->service->folder };
	const struct way here = { .host = "localhost", .address = "localhost", .local = true };
	char address[300];
	_cleanup_(json_freep) json_t *options = json_object();
	_cleanup_(secret_freep) struct secret *old_secret = secret_of(old), *new_secret = secret_of(new);
	_cleanup_(secret_freep) struct secret *admin_secret = with.itself ? NULL : secret_of(admin);
	struct said s = { .e = ERR_INIT };
	struct driver_job job = {
		.driver = c->driver->name, .address = c->service->address, .users = with.users ? with.users : users,
		.options = options, .replica = with.replica, .since_us = with.since_us,
		.at = { .host = "127.0.0.1", .port = with.port ? with.port : c->service->port },
		.admin_user = with.itself ? NULL : c->service->admin_user,
		.old = old_secret, .new = new_secret, .admin = admin_secret,
		.old_tag = "0000000000000000", .new_tag = "1111111111111111",
		.limit_ms = limit, .sink = &sink, .from = with.way ? with.way : &here,
		.host = with.host_away ? &away : with.way ? with.way : &here,
	};

	if (with.unix_path)
		job.at = (struct endpoint){ .unix_path = with.unix_path };
	if (with.port) {
		(void) snprintf(address, sizeof(address), "127.0.0.1:%u", with.port);
		job.address = address;
	}
	for (size_t i = 0; c->service->options[i]; i += 2)
		json_put(options, c->service->options[i], c->service->options[i + 1]);
	for (size_t i = 0; with.options && with.options[i]; i += 2)
		json_put(options, with.options[i], with.options[i + 1]);
	CHECK(c->driver->verb[verb] || c->facts->by_half, "%s cannot %s", c->driver->name, driver_verb_name(verb));
	s.r = c->driver->verb[verb] ? c->driver->verb[verb](&job, &s.a, &s.e)
				    : contract_half(c, verb, &job, &s.a, &s.e);
	s.took_ms = (clock_mono_us() - begun) / 1000;
	collect(&s, &words);
	keep(&s);
	CHECK(s.took_ms < limit + GRACE_MS, "took %lld ms of %lld", (long long)s.took_ms, (long long)limit);
	has_none("what was said", s.all, strlen(s.all), values);
	check_process("/proc/self/cmdline", values);
	check_process("/proc/self/environ", values);
	if (s.r < 0)
		check_sentence(c, &s, &with, c->driver->verb[verb] != NULL);
	return s;
}

bool contract_login(struct contract *c, const char *password)
{
	return c->service->kind->login(c->service, c->service->user, password);
}
