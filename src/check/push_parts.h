#pragma once
/* For push*.c only: the leaves of a push under one version of the register. */
#include "base/digest.h"
#include "check/cover.h"
#include "check/push.h"
#include "scan/leaf.h"
#include "transport/git_pushed.h"

/* One group of tips with their register. */
struct push_group {
	struct push *p;
	const struct firebreak_register *reg;  /* NULL: it could not be read */
	const struct git_oids *tips;
};

/* Adds to p's findings, gaps and counts. */
int push_judge(const struct push_group *g, struct err *e);
/* push_register.c: one version of the register; an error that is about the register only goes to p->register_error and
 * leaves *ret NULL. commit: NULL when it does not lie in the pushed repository. */
int push_register_read(struct push *p, const char *commit, struct firebreak_register **ret, struct err *e);
bool push_register_is_pushed(const struct push *p);
