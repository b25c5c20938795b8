/* sshd: what it offers to everybody who connects, what it is set up for, and since when that counts. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/ssh_setup.h"
#include "scout/lines.h"
#include "scout/posture.h"
#include "scout/ssh_files.h"
#include <errno.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define OFFER_MAX 65536u
#define OFFER_MS 5000
#define LISTENERS_MAX 8u
#define SECOND_US ((int64_t)1000000)

static int dial(const json_t *s)
{
	bool six = json_int(s, "family", 4) == 6;
	const char *address = json_str(s, "address");
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)json_int(s, "port", 0)) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = v4.sin_port };
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval limit = { .tv_sec = OFFER_MS / 1000 };

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)inet_pton(AF_INET, strcmp(address, "0.0.0.0") == 0 ? "127.0.0.1" : address, &v4.sin_addr);
	(void)inet_pton(AF_INET6, strcmp(address, "::") == 0 ? "::1" : address, &v6.sin6_addr);
	if (connect(fd, six ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4, six ? sizeof(v6) : sizeof(v4)) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void put_list(json_t *j, const char *key, const struct ssh_offer *f, enum ssh_list a, enum ssh_list b)
{
	_cleanup_(buf_free) struct buf all = BUF_INIT(OFFER_MAX * 2);

	(void)buf_add(&all, f->list[a].s, f->list[a].len);
	if (a != b && (f->list[a].len != f->list[b].len || memcmp(f->list[a].s, f->list[b].s, f->list[a].len) != 0)) {
		(void)buf_char(&all, ',');
		(void)buf_add(&all, f->list[b].s, f->list[b].len);
	}
	json_put(j, key, buf_text(&all));
}

/* Greeting and first packet of the server are sent without our saying more than who we are. */
static json_t *ask(const json_t *s)
{
	static const char hello[] = "SSH-2.0-firebreak\r\n";
	_cleanup_(closep) int fd = dial(s);
	uint8_t bytes[OFFER_MAX];
	struct ssh_offer f;
	size_t n = 0;
	int r = 0;
	json_t *j = json_object();

	json_put_int(j, "port", json_int(s, "port", 0));
	if (fd < 0 || send(fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) < 0) {
		json_put(j, "text", "it took no connection from the host itself");
		return j;
	}
	while (r == 0 && n < sizeof(bytes)) {
		ssize_t got = recv(fd, bytes + n, sizeof(bytes) - n, 0);

		if (got <= 0)
			break;
		n += (size_t)got;
		r = ssh_offer_read(bytes, n, &f);
	}
	if (r != 1) {
		json_put(j, "text", "it did not send what an ssh server sends first");
		return j;
	}
	put_list(j, "kex", &f, SSH_KEX, SSH_KEX);
	put_list(j, "host-keys", &f, SSH_HOST_KEYS, SSH_HOST_KEYS);
	put_list(j, "ciphers", &f, SSH_CIPHERS_IN, SSH_CIPHERS_OUT);
	put_list(j, "macs", &f, SSH_MACS_IN, SSH_MACS_OUT);
	return j;
}

/* One connection a port is enough: the same sshd answers on all addresses. */
static json_t *offers(struct scout_out *o)
{
	_cleanup_(json_freep) json_t *sockets = posture_sockets(o, "sshd");
	json_t *list = json_array();

	for (size_t k = 0; k < json_array_size(sockets); k++) {
		const json_t *s = json_array_get(sockets, k);
		bool seen = false;

		for (size_t x = 0; x < k; x++)
			seen = seen || json_int(json_array_get(sockets, x), "port", 0) == json_int(s, "port", 0);
		if (!seen)
			json_array_append_new(list, ask(s));
	}
	return list;
}

struct config { struct scout_out *o; json_t *matches; int64_t changed_us; char *why; };

static void take_line(const char *key, char *value, uint32_t match, void *arg)
{
	struct config *c = arg;
	json_t *now;

	if (!strcmp(key, "match"))
		json_array_append_new(c->matches, json_object());
	now = match ? json_array_get(c->matches, match - 1) : NULL;
	if (!strcmp(key, "match"))
		json_put(now, "criteria", value);
	else if (now && !strcmp(key, "permitrootlogin") && !json_object_get(now, key))
		json_put(now, key, value);
}

static void take_file(const struct stat *st, void *arg)
{
	struct config *c = arg;
	int64_t at = st->st_mtim.tv_sec * SECOND_US + st->st_mtim.tv_nsec / 1000;

	c->changed_us = at > c->changed_us ? at : c->changed_us;
}

static void unread(const char *path, const char *why, void *arg)
{
	struct config *c = arg;

	scout_unread(c->o, path, why);
	free(c->why);
	c->why = mem_dup(path);
}

/* One sshd that listens, by the title that it gives itself: "sshd: /usr/sbin/sshd -D -o X=y [listener] 0 of 10-100
 * startups". Its options count before its files. */
struct listener { char args[1000]; };
struct listeners { struct listener list[LISTENERS_MAX]; size_t n; bool more; };

static int take_listener(long pid, const char *program, void *arg)
{
	struct listeners *l = arg;
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	if (strcmp(program, "sshd") != 0 || fs_read(path, &b, NULL) < 0 || !b.len)
		return 0;
	char *end = strstr(b.data, " [listener]");

	if (!end || !text_starts(b.data, "sshd: "))
		return 0;
	*end = '\0';
	for (size_t k = 0; k < l->n; k++)
		if (strcmp(l->list[k].args, b.data + 6) == 0)
			return 0;
	l->more = l->n == LISTENERS_MAX;
	if (!l->more)
		(void)snprintf(l->list[l->n++].args, sizeof(l->list->args), "%.990s", b.data + 6);
	return l->more;
}

/* Its own -f and -o, and nothing else of them. */
static void add_options(struct strv *argv, const char *args)
{
	_cleanup_(freep) char *text = mem_dup(args);
	bool value = false;

	for (char *rest = text, *one = strsep(&rest, " "); one; one = strsep(&rest, " ")) {
		if (value || ((one[0] == '-' && (one[1] == 'f' || one[1] == 'o'))))
			strv_add(argv, one);
		value = !value && one[0] == '-' && (one[1] == 'f' || one[1] == 'o') && !one[2];
	}
}

static json_t *settings(struct scout_out *o, const char *args, char why[300])
{
	static const char *const wanted[] = { "permitrootlogin", "passwordauthentication", "authorizedkeysfile",
					      "pidfile", "kbdinteractiveauthentication", "pubkeyauthentication" };
	static const char *const first[] = {
		"sshd", "-T",
		"-C", "user=root,host=firebreak.invalid,addr=198.51.100.77,laddr=127.0.0.1,lport=22",
		NULL,
	};
	_cleanup_(strv_free) struct strv argv = STRV_INIT;

	for (size_t k = 0; first[k]; k++)
		strv_add(&argv, first[k]);
	add_options(&argv, args);
	_cleanup_(freep) char *text = posture_run(o, (const char *const *)argv.s, 1 << 20, why);
	char *s = text, *key, *value;
	json_t *j = text ? json_object() : NULL;

	while (s && ssh_setting_next(&s, &key, &value))
		for (size_t k = 0; k < ARRAY_SIZE(wanted); k++)
			if (strcmp(key, wanted[k]) == 0)
				json_put(j, key, value);
	return j;
}

static int count_key(char *line, void *arg)
{
	line += strspn(line, " \t");
	*(int64_t *)arg += *line && *line != '#';
	return 0;
}

static json_t *root_keys(struct scout_out *o, const char *files)
{
	_cleanup_(freep) char *text = mem_dup(files ? files : "");
	json_t *list = json_array();

	for (char *rest = text, *one = strsep(&rest, " "); one; one = strsep(&rest, " ")) {
		char *user = strstr(one, "%u"), *home = strstr(one, "%h");
		_cleanup_(freep) char *path = user ? mem_printf("%.*sroot%s", (int)(user - one), one, user + 2)
					      : home ? mem_printf("%.*s/root%s", (int)(home - one), one, home + 2)
					      : mem_printf("%s%s", *one == '/' ? "" : "/root/", one);
		int64_t n = 0;

		if (!*one || strcmp(one, "none") == 0 || lines_each(o, path, count_key, &n, NULL) < 0 || !n)
			continue;
		json_t *j = json_object();

		json_put(j, "file", path);
		json_put_int(j, "keys", n);
		json_array_append_new(list, j);
	}
	return list;
}

/* sshd writes its process id anew whenever it reads its files: at its start, and after a SIGHUP. */
static int64_t loaded_us(struct scout_out *o, const char *pidfile)
{
	struct stat st;
	int fd = pidfile && *pidfile == '/' ? lines_open(o, pidfile, &st) : -1;

	if (fd < 0)
		return 0;
	(void)close(fd);
	return st.st_mtim.tv_sec * SECOND_US + st.st_mtim.tv_nsec / 1000;
}

static json_t *server(struct scout_out *o, const char *args)
{
	json_t *j = json_object(), *set;
	char why[300] = "";

	json_put(j, "args", args);
	set = settings(o, args, why);
	if (!set) {
		json_put(j, "text", why);
		return j;
	}
	json_object_set_new(j, "root_keys", root_keys(o, json_str(set, "authorizedkeysfile")));
	json_put_int(j, "loaded_us", loaded_us(o, json_str(set, "pidfile")));
	json_object_set_new(j, "settings", set);
	return j;
}

json_t *posture_ssh(struct scout_out *o)
{
	struct config c = { .o = o, .matches = json_array() };
	const struct ssh_files files = { .o = o, .line = take_line, .file = take_file, .unread = unread, .arg = &c };
	json_t *j = json_object(), *servers = json_array();
	struct listeners l = { .n = 0 };

	posture_processes(take_listener, &l);
	if (!l.n)
		(void)snprintf(l.list[l.n++].args, sizeof(l.list->args), "sshd");
	if (l.more)
		scout_unread(o, "sshd", "more of them listen than are looked at");
	json_object_set_new(j, "offers", offers(o));
	for (size_t k = 0; k < l.n; k++)
		json_array_append_new(servers, server(o, l.list[k].args));
	json_object_set_new(j, "servers", servers);
	if (ssh_files_read(&files) < 0)
		c.why = mem_dup("/etc/ssh/sshd_config");
	json_object_set_new(j, "matches", c.matches);
	json_put(j, "matches_text", c.why);
	json_put_int(j, "changed_us", c.changed_us);
	free(c.why);
	return j;
}
