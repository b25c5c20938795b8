#pragma once
/*
 * The parent's side of firebreak-publisher: what is put where people outside read it. Each deed is looked at first,
 * then an intent is written, then it is done and read back, then its outcome is written. After a crash the next call
 * looks at the far side: what stands there already is not done again. Never over words of somebody else.
 */
#include "engine/engine.h"
#include <stdbool.h>

#define PUBLISH_SECRET "password"      /* the name of the value among the worker's secrets: password or token */
#define PUBLISH_MAX ((size_t)512 << 10)

struct publisher {                     /* borrowed */
	const struct engine *en;
	const char *program;           /* firebreak-publisher */
	const struct incident *incident;
};

struct publication {
	const char *what;              /* "report", "site-notice" */
	uint32_t wiki;                 /* of the register */
	const char *page, *text, *summary;     /* text: without empty lines at the end */
};
struct published_page {
	char url[1000];
	int64_t revision;
	bool stood;                    /* it stood there already: nothing was written now */
};

/* -ERR_REFUSED: the password is among what the incident reaches and not replaced; or somebody else's words stand on the
 * page. -ERR_CONFLICT: it was changed while we were at it. Other errors with err.effect as the wiki left it. */
int publish_page(const struct publisher *p, const struct publication *what, struct published_page *ret, struct err *e);
/* Takes a site notice back: what stood before stands there again, or nothing. -ERR_REFUSED when there is none of ours,
 * or when somebody changed it. */
int withdraw_page(const struct publisher *p, uint32_t wiki, const char *page, struct published_page *ret,
		  struct err *e);
/* Says the text on a channel of the register that people outside read, once: a text that was said there already is not
 * said again. -ERR_REFUSED when it is not known whether it was, and the far side would not notice a second one; `again`
 * says that a person has looked. messenger: the program of rooms. */
int publish_status(const struct publisher *p, const char *messenger, uint32_t channel, const char *text, bool again,
		   struct published_page *ret, struct err *e);

/* --- between publish*.c --- */
struct far_page { bool exists; int64_t revision; char url[1000]; char *text; };
void far_page_free(struct far_page *p);
int publish_trusted(const struct publisher *p, uint32_t secret, const char *where, struct err *e);
struct far_ask { const char *program, *secret_name; uint32_t secret; json_t *job; };
int publish_ask(const struct publisher *p, const struct far_ask *q, struct far_page *ret, struct err *e);
/* *ret: the seq of the intent. */
int publish_intent(const struct publisher *p, json_t *body, int64_t *ret, struct err *e);
int publish_outcome(const struct publisher *p, int64_t intent, const char *what, const char *where, bool done,
		    const char *url, const struct err *why, struct err *e);
