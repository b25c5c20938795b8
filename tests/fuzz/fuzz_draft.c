/*
 * Input: pieces with a byte 0xff between them: Hiera data, a manifest, a zone, the path of one more private file.
 * What is drafted of them is a register; each leaf that no gap is about is in it; and each question stands where it
 * is said to.
 */
#include "base/text.h"
#include "draft/draft.h"
#include "fuzz.h"

#define PIECES 4

static const struct digest_key key = { { 7 } };
static const char skeleton[] =
	"register: 1\norganisation: {name: x, team: x@example.org, approver: x}\nroles: {x: }\nrepositories:\n"
	"  private: {kind: private, url: none}\n  puppet: {kind: puppet, url: none}\n  dns: {kind: dns, url: none}\n";
static const struct draft_repository repositories[] = {
	{ .name = "private", .url = "https://example.org/a.git", .local = true }, { .name = "puppet", .url = "none" },
	{ .name = "dns", .url = "none", .branch = "trunk" },
};

struct piece { const char *s; size_t len; };

static void split(const uint8_t *data, size_t size, struct piece ret[PIECES])
{
	const char *s = (const char *)data, *end = s + size;

	for (size_t i = 0; i < PIECES; i++) {
		const char *to = i < PIECES - 1 ? memchr(s, 0xff, (size_t)(end - s)) : NULL;

		ret[i] = (struct piece){ s, (size_t)((to ? to : end) - s) };
		s = to ? to + 1 : end;
	}
}

static struct firebreak_register *load(const struct source *files, size_t n)
{
	static const struct driver_words any[] = { { "redis", NULL }, { "mariadb", NULL } };
	struct firebreak_register *reg = NULL;
	struct err e = ERR_INIT;

	if (register_load(files, n, any, ARRAY_SIZE(any), &reg, &e) < 0) {
		(void)fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return reg;
}

static void read_leaves(struct survey *s, const struct piece *data, const char *path)
{
	const struct hieradata hieradata = { .any = true };
	const struct leaf_source source = { .repository = "private", .key = &key, .hieradata = &hieradata };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	const struct tree_file files[] = {
		{ .path = "common.yaml", .bytes = data->s, .len = data->len },
		{ .path = path, .bytes = "a value of a file", .len = 17 },
	};

	for (size_t i = 0; i < (*path ? 2 : 1); i++)
		if (leaf_reader_add(r, &files[i], &s->leaves, &s->gaps, NULL) < 0)
			abort();
}

static bool is_place(const struct firebreak_register *reg, const struct leaf *l)
{
	for (uint32_t i = 0; i < reg->n_secrets; i++)
		for (uint32_t k = 0; k < reg->secrets[i].n_places; k++) {
			const struct place *p = &reg->secrets[i].places[k];

			if (!strcmp(p->file, l->file) && (p->key && l->key ? !strcmp(p->key, l->key)
							  : p->key == l->key))
				return true;
		}
	return false;
}

static void is_covered(const struct survey *s, const struct firebreak_register *reg)
{
	for (size_t i = 0; i < s->leaves.n; i++) {
		const struct leaf *l = &s->leaves.list[i];
		bool told = l->traits.signs & (TRAIT_EMPTY | TRAIT_TRUTH);

		for (size_t k = 0; k < s->gaps.n && !told; k++)
			told = s->gaps.list[k].file && !strcmp(s->gaps.list[k].file, l->file);
		if (!told && !is_place(reg, l) && register_not_secret(reg, "private", l->file, l->key,
								      l->top) == NOTHING)
			abort();
	}
}

static void questions_stand_there(const struct draft *d)
{
	for (uint32_t i = 0; i < d->n_questions; i++) {
		const struct draft_question *q = &d->questions[i];
		const char *at = NULL;

		for (uint32_t k = 0; k < d->n_files; k++)
			if (!strcmp(d->files[k].name, q->file))
				at = buf_text(&d->files[k].text);
		for (uint32_t line = 1; at && line < q->line; line++) {
			at = strchr(at, '\n');
			at = at ? at + 1 : NULL;
		}
		if (!at || !text_starts(at + strspn(at, " "), DRAFT_MARK))
			abort();
	}
}

static void read_back(const struct survey *s, const struct draft *d)
{
	_cleanup_(freep) struct source *files = mem_zero(d->n_files + 1, sizeof(*files));

	for (uint32_t i = 0; i < d->n_files; i++)
		files[i] = (struct source){ d->files[i].name, buf_text(&d->files[i].text), d->files[i].text.len };
	_cleanup_(register_freep) struct firebreak_register *reg = load(files, d->n_files);

	is_covered(s, reg);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct firebreak_register *reg;
	struct piece p[PIECES];

	if (!reg) {
		if (secret_init(NULL) < 0)
			abort();
		reg = load(&(struct source){ "skeleton", skeleton, strlen(skeleton) }, 1);
	}
	split(data, size, p);

	_cleanup_(survey_free) struct survey s = { .reg = reg, .key = &key, .arena = arena_new(),
		.repository_read = mem_zero(4, sizeof(bool)), .manifest = manifest_new() };
	_cleanup_(draft_end) struct draft d = { .n_files = 0 };
	_cleanup_(freep) char *path = mem_dupn(p[3].s, p[3].len);

	draft_begin(&d, &s, repositories);
	read_leaves(&s, &p[0], path);
	manifest_add(s.manifest, "puppet", "manifests/site.pp", p[1].s, p[1].len);
	draft_look(&(struct tree_file){ .path = "manifests/site.pp", .bytes = p[1].s, .len = p[1].len }, &d);
	draft_look(&(struct tree_file){ .path = "templates/x.sql.erb", .bytes = p[2].s, .len = p[2].len }, &d);
	survey_halves(&s, 2, &(struct tree_file){ .path = "zones/example.org", .bytes = p[2].s, .len = p[2].len });
	draft_make(&d);
	questions_stand_there(&d);
	read_back(&s, &d);
	return 0;
}
