#include "match/rules_parts.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

#define NAMES_MAX (RULE_PARTS_MAX + 1)

/* A later file's part counts before an earlier one of the same name. */
static const char *find(const struct rules *r, const char *name, size_t len)
{
	for (uint32_t i = r->n_parts; i-- > 0;)
		if (strlen(r->parts[i].name) == len && memcmp(r->parts[i].name, name, len) == 0)
			return r->parts[i].text;
	return NULL;
}

static bool unknown(struct loader *l, const struct yaml_node *n, const struct rules *r, const char *name, size_t len)
{
	const char *names[NAMES_MAX];
	_cleanup_(freep) char *wrong = mem_dupn(name, len);
	uint32_t count = 0;

	for (uint32_t i = 0; i < r->n_parts && count < NAMES_MAX; i++)
		names[count++] = r->parts[i].name;
	return problem_at(l, n, "there is no part '%%{%.60s}'%s", wrong, hint_words(wrong, names, count));
}

const char *rules_fill(struct loader *l, const struct yaml_node *n, const struct rules *r, const char *text)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(RULE_PATTERN_MAX);

	while (*text) {
		const char *open = strstr(text, "%{"), *close = open ? strchr(open, '}') : NULL;

		if (!close) {
			(void)buf_str(&b, text);
			break;
		}
		const char *part = find(r, open + 2, (size_t)(close - open - 2));

		if (!part) {
			(void)unknown(l, n, r, open + 2, (size_t)(close - open - 2));
			return NULL;
		}
		(void)buf_add(&b, text, (size_t)(open - text));
		(void)buf_str(&b, part);
		text = close + 1;
	}
	if (b.over) {
		(void)problem_at(l, n, "a pattern of more than %u bytes, with its parts filled in", RULE_PATTERN_MAX);
		return NULL;
	}
	return arena_dup(l->keep, buf_text(&b));
}

bool rules_take_parts(struct loader *l, const struct yaml_node *n, struct rules *r)
{
	if (n->kind != YAML_MAP)
		return problem_at(l, n, "'parts' is no map: expected 'NAME: pattern' for each part");
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		const char *name, *text;

		if (!scalar(l, c->key, "the name of a part", &name) || !scalar(l, c, name, &text))
			return false;
		if (!text_is_name(name))
			return problem_at(l, c->key, "'%.60s' is no name of a part: expected a-z, 0-9, '-' and '_'",
					  name);
		if (strlen(text) > RULE_PATTERN_MAX || strstr(text, "%{"))
			return problem_at(l, c,
					  "part '%s' is wrong: expected at most %u bytes, and no other part in it",
					  name, RULE_PATTERN_MAX);
		if (!GROW(r->parts, r->n_parts, r->cap_parts, RULE_PARTS_MAX))
			return problem_at(l, c, "more than %u parts", RULE_PARTS_MAX);
		r->parts[r->n_parts++] = (struct rule_part){ arena_dup(l->keep, name), arena_dup(l->keep, text) };
	}
	return true;
}
