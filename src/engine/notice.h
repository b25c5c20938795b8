#pragma once
/*
 * What a person says about severity, people and notices, written to the journal. Nothing is sent here. Each call checks
 * that what is said fits the incident, and keeps who said it, when, and why.
 */
#include "engine/engine.h"
#include "model/deadline.h"

#define NOTICE_WORDS_MAX 4000u        /* bytes of one sentence or reason */

/* texts: by enum severity_in, NULL where nothing is said. */
int engine_assess(const struct engine *en, const struct incident *i, const char *const texts[SEVERITY_INS],
		  const char *because, struct err *e);
/* texts: by enum wording, NULL where nothing is said. */
int engine_word(const struct engine *en, const struct incident *i, const char *const texts[WORDINGS], struct err *e);
/* what: an authority, a rung, or "authority" for all of them. */
int engine_decide_notice(const struct engine *en, const struct incident *i, const struct law *l, const char *what,
			 bool yes, const char *because, struct err *e);
int engine_aware(const struct engine *en, const struct incident *i, int64_t at_us, int64_t now_us, const char *because,
		 struct err *e);

struct telling {
	const char *to, *reference, *late, *because;    /* to: an authority or a rung */
	int64_t at_us;
	const char *text_sha256;      /* of the text that was sent, where we sent it; or NULL */
	bool phased, mistaken;        /* mistaken: earlier rows for `to` do not count; needs because, nothing else */
};
/* -ERR_REFUSED: a time that cannot be, or an authority that was told late without the reason (Art. 33(1)). */
int engine_told(const struct engine *en, const struct incident *i, const struct law *l, const struct telling *t,
		int64_t now_us, struct err *e);
