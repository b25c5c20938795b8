/* Expressions: precedence as in Puppet's grammar, loosest first. */
#include "puppet/pp_parse.h"
#include "base/macro.h"
#include <string.h>

static const struct { enum pp_tok op; int binds; } binary[] = {
	{ T_OR, 1 }, { T_AND, 2 }, { T_LT, 3 }, { T_LE, 3 }, { T_GT, 3 }, { T_GE, 3 }, { T_EQ, 4 }, { T_NE, 4 },
	{ T_SHL, 5 }, { T_SHR, 5 }, { T_PLUS, 6 }, { T_MINUS, 6 }, { T_STAR, 7 }, { T_SLASH, 7 }, { T_PERCENT, 7 },
	{ T_MATCH, 8 }, { T_NOMATCH, 8 }, { T_IN, 9 },
};

static int binds(enum pp_tok op)
{
	for (size_t i = 0; i < ARRAY_SIZE(binary); i++)
		if (binary[i].op == op)
			return binary[i].binds;
	return 0;
}

static struct pp_node *unary(struct pp_parser *p)
{
	struct pp_token at = p->tok;
	enum pp_kind kind = at.kind == T_NOT ? PP_NOT : at.kind == T_MINUS ? PP_NEGATE : PP_SPLAT;
	struct pp_node *n;

	if (at.kind != T_NOT && at.kind != T_MINUS && at.kind != T_STAR)
		return pp_postfix(p);
	if (!pp_enter(p))
		return NULL;
	pp_next(p);
	n = unary(p);
	pp_leave(p);
	return pp_with(p, pp_make(p, kind, &at), n, NULL, NULL);
}

static struct pp_node *climb(struct pp_parser *p, int least)
{
	struct pp_node *left = unary(p);

	for (;;) {
		struct pp_token op = p->tok;
		int b = binds(op.kind);
		struct pp_node *n, *right;

		if (p->failed || b < least || b == 0)
			return left;
		pp_next(p);
		if (!pp_enter(p))
			return NULL;
		right = climb(p, b + 1);
		pp_leave(p);
		n = pp_make(p, PP_BINARY, &op);
		n->op = (uint8_t)op.kind;
		left = pp_with(p, n, left, right, NULL);
	}
}

struct pp_node *pp_expression(struct pp_parser *p)
{
	struct pp_node *n;

	if (!pp_enter(p))
		return NULL;
	n = climb(p, 1);
	pp_leave(p);
	return p->failed ? NULL : n;
}

/* Values in ( ) or [ ]; "a => b" among them makes a hash of its neighbours. */
struct pp_node *pp_arguments(struct pp_parser *p, enum pp_tok until)
{
	PP_LIST(list);
	PP_LIST(pairs);
	struct pp_node *hash = NULL;

	while (!p->failed && p->tok.kind != until) {
		struct pp_token at = p->tok;
		struct pp_node *n = pp_assignment(p), *pair;

		if (pp_accept(p, T_FARROW)) {
			pair = pp_with(p, pp_make(p, PP_PAIR, &at), n, pp_assignment(p), NULL);
			if (!pair)
				return NULL;
			if (!hash) {
				hash = pp_make(p, PP_HASH, &at);
				pairs = (struct pp_list){ NULL, &pairs.first };
				pp_append(&list, hash);
			}
			pp_append(&pairs, pair);
		} else {
			if (hash && !pp_with(p, hash, pairs.first, NULL, NULL))
				return NULL;
			hash = NULL;
			pp_append(&list, n);
		}
		if (!pp_accept(p, T_COMMA))
			break;
	}
	if (hash && !p->failed)
		(void)pp_with(p, hash, pairs.first, NULL, NULL);
	return p->failed ? NULL : list.first;
}

struct pp_node *pp_lambda(struct pp_parser *p)
{
	struct pp_node *n = pp_make(p, PP_LAMBDA, &p->tok), *params;

	pp_next(p);
	params = pp_params(p, T_PIPE);
	if (pp_accept(p, T_SHR))
		(void)pp_postfix(p);
	return pp_with(p, n, params, pp_block(p, "of the lambda"), NULL);
}

static struct pp_node *method(struct pp_parser *p, struct pp_node *left)
{
	struct pp_node *n, *args = NULL, *lambda = NULL;

	pp_next(p);
	if (!pp_word(p) && p->tok.kind != T_TYPE)
		return pp_fail(p, "a function's name");
	n = pp_make(p, PP_METHOD, &p->tok);
	pp_next(p);
	if (p->tok.kind == T_LPAREN && !p->tok.first) {
		pp_next(p);
		args = pp_arguments(p, T_RPAREN);
		if (!pp_expect(p, T_RPAREN, "behind the arguments"))
			return NULL;
	}
	if (p->tok.kind == T_PIPE)
		lambda = pp_lambda(p);
	return pp_with(p, n, left, args, lambda);
}

static struct pp_node *call(struct pp_parser *p, struct pp_node *left)
{
	struct pp_node *n = pp_make(p, PP_CALL, &p->tok), *args, *lambda = NULL;

	n->line = left->line;
	n->col = left->col;
	pp_next(p);
	args = pp_arguments(p, T_RPAREN);
	if (!pp_expect(p, T_RPAREN, "behind the arguments"))
		return NULL;
	if (p->tok.kind == T_PIPE)
		lambda = pp_lambda(p);
	if (left->kind == PP_NAME) {
		n->text = left->text;
		n->len = left->len;
		if (n->len > 2 && !memcmp(n->text, "::", 2)) {
			n->text += 2;
			n->len -= 2;
		}
	} else {
		/* Type(...): "new" with the type before the rest */
		n->text = "new";
		n->len = 3;
		left->next = args;
		args = left;
	}
	return pp_with(p, n, NULL, args, lambda);
}

static struct pp_node *selector(struct pp_parser *p, struct pp_node *left)
{
	struct pp_node *n = pp_make(p, PP_SELECT, &p->tok);
	PP_LIST(list);

	pp_next(p);
	if (p->tok.kind != T_LBRACE) {
		struct pp_token at = p->tok;
		struct pp_node *key = pp_expression(p);

		if (!pp_expect(p, T_FARROW, "in the selector"))
			return NULL;
		pp_append(&list, pp_with(p, pp_make(p, PP_PAIR, &at), key, pp_expression(p), NULL));
		return pp_with(p, n, left, list.first, NULL);
	}
	pp_next(p);
	while (!p->failed && p->tok.kind != T_RBRACE) {
		struct pp_token at = p->tok;
		struct pp_node *key = pp_expression(p);

		if (!pp_expect(p, T_FARROW, "in the selector"))
			return NULL;
		pp_append(&list, pp_with(p, pp_make(p, PP_PAIR, &at), key, pp_expression(p), NULL));
		if (!pp_accept(p, T_COMMA))
			break;
	}
	return pp_expect(p, T_RBRACE, "behind the selector") ? pp_with(p, n, left, list.first, NULL) : NULL;
}

static struct pp_node *brackets(struct pp_parser *p, struct pp_node *left)
{
	struct pp_node *n = pp_make(p, PP_ACCESS, &p->tok), *args;

	n->line = left->line;
	n->col = left->col;
	pp_next(p);
	args = pp_arguments(p, T_RBRACK);
	return pp_expect(p, T_RBRACK, "behind what it holds") ? pp_with(p, n, left, args, NULL) : NULL;
}

struct pp_node *pp_postfix(struct pp_parser *p)
{
	struct pp_node *n = pp_primary(p);

	while (n && !p->failed) {
		if (p->tok.kind == T_LBRACK)
			n = brackets(p, n);
		else if (p->tok.kind == T_DOT)
			n = method(p, n);
		else if (p->tok.kind == T_QMARK)
			n = selector(p, n);
		else if (p->tok.kind == T_LCOLLECT || p->tok.kind == T_LLCOLLECT)
			n = pp_collector(p, n);
		else if (p->tok.kind == T_LPAREN && !p->tok.first && (n->kind == PP_NAME || n->kind == PP_TYPE
									|| n->kind == PP_ACCESS))
			n = call(p, n);
		else
			return n;
	}
	return NULL;
}

/* In "${name}" a name is a variable; so is what stands before [ and . */
static struct pp_node *as_variable(struct pp_node *n)
{
	struct pp_node *left = n;

	while (left && (left->kind == PP_ACCESS || (left->kind == PP_METHOD && left->a)))
		left = left->a;
	if (left && left->kind == PP_NAME)
		left->kind = PP_VAR;
	return n;
}

static struct pp_node *interpolated(struct pp_parser *p)
{
	PP_LIST(list);
	struct pp_node *n;

	pp_next(p);
	/* a word of the language is a variable's name here: "${title}", "${node}" */
	if (pp_word(p) && p->tok.kind != T_NAME && pp_lex_peek(&p->lex).kind == T_RBRACE)
		p->tok.kind = T_NAME;
	while (!p->failed && p->tok.kind != T_RBRACE)
		pp_append(&list, pp_statement(p));
	if (p->failed)
		return NULL;
	if (list.first && !list.first->next)
		return as_variable(list.first);
	n = pp_make(p, PP_BLOCK, &p->tok);
	return pp_with(p, n, list.first, NULL, NULL);
}

static bool add_parts(struct pp_parser *p, const struct pp_string *how, struct pp_list *list)
{
	for (;;) {
		struct pp_token text, name;
		enum pp_part part = pp_lex_part(&p->lex, how, &text, &name);

		if (part == PART_ERROR) {
			pp_fail_at(p, p->tok.line, p->tok.col, p->lex.why);
			return false;
		}
		if (text.len)
			pp_append(list, pp_make(p, PP_STRING, &text));
		if (part == PART_END)
			return true;
		if (part == PART_VAR) {
			pp_append(list, pp_make(p, PP_VAR, &name));
			continue;
		}
		if (!pp_enter(p))
			return false;
		pp_append(list, interpolated(p));
		pp_leave(p);
		if (p->failed)
			return false;
	}
}

struct pp_node *pp_string(struct pp_parser *p)
{
	struct pp_string how = { .heredoc = p->tok.kind == T_HEREDOC, .escapes = "*" };
	struct pp_token at = p->tok;
	struct pp_node *n = pp_make(p, PP_INTERPOLATE, &at);
	PP_LIST(list);

	if (how.heredoc) {
		struct pp_lex outer = p->lex, body;
		bool good = true;

		pp_lex_heredoc(&outer, &body);
		how.escapes = outer.heredoc.escapes;
		p->lex = body;
		if (outer.heredoc.interpolate || how.escapes[0]) {
			if (!outer.heredoc.interpolate)
				p->lex.no_values = true;
			good = add_parts(p, &how, &list);
		} else {
			struct pp_token all = { .kind = T_STRING, .line = body.line, .col = 1, .s = body.src,
				.len = (uint32_t)body.end };

			pp_append(&list, pp_make(p, PP_STRING, &all));
		}
		outer.tokens = p->lex.tokens;
		if (!good && p->lex.why)
			outer.why = p->lex.why;
		p->lex = outer;
		if (!good)
			return NULL;
	} else if (!add_parts(p, &how, &list)) {
		return NULL;
	}
	pp_next(p);
	n->text = "";
	n->len = 0;
	if (!list.first || (!list.first->next && list.first->kind == PP_STRING)) {
		n->kind = PP_STRING;
		if (list.first) {
			n->text = list.first->text;
			n->len = list.first->len;
		}
		return n;
	}
	return pp_with(p, n, list.first, NULL, NULL);
}
