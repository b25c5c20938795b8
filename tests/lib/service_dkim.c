#include "service_dkim.h"
#include "base/fs.h"
#include "base/keypair.h"
#include "base/mem.h"
#include "base/proc.h"
#include "keys/dkim.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE "wiki.lab"
#define TTL 5
#define KEPT_MAX 8

struct dkim_service { char *withdrawn[KEPT_MAX + 1], *live; unsigned serial; };

static int run(const char *folder, const char *const *argv, struct buf *ret)
{
	static const char *const env[] = { "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org",
					   "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org",
					   "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct err e = ERR_INIT;

	if (proc_run(&(struct proc_job){ .argv = argv, .env = env, .cwd = folder, .limit_ms = 30000 }, &res, &e) < 0 ||
	    res.status != 0) {
		fprintf(stderr, "service dkim: %s: %s%s\n", argv[0], e.text, buf_text(&res.err));
		return -1;
	}
	if (ret)
		(void) buf_add(ret, res.out.data, res.out.len);
	return 0;
}

#define RUN(folder, ...) run(folder, (const char *const[]){ __VA_ARGS__, NULL }, NULL)

static int copy(const char *bytes, size_t len, void *arg)
{
	struct buf *b = arg;

	return buf_add(b, bytes, len);
}

int service_dkim_value(char *ret, size_t size)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT(size - 1);
	int r = secret_init(&e);

	if (r == 0)
		r = keypair_make(KEYPAIR_RSA_2048, &s, &e);
	if (r == 0)
		r = secret_with(s, copy, &text);
	if (r == 0)
		(void) snprintf(ret, size, "%s", buf_text(&text));
	secret_free(s);
	buf_free(&text);
	return r;
}

static int public_of(const char *pem, struct public_key *ret)
{
	char *text = mem_dup(pem);
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	int r = secret_init(&e);

	if (r == 0)
		r = secret_take(text, strlen(text), &s, &e);
	if (r == 0)
		r = keypair_public(s, ret, &e);
	if (r < 0)
		fprintf(stderr, "service dkim: %s\n", e.text);
	secret_free(s);
	free(text);
	return r;
}

static int add_record(struct buf *zone, const char *pem, bool live)
{
	struct buf text = BUF_INIT(DKIM_RECORD_MAX);
	char selector[DKIM_SELECTOR];
	struct public_key k;

	if (public_of(pem, &k) < 0)
		return -1;
	dkim_selector(&k, selector);
	(void) (live ? dkim_record(&k, &text, NULL) : dkim_withdrawn(&k, &text, NULL));
	(void) buf_printf(zone, "%s._domainkey TXT (", selector);
	for (size_t at = 0; at < text.len; at += 250)
		(void) buf_printf(zone, " \"%.250s\"", text.data + at);
	(void) buf_str(zone, " )\n");
	buf_free(&text);
	return 0;
}

int service_dkim_push(struct service *s, const char *const *live, const char *const *withdrawn)
{
	struct dkim_service *d = s->more;
	struct buf zone = BUF_INIT(1 << 20);
	char *work = fs_join(s->folder, "work"), *file = fs_join(work, ZONE);
	struct err e = ERR_INIT;
	int r = 0;

	(void) buf_printf(&zone, "$TTL %d\n@ SOA ns1 hostmaster %u 3600 600 604800 %d\n  NS ns1\nns1 A 127.0.0.1\n"
			  "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@wiki.lab\"\n", TTL, d->serial += 10, TTL);
	for (; r == 0 && *live; live++)
		r = add_record(&zone, *live, true);
	for (; r == 0 && *withdrawn; withdrawn++)
		r = add_record(&zone, *withdrawn, false);
	if (r == 0)
		r = RUN(work, "git", "pull", "-q", "--rebase", "origin", "main");
	if (r == 0)
		r = fs_write_atomic(file, zone.data, zone.len, 0644, &e);
	if (r == 0)
		r = RUN(work, "git", "add", "-A");
	if (r == 0)
		r = RUN(work, "git", "commit", "-q", "--allow-empty", "-m", "set");
	if (r == 0)
		r = RUN(work, "git", "push", "-q", "origin", "HEAD:main");
	buf_free(&zone);
	free(work);
	free(file);
	return r;
}

int service_dkim_ask(const struct service *s, uint16_t port, const char *name, char *ret, size_t size)
{
	struct buf out = BUF_INIT(1 << 16);
	char number[8];

	(void) snprintf(number, sizeof(number), "%u", port);
	int r = run(s->folder, (const char *const[]){ "kdig", "+tcp", "+short", "+timeout=2", "+retry=0", "@127.0.0.1",
		    "-p", number, name, "TXT", NULL }, &out);

	(void) snprintf(ret, size, "%s", buf_text(&out));
	buf_free(&out);
	return r;
}

static bool ready(struct service *s)
{
	char text[1000];

	return service_dkim_ask(s, s->port, "_dmarc." ZONE, text, sizeof(text)) == 0 && strstr(text, "DMARC1");
}

/* What a push does on a name server of a team: the newest zone, and a reload that is over when the push is. */
static int make_repository(struct service *s)
{
	char *hook = mem_printf("%s/dns.git/hooks/post-receive", s->folder);
	char *text = mem_printf("#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\ncd %s || exit 1\n"
				"git --git-dir=dns.git show main:" ZONE " >zone.new && chmod 644 zone.new && "
				"mv zone.new zone || exit 1\n[ ! -S control ] || nsd-control -c nsd.conf reload " ZONE
				" >>log 2>&1\n", s->folder);
	struct err e = ERR_INIT;
	int r = RUN(s->folder, "git", "init", "-q", "--bare", "-b", "main", "dns.git");

	if (r == 0)
		r = fs_write_atomic(hook, text, strlen(text), 0755, &e);
	if (r == 0)
		r = RUN(s->folder, "git", "init", "-q", "-b", "main", "work");
	if (r == 0)
		r = RUN(s->folder, "git", "-C", "work", "remote", "add", "origin", "../dns.git");
	if (r == 0)
		r = RUN(s->folder, "git", "-C", "work", "commit", "-q", "--allow-empty", "-m", "first");
	if (r == 0)
		r = RUN(s->folder, "git", "-C", "work", "push", "-q", "origin", "HEAD:main");
	free(hook);
	free(text);
	return r;
}

static void forget(struct dkim_service *d)
{
	for (size_t i = 0; i < KEPT_MAX; i++)
		freep(&d->withdrawn[i]);
	freep(&d->live);
}

static void stop(struct service *s)
{
	if (s->more)
		forget(s->more);
	free(s->more);
	s->more = NULL;
	service_kill(s);
}

static int configure(struct service *s)
{
	char *conf = fs_join(s->folder, "nsd.conf");
	char *text = mem_printf("server:\n  ip-address: 127.0.0.1@%u\n  server-count: 1\n  username: \"\"\n"
				"  chroot: \"\"\n  zonesdir: \"%s\"\n  pidfile: \"%s/pid\"\n  xfrdfile: \"%s/xfrd\"\n"
				"  zonelistfile: \"%s/list\"\n"
				"  database: \"\"\n  verbosity: 3\nremote-control:\n  control-enable: yes\n"
				"  control-interface: \"%s/control\"\nzone:\n  name: " ZONE "\n  zonefile: zone\n",
				s->port,
				s->folder, s->folder, s->folder, s->folder, s->folder);
	struct err e = ERR_INIT;
	int r = fs_write_atomic(conf, text, strlen(text), 0644, &e);

	(void) snprintf(s->half, sizeof(s->half), "{\"repositories\":[{\"name\":\"dns\",\"url\":\"%s/dns.git\","
			"\"branch\":\"main\",\"clone\":\"%s/clone\"}],\"places\":[{\"repository\":\"dns\","
			"\"file\":\"" ZONE "\"}],"
			"\"half\":{\"format\":\"dkim-zone\",\"options\":{\"domain\":\"" ZONE "\"},\"check\":"
			"[\"nsd-checkzone\",\"" ZONE "\",\"{file}\"]}}", s->folder, s->folder);
	free(conf);
	free(text);
	return r;
}

static void drop(struct dkim_service *d, size_t i)
{
	freep(&d->withdrawn[i]);
	memmove(&d->withdrawn[i], &d->withdrawn[i + 1], (KEPT_MAX - i) * sizeof(*d->withdrawn));
}

/* One value: what was there before is withdrawn, as a rotation leaves it. Two: both stand. */
static int set(struct service *s, const char *first, const char *second)
{
	struct dkim_service *d = s->more;
	const char *live[] = { first, second, NULL };
	size_t n = 0;

	while (d->withdrawn[n])
		n++;
	if (!second && n == KEPT_MAX) {
		drop(d, 0);
		n--;
	}
	if (!second && d->live && strcmp(d->live, first) != 0)
		d->withdrawn[n] = TAKE(d->live);
	for (size_t i = 0; d->withdrawn[i];)
		if (!strcmp(d->withdrawn[i], first) || (second && !strcmp(d->withdrawn[i], second)))
			drop(d, i);
		else
			i++;
	if (!second) {
		free(d->live);
		d->live = mem_dup(first);
	}
	return service_dkim_push(s, live, (const char *const *)d->withdrawn);
}

static int start(struct service *s, const char *password)
{
	*s = (struct service){ .kind = &service_dkim, .user = ZONE, .admin_user = "nobody", .port = service_free_port(),
			       .more = mem_zero(1, sizeof(struct dkim_service)) };
	service_password(s->admin_password);
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	if (service_folder(s, "dkim") == 0 && chmod(s->folder, 0755) == 0 && configure(s) == 0 &&
	    make_repository(s) == 0 && set(s, password, NULL) == 0 &&
	    service_spawn(s, (const char *const[]){ "nsd", "-d", "-c", "nsd.conf", NULL }, ready) == 0)
		return 0;
	stop(s);
	return -1;
}

/* The process that answers is a child of the one that was started. */
static int pause_(struct service *s)
{
	return kill(-s->pid, SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(-s->pid, SIGCONT);
}

/* opendkim-testkey holds the key against what DNS has, with a resolver of its own that asks this server. */
static bool login(struct service *s, const char *user, const char *password)
{
	char *key = fs_join(s->folder, "key"), *conf = fs_join(s->folder, "testkey.conf");
	char *unbound = fs_join(s->folder, "testkey.unbound"), selector[DKIM_SELECTOR];
	char *text = mem_printf("ResolverConfiguration %s\n", unbound);
	char *zone = mem_printf("server:\n  do-not-query-localhost: no\n  module-config: \"iterator\"\n"
				"  cache-max-ttl: 0\nstub-zone:\n  name: \"%s.\"\n  stub-addr: 127.0.0.1@%u\n", user,
				s->port);
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct public_key k;
	struct err e = ERR_INIT;
	bool good = public_of(password, &k) == 0 && fs_write_atomic(key, password, strlen(password), 0600, &e) == 0 &&
		    fs_write_atomic(conf, text, strlen(text), 0600, &e) == 0 &&
		    fs_write_atomic(unbound, zone, strlen(zone), 0600, &e) == 0;

	if (good) {
		dkim_selector(&k, selector);
		const char *const argv[] = { "opendkim-testkey", "-x", conf, "-d", user, "-s", selector, "-k", key,
					     NULL };

		good = proc_run(&(struct proc_job){ .argv = argv, .limit_ms = 30000 }, &res, &e) == 0 &&
		       res.status == 0;
	}
	(void) unlink(key);
	free(key);
	free(conf);
	free(unbound);
	free(text);
	free(zone);
	return good;
}

static bool logged(struct service *s, const char *text)
{
	char *path = fs_join(s->folder, "log");
	bool has = service_file_has(path, text);

	free(path);
	return has;
}

const struct service_kind service_dkim = {
	.driver = "dkim", .start = start, .stop = stop, .pause = pause_, .resume = resume, .login = login, .set = set,
	.logged = logged, .value = service_dkim_value,
};
