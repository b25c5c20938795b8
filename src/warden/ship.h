#pragma once
/* How the scout gets to a host: what is sent, and the one line of shell that receives it. Pure but for the file. */
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHIP_SCOUT_MAX ((size_t)8 << 20)

/* Exit codes of the line, beside those of the scout. */
#define SHIP_OTHER_PROCESSOR 93    /* the host's own word for its processor is on standard error */
#define SHIP_NO_PLACE 94           /* no folder with room, and from which a program can be started */

/* Reads the program and tells for what processor it was built, as `uname -m` calls it. */
int ship_read(const char *path, struct buf *ret, const char **ret_machine, struct err *e);
/* sh's line: takes `size` bytes of standard input into a 0700 folder, runs them with the rest of it, and removes what
 * it made. The scout has removed its own file by then, or (exit code SCOUT_STAYS) has somebody who will. token makes
 * the folder's name (SHIP_TOKEN hex digits). */
#define SHIP_TOKEN 16
void ship_line(struct buf *ret, size_t size, const char *machine, const char *token);
/* The same where an earlier visit may have left the program at `kept` for this one: says SHIP_KEPT in a line of its own
 * and runs it, or says SHIP_WANTED and takes the program as above. */
void ship_line_kept(struct buf *ret, const char *kept, size_t size, const char *machine, const char *token);
#define SHIP_KEPT "kept\n"
#define SHIP_WANTED "send\n"
/* Is this a path that ship_line can have made? It comes from a host, and goes into a line of shell. */
bool ship_is_path(const char *path);
