#pragma once
/* Who put in what is not registered, out of the repositories' histories: the page holds that person liable. */
#include "check/finding.h"
#include "check/survey.h"

/* Completes the findings of RULE_UNREGISTERED. A history that cannot be read is a gap of the survey. */
void check_who(struct survey *s, struct findings *l);
/* How the line of a leaf begins: "c" of a::b.c, and of its list's elements. Borrowed, or in the arena. */
const char *check_line_key(struct arena *a, const char *key);
