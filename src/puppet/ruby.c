#include "puppet/ruby.h"
#include <string.h>

#define DEPTH 50
#define LITERAL_MAX 4096u /* bytes of a name, a path or a list of words */

static char at(const struct ruby *r, size_t ahead, size_t end)
{
	return r->pos + ahead < end ? r->src[r->pos + ahead] : '\0';
}

static bool is_word(char c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void ruby_advance(struct ruby *r, size_t to)
{
	for (; r->pos < to; r->pos++)
		if (r->src[r->pos] == '\n') {
			r->line++;
			r->line_start = r->pos + 1;
		}
}

static void blanks(struct ruby *r, size_t end)
{
	while (r->pos < end && (at(r, 0, end) == ' ' || at(r, 0, end) == '\t' || at(r, 0, end) == '\n'
				|| at(r, 0, end) == '\r'))
		ruby_advance(r, r->pos + 1);
}

static bool starts(const char *code, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !memcmp(code, word, n) && (len == n || !is_word(code[n]));
}

/* "if (x = @y)" keeps the value for later. */
static bool assigns(const char *code, size_t len)
{
	for (size_t i = 1; i + 1 < len; i++)
		if (code[i] == '=' && !strchr("=!<>~", code[i - 1]) && !strchr("=~>", code[i + 1]))
			return true;
	return false;
}

bool ruby_only_tests(const char *code, size_t len)
{
	static const char *const words[] = { "if", "elsif", "unless", "while", "until", "case", "when", "else", "end" };

	while (len && (*code == ' ' || *code == '\t' || *code == '\n' || *code == '-')) {
		code++;
		len--;
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (starts(code, len, words[i]))
			return !assigns(code, len);
	return false;
}

/* At a quote: behind the string; what is put into it is read as code. False: it does not end. */
static bool string(struct ruby *r, size_t end)
{
	char quote = at(r, 0, end);

	ruby_advance(r, r->pos + 1);
	while (r->pos < end && at(r, 0, end) != quote) {
		if (at(r, 0, end) == '\\') {
			ruby_advance(r, r->pos + 2 < end ? r->pos + 2 : end);
		} else if (quote == '"' && at(r, 0, end) == '#' && at(r, 1, end) == '{') {
			size_t nested = 1, stop = r->pos + 2;

			for (; stop < end && nested; stop++) {
				nested += r->src[stop] == '{';
				nested -= r->src[stop] == '}';
			}
			ruby_advance(r, r->pos + 2);
			if (r->depth < DEPTH) {
				r->depth++;
				(void)ruby_code(r, stop ? stop - 1 : stop);
				r->depth--;
			}
			ruby_advance(r, stop);
		} else {
			ruby_advance(r, r->pos + 1);
		}
	}
	if (r->pos >= end)
		return false;
	ruby_advance(r, r->pos + 1);
	return true;
}

/* Length of the quoted text that begins here and has nothing put into it; 0: it is none. */
static size_t plain_length(const struct ruby *r, size_t end)
{
	char quote = at(r, 0, end);

	for (size_t n = 1; r->pos + n < end && n < LITERAL_MAX; n++) {
		if (at(r, n, end) == quote)
			return n + 1;
		if (at(r, n, end) == '\\')
			n++;
		else if (quote == '"' && at(r, n, end) == '#' && at(r, n + 1, end) == '{')
			return 0;
	}
	return 0;
}

/* A quoted text or a :symbol, with blanks around; NULL: something else stands there, and nothing was taken. */
static const char *literal(struct ruby *r, size_t end)
{
	struct ruby before = *r;
	const char *s = NULL;
	size_t len;

	blanks(r, end);
	if (at(r, 0, end) == '\'' || at(r, 0, end) == '"') {
		len = plain_length(r, end);
		if (len) {
			s = arena_dupn(r->m->arena, r->src + r->pos + 1, len - 2);
			ruby_advance(r, r->pos + len);
		}
	} else if (at(r, 0, end) == ':' && is_word(at(r, 1, end))) {
		size_t n = 1;

		while (is_word(at(r, n, end)))
			n++;
		s = arena_dupn(r->m->arena, r->src + r->pos + 1, n - 1);
		ruby_advance(r, r->pos + n);
	}
	if (!s) {
		*r = before;
		return NULL;
	}
	blanks(r, end);
	return s;
}

static bool word_at(const struct ruby *r, size_t end, const char *word)
{
	return starts(r->src + r->pos, end - r->pos, word);
}

static bool take(struct ruby *r, size_t end, char c)
{
	blanks(r, end);
	if (at(r, 0, end) != c)
		return false;
	ruby_advance(r, r->pos + 1);
	return true;
}

/* ['a'][:b].fetch('c').dig('d', 'e') behind a variable. */
static void path(struct ruby *r, size_t end, struct ruby_ref *ref)
{
	size_t n = 0;

	while (n + 1 < ARRAY_SIZE(ref->path)) {
		struct ruby before = *r;
		const char *key;
		bool dots = at(r, 0, end) == '.';

		if (dots) {
			ruby_advance(r, r->pos + 1);
			if (!word_at(r, end, "fetch") && !word_at(r, end, "dig")) {
				*r = before;
				return;
			}
			ruby_advance(r, r->pos + (at(r, 0, end) == 'f' ? 5 : 3));
		}
		if (at(r, 0, end) != (dots ? '(' : '[')) {
			*r = before;
			return;
		}
		ruby_advance(r, r->pos + 1);
		while ((key = literal(r, end)) != NULL && n + 1 < ARRAY_SIZE(ref->path)) {
			ref->path[n++] = key;
			if (!dots || !take(r, end, ','))
				break;
		}
		if (!key || (at(r, 0, end) != ']' && at(r, 0, end) != ')')) {
			*r = before;
			return;
		}
		ruby_advance(r, r->pos + 1);
	}
}

/* "@x ? 'a' : 'b'", "@x == 'y'": only whether, not what. */
static bool is_tested(const struct ruby *r, size_t end)
{
	struct ruby look = *r;

	if (at(&look, 0, end) == '.' && (starts(r->src + r->pos + 1, end - r->pos - 1, "empty")
					 || starts(r->src + r->pos + 1, end - r->pos - 1, "nil")))
		return true;
	blanks(&look, end);
	if (at(&look, 0, end) == '?')
		return true;
	return (at(&look, 0, end) == '=' && at(&look, 1, end) == '=')
		|| (at(&look, 0, end) == '!' && at(&look, 1, end) == '=');
}

static struct ruby_ref ref_here(const struct ruby *r, enum ruby_kind kind)
{
	return (struct ruby_ref){ .kind = kind, .only_tests = r->only_tests, .line = r->line,
		.col = (uint32_t)(r->pos - r->line_start) + 1 };
}

static void tell(struct ruby *r, struct ruby_ref *ref, size_t end)
{
	if (ref->kind == RUBY_VAR) {
		path(r, end, ref);
		ref->only_tests |= is_tested(r, end);
	}
	if (r->found)
		r->found(r->context, ref);
}

static void variable(struct ruby *r, size_t end)
{
	struct ruby_ref ref = ref_here(r, RUBY_VAR);
	size_t n = 1;

	while (is_word(at(r, n, end)))
		n++;
	ref.name = arena_dupn(r->m->arena, r->src + r->pos + 1, n - 1);
	ruby_advance(r, r->pos + n);
	if (n > 1 && strcmp(ref.name, "scope") != 0)
		tell(r, &ref, end);
}

/* The first argument, in ( or [ or both; the text of the code when it is no literal. */
static void argument(struct ruby *r, size_t end, struct ruby_ref *ref)
{
	struct ruby before = *r;

	while (at(r, 0, end) == '(' || at(r, 0, end) == '[' || at(r, 0, end) == ' ')
		ruby_advance(r, r->pos + 1);
	ref->line = r->line;
	ref->col = (uint32_t)(r->pos - r->line_start) + 1;
	ref->name = literal(r, end);
	if (ref->name) {
		ref->has_default = at(r, 0, end) == ',';
		return;
	}
	size_t n = 0;
	while (n < 60 && at(r, n, end) && !strchr("])\n", at(r, n, end)))
		n++;
	ref->name = arena_dupn(r->m->arena, r->src + r->pos, n);
	ref->at_run_time = true;
	*r = before;
}

static const struct { const char *name; enum ruby_kind kind; } asks[] = {
	{ "lookup", RUBY_LOOKUP }, { "hiera", RUBY_LOOKUP }, { "hiera_array", RUBY_LOOKUP },
		{ "hiera_hash", RUBY_LOOKUP },
	{ "template", RUBY_TEMPLATE }, { "epp", RUBY_TEMPLATE }, { "file", RUBY_READ }, { "secret", RUBY_READ },
	{ "generate", RUBY_READ }, { "lookupvar", RUBY_VAR },
};

/* A function of the given name is called behind pos. */
static bool asked(struct ruby *r, size_t end, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++)
		if (strlen(asks[i].name) == len && !memcmp(asks[i].name, name, len)) {
			struct ruby_ref ref = ref_here(r, asks[i].kind);

			ref.how = asks[i].name;
			argument(r, end, &ref);
			if (ref.kind == RUBY_VAR) {
				(void)take(r, end, ')');
				if (ref.at_run_time)
					ref.kind = RUBY_UNKNOWN;
			}
			tell(r, &ref, end);
			return true;
		}
	return false;
}

static void call_function(struct ruby *r, size_t end)
{
	struct ruby before = *r;
	const char *name;

	(void)take(r, end, '(');
	name = literal(r, end);
	if (name && take(r, end, ',')) {
		blanks(r, end);
		if (asked(r, end, name, strlen(name)))
			return;
	}
	*r = before;
}

static void scope(struct ruby *r, size_t end)
{
	if (at(r, 0, end) == '(' && at(r, 1, end) == ')')
		ruby_advance(r, r->pos + 2);
	if (at(r, 0, end) == '[') {
		struct ruby_ref ref = ref_here(r, RUBY_VAR);

		argument(r, end, &ref);
		if (ref.at_run_time)
			ref.kind = RUBY_UNKNOWN;
		else
			(void)take(r, end, ']');
		tell(r, &ref, end);
	} else if (at(r, 0, end) == '.') {
		size_t n = 1;

		while (is_word(at(r, n, end)))
			n++;
		if (n == 8 && !memcmp(r->src + r->pos + 1, "to_hash", 7)) {
			struct ruby_ref ref = ref_here(r, RUBY_UNKNOWN);

			ref.name = "scope.to_hash";
			tell(r, &ref, end);
		}
	}
}

static void word(struct ruby *r, size_t end)
{
	const char *s = r->src + r->pos;
	bool behind_dot = r->pos > 0 && s[-1] == '.';
	size_t n = 0;

	while (is_word(at(r, n, end)))
		n++;
	ruby_advance(r, r->pos + n);
	if (n == 5 && !memcmp(s, "scope", 5)) {
		scope(r, end);
	} else if (n == 13 && !memcmp(s, "call_function", 13)) {
		call_function(r, end);
	} else if (n > 9 && !memcmp(s, "function_", 9) && behind_dot) {
		(void)asked(r, end, s + 9, n - 9);
	} else if (n == 9 && behind_dot && !memcmp(s, "lookupvar", 9)) {
		(void)asked(r, end, s, n);
	} else if (r->is_function && at(r, 0, end) == '(' && !behind_dot && is_lookup(s, n)
		   && !(s - r->src >= 4 && !memcmp(s - 4, "def ", 4))) {
		(void)asked(r, end, s, n);
	} else if ((n == 2 && !memcmp(s, "if", 2)) || (n == 6 && !memcmp(s, "unless", 6))) {
		/* behind what is put in: "<%= 'a' if @x %>" */
		r->only_tests = true;
	}
}

/* "/" that begins a regular expression; its length, or 0. */
static size_t regex(const struct ruby *r, size_t from, size_t end)
{
	size_t k = r->pos;

	while (k > from && (r->src[k - 1] == ' '))
		k--;
	if (k > from && !strchr("(,=~[{|&!", r->src[k - 1]))
		return 0;
	for (size_t n = 1; r->pos + n < end && at(r, n, end) != '\n'; n++) {
		if (at(r, n, end) == '\\')
			n++;
		else if (at(r, n, end) == '/')
			return n + 1;
	}
	return 0;
}

/* Length of %q(...), %r{...}, %w[...], which hold no code; 0: it is none. */
static size_t percent(const struct ruby *r, size_t end)
{
	static const char open[] = "({[<|!/", close[] = ")}]>|!/";
	const char *o;
	size_t nested = 1;

	if (!at(r, 1, end) || !strchr("qrwi", at(r, 1, end)) || !at(r, 2, end) || !(o = strchr(open, at(r, 2, end))))
		return 0;
	for (size_t n = 3; r->pos + n < end && n < LITERAL_MAX; n++) {
		if (at(r, n, end) == '\\')
			n++;
		else if (at(r, n, end) == close[o - open] && --nested == 0)
			return n + 1;
		else if (at(r, n, end) == *o)
			nested++;
	}
	return 0;
}

bool ruby_code(struct ruby *r, size_t end)
{
	bool good = true;
	size_t from = r->pos, n;

	while (r->pos < end) {
		char c = at(r, 0, end);

		if (c == '\'' || c == '"') {
			good &= string(r, end);
		} else if (c == '#') {
			while (r->pos < end && at(r, 0, end) != '\n')
				r->pos++;
		} else if (c == '@' && at(r, 1, end) == '@') {
			ruby_advance(r, r->pos + 2);
		} else if (c == '@') {
			variable(r, end);
		} else if (is_word(c)) {
			word(r, end);
		} else if ((c == '/' && (n = regex(r, from, end)) > 0) || (c == '%' && (n = percent(r, end)) > 0)) {
			ruby_advance(r, r->pos + n);
		} else {
			if (c == '\n')
				r->only_tests &= !r->is_function;
			ruby_advance(r, r->pos + 1);
		}
	}
	return good;
}
