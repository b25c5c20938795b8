#pragma once
/*
 * Evidence of one host, on its way to the disk: hashed and sealed to the responders line by line, never in clear in a
 * file. That the disk is full or the file cannot be made does not end a visit, for what the visit does besides may be
 * more urgent: it is told with the result, and the evidence is not whole.
 */
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/seal_stream.h"
#include <stdbool.h>
#include <stdint.h>

struct evidence {
	const char *file;
	int fd;
	struct seal_stream *stream;
	struct hash hash;
	uint64_t bytes;
	uint32_t lines;
	char why[500];             /* why it is not whole; "": it is, as far as it got */
};

/* what: {"file", "context", "to": [public keys]} of the job. -ERR_CONFIG when it is none; all else is in `why`. */
int evidence_begin(struct evidence *v, const json_t *what, struct err *e);
void evidence_add(struct evidence *v, const char *line, size_t len);      /* with its newline */
/* said: the host's result line with its own hash, or NULL when none came. Adds "evidence" to result. */
void evidence_end(struct evidence *v, const json_t *said, json_t *result);
