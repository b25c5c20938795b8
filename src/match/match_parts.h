#pragma once
/* For match*.c only. Positions are counted from the beginning of the text; the window is the part that is in memory. */
#include "match/match.h"
#include <hs/hs.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_MARGIN ((size_t)64) /* bytes before the first place where a match may begin: for \b and look-behind */

struct window {
	const char *text;
	size_t len;
	uint64_t at;                           /* position of text[0] */
	bool last;                             /* the text ends with it */
};

/* What Hyperscan looks for: the keywords; the pattern; something wider, of which PCRE2 takes what fits; nothing. */
enum way { WAY_KEYWORDS, WAY_PATTERN, WAY_WIDER, WAY_ALONE };

/* One rule, compiled. */
struct finder {
	const struct rule *rule;
	pcre2_code *code;
	enum way way;
	uint32_t group;
	uint64_t reach;                        /* a match begins at most so far before the end that Hyperscan tells */
	uint64_t done;                         /* matches that begin before this are settled */
	uint64_t settled, end;                 /* done when this window began; the last end that was told */
	bool disorder;                         /* ends were told in another order than that of the text */
	bool everywhere;                       /* PCRE2 looks at all of the window */
	bool gave_up;
};

struct literal_place {
	uint32_t id;
	const char *bytes;                     /* in the locked block */
	size_t len, skip, part;                /* the automaton knows `part` bytes behind the first `skip` */
};

struct matcher {
	const struct matcher *owner;           /* of what is compiled; NULL: it is this one's own */
	hs_database_t *database;
	hs_scratch_t *scratch;
	struct digest_key key;
	/* rules */
	struct finder *finders;
	uint32_t n_finders;
	uint32_t *expressions;                 /* Hyperscan's id -> finder */
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	/* literals */
	struct literal_place *literals;
	size_t n_literals;
	void *locked_values, *locked_database;
	/* the text */
	size_t keep;                           /* a match that begins so far before the window's end is whole */
	struct window window;
	char *room;                            /* of pieces: keep + margin + MATCH_WINDOW bytes */
	size_t filled;
	uint64_t told;                         /* literals: ends up to here were told in a window before */
	bool wide, wide_high;                  /* UTF-16; which of its two bytes is the high one */
	unsigned char half[2];
	size_t n_half;                         /* bytes of a mark or of a character that wait for the next piece */
	bool begun;
	uint64_t lines, line_start;            /* before the window: newlines, and the position behind the last */
	struct hit *hits;
	size_t n_hits, cap_hits, placed;
	bool too_many;
	struct err trouble;
};

struct hit { struct match m; uint32_t rank; };

/* match_trust.c: libhs runs here and finds what it should */
bool match_trusted(void);
/* match.c: on locked pages, for m->database */
int match_scratch(struct matcher *m, struct err *e);
/* match_compile.c */
int match_compile(struct matcher *m, const struct rules *rules, enum matcher_how how, struct strv *notes,
		  struct err *e);
/* match_compile.c: what one thread needs besides, and match_scratch */
int match_prepare(struct matcher *m, struct err *e);
/* match_loosen.c: a pattern that finds each match, or its beginning, and perhaps more; the caller frees. */
char *match_loosen(const char *pattern);
/* match_find.c: everything in the window. */
void match_rules(struct matcher *m);
/* match_literals.c */
void match_literals(struct matcher *m);
/* match_hits.c: one value found; line and column come when the window is done. */
void hits_add(struct matcher *m, uint32_t id, uint32_t rank, uint64_t from, uint64_t to);
void hits_place(struct matcher *m, size_t leaving);      /* `leaving` bytes of the window go */
void hits_tell(struct matcher *m, match_fn *found, void *arg);
void matcher_trouble(struct matcher *m, const char *fmt, ...) _printf_(2, 3);    /* the first one is kept */
