/* What expressions are made of, conditionals, resources and collectors. */
#include "puppet/pp_parse.h"
#include "base/macro.h"
#include <string.h>

static struct pp_node *hash(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_HASH, &p->tok);
	PP_LIST(list);

	pp_next(p);
	while (!p->failed && p->tok.kind != T_RBRACE) {
		struct pp_token at = p->tok;
		struct pp_node *key;

		/* a word of the language may be a key */
		if (pp_word(p) && pp_lex_peek(&p->lex).kind == T_FARROW && at.kind != T_TRUE && at.kind != T_FALSE
		    && at.kind != T_UNDEF && at.kind != T_DEFAULT) {
			key = pp_make(p, PP_STRING, &p->tok);
			pp_next(p);
		} else {
			key = pp_assignment(p);
		}
		if (!pp_expect(p, T_FARROW, "behind the key"))
			return NULL;
		pp_append(&list, pp_with(p, pp_make(p, PP_PAIR, &at), key, pp_assignment(p), NULL));
		if (!pp_accept(p, T_COMMA))
			break;
	}
	return pp_expect(p, T_RBRACE, "behind the hash") ? pp_with(p, n, list.first, NULL, NULL) : NULL;
}

static struct pp_node *array(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_ARRAY, &p->tok), *list;

	pp_next(p);
	list = pp_arguments(p, T_RBRACK);
	return pp_expect(p, T_RBRACK, "behind the list") ? pp_with(p, n, list, NULL, NULL) : NULL;
}

struct pp_node *pp_if(struct pp_parser *p, bool is_unless)
{
	struct pp_token at = p->tok;
	struct pp_node *n = pp_make(p, PP_IF, &at), *test, *then, *other = NULL;

	pp_next(p);
	if (!pp_enter(p))
		return NULL;
	test = pp_expression(p);
	if (is_unless)
		test = pp_with(p, pp_make(p, PP_NOT, &at), test, NULL, NULL);
	then = pp_block(p, "of the condition");
	/* a template may have a tag's end between the two */
	if (p->tok.kind == T_ELSIF && !is_unless)
		other = pp_if(p, false);
	else if (pp_accept(p, T_ELSE))
		other = pp_block(p, "behind 'else'");
	pp_leave(p);
	return pp_with(p, n, test, then, other);
}

static struct pp_node *option(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_OPTION, &p->tok);
	PP_LIST(values);

	do
		pp_append(&values, pp_expression(p));
	while (pp_accept(p, T_COMMA));
	if (!pp_expect(p, T_COLON, "behind the case"))
		return NULL;
	return pp_with(p, n, values.first, pp_block(p, "of the case"), NULL);
}

struct pp_node *pp_case(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_CASE, &p->tok), *of;
	PP_LIST(options);

	pp_next(p);
	if (!pp_enter(p))
		return NULL;
	of = pp_expression(p);
	if (!pp_expect(p, T_LBRACE, "of the case"))
		return NULL;
	while (!p->failed && p->tok.kind != T_RBRACE) {
		if (!pp_accept(p, T_TAG_END))
			pp_append(&options, option(p));
	}
	pp_leave(p);
	return pp_expect(p, T_RBRACE, "behind the cases") ? pp_with(p, n, of, options.first, NULL) : NULL;
}

static struct pp_node *attributes(struct pp_parser *p)
{
	PP_LIST(list);

	while (!p->failed && p->tok.kind != T_RBRACE && p->tok.kind != T_SEMIC) {
		struct pp_node *n = pp_make(p, PP_ATTR, &p->tok);

		if (!pp_word(p) && p->tok.kind != T_STAR && p->tok.kind != T_STRING)
			return pp_fail(p, "an attribute's name");
		n->op = (uint8_t)(p->tok.kind == T_STAR ? T_STAR : T_FARROW);
		pp_next(p);
		if (pp_accept(p, T_PARROW))
			n->op = T_PARROW;
		else if (!pp_expect(p, T_FARROW, "behind the attribute"))
			return NULL;
		pp_append(&list, pp_with(p, n, pp_expression(p), NULL, NULL));
		if (!pp_accept(p, T_COMMA))
			break;
	}
	return p->failed ? NULL : list.first;
}

static struct pp_node *bodies(struct pp_parser *p)
{
	PP_LIST(list);

	while (!p->failed && p->tok.kind != T_RBRACE) {
		struct pp_node *n = pp_make(p, PP_BODY, &p->tok), *title = pp_expression(p);

		if (!pp_expect(p, T_COLON, "behind the title"))
			return NULL;
		pp_append(&list, pp_with(p, n, title, attributes(p), NULL));
		if (!pp_accept(p, T_SEMIC))
			break;
	}
	return p->failed ? NULL : list.first;
}

struct pp_node *pp_resource(struct pp_parser *p, struct pp_node *type, uint8_t flags)
{
	struct pp_token at = p->tok;
	struct pp_node *n = pp_make(p, PP_RESOURCE, &at), *list;
	enum pp_tok after;
	bool only_attributes;

	n->line = type->line;
	n->col = type->col;
	n->flags = flags;
	pp_next(p);
	after = pp_lex_peek(&p->lex).kind;
	only_attributes = p->tok.kind == T_RBRACE
		|| ((pp_word(p) || p->tok.kind == T_STAR) && (after == T_FARROW || after == T_PARROW));
	if (only_attributes) {
		n->kind = type->kind == PP_ACCESS ? PP_OVERRIDE : PP_DEFAULTS;
		list = attributes(p);
	} else {
		list = bodies(p);
	}
	return pp_expect(p, T_RBRACE, "behind the resource") ? pp_with(p, n, type, list, NULL) : NULL;
}

struct pp_node *pp_collector(struct pp_parser *p, struct pp_node *type)
{
	bool exported = p->tok.kind == T_LLCOLLECT;
	enum pp_tok end = exported ? T_RRCOLLECT : T_RCOLLECT;
	struct pp_node *n = pp_make(p, PP_COLLECT, &p->tok), *query = NULL, *list = NULL;

	n->line = type->line;
	n->col = type->col;
	n->flags = exported ? PP_EXPORTED : 0;
	pp_next(p);
	if (p->tok.kind != end)
		query = pp_expression(p);
	if (!pp_expect(p, end, "behind the query"))
		return NULL;
	if (p->tok.kind == T_LBRACE) {
		pp_next(p);
		list = attributes(p);
		if (!pp_expect(p, T_RBRACE, "behind the attributes"))
			return NULL;
	}
	return pp_with(p, n, type, query, list);
}

static struct pp_node *with_resource(struct pp_parser *p)
{
	struct pp_token at = p->tok;
	uint8_t flags = 0;
	struct pp_node *n;

	if (pp_accept(p, T_ATAT))
		flags = PP_EXPORTED | PP_VIRTUAL;
	else if (pp_accept(p, T_AT))
		flags = PP_VIRTUAL;
	if (p->tok.kind == T_CLASS) {
		at = p->tok;
		pp_next(p);
		if (p->tok.kind != T_LBRACE)
			return pp_fail(p, "'{' behind 'class'");
		n = pp_make(p, PP_NAME, &at);
	} else {
		n = pp_expression(p);
	}
	while (n && !p->failed && p->tok.kind == T_LBRACE)
		n = pp_resource(p, n, flags);
	if (n && flags && n->kind != PP_RESOURCE)
		return pp_fail_at(p, at.line, at.col, "'@' stands before something that is no resource");
	return p->failed ? NULL : n;
}

static bool is_edge(enum pp_tok k)
{
	return k == T_TO || k == T_NOTIFY || k == T_FROM || k == T_NOTIFIED;
}

struct pp_node *pp_assignment(struct pp_parser *p)
{
	struct pp_node *n = with_resource(p);

	while (n && is_edge(p->tok.kind)) {
		struct pp_node *edge = pp_make(p, PP_EDGE, &p->tok);

		edge->op = (uint8_t)p->tok.kind;
		pp_next(p);
		n = pp_with(p, edge, n, with_resource(p), NULL);
	}
	if (n && (p->tok.kind == T_ASSIGN || p->tok.kind == T_APPEND || p->tok.kind == T_REMOVE)) {
		struct pp_node *set = pp_make(p, PP_ASSIGN, &p->tok);

		set->op = (uint8_t)p->tok.kind;
		pp_next(p);
		if (!pp_enter(p))
			return NULL;
		n = pp_with(p, set, n, pp_assignment(p), NULL);
		pp_leave(p);
	}
	return n;
}

static struct pp_node *render(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_RENDER, &p->tok), *value;

	pp_next(p);
	value = p->tok.kind == T_LBRACE ? pp_block(p, "of the tag") : pp_expression(p);
	return pp_with(p, n, value, NULL, NULL);
}

static struct pp_node *parens(struct pp_parser *p)
{
	struct pp_node *n;

	pp_next(p);
	if (!pp_enter(p))
		return NULL;
	n = pp_assignment(p);
	pp_leave(p);
	return pp_expect(p, T_RPAREN, "behind the expression") ? n : NULL;
}

static const struct { enum pp_tok tok; enum pp_kind kind; } simple[] = {
	{ T_NAME, PP_NAME }, { T_TYPE, PP_TYPE }, { T_VAR, PP_VAR }, { T_NUMBER, PP_NUMBER }, { T_STRING, PP_STRING },
	{ T_REGEX, PP_REGEX }, { T_UNDEF, PP_UNDEF }, { T_DEFAULT, PP_DEFAULT }, { T_TRUE, PP_BOOL },
		{ T_FALSE, PP_BOOL },
	{ T_TEXT, PP_TEXT },
};

static struct pp_node *leaf(struct pp_parser *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(simple); i++)
		if (simple[i].tok == p->tok.kind) {
			struct pp_node *n = pp_make(p, simple[i].kind, &p->tok);

			n->num = p->tok.kind == T_TRUE;
			if (n->kind == PP_NUMBER)
				for (uint32_t k = 0; k < n->len && n->text[k] >= '0' && n->text[k] <= '9' && k < 18;
				     k++)
					n->num = n->num * 10 + (n->text[k] - '0');
			pp_next(p);
			return n;
		}
	/* words that only definitions need are names elsewhere: $x.type, function => */
	if (p->tok.kind == T_TYPEDEF || p->tok.kind == T_PLAN || p->tok.kind == T_FUNCTION) {
		struct pp_node *n = pp_make(p, PP_NAME, &p->tok);

		pp_next(p);
		return n;
	}
	return pp_fail(p, "a value");
}

struct pp_node *pp_primary(struct pp_parser *p)
{
	switch (p->tok.kind) {
	case T_DQ: case T_HEREDOC: return pp_string(p);
	case T_LIST: case T_LBRACK: return array(p);
	case T_LBRACE: return hash(p);
	case T_LPAREN: return parens(p);
	case T_IF: return pp_if(p, false);
	case T_UNLESS: return pp_if(p, true);
	case T_CASE: return pp_case(p);
	case T_RENDER: return render(p);
	default: return leaf(p);
	}
}
