#include "cli/pull_words.h"
#include "base/clock.h"
#include "base/text.h"
#include <string.h>

static void offer(const struct session *s, const struct incident *i, const char *secret, struct buf *b)
{
	struct err ignored = ERR_INIT;
	int64_t at_us;

	if (!incident_not_issued(i, secret, &at_us) || !engine_can_pull(&s->en, i, secret, &ignored))
		return;
	buf_printf(b, "The new public half of %s cannot be had now. If that does not change at once, take it out of "
		   "deployment;\nwhat needs it stops working, and a later respond brings it back when it can be had:"
		   "\n\n  firebreak respond %lld --pull ", secret, (long long)i->number);
	text_shell(b, secret);
	buf_str(b, " --because 'why'\n\n");
}

static void tell(const struct incident *i, const char *secret, struct buf *b)
{
	int64_t at_us;
	enum pull_state state = incident_pull_state(i, secret, &at_us);

	if (state == PULL_BACK || state == PULL_NONE)
		return;
	buf_printf(b, "%s %s ", secret, state == PULL_OUT ? "is out of deployment since"
		   : "was to go out of deployment, and is not shown to be out yet; decided");
	clock_format(b, at_us);
	if (!incident_has_proof(i, secret))
		buf_str(b, ".\nThe register has no account of it, so nothing shows what is served: add one for each "
			   "address that served it, then\nrespond again");
	buf_printf(b, ".\nWhat brings it back, when its new public half can be had:\n\n  firebreak respond %lld\n\n",
		   (long long)i->number);
}

bool pull_lacks_proof(const struct incident *i)
{
	for (uint32_t k = 0; k < i->n_pulled; k++)
		if (!incident_has_proof(i, i->pulled[k]->secret))
			return true;
	return false;
}

void pull_lines(const struct incident *i, struct buf *b)
{
	for (uint32_t k = 0; !i->closed_us && k < i->n_pulled; k++)
		tell(i, i->pulled[k]->secret, b);
}

json_t *pull_json(const struct incident *i)
{
	json_t *list = json_array();

	for (uint32_t k = 0; k < i->n_pulled; k++) {
		json_t *one = json_object();
		int64_t at_us;

		json_put(one, "secret", i->pulled[k]->secret);
		json_put(one, "state", pull_state_word(incident_pull_state(i, i->pulled[k]->secret, &at_us)));
		json_put_int(one, "since_us", at_us);
		json_put(one, "because", i->pulled[k]->because);
		json_array_append_new(list, one);
	}
	return list;
}

void pull_words(const struct session *s, const struct incident *i, struct buf *b)
{
	pull_lines(i, b);
	for (uint32_t k = 0; !i->closed_us && k < i->n_members; k++)
		if (!strcmp(i->members[k].kind, "secret") && !incident_pulled(i, i->members[k].name))
			offer(s, i, i->members[k].name, b);
}
