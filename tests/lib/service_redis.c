#include "service_redis.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fs.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 20000

struct service_session { int fd; };

static int dial(const struct service *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(s->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		closep(&fd);
	return fd;
}

/* Enough of the protocol to write words; the reply is taken as it comes, until the server has nothing more to say. */
static int ask(int fd, char *ret, size_t size, const char *const *words)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	size_t n = 0, got = 0;

	while (words[n])
		n++;
	(void) buf_printf(&b, "*%zu\r\n", n);
	for (size_t i = 0; i < n; i++)
		(void) buf_printf(&b, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
	if (send(fd, b.data, b.len, MSG_NOSIGNAL) != (ssize_t)b.len)
		return -1;
	for (int wait = ANSWER_MS; got < size - 1; wait = 20) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t r = poll(&p, 1, wait) > 0 ? recv(fd, ret + got, size - 1 - got, 0) : -1;

		if (r <= 0)
			break;
		got += (size_t)r;
		if (ret[0] != '*' && ret[0] != '$' && ret[got - 1] == '\n')
			break;
	}
	ret[got] = '\0';
	return got > 0 ? 0 : -1;
}

static int dial_as(const struct service *s, const char *user, const char *password)
{
	char reply[256];
	int fd = dial(s);

	if (fd >= 0 && (ask(fd, reply, sizeof(reply), (const char *const[]){ "AUTH", user, password, NULL }) < 0 ||
			strcmp(reply, "+OK\r\n") != 0))
		closep(&fd);
	return fd;
}

int service_redis_dial(const struct service *s)
{
	return dial_as(s, s->admin_user, s->admin_password);
}

int service_redis_ask(struct service *s, char *ret, size_t size, const char *const *words)
{
	_cleanup_(closep) int fd = service_redis_dial(s);

	return fd < 0 ? -1 : ask(fd, ret, size, words);
}

static bool ready(struct service *s)
{
	_cleanup_(closep) int fd = service_redis_dial(s);

	return fd >= 0;
}

int service_redis_restart(struct service *s)
{
	if (s->pid > 0) {
		(void) kill(s->pid, SIGTERM);
		(void) waitpid(s->pid, NULL, 0);
		s->pid = 0;
	}
	return service_spawn(s, (const char *const[]){ "redis-server", s->kept, NULL }, ready);
}

int service_redis_start(struct service *s, const char *password, const char *extra)
{
	_cleanup_(buf_free) struct buf conf = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	struct stat st;
	char hash[65];

	*s = (struct service){ .kind = &service_redis, .user = "default", .admin_user = "boss",
			       .port = service_free_port() };
	service_password(s->admin_password);
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	if (service_folder(s, "redis") < 0)
		return -1;
	digest_sha256_hex(s->admin_password, strlen(s->admin_password), hash);
	/* slowlog 0: every command stands in the slow log, so that a clear password could be found there. */
	(void) buf_printf(&conf, "port %u\nbind 127.0.0.1\ndir %s\nsave \"\"\nappendonly no\nloglevel debug\n"
			  "slowlog-log-slower-than 0\nslowlog-max-len 1000\nrequirepass \"%s\"\n"
			  "user boss on #%s ~* &* +@all\n%s\n", s->port, s->folder, password, hash, extra ? extra : "");
	(void) snprintf(s->kept, sizeof(s->kept), "%s/redis.conf", s->folder);
	if (fs_write_atomic(s->kept, conf.data, conf.len, 0600, &e) < 0 || stat(s->folder, &st) < 0 ||
	    (geteuid() == 0 && chown(s->kept, st.st_uid, st.st_gid) < 0)) {
		fprintf(stderr, "service redis: redis.conf: %s %s\n", e.text, strerror(errno));
		service_kill(s);
		return -1;
	}
	if (service_redis_restart(s) == 0)
		return 0;
	service_kill(s);
	return -1;
}

static int next(const struct service *s, struct service *ret)
{
	char port[8];

	*ret = (struct service){ .kind = s->kind, .port = service_free_port() };
	(void) snprintf(ret->admin_user, sizeof(ret->admin_user), "%s", s->admin_user);
	(void) snprintf(ret->admin_password, sizeof(ret->admin_password), "%s", s->admin_password);
	(void) snprintf(ret->user, sizeof(ret->user), "%s", s->user);
	(void) snprintf(port, sizeof(port), "%u", ret->port);
	if (service_folder(ret, "redis-next") < 0)
		return -1;
	return service_spawn(ret, (const char *const[]){ "redis-server", s->kept, "--port", port, "--dir", ret->folder,
			     NULL }, ready);
}

static int start(struct service *s, const char *password)
{
	return service_redis_start(s, password, NULL);
}

static int pause_(struct service *s)
{
	return kill(s->pid, SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(s->pid, SIGCONT);
}

static bool login(struct service *s, const char *user, const char *password)
{
	_cleanup_(closep) int fd = dial_as(s, user, password);

	return fd >= 0;
}

static struct service_session *session(struct service *s, const char *user, const char *password)
{
	int fd = dial_as(s, user, password);
	struct service_session *x = fd >= 0 ? calloc(1, sizeof(*x)) : NULL;

	if (x)
		x->fd = fd;
	return x;
}

static bool session_alive(struct service_session *x)
{
	char reply[64];

	return ask(x->fd, reply, sizeof(reply), (const char *const[]){ "PING", NULL }) == 0 &&
	       strcmp(reply, "+PONG\r\n") == 0;
}

static void session_end(struct service_session *x)
{
	if (!x)
		return;
	closep(&x->fd);
	free(x);
}

static int set(struct service *s, const char *first, const char *second)
{
	char reply[300], rule[200];
	int r;

	(void) snprintf(rule, sizeof(rule), ">%s", first);
	r = strcmp(s->user, "default") == 0 ? REDIS_ASK(s, reply, "CONFIG", "SET", "requirepass", first)
					    : REDIS_ASK(s, reply, "ACL", "SETUSER", s->user, "resetpass", rule);
	if (r == 0 && reply[0] == '+' && second) {
		(void) snprintf(rule, sizeof(rule), ">%s", second);
		r = REDIS_ASK(s, reply, "ACL", "SETUSER", s->user, rule);
	}
	return r == 0 && reply[0] == '+' ? 0 : -1;
}

static bool logged(struct service *s, const char *text)
{
	static char slow[1 << 20];
	char path[300];

	(void) snprintf(path, sizeof(path), "%s/log", s->folder);
	if (service_file_has(path, text))
		return true;
	if (REDIS_ASK(s, slow, "SLOWLOG", "GET", "1000") < 0)
		abort();
	return strstr(slow, text) != NULL;
}

const struct service_kind service_redis = {
	.driver = "redis",
	.start = start,
	.stop = service_kill,
	.pause = pause_,
	.resume = resume,
	.login = login,
	.session = session,
	.session_alive = session_alive,
	.session_end = session_end,
	.set = set,
	.next = next,
	.logged = logged,
};
