#pragma once
#include "puppet/regex.h"

enum regex_op { RE_EMPTY, RE_SET, RE_CONCAT, RE_ALT, RE_REPEAT, RE_BEGIN, RE_END };
struct regex_set { uint64_t bits[4]; };          /* bytes that are in it */
struct regex_node {
	enum regex_op op;
	struct regex_set set;
	uint32_t min, max;                       /* RE_REPEAT; max UINT32_MAX: no end */
	struct regex_node *a, *b;
};
enum regex_code { DO_SET, DO_SPLIT, DO_JUMP, DO_BEGIN, DO_END, DO_MATCH };
struct regex_step { enum regex_code code; uint32_t x, y; const struct regex_set *set; };
struct regex {
	struct regex_node *root;
	struct regex_step *steps;
	uint32_t n;
};
/* regex_parse.c */
struct regex_node *regex_parse(struct arena *a, const char *s, size_t len, const char **ret_why);
