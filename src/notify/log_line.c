/* The farm's log takes lines by UDP: nobody there says that one came. */
#include "base/clock.h"
#include "base/fs.h"
#include "notify/messenger.h"
#include "notify/net.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LINE_MAX_BYTES 400u
#define REFUSAL_US 300000      /* for the answer of a machine where nothing listens */

int send_log_line(struct job *job, const struct secret *secret _unused_, struct err *e)
{
	const char *server = json_str(job->body, "server"), *line = json_str(job->body, "line");
	_cleanup_(closep) int fd = -1;
	char none;
	int r;

	if (!server || !line || !*line || strlen(line) > LINE_MAX_BYTES || strpbrk(line, "\r\n"))
		return err_set(e, ERR_REFUSED, "a line of the log has 1 to %u bytes and no line break", LINE_MAX_BYTES);
	r = net_connect(server, SOCK_DGRAM, job->deadline_us, &fd, NULL, e);
	if (r < 0)
		return r;
	job->sink->changing(job->sink->arg);
	if (send(fd, line, strlen(line), MSG_NOSIGNAL) < 0)
		return err_errno(e, "'%.100s'", server);
	if (net_wait(fd, POLLIN, clock_mono_us() + REFUSAL_US) && recv(fd, &none, 1, MSG_DONTWAIT) < 0 &&
	    errno == ECONNREFUSED)
		return err_set(e, ERR_NET, "nothing listens at '%.100s'", server);
	(void)snprintf(job->text, sizeof(job->text), "sent to %.100s, which confirms nothing", server);
	return 0;
}
