#include "base/proc_start.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_DEFAULT "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin"

/* Everything the child needs between fork and exec, where nothing may be allocated. */
struct launch {
	const struct proc_job *job;
	char *program;
	struct strv env;
	int in[2], out[2], err[2], status[2];
	pid_t parent;
};

static void close_pair(int pair[2])
{
	closep(&pair[0]);
	closep(&pair[1]);
}

static void launch_free(struct launch *l)
{
	freep(&l->program);
	strv_free(&l->env);
	close_pair(l->in);
	close_pair(l->out);
	close_pair(l->err);
	close_pair(l->status);
}

static bool named_alike(const char *a, const char *b)
{
	size_t n = strcspn(a, "=");

	return !strncmp(a, b, n) && b[n] == '=';
}

/* What the caller names wins over ours, and its own later over its earlier. */
static void add_env(struct launch *l, const char *assignment)
{
	for (size_t i = 0; i < l->env.n; i++) {
		if (!named_alike(l->env.s[i], assignment))
			continue;
		freep(&l->env.s[i]);
		l->env.s[i] = mem_dup(assignment);
		return;
	}
	strv_add(&l->env, assignment);
}

static int make_env(struct launch *l, struct err *e)
{
	const char *home = env_get("HOME");

	strv_add(&l->env, PATH_DEFAULT);
	strv_add(&l->env, "LANG=C.UTF-8");
	if (home)
		strv_addf(&l->env, "HOME=%s", home);
	for (const char *const *a = l->job->env; a && *a; a++) {
		if (!strchr(*a, '='))
			return err_set(e, ERR_BUG, "environment of '%s': an entry without '='", l->job->argv[0]);
		add_env(l, *a);
	}
	return 0;
}

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static int find_program(struct launch *l, struct err *e)
{
	const char *name = l->job->argv[0], *path = "";

	if (strchr(name, '/')) {
		l->program = mem_dup(name);
		return 0;
	}
	for (size_t i = 0; i < l->env.n; i++)
		if (text_starts(l->env.s[i], "PATH="))
			path = l->env.s[i] + strlen("PATH=");
	while (*path) {
		size_t n = strcspn(path, ":");
		_cleanup_(freep) char *folder = mem_dupn(path, n);
		_cleanup_(freep) char *candidate = fs_join(folder, name);

		if (*folder == '/' && is_program(candidate)) {
			l->program = TAKE(candidate);
			return 0;
		}
		path += n + (path[n] == ':');
	}
	return err_set(e, ERR_IO, "program '%s' is not installed (looked for in the usual folders and "
		       "/opt/puppetlabs/bin)", name);
}

static int nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

/* The secret goes into the empty pipe before anybody can fail to read it: the pipe is made as large as it. */
static int put_secret(struct launch *l, struct err *e)
{
	size_t len = secret_len(l->job->secret);

	if (fcntl(l->in[1], F_GETPIPE_SZ) < (int)len && fcntl(l->in[1], F_SETPIPE_SZ, (int)len) < (int)len)
		return err_errno(e, "start '%s': make room in the pipe for its secret", l->job->argv[0]);
	if (secret_write(l->job->secret, l->in[1]) < 0)
		return err_set(e, ERR_IO, "start '%s': hand it its secret", l->job->argv[0]);
	return 0;
}

static int make_pipes(struct launch *l, struct err *e)
{
	bool fed = l->job->input || l->job->secret || l->job->talk;

	if (pipe2(l->out, O_CLOEXEC) < 0 || pipe2(l->err, O_CLOEXEC) < 0 || pipe2(l->status, O_CLOEXEC) < 0)
		return err_errno(e, "start '%s': pipes", l->job->argv[0]);
	if (!fed) {
		l->in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return l->in[0] < 0 ? err_errno(e, "open '/dev/null'") : 0;
	}
	if (pipe2(l->in, O_CLOEXEC) < 0)
		return err_errno(e, "start '%s': pipes", l->job->argv[0]);
	return l->job->secret ? put_secret(l, e) : 0;
}

/* On three descriptors that are not 0..2 themselves, whatever was open when we were started. */
static int move_streams(const struct launch *l)
{
	int in = fcntl(l->in[0], F_DUPFD_CLOEXEC, 3), out = fcntl(l->out[1], F_DUPFD_CLOEXEC, 3),
	    err = fcntl(l->err[1], F_DUPFD_CLOEXEC, 3);

	if (in < 0 || out < 0 || err < 0)
		return -1;
	return dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 ? -1 : 0;
}

static void reset_signals(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &standard, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct launch *l, int status)
{
	int saved;

	reset_signals();
	/* a session of its own: no terminal that a program could stop at to ask */
	(void)setsid();
	/* who kills us kills our children */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() != l->parent)
		_exit(127);
	status = fcntl(status, F_DUPFD_CLOEXEC, 3);
	if (status >= 0 && move_streams(l) == 0 && close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0 &&
	    (!l->job->cwd || chdir(l->job->cwd) == 0)) {
		union { const char *const *lent; char *const *wanted; } argv = { l->job->argv };

		execve(l->program, argv.wanted, l->env.s);
	}
	saved = errno;
	(void)fs_write_all(status, &saved, sizeof(saved));
	_exit(127);
}

/* Silence on the status pipe is a successful exec. */
static int hear_status(struct launch *l, struct err *e)
{
	int why = 0;
	ssize_t n;

	closep(&l->status[1]);
	l->status[1] = -1;
	do
		n = read(l->status[0], &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return 0;
	errno = n == (ssize_t)sizeof(why) ? why : EIO;
	if (l->job->cwd && errno == ENOENT)
		return err_errno(e, "start '%s' in '%s'", l->job->argv[0], l->job->cwd);
	return err_errno(e, "start '%s'", l->job->argv[0]);
}

static void reap(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int take_ends(struct launch *l, struct proc_child *ret)
{
	if (nonblocking(l->out[0]) < 0 || nonblocking(l->err[0]) < 0)
		return -1;
	if (l->job->talk || (l->job->input && l->job->input_len)) {
		if (nonblocking(l->in[1]) < 0)
			return -1;
		ret->in = l->in[1];
		l->in[1] = -1;
	}
	ret->out = l->out[0];
	ret->err = l->err[0];
	l->out[0] = l->err[0] = -1;
	return 0;
}

int proc_start(const struct proc_job *job, struct proc_child *ret, struct err *e)
{
	_cleanup_(launch_free) struct launch l = { .job = job, .in = { -1, -1 }, .out = { -1, -1 },
						   .err = { -1, -1 }, .status = { -1, -1 }, .parent = getpid() };
	int r = make_env(&l, e);
	pid_t pid;

	if (r == 0)
		r = find_program(&l, e);
	if (r == 0)
		r = make_pipes(&l, e);
	if (r < 0)
		return r;
	pid = fork();
	if (pid < 0)
		return err_errno(e, "start '%s': fork", job->argv[0]);
	if (pid == 0)
		become(&l, l.status[1]);
	r = hear_status(&l, e);
	if (r == 0) {
		ret->pidfd = pidfd_open(pid, 0);
		if (ret->pidfd < 0 || take_ends(&l, ret) < 0)
			r = err_errno(e, "start '%s': watch it", job->argv[0]);
	}
	if (r < 0) {
		reap(pid);
		return r;
	}
	ret->pid = pid;
	return 0;
}
