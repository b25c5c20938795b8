/* A whole file: what cannot be read costs the definition it stands in, not the file. */
#include "puppet/pp_parse.h"
#include "base/macro.h"
#include <string.h>

static const char *const beginnings[] = { "class ", "define ", "node ", "function ", "type " };

static bool begins_definition(const char *s, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (len > strlen(beginnings[i]) && !memcmp(s, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

/* To the next definition that begins a line behind the given one; false: there is none. */
static bool resume(struct pp_parser *p, const char *src, size_t len, uint32_t line)
{
	struct pp_lex l;
	uint32_t at = 1;

	for (size_t i = 0; i < len;) {
		const char *nl = memchr(src + i, '\n', len - i);

		if (at > line && begins_definition(src + i, len - i)) {
			uint32_t tokens = p->lex.tokens;

			pp_lex_begin(&l, p->arena, src, len, false);
			l.pos = l.line_start = i;
			l.line = at;
			l.tokens = tokens;
			p->lex = l;
			return true;
		}
		if (!nl)
			return false;
		i = (size_t)(nl - src) + 1;
		at++;
	}
	return false;
}

static void epp_params(struct pp_parser *p, struct pp_list *list)
{
	struct pp_token at = p->tok;

	/* "<%- | params | -%>" can only be the first tag */
	if (p->tok.kind == T_TAG_END && pp_lex_peek(&p->lex).kind == T_PIPE)
		pp_next(p);
	if (pp_accept(p, T_PIPE))
		pp_append(list, pp_with(p, pp_make(p, PP_EPP_PARAMS, &at), pp_params(p, T_PIPE), NULL, NULL));
}

static void statements(struct pp_parser *p, struct pp_list *list)
{
	while (!p->failed && p->tok.kind != T_END) {
		if (!pp_accept(p, T_SEMIC) && !pp_accept(p, T_TAG_END))
			pp_append(list, pp_statement(p));
	}
}

void pp_parse(struct arena *a, const char *src, size_t len, bool is_template, struct pp_result *ret)
{
	struct pp_parser p = { .arena = a };
	struct pp_token start = { .line = 1, .col = 1 };
	PP_LIST(list);

	*ret = (struct pp_result){ .n_errors = 0 };
	pp_lex_begin(&p.lex, a, src, len, is_template);
	for (;;) {
		p.failed = false;
		p.depth = 0;
		pp_next(&p);
		if (is_template)
			epp_params(&p, &list);
		statements(&p, &list);
		if (!p.failed)
			break;
		if (ret->n_errors < PP_ERRORS)
			ret->errors[ret->n_errors] = p.error;
		if (++ret->n_errors > PP_ERRORS || is_template || !resume(&p, src, len, p.error.line))
			break;
	}
	p.failed = false;
	ret->root = pp_make(&p, PP_BLOCK, &start);
	ret->root->a = list.first;
	ret->root->depth = PP_DEPTH;
}
