/* What goes on when the visit is over: the dead-man, and what would end the visit itself. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_MS 250
#define AGAIN_MS 5000                /* when undoing failed */

/* logind may end what a session leaves behind, systemd what a service does; neither knows what lies in the root
 * group. */
static void leave_session(const struct scout_out *o)
{
	_cleanup_(freep) char *own = scout_path(o, "/proc/self/cgroup");
	_cleanup_(freep) char *all = scout_path(o, "/sys/fs/cgroup/cgroup.procs");
	_cleanup_(buf_free) struct buf text = BUF_INIT(65536);
	_cleanup_(closep) int fd = -1;
	char pid[24];

	if (fs_read(own, &text, NULL) < 0 ||
	    (!strstr(buf_text(&text), ".scope\n") && !strstr(buf_text(&text), ".service\n")))
		return;
	fd = open(all, O_WRONLY | O_CLOEXEC);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (fd >= 0)
		(void)fs_write_all(fd, pid, strlen(pid));
}

static void alone(const struct scout_out *o)
{
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		(void)dup2(null, fd);
	(void)close_range(3, ~0u, 0);
	(void)signal(SIGHUP, SIG_IGN);
	leave_session(o);
}

static int detach(const struct scout_out *o, void (*what)(const struct scout_out *o, void *arg), void *arg,
		  struct err *e)
{
	struct scout_out mute = *o;
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		return err_errno(e, "no process can be started there");
	if (child == 0) {
		if (setsid() < 0)
			_exit(1);
		child = fork();
		if (child != 0)
			_exit(child < 0);
		mute.gone = true;
		alone(o);
		what(&mute, arg);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		return err_set(e, ERR_REMOTE, "no process can be started there that outlives the visit");
	return 0;
}

/* true: it is no longer ours to undo, or it is undone. */
static bool look(const struct scout_out *o, const char *token)
{
	_cleanup_(closep) int lock = -1;
	_cleanup_(json_freep) json_t *marker = NULL;
	const char *own;

	if (hold_lock(o, &lock, NULL) < 0)
		return false;
	marker = hold_read(o);
	own = json_str(marker, "token");
	/* without a marker nobody can have confirmed it, and what stood before is not known */
	if (!marker)
		return hold_nft_remove(o, NULL) == 0;
	if (!own || strcmp(own, token) != 0 || !hold_is(marker, HOLD_WAITING))
		return true;
	if (clock_mono_us() < json_int(marker, "until_us", 0))
		return false;
	return hold_undo(o, marker, NULL) == 0;
}

/* A marker that somebody took away says nothing: then the time is waited for. */
static bool seems_over(const struct scout_out *o, const char *token)
{
	_cleanup_(json_freep) json_t *marker = hold_read(o);
	const char *own = json_str(marker, "token");

	return marker && (!own || strcmp(own, token) != 0 || !hold_is(marker, HOLD_WAITING));
}

/* A visit that is at it may yet take its change back, and then this is again the one who watches. */
static bool is_over(const struct scout_out *o, const char *token)
{
	_cleanup_(closep) int lock = -1;

	return seems_over(o, token) && hold_lock(o, &lock, NULL) == 0 && seems_over(o, token);
}

struct watch { char token[64]; int64_t until_us; };

static void watch(const struct scout_out *o, void *arg)
{
	const struct watch *w = arg;

	while (clock_mono_us() < w->until_us) {
		clock_sleep_ms(STEP_MS);
		if (is_over(o, w->token)) {
			scout_vanish();
			return;
		}
	}
	while (!look(o, w->token))
		clock_sleep_ms(AGAIN_MS);
	scout_vanish();
}

int hold_dead_man(const struct scout_out *o, const char *token, struct err *e)
{
	_cleanup_(json_freep) json_t *marker = hold_read(o);
	struct watch w = { .until_us = json_int(marker, "until_us", 0) };

	(void)snprintf(w.token, sizeof(w.token), "%s", token);
	return detach(o, watch, &w, e);
}

struct later { int64_t in_ms; void (*what)(const struct scout_out *o, void *arg); void *arg; };

static void wait_and_do(const struct scout_out *o, void *arg)
{
	const struct later *l = arg;

	clock_sleep_ms(l->in_ms);
	l->what(o, l->arg);
}

int hold_later(const struct scout_out *o, int64_t in_ms, void (*what)(const struct scout_out *o, void *arg), void *arg,
	       struct err *e)
{
	struct later l = { in_ms, what, arg };

	return detach(o, wait_and_do, &l, e);
}
