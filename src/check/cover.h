#pragma once
/*
 * Does the register know what stands somewhere? By place alone, so the same answer for a check of everything and for a
 * push: a place of a secret, or a rule of not_secret.
 */
#include "base/arena.h"
#include "base/map.h"
#include "model/register.h"
#include "scan/hieradata.h"

/* "repository\nfile\nkey" -> number of the place, counted through all secrets. Strings lie in the arena. */
void cover_index(const struct firebreak_register *reg, struct arena *a, struct map *ret);
/* MAP_NONE: no place. key NULL: the file as a whole. A path with a newline in it is no place of any register. */
uint32_t cover_place(const struct map *index, const char *repository, const char *file, const char *key);
/* top: of register_not_secret(). */
bool cover_has(const struct firebreak_register *reg, const struct map *index, const char *repository, const char *file,
	       const char *key, size_t top);
/* The files of which the register names a key are Hiera data, whatever they are called. */
void cover_hieradata(const struct firebreak_register *reg, uint32_t repository, struct hieradata *ret);
/* "firebreak register add private:hieradata/common.yaml 'a::b'", for a shell; NULL when no register can name that
 * place. */
const char *cover_next(struct arena *a, const char *repository, const char *file, const char *key);
