#include "scan/presence.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

struct value { uint64_t head; size_t len; char tag[DIGEST_TAG_HEX]; uint32_t id, next; };

/* Values by the number of their heads: buckets of a power of two, chained by index + 1. */
struct presence {
	struct digest_key key;
	uint64_t factor, drop;           /* of the rolling number; what the byte that leaves was multiplied with */
	struct value *values;
	uint32_t n, *buckets, n_buckets;
	size_t cap;
};

/* Multiplication modulo 2^64 with an odd secret factor: linear, so it rolls; which texts fall together is not known. */
struct presence *presence_new(const struct digest_key *key)
{
	struct presence *p = mem_zero(1, sizeof(*p));
	struct digest_key rolling;

	p->key = *key;
	digest_key_for(key, "presence", &rolling);
	memcpy(&p->factor, rolling.bytes, sizeof(p->factor));
	explicit_bzero(&rolling, sizeof(rolling));
	p->factor |= 1;
	p->drop = 1;
	for (unsigned i = 0; i < PRESENCE_HEAD; i++)
		p->drop *= p->factor;
	return p;
}

static uint64_t rolled(const struct presence *p, uint64_t number, unsigned char in)
{
	return number * p->factor + in + 1;
}

uint64_t presence_head(const struct presence *p, const char *bytes)
{
	uint64_t number = 0;

	for (unsigned i = 0; i < PRESENCE_HEAD; i++)
		number = rolled(p, number, (unsigned char)bytes[i]);
	return number;
}

static uint32_t *bucket(const struct presence *p, uint64_t head)
{
	return &p->buckets[(head ^ head >> 32) & (p->n_buckets - 1)];
}

static void grow_buckets(struct presence *p)
{
	free(p->buckets);
	p->n_buckets = p->n_buckets ? p->n_buckets * 4 : 1024;
	p->buckets = mem_zero(p->n_buckets, sizeof(*p->buckets));
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t *b = bucket(p, p->values[i].head);

		p->values[i].next = *b;
		*b = i + 1;
	}
}

bool presence_add(struct presence *p, uint64_t head, size_t len, const char tag[DIGEST_TAG_HEX], uint32_t id)
{
	struct value *v;
	uint32_t *b;

	if (!GROW(p->values, p->n, p->cap, PRESENCE_MAX))
		return false;
	if (p->n * 2 >= p->n_buckets)
		grow_buckets(p);
	b = bucket(p, head);
	v = &p->values[p->n++];
	*v = (struct value){ .head = head, .len = len, .id = id, .next = *b };
	memcpy(v->tag, tag, sizeof(v->tag));
	*b = p->n;
	return true;
}

static int look(const struct presence *p, uint64_t number, const char *text, size_t at, size_t len,
		int (*found)(uint32_t id, size_t offset, void *arg), void *arg)
{
	for (uint32_t i = *bucket(p, number); i; i = p->values[i - 1].next) {
		const struct value *v = &p->values[i - 1];
		char tag[DIGEST_TAG_HEX];

		if (v->head != number || v->len > len - at)
			continue;
		digest_tag_bytes(&p->key, text + at, v->len, tag);
		int r = strcmp(tag, v->tag) == 0 ? found(v->id, at, arg) : 0;
		if (r)
			return r;
	}
	return 0;
}

int presence_find(const struct presence *p, const char *text, size_t len,
		  int (*found)(uint32_t id, size_t offset, void *arg), void *arg)
{
	uint64_t number = 0;

	if (!p->n)
		return 0;
	for (size_t i = 0; i < len; i++) {
		number = rolled(p, number, (unsigned char)text[i]);
		if (i + 1 < PRESENCE_HEAD)
			continue;
		if (i + 1 > PRESENCE_HEAD)
			number -= p->drop * ((uint64_t)(unsigned char)text[i - PRESENCE_HEAD] + 1);
		int r = look(p, number, text, i + 1 - PRESENCE_HEAD, len, found, arg);
		if (r)
			return r;
	}
	return 0;
}

void presence_freep(struct presence **p)
{
	if (!*p)
		return;
	explicit_bzero(&(*p)->key, sizeof((*p)->key));
	free((*p)->values);
	free((*p)->buckets);
	free(*p);
	*p = NULL;
}
