#pragma once
/*
 * What is derived from a key and lives in another repository than the private half: from half_formats.def. The register
 * and the planner know these facts; src/keys writes the texts.
 */
#include <stdbool.h>
#include <stddef.h>

struct half_format {
	const char *name;                    /* "dkim-zone": as in the register */
	const char *title;
	bool can_withdraw;                   /* the world sees it, and can be told that it ended; else it only points */
	bool shows_key;                      /* the public key stands in it, so a check can compare */
	bool is_issued;                      /* somebody else makes it, for the new key: it needs an issuer */
	const char *required;                /* an option that must be given, or NULL */
	const char *also;                    /* one that names a second file, changed in the same commit, or NULL */
	const char *beside;                  /* an option that must stand beside that one, and only there, or NULL */
	const char *const *options;          /* NULL-terminated */
};

extern const struct half_format half_formats[];
extern const size_t half_formats_count;
const struct half_format *half_format_find(const char *name);      /* NULL: none of ours */
