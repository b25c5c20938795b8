#include "search/accepted.h"
#include "base/mem.h"
#include "model/register_parts.h"
#include <string.h>

static const char *check_hex(const char *s)
{
	return strlen(s) == 16 && strspn(s, "0123456789abcdef") == 16 ? NULL
		: "16 hexadecimal digits, as `firebreak scan` shows them";
}

static const char *check_salt(const char *s)
{
	return strlen(s) == ACCEPTED_SALT_HEX && strspn(s, "0123456789abcdef") == ACCEPTED_SALT_HEX ? NULL
		: "64 hexadecimal digits that chance made (`openssl rand -hex 32`)";
}

#define AT(field) offsetof(struct accepted_line, field)
static const struct key line_keys[] = {
	{ "fingerprint", take_text, AT(fingerprint), .check = check_hex },
	{ "rule", take_text, AT(rule), .check = check_name },
	{ "file", take_text, AT(file), .check = check_pattern },
	{ "tag", take_text, AT(tag), .check = check_hex },
	{ "why", take_text, AT(why), .required = true },
};
#undef AT

static bool take_version(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (strcmp(text, "1") != 0)
		return problem_at(l, n, "'accepted: %.60s' is a format that is not known here: expected 'accepted: 1'",
				  text);
	return true;
}

static bool take_lines(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct accepted *a = item;
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'%s' is no list: expected '- {fingerprint: ..., why: ...}' for each finding",
				  k->name);
	if (n->count > k->limit)
		return problem_at(l, n, "'%s' has %u lines: at most %u are taken", k->name, n->count, k->limit);
	a->line = arena_zero(l->keep, n->count * sizeof(*a->line));
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		struct accepted_line *line = &a->line[a->n++];

		line->at = position_of(l, c);
		ok = take_map(l, c, line_keys, ARRAY_SIZE(line_keys), line, "the line") && ok;
		if (!line->fingerprint && !line->rule && !line->file && !line->tag)
			ok = problem_at(l, c, "the line would accept everything: expected 'fingerprint', 'rule', "
					"'file' or 'tag' beside 'why'");
	}
	return ok;
}

static const struct key file_keys[] = {
	{ "accepted", take_version, 0, .required = true },
	{ "salt", take_text, offsetof(struct accepted, salt), .check = check_salt },
	{ "list", take_lines, 0, .required = true, .limit = ACCEPTED_MAX },
};

int accepted_read(const struct source *file, struct accepted *ret, struct strv *problems, struct err *e)
{
	_cleanup_(arena_freep) struct arena *draft = arena_new(), *tree = arena_new();
	struct yaml_node *root = NULL;

	if (!ret->arena)
		ret->arena = arena_new();
	struct loader l = { .keep = ret->arena, .draft = draft, .noun = "file of accepted findings",
			    .problems = problems, .file = arena_dup(ret->arena, file->name) };

	int r = yaml_parse(tree, l.file, file->text, file->len, &root, e);
	if (r < 0)
		return r;
	if (!root)
		return err_set(e, ERR_CONFIG, "%s: the file is empty: expected 'accepted: 1' and a list", l.file);
	(void)take_map(&l, root, file_keys, ARRAY_SIZE(file_keys), ret, "the file");
	return l.n_problems ? err_set(e, ERR_CONFIG, "%s", l.first.text) : 0;
}

static bool same(const char *wanted, const char *is)
{
	return !wanted || (is && !strcmp(wanted, is));
}

const struct accepted_line *accepted_find(struct accepted *a, const char *fingerprint, const char *rule,
					  const char *file, const char *tag)
{
	for (uint32_t i = 0; i < a->n; i++) {
		struct accepted_line *l = &a->line[i];

		if (same(l->fingerprint, fingerprint) && same(l->rule, rule) && same(l->tag, tag) &&
		    (!l->file || (file && register_path_fits(l->file, file)))) {
			l->used = true;
			return l;
		}
	}
	return NULL;
}

void accepted_free(struct accepted *a)
{
	arena_free(a->arena);
	*a = (struct accepted){ 0 };
}
