#include "cli/unread.h"
#include "base/buf.h"
#include "cli/cli.h"

#define OUTPUT_MAX ((size_t)256 << 20)

void unread_print(const struct gaps *g)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(OUTPUT_MAX);

	for (size_t i = 0; i < g->n; i++) {
		(void)buf_str(&b, "not read: ");
		gap_say(&g->list[i], &b);
		(void)buf_char(&b, '\n');
	}
	if (g->n)
		cli_note("%sfirebreak: not everything was read: nothing is said of the %llu places above", buf_text(&b),
			 (unsigned long long)g->n + g->more);
}

json_t *unread_json(const struct gaps *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->n; i++) {
		json_t *one = json_object();

		json_put(one, "kind", unread_name(g->list[i].kind));
		json_put(one, "repository", g->list[i].repository);
		json_put(one, "file", g->list[i].file);
		if (g->list[i].line)
			json_put_int(one, "line", g->list[i].line);
		json_put(one, "why", g->list[i].why);
		json_array_append_new(list, one);
	}
	return list;
}
