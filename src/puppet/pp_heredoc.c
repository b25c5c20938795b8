/* Heredocs: @("TAG":syntax/escapes), and the body that begins on the next line. */
#include "puppet/pp_lex.h"
#include <string.h>

#define TAG_MAX ((size_t)200)

static struct pp_token error(struct pp_lex *l, struct pp_token t, const char *why)
{
	l->why = why;
	l->last = t.kind = T_ERROR;
	return t;
}

static size_t line_end(const struct pp_lex *l, size_t from)
{
	const char *nl = memchr(l->src + from, '\n', l->end - from);

	return nl ? (size_t)(nl - l->src) : l->end;
}

static size_t skip_blanks(const struct pp_lex *l, size_t i, size_t end)
{
	while (i < end && (l->src[i] == ' ' || l->src[i] == '\t'))
		i++;
	return i;
}

/* Is the line [from, to) the end of the body? "  | - TAG": margin and chomp. */
static bool is_end_line(const struct pp_lex *l, size_t from, size_t to, const char *tag, size_t len,
			struct pp_heredoc *ret)
{
	size_t i = skip_blanks(l, from, to), margin = 0;
	bool chomp = false;

	if (i < to && l->src[i] == '|') {
		margin = i - from;
		i = skip_blanks(l, i + 1, to);
	}
	if (i < to && l->src[i] == '-') {
		chomp = true;
		i = skip_blanks(l, i + 1, to);
	}
	if (to - i < len || memcmp(l->src + i, tag, len) != 0)
		return false;
	for (i += len; i < to; i++)
		if (l->src[i] != ' ' && l->src[i] != '\t' && l->src[i] != '\r')
			return false;
	ret->margin = (uint32_t)margin;
	ret->chomp = chomp;
	return true;
}

struct pp_token pp_lex_heredoc_tag(struct pp_lex *l, struct pp_token t)
{
	size_t open = l->pos + 2, window = l->end - open < TAG_MAX ? l->end - open : TAG_MAX;
	const char *nl = memchr(l->src + open, '\n', window);
	const char *close = memchr(l->src + open, ')', nl ? (size_t)(nl - l->src) - open : window);
	struct pp_heredoc *h = &l->heredoc;
	size_t to, from, tag, tag_end;

	if (l->in_heredoc)
		return error(l, t, "a heredoc inside of a heredoc, which is not read");
	if (!close)
		return error(l, t, "'@(' without ')' on the same line");
	to = (size_t)(close - l->src);
	*h = (struct pp_heredoc){ .interpolate = false };
	tag = skip_blanks(l, open, to);
	if (tag < to && l->src[tag] == '"') {
		const char *quote = memchr(l->src + tag + 1, '"', to - tag - 1);

		if (!quote)
			return error(l, t, "the tag of a heredoc has one '\"' only");
		h->interpolate = true;
		tag_end = (size_t)(quote - l->src);
		tag++;
		from = tag_end + 1;
	} else {
		for (tag_end = tag; tag_end < to && l->src[tag_end] != ':' && l->src[tag_end] != '/'; tag_end++)
			;
		from = tag_end;
		while (tag_end > tag && l->src[tag_end - 1] == ' ')
			tag_end--;
	}
	if (tag_end == tag)
		return error(l, t, "a heredoc without a tag");
	for (; from < to; from++)
		if (l->src[from] == '/') {
			size_t n = to - from - 1;

			if (n >= sizeof(h->escapes))
				return error(l, t, "a heredoc with too many escapes");
			memcpy(h->escapes, n ? l->src + from + 1 : "*", n ? n : 1);
			break;
		}
	h->start = l->heredoc_end ? l->heredoc_end : line_end(l, open) + 1;
	h->line = l->heredoc_end ? l->heredoc_line : l->line + 1;
	l->heredoc_line = h->line;
	for (size_t i = h->start; i < l->end;) {
		size_t e = line_end(l, i);

		l->heredoc_line++;

		if (is_end_line(l, i, e, l->src + tag, tag_end - tag, h)) {
			h->end = i;
			l->heredoc_end = e < l->end ? e + 1 : l->end;
			t.kind = l->last = T_HEREDOC;
			l->pos = to + 1;
			return t;
		}
		i = e + 1;
	}
	return error(l, t, "a heredoc without the line that ends it");
}

void pp_lex_heredoc(const struct pp_lex *l, struct pp_lex *ret)
{
	const struct pp_heredoc *h = &l->heredoc;
	size_t n = 0, len = h->end - h->start;
	char *body = arena_dupn(l->arena, l->src + h->start, len);

	/* without the margin; a line that is shorter loses what it has */
	for (size_t i = 0; i < len;) {
		size_t skip = 0;

		while (skip < h->margin && i < len && (body[i] == ' ' || body[i] == '\t')) {
			i++;
			skip++;
		}
		while (i < len && body[i] != '\n')
			body[n++] = body[i++];
		if (i < len)
			body[n++] = body[i++];
	}
	if (h->chomp && n && body[n - 1] == '\n')
		n--;
	body[n] = '\0';
	*ret = (struct pp_lex){ .arena = l->arena, .src = body, .end = n, .line = h->line, .indent = h->margin,
		.tokens = l->tokens, .last = T_SEMIC, .in_heredoc = true };
}
