#pragma once
/* What every command needs that reads the repositories of the register: where they are, our clones, the key of tags. */
#include "base/digest.h"
#include "check/survey.h"
#include "cli/cli.h"

#define READING_AT_MAX 100u
#define READING_GIT_LIMIT_MS 120000

struct reading {
	struct survey_at at[READING_AT_MAX];   /* --repository NAME=PATH */
	uint32_t n;
	struct strv words;
	char *clones;
	struct digest_key key;
};

int reading_begin(struct cli *c, const struct firebreak_register *reg, const struct strv *repositories,
		  struct reading *ret, struct err *e);
/* Fills in what is given to a survey. */
void reading_give(const struct reading *r, const struct firebreak_register *reg, struct survey *ret);
void reading_end(struct reading *r);
