/* What renews a certificate by itself, in a plan: held back before, let go behind. */
#include "base/mem.h"
#include "plan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAD "register: 1\norganisation: {name: O, team: t@example.org, approver: em}\nroles: {em: {}}\n" \
	"repositories:\n  private: {kind: private, url: /srv/p.git, branch: main}\n" \
	"systems: {s: {title: S}}\n"

static bool pulled;

static void make(struct world *w, const char *yaml, enum mode mode)
{
	const uint32_t one = 0;
	struct source file = { "firebreak.yaml", yaml, strlen(yaml) };
	const struct ref member = { REF_SECRET, 0 };
	struct plan_input in = { .members = &member, .n_members = 1, .mode = mode, .pulled = &one,
				 .n_pulled = pulled };
	struct err e = ERR_INIT;

	*w = (struct world){ 0 };
	world_books(&w->books);
	if (register_load(&file, 1, NULL, 0, &w->reg, &e) < 0)
		fail_msg("%s", e.text);
	in.reg = w->reg;
	in.playbooks = &w->books;
	if (plan_build(&in, &w->plan, &e) < 0)
		fail_msg("%s", e.text);
}

#define TLS_OF(issuer) HEAD "hosts: {web: {}}\nissuers:\n  own: {client: openssl}\n" \
	"  hand: {client: certbot, host: web}\n  mute: {client: dehydrated}\n" \
	"  held: {client: certbot, hold: [a]}\n  robot: {client: openssl, hold: [a], resume: [b], renews: [c]}\n" \
	"secrets: {s/tls: {kind: tls-key, places: [{repository: private, file: k}],\n" \
	"  public_halves: [{repository: private, file: c, what: the certificate, format: certificate,\n" \
	"    issuer: " issuer "}]}}\n"
#define OF_HALF ":s/tls:private:c:certificate"

static void a_robot_is_held_back_before_a_new_key_is_used(void **state _unused_)
{
	struct world w;

	make(&w, TLS_OF("robot"), MODE_EMERGENCY);
	assert_false(step(&w, "hold" OF_HALF)->person);
	assert_true(waits(&w, "issue" OF_HALF, "hold" OF_HALF, false));
	assert_true(waits(&w, "resume" OF_HALF, "hold" OF_HALF, true));
	assert_true(waits(&w, "resume" OF_HALF, "publish" OF_HALF, true));
	unmake(&w);
	make(&w, TLS_OF("held"), MODE_PLANNED);
	assert_false(step(&w, "hold" OF_HALF)->person);
	assert_true(step(&w, "resume" OF_HALF)->person);
	unmake(&w);
	make(&w, TLS_OF("hand"), MODE_EMERGENCY);
	assert_true(step(&w, "hold" OF_HALF)->person);
	assert_non_null(strstr(step(&w, "hold" OF_HALF)->text, "on web, now: write 'autorenew = False'"));
	assert_false(waits(&w, "issue" OF_HALF, "hold" OF_HALF, false));
	assert_false(is_there(&w, "resume" OF_HALF));
	unmake(&w);
	make(&w, TLS_OF("own"), MODE_EMERGENCY);
	assert_true(is_there(&w, "issue" OF_HALF));
	assert_false(is_there(&w, "hold" OF_HALF));
	assert_false(is_there(&w, "resume" OF_HALF));
	unmake(&w);
}

static void who_cannot_say_why_it_revokes_is_not_asked_to_and_the_plan_says_so(void **state _unused_)
{
	struct world w;

	make(&w, TLS_OF("mute"), MODE_EMERGENCY);
	const struct step *s = step(&w, "revoke" OF_HALF);

	assert_true(s->person);
	assert_non_null(strstr(s->text, "dehydrated cannot say why it revokes"));
	assert_non_null(strstr(s->text, "the certificate) revoked with reason keyCompromise"));
	assert_false(step(&w, "issue" OF_HALF)->person);
	unmake(&w);
	pulled = true;
	make(&w, TLS_OF("mute"), MODE_EMERGENCY);
	pulled = false;
	assert_true(step(&w, "revoke-pulled" OF_HALF)->person);
	assert_false(waits(&w, "issue" OF_HALF, "revoke-pulled" OF_HALF, false));
	unmake(&w);
	make(&w, TLS_OF("mute"), MODE_PLANNED);
	assert_true(step(&w, "revoke-last" OF_HALF)->person);
	unmake(&w);
	make(&w, TLS_OF("own"), MODE_EMERGENCY);
	assert_false(step(&w, "revoke" OF_HALF)->person);
	unmake(&w);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_cannot_say_why_it_revokes_is_not_asked_to_and_the_plan_says_so),
		cmocka_unit_test(a_robot_is_held_back_before_a_new_key_is_used),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
