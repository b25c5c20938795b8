#include "service_dovecot.h"
#include "mail_client.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_US INT64_C(30000000)
#define SEEN_US INT64_C(10000000)

struct mail { bool system; uint16_t smtp_port, auth_port; pid_t postfix; char users[300], options[3][300]; };
struct service_session { int fd; bool smtp; };

void service_dovecot_folder(const struct service *s, const char *name, char ret[300])
{
	(void)snprintf(ret, 300, "%s/%s", s->folder, name);
}

bool service_dovecot_has_smtp(const struct service *s)
{
	return ((const struct mail *)s->more)->smtp_port != 0;
}

uint16_t service_dovecot_smtp_port(const struct service *s)
{
	return ((const struct mail *)s->more)->smtp_port;
}

int service_dovecot_imap(const struct service *s, const char *user, const char *password)
{
	int said, fd = mail_imap_as(s->port, user, password, &said);

	mail_leave(&fd, false);
	return said;
}

int service_dovecot_smtp(const struct service *s, const char *user, const char *password)
{
	int said, fd = mail_smtp_as(service_dovecot_smtp_port(s), user, password, &said);

	mail_leave(&fd, true);
	return said;
}

/* --- the servers --- */

static bool write_file(const struct service *s, const char *name, const struct buf *text, mode_t mode)
{
	struct err e = ERR_INIT;
	char path[300];
	struct stat st;

	service_dovecot_folder(s, name, path);
	if (fs_write_atomic(path, text->data, text->len, mode, &e) == 0 && stat(s->folder, &st) == 0 &&
	    (geteuid() != 0 || chown(path, st.st_uid, st.st_gid) == 0))
		return true;
	fprintf(stderr, "service dovecot: '%s': %s %s\n", path, e.text, strerror(errno));
	return false;
}

static void add_line(struct buf *b, const char *user, const char *password, bool clear)
{
	struct crypt_data *room = calloc(1, sizeof(*room));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];

	if (clear)
		(void)buf_printf(b, "%s:{PLAIN}%s::::::\n", user, password);
	if (!room || !crypt_gensalt_rn("$6$", 1000, NULL, 0, setting, sizeof(setting)))
		abort();
	if (!clear)
		(void)buf_printf(b, "%s:{SHA512-CRYPT}%s::::::\n", user, crypt_r(password, setting, room));
	free(room);
}

/* Dovecot sees a file anew when its time of change is another second. */
bool service_dovecot_write(struct service *s, const char *password, bool clear)
{
	_cleanup_(buf_free) struct buf users = BUF_INIT(1 << 16);
	const char *path = ((struct mail *)s->more)->users;
	struct stat before = { 0 };
	struct timespec times[2] = { 0 };

	(void)stat(path, &before);
	(void)buf_str(&users, "# accounts of the test\n");
	add_line(&users, s->admin_user, s->admin_password, false);
	add_line(&users, s->user, password, clear);
	if (!write_file(s, "users", &users, 0600))
		return false;
	times[0].tv_sec = times[1].tv_sec = before.st_mtime ? before.st_mtime + 1 : clock_now_us() / 1000000 - 1000;
	return utimensat(AT_FDCWD, path, times, 0) == 0;
}

static bool write_dovecot(struct service *s, const char *more, bool slow)
{
	_cleanup_(buf_free) struct buf c = BUF_INIT(1 << 16);
	const char *f = s->folder;
	struct stat st = { 0 };
	const struct passwd *pw = stat(f, &st) == 0 ? getpwuid(st.st_uid) : NULL;
	const struct group *gr = getgrgid(st.st_gid);

	/* The folder's owner is who all of its processes run as. */
	(void)buf_printf(&c, "base_dir = %s/run\nstate_dir = %s/state\nlog_path = %s/dovecot.log\n"
			 "auth_verbose = yes\nauth_debug = yes\nlisten = 127.0.0.1\nssl = no\n"
			 "disable_plaintext_auth = no\nprotocols = imap\nmail_max_userip_connections = 100\n"
			 "mail_location = maildir:%s/mail/%%u\nfirst_valid_uid = 1\n", f, f, f, f);
	(void)buf_printf(&c, "default_internal_user = %s\ndefault_login_user = %s\ndefault_internal_group = %s\n",
			 pw ? pw->pw_name : "", pw ? pw->pw_name : "", gr ? gr->gr_name : "");
	if (((struct mail *)s->more)->system)
		(void)buf_printf(&c, "passdb {\n  driver = pam\n  args = cache_key=%%u dovecot\n}\n"
				 "auth_cache_size = 10M\nauth_cache_ttl = 1 hour\n");
	else
		(void)buf_printf(&c, "passdb {\n  driver = passwd-file\n  args = scheme=SHA512-CRYPT "
				 "username_format=%%u %s\n}\n", ((struct mail *)s->more)->users);
	(void)buf_printf(&c, "userdb {\n  driver = static\n  args = uid=%u gid=%u home=%s/mail/%%u\n}\n",
			 (unsigned int)st.st_uid, (unsigned int)st.st_gid, f);
	(void)buf_printf(&c, "service imap-login {\n  chroot =\n  inet_listener imap {\n    port = %u\n  }\n"
			 "  inet_listener imaps {\n    port = 0\n  }\n}\nservice anvil {\n  chroot =\n%s}\n"
			 "service stats {\n  chroot =\n}\n", s->port,
			 slow ? "" : "  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n");
	(void)buf_printf(&c, "service auth {\n  inet_listener {\n    address = 127.0.0.1\n    port = %u\n  }\n}\n%s%s",
			 ((struct mail *)s->more)->auth_port, slow ? "" : "auth_failure_delay = 0\n", more);
	return write_file(s, "dovecot.conf", &c, 0600);
}

static const char postfix_services[] =
	"pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
	"tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n"
	"defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nverify unix - - n - 1 verify\n"
	"flush unix n - n 1000? 0 flush\nproxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\n"
	"error unix - - n - - error\nretry unix - - n - - error\ndiscard unix - - n - - discard\n"
	"anvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\npostlog unix-dgram n - n - 1 postlogd\n"
	"showq unix n - n - - showq\n";

/* What `postfix start` would make and check in two seconds, with a hundred programs. */
static bool make_folders(const struct service *s)
{
	static const struct { const char *name; mode_t mode; bool roots, drop; } folders[] = {
		{ "postfix", 0755, true }, { "queue", 0755, true }, { "queue/pid", 0755, true }, { "data", 0700 },
		{ "queue/active", 0700 }, { "queue/bounce", 0700 }, { "queue/corrupt", 0700 }, { "queue/defer", 0700 },
		{ "queue/deferred", 0700 }, { "queue/flush", 0700 }, { "queue/hold", 0700 },
		{ "queue/incoming", 0700 }, { "queue/private", 0700 }, { "queue/saved", 0700 },
		{ "queue/trace", 0700 }, { "queue/maildrop", 0730, false, true },
		{ "queue/public", 0710, false, true },
	};
	const struct passwd *pw = getpwnam("postfix");
	const struct group *gr = getgrnam("postdrop");
	char path[300];

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		service_dovecot_folder(s, folders[i].name, path);
		if (!pw || !gr || mkdir(path, 0700) < 0 ||
		    chown(path, folders[i].roots ? 0 : pw->pw_uid, folders[i].drop ? gr->gr_gid : 0) < 0 ||
		    chmod(path, folders[i].mode) < 0)
			return false;
	}
	return chmod(s->folder, 0711) == 0;
}

static bool write_postfix(struct service *s, bool slow)
{
	_cleanup_(buf_free) struct buf m = BUF_INIT(1 << 16), c = BUF_INIT(1 << 16);
	struct mail *mail = s->more;
	const char *f = s->folder;

	if (!make_folders(s))
		return false;
	(void)buf_printf(&m, "compatibility_level = 3.6\nmeta_directory = /etc/postfix\nqueue_directory = %s/queue\n"
			 "data_directory = %s/data\ncommand_directory = /usr/sbin\n"
			 "daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\n"
			 "myhostname = mx.example.net\nmydestination =\ninet_interfaces = 127.0.0.1\n"
			 "inet_protocols = ipv4\nmaillog_file = %s/postfix.log\n"
			 "maillog_file_prefixes = /var, /dev/stdout, /tmp\nalias_maps =\nlocal_recipient_maps =\n"
			 "mynetworks = 127.0.0.250/32\n", f, f, f);
	(void)buf_printf(&m, "smtpd_relay_restrictions = permit_sasl_authenticated, reject\n"
			 "default_transport = discard\nsmtpd_tls_security_level = none\nsmtpd_sasl_auth_enable = yes\n"
			 "smtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:%u\n%s"
			 "smtpd_client_connection_count_limit = 0\n", mail->auth_port,
			 slow ? "" : "smtpd_error_sleep_time = 0\n");
	(void)buf_printf(&c, "127.0.0.1:%u inet n - n - - smtpd\n%s", mail->smtp_port, postfix_services);
	return write_file(s, "postfix/main.cf", &m, 0644) && write_file(s, "postfix/master.cf", &c, 0644);
}

/* What a test that failed in the middle leaves: ended when its process ends. */
static struct { pid_t master, owner; } running;

static void end_leftover(void)
{
	if (running.master > 1 && running.owner == getpid())
		(void)kill(-running.master, SIGTERM);
}

/* As root, not as the user of the other services; it leads a session, and ends with the process that started it. */
static pid_t spawn_as_root(const struct service *s, const char *const *argv)
{
	char out[300], *args[8];
	size_t n = 0;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	service_dovecot_folder(s, "root.out", out);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	for (; argv[n] && n < ARRAY_SIZE(args) - 1; n++)
		args[n] = strdup(argv[n]);
	args[n] = NULL;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (null < 0 || log < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || setsid() < 0)
		_exit(126);
	(void)execv(args[0], args);
	_exit(127);
}

static bool start_postfix(struct service *s)
{
	struct mail *mail = s->more;
	int64_t until = clock_mono_us() + READY_US;
	const struct timespec long_ago[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };
	char etc[300], path[300], answer[200] = "";

	/* Each program of Postfix waits until the file is two seconds old, so that it reads no half of one. */
	service_dovecot_folder(s, "postfix/main.cf", path);
	(void)utimensat(AT_FDCWD, path, long_ago, 0);
	service_dovecot_folder(s, "postfix", etc);
	mail->postfix = spawn_as_root(s, (const char *const[]){ "/usr/lib/postfix/sbin/master", "-c", etc, "-s",
					 NULL });
	if (!running.owner)
		(void)atexit(end_leftover);
	running.master = mail->postfix;
	running.owner = getpid();
	while (mail->postfix > 0 && clock_mono_us() < until) {
		_cleanup_(closep) int fd = mail_dial(mail->smtp_port);

		if (fd >= 0 && mail_ask_smtp(fd, NULL, answer, sizeof(answer)) && !strncmp(answer, "220", 3)) {
			mail_leave(&fd, true);
			return true;
		}
		clock_sleep_ms(20);
	}
	fprintf(stderr, "service dovecot: Postfix does not start: %s/root.out and postfix.log\n", s->folder);
	return false;
}

/* Its pid file is locked until the last of its processes is gone; without master they are ours to wait for. */
static void end_postfix(struct service *s)
{
	struct mail *mail = s->more;
	pid_t master = mail->postfix;

	if (master <= 1)
		return;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)kill(-master, SIGTERM);
	while (waitpid(-master, NULL, 0) > 0)
		continue;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
	mail->postfix = running.master = 0;
}

bool service_dovecot_restart_postfix(struct service *s)
{
	end_postfix(s);
	return start_postfix(s);
}

static bool start_dovecot_as_root(struct service *s, const char *conf)
{
	int64_t until = clock_mono_us() + READY_US;

	s->pid = spawn_as_root(s, (const char *const[]){ "/usr/sbin/dovecot", "-F", "-c", conf, NULL });
	while (s->pid > 0 && clock_mono_us() < until) {
		if (service_dovecot_imap(s, s->user, s->admin_password) == 1)
			return true;
		clock_sleep_ms(100);
	}
	fprintf(stderr, "service dovecot: Dovecot does not start as root: %s/dovecot.log\n", s->folder);
	return false;
}

static void signal_all(const struct service *s, int signal)
{
	pid_t master = ((const struct mail *)s->more)->postfix;

	if (master > 1)
		(void)kill(-master, signal);
	if (s->pid > 1)
		(void)kill(-s->pid, signal);
}

static bool ready(struct service *s)
{
	return service_dovecot_imap(s, s->admin_user, s->admin_password) == 1;
}

static void stop(struct service *s)
{
	struct mail *mail = s->more;
	pid_t pid = s->pid;

	if (!mail)
		return;
	signal_all(s, SIGCONT);
	if (mail->postfix > 0)
		end_postfix(s);
	if (pid > 1)
		(void)kill(-pid, SIGTERM);
	service_kill(s);
	free(mail);
	s->more = NULL;
}

static void options(struct service *s)
{
	struct mail *mail = s->more;
	size_t n = 0;

	(void)snprintf(mail->options[0], 300, "127.0.0.1:%u", mail->smtp_port);
	service_dovecot_folder(s, "dovecot.conf", mail->options[1]);
	service_dovecot_folder(s, "postfix", mail->options[2]);
	s->options[n++] = "tls";
	s->options[n++] = "no";
	s->options[n++] = "config";
	s->options[n++] = mail->options[1];
	if (!mail->system) {
		s->options[n++] = "file";
		s->options[n++] = mail->users;
	}
	if (mail->smtp_port) {
		s->options[n++] = "submission";
		s->options[n++] = mail->options[0];
		s->options[n++] = "postfix";
		s->options[n++] = mail->options[2];
	}
}

static bool prepare(struct service *s, bool system)
{
	struct mail *mail = calloc(1, sizeof(*mail));

	*s = (struct service){ .kind = &service_dovecot, .user = "noreply", .admin_user = "boss",
			       .port = service_free_port(), .more = mail };
	(void)snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	if (!mail || service_folder(s, "dovecot") < 0)
		return false;
	service_dovecot_folder(s, "users", mail->users);
	mail->system = system;
	mail->auth_port = service_free_port();
	mail->smtp_port = geteuid() == 0 ? service_free_port() : 0;
	options(s);
	return true;
}

static int begin_postfix(struct service *s, bool started, bool slow)
{
	if (started && (!service_dovecot_has_smtp(s) || (write_postfix(s, slow) && start_postfix(s))))
		return 0;
	stop(s);
	return -1;
}

int service_dovecot_start(struct service *s, const char *password, const char *more, bool slow)
{
	char conf[300];
	bool good = prepare(s, false);

	service_password(s->admin_password);
	service_dovecot_folder(s, "dovecot.conf", conf);
	good = good && service_dovecot_write(s, password, false) && write_dovecot(s, more, slow) &&
	       service_spawn(s, (const char *const[]){ "dovecot", "-F", "-c", conf, NULL }, ready) == 0;
	return begin_postfix(s, good, slow);
}

int service_dovecot_start_system(struct service *s, const char *password)
{
	char conf[300];
	bool good = prepare(s, true);

	(void)snprintf(s->admin_password, sizeof(s->admin_password), "%s", password);
	service_dovecot_folder(s, "dovecot.conf", conf);
	good = good && write_dovecot(s, "", false) && start_dovecot_as_root(s, conf);
	return begin_postfix(s, good, false);
}

/* --- as every kind of service --- */

static int start(struct service *s, const char *password)
{
	int r = service_dovecot_start(s, password, "", false);

	if (r == 0 && !service_dovecot_has_smtp(s))
		printf("# without root there is no Postfix: IMAP only\n");
	return r;
}

static int pause_(struct service *s)
{
	signal_all(s, SIGSTOP);
	return 0;
}

static int resume(struct service *s)
{
	signal_all(s, SIGCONT);
	return 0;
}

/* Both doors must say the same. */
static bool login(struct service *s, const char *user, const char *password)
{
	int imap = service_dovecot_imap(s, user, password);
	int smtp = service_dovecot_has_smtp(s) ? service_dovecot_smtp(s, user, password) : imap;

	if (imap != smtp || imap < 0) {
		fprintf(stderr, "service dovecot: IMAP says %d, submission %d\n", imap, smtp);
		abort();
	}
	return imap == 1;
}

static struct service_session *keep(int fd, bool smtp)
{
	struct service_session *x = fd >= 0 ? calloc(1, sizeof(*x)) : NULL;

	if (x)
		*x = (struct service_session){ fd, smtp };
	return x;
}

struct service_session *service_dovecot_imap_session(struct service *s, const char *user, const char *password)
{
	int said;

	return keep(mail_imap_as(s->port, user, password, &said), false);
}

struct service_session *service_dovecot_smtp_session(struct service *s, const char *user, const char *password)
{
	int said;

	return keep(mail_smtp_as(service_dovecot_smtp_port(s), user, password, &said), true);
}

/* The account's are of both protocols in turn; the other's of IMAP, where it can be told whose they are. */
static struct service_session *session(struct service *s, const char *user, const char *password)
{
	static unsigned int n;
	bool smtp = service_dovecot_has_smtp(s) && strcmp(user, s->user) == 0 && n++ % 2 == 1;

	return smtp ? service_dovecot_smtp_session(s, user, password) : service_dovecot_imap_session(s, user, password);
}

static bool session_alive(struct service_session *x)
{
	char answer[1000];

	return x->smtp ? mail_ask_smtp(x->fd, "NOOP\r\n", answer, sizeof(answer)) && !strncmp(answer, "250", 3)
		       : mail_ask_imap(x->fd, "t NOOP\r\n", answer, sizeof(answer)) && !strncmp(answer, "t OK", 4);
}

static void session_end(struct service_session *x)
{
	if (!x)
		return;
	mail_leave(&x->fd, x->smtp);
	free(x);
}

bool service_dovecot_sends(struct service_session *x)
{
	static const struct { const char *text; char good; } talk[] = {
		{ "MAIL FROM:<noreply@example.net>\r\n", '2' }, { "RCPT TO:<someone@example.com>\r\n", '2' },
		{ "DATA\r\n", '3' }, { "Subject: test\r\n\r\ntext\r\n.\r\n", '2' },
	};
	char answer[1000] = "";

	for (size_t i = 0; i < ARRAY_SIZE(talk); i++)
		if (!mail_ask_smtp(x->fd, talk[i].text, answer, sizeof(answer)) || answer[0] != talk[i].good)
			return false;
	return true;
}

static int set(struct service *s, const char *first, const char *second)
{
	int64_t until = clock_mono_us() + SEEN_US;

	if (second || !service_dovecot_write(s, first, false))
		return -1;
	while (service_dovecot_imap(s, s->user, first) != 1) {
		if (clock_mono_us() >= until)
			return -1;
		clock_sleep_ms(50);
	}
	return 0;
}

static bool logged(struct service *s, const char *text)
{
	static const char *const logs[] = { "log", "dovecot.log", "postfix.log" };
	char path[300];

	for (size_t i = 0; i < ARRAY_SIZE(logs) - !service_dovecot_has_smtp(s); i++) {
		service_dovecot_folder(s, logs[i], path);
		if (service_file_has(path, text))
			return true;
	}
	return false;
}

const struct service_kind service_dovecot = {
	.driver = "dovecot",
	.secret = "mail-password",
	.by_host = true,
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
