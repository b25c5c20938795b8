#include "model/register_parts.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/mem.h"

struct top { const char *name; bool (*read)(struct loader *l, const struct yaml_node *n); };
static const struct top tops[] = {
	{ "register", read_version }, { "organisation", read_organisation }, { "configuration", read_configuration },
	{ "ssh_config", read_ssh_config }, { "closures", read_closures }, { "not_secret", read_not_secret },
	{ "check", read_check }, { "publish", read_publish }, { "trace", read_trace },
	{ "containment", read_containment },
	{ "users_data", read_users_data }, { "puppet", read_puppet },
};

static void unknown_section(struct loader *l, const struct yaml_node *key)
{
	const char *words[ARRAY_SIZE(tops) + 16];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		words[n++] = tops[i].name;
	for (size_t i = 0; i < sections_count; i++)
		words[n++] = sections[i].name;
	problem_at(l, key, "unknown section '%.60s'%s", key->text, hint_words(key->text, words, n));
}

static void read_top(struct loader *l, const struct yaml_node *n)
{
	const char *name = n->key->text;

	if (!plain_node(l, n->key) || !plain_node(l, n))
		return;
	if (n->key->kind != YAML_SCALAR) {
		problem_at(l, n->key, "a section's name is a list or a map: expected a word");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (!strcmp(tops[i].name, name)) {
			(void)(yaml_is_null(n) ? problem_at(l, n->key, "'%s' has nothing below it", name)
					       : tops[i].read(l, n));
			return;
		}
	for (size_t i = 0; i < sections_count; i++)
		if (!strcmp(sections[i].name, name)) {
			if (!yaml_is_null(n))
				read_section(l, &sections[i], n);
			return;
		}
	unknown_section(l, n->key);
}

static bool twice(struct loader *l, const struct yaml_node *root, const struct yaml_node *c)
{
	for (const struct yaml_node *b = root->child; b != c; b = b->next)
		if (b->key->kind == YAML_SCALAR && c->key->kind == YAML_SCALAR && !strcmp(b->key->text, c->key->text))
			return !problem_at(l, c->key, "'%.60s' stands twice in this file: the first is on line %u",
					   c->key->text, b->key->line);
	return false;
}

static void read_file(struct loader *l, const struct source *s)
{
	_cleanup_(arena_freep) struct arena *tree = arena_new();
	struct yaml_node *root = NULL;
	struct err e = ERR_INIT;
	uint32_t count = 0;

	l->file = arena_dup(l->keep, s->name);
	if (yaml_parse(tree, l->file, s->text, s->len, &root, &e) < 0) {
		l->unread = true;
		if (!l->n_problems++)
			l->first = e;
		if (l->problems)
			strv_add(l->problems, e.text);
		return;
	}
	if (!root || yaml_is_null(root))
		return;
	if (!plain_node(l, root))
		return;
	if (root->kind != YAML_MAP) {
		problem_at(l, root, "the file is no map: expected sections like 'hosts:' and 'secrets:'");
		return;
	}
	for (const struct yaml_node *c = root->child; c && !enough(l); c = c->next) {
		if (++count > 64) {
			problem_at(l, c->key, "more than 64 sections stand here");
			return;
		}
		if (!twice(l, root, c))
			read_top(l, c);
	}
}

/* A digest of digests, so that no copy of all the texts is needed. */
static void digest(struct loader *l, const struct source *files, size_t n)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT((size_t)LIMIT_FILES * 5000);

	for (size_t i = 0; i < n; i++) {
		char one[65];

		digest_sha256_hex(files[i].text, files[i].len, one);
		buf_str(&b, files[i].name);
		buf_add(&b, "", 1);
		buf_add(&b, one, sizeof(one));
	}
	digest_sha256_hex(buf_text(&b), b.len, l->r->digest);
}

static void loader_free(struct loader *l)
{
	for (size_t i = 0; i < TABLES; i++) {
		free(l->table[i].item);
		map_free(&l->table[i].names);
	}
	free(l->late);
	free(l->lists);
	map_free(&l->host_lists);
	arena_free(l->draft);
	register_free(l->r);
}

static void read_all(struct loader *l, const struct source *files, size_t n)
{
	for (size_t i = 0; i < n && !enough(l); i++)
		read_file(l, &files[i]);
	if (l->unread || enough(l))
		return;
	if (!l->seen_version.file) {
		problem(l, (struct position){ n ? files[0].name : "register", 1, 1 },
			"no file says 'register: 1', which tells the format");
		return;
	}
	resolve_groups(l);
	resolve_late(l);
	check_whole(l);
}

int register_load_all(const struct source *files, size_t n, const struct driver_words *drivers, size_t n_drivers,
		      struct strv *problems, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(loader_free) struct loader l = {
		.r = mem_zero(1, sizeof(*l.r)), .draft = arena_new(), .drivers = drivers, .n_drivers = n_drivers,
		.problems = problems, .noun = "register" };

	l.keep = l.r->arena = arena_new();
	l.r->options = json_array();
	l.r->users_data.repository = NOTHING;
	l.r->puppet.server = l.r->puppet.database = NOTHING;
	l.r->configuration = (struct configuration){ .apply = APPLY_NONE, .limit_s = 600 };
	if (n > LIMIT_FILES)
		return err_set(e, ERR_LIMIT, "the register has %zu files: at most %u are taken", n, LIMIT_FILES);
	read_all(&l, files, n);
	if (l.n_problems)
		return err_set(e, ERR_CONFIG, "%s", l.first.text);
	settle_tables(&l);
	digest(&l, files, n);
	*ret = TAKE(l.r);
	return 0;
}

int register_load(const struct source *files, size_t n, const struct driver_words *drivers, size_t n_drivers,
		  struct firebreak_register **ret, struct err *e)
{
	return register_load_all(files, n, drivers, n_drivers, NULL, ret, e);
}

struct firebreak_register *register_free(struct firebreak_register *r)
{
	if (!r)
		return NULL;
	map_free(&r->host_names);
	map_free(&r->system_names);
	map_free(&r->secret_names);
	map_free(&r->data_names);
	map_free(&r->repository_names);
	map_free(&r->user_names);
	map_free(&r->ssh_key_names);
	json_decref(r->options);
	arena_free(r->arena);
	free(r);
	return NULL;
}

void register_freep(struct firebreak_register **r)
{
	*r = register_free(*r);
}
