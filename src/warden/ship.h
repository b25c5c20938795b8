#pragma once
/* How the scout gets to a host: what is sent, and the one line of shell that receives it. Pure but for the file. */
#include "base/buf.h"
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

#define SHIP_SCOUT_MAX ((size_t)8 << 20)

/* Exit codes of the line, beside those of the scout. */
#define SHIP_OTHER_PROCESSOR 93    /* the host's own word for its processor is on standard error */
#define SHIP_NO_PLACE 94           /* no folder with room, and from which a program can be started */

/* Reads the program and tells for what processor it was built, as `uname -m` calls it. */
int ship_read(const char *path, struct buf *ret, const char **ret_machine, struct err *e);
/* sh's line: takes `size` bytes of standard input into a 0700 folder, runs them with the rest of it, and removes what
 * it made. The scout has removed its own file by then; token makes the folder's name (hex digits). */
void ship_line(struct buf *ret, size_t size, const char *machine, const char *token);
