#pragma once
/* For leaf*.c only. */
#include "scan/leaf.h"
#include "scan/place.h"

struct leaf_reader {
	struct leaf_source s;
	struct hieradata hieradata;
	struct eyaml_key *eyaml_key;
	struct err eyaml_error;          /* why there is none */
};

/* One file. */
struct leaf_file {
	struct leaf_reader *r;
	const char *path;                /* in the arena of the leaves */
	struct leaves *ret;
	struct gaps *gaps;
	size_t n;                        /* leaves of this file */
	size_t sealed;                   /* values that were not opened, all told by one gap */
	struct gap sealed_at;
	struct err sealed_why;
	bool full, comments_full;        /* told that there is more */
};

_printf_(5, 6)
void leaf_gap(struct leaf_file *f, enum unread kind, uint32_t line, uint32_t col, const char *fmt, ...);
/* A gap of an error whose text begins with line and column (or "name:line:col: "). */
void leaf_gap_at_line(struct leaf_file *f, const char *text);
/* The next leaf, with its place; NULL over the limit, which is told once. */
struct leaf *leaf_new(struct leaf_file *f, const char *key, uint32_t line, uint32_t col);
void leaf_value(struct leaf_file *f, struct leaf *l, const char *bytes, size_t len);

/* false: the file holds no map, so it is a file as a whole. */
bool leaf_yaml(struct leaf_file *f, const char *src, size_t len);
/* leaf_comment.c */
void leaf_comments(struct leaf_file *f, const char *src, size_t len, const struct yaml_node *root);
/* leaf_scalar.c */
void leaf_scalar(struct leaf_file *f, const char *src, const struct yaml_node *n, struct leaf *l);
