#pragma once
/*
 * The repositories that a draft is made of, as a person names them: work trees, bare repositories or plain folders of
 * this machine. They become a register of nothing but repositories, so that the survey of a check can read them.
 */
#include "draft/draft.h"

#define DRAFT_SOURCES_MAX 100u

struct draft_path { enum repository_kind kind; const char *path; };

struct draft_sources {
	struct arena *arena;
	struct firebreak_register *reg;
	struct draft_repository *list;         /* of reg->repositories, in their order; so is `at` */
	struct survey_at *at;
	uint32_t n;
};

/* Of each kind the first is called as the kind is, further ones by their folders' names. -ERR_USAGE for a path
 * that is no folder, or one within a repository that has to be named by its top. What git cannot open is left to
 * the survey to tell. The caller frees ret in each case. */
int draft_sources_open(const struct draft_path *paths, uint32_t n, const char *eyaml_public, const char *eyaml_private,
		       int64_t limit_ms, struct draft_sources *ret, struct err *e);
void draft_sources_free(struct draft_sources *s);
