#include "engine/mailed.h"
#include "base/mem.h"
#include <string.h>

int engine_responders(const struct firebreak_register *reg, const struct seal_key *key,
		      struct seal_public ret[SEAL_RECIPIENTS], size_t *ret_n, struct err *e)
{
	struct seal_public own;
	bool has_own = !key;
	size_t n = 0;

	if (key)
		seal_key_public(key, &own);
	for (uint32_t i = 0; i < reg->n_people && n < SEAL_RECIPIENTS; i++) {
		if (!reg->people[i].key)
			continue;
		int r = seal_public_parse(reg->people[i].key, &ret[n], e);

		if (r < 0)
			return err_wrap(e, "%s:%u:%u: key of '%s'", reg->people[i].at.file, reg->people[i].at.line,
					reg->people[i].at.col, reg->people[i].name);
		has_own = has_own || !memcmp(&own, &ret[n], sizeof(own));
		n++;
	}
	if (!n)
		return err_set(e, ERR_CONFIG, "no responder has a key in the register: run `firebreak key init` and "
			       "put the line that it prints under people: NAME: key:");
	if (!has_own)
		return err_set(e, ERR_CONFIG, "your key is not in the register: what is sealed now you could not open "
			       "after a crash. Put the line of `firebreak key show` under people: NAME: key:");
	*ret_n = n;
	return 0;
}

char *engine_ledger_context(int64_t incident)
{
	return mem_printf("firebreak/1/%lld/mail", (long long)incident);
}

int engine_mailed(const struct engine *en, const struct incident *i, const json_t *body, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_MAILED, .incident = i->number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}
