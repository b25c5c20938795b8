/* firebreak-scout: one request on standard input, answers on standard output. It removes its own file first. */
#include "base/clock.h"
#include "base/text.h"
#include "scout/scout.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define GRACE_S 5           /* behind the deadline that the commands keep themselves */
#define SHIPPED "/.firebreak-"          /* as warden/ship.c names the folder */

/* Our file and its folder, when it is one that the warden made; nothing else is ever removed. */
static void vanish(void)
{
	char path[300];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return;
	path[n] = '\0';
	char *name = strrchr(path, '/');

	if (!name || name == path)
		return;
	*name = '\0';
	char *folder = strrchr(path, '/');

	if (!folder || !text_starts(folder, SHIPPED))
		return;
	*name = '/';
	(void)unlink(path);
	*name = '\0';
	(void)rmdir(path);
}

static int read_request(struct buf *ret)
{
	char part[16384];
	ssize_t n;

	while ((n = read(STDIN_FILENO, part, sizeof(part))) != 0) {
		const char *end = n > 0 ? memchr(part, '\n', (size_t)n) : NULL;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || buf_add(ret, part, end ? (size_t)(end - part) : (size_t)n) < 0)
			return -1;
		if (end)
			return 0;
	}
	return -1;
}

/* Nobody who went away must leave us running. A command that starts a watch of its own (a dead-man timer) starts it as
 * another process, which has no alarm. */
static void limit(const char *request, size_t len)
{
	_cleanup_(json_freep) json_t *j = NULL;
	int64_t ms = json_read("request", request, len, SCOUT_LINE_MAX, &j, NULL) == 0 ? json_int(j, "limit_ms", 30000)
										       : 30000;

	if (ms < 0 || ms > 86400000)
		ms = 86400000;
	(void)alarm((unsigned)(ms / 1000) + GRACE_S);
}

int main(void)
{
	_cleanup_(buf_free) struct buf request = BUF_INIT(SCOUT_LINE_MAX);
	struct scout_out out;

	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(60);
	vanish();
	if (chdir("/") < 0 || read_request(&request) < 0)
		return 97;
	limit(request.data, request.len);
	scout_out_begin(&out, STDOUT_FILENO, "");
	scout_serve(request.data, request.len, &out);
	int r = out.gone ? 97 : 0;
	scout_out_end(&out);
	return r;
}
