#include "transport/git_family.h"
#include "base/mem.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define NOBODY UINT32_MAX
#define SLOTS ((uint32_t)2 * GIT_HISTORY_PART)  /* a power of two */
#define NEAR 16u                                /* names that were made to collide cost no more than this */

/* The first slot that is empty or its own; NULL: none near. */
static uint32_t *slot_of(const struct family *f, const unsigned char *name)
{
	uint32_t hash;

	memcpy(&hash, name, sizeof(hash));
	for (uint32_t i = 0; i < NEAR; i++) {
		uint32_t *slot = &f->slots[(hash + i) & (SLOTS - 1)];

		if (!*slot || memcmp(f->oids.bytes + (size_t)(*slot - 1) * f->oids.len, name, f->oids.len) == 0)
			return slot;
	}
	return NULL;
}

static uint32_t find(const struct family *f, const char *hex)
{
	unsigned char name[GIT_OID_MAX];
	const uint32_t *slot = git_oid_parse(hex, name) == f->oids.len ? slot_of(f, name) : NULL;

	return slot && *slot ? *slot - 1 : NOBODY;
}

int family_add(struct family *f, const char *oid, const char *base, uint64_t size, struct err *e)
{
	struct kin one = { NOBODY, NOBODY, NOBODY };
	uint32_t itself = (uint32_t)f->oids.n, *slot;
	int x = git_oids_add(&f->oids, oid, e);

	if (x < 0)
		return x;
	if (!f->slots)
		f->slots = mem_zero((size_t)SLOTS, sizeof(*f->slots));
	one.of = find(f, base);
	if (!GROW(f->sizes, itself, f->cap_sizes, GIT_HISTORY_PART) ||
	    !GROW(f->kin, itself, f->cap_kin, GIT_HISTORY_PART))
		return err_set(e, ERR_BUG, "more than %u objects in one part of a history", GIT_HISTORY_PART);
	if (one.of != NOBODY) {
		one.next = f->kin[one.of].first;
		f->kin[one.of].first = itself;
	}
	f->sizes[itself] = size;
	f->kin[itself] = one;
	slot = slot_of(f, f->oids.bytes + (size_t)itself * f->oids.len);
	if (slot && !*slot)
		*slot = itself + 1;
	return 0;
}

static int put(const struct family *f, uint32_t i, struct git_history *h, struct err *e)
{
	char hex[65];
	int x = git_oids_add(&h->oids, git_oids_hex(&f->oids, i, hex), e);

	if (x < 0)
		return x;
	if ((h->oids.n - 1) % GIT_HISTORY_STEP == 0) {
		if (!GROW(h->bytes, h->n_bytes, h->cap_bytes, GIT_OIDS_MAX))
			return err_set(e, ERR_LIMIT, "more than %u objects in one list", GIT_OIDS_MAX);
		h->bytes[h->n_bytes++] = h->total;
	}
	h->total += f->sizes[i];
	return 0;
}

/* A member was known before whatever differs from it, so there are no circles, and each has one way up. */
static int put_tree(const struct family *f, uint32_t root, struct git_history *h, struct err *e)
{
	uint32_t i = root;

	for (;;) {
		int x = put(f, i, h, e);

		if (x < 0)
			return x;
		if (f->kin[i].first != NOBODY) {
			i = f->kin[i].first;
			continue;
		}
		while (i != root && f->kin[i].next == NOBODY)
			i = f->kin[i].of;
		if (i == root)
			return 0;
		i = f->kin[i].next;
	}
}

int family_tell(struct family *f, struct git_history *ret, struct err *e)
{
	int x = 0;

	for (uint32_t i = 0; x == 0 && i < f->oids.n; i++)
		if (f->kin[i].of == NOBODY)
			x = put_tree(f, i, ret, e);
	family_free(f);
	return x;
}

void family_free(struct family *f)
{
	git_oids_free(&f->oids);
	free(f->sizes);
	free(f->kin);
	free(f->slots);
	*f = (struct family){ 0 };
}
