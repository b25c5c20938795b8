#pragma once
/*
 * What an expression of a manifest may be worth. Values are never changed once made. Texts may have holes: pieces that
 * only a real host or the private data knows; a hole has a number, so that two texts can be seen to have the same one.
 * A value also has a taint: the private keys and files that it was made of. Private values themselves never come here.
 */
#include "base/arena.h"
#include "base/map.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum val_kind {
	VAL_UNDEF, VAL_DEFAULT, VAL_BOOL, VAL_INT, VAL_STRING, VAL_LIST, VAL_HASH,
	VAL_REF,        /* a reference: s: type in small letters, v: titles; no titles: the type itself */
	VAL_REGEX,
	VAL_ANY,        /* could be anything; num: its hole */
	VAL_ONEOF,      /* one of v, which one is not known */
};
enum maybe { NO, YES, MAYBE };

struct val {
	enum val_kind kind;
	uint32_t taint;                 /* of struct taints; 0: none */
	uint32_t n, len;                /* elements (of a hash: pairs); bytes of s */
	int64_t num;
	const char *s;                  /* text; of VAL_ANY: its name ("facts.os", "@key"), or NULL */
	const struct val **v;           /* elements; of a hash keys and values in turn */
};

#define HOLE '\xff'                     /* no byte of UTF-8; three more follow */
#define HOLE_LEN 4
#define ONEOF_MAX 16u
#define VAL_TEXT_MAX 65536u             /* longer texts become a hole */
#define VAL_LIST_MAX 100000u
#define VAL_NAME_MAX 1024u              /* of a key or path */

/*
 * Sets of private keys and files, told from one another by number. An element is its number times two, plus one
 * when the
 * value is only made of it in one of several ways, and which way is taken is not known.
 */
struct taints {
	struct arena *arena;
	struct taint_set { uint32_t n; const uint32_t *ids; } *sets;
	uint32_t n_sets;
	size_t cap_sets;
	struct map by_text, unions;
	bool over;                      /* more than fit: what is told is too little */
};
struct taints *taints_new(struct arena *a);
void taints_freep(struct taints **t);
uint32_t taint_of(struct taints *t, uint32_t id);                       /* the set with that one in it, for certain */
uint32_t taint_union(struct taints *t, uint32_t a, uint32_t b);
uint32_t taint_either(struct taints *t, uint32_t a, uint32_t b);        /* one of the two: certain is what both have */
uint32_t taint_maybe(struct taints *t, uint32_t a);                     /* nothing of it is certain */

/* where they are made */
struct vals { struct arena *arena; struct taints *taints; struct map *holes; uint32_t *n_holes; };

const struct val *val_undef(void);
const struct val *val_bool(bool b);
const struct val *val_int(struct vals *m, int64_t n);
const struct val *val_text(struct vals *m, const char *s, size_t len);             /* borrows s */
const struct val *val_str(struct vals *m, const char *s);                          /* borrows s */
/* Something unknown that comes from `where` (any address or text that is the same for the same thing). */
const struct val *val_any(struct vals *m, const char *where, const char *name, uint32_t taint);
const struct val *val_any_at(struct vals *m, const void *where, uint32_t taint);
const struct val *val_list(struct vals *m, enum val_kind kind, const struct val *const *v, uint32_t n);
const struct val *val_hash(struct vals *m, const struct val *const *pairs, uint32_t n);
const struct val *val_oneof(struct vals *m, const struct val *const *v, uint32_t n);
const struct val *val_with(struct vals *m, const struct val *v, uint32_t taint);   /* the same, and that taint too */
/* One after the other, as text; ONEOFs are multiplied out. */
const struct val *val_join(struct vals *m, const struct val *const *v, uint32_t n, const char *between,
			   const void *where);
const struct val *val_key(const struct val *hash, uint32_t i);
const struct val *val_value(const struct val *hash, uint32_t i);
/* for n values; freed by the caller */
const struct val **val_room(size_t n);
const struct val *val_get(const struct val *hash, const char *key, size_t len);    /* NULL: it has no such key */
enum maybe val_truth(const struct val *v);
enum maybe val_equal(const struct val *a, const struct val *b);                    /* as == does: case does not count */
bool val_has_hole(const struct val *v);
/* Could the text, whose holes may be anything, be the other one? Case does not count. */
enum maybe text_may_be(const char *a, size_t a_len, const char *b, size_t b_len);
const struct val *val_copy(struct arena *a, const struct val *v, unsigned depth);    /* for another arena */
const char *val_visible(struct arena *a, const char *s, size_t len);               /* '*' for each hole */
