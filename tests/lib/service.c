#include "service.h"
#include "base/clock.h"
#include "base/fs.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_US INT64_C(30000000)
#define STOP_US INT64_C(10000000)
#define RUN_US INT64_C(120000000)
#define LEFTOVERS_MAX 64u

/* What a test that failed in the middle leaves: ended and removed when its process ends. */
static struct { char folder[256]; pid_t server, owner; } leftover[LEFTOVERS_MAX];

static void clear_leftovers(void)
{
	for (size_t i = 0; i < LEFTOVERS_MAX; i++) {
		struct err e = ERR_INIT;

		if (!leftover[i].folder[0] || leftover[i].owner != getpid())
			continue;
		/* Only a child that still runs: the number of one that is gone may be somebody else's by now. */
		if (leftover[i].server > 0 && waitpid(leftover[i].server, NULL, WNOHANG) == 0) {
			(void) kill(leftover[i].server, SIGKILL);
			(void) waitpid(leftover[i].server, NULL, 0);
		}
		(void) fs_remove_tree(leftover[i].folder, &e);
	}
}

/* With a folder that is known already the server is noted; with server -1 the folder is forgotten. */
static void note(const char *folder, pid_t server)
{
	static bool registered;
	size_t free_place = LEFTOVERS_MAX, i;

	if (!registered)
		registered = atexit(clear_leftovers) == 0;
	for (i = 0; i < LEFTOVERS_MAX && strcmp(leftover[i].folder, folder) != 0; i++) {
		if (!leftover[i].folder[0])
			free_place = i;
	}
	if (i == LEFTOVERS_MAX)
		i = free_place;
	if (i == LEFTOVERS_MAX)
		return;
	(void) snprintf(leftover[i].folder, sizeof(leftover[i].folder), "%s", server < 0 ? "" : folder);
	leftover[i].server = server;
	leftover[i].owner = getpid();
}

static uint32_t chance(void)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();
	return r;
}

void service_password(char ret[33])
{
	static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

	for (size_t i = 0; i < 32; i++)
		ret[i] = alphabet[chance() % (sizeof(alphabet) - 1)];
	ret[32] = '\0';
}

/* Servers that refuse root run as nobody; a person who runs the tests without root runs them as themselves. */
static const struct passwd *service_user(void)
{
	const struct passwd *pw = geteuid() == 0 ? getpwnam("nobody") : getpwuid(geteuid());

	if (!pw) {
		fprintf(stderr, "service: no unprivileged user 'nobody' on this machine\n");
		abort();
	}
	return pw;
}

int service_folder(struct service *s, const char *name)
{
	const struct passwd *pw = service_user();

	(void) snprintf(s->folder, sizeof(s->folder), "/tmp/firebreak-%s-XXXXXX", name);
	if (!mkdtemp(s->folder)) {
		fprintf(stderr, "service %s: folder '%s': %s\n", name, s->folder, strerror(errno));
		s->folder[0] = '\0';
		return -1;
	}
	note(s->folder, 0);
	if (geteuid() == 0 && chown(s->folder, pw->pw_uid, pw->pw_gid) < 0) {
		fprintf(stderr, "service %s: owner of '%s': %s\n", name, s->folder, strerror(errno));
		return -1;
	}
	return 0;
}

static void in_child(const struct service *s, const char *const *argv, int in, int log)
{
	const struct passwd *pw = service_user();
	char home[300];
	char *env[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" }, (char[]){ "LANG=C.UTF-8" }, home, NULL };
	char *args[64];
	size_t n = 0;

	(void) snprintf(home, sizeof(home), "HOME=%s", s->folder);
	for (; argv[n] && n < 63; n++)
		args[n] = strdup(argv[n]);
	args[n] = NULL;
	if (dup2(in, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 || setpgid(0, 0) < 0 || chdir(s->folder) < 0)
		_exit(126);
	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0))
		_exit(126);
	/* After setuid, which clears it: a test that dies leaves no server behind. */
	(void) prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The usual one: what a server leaves open must show; the folder itself is closed to others. */
	(void) umask(022);
	/* Before the search for the program: a person's own PATH holds no /usr/sbin. */
	environ = env;
	(void) execvp(args[0], args);
	fprintf(stderr, "%s: %s\n", args[0], strerror(errno));
	_exit(127);
}

static pid_t start(const struct service *s, const char *const *argv, const char *input)
{
	char path[300];
	int in, log;
	pid_t pid;

	(void) snprintf(path, sizeof(path), "%s/log", s->folder);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	/* In memory, not a file: input may hold a password. */
	in = input ? memfd_create("input", MFD_CLOEXEC) : open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (log < 0 || in < 0 || (input && fs_write_all(in, input, strlen(input)) < 0)) {
		fprintf(stderr, "service: log or input of '%s': %s\n", argv[0], strerror(errno));
		return -1;
	}
	if (input)
		(void) lseek(in, 0, SEEK_SET);
	pid = fork();
	if (pid == 0)
		in_child(s, argv, in, log);
	(void) close(in);
	(void) close(log);
	return pid;
}

static void show_log(const struct service *s, const char *why)
{
	char path[300], tail[2001];
	ssize_t n = 0;
	int fd;

	(void) snprintf(path, sizeof(path), "%s/log", s->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		off_t size = lseek(fd, 0, SEEK_END);

		n = pread(fd, tail, sizeof(tail) - 1, size > 2000 ? size - 2000 : 0);
		(void) close(fd);
	}
	tail[n > 0 ? n : 0] = '\0';
	fprintf(stderr, "service %s: %s; its log ends:\n%s\n", s->kind ? s->kind->driver : "", why, tail);
}

/* True when it is gone; its status goes to *status. */
static bool wait_gone(pid_t pid, int64_t limit_us, int *status)
{
	int64_t until = clock_mono_us() + limit_us;

	for (;;) {
		if (waitpid(pid, status, WNOHANG) != 0)
			return true;
		if (clock_mono_us() >= until)
			return false;
		clock_sleep_ms(10);
	}
}

int service_spawn(struct service *s, const char *const *argv, bool (*ready)(struct service *s))
{
	int64_t until = clock_mono_us() + READY_US;
	int status;

	s->pid = start(s, argv, NULL);
	if (s->pid < 0)
		return -1;
	note(s->folder, s->pid);
	while (!ready(s)) {
		if (wait_gone(s->pid, 20000, &status)) {
			s->pid = 0;
			note(s->folder, 0);
			show_log(s, "ended while it started");
			return -1;
		}
		if (clock_mono_us() >= until) {
			show_log(s, "not ready after 30 s");
			service_kill(s);
			return -1;
		}
	}
	return 0;
}

int service_run(struct service *s, const char *const *argv, const char *input)
{
	pid_t pid = start(s, argv, input);
	char why[100];
	int status = 0, code;

	if (pid < 0)
		return -1;
	if (!wait_gone(pid, RUN_US, &status)) {
		(void) kill(pid, SIGKILL);
		(void) waitpid(pid, &status, 0);
	}
	code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	(void) snprintf(why, sizeof(why), "'%.60s' ended with %d", argv[0], code);
	if (code != 0)
		show_log(s, why);
	return code;
}

void service_kill(struct service *s)
{
	struct err e = ERR_INIT;
	int status;

	if (s->pid > 0) {
		(void) kill(s->pid, SIGTERM);
		(void) kill(s->pid, SIGCONT);
		if (!wait_gone(s->pid, STOP_US, &status)) {
			(void) kill(s->pid, SIGKILL);
			(void) waitpid(s->pid, &status, 0);
		}
		s->pid = 0;
	}
	if (s->folder[0]) {
		note(s->folder, -1);
		if (fs_remove_tree(s->folder, &e) < 0)
			fprintf(stderr, "service: %s\n", e.text);
	}
	s->folder[0] = '\0';
}

bool service_file_has(const char *path, const char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	bool has = false;

	/* A check for what must not stand in a log is worth nothing when there is no log. */
	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(stderr, "service: '%s' cannot be read: %s\n", path, strerror(errno));
		abort();
	}
	if (st.st_size > 0) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (map == MAP_FAILED)
			abort();
		has = memmem(map, (size_t)st.st_size, text, strlen(text)) != NULL;
		(void) munmap(map, (size_t)st.st_size);
	}
	(void) close(fd);
	return has;
}
