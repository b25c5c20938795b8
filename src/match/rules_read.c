#include "match/rules_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include "match/sample.h"

#define SHOWN 60

const char *const rule_abouts[] = {
	"cloud", "code", "build", "chat", "mail", "payment", "monitoring", "database", "identity", "web", "system",
	"key", "hash", "general", NULL,
};
const char *const rule_ises[] = { [RULE_VALUE] = "value", [RULE_HASH] = "hash", [RULE_LOCKED] = "locked", NULL };

static const char *check_id(const char *s)
{
	return text_is_name(s) && !strpbrk(s, "/.") ? NULL
		: "a name of a-z, 0-9, '_' and '-' that begins with a letter or digit";
}

static const char *check_regex(const char *s)
{
	return *s && strlen(s) <= RULE_PATTERN_MAX && !strpbrk(s, "\n\r") ? NULL : "one line of 1 to 4000 bytes";
}

static const char *check_keyword(const char *s)
{
	size_t len = strlen(s);

	return len >= 2 && len <= 100 ? NULL : "a text of 2 to 100 bytes";
}

/* A sample that cannot be made would be a test that cannot fail. */
static const char *check_sample(const char *s)
{
	static _Thread_local struct err e;

	if (strlen(s) > RULE_SAMPLE_MAX)
		return "a text of at most 2000 bytes";
	return sample_check(s, &e) < 0 ? e.text : NULL;
}

static bool take_entropy(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	bool whole = text[0] >= '0' && text[0] <= '7' && !text[1];
	bool tenths = text[0] >= '0' && text[0] <= '7' && text[1] == '.' && text[2] >= '0' && text[2] <= '9' &&
		      !text[3];
	if (!whole && !tenths)
		return problem_at(l, n, "'%s' is wrong: expected bits for each byte, below 8, like '3.5'", k->name);
	*(uint32_t *)((char *)item + k->offset) = (uint32_t)(text[0] - '0') * 100 +
						  (tenths ? (uint32_t)(text[2] - '0') * 10 : 0);
	return true;
}

static const struct filter *filter_named(const char *name)
{
	for (size_t i = 0; i < filters_count; i++)
		if (!strcmp(filters[i].name, name))
			return &filters[i];
	return NULL;
}

static bool take_filters(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct rule *r = item;
	const char *names[64];
	struct words w;

	if (!list_words(l, n, k->limit, NULL, &w))
		return false;
	for (size_t i = 0; i < filters_count && i < ARRAY_SIZE(names); i++)
		names[i] = filters[i].name;
	for (uint32_t i = 0; i < w.n; i++) {
		const struct filter *f = filter_named(w.w[i].s);

		if (!f)
			return problem(l, (struct position){ w.file, w.w[i].line, w.w[i].col },
				       "no filter is called '%.*s'%s", SHOWN, w.w[i].s,
				       hint_words(w.w[i].s, names, filters_count));
		r->filters[r->n_filters++] = f;
	}
	return true;
}

#define AT(field) offsetof(struct rule, field)
static const struct key rule_keys[] = {
	{ "id", take_text, AT(id), .required = true, .check = check_id },
	{ "title", take_text, AT(title), .required = true },
	{ "about", take_choice, AT(about), .required = true, .words = rule_abouts },
	{ "is", take_choice, AT(is), .words = rule_ises },
	{ "pattern", take_text, AT(pattern), .required = true, .check = check_regex },
	{ "then", take_text, AT(then), .check = check_regex },
	{ "group", take_number, AT(group) },
	{ "keywords", take_texts, AT(keywords), .limit = RULE_KEYWORDS_MAX, .check = check_keyword },
	{ "entropy", take_entropy, AT(entropy) },
	{ "filter", take_filters, 0, .limit = RULE_FILTERS_MAX },
	{ "match", take_texts, AT(match), .required = true, .limit = RULE_SAMPLES_MAX, .check = check_sample },
	{ "no-match", take_texts, AT(no_match), .required = true, .limit = RULE_SAMPLES_MAX, .check = check_sample },
};
#undef AT

/* What a rule may leave away in a team's file is nothing: without samples nobody knows what it was meant for. */
static bool read_rule(struct loader *l, const struct rules *rules, const struct yaml_node *n, struct rule *r)
{
	const struct yaml_node *id = yaml_get(n, "id");
	_cleanup_(freep) char *what = id && id->kind == YAML_SCALAR ? mem_printf("rule '%.60s'", id->text)
								    : mem_dup("the rule");

	*r = (struct rule){ .group = -1, .at = position_of(l, n) };
	if (!take_map(l, n, rule_keys, ARRAY_SIZE(rule_keys), r, what))
		return false;
	r->pattern = rules_fill(l, yaml_get(n, "pattern"), rules, r->pattern);
	if (r->then)
		r->then = rules_fill(l, yaml_get(n, "then"), rules, r->then);
	return r->pattern && (r->then || !yaml_get(n, "then"));
}

static bool take_version(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (strcmp(text, "1") != 0)
		return problem_at(l, n, "'rules: %.60s' is a format that is not known here: expected 'rules: 1'", text);
	return true;
}

/* They were read before: a rule may stand above the parts that it uses. */
static bool take_parts(struct loader *l _unused_, const struct key *k _unused_, const struct yaml_node *n _unused_,
		       void *item _unused_)
{
	return true;
}

static bool take_off(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	return list_words(l, n, k->limit, k->check, &((struct rule_file *)item)->off);
}

static bool take_list(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct rule_file *f = item;
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'%s' is no list: expected '- id: ...' for each rule", k->name);
	if (n->count > k->limit)
		return problem_at(l, n, "'%s' has %u rules: at most %u are taken", k->name, n->count, k->limit);
	f->r = arena_zero(l->keep, n->count * sizeof(*f->r));
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		ok = read_rule(l, f->rules, c, &f->r[f->n]) && ok;
		f->n++;
	}
	return ok;
}

static const struct key file_keys[] = {
	{ "rules", take_version, 0, .required = true },
	{ "parts", take_parts, 0 },
	{ "off", take_off, 0, .limit = RULES_MAX, .check = check_id },
	{ "list", take_list, 0, .limit = RULES_MAX },
};

bool rules_read(struct loader *l, const struct yaml_node *root, struct rule_file *ret)
{
	const struct yaml_node *parts = yaml_get(root, "parts");

	if (parts && !yaml_is_null(parts) && !rules_take_parts(l, parts, ret->rules))
		return false;
	return take_map(l, root, file_keys, ARRAY_SIZE(file_keys), ret, "the file");
}
