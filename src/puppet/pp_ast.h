#pragma once
/*
 * What a manifest says, as a tree. One node type; which children a kind has stands beside it. Texts are slices of the
 * source or of the arena. No tree is deeper than PP_DEPTH, so walking it by recursion is safe.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_DEPTH 200
#define PP_ERRORS 20                                   /* told of one file; the rest is one more */

enum pp_kind {
	PP_BLOCK,       /* a: statements */
	PP_UNDEF, PP_DEFAULT,
	PP_BOOL,        /* num */
	PP_NUMBER,      /* text, num (whole numbers) */
	PP_STRING,      /* text */
	PP_INTERPOLATE, /* a: parts, PP_STRING and others */
	PP_REGEX,       /* text */
	PP_VAR,         /* text, without '$' */
	PP_NAME,        /* text: a bare word */
	PP_TYPE,        /* text: a capitalised one */
	PP_ARRAY,       /* a: elements */
	PP_HASH,        /* a: PP_PAIRs */
	PP_PAIR,        /* a: key, b: value */
	PP_ACCESS,      /* a: of what, b: in the brackets */
	PP_CALL,        /* text: function; b: arguments, c: lambda. Type(...) is a call of "new" with the type first */
	PP_METHOD,      /* text: function; a: receiver, b: further arguments, c: lambda */
	PP_LAMBDA,      /* a: PP_PARAMs, b: block */
	PP_PARAM,       /* text; a: type, b: default */
	PP_NOT, PP_NEGATE, PP_SPLAT, /* a */
	PP_BINARY,      /* op; a, b */
	PP_ASSIGN,      /* op: T_ASSIGN, T_APPEND, T_REMOVE; a: variable (or list), b: value */
	PP_IF,          /* a: condition, b: block, c: block, PP_IF or NULL */
	PP_CASE,        /* a: of what, b: PP_OPTIONs */
	PP_OPTION,      /* a: values, b: block */
	PP_SELECT,      /* a: of what, b: PP_PAIRs */
	PP_RESOURCE,    /* a: type, b: PP_BODYs */
	PP_BODY,        /* a: title, b: PP_ATTRs */
	PP_ATTR,        /* text; a: value; op: T_FARROW, T_PARROW, T_STAR (a: a hash) */
	PP_DEFAULTS,    /* a: type, b: PP_ATTRs */
	PP_OVERRIDE,    /* a: reference, b: PP_ATTRs */
	PP_COLLECT,     /* a: type, b: query or NULL, c: PP_ATTRs */
	PP_EDGE,        /* op: T_TO, T_NOTIFY, T_FROM, T_NOTIFIED; a, b */
	PP_CLASS,       /* text; a: PP_PARAMs, b: block, c: parent's name */
	PP_DEFINE, PP_FUNCTION, /* text; a: PP_PARAMs, b: block */
	PP_NODE,        /* a: PP_STRING, PP_REGEX, PP_DEFAULT; b: block */
	PP_TYPEDEF,     /* text */
	PP_TEXT,        /* text of a template */
	PP_RENDER,      /* a: what is put in */
	PP_EPP_PARAMS,  /* a: PP_PARAMs of a template */
};

enum pp_flag { PP_VIRTUAL = 1, PP_EXPORTED = 2, PP_REST = 4 /* *$name */, PP_STATEMENT = 8 /* called without ( ) */ };

struct pp_node {
	uint8_t kind, op, flags;
	uint16_t depth;
	uint32_t line, col, len;
	const char *text;
	int64_t num;
	struct pp_node *a, *b, *c;
	struct pp_node *next;         /* in a list */
};

struct pp_error { uint32_t line, col; char text[200]; };
struct pp_result {
	struct pp_node *root;         /* PP_BLOCK, of what could be read */
	struct pp_error errors[PP_ERRORS];
	uint32_t n_errors;            /* may be above PP_ERRORS */
};

/* `src` must outlive the tree and be UTF-8 without NUL. What cannot be read is an error with its place; reading goes on
 * with the next definition that begins a line. */
void pp_parse(struct arena *a, const char *src, size_t len, bool is_template, struct pp_result *ret);
bool pp_is(const struct pp_node *n, const char *text);         /* its text is exactly that */
