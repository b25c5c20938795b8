/* The parts of a string that others are put into: text with escapes, $name, ${expression}. */
#include "puppet/pp_lex.h"
#include "base/macro.h"
#include <string.h>

static char at(const struct pp_lex *l, size_t ahead)
{
	return l->pos + ahead < l->end ? l->src[l->pos + ahead] : '\0';
}

static bool is_word(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "$name", "$a::b", "$::c" with its '$' so far ahead; 0 when it is only a dollar sign. */
static size_t name_length(const struct pp_lex *l, size_t ahead)
{
	size_t n = 0, good = 0;

	ahead++;
	if (at(l, ahead) == ':' && at(l, ahead + 1) == ':')
		n = 2;
	while (is_word(at(l, ahead + n))) {
		while (is_word(at(l, ahead + n)))
			n++;
		good = n;
		if (at(l, ahead + n) == ':' && at(l, ahead + n + 1) == ':')
			n += 2;
	}
	return good;
}

/* Does the backslash before `c` mean something? */
static bool is_escape(const char *allowed, char c)
{
	if (!c)
		return false;
	return allowed[0] == '*' || strchr(allowed, c == '\n' ? 'L' : c) || (c == '\\' && allowed[0]);
}

/* Bytes up to what ends this part. */
static size_t part_length(const struct pp_lex *l, const struct pp_string *how)
{
	size_t n = 0;

	while (l->pos + n < l->end) {
		char c = at(l, n);

		if (c == '"' && !how->heredoc)
			break;
		if (c == '$' && !l->no_values && (at(l, n + 1) == '{' || name_length(l, n) > 0))
			break;
		n += c == '\\' && is_escape(how->escapes, at(l, n + 1)) ? 2 : 1;
	}
	return n;
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \uXXXX or \u{X...} behind the backslash; the bytes that were used, 0 when it is none. */
static size_t unicode(const struct pp_lex *l, char *out, size_t *n)
{
	uint32_t c = 0;
	size_t i = 2, digits = 0;
	bool braces = at(l, i) == '{';

	for (i += braces; digits < (braces ? 6 : 4) && hex(at(l, i)) >= 0; i++, digits++)
		c = c << 4 | (uint32_t)hex(at(l, i));
	if (!digits || (braces && at(l, i) != '}') || (!braces && digits != 4))
		return 0;
	/* what no text can hold becomes the sign for that */
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	*n += put_utf8(out + *n, c);
	return i + braces;
}

static const struct { char letter, byte; } simple[] = {
	{ '\\', '\\' }, { '"', '"' }, { '\'', '\'' }, { '$', '$' }, { 'n', '\n' }, { 'r', '\r' }, { 't', '\t' },
		{ 's', ' ' },
};

/* What the backslash at pos makes. */
static void escape(struct pp_lex *l, const char *allowed, char *out, size_t *n)
{
	char c = at(l, 1);
	size_t used;

	if (is_escape(allowed, c)) {
		if (c == 'u' && (used = unicode(l, out, n)) > 0) {
			l->pos += used;
			return;
		}
		if (c == '\n') {
			l->pos++;
			pp_lex_newline(l);
			return;
		}
		for (size_t i = 0; i < ARRAY_SIZE(simple); i++)
			if (simple[i].letter == c) {
				out[(*n)++] = simple[i].byte;
				l->pos += 2;
				return;
			}
	}
	out[(*n)++] = '\\';
	l->pos++;
}

static void text(struct pp_lex *l, const struct pp_string *how, struct pp_token *ret)
{
	/* never longer than what stands for it */
	size_t stop = l->pos + part_length(l, how), n = 0;
	char *out = arena_zero(l->arena, stop - l->pos + 8);

	while (l->pos < stop && l->pos < l->end) {
		if (at(l, 0) == '\\') {
			escape(l, how->escapes, out, &n);
		} else {
			out[n++] = at(l, 0);
			if (at(l, 0) == '\n')
				pp_lex_newline(l);
			else
				l->pos++;
		}
	}
	ret->s = out;
	ret->len = (uint32_t)n;
}

enum pp_part pp_lex_part(struct pp_lex *l, const struct pp_string *how, struct pp_token *ret_text,
			 struct pp_token *ret_name)
{
	struct pp_token t = { .kind = T_STRING, .line = l->line,
		.col = (uint32_t)(l->pos - l->line_start) + 1 + l->indent };
	size_t name;

	text(l, how, &t);
	*ret_text = t;
	if (l->pos >= l->end && !how->heredoc) {
		l->why = "a string in double quotes does not end";
		return PART_ERROR;
	}
	if (l->pos >= l->end || at(l, 0) == '"') {
		l->pos += !how->heredoc;
		l->last = T_STRING;
		return PART_END;
	}
	l->last = T_SEMIC;
	if (at(l, 1) == '{') {
		l->pos += 2;
		return PART_EXPR;
	}
	name = name_length(l, 0);
	*ret_name = (struct pp_token){ .kind = T_VAR, .line = l->line,
		.col = (uint32_t)(l->pos - l->line_start) + 1 + l->indent, .s = l->src + l->pos + 1,
		.len = (uint32_t)name };
	l->pos += 1 + name;
	return PART_VAR;
}
