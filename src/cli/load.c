#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/places.h"
#include "driver/driver.h"
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

int cli_register(struct cli *c, struct firebreak_register **ret, struct err *e)
{
	return cli_register_all(c, NULL, ret, e);
}

int cli_register_all(struct cli *c, struct strv *problems, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	_cleanup_(texts_free) struct texts t = { 0 };
	struct driver_words *words = mem_zero(driver_facts_count, sizeof(*words));
	_cleanup_(freep) void *words_owner = words;
	const char *folder;
	int r;

	r = places_register(c, &folder, e);
	if (r < 0)
		return r;
	r = fs_list(folder, ".yaml", LIMIT_FILES, &names, e);
	if (r < 0)
		return err_wrap(e, "register");
	if (!names.n)
		return err_set(e, ERR_CONFIG, "register: there is no .yaml file in '%s'", folder);
	r = read_all(folder, &names, &t, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < driver_facts_count; i++)
		words[i] = (struct driver_words){ driver_facts[i].name, driver_facts[i].options };
	return register_load_all(t.s, t.n, words, driver_facts_count, problems, ret, e);
}

int cli_journal(struct cli *c, enum journal_mode mode, struct journal **ret, struct err *e)
{
	const char *folder;
	int r = places_state(c, &folder, e);

	return r < 0 ? r : journal_open(folder, mode, ret, e);
}
