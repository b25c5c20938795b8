/* How hosts stand by the journal's rows. */
#include "register_help.h"
#include "model/incident.h"

struct written { enum row_kind kind; const char *body; };

static int add(struct incident *i, const struct written *t, struct err *e)
{
	return incident_add(i, &(struct row){ .seq = i->last_seq + 1, .at_us = 1000 + i->last_seq, .kind = t->kind,
			    .incident = 7, .who = "alice (root@laptop)", .body = t->body }, e);
}

#define ON(host, level) { ROW_CONTAINING, "{\"host\":\"" host "\",\"action\":\"contain\",\"level\":\"" level "\"}" }
#define OFF(host) { ROW_CONTAINING, "{\"host\":\"" host "\",\"action\":\"release\",\"level\":\"isolate\"}" }
#define CAME(seq, outcome) { ROW_CONTAINED, "{\"containing\":" #seq ",\"outcome\":\"" outcome "\",\"text\":\"so\"}" }

static void a_host_stands_as_its_newest_deed_left_it(void **state _unused_)
{
	static const struct { struct written rows[6]; enum contain_stand want; } cases[] = {
		{ { { 0 } }, CONTAIN_NEVER },
		{ { ON("h1", "isolate") }, CONTAIN_NOT },                     /* an intent is no outcome */
		{ { ON("h1", "isolate"), CAME(1, "contained") }, CONTAIN_IS },
		{ { ON("h1", "isolate"), CAME(1, "failed") }, CONTAIN_NOT },
		{ { ON("h1", "isolate"), CAME(1, "unreachable") }, CONTAIN_NOT },
		{ { ON("h1", "isolate"), CAME(1, "unknown") }, CONTAIN_NOT },
		{ { ON("h1", "isolate"), CAME(1, "unknown"), ON("h1", "isolate"), CAME(3, "contained") }, CONTAIN_IS },
		{ { ON("h1", "isolate"), CAME(1, "contained"), OFF("h1"), CAME(3, "released") }, CONTAIN_FREE },
		{ { ON("h1", "isolate"), CAME(1, "contained"), OFF("h1") }, CONTAIN_NOT },
		{ { ON("h1", "isolate"), CAME(1, "contained"), OFF("h1"), CAME(3, "failed") }, CONTAIN_NOT },
		/* closed connections say nothing about who comes in, before and after */
		{ { ON("h1", "sessions"), CAME(1, "contained") }, CONTAIN_NEVER },
		{ { ON("h1", "port22"), CAME(1, "contained"), ON("h1", "sessions"), CAME(3, "failed") }, CONTAIN_IS },
		{ { ON("h2", "isolate"), CAME(1, "contained") }, CONTAIN_NEVER },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_new(7);
		struct err e = ERR_INIT;

		for (size_t n = 0; n < 6 && cases[k].rows[n].body; n++)
			if (add(i, &cases[k].rows[n], &e) < 0)
				fail_msg("case %zu: %s", k, e.text);
		if (incident_contain_stand(i, "h1") != cases[k].want)
			fail_msg("case %zu: %d", k, (int)incident_contain_stand(i, "h1"));
	}
}

static void each_host_is_told_once_with_its_newest_deed(void **state _unused_)
{
	static const struct written rows[] = { ON("h1", "isolate"), ON("h2", "isolate"), CAME(1, "failed"),
					    CAME(2, "contained"), ON("h1", "isolate"), CAME(5, "contained") };
	_cleanup_(incident_freep) struct incident *i = incident_new(7);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);
	struct err e = ERR_INIT;

	for (size_t n = 0; n < ARRAY_SIZE(rows); n++)
		assert_int_equal(add(i, &rows[n], &e), 0);
	for (const struct contained *c = NULL; (c = incident_contain_next(i, c));)
		buf_printf(&b, "%s %s %lld; ", c->host, contain_outcome_word(c->action, c->outcome), (long long)c->seq);
	assert_string_equal(buf_text(&b), "h2 contained 2; h1 contained 5; ");
}

static void rows_that_make_no_sense_are_refused(void **state _unused_)
{
	static const struct written cases[] = {
		{ ROW_CONTAINING, "{\"action\":\"contain\",\"level\":\"isolate\"}" },
		{ ROW_CONTAINING, "{\"host\":\"h1\",\"level\":\"isolate\"}" },
		{ ROW_CONTAINING, "{\"host\":\"h1\",\"action\":\"contain\"}" },
		{ ROW_CONTAINING, "{\"host\":\"h1\",\"action\":\"hug\",\"level\":\"isolate\"}" },
		{ ROW_CONTAINING, "{\"host\":\"h1\",\"action\":\"contain\",\"level\":\"a bit\"}" },
		{ ROW_CONTAINED, "{\"containing\":99,\"outcome\":\"contained\"}" },
		{ ROW_CONTAINED, "{\"containing\":1}" },
		{ ROW_CONTAINED, "{\"containing\":1,\"outcome\":\"released\"}" },
		{ ROW_CONTAINED, "{\"containing\":1,\"outcome\":\"proven\"}" },
	};
	static const struct written first = ON("h1", "isolate");

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_new(7);
		struct err e = ERR_INIT;

		assert_int_equal(add(i, &first, &e), 0);
		if (add(i, &cases[k], &e) != -ERR_CONFIG)
			fail_msg("case %zu was taken", k);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_stands_as_its_newest_deed_left_it),
		cmocka_unit_test(each_host_is_told_once_with_its_newest_deed),
		cmocka_unit_test(rows_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
