#pragma once
/* Files of a host, line by line and whole, for commands of the scout. Nothing that is no regular file is read, and no
 * pipe is waited for. */
#include "base/buf.h"
#include "base/strv.h"
#include "scout/scout.h"
#include <sys/stat.h>

#define LINES_LINE_MAX ((size_t)64 << 10)       /* longer ones are cut there */
#define LINES_FILE_MAX ((uint64_t)1 << 30)      /* of one file; the rest is told as unread */

/* A line without its end; NUL bytes in it became blanks. A non-zero return stops. */
typedef int lines_fn(char *line, void *arg);
/* path is the host's own ("/var/log/auth.log"). What ends in .gz goes through the host's gzip, which is told by
 * lines_trusted(). -ERR_IO: it is not there or cannot be read (e says why); what was read before has been given. */
int lines_each(struct scout_out *o, const char *path, lines_fn *each, void *arg, struct err *e);
/* Opens for reading, O_NONBLOCK and O_NOFOLLOW for its last part: -1 with errno set. ret may be NULL. */
int lines_open(struct scout_out *o, const char *path, struct stat *ret);
/* Names in a folder, sorted; at most limit. */
int lines_names(struct scout_out *o, const char *folder, size_t limit, struct strv *ret, struct err *e);
/* Says once in the result that this of the host was trusted: "gzip, for rotated logs". */
void lines_trusted(struct scout_out *o, const char *what);
/* No more time: what is left is told as unread by the caller. */
bool lines_late(const struct scout_out *o);
