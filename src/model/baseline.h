#pragma once
/*
 * A baseline: what stood on one host on a calm day, kept off the host (docs/formats/baseline.md). Sections ("setuid",
 * "cron", "listen") of items: a key that names the thing, and a text that says how it is. Contents stand there as keyed
 * digests, never as they are. A section that was not read as a whole says why, and is never compared as if it had been.
 * Pure: text in, text out.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BASELINE_ITEMS_MAX 200000u       /* of all sections of a host */
#define BASELINE_TEXT_MAX 4096u          /* bytes of a key, of what it is */
#define BASELINE_FILE_MAX ((size_t)64 << 20)

struct baseline_item { const char *key, *is; };

struct baseline_section {
	const char *name;
	bool read;                       /* the host was asked for it and answered */
	const char *cut;                 /* why it is not whole; NULL: it is */
	struct baseline_item *items;     /* in order of their keys, once baseline_settle was called */
	uint32_t n;
	size_t cap;
};

struct baseline {
	struct arena *arena;             /* owns every text */
	const char *host;
	int64_t at_us;
	struct baseline_section *sections;
	uint32_t n, items;
	size_t cap;
};

struct baseline *baseline_new(const char *host, int64_t at_us);
struct baseline *baseline_free(struct baseline *b);      /* accepts NULL; returns NULL */
void baseline_freep(struct baseline **b);
/* Texts are copied. -ERR_LIMIT; -ERR_CONFIG for an empty key, a text that is not UTF-8 or has control characters: the
 * host's own texts have to be made visible before. A name that is no section of drift.h is refused. */
int baseline_add(struct baseline *b, const char *section, const char *key, const char *is, struct err *e);
/* It was read: as a whole (why NULL), or not, and why. The first reason stays. */
int baseline_read(struct baseline *b, const char *section, const char *why, struct err *e);
/* Sorts the items. -ERR_CONFIG when one key stands twice in a section. */
int baseline_settle(struct baseline *b, struct err *e);
const struct baseline_section *baseline_section(const struct baseline *b, const char *name);    /* NULL: none */

/* As JSON lines; what baseline_parse reads, and nothing else. The MAC is the caller's. */
void baseline_write(const struct baseline *b, struct buf *ret);
int baseline_parse(const char *name, const char *text, size_t len, struct baseline **ret, struct err *e);
