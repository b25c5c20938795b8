#pragma once
/* What a host says through the scout, held to what was agreed: bytes in, checked lines on to the parent. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evidence;

struct answers {
	int fd;                      /* the parent */
	struct evidence *evidence;   /* NULL: none was asked for, and a line of it is refused */
	uint64_t bytes, bytes_max;
	uint32_t lines;
	struct buf line;
	json_t *result;              /* the host's result line; NULL until it came */
};

void answers_begin(struct answers *a, int fd, uint64_t bytes_max, struct evidence *evidence);
void answers_end(struct answers *a);
/* -ERR_REMOTE with what was wrong with them; -ERR_IO when the parent or the disk does not take them. Bytes behind the
 * result line are refused as well. */
int answers_take(struct answers *a, const char *bytes, size_t len, struct err *e);
