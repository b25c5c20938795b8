#pragma once
/*
 * Tokens of the Puppet language, one at a time. The source is checked UTF-8 that outlives all tokens: texts are slices
 * of it. Strings with interpolation are not tokens: the lexer says that one begins, and the parser takes its parts with
 * pp_lex_part() and the expressions between them with pp_lex_next(), so nothing is read twice.
 * Rules: Puppet's language reference ("Lexical", "Strings", "Heredocs", "EPP"), checked against `puppet parser dump`.
 */
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PP_TOKENS_MAX 500000u /* in one file */

enum pp_tok {
	T_END, T_ERROR,
	T_NAME, T_TYPE, T_VAR, T_NUMBER, T_STRING, T_REGEX,  /* text says which */
	T_DQ, T_HEREDOC,                                     /* parts follow; T_STRING when nothing is to be put in */
	T_TEXT, T_RENDER, T_TAG_END,                         /* of a template */
	T_AND, T_CASE, T_CLASS, T_DEFAULT, T_DEFINE, T_ELSE, T_ELSIF, T_FALSE, T_FUNCTION, T_IF, T_IN, T_INHERITS,
		T_NODE,
	T_OR, T_PLAN, T_TRUE, T_TYPEDEF, T_UNDEF, T_UNLESS,  /* words */
	T_LBRACE, T_RBRACE, T_LBRACK, T_LIST, T_RBRACK, T_LPAREN, T_RPAREN, T_COMMA, T_SEMIC, T_COLON, T_DOT, T_PIPE,
	T_QMARK, T_AT, T_ATAT, T_FARROW, T_PARROW, T_ASSIGN, T_APPEND, T_REMOVE, T_EQ, T_NE, T_LT, T_LE, T_GT, T_GE,
	T_MATCH, T_NOMATCH, T_SHL, T_SHR, T_PLUS, T_MINUS, T_STAR, T_SLASH, T_PERCENT, T_NOT,
	T_TO, T_NOTIFY, T_FROM, T_NOTIFIED,                  /* -> ~> <- <~ */
	T_LCOLLECT, T_RCOLLECT, T_LLCOLLECT, T_RRCOLLECT,    /* <| |> <<| |>> */
};

struct pp_token {
	enum pp_tok kind;
	bool spaced, first;          /* white space stood before it; it is the first of its line */
	uint32_t line, col;
	const char *s;
	uint32_t len;
};

struct pp_lex {
	struct arena *arena;
	const char *src;
	size_t pos, end, line_start;
	size_t heredoc_end;          /* where the next line goes on when this one began a heredoc; 0: it did not */
	uint32_t line, indent, tokens, last_line, heredoc_line;   /* heredoc_line: the line at heredoc_end */
	enum pp_tok last;            /* what came before tells a regex from a division */
	bool is_template, in_text, in_heredoc;
	bool no_values;              /* of a heredoc that only has escapes */
	const char *why;             /* of T_ERROR: a sentence without place */
	struct pp_heredoc { size_t start, end; uint32_t line, margin; bool chomp, interpolate; char escapes[12]; }
		heredoc;
};

enum pp_part { PART_ERROR, PART_END, PART_VAR, PART_EXPR };

struct pp_string {                   /* a string whose parts are being taken */
	bool heredoc;
	const char *escapes;         /* letters that a backslash may precede; "*": those of double quotes */
};

void pp_lex_begin(struct pp_lex *l, struct arena *a, const char *src, size_t len, bool is_template);
struct pp_token pp_lex_next(struct pp_lex *l);
struct pp_token pp_lex_peek(const struct pp_lex *l);                 /* the one after, nothing moves */
/* The text up to the next thing that is put in, and what that is. PART_VAR: its name is *ret_name; PART_EXPR: an
 * expression follows, up to its '}'. */
enum pp_part pp_lex_part(struct pp_lex *l, const struct pp_string *how, struct pp_token *ret_text,
			 struct pp_token *ret_name);
/* A lexer of the body of the heredoc that T_HEREDOC has just told of. */
void pp_lex_heredoc(const struct pp_lex *l, struct pp_lex *ret);
/* Heredocs (pp_heredoc.c): reads the tag behind "@(" and finds the body. */
struct pp_token pp_lex_heredoc_tag(struct pp_lex *l, struct pp_token t);
/* Moves behind white space; at a line's end also behind the heredocs that began there. */
void pp_lex_newline(struct pp_lex *l);
const char *pp_token_name(enum pp_tok kind);                         /* "'=>'", "a name": for texts */
