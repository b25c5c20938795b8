#pragma once
/*
 * The two notices of the law, made from facts and linted: to an authority (Art. 33(3)) and to the people concerned
 * (Art. 34(2)). Pure. An item that is missing is named together with what to type; a notice that is not whole is not
 * given out, but for one in parts (Art. 33(4)), which names its gaps.
 *
 * Texts are as they came: who shows them makes them visible or escapes them.
 */
#include "model/deadline.h"
#include "model/ladder.h"
#include "model/register.h"

#define NOTICE_ITEMS_MAX 20u

enum notice_kind { NOTICE_AUTHORITY, NOTICE_PEOPLE };

struct controller {                     /* from the register */
	const char *name, *contact;     /* contact NULL: not said */
};

enum item_state { ITEM_SAID, ITEM_GAP, ITEM_MISSING };       /* GAP: missing, and allowed to follow */
struct notice_item {
	const char *name, *title, *article;
	const char *text;               /* NULL unless SAID */
	const char *source;             /* who says so: "the register", "alice (alice@laptop)" */
	const char *type;               /* what to type when it is missing; {N} is the incident */
	enum item_state state;
};

struct notice {
	struct arena *arena;
	enum notice_kind kind;
	const struct deadline *deadline;        /* of an authority; borrowed */
	const char *from;                       /* the controller */
	bool phased, follow_up;                 /* one of several; not the first */
	struct notice_item item[NOTICE_ITEMS_MAX];
	uint32_t n, n_gaps, n_missing;
};

struct notice_facts {                   /* all borrowed */
	const struct incident *incident;
	const struct law *law;
	const struct scope *scope;
	const struct severity *severity;
	const struct controller *controller;
	const struct deadline *deadline;        /* NULL for people */
	bool phased;
	const struct firebreak_register *reg;   /* says which domains a key serves; NULL: nothing is said of them */
};

void notice_of(enum notice_kind kind, const struct notice_facts *f, struct notice *ret);
void notice_free(struct notice *n);
/* -ERR_REFUSED, naming each missing item, when something is missing that may not follow later. */
int notice_lint(const struct notice *n, struct err *e);
