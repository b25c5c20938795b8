#include "model/register_parts.h"
#include "base/mem.h"

const char *const trace_about_words[] = {
	[ABOUT_CONFIGURATION] = "configuration", [ABOUT_LOGS] = "logs", [ABOUT_PUPPET] = "puppet",
	[ABOUT_HISTORY] = "history", [ABOUT_DATA] = "data", [ABOUT_BACKUP] = "backup", NULL };

/* A whole machine is no answer to "where", and what the kernel shows is no file. */
static const char *check_looked_at(const char *s)
{
	const char *expected = check_absolute(s);

	if (expected)
		return expected;
	return s[1] && strcmp(s, "/proc") != 0 && strcmp(s, "/sys") != 0 && strcmp(s, "/dev") != 0 && !strchr(s, '[') &&
	       !strchr(s, '{') && !strchr(s, '\\') ? NULL
		: "a folder or file below '/', or a pattern of one with '*' and '?' ('/home/*/.bash_history')";
}

#define AT(field) offsetof(struct trace_place, field)
static const struct key look_keys[] = {
	{ "path", take_text, AT(path), .required = true, .check = check_looked_at },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
	{ "why", take_text, AT(why), .check = check_line },
	{ "about", take_choice, AT(about), .words = trace_about_words },
};
static const struct key leave_keys[] = {
	{ "path", take_text, AT(path), .required = true, .check = check_looked_at },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
	{ "why", take_text, AT(why), .required = true, .check = check_line },
};
#undef AT

static bool read_place(struct loader *l, const struct yaml_node *n, enum trace_what what)
{
	struct table *t = &l->table[TABLE_TRACE];
	struct trace_place *p = arena_zero(l->draft, sizeof(*p));

	if (!GROW(t->item, t->n, t->cap, LIMIT_TRACE))
		return problem_at(l, n, "too many places stand below 'trace': at most %u are taken", LIMIT_TRACE);
	t->item[t->n++] = p;
	p->at = position_of(l, n);
	p->what = what;
	p->about = what == TRACE_BACKUP ? ABOUT_BACKUP : ABOUT_DATA;
	return what == TRACE_LOOK ? take_map(l, n, look_keys, ARRAY_SIZE(look_keys), p, "the entry of 'look'")
		: what == TRACE_LEAVE ? take_map(l, n, leave_keys, ARRAY_SIZE(leave_keys), p, "the entry of 'leave'")
		: take_map(l, n, look_keys, ARRAY_SIZE(look_keys) - 1, p, "the entry of 'backups'");
}

static bool take_places(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	bool ok = true;

	if (n->kind != YAML_LIST)
		return problem_at(l, n, "'%s' is no list: expected '- path: ...' for each entry", k->name);
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next)
		ok = read_place(l, c, (enum trace_what)k->limit) && ok;
	return ok;
}

bool read_trace(struct loader *l, const struct yaml_node *n)
{
	static const struct key keys[] = {
		{ "look", take_places, 0, .limit = TRACE_LOOK },
		{ "leave", take_places, 0, .limit = TRACE_LEAVE },
		{ "backups", take_places, 0, .limit = TRACE_BACKUP },
	};

	return take_map(l, n, keys, ARRAY_SIZE(keys), NULL, "'trace'");
}

bool trace_is_for(const struct trace_place *p, uint32_t host)
{
	for (uint32_t i = 0; i < p->hosts.n; i++)
		if (p->hosts.i[i] == host)
			return true;
	return !p->hosts.n && p->what != TRACE_BACKUP;
}

/* --- the shipped list --- */

struct shipped { struct loader *l; struct trace_list *to; };

static bool take_one(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	static const struct key keys[] = {
		{ "path", take_text, offsetof(struct trace_place, path), .required = true, .check = check_looked_at },
		{ "about", take_choice, offsetof(struct trace_place, about), .required = true,
		  .words = trace_about_words },
	};
	struct trace_list *to = item;
	bool ok = true;

	if (n->kind != YAML_LIST || n->count > k->limit)
		return problem_at(l, n, "'%s' is no list of at most %u entries", k->name, k->limit);
	to->list = arena_zero(l->keep, n->count * sizeof(*to->list));
	for (const struct yaml_node *c = n->child; c && !enough(l); c = c->next) {
		struct trace_place *p = &to->list[to->n++];

		p->at = position_of(l, c);
		ok = take_map(l, c, keys, ARRAY_SIZE(keys), p, "the entry of 'list'") && ok;
	}
	return ok;
}

static bool take_version(struct loader *l, const struct key *k, const struct yaml_node *n, void *item _unused_)
{
	const char *text;

	return scalar(l, n, k->name, &text) &&
	       (strcmp(text, "1") == 0 || problem_at(l, n, "'places: %.60s' is a format that is not known here", text));
}

static const struct key list_keys[] = {
	{ "places", take_version, 0, .required = true },
	{ "list", take_one, 0, .required = true, .limit = LIMIT_TRACE },
};

int trace_list_read(struct trace_list *ret, const struct source *file, struct err *e)
{
	_cleanup_(arena_freep) struct arena *draft = arena_new(), *tree = arena_new();
	struct yaml_node *root = NULL;

	*ret = (struct trace_list){ .arena = arena_new() };
	struct loader l = { .keep = ret->arena, .draft = draft, .noun = "list of places",
			    .file = arena_dup(ret->arena, file->name) };
	int r = yaml_parse(tree, l.file, file->text, file->len, &root, e);

	if (r < 0)
		return r;
	if (!root)
		return err_set(e, ERR_CONFIG, "%s: the file is empty: expected 'places: 1'", file->name);
	(void)take_map(&l, root, list_keys, ARRAY_SIZE(list_keys), ret, "the file");
	return l.n_problems ? err_set(e, ERR_CONFIG, "%s", l.first.text) : 0;
}

void trace_list_free(struct trace_list *t)
{
	arena_free(t->arena);
	*t = (struct trace_list){ 0 };
}
