#pragma once
/*
 * A place of the private git: where a secret's value stands. Three forms, told apart by the place and by what is there:
 *
 *   key, plain      the whole key ("passwords::redis::master") is one key of the YAML file, whatever the file's path is
 *   key, ENC[PKCS7  the same, with a value that hiera-eyaml encrypted; inline or as a block
 *   no key          the whole file is the value: PEM, binary, or one line (its newline is the file's, not the value's)
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"
#include <stdbool.h>

#define PLACE_FILE_MAX ((size_t)32 << 20)

struct place_at {
	const char *file, *key;                        /* key NULL: the whole file */
	const char *eyaml_public, *eyaml_private;      /* key files of this machine; NULL: the team uses none */
};

/* "hieradata/common.yaml: passwords::redis::master", for texts. */
const char *place_name(const struct place_at *p, char ret[200]);
/* The value that stands there. */
int place_read(const struct place_at *p, const char *src, size_t len, struct secret **ret, struct err *e);
/* The whole file with `new` where `old` stood, in ret; *ret_changed is false (and ret empty) when `new` stands there
 * already. -ERR_CONFLICT when it is neither: somebody else changed it, so a person has to look. The new text is read
 * back and compared before it is given out. */
int place_write(const struct place_at *p, const char *src, size_t len, const struct secret *old,
		const struct secret *new, struct buf *ret, bool *ret_changed, struct err *e);

/* hiera-eyaml's folded form: "key: >" and the value on lines of their own (place_block.c). */
int place_block_splice(const struct place_at *p, const char *src, size_t start, size_t end, size_t len,
		       const struct buf *sealed, struct buf *ret, struct err *e);
