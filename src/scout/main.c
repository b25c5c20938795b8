/* firebreak-scout: one request on standard input, answers on standard output. It removes its own file, at
 * once or, where a containment has to be confirmed, when that has happened: who confirms starts it once more. */
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
static void limit(const json_t *request)
{
	int64_t ms = request ? json_int(request, "limit_ms", 30000) : 30000;

	if (ms < 0 || ms > 86400000)
		ms = 86400000;
	(void)alarm((unsigned)(ms / 1000) + GRACE_S);
}

/* The file stays while the request may still leave a dead-man behind. */
static bool look_at(const struct buf *text)
{
	_cleanup_(json_freep) json_t *request = NULL;

	(void)json_read("request", text->data, text->len, SCOUT_LINE_MAX, &request, NULL);
	limit(request);
	return request && json_object_get(json_object_get(request, "do"), "contain");
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
	if (chdir("/") < 0 || read_request(&request) < 0) {
		scout_vanish();
		return 97;
	}
	bool contains = look_at(&request);

	if (!contains)
		scout_vanish();
	scout_out_begin(&out, STDOUT_FILENO, "");
	scout_serve(request.data, request.len, &out);
	if (contains && !out.stays)
		scout_vanish();
	int r = out.stays ? SCOUT_STAYS : out.gone ? 97 : 0;
	scout_out_end(&out);
	return r;
}
