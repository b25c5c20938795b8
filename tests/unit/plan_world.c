#include "plan_world.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strv.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

const char *playbook_folder;

void world_books(struct playbooks *ret)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	struct err e = ERR_INIT;

	if (fs_list(playbook_folder, ".yaml", 100, &names, &e) < 0)
		fail_msg("%s", e.text);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_(freep) char *path = fs_join(playbook_folder, names.s[i]);
		_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);

		if (fs_read(path, &text, &e) < 0 ||
		    playbooks_add(ret, &(struct source){ names.s[i], buf_text(&text), text.len }, true, &e) < 0)
			fail_msg("%s", e.text);
	}
}

void unmake(struct world *w)
{
	plan_free(w->plan);
	register_free(w->reg);
	playbooks_free(&w->books);
}

const struct step *step(const struct world *w, const char *id)
{
	uint32_t at = map_get(&w->plan->ids, id);

	if (at == MAP_NONE) {
		for (uint32_t i = 0; i < w->plan->n; i++)
			print_message("%s\n", w->plan->steps[i].id);
		fail_msg("there is no step '%s'", id);
	}
	return &w->plan->steps[at];
}

bool is_there(const struct world *w, const char *id)
{
	return map_get(&w->plan->ids, id) != MAP_NONE;
}

bool waits(const struct world *w, const char *id, const char *other, bool must)
{
	const struct step *s = step(w, id), *o = step(w, other);
	uint32_t n = must ? s->n_after : s->n_behind;

	for (uint32_t i = 0; i < n; i++)
		if (&w->plan->steps[(must ? s->after : s->behind)[i]] == o)
			return true;
	return false;
}
