#include "base/map.h"
#include "base/mem.h"
#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <sys/random.h>

#define MAP_MAX ((size_t)1 << 31)

struct map_slot {
	const char *key; /* NULL: free */
	size_t len;
	uint32_t hash, value;
};

static uint32_t hash_of(const char *key, size_t len)
{
	static unsigned char secret[crypto_shorthash_KEYBYTES];
	static bool ready;
	unsigned char out[crypto_shorthash_BYTES];
	uint32_t h;

	if (!ready) {
		if (getrandom(secret, sizeof(secret), 0) != (ssize_t)sizeof(secret))
			abort();
		ready = true;
	}
	crypto_shorthash(out, (const unsigned char *)key, len, secret);
	memcpy(&h, out, sizeof(h));
	return h;
}

/* The slot that holds the key, or the free one where it belongs. */
static struct map_slot *slot_of(struct map_slot *slots, size_t cap, const char *key, size_t len, uint32_t hash)
{
	size_t i = hash & (cap - 1);

	while (slots[i].key && (slots[i].hash != hash || slots[i].len != len ||
				memcmp(slots[i].key, key, len) != 0))
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 16;
	struct map_slot *slots = mem_zero(cap, sizeof(*slots));

	for (size_t i = 0; i < m->cap; i++) {
		const struct map_slot *s = &m->slots[i];

		if (s->key)
			*slot_of(slots, cap, s->key, s->len, s->hash) = *s;
	}
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
}

uint32_t map_getn(const struct map *m, const char *key, size_t len)
{
	const struct map_slot *s;

	if (!m->n)
		return MAP_NONE;
	s = slot_of(m->slots, m->cap, key, len, hash_of(key, len));
	return s->key ? s->value : MAP_NONE;
}

uint32_t map_get(const struct map *m, const char *key)
{
	return map_getn(m, key, strlen(key));
}

bool map_put(struct map *m, const char *key, uint32_t value)
{
	size_t len = strlen(key);
	uint32_t hash = hash_of(key, len);
	struct map_slot *s;

	assert(value != MAP_NONE);
	if (m->n + 1 > m->cap / 4 * 3) {
		if (m->n >= MAP_MAX)
			abort();
		grow(m);
	}
	s = slot_of(m->slots, m->cap, key, len, hash);
	if (s->key)
		return false;
	*s = (struct map_slot){ key, len, hash, value };
	m->n++;
	return true;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map)MAP_INIT;
}
