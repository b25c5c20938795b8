#include "driver/redis_internal.h"
#include "base/fs.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int stat_file(const char *path, struct stat *ret)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || fstat(fd, ret) < 0)
		return -errno;
	return S_ISREG(ret->st_mode) ? 0 : -EINVAL;
}

/* CONFIG REWRITE makes a new file with mode 0644, and requirepass stands in it in clear. */
static void restore_mode(const char *path, mode_t mode, struct driver_answer *a)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat now;

	if (fd < 0 || fstat(fd, &now) < 0 || !S_ISREG(now.st_mode)) {
		job_finding(a, "high", "mode", "'%s' was rewritten and cannot be opened now (%s): see that its mode is "
			    "%04o", path, strerror(errno), mode);
		return;
	}
	if ((now.st_mode & 07777) == mode)
		return;
	if (fchmod(fd, mode) < 0)
		job_finding(a, "high", "mode", "CONFIG REWRITE opened '%s' to %04o and it could not be closed to %04o: "
			    "%s", path, now.st_mode & 07777, mode, strerror(errno));
	else
		job_finding(a, "info", "mode", "CONFIG REWRITE opened '%s' to %04o for a moment; it is %04o again",
			    path, now.st_mode & 07777, mode);
}

/* An error reply is a finding, not a failure: the running server has the new value. */
static int try_to(struct redis *r, const char *const *words, const char *then, bool *ret_done,
		  struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	_cleanup_(buf_free) struct buf said = BUF_INIT(2048);
	int done = redis_call(r, words, NULL, &reply, e);

	if (done < 0)
		return done;
	*ret_done = reply->type == REDIS_STATUS;
	if (!*ret_done) {
		text_visible(&said, reply->text ? reply->text : "", reply->len < 200 ? reply->len : 200);
		job_finding(a, "high", "not-kept", "%s %s: the server says: %s; %s", words[0], words[1],
			    buf_text(&said), then);
	}
	return 0;
}

static int rewrite(struct redis *r, const char *file, struct driver_answer *a, struct err *e)
{
	static const char then[] = "a restart brings the old value back until the file is written another way";
	struct stat before = { 0 };
	bool rewritten = false;
	int done = stat_file(file, &before);

	if (done < 0) {
		job_finding(a, "warning", "not-kept", "'%s' cannot be seen from here (%s), so the server was not told "
			    "to rewrite it: %s", file, strerror(-done), then);
		return 0;
	}
	/* Also what a call that was ended between the two left behind: the mode it had before is not known any more. */
	if (before.st_mode & 0007)
		job_finding(a, "high", "mode", "'%s' is open to everybody on its host (%04o) and requirepass stands in "
			    "it in clear: close it", file, before.st_mode & 07777);
	done = try_to(r, WORDS("CONFIG", "REWRITE"), then, &rewritten, a, e);
	if (done == 0 && rewritten)
		restore_mode(file, before.st_mode & 07777, a);
	return done;
}

static int save(struct redis *r, bool *ret_has, struct driver_answer *a, struct err *e)
{
	_cleanup_(redis_reply_freep) struct redis_reply *reply = NULL;
	const char *path;
	size_t len;
	bool saved;

	*ret_has = false;
	/* A login that may not CONFIG GET cannot tell; then the finding about the file stands. */
	if (redis_config(r, "aclfile", &reply, &path, &len, e) < 0)
		return reply ? 0 : -ERR_NET;
	if (!path || len == 0)
		return 0;
	*ret_has = true;
	return try_to(r, WORDS("ACL", "SAVE"), "a restart brings the old value back until the ACL file is written",
		      &saved, a, e);
}

int redis_persist(struct redis *r, struct driver_answer *a, struct err *e)
{
	const char *file = job_option(r->job, "file");
	bool has_acl_file;
	int done = save(r, &has_acl_file, a, e);

	if (done < 0)
		return done;
	if (file)
		return rewrite(r, file, a, e);
	if (!has_acl_file)
		job_finding(a, "info", "not-kept", "only the running server has the new value: no option file says "
			    "where its redis.conf is, so configuration management must write it before the next "
			    "restart");
	return 0;
}
