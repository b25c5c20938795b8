#pragma once
/*
 * What is told of a value without telling it. Signs, not proof: a value without any sign may be bad, and who is told
 * of one has to look. The figures are these, and docs/formats/leaves.md says the same:
 *
 *   short     one line of fewer than 12 bytes. 11 random letters and digits are 65 bits, within reach of who has a hash
 *             of an old kind; what machines type to machines need not be short.
 *   strength  bits, from above: bytes times log2 of the alphabet (26, 26, 10, 33; 16 for what is all hexadecimal). The
 *             third and further bytes of a run (same, next in the alphabet, next on the keyboard) count a quarter.
 *             low: under 50 bits, or a default, a walk, a repetition or the key's own name. fair: under 80. high:
 *             the rest. Several lines, binary, hashes and keys have none.
 *   walk      at least 4 bytes, and three of four steps lead to a neighbour on the keyboard or in the alphabet.
 *   repeated  at most 3 different bytes among 6 or more, or one piece twice or more often.
 */
#include "scan/pem.h"

#define TRAITS_SHORT 12u
#define TRAITS_LOW_BITS 50u
#define TRAITS_FAIR_BITS 80u

enum trait {
	TRAIT_EMPTY = 1 << 0,      /* nothing, null */
	TRAIT_SHORT = 1 << 1,
	TRAIT_DEFAULT = 1 << 2,    /* on the list of traits_weak.c, as it stands or dressed up (P4ssw0rd!, admin123) */
	TRAIT_WALK = 1 << 3,
	TRAIT_REPEATED = 1 << 4,
	TRAIT_NAMED = 1 << 5,      /* a part of its key's or file's name */
	TRAIT_LINES = 1 << 6,      /* more than one line */
	TRAIT_BINARY = 1 << 7,     /* no UTF-8 text */
	TRAIT_HASH = 1 << 8,       /* what a service keeps instead of a password: crypt, SCRAM, MariaDB, LDAP */
	TRAIT_BUILT = 1 << 9,      /* put together by Hiera: '%{...}' */
	TRAIT_RETYPED = 1 << 10,   /* Hiera writes it differently than it stands there: 0123, 12:30:45 */
	TRAIT_NUMBER = 1 << 11,
	TRAIT_TRUTH = 1 << 12,     /* true or false: holds no secret */
};

enum strength { STRENGTH_NONE, STRENGTH_LOW, STRENGTH_FAIR, STRENGTH_HIGH };

struct traits {
	uint32_t signs;            /* of enum trait */
	enum strength strength;
	size_t len;                /* bytes */
	struct pems pems;          /* keys and certificates in it */
};

/* name: its key, or its file when the whole file is the value. Lists lie in the arena. */
void traits_of(const char *bytes, size_t len, const char *name, struct arena *a, struct traits *ret);
const char *trait_name(enum trait t);            /* "short"; of one bit */
const char *strength_name(enum strength s);

/* --- traits_weak.c --- */
bool weak_is_word(const char *s, size_t len);          /* of the list; filter_placeholder.c takes it for no value */
bool weak_is_default(const char *s, size_t len);       /* that, or a short number */
bool weak_is_walk(const char *s, size_t len);
bool weak_is_repeated(const char *s, size_t len);
bool weak_is_named(const char *s, size_t len, const char *name);
uint32_t weak_bits(const char *s, size_t len);
