#include "base/yaml_scalar.h"
#include "base/text.h"

void yaml_edit_clear(struct yaml_edit *x)
{
	buf_free(&x->bytes);
}

/* One character of checked UTF-8. */
static size_t decode(const char *s, uint32_t *ret)
{
	unsigned char c = (unsigned char)s[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	uint32_t value = n == 1 ? c : c & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		value = value << 6 | ((unsigned char)s[i] & 0x3f);
	*ret = value;
	return n;
}

/* What YAML 1.1 lets stand as it is within a line: no control characters, none of its five line breaks, no BOM. */
static bool is_plain_sight(uint32_t c)
{
	if (c == '\t')
		return true;
	if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff)
		return false;
	return c != 0xfffe && c != 0xffff;
}

static bool is_one_line(const char *s, size_t len)
{
	uint32_t c;

	for (size_t i = 0; i < len;) {
		i += decode(s + i, &c);
		if (!is_plain_sight(c))
			return false;
	}
	return true;
}

static bool is_word(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == len && strncasecmp(s, *words, len) == 0)
			return true;
	return false;
}

static bool is_integer(const char *s, size_t len)
{
	if (len == 0 || len > 18 || s[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* Text that every reader of YAML 1.1 and 1.2 takes for a string, in block and in flow; or the type of the old value. */
static bool may_be_plain(const char *s, size_t len, const struct yaml_node *old)
{
	static const char *const other_types[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null", NULL };
	static const char *const truths[] = { "true", "false", NULL };

	if (is_integer(s, len) && is_integer(old->text, old->len))
		return true;
	if (is_word(s, len, truths) && is_word(old->text, old->len, truths))
		return true;
	if (len == 0 || !((s[0] >= 'a' && s[0] <= 'z') || (s[0] >= 'A' && s[0] <= 'Z')))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= '0' && s[i] <= '9') ||
		      strchr("._/+-@=", s[i])))
			return false;
	return !is_word(s, len, other_types);
}

static void add_single(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\'')
			(void)buf_char(b, '\'');
		(void)buf_char(b, s[i]);
	}
}

static void add_double(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		uint32_t c;
		size_t n = decode(s + i, &c);

		if (c == '"' || c == '\\')
			(void)buf_printf(b, "\\%c", (char)c);
		else if (c == '\n')
			(void)buf_str(b, "\\n");
		else if (c == '\t')
			(void)buf_str(b, "\\t");
		else if (is_plain_sight(c))
			(void)buf_add(b, s + i, n);
		else if (c < 0x100)
			(void)buf_printf(b, "\\x%02X", c);
		else
			(void)buf_printf(b, "\\u%04X", c);
		i += n;
	}
}

static int edit_plain(const struct yaml_source *s, const struct yaml_node *n, const char *value, size_t len,
		      struct yaml_edit *x, struct err *e)
{
	if (may_be_plain(value, len, n))
		return buf_add(&x->bytes, value, len);
	if (!is_one_line(value, len))
		return yaml_err(e, s->name, n, "a plain value stands here, it holds one line of printable text: "
				"write the old value as a literal block or in double quotes first");
	(void)buf_char(&x->bytes, '\'');
	add_single(&x->bytes, value, len);
	return buf_char(&x->bytes, '\'');
}

static int edit_quoted(const struct yaml_source *s, const struct yaml_node *n, const char *value, size_t len,
		       struct yaml_edit *x, struct err *e)
{
	if (x->to - x->from < 2)
		return yaml_err(e, s->name, n, "the quotes of this value were not found");
	x->from++;
	x->to--;
	if (n->style == YAML_DOUBLE) {
		add_double(&x->bytes, value, len);
		return 0;
	}
	if (!is_one_line(value, len))
		return yaml_err(e, s->name, n, "a single-quoted value stands here, it holds one line of printable "
				"text: write the old value as a literal block or in double quotes first");
	add_single(&x->bytes, value, len);
	return 0;
}

static size_t newlines_behind(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[len - 1 - n] == '\n')
		n++;
	return n;
}

static size_t run_of(char c, const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] == c)
		n++;
	return n;
}

static size_t line_end(const struct yaml_source *s, size_t at)
{
	while (at < s->len && s->text[at] != '\n' && s->text[at] != '\r')
		at++;
	return at;
}

static size_t break_len(const struct yaml_source *s, size_t at)
{
	if (at >= s->len)
		return 0;
	return s->text[at] == '\r' && at + 1 < s->len && s->text[at + 1] == '\n' ? 2 : 1;
}

struct block {
	char chomp;            /* '-', '+' or 0 */
	bool fixed;            /* has an indentation indicator */
	size_t body, last;     /* first byte of the body; behind its last line that is not blank, without the break */
	size_t indent;
	const char *line_break;
};

static bool look_at_block(const struct yaml_source *s, const struct yaml_node *n, size_t head, struct block *ret)
{
	struct block b = { 0 };
	size_t end = line_end(s, head);

	for (size_t i = head + 1; i < end && strchr("+-123456789", s->text[i]); i++) {
		if (s->text[i] == '+' || s->text[i] == '-')
			b.chomp = s->text[i];
		else
			b.fixed = true;
	}
	b.line_break = break_len(s, end) == 2 ? "\r\n" : end < s->len && s->text[end] == '\r' ? "\r" : "\n";
	b.body = end + break_len(s, end);

	bool first = true;

	for (size_t at = b.body; at < n->end;) {
		size_t stop = line_end(s, at), spaces = run_of(' ', s->text + at, stop - at);

		if (at + spaces < stop && first) {
			/* What the value's own first line has of leading spaces is not indentation. */
			size_t value_first = run_of('\n', n->text, n->len);
			size_t value_indent = run_of(' ', n->text + value_first, n->len - value_first);

			if (value_indent >= spaces)
				return false;
			b.indent = spaces - value_indent;
			first = false;
		}
		if (!first && stop - at > b.indent)
			b.last = stop;
		at = stop + break_len(s, stop);
		if (stop >= s->len)
			break;
	}
	*ret = b;
	return !first;
}

static void add_lines(struct buf *out, const struct block *b, const char *s, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *nl = memchr(s + at, '\n', len - at);
		size_t n = nl ? (size_t)(nl - s) - at : len - at;

		for (size_t i = 0; n > 0 && i < b->indent; i++)
			(void)buf_char(out, ' ');
		(void)buf_add(out, s + at, n);
		if (nl)
			(void)buf_str(out, b->line_break);
		at += n + (nl ? 1 : 0);
	}
}

/* A literal block, or a folded one that takes one line: within it nothing is folded. */
static int edit_block(const struct yaml_source *s, const struct yaml_node *n, const char *value, size_t len,
		      struct yaml_edit *x, struct err *e)
{
	bool folded = n->style == YAML_FOLDED;
	const char *kind = folded ? "folded block '>" : "literal block '|";
	struct block b;
	size_t had = newlines_behind(n->text, n->len), has = newlines_behind(value, len), core = len - has;
	size_t first = run_of('\n', value, len);

	if (!look_at_block(s, n, x->from, &b))
		return yaml_err(e, s->name, n, "the lines of this block were not found");
	if (core == 0)
		return yaml_err(e, s->name, n, "a %s' stands here: it cannot hold an empty value", kind);
	if (folded && memchr(value, '\n', core))
		return yaml_err(e, s->name, n, "a %s' stands here, it takes one line: "
				"write the old value as '|' or in double quotes first", kind);
	for (size_t i = 0; i < core;) {
		uint32_t c;

		i += decode(value + i, &c);
		if (c != '\n' && !is_plain_sight(c))
			return yaml_err(e, s->name, n, "a %s' stands here: it holds printable text only", kind);
	}
	if (!b.fixed && (value[first] == ' ' || value[first] == '\t'))
		return yaml_err(e, s->name, n, "a %s' stands here: its first line cannot start with a space", kind);
	if (b.chomp != '+' && has != had)
		return yaml_err(e, s->name, n, "a %s%s' stands here: the value must end in %s", kind,
				b.chomp ? "-" : "", had ? "exactly one newline" : "no newline");
	if (b.chomp == '+' && has == 0)
		return yaml_err(e, s->name, n, "a %s+' stands here: the value must end in a newline", kind);

	x->from = b.body;
	x->to = has == had ? b.last : n->end;
	add_lines(&x->bytes, &b, value, has == had ? core : len);
	return 0;
}

/* Double quotes can hold a NUL, nothing else can. */
static bool is_text(const char *s, size_t len, bool nul_allowed)
{
	const char *nul;

	while (nul_allowed && (nul = memchr(s, '\0', len))) {
		size_t n = (size_t)(nul - s);

		if (!text_is_utf8(s, n))
			return false;
		s += n + 1;
		len -= n + 1;
	}
	return text_is_utf8(s, len);
}

int yaml_scalar_edit(const struct yaml_source *s, const struct yaml_node *n, const char *value, size_t len,
		     struct yaml_edit *ret, struct err *e)
{
	_cleanup_(yaml_edit_clear) struct yaml_edit x = {
		.from = yaml_content_start(s, n),
		.to = n->end,
		.bytes = BUF_WIPED(YAML_MAX),
	};
	int r;

	if (!is_text(value, len, n->style == YAML_DOUBLE))
		return yaml_err(e, s->name, n, "the new value is not UTF-8 text: this place cannot hold it");
	if (x.from > x.to)
		return yaml_err(e, s->name, n, "the bytes of this value were not found");
	switch (n->style) {
	case YAML_PLAIN:
		r = edit_plain(s, n, value, len, &x, e);
		break;
	case YAML_SINGLE:
	case YAML_DOUBLE:
		r = edit_quoted(s, n, value, len, &x, e);
		break;
	default:
		r = edit_block(s, n, value, len, &x, e);
	}
	if (r < 0)
		return r;
	if (x.bytes.over)
		return err_set(e, ERR_LIMIT, "%s: the new value is larger than %zu bytes", s->name, YAML_MAX);
	*ret = x;
	x.bytes = (struct buf){ 0 };
	return 0;
}
