#pragma once
/*
 * Which value of a YAML file a place's key means. A key that stands at the top of the file as it is spelt wins, dots
 * and all: "a::b", "www.example.org". Else it is Hiera's dotted form: "a::b.c.0" is the first element of the list c in
 * the map a::b, and a part that has dots itself (or looks like a number and is none) is quoted: "a::b.'c.d'".
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"
#include <stdbool.h>

#define PLACE_KEY_PARTS 64u
#define PLACE_KEY_MAX 1000u /* bytes of a key: what the register takes */

struct place_path {
	char *text;
	const char *part[PLACE_KEY_PARTS + 1]; /* NULL-terminated */
};

/* `top`: the root of the file's tree. The caller frees ret in each case. */
int place_path_make(const struct yaml_node *top, const char *key, struct place_path *ret, struct err *e);
void place_path_free(struct place_path *p);
/* Adds ".part" as it has to be spelt, or "part" at the beginning of a key. `word`: a key that is text whatever it looks
 * like. false: nothing can spell it. */
bool place_key_spell(struct buf *key, const char *part, size_t len, bool word);
