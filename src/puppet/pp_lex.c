#include "puppet/pp_lex.h"
#include "base/macro.h"
#include <string.h>

void pp_lex_begin(struct pp_lex *l, struct arena *a, const char *src, size_t len, bool is_template)
{
	*l = (struct pp_lex){ .arena = a, .src = src, .end = len, .line = 1, .last = T_SEMIC,
		.is_template = is_template, .in_text = is_template };
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_lower(c) || is_upper(c) || is_digit(c);
}

static char at(const struct pp_lex *l, size_t ahead)
{
	return l->pos + ahead < l->end ? l->src[l->pos + ahead] : '\0';
}

static bool looking_at(const struct pp_lex *l, const char *s)
{
	size_t n = strlen(s);

	return l->end - l->pos >= n && !memcmp(l->src + l->pos, s, n);
}

static struct pp_token error(struct pp_lex *l, struct pp_token t, const char *why)
{
	l->why = why;
	l->last = t.kind = T_ERROR;
	return t;
}

void pp_lex_newline(struct pp_lex *l)
{
	l->pos++;
	if (l->heredoc_end) {
		l->pos = l->heredoc_end;
		l->line = l->heredoc_line;
		l->heredoc_end = 0;
	} else {
		l->line++;
	}
	l->line_start = l->pos;
}

/* False when a comment does not end; ret is then where it begins. */
static bool skip_space(struct pp_lex *l, struct pp_token *ret)
{
	for (;;) {
		char c = at(l, 0);

		if (l->pos >= l->end)
			return true;
		if (c == '\n') {
			pp_lex_newline(l);
		} else if (is_space(c)) {
			l->pos++;
		} else if (c == '#') {
			/* in a template a comment ends with its tag */
			while (l->pos < l->end && at(l, 0) != '\n' && !(l->is_template && looking_at(l, "%>")))
				l->pos++;
		} else if (c == '/' && at(l, 1) == '*') {
			ret->line = l->line;
			ret->col = (uint32_t)(l->pos - l->line_start) + 1 + l->indent;
			l->pos += 2;
			while (l->pos < l->end && !looking_at(l, "*/")) {
				if (at(l, 0) == '\n')
					pp_lex_newline(l);
				else
					l->pos++;
			}
			if (l->pos >= l->end)
				return false;
			l->pos += 2;
		} else {
			return true;
		}
	}
}

/* Length of a name with its "::" parts at pos, whose parts begin with what `first` allows; 0: none. */
static size_t name_length(const struct pp_lex *l, bool (*first)(char), bool hyphens)
{
	size_t n = 0, good = 0;

	if (looking_at(l, "::"))
		n = 2;
	for (;;) {
		if (!first(at(l, n)))
			return good;
		while (is_word(at(l, n)) || (hyphens && at(l, n) == '-' && is_word(at(l, n + 1))))
			n++;
		good = n;
		if (at(l, n) != ':' || at(l, n + 1) != ':')
			return good;
		n += 2;
	}
}

static struct pp_token slice(struct pp_lex *l, struct pp_token t, enum pp_tok kind, size_t len)
{
	t.kind = kind;
	t.s = l->src + l->pos;
	t.len = (uint32_t)len;
	l->pos += len;
	l->last = kind;
	return t;
}

static const struct { const char *word; enum pp_tok kind; } words[] = {
	{ "and", T_AND }, { "case", T_CASE }, { "class", T_CLASS }, { "default", T_DEFAULT }, { "define", T_DEFINE },
	{ "else", T_ELSE }, { "elsif", T_ELSIF }, { "false", T_FALSE }, { "function", T_FUNCTION }, { "if", T_IF },
	{ "in", T_IN }, { "inherits", T_INHERITS }, { "node", T_NODE }, { "or", T_OR }, { "plan", T_PLAN },
	{ "true", T_TRUE }, { "type", T_TYPEDEF }, { "undef", T_UNDEF }, { "unless", T_UNLESS },
};

static struct pp_token name(struct pp_lex *l, struct pp_token t, size_t len)
{
	t = slice(l, t, T_NAME, len);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i].word) == len && !memcmp(words[i].word, t.s, len))
			l->last = t.kind = words[i].kind;
	return t;
}

/* Longest first. */
static const struct { const char *text; enum pp_tok kind; } signs[] = {
	{ "<<|", T_LLCOLLECT }, { "|>>", T_RRCOLLECT },
	{ "<|", T_LCOLLECT }, { "|>", T_RCOLLECT }, { "=>", T_FARROW }, { "+>", T_PARROW }, { "==", T_EQ },
		{ "!=", T_NE },
	{ "<=", T_LE }, { ">=", T_GE }, { "=~", T_MATCH }, { "!~", T_NOMATCH }, { "<<", T_SHL }, { ">>", T_SHR },
	{ "->", T_TO }, { "~>", T_NOTIFY }, { "<-", T_FROM }, { "<~", T_NOTIFIED }, { "+=", T_APPEND },
		{ "-=", T_REMOVE },
	{ "@@", T_ATAT },
	{ "{", T_LBRACE }, { "}", T_RBRACE }, { "[", T_LBRACK }, { "]", T_RBRACK }, { "(", T_LPAREN },
		{ ")", T_RPAREN },
	{ ",", T_COMMA }, { ";", T_SEMIC }, { ":", T_COLON }, { ".", T_DOT }, { "|", T_PIPE }, { "?", T_QMARK },
	{ "@", T_AT }, { "=", T_ASSIGN }, { "<", T_LT }, { ">", T_GT }, { "+", T_PLUS }, { "-", T_MINUS },
		{ "*", T_STAR },
	{ "/", T_SLASH }, { "%", T_PERCENT }, { "!", T_NOT },
};

static const char *const kind_names[] = {
	[T_END] = "the end of the file", [T_NAME] = "a name", [T_TYPE] = "a type's name", [T_VAR] = "a variable",
	[T_NUMBER] = "a number", [T_STRING] = "a string", [T_REGEX] = "a regular expression", [T_DQ] = "a string",
	[T_HEREDOC] = "a heredoc", [T_TEXT] = "a template's text", [T_RENDER] = "'<%='", [T_TAG_END] = "'%>'",
	[T_LIST] = "'['",
};

const char *pp_token_name(enum pp_tok kind)
{
	static char quoted[sizeof(signs) / sizeof(signs[0]) + sizeof(words) / sizeof(words[0])][12];

	if ((size_t)kind < ARRAY_SIZE(kind_names) && kind_names[kind])
		return kind_names[kind];
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (signs[i].kind == kind) {
			(void)snprintf(quoted[i], sizeof(quoted[i]), "'%s'", signs[i].text);
			return quoted[i];
		}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i].kind == kind) {
			char *q = quoted[ARRAY_SIZE(signs) + i];

			(void)snprintf(q, sizeof(quoted[0]), "'%s'", words[i].word);
			return q;
		}
	return "something else";
}

static bool regex_may_follow(enum pp_tok last)
{
	switch (last) {
	case T_RPAREN: case T_RBRACK: case T_RRCOLLECT: case T_RCOLLECT: case T_NAME: case T_TYPE: case T_STRING:
	case T_TRUE: case T_FALSE: case T_DQ: case T_HEREDOC: case T_REGEX: case T_VAR: case T_NUMBER:
		return false;
	default:
		return true;
	}
}

/* Length of "/.../" on one line, with \/ inside; 0: it is a division. */
static size_t regex_length(const struct pp_lex *l)
{
	for (size_t n = 1; l->pos + n < l->end && at(l, n) != '\n'; n++) {
		if (at(l, n) == '\\')
			n++;
		else if (at(l, n) == '/')
			return n + 1;
	}
	return 0;
}

static size_t number_length(const struct pp_lex *l)
{
	size_t n = 0;

	while (is_word(at(l, n)) || (at(l, n) == '.' && is_digit(at(l, n + 1)))
	       || (at(l, n) == '-' && n > 0 && (at(l, n - 1) | 0x20) == 'e' && is_digit(at(l, n + 1))
		   && at(l, 1) != 'x'))
		n++;
	return n;
}

/* '...' with \\ and \' inside. */
static struct pp_token single(struct pp_lex *l, struct pp_token t)
{
	size_t from = l->pos + 1, n = 0;
	bool plain = true;
	char *copy;

	for (l->pos++; l->pos < l->end && at(l, 0) != '\'';) {
		if (at(l, 0) == '\n') {
			pp_lex_newline(l);
			continue;
		}
		if (at(l, 0) == '\\' && (at(l, 1) == '\\' || at(l, 1) == '\'')) {
			plain = false;
			l->pos++;
		}
		l->pos++;
	}
	if (l->pos >= l->end)
		return error(l, t, "a string in single quotes does not end");
	t.s = l->src + from;
	t.len = (uint32_t)(l->pos - from);
	l->pos++;
	l->last = t.kind = T_STRING;
	if (plain)
		return t;
	copy = arena_dupn(l->arena, t.s, t.len);
	for (size_t i = 0; i < t.len; i++) {
		if (t.s[i] == '\\' && i + 1 < t.len && (t.s[i + 1] == '\\' || t.s[i + 1] == '\''))
			i++;
		copy[n++] = t.s[i];
	}
	t.s = copy;
	t.len = (uint32_t)n;
	return t;
}

/* The text of a template up to its next tag. */
static struct pp_token text(struct pp_lex *l, struct pp_token t)
{
	size_t from = l->pos;

	while (l->pos < l->end && !(looking_at(l, "<%") && at(l, 2) != '%')) {
		if (looking_at(l, "<%%"))
			l->pos += 3;
		else if (at(l, 0) == '\n')
			pp_lex_newline(l);
		else
			l->pos++;
	}
	if (l->pos > from) {
		t.kind = l->last = T_TEXT;
		t.s = l->src + from;
		t.len = (uint32_t)(l->pos - from);
		return t;
	}
	if (l->pos >= l->end)
		return slice(l, t, T_END, 0);
	if (looking_at(l, "<%#")) {
		while (l->pos < l->end && !looking_at(l, "%>")) {
			if (at(l, 0) == '\n')
				pp_lex_newline(l);
			else
				l->pos++;
		}
		if (l->pos >= l->end)
			return error(l, t, "a comment of the template does not end with '%>'");
		l->pos += 2;
		return slice(l, t, T_TAG_END, 0);
	}
	l->in_text = false;
	if (looking_at(l, "<%="))
		return slice(l, t, T_RENDER, 3);
	t = slice(l, t, T_TAG_END, 2);
	if (at(l, 0) == '-')
		l->pos++;
	return t;
}

static struct pp_token code(struct pp_lex *l, struct pp_token t)
{
	char c = at(l, 0);
	size_t n;

	if (l->is_template && (looking_at(l, "%>") || looking_at(l, "-%>"))) {
		l->in_text = true;
		return slice(l, t, T_TAG_END, c == '-' ? 3 : 2);
	}
	if (is_lower(c) || (c == ':' && at(l, 1) == ':' && is_lower(at(l, 2))))
		return name(l, t, name_length(l, is_lower, true));
	if (is_upper(c) || (c == ':' && at(l, 1) == ':' && is_upper(at(l, 2))))
		return slice(l, t, T_TYPE, name_length(l, is_upper, false));
	if (is_digit(c))
		return slice(l, t, T_NUMBER, number_length(l));
	if (c == '\'')
		return single(l, t);
	if (c == '"') {
		t = slice(l, t, T_DQ, 1);
		return t;
	}
	if (c == '$') {
		l->pos++;
		n = name_length(l, is_word, false);
		return n ? slice(l, t, T_VAR, n) : error(l, t, "'$' without a variable's name behind it");
	}
	if (c == '@' && at(l, 1) == '(')
		return pp_lex_heredoc_tag(l, t);
	if (c == '/' && regex_may_follow(l->last) && (n = regex_length(l)) > 0) {
		t = slice(l, t, T_REGEX, n);
		t.s++;
		t.len -= 2;
		return t;
	}
	if (c == '[' && (t.spaced || l->pos == 0))
		return slice(l, t, T_LIST, 1);
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
		if (looking_at(l, signs[i].text))
			return slice(l, t, signs[i].kind, strlen(signs[i].text));
	return error(l, t, "a character that the language does not know here");
}

struct pp_token pp_lex_next(struct pp_lex *l)
{
	struct pp_token t = { .kind = T_ERROR };
	size_t before = l->pos;
	bool ends = true;

	if (!l->in_text)
		ends = skip_space(l, &t);
	if (!ends)
		return error(l, t, "a comment does not end with '*/'");
	t.spaced = l->pos > before;
	t.line = l->line;
	t.first = l->line != l->last_line;
	l->last_line = l->line;
	t.col = (uint32_t)(l->pos - l->line_start) + 1 + l->indent;
	t.s = l->src + l->pos;
	if (++l->tokens > PP_TOKENS_MAX)
		return error(l, t, "more words and signs than are read of one file");
	if (l->in_text)
		return text(l, t);
	if (l->pos >= l->end) {
		if (l->is_template)
			return error(l, t, "a tag of the template does not end with '%>'");
		return slice(l, t, T_END, 0);
	}
	return code(l, t);
}

struct pp_token pp_lex_peek(const struct pp_lex *l)
{
	struct pp_lex copy = *l;

	return pp_lex_next(&copy);
}
