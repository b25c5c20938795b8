/* How many people an incident's wikis have: asked of their databases. */
#include "base/mem.h"
#include "cli/mail_work.h"
#include "notify/wiki_people.h"

static void tell(const struct data_def *d, const struct wiki_people *n, json_t *list, struct buf *b)
{
	json_t *one = json_object();

	json_put(one, "data", d->name);
	json_put(one, "wiki", d->wiki);
	json_put_int(one, "accounts", n->accounts);
	json_put_int(one, "confirmed", n->confirmed);
	json_put_int(one, "unconfirmed", n->unconfirmed);
	json_put_int(one, "without", n->without);
	json_array_append_new(list, one);
	buf_printf(b, "%s: %lld accounts. Mail reaches %lld; %lld addresses are not confirmed, %lld have none\n",
		   d->name,
		   (long long)n->accounts, (long long)n->confirmed, (long long)n->unconfirmed, (long long)n->without);
}

int mail_count(struct mail_work *w, struct err *e)
{
	_cleanup_(json_freep) json_t *list = json_array();
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	const struct firebreak_register *reg = w->s.reg;
	long long people = 0;
	uint32_t asked = 0, others = 0;

	for (uint32_t k = 0; k < w->incident->law.n_data; k++) {
		uint32_t data = map_get(&reg->data_names, w->incident->law.data[k].name);
		struct wiki_people n = { 0 };

		if (data == MAP_NONE || !reg->data[data].database.address) {
			others++;
			continue;
		}
		int r = notify_wiki_people(&w->s.en, data, NULL, NULL, NULL, &n, e);

		if (r < 0)
			return err_wrap(e, "data set '%s'", reg->data[data].name);
		tell(&reg->data[data], &n, list, &b);
		people += n.accounts;
		asked++;
	}
	if (!asked)
		return err_set(e, ERR_CONFIG, "no data set in reach has a 'database' in the register: there is nobody "
			       "to ask");
	if (w->c->json) {
		cli_json(TAKE(list));
		return EXIT_DONE;
	}
	if (others)
		buf_printf(&b, "%u data sets in reach have no 'database' and are not in these numbers\n", others);
	buf_printf(&b, "To have it count: firebreak severity %lld --people %lld --because 'counted in the databases'\n",
		   (long long)w->incident->number, people);
	cli_print(&b);
	return EXIT_DONE;
}
