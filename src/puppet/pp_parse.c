/* Statements and definitions; what all files of the parser share. */
#include "puppet/pp_parse.h"
#include "base/macro.h"
#include <string.h>

#define NEST 400 /* calls of the parser within one another: an expression in brackets is two */

bool pp_is(const struct pp_node *n, const char *text)
{
	return n->text && strlen(text) == n->len && !memcmp(n->text, text, n->len);
}

void pp_next(struct pp_parser *p)
{
	p->tok = pp_lex_next(&p->lex);
}

void *pp_fail_at(struct pp_parser *p, uint32_t line, uint32_t col, const char *why)
{
	if (p->failed)
		return NULL;
	p->failed = true;
	p->error.line = line;
	p->error.col = col;
	(void)snprintf(p->error.text, sizeof(p->error.text), "%s", why);
	return NULL;
}

void *pp_fail(struct pp_parser *p, const char *expected)
{
	char why[sizeof(p->error.text)];

	if (p->tok.kind == T_ERROR)
		(void)snprintf(why, sizeof(why), "%s", p->lex.why);
	else
		(void)snprintf(why, sizeof(why), "%s stands where %s was expected", pp_token_name(p->tok.kind),
			       expected);
	return pp_fail_at(p, p->tok.line, p->tok.col, why);
}

bool pp_accept(struct pp_parser *p, enum pp_tok kind)
{
	if (p->failed || p->tok.kind != kind)
		return false;
	pp_next(p);
	return true;
}

bool pp_expect(struct pp_parser *p, enum pp_tok kind, const char *where)
{
	char what[100];

	if (pp_accept(p, kind))
		return true;
	(void)snprintf(what, sizeof(what), "%s %s", pp_token_name(kind), where);
	pp_fail(p, what);
	return false;
}

bool pp_enter(struct pp_parser *p)
{
	if (++p->depth <= NEST && !p->failed)
		return true;
	pp_fail_at(p, p->tok.line, p->tok.col, "more nesting than is read");
	return false;
}

void pp_leave(struct pp_parser *p)
{
	p->depth--;
}

struct pp_node *pp_make(struct pp_parser *p, enum pp_kind kind, const struct pp_token *at)
{
	struct pp_node *n = arena_zero(p->arena, sizeof(*n));

	n->kind = (uint8_t)kind;
	n->depth = 1;
	n->line = at->line;
	n->col = at->col;
	n->text = at->s;
	n->len = at->len;
	return n;
}

struct pp_node *pp_with(struct pp_parser *p, struct pp_node *n, struct pp_node *a, struct pp_node *b, struct pp_node *c)
{
	struct pp_node *const children[] = { a, b, c };

	if (p->failed)
		return NULL;
	n->a = a;
	n->b = b;
	n->c = c;
	for (size_t i = 0; i < ARRAY_SIZE(children); i++)
		for (const struct pp_node *k = children[i]; k; k = k->next)
			if (k->depth >= n->depth)
				n->depth = (uint16_t)(k->depth + 1);
	if (n->depth > PP_DEPTH)
		return pp_fail_at(p, n->line, n->col, "more nesting than is read");
	return n;
}

void pp_append(struct pp_list *l, struct pp_node *n)
{
	if (!n)
		return;
	*l->last = n;
	l->last = &n->next;
}

bool pp_word(const struct pp_parser *p)
{
	return p->tok.kind == T_NAME || (p->tok.kind >= T_AND && p->tok.kind <= T_UNLESS);
}

struct pp_node *pp_params(struct pp_parser *p, enum pp_tok until)
{
	PP_LIST(list);

	while (!p->failed && p->tok.kind != until) {
		struct pp_node *type = NULL, *n, *value = NULL;
		uint8_t flags = 0;

		if (p->tok.kind == T_TYPE)
			type = pp_postfix(p);
		if (pp_accept(p, T_STAR))
			flags = PP_REST;
		if (p->tok.kind != T_VAR)
			return pp_fail(p, "a parameter");
		n = pp_make(p, PP_PARAM, &p->tok);
		n->flags = flags;
		pp_next(p);
		if (pp_accept(p, T_ASSIGN))
			value = pp_expression(p);
		pp_append(&list, pp_with(p, n, type, value, NULL));
		if (!pp_accept(p, T_COMMA))
			break;
	}
	if (p->failed || !pp_expect(p, until, "behind the parameters"))
		return NULL;
	return list.first;
}

static bool take_name(struct pp_parser *p, struct pp_node *n, const char *what)
{
	if (!pp_word(p) && p->tok.kind != T_TYPE) {
		pp_fail(p, what);
		return false;
	}
	n->text = p->tok.s;
	n->len = p->tok.len;
	if (n->len > 2 && !memcmp(n->text, "::", 2)) {
		n->text += 2;
		n->len -= 2;
	}
	pp_next(p);
	return true;
}

static struct pp_node *named(struct pp_parser *p, enum pp_kind kind, const char *what)
{
	struct pp_node *n = pp_make(p, kind, &p->tok), *params = NULL, *block, *parent = NULL;

	pp_next(p);
	if (!take_name(p, n, what))
		return NULL;
	if (pp_accept(p, T_LPAREN))
		params = pp_params(p, T_RPAREN);
	if (pp_accept(p, T_INHERITS)) {
		parent = pp_make(p, PP_NAME, &p->tok);
		if (!take_name(p, parent, "a class"))
			return NULL;
	}
	if (kind == PP_FUNCTION && pp_accept(p, T_SHR))
		(void)pp_postfix(p);
	block = pp_block(p, what);
	return pp_with(p, n, params, block, parent);
}

/* "db1.example.org" without quotes is several words to the lexer. */
static struct pp_node *bare_host(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_STRING, &p->tok);

	pp_next(p);
	while (p->tok.kind == T_DOT && !p->tok.spaced) {
		pp_next(p);
		if (!pp_word(p) && p->tok.kind != T_NUMBER)
			return pp_fail(p, "the rest of a host's name");
		n->len = (uint32_t)(p->tok.s + p->tok.len - n->text);
		pp_next(p);
	}
	return n;
}

static struct pp_node *matcher(struct pp_parser *p)
{
	struct pp_node *n;

	if (p->tok.kind == T_DQ)
		return pp_string(p);
	if (p->tok.kind == T_STRING || p->tok.kind == T_REGEX || p->tok.kind == T_DEFAULT) {
		n = pp_make(p, p->tok.kind == T_STRING ? PP_STRING : p->tok.kind == T_REGEX ? PP_REGEX : PP_DEFAULT,
			    &p->tok);
		pp_next(p);
		return n;
	}
	if (!pp_word(p) && p->tok.kind != T_NUMBER)
		return pp_fail(p, "the name of a host");
	return bare_host(p);
}

static struct pp_node *node_block(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_NODE, &p->tok);
	PP_LIST(hosts);

	pp_next(p);
	do {
		if (hosts.first && p->tok.kind == T_LBRACE)
			break;
		pp_append(&hosts, matcher(p));
	} while (pp_accept(p, T_COMMA));
	if (pp_accept(p, T_INHERITS))
		return pp_fail_at(p, p->tok.line, p->tok.col,
				  "nodes have not inherited from one another since Puppet 4");
	return pp_with(p, n, hosts.first, pp_block(p, "of the node"), NULL);
}

static struct pp_node *typedef_(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_TYPEDEF, &p->tok);

	pp_next(p);
	if (!take_name(p, n, "a type's name") || !pp_expect(p, T_ASSIGN, "behind the type's name"))
		return NULL;
	return pp_with(p, n, NULL, pp_postfix(p), NULL);
}

struct pp_node *pp_definition(struct pp_parser *p)
{
	switch (p->tok.kind) {
	case T_CLASS: return named(p, PP_CLASS, "a class");
	case T_DEFINE: return named(p, PP_DEFINE, "a defined type");
	case T_FUNCTION: case T_PLAN: return named(p, PP_FUNCTION, "a function");
	case T_NODE: return node_block(p);
	default: return typedef_(p);
	}
}

static const char *const without_parens[] = {
	"require", "realize", "include", "contain", "tag", "debug", "info", "notice", "warning", "err", "fail",
		"import",
	"break", "next", "return",
};

static bool begins_argument(const struct pp_parser *p)
{
	switch (p->tok.kind) {
	case T_NAME: case T_TYPE: case T_VAR: case T_NUMBER: case T_STRING: case T_REGEX: case T_DQ: case T_HEREDOC:
	case T_TRUE: case T_FALSE: case T_UNDEF: case T_DEFAULT: case T_LIST: case T_LPAREN: case T_STAR: case T_CASE:
	case T_NOT:
		return true;
	default:
		return false;
	}
}

static struct pp_node *bare_call(struct pp_parser *p, struct pp_node *name)
{
	PP_LIST(args);

	do
		pp_append(&args, pp_assignment(p));
	while (pp_accept(p, T_COMMA));
	name->kind = PP_CALL;
	name->flags |= PP_STATEMENT;
	return pp_with(p, name, NULL, args.first, NULL);
}

static bool is_definition(struct pp_parser *p)
{
	enum pp_tok k = p->tok.kind, after;

	if (k != T_CLASS && k != T_DEFINE && k != T_FUNCTION && k != T_PLAN && k != T_NODE && k != T_TYPEDEF)
		return false;
	/* "class { 'name': }" declares, "type" and "plan" may be names */
	after = pp_lex_peek(&p->lex).kind;
	if (k == T_NODE)
		return true;
	return after == T_NAME || after == T_TYPE || (after >= T_AND && after <= T_UNLESS);
}

struct pp_node *pp_statement(struct pp_parser *p)
{
	struct pp_node *n;

	if (is_definition(p))
		return pp_definition(p);
	n = pp_assignment(p);
	if (!n || n->kind != PP_NAME || !begins_argument(p))
		return n;
	for (size_t i = 0; i < ARRAY_SIZE(without_parens); i++)
		if (pp_is(n, without_parens[i]))
			return bare_call(p, n);
	return n;
}

struct pp_node *pp_statements(struct pp_parser *p, enum pp_tok until)
{
	struct pp_node *block = pp_make(p, PP_BLOCK, &p->tok);
	PP_LIST(list);

	block->text = NULL;
	block->len = 0;
	while (!p->failed && p->tok.kind != until) {
		struct pp_node *n;

		if (pp_accept(p, T_SEMIC) || pp_accept(p, T_TAG_END))
			continue;
		if (!pp_enter(p))
			return NULL;
		n = pp_statement(p);
		pp_leave(p);
		pp_append(&list, n);
	}
	return pp_with(p, block, list.first, NULL, NULL);
}

struct pp_node *pp_block(struct pp_parser *p, const char *of)
{
	struct pp_node *n;

	if (!pp_expect(p, T_LBRACE, of) || !pp_enter(p))
		return NULL;
	n = pp_statements(p, T_RBRACE);
	pp_leave(p);
	return pp_expect(p, T_RBRACE, of) ? n : NULL;
}
