#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/drivers.h"
#include "cli/places.h"
#include "model/limits.h"

struct texts {
	struct buf *b;
	struct source *s;
	size_t n;
};

static void texts_free(struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		buf_free(&t->b[i]);
	free(t->b);
	free(t->s);
}

static int read_all(const char *folder, const struct strv *names, struct texts *t, struct err *e)
{
	t->b = mem_zero(names->n, sizeof(*t->b));
	t->s = mem_zero(names->n, sizeof(*t->s));
	for (t->n = 0; t->n < names->n; t->n++) {
		_cleanup_(freep) char *path = fs_join(folder, names->s[t->n]);

		t->b[t->n] = (struct buf)BUF_INIT(YAML_MAX);
		if (fs_read(path, &t->b[t->n], e) < 0)
			return err_wrap(e, "register");
		t->s[t->n] = (struct source){ names->s[t->n], buf_text(&t->b[t->n]), t->b[t->n].len };
	}
	return 0;
}

/* What lies below playbooks/ is no part of the register's tables. */
static int list_register(const char *folder, struct strv *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv all = STRV_INIT;
	int r = fs_list(folder, ".yaml", LIMIT_FILES, &all, e);

	for (size_t i = 0; r == 0 && i < all.n; i++)
		if (!text_starts(all.s[i], "playbooks/"))
			strv_add(ret, all.s[i]);
	return r;
}

int cli_register(struct cli *c, struct firebreak_register **ret, struct err *e)
{
	return cli_register_all(c, NULL, ret, e);
}

int cli_register_all(struct cli *c, struct strv *problems, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	_cleanup_(texts_free) struct texts t = { 0 };
	_cleanup_(freep) struct driver_words *words = NULL;
	const char *folder;
	size_t n_words;
	int r;

	r = places_register(c, &folder, e);
	if (r == 0)
		r = drivers_find(c, e);
	if (r < 0)
		return r;
	r = list_register(folder, &names, e);
	if (r < 0)
		return err_wrap(e, "register");
	if (!names.n)
		return err_set(e, ERR_CONFIG, "register: there is no .yaml file in '%s'", folder);
	r = read_all(folder, &names, &t, e);
	if (r < 0)
		return r;
	n_words = drivers_words(c, &words);
	return register_load_all(t.s, t.n, words, n_words, problems, ret, e);
}

int cli_journal(struct cli *c, enum journal_mode mode, struct journal **ret, struct err *e)
{
	const char *folder;
	int r = places_state(c, &folder, e);

	return r < 0 ? r : journal_open(folder, mode, ret, e);
}
