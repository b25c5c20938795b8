#pragma once
/*
 * String -> uint32_t, open addressing. Keys are borrowed: they must outlive the map. Grows as needed; holds at most
 * 2^31 entries. Hashing is keyed at start-up so that a hostile register cannot make all keys collide.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	struct map_slot *slots;
	size_t n, cap;
};

#define MAP_INIT { 0 }
#define MAP_NONE UINT32_MAX

uint32_t map_get(const struct map *m, const char *key);                  /* MAP_NONE when absent */
uint32_t map_getn(const struct map *m, const char *key, size_t len);
bool map_put(struct map *m, const char *key, uint32_t value);            /* false: key was there, value unchanged */
void map_free(struct map *m);
