#pragma once
/*
 * DKIM's public half (RFC 6376 3.6.1, RFC 8463): the text of the record, and the name under which it stands.
 *
 * A selector is made of the key itself, so that everybody who has the key knows it and nobody has to remember it; and
 * a withdrawn record keeps the name of its key in its note (n=), so that a second withdrawal, and a proof, can tell
 * "this key was withdrawn here" from "something without a key stands here".
 */
#include "base/buf.h"
#include "base/keypair.h"

#define DKIM_SELECTOR 19u              /* with its NUL */
#define DKIM_RECORD_MAX ((size_t)8192)

void dkim_selector(const struct public_key *k, char ret[DKIM_SELECTOR]);       /* "fb0123456789abcdef" */
/* The record of a key, and the one that says that it ended (empty p=). -ERR_CONFIG: DKIM has no such key. */
int dkim_record(const struct public_key *k, struct buf *ret, struct err *e);
int dkim_withdrawn(const struct public_key *k, struct buf *ret, struct err *e);

enum dkim_standing { DKIM_OTHERS, DKIM_LIVE, DKIM_WITHDRAWN };
/* What a record's text says of this key. */
enum dkim_standing dkim_standing(const char *record, const struct public_key *k);
/* The value of one tag without blanks, as buf; false: the tag is not there. */
bool dkim_tag(const char *record, const char *tag, struct buf *ret);
