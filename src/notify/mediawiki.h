#pragma once
/*
 * A wiki by its API (MediaWiki 1.39 and later): login with a bot password, read a page, write it, read it back. One
 * process does one of the two jobs of publisher.c and ends. What a wiki refuses is told in words that say what to do
 * (mediawiki_words.c), with the wiki's own behind them.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/secret.h"
#include <stdbool.h>
#include <stdint.h>

#define WIKI_PAGE_MAX ((size_t)512 << 10)      /* of a text that is written or read; more is refused */

struct wiki_login {
	const char *api, *user, *ca;
	const struct secret *password;
	int64_t deadline_us;
};
struct wiki_page {
	bool exists;
	int64_t revision;
	char stamp[32], now[32];               /* of that revision, and the wiki's clock when it was read */
	char url[1000];
	struct buf text;                       /* without empty lines at the end, as the wiki keeps it */
};
struct wiki_edit {
	const char *page, *text, *summary;
	int64_t revision;                      /* that it was made for; 0: the page is not there */
};

struct mediawiki;
int mediawiki_open(const struct wiki_login *l, struct mediawiki **ret, struct err *e);
void mediawiki_closep(struct mediawiki **w);
int mediawiki_read(struct mediawiki *w, const char *page, struct wiki_page *ret, struct err *e);
void wiki_page_free(struct wiki_page *p);
/* `changing` is called before the edit is sent. -ERR_CONFLICT: somebody changed the page since `revision`. */
int mediawiki_edit(struct mediawiki *w, const struct wiki_edit *edit, const struct wiki_page *now,
		   void (*changing)(void *arg), void *arg, int64_t *ret_revision, struct err *e);

/* --- mediawiki_words.c --- */
/* The first error of an answer as a sentence; 0 when there is none. what: "the edit of 'X'". */
int mediawiki_refused(const json_t *answer, const char *what, struct err *e);
/* An edit that the wiki neither made nor called an error: a CAPTCHA and the like. */
int mediawiki_not_edited(const json_t *edit, const char *what, struct err *e);
