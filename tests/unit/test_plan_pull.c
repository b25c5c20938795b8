/* A secret that a person takes out of deployment: the steps of the plan, and how far it is by the journal's rows. */
#include "base/mem.h"
#include "model/incident.h"
#include "plan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define REGISTER "register: 1\norganisation: {name: O, team: t@example.org, approver: em}\nroles: {em: {}}\n" \
	"repositories:\n  private: {kind: private, url: /srv/p.git, branch: main}\n" \
	"systems: {s: {title: S}}\nhosts: {web: {}}\n" \
	"issuers:\n  own: {client: openssl, hold: [a], resume: [b], renews: [c]}\n" \
	"secrets: {s/tls: {kind: tls-key, places: [{repository: private, file: k}%s],\n" \
	"  accounts: [{driver: tls, address: 'web:443', from: web}],\n" \
	"  consumers: [{hosts: web, file: /k, service: nginx, restart: firebreak, restart_command: [r]}],\n" \
	"  public_halves: [{repository: private, file: c, what: the certificate, format: certificate,\n" \
	"    issuer: own}]}}\n"
#define OF_HALF ":s/tls:private:c:certificate"

static void make(struct world *w, const char *more_places, bool pulled, enum mode mode)
{
	_cleanup_(freep) char *yaml = mem_printf(REGISTER, more_places);
	struct source file = { "firebreak.yaml", yaml, strlen(yaml) };
	const struct ref member = { REF_SECRET, 0 };
	static const struct driver_words words = { .name = "tls" };
	static const struct driver_view view = { .name = "tls", .by_half = true };
	const uint32_t one = 0;
	struct plan_input in = { .members = &member, .n_members = 1, .mode = mode, .pulled = &one, .n_pulled = pulled,
				 .drivers = &view, .n_drivers = 1 };
	struct err e = ERR_INIT;

	*w = (struct world){ 0 };
	world_books(&w->books);
	if (register_load(&file, 1, &words, 1, &w->reg, &e) < 0)
		fail_msg("%s", e.text);
	in.reg = w->reg;
	in.playbooks = &w->books;
	if (plan_build(&in, &w->plan, &e) < 0)
		fail_msg("%s", e.text);
}

static void nobody_pulls_unless_a_person_said_so(void **state _unused_)
{
	struct world w, p;

	make(&w, "", false, MODE_EMERGENCY);
	make(&p, "", true, MODE_EMERGENCY);
	for (uint32_t i = 0; i < w.plan->n; i++) {
		assert_int_not_equal(w.plan->steps[i].what, DO_PULL);
		assert_int_not_equal(w.plan->steps[i].what, DO_KEEP);
		assert_int_not_equal(w.plan->steps[i].what, DO_GONE);
		assert_false(w.plan->steps[i].back || w.plan->steps[i].new_any);
		/* what is in the journal already keeps its id */
		assert_true(is_there(&p, w.plan->steps[i].id));
	}
	unmake(&w);
	unmake(&p);
}

static void what_is_needed_again_is_kept_before_anything_goes(void **state _unused_)
{
	static const enum mode modes[] = { MODE_EMERGENCY, MODE_PLANNED };

	for (size_t k = 0; k < ARRAY_SIZE(modes); k++) {
		struct world w;

		make(&w, "", true, modes[k]);
		assert_true(waits(&w, "pull-public" OF_HALF, "keep" OF_HALF, true));
		assert_true(waits(&w, "keep" OF_HALF, "hold" OF_HALF, false));
		assert_true(waits(&w, "pull:s/tls:private", "pull-public" OF_HALF, true));
		assert_true(waits(&w, "revoke-pulled" OF_HALF, "keep" OF_HALF, true));
		/* what brings it back comes behind, and does not wait for success */
		assert_true(waits(&w, "issue" OF_HALF, "revoke-pulled" OF_HALF, false));
		assert_false(waits(&w, "issue" OF_HALF, "revoke-pulled" OF_HALF, true));
		assert_true(step(&w, "commit:s/tls:private")->back);
		assert_true(step(&w, "publish" OF_HALF)->back);
		assert_false(step(&w, "pull:s/tls:private")->person);
		unmake(&w);
	}
}

static void a_place_that_is_one_key_of_a_file_is_a_persons_step(void **state _unused_)
{
	struct world w;

	make(&w, ", {repository: private, file: common.yaml, key: 'tls::key'}", true, MODE_EMERGENCY);
	const struct step *s = step(&w, "pull:s/tls:private:common.yaml:tls::key");

	assert_true(s->person);
	assert_non_null(strstr(s->text, "take the key tls::key out of common.yaml in private"));
	assert_false(step(&w, "pull:s/tls:private")->person);
	unmake(&w);
}

#define BOOK "playbook: 1\nname: n\ntitle: t\nkinds: [k]\nsteps:\n"

static void refused(const char *text, const char *expected)
{
	struct playbooks b = { 0 };
	struct err e = ERR_INIT;

	assert_true(playbooks_add(&b, &(struct source){ "p.yaml", text, strlen(text) }, false, &e) < 0);
	if (!strstr(e.text, expected))
		fail_msg("'%s' is not in '%s'", expected, e.text);
	playbooks_free(&b);
}

static void a_playbook_pulls_only_by_a_persons_word(void **state _unused_)
{
	refused(BOOK "  - {do: prove, why: w, new: any, old: any}\n", "'new: any' is for a 'prove' that refuses");
	refused(BOOK "  - {do: change, why: w, new: any}\n", "'new: any' is for a 'prove'");
	refused(BOOK "  - {do: pull, why: w}\n", "'pull' takes a secret out of deployment: it needs 'when: pulled'");
	refused(BOOK "  - {do: gone, why: w, when: can-stage}\n", "it needs 'when: pulled'");
	refused(BOOK "  - {do: pull, why: w, when: pulled, side: server}\n", "can only be 'public'");
}

struct event { const char *id, *outcome; };

static void row(struct incident *i, enum row_kind kind, const char *id, const char *body)
{
	struct err e = ERR_INIT;

	if (incident_add(i, &(struct row){ .seq = i->last_seq + 1, .at_us = 1000 * (i->last_seq + 1), .kind = kind,
			 .incident = 7, .who = "alice", .step = id, .attempt = id ? 1 : 0, .body = body }, &e) < 0)
		fail_msg("%s", e.text);
}

static struct incident *incident_of(const struct event *said)
{
	struct incident *i = incident_new(7);

	row(i, ROW_PLANNED, NULL, "{\"steps\": [{\"id\":\"p\",\"do\":\"pull\",\"secret\":\"s/a\"},"
	    "{\"id\":\"g\",\"do\":\"gone\",\"secret\":\"s/a\"},"
	    "{\"id\":\"pp\",\"do\":\"prove\",\"secret\":\"s/a\",\"after\":[\"p\"]},"
	    "{\"id\":\"i\",\"do\":\"issue\",\"secret\":\"s/a\"},{\"id\":\"c\",\"do\":\"commit\",\"secret\":\"s/a\"},"
	    "{\"id\":\"u\",\"do\":\"publish\",\"secret\":\"s/a\"},"
	    "{\"id\":\"pn\",\"do\":\"prove\",\"secret\":\"s/a\",\"after\":[\"c\"]},"
	    "{\"id\":\"o\",\"do\":\"gone\",\"secret\":\"s/b\"}]}");
	for (; said->id; said++) {
		_cleanup_(freep) char *body = mem_printf("{\"outcome\":\"%s\",\"effect\":\"none\","
							 "\"text\":\"no challenge\"}", said->outcome);

		if (!strcmp(said->id, "pulled")) {
			row(i, ROW_PULLED, NULL, "{\"secret\":\"s/a\",\"because\":\"nobody may read on\"}");
			continue;
		}
		if (strcmp(said->outcome, "skipped") != 0)
			row(i, ROW_INTENT, said->id, "{\"do\":\"x\"}");
		row(i, strcmp(said->outcome, "skipped") ? ROW_OUTCOME : ROW_SKIPPED, said->id,
		    strcmp(said->outcome, "skipped") ? body : "{\"because\":\"so\"}");
	}
	return i;
}

static void it_is_out_when_each_step_shows_it_and_back_when_the_new_value_is_in_force(void **state _unused_)
{
	static const struct { struct event said[12]; enum pull_state want; } cases[] = {
		{ { { "p", "proven" }, { "g", "proven" }, { "pp", "proven" } }, PULL_NONE },
		{ { { "pulled", "" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "proven" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "pp", "proven" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "failed" }, { "pp", "proven" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "unknown" }, { "pp", "proven" } }, PULL_BEGUN },
		/* a person's word that something is left out shows nothing */
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "skipped" }, { "pp", "proven" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "proven" }, { "pp", "unreachable" } }, PULL_BEGUN },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "proven" }, { "pp", "proven" } }, PULL_OUT },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "proven" }, { "pp", "proven" }, { "i", "proven" },
		    { "c", "proven" }, { "u", "proven" } }, PULL_OUT },
		{ { { "pulled", "" }, { "p", "proven" }, { "g", "proven" }, { "pp", "proven" }, { "i", "proven" },
		    { "c", "proven" }, { "u", "proven" }, { "pn", "proven" } }, PULL_BACK },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_of(cases[k].said);
		int64_t at_us;

		if (incident_pull_state(i, "s/a", &at_us) != cases[k].want)
			fail_msg("case %zu: %d", k, (int)incident_pull_state(i, "s/a", &at_us));
		assert_int_equal(incident_pull_state(i, "s/b", &at_us), PULL_NONE);
	}
}

static void without_an_account_it_is_never_called_out_or_back(void **state _unused_)
{
	static const struct event said[] = { { "pulled", "" }, { "p", "proven" }, { "g", "proven" }, { "pp", "proven" },
					     { "i", "proven" }, { "c", "proven" }, { "u", "proven" },
					     { "pn", "proven" }, { NULL, NULL } };
	_cleanup_(incident_freep) struct incident *i = incident_of(said);
	int64_t at_us;

	assert_true(incident_has_proof(i, "s/a"));
	assert_false(incident_has_proof(i, "s/b"));
	assert_int_equal(incident_pull_state(i, "s/a", &at_us), PULL_BACK);
	for (uint32_t k = 0; k < i->n_steps; k++)
		if (!strcmp(i->steps[k].what, "prove"))
			i->steps[k].what = "look";
	assert_false(incident_has_proof(i, "s/a"));
	assert_int_equal(incident_pull_state(i, "s/a", &at_us), PULL_BEGUN);
}

static void it_is_away_from_the_first_deed_that_may_have_taken_something(void **state _unused_)
{
	static const struct { struct event said[6]; int64_t want; } cases[] = {
		{ { { "pulled", "" } }, 0 },
		{ { { "pulled", "" }, { "p", "failed" } }, 0 },
		{ { { "pulled", "" }, { "p", "unreachable" } }, 0 },
		{ { { "pulled", "" }, { "p", "unknown" } }, 3000 },
		{ { { "pulled", "" }, { "g", "proven" }, { "p", "proven" } }, 5000 },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_of(cases[k].said);

		if (incident_pull_began_us(i, "s/a") != cases[k].want)
			fail_msg("case %zu: %lld", k, (long long)incident_pull_began_us(i, "s/a"));
	}
}

static void a_pull_is_offered_only_when_the_issuer_was_asked_and_gave_nothing(void **state _unused_)
{
	static const struct { struct event said[3]; const char *want; } cases[] = {
		{ { { 0 } }, NULL },
		{ { { "c", "failed" } }, NULL },
		{ { { "i", "failed" } }, "no challenge" },
		{ { { "i", "unreachable" } }, "no challenge" },
		{ { { "i", "failed" }, { "i", "proven" } }, NULL },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_of(cases[k].said);
		int64_t at_us;
		const char *why = incident_not_issued(i, "s/a", &at_us);

		if (!why != !cases[k].want || (why && strcmp(why, cases[k].want) != 0))
			fail_msg("case %zu: %s", k, why ? why : "nothing");
	}
}

static void a_row_without_secret_or_reason_is_an_error(void **state _unused_)
{
	static const char *const bodies[] = { "{\"because\":\"so\"}", "{\"secret\":\"s/a\"}", "{}" };

	for (size_t k = 0; k < ARRAY_SIZE(bodies); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_new(7);
		struct err e = ERR_INIT;

		assert_int_equal(incident_add(i, &(struct row){ .seq = 4, .kind = ROW_PULLED, .incident = 7,
						.who = "alice", .body = bodies[k] }, &e), -ERR_CONFIG);
		assert_non_null(strstr(e.text, "journal row 4 (pulled)"));
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_pulls_unless_a_person_said_so),
		cmocka_unit_test(what_is_needed_again_is_kept_before_anything_goes),
		cmocka_unit_test(a_place_that_is_one_key_of_a_file_is_a_persons_step),
		cmocka_unit_test(a_playbook_pulls_only_by_a_persons_word),
		cmocka_unit_test(it_is_out_when_each_step_shows_it_and_back_when_the_new_value_is_in_force),
		cmocka_unit_test(without_an_account_it_is_never_called_out_or_back),
		cmocka_unit_test(it_is_away_from_the_first_deed_that_may_have_taken_something),
		cmocka_unit_test(a_pull_is_offered_only_when_the_issuer_was_asked_and_gave_nothing),
		cmocka_unit_test(a_row_without_secret_or_reason_is_an_error),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
