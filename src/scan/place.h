#pragma once
/*
 * A place of the private git: where a secret's value stands. Three forms, told apart by the place and by what is there:
 *
 *   key, plain      a key of the YAML file, whatever the file's path is: at the top ("passwords::redis::master") or
 *                   below ("profile::mail.accounts.0.password": place_key.h)
 *   key, ENC[PKCS7  the same, with a value that hiera-eyaml encrypted; inline or as a block
 *   no key          the whole file is the value: PEM, binary, or one line (its newline is the file's, not the value's)
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/eyaml.h"
#include "base/secret.h"
#include "base/yaml.h"
#include <stdbool.h>

#define PLACE_FILE_MAX ((size_t)32 << 20)

struct place_at {
	const char *file, *key;                        /* key NULL: the whole file */
	const char *eyaml_public, *eyaml_private;      /* key files of this machine; NULL: the team uses none */
	const struct eyaml_key *eyaml_key;             /* the private one, when it is open already */
};

/* "hieradata/common.yaml: passwords::redis::master", for texts. */
const char *place_name(const struct place_at *p, char ret[200]);
/* The value that stands there. */
int place_read(const struct place_at *p, const char *src, size_t len, struct secret **ret, struct err *e);
/* Lends the value of a scalar of src that was found already, to `use`; what is no value of its own is refused: nothing,
 * put together by Hiera, written differently by it (scalar.h), encrypted in part. Errors of `use` come back. */
int place_lend(const struct place_at *p, const char *src, const struct yaml_node *n,
	       int (*use)(const char *bytes, size_t len, void *arg), void *arg, struct err *e);
/* How much of a whole file is the value. */
size_t place_file_len(const char *src, size_t len);
/* The whole file with `new` where `old` stood, in ret; *ret_changed is false (and ret empty) when `new` stands there
 * already. -ERR_CONFLICT when it is neither: somebody else changed it, so a person has to look. The new text is read
 * back and compared before it is given out. */
int place_write(const struct place_at *p, const char *src, size_t len, const struct secret *old,
		const struct secret *new, struct buf *ret, bool *ret_changed, struct err *e);

/* hiera-eyaml's folded form: "key: >" and the value on lines of their own (place_block.c). */
int place_block_splice(const struct place_at *p, const char *src, size_t start, size_t end, size_t len,
		       const struct buf *sealed, struct buf *ret, struct err *e);
