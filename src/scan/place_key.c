#include "scan/place_key.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

static bool stands_at_the_top(const struct yaml_node *top, const char *key)
{
	return yaml_get(top, key) != NULL;
}

static int no_form(const char *key, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4 * PLACE_KEY_MAX);

	text_visible(&b, key, strnlen(key, 80));
	return err_set(e, ERR_CONFIG, "'%s' is no key of Hiera: expected names with dots between them, those that "
		       "have dots themselves in quotes (a::b.'c.d'.0)", buf_text(&b));
}

/* The part that starts at s, ended with NUL in place; *ret_rest is behind the dot, or NULL at the end. */
static bool take_part(char *s, const char **ret_part, char **ret_rest)
{
	bool quoted = *s == '\'' || *s == '"';
	char *begin = quoted ? s + 1 : s, *end = quoted ? strchr(begin, *s) : begin + strcspn(begin, ".'\"");

	if (!end || end == begin)
		return false;

	char *behind = quoted ? end + 1 : end;

	if (*behind && *behind != '.')
		return false;
	*ret_rest = *behind ? behind + 1 : NULL;
	*end = '\0';
	*ret_part = begin;
	return true;
}

int place_path_make(const struct yaml_node *top, const char *key, struct place_path *ret, struct err *e)
{
	size_t n = 0;

	*ret = (struct place_path){ .text = mem_dup(key) };
	if (!strpbrk(key, ".'\"") || stands_at_the_top(top, key)) {
		ret->part[0] = ret->text;
		return 0;
	}
	for (char *rest = ret->text; rest; n++)
		if (n == PLACE_KEY_PARTS || !take_part(rest, &ret->part[n], &rest))
			return no_form(key, e);
	return 0;
}

void place_path_free(struct place_path *p)
{
	free(p->text);
	*p = (struct place_path){ 0 };
}

static bool looks_like_a_number(const char *s, size_t len)
{
	size_t i = len > 0 && s[0] == ':';

	i += i < len && (s[i] == '+' || s[i] == '-');
	for (size_t k = i; k < len; k++)
		if (s[k] < '0' || s[k] > '9')
			return false;
	return i < len;
}

bool place_key_spell(struct buf *key, const char *part, size_t len, bool word)
{
	bool single = memchr(part, '\'', len), twice = memchr(part, '"', len), first = key->len == 0;
	bool quote = single || twice || memchr(part, '.', len) || (word && !first && looks_like_a_number(part, len)) ||
		     (len > 0 && (part[0] == ' ' || part[len - 1] == ' '));

	if (len == 0 || memchr(part, '\0', len) || (single && twice))
		return false;
	if (!first)
		(void)buf_char(key, '.');
	if (quote)
		(void)buf_char(key, single ? '"' : '\'');
	(void)buf_add(key, part, len);
	if (quote)
		(void)buf_char(key, single ? '"' : '\'');
	return !key->over;
}
