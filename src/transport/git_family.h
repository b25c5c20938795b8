#pragma once
/*
 * The order in which git unpacks objects fastest: an object, then what is stored as a difference to it, and so on
 * down. Each is unpacked while what it differs from is still in git's cache, however small that is: a pack's own order
 * scatters them over all of its history. For git_history.c only.
 */
#include "transport/git_objects.h"

/* One member: what it is a difference to, its own first difference, the next one of the same object. */
struct kin { uint32_t of, first, next; };

struct family {
	struct git_oids oids;
	uint64_t *sizes;
	struct kin *kin;
	size_t cap_sizes, cap_kin;
	uint32_t *slots;               /* by name, index + 1; a member that found no place near its own is not in it */
};

/* base: the name of what it is a difference to, known when it was added before; anything else counts as none. */
int family_add(struct family *f, const char *oid, const char *base, uint64_t size, struct err *e);
/* All of them once, in that order, into `ret`; nothing is left in f. */
int family_tell(struct family *f, struct git_history *ret, struct err *e);
void family_free(struct family *f);
