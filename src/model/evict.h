#pragma once
/*
 * Whom an incident evicts. Pure.
 *
 * Evicted is what was declared, not what it reaches: a declared user with all keys of theirs; a declared key; a
 * declared secret that is the private half of a key, as that key. The account that a leaked key opens is somebody's who
 * still works here.
 */
#include "model/register.h"

struct evict_list {
	uint32_t *users, *keys;              /* of the register, each once */
	uint32_t n_users, n_keys;
};

void evict_list_of(const struct firebreak_register *r, const struct ref *declared, size_t n, struct evict_list *ret);
void evict_list_free(struct evict_list *l);
