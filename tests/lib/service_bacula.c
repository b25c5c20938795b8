#include "service_bacula.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_MS 20000
#define RELOAD_US INT64_C(20000000)

static const char *const daemons[PARTS] = { "dir", "fd", "sd" };
static const char *const hellos[PARTS] = { "", "Director ", "SD: Bacula Director " };

struct service_session { int fd; };

/* --- a client of the test's own: enough of the protocol to log in and to ask something --- */
static int dial(const struct service *s, enum bacula_part part)
{
	const struct service_bacula *b = s->more;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(b->port[part]) };
	struct timeval limit = { .tv_sec = ANSWER_MS / 1000 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0))
		closep(&fd);
	return fd;
}

static bool say(int fd, const char *text, size_t len)
{
	uint32_t size = htonl((uint32_t)len);

	return send(fd, &size, sizeof(size), MSG_NOSIGNAL) == (ssize_t)sizeof(size) &&
	       send(fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* The packet's bytes as text; a signal is its number, negative; 0: gone. */
static int hear(int fd, char ret[4096])
{
	uint32_t head;
	int32_t size;

	if (recv(fd, &head, sizeof(head), MSG_WAITALL) != (ssize_t)sizeof(head))
		return 0;
	size = (int32_t)ntohl(head);
	if (size < 0)
		return size;
	if (size == 0 || size > 4095 || recv(fd, ret, (size_t)size, MSG_WAITALL) != size)
		return 0;
	ret[size] = '\0';
	return size;
}

static void proof(const char *password, const char *challenge, char ret[32])
{
	unsigned char md[16], mac[EVP_MAX_MD_SIZE], base64[64];
	unsigned int len;
	char key[33];

	if (EVP_Digest(password, strlen(password), md, NULL, EVP_md5(), NULL) != 1)
		abort();
	for (size_t i = 0; i < 16; i++)
		(void) snprintf(key + 2 * i, 3, "%02x", md[i]);
	(void) HMAC(EVP_md5(), key, 32, (const unsigned char *)challenge, strlen(challenge), mac, &len);
	(void) EVP_EncodeBlock(base64, mac, 16);
	(void) snprintf(ret, 32, "%.22s", (const char *)base64);
}

int service_bacula_dial(const struct service *s, enum bacula_part part, const char *name, const char *password)
{
	char line[4096], challenge[256], answer[32];
	int fd = dial(s, part);

	(void) snprintf(line, sizeof(line), "Hello %s%s calling\n", hellos[part], name);
	if (fd < 0)
		return -1;
	if (!say(fd, line, strlen(line)) || hear(fd, line) <= 0 || sscanf(line, "auth cram-md5 %255s", challenge) !=
	    1) {
		closep(&fd);
		return -1;
	}
	proof(password, challenge, answer);
	if (!say(fd, answer, strlen(answer) + 1) || hear(fd, line) <= 0 || strncmp(line, "1000", 4) != 0 ||
	    !say(fd, "auth cram-md5 <1.2@test> ssl=0\n", 31) || hear(fd, line) <= 0 || !say(fd, "1000 OK auth\n", 13) ||
	    hear(fd, line) <= 0)
		closep(&fd);
	return fd;
}

bool service_bacula_login(const struct service *s, enum bacula_part part, const char *name, const char *password)
{
	_cleanup_(closep) int fd = service_bacula_dial(s, part, name, password);

	return fd >= 0;
}

bool service_bacula_answers(int fd, const char *command, char *ret, size_t size)
{
	char words[4096];
	size_t at = 0;
	int n = say(fd, command, strlen(command)) ? hear(fd, words) : 0;

	for (; n > 0; n = hear(fd, words))
		at += (size_t)snprintf(ret + at, size - at, "%s", words) < size - at ? strlen(words) : 0;
	return n == -1;
}

static bool login(struct service *s, const char *user, const char *password)
{
	return service_bacula_login(s, PART_DIRECTOR, user, password);
}

static struct service_session *session(struct service *s, const char *user, const char *password)
{
	int fd = service_bacula_dial(s, PART_DIRECTOR, user, password);
	struct service_session *x = fd >= 0 ? calloc(1, sizeof(*x)) : NULL;

	if (x)
		x->fd = fd;
	return x;
}

static bool session_alive(struct service_session *x)
{
	char words[4096];

	return service_bacula_answers(x->fd, "version", words, sizeof(words));
}

static void session_end(struct service_session *x)
{
	if (!x)
		return;
	closep(&x->fd);
	free(x);
}

int service_bacula_ask(struct service *s, const char *command, char *ret, size_t size)
{
	_cleanup_(closep) int fd = service_bacula_dial(s, PART_DIRECTOR, s->admin_user, s->admin_password);

	return fd >= 0 && service_bacula_answers(fd, command, ret, size) ? 0 : -1;
}

/* --- the files --- */
/* In quotes, as Bacula reads them. */
static void quoted(struct buf *b, const char *value)
{
	buf_char(b, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			buf_char(b, '\\');
		buf_char(b, *value);
	}
	buf_char(b, '"');
}

static void director_file(const struct service *s, const char *password, struct buf *b)
{
	const struct service_bacula *x = s->more;
	const char *f = s->folder;

	/* The places of consoles are few by default, and each refused login keeps one for five seconds. */
	buf_printf(b, "# what the director is told\nDirector {\n  Name = %s\n  QueryFile = \"%s/query.sql\"\n"
		   "  WorkingDirectory = \"%s/work\"\n  PidDirectory = \"%s/run\"\n  Messages = Daemon\n"
		   "  DirAddresses = { ip = { addr = 127.0.0.1; port = %u } }\n"
		   "  FD Connect Timeout = 5 s; SD Connect Timeout = 5 s\n%s\n  Password = ", BACULA_DIRECTOR_NAME, f,
		   f, f,
		   x->port[PART_DIRECTOR],
		   x->extra[PART_DIRECTOR] ? x->extra[PART_DIRECTOR] : "  Maximum Console Connections = 100");
	quoted(b, password);
	buf_printf(b, "\n}\nConsole {\n  Name = %s\n  Password = \"%s\"\n  CommandACL = *all*\n  JobACL = *all*\n"
		   "  ClientACL = *all*\n  StorageACL = *all*\n  PoolACL = *all*\n  CatalogACL = *all*\n"
		   "  FileSetACL = *all*\n  WhereACL = *all*\n}\n", s->admin_user, s->admin_password);
	buf_printf(b, "Client { Name = lab-fd; Address = 127.0.0.1; FDPort = %u; Catalog = Main; Password = \"%s\" }\n"
		   "Storage { Name = lab-sd; Address = 127.0.0.1; SDPort = %u; Device = Files; Media Type = File;"
		   " Password = \"%s\" }\n", x->port[PART_CLIENT], x->pair, x->port[PART_STORAGE], x->pair);
	buf_printf(b, "Catalog { Name = Main; dbname = \"bacula\"; DB Address = \"\"; user = \"\"; password = \"\" }\n"
		   "FileSet {\n  Name = Some\n  Include {\n    Options { signature = MD5 }\n    File = \"%s/data\"\n  "
		   "}\n}\n"
		   "Pool { Name = Pool; Pool Type = Backup; Label Format = V; Recycle = yes }\n"
		   "Job { Name = save; Type = Backup; Level = Full; Client = lab-fd; FileSet = Some; Storage = lab-sd;"
		   " Pool = Pool; Messages = Daemon }\n"
		   "Job { Name = bring-back; Type = Restore; Client = lab-fd; FileSet = Some; Storage = lab-sd; Pool = "
		   "Pool;"
		   " Messages = Daemon; Where = \"%s/restored\" }\n"
		   "Messages { Name = Daemon; append = \"%s/director.log\" = all, !skipped; catalog = all }\n", f, f,
		   f);
}

static void client_file(const struct service *s, struct buf *b)
{
	const struct service_bacula *x = s->more;

	buf_printf(b, "FileDaemon {\n  Name = lab-fd\n  WorkingDirectory = \"%s/work\"\n  PidDirectory = \"%s/run\"\n"
		   "  FDAddresses = { ip = { addr = 127.0.0.1; port = %u } }\n%s\n}\n"
		   "Director {\n  Name = %s\n  Password = \"%s\"\n}\n"
		   "Messages { Name = Standard; append = \"%s/client.log\" = all }\n", s->folder, s->folder,
		   x->port[PART_CLIENT], x->extra[PART_CLIENT] ? x->extra[PART_CLIENT] : "", BACULA_DIRECTOR_NAME,
		   x->pair, s->folder);
}

static void storage_file(const struct service *s, struct buf *b)
{
	const struct service_bacula *x = s->more;

	buf_printf(b, "Storage {\n  Name = lab-sd\n  WorkingDirectory = \"%s/work\"\n  PidDirectory = \"%s/run\"\n"
		   "  SDAddresses = { ip = { addr = 127.0.0.1; port = %u } }\n%s\n}\n"
		   "Director {\n  Name = %s\n  Password = \"%s\"\n}\n"
		   "Device { Name = Files; Media Type = File; Archive Device = \"%s/volumes\"; LabelMedia = yes;"
		   " Random Access = yes; AutomaticMount = yes; RemovableMedia = no; AlwaysOpen = no }\n"
		   "Messages { Name = Standard; append = \"%s/storage.log\" = all }\n", s->folder, s->folder,
		   x->port[PART_STORAGE], x->extra[PART_STORAGE] ? x->extra[PART_STORAGE] : "", BACULA_DIRECTOR_NAME,
		   x->pair, s->folder, s->folder);
}

static int put(const struct service *s, const char *path, const struct buf *b, mode_t mode)
{
	struct err e = ERR_INIT;
	struct stat st;

	if (fs_write_atomic(path, b->data, b->len, mode, &e) == 0 && stat(s->folder, &st) == 0 &&
	    (geteuid() != 0 || chown(path, st.st_uid, st.st_gid) == 0))
		return 0;
	fprintf(stderr, "service bacula: '%s': %s\n", path, e.text);
	return -1;
}

static int put_text(const struct service *s, const char *name, const char *text, mode_t mode)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	char path[300];

	(void) snprintf(path, sizeof(path), "%s/%s", s->folder, name);
	buf_str(&b, text);
	return put(s, path, &b, mode);
}

/* --- processes --- */
/* Starts what ended; each dies with who started it, so that nothing outlives a test. A pid file of Bacula's own would
 * be believed although its number is somebody else's by now. */
static const char supervisor[] =
	"#!/bin/sh\n"
	"cd \"$1\" || exit 1\n"
	"for d in fd sd dir; do setpriv --pdeathsig KILL sh ./again \"$1\" $d & done\n"
	"trap ': >stop; for d in fd sd dir; do ./kill-$d; done; wait; exit 0' TERM\n"
	"wait\n";
static const char again[] =
	"while [ ! -e stop ]; do\n"
	"  rm -f run/bacula-$2.*.pid\n"
	"  setpriv --pdeathsig KILL bacula-$2 -f -d50 -c \"$1/$2.conf\" &\n"
	"  echo $! >pid-$2.new; mv pid-$2.new pid-$2\n"
	"  wait $!\n"
	"  sleep 0.1\n"
	"done\n";
/* At once: a stop of its own takes a daemon two seconds, which nothing here is about. Gone is who ended, also when
 * nobody has taken notice of it yet. */
static const char restart[] =
	"#!/bin/sh\n"
	"d=${0##*-}\n"
	"p=$(cat \"$(dirname \"$0\")/pid-$d\") || exit 1\n"
	"[ \"$(cat /proc/$p/comm 2>/dev/null)\" != bacula-$d ] || kill -KILL \"$p\" || exit 1\n"
	"while grep -q '^State:.[^Z]' /proc/$p/status 2>/dev/null; do sleep 0.05; done\n";

pid_t service_bacula_pid(const struct service *s, enum bacula_part part)
{
	char path[300], text[32] = "";
	int fd;

	(void) snprintf(path, sizeof(path), "%s/pid-%s", s->folder, daemons[part]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void) close(fd);
	return (pid_t)strtol(text, NULL, 10);
}

static bool ready(struct service *s)
{
	const struct service_bacula *x = s->more;

	return service_bacula_login(s, PART_CLIENT, BACULA_DIRECTOR_NAME, x->pair) &&
	       service_bacula_login(s, PART_STORAGE, BACULA_DIRECTOR_NAME, x->pair) &&
	       service_bacula_login(s, PART_DIRECTOR, s->admin_user, s->admin_password);
}

static void options_of(struct service *s)
{
	struct service_bacula *x = s->more;

	for (int i = 0; i < PARTS; i++) {
		(void) snprintf(x->file[i], sizeof(x->file[i]), "%s/%s.conf", s->folder, daemons[i]);
		(void) snprintf(x->restart[i], sizeof(x->restart[i]), "%s/kill-%s", s->folder, daemons[i]);
	}
	s->options[0] = "file";
	s->options[1] = x->file[PART_DIRECTOR];
	s->options[2] = "restart";
	s->options[3] = x->restart[PART_DIRECTOR];
}

int service_bacula_files(struct service *s, const char *password)
{
	_cleanup_(buf_free) struct buf dir = BUF_INIT(1 << 16), fd = BUF_INIT(1 << 16), sd = BUF_INIT(1 << 16);
	const struct service_bacula *x = s->more;

	director_file(s, password, &dir);
	client_file(s, &fd);
	storage_file(s, &sd);
	return put(s, x->file[PART_DIRECTOR], &dir, 0640) < 0 || put(s, x->file[PART_CLIENT], &fd, 0640) < 0 ||
	       put(s, x->file[PART_STORAGE], &sd, 0640) < 0 ? -1 : 0;
}

static int files(struct service *s, const char *password)
{
	if (service_bacula_files(s, password) < 0 || put_text(s, "supervisor", supervisor, 0700) < 0 ||
	    put_text(s, "again", again, 0700) < 0 || put_text(s, "kill-dir", restart, 0755) < 0 ||
	    put_text(s, "kill-fd", restart, 0755) < 0 || put_text(s, "kill-sd", restart, 0755) < 0)
		return -1;
	/* Enough to run for a while where a client is told to be slow. */
	return service_run(s, (const char *const[]){ "sh", "-c",
			   "mkdir work run volumes data && : >query.sql && head -c 3000000 /dev/urandom >data/file && "
			   "sed -e \"s#cd /var/lib/bacula#cd $0/work#\" -e s/XXX_DBNAME_XXX/bacula/ "
			   "/usr/share/bacula-director/make_sqlite3_tables | sh", s->folder, NULL }, NULL);
}

static void stop(struct service *s)
{
	service_kill(s);
	free(s->more);
	s->more = NULL;
}

int service_bacula_start(struct service *s, const char *password, bool shared, const char *const extra[PARTS])
{
	struct service_bacula *x = mem_zero(1, sizeof(*x));
	char path[300];

	*s = (struct service){ .kind = &service_bacula, .user = "*UserAgent*", .admin_user = "boss", .more = x };
	for (int i = 0; i < PARTS; i++) {
		x->port[i] = service_free_port();
		x->extra[i] = extra ? extra[i] : NULL;
	}
	s->port = x->port[PART_DIRECTOR];
	service_password(s->admin_password);
	if (shared)
		(void) snprintf(x->pair, sizeof(x->pair), "%s", password);
	else
		service_password(x->pair);
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	if (service_folder(s, "bacula") < 0)
		return -1;
	options_of(s);
	(void) snprintf(path, sizeof(path), "%s/supervisor", s->folder);
	if (files(s, password) == 0 &&
	    service_spawn(s, (const char *const[]){ "sh", path, s->folder, NULL }, ready) == 0)
		return 0;
	stop(s);
	return -1;
}

static int start(struct service *s, const char *password)
{
	return service_bacula_start(s, password, false, NULL);
}

static int pause_(struct service *s)
{
	return kill(service_bacula_pid(s, PART_DIRECTOR), SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(service_bacula_pid(s, PART_DIRECTOR), SIGCONT);
}

static int set(struct service *s, const char *first, const char *second)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	const struct service_bacula *x = s->more;
	int64_t until = clock_mono_us() + RELOAD_US;

	if (second)
		return -1;
	director_file(s, first, &b);
	if (put(s, x->file[PART_DIRECTOR], &b, 0640) < 0 || kill(service_bacula_pid(s, PART_DIRECTOR), SIGHUP) < 0)
		return -1;
	while (!login(s, s->user, first)) {
		if (clock_mono_us() > until)
			return -1;
		clock_sleep_ms(50);
	}
	return 0;
}

static bool logged(struct service *s, const char *text)
{
	static const char *const names[] = { "log", "director.log", "client.log", "storage.log" };
	bool has = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[300];

		(void) snprintf(path, sizeof(path), "%s/%s", s->folder, names[i]);
		/* A daemon that had nothing to say has no file. */
		if (i == 0 || access(path, F_OK) == 0)
			has |= service_file_has(path, text);
	}
	return has;
}

const struct service_kind service_bacula = {
	.driver = "bacula",
	.secret = "shared-secret",
	.start = start,
	.stop = stop,
	.pause = pause_,
	.resume = resume,
	.login = login,
	.session = session,
	.session_alive = session_alive,
	.session_end = session_end,
	.set = set,
	.logged = logged,
};
