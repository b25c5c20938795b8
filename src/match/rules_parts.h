#pragma once
/* For rules*.c only: one file of rules, and the parts that stand for a piece of pattern. */
#include "model/register_parts.h"
#include "match/rules.h"

struct rule_file {
	struct rules *rules;
	struct rule *r;
	uint32_t n;
	struct words off;
};

/* Reads the file's map (rules_read.c). false: there was a problem. */
bool rules_read(struct loader *l, const struct yaml_node *root, struct rule_file *ret);
/* Text with each %{name} replaced (rules_parts.c); NULL after a problem. */
const char *rules_fill(struct loader *l, const struct yaml_node *n, const struct rules *r, const char *text);
bool rules_take_parts(struct loader *l, const struct yaml_node *n, struct rules *r);
