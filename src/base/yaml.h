#pragma once
/*
 * YAML in, never out. libyaml's events become a tree whose scalars know their *bytes* in the source, so that an edit is
 * a splice of those bytes (yaml_splice.h) and comments and layout stay. UTF-8 is checked before the parser sees it.
 *
 * Limits: source YAML_MAX bytes, depth 64, nodes 20,000,000, one document. Duplicate keys, aliases used as keys,
 * complex keys, merge keys in a register are refused by the callers that need that; the tree tells.
 */
#include "base/arena.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_MAX ((size_t)256 << 20)

/* 64 bytes each: a register may have millions of them. Equal short texts of one tree may share their bytes. */
enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP, YAML_ALIAS };
enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL, YAML_FOLDED };

struct yaml_node {
	enum yaml_kind kind : 8;
	enum yaml_style style : 8;     /* of a scalar */
	bool anchored : 1;             /* has an &anchor: other places may follow it */
	bool tagged : 1;               /* has an explicit !tag */
	uint32_t line, col;            /* from 1, of the node's first character */
	uint32_t start, end;           /* bytes of the source, including quotes, indicators, tag and anchor */
	uint32_t len;                  /* of text */
	uint32_t count;                /* elements */
	const char *text;              /* scalar's value or alias's name; NUL-terminated; may hold NUL bytes inside */
	struct yaml_node *next;        /* the next element of the same list or map */
	struct yaml_node *key;         /* in a map: the key of this element (a node of its own) */
	struct yaml_node *child;       /* first element of a list or map */
};

/* The tree lives in the arena; `name` is the file's name for error texts ("name:line:col: ..."). An empty document
 * gives *ret == NULL. */
int yaml_parse(struct arena *a, const char *name, const char *src, size_t len, struct yaml_node **ret, struct err *e);
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);      /* NULL when absent or not a map */
bool yaml_is_null(const struct yaml_node *n);        /* plain and one of: empty, ~, null, Null, NULL */
/* "name:line:col: <fmt>", returns -ERR_CONFIG. n may be NULL. */
int yaml_err(struct err *e, const char *name, const struct yaml_node *n, const char *fmt, ...) _printf_(4, 5);
#define yaml_err(...) _failing_(yaml_err(__VA_ARGS__))
