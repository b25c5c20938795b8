#pragma once
/* Shared by the files of the parser: a parser by hand, one token ahead, that stops at the first thing it cannot
 * read. */
#include "puppet/pp_ast.h"
#include "puppet/pp_lex.h"

struct pp_parser {
	struct pp_lex lex;
	struct pp_token tok;          /* the one that is looked at */
	struct arena *arena;
	unsigned depth;
	bool failed;
	struct pp_error error;
};

struct pp_list { struct pp_node *first, **last; };
#define PP_LIST(l) struct pp_list l = { NULL, &(l).first }

void pp_next(struct pp_parser *p);
bool pp_accept(struct pp_parser *p, enum pp_tok kind);
bool pp_expect(struct pp_parser *p, enum pp_tok kind, const char *where);
void *pp_fail(struct pp_parser *p, const char *expected);      /* NULL; the first sentence stays */
void *pp_fail_at(struct pp_parser *p, uint32_t line, uint32_t col, const char *why);
bool pp_enter(struct pp_parser *p);                            /* one level deeper; false: too deep */
void pp_leave(struct pp_parser *p);
struct pp_node *pp_make(struct pp_parser *p, enum pp_kind kind, const struct pp_token *at);
/* Fills in the children and how deep they go. NULL children are none. */
struct pp_node *pp_with(struct pp_parser *p, struct pp_node *n, struct pp_node *a, struct pp_node *b,
			struct pp_node *c);
void pp_append(struct pp_list *l, struct pp_node *n);
bool pp_word(const struct pp_parser *p);                       /* a name, or a word of the language used as one */

struct pp_node *pp_statements(struct pp_parser *p, enum pp_tok until);     /* PP_BLOCK; `until` is not taken */
struct pp_node *pp_block(struct pp_parser *p, const char *of);             /* { ... } */
struct pp_node *pp_statement(struct pp_parser *p);
struct pp_node *pp_definition(struct pp_parser *p);                        /* class, define, node, function, type */
struct pp_node *pp_params(struct pp_parser *p, enum pp_tok until);         /* a list */
struct pp_node *pp_assignment(struct pp_parser *p);                        /* with resources and edges */
struct pp_node *pp_expression(struct pp_parser *p);                        /* without */
struct pp_node *pp_primary(struct pp_parser *p);
struct pp_node *pp_postfix(struct pp_parser *p);
struct pp_node *pp_lambda(struct pp_parser *p);
struct pp_node *pp_arguments(struct pp_parser *p, enum pp_tok until);      /* a list */
struct pp_node *pp_if(struct pp_parser *p, bool is_unless);
struct pp_node *pp_case(struct pp_parser *p);
struct pp_node *pp_string(struct pp_parser *p);                            /* at T_DQ or T_HEREDOC */
struct pp_node *pp_resource(struct pp_parser *p, struct pp_node *type, uint8_t flags);  /* at '{' */
struct pp_node *pp_collector(struct pp_parser *p, struct pp_node *type);
