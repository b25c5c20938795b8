/* The domains that a key serves: which wikis are there, what the plan says of their owners, what everybody may read. */
#include "base/buf.h"
#include "model/domains.h"
#include "plan_world.h"
#include "register_help.h"
#include <string.h>

#define HALF(file) "public_halves: [{repository: dns, file: c" file ", what: c, format: certificate, issuer: own}]"
#define KEY(file) "kind: tls-key, places: [{repository: private, file: k" file "}], " HALF(file)
#define DATABASE "database: {address: '[::1]:3306', name: a, user: r, secret: redis/reader}"
#define WIKIS "issuers: {own: {client: openssl, hold: [a], resume: [b], renews: [c]}}\n" \
	"data:\n  a: {title: A, domains: [a.example.org, '*.b.example'], owners: [bureaucrat], " DATABASE "}\n" \
	"  b: {title: B, domains: ['*.b.example'], " DATABASE "}\n  plain: {title: P}\n"
#define SECRETS "secrets:\n  redis/reader: {kind: redis-password}\n" \
	"  redis/tls: {" KEY("1") ", opens: [data:plain, data:a, data:b]}\n" \
	"  redis/poor: {" KEY("2") ", opens: [data:plain]}\n" \
	"  redis/password: {kind: redis-password, opens: [data:a]}\n"

static uint32_t secret_of(const struct firebreak_register *r, const char *name)
{
	uint32_t at = map_get(&r->secret_names, name);

	if (at == MAP_NONE)
		fail_msg("there is no secret '%s'", name);
	return at;
}

static void a_key_serves_the_domains_of_what_it_opens_and_a_password_none(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(WIKIS SECRETS);
	static const struct { const char *secret, *data[3]; } cases[] = {
		{ "redis/tls", { "a", "b" } }, { "redis/poor", { NULL } }, { "redis/password", { NULL } },
		{ "redis/reader", { NULL } },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		const struct secret_def *s = &r->secrets[secret_of(r, cases[k].secret)];
		uint32_t at = 0, data;

		for (const char *const *want = cases[k].data; *want; want++) {
			assert_true(domains_next(r, s, &at, &data));
			assert_string_equal(r->data[data].name, *want);
		}
		if (domains_next(r, s, &at, &data))
			fail_msg("%s serves %s", cases[k].secret, r->data[data].name);
	}
}

/* NULL: the plan has no such step. */
static void expect_step(const char *secret, int64_t incident, bool drill, bool mailed, const char *text)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(WIKIS SECRETS);
	_cleanup_(plan_freep) struct plan *p = NULL;
	_cleanup_(freep) char *id = mem_printf("owners:%s", secret);
	struct playbooks books = { 0 };
	const struct ref member = { REF_SECRET, secret_of(r, secret) };
	struct err e = ERR_INIT;

	world_books(&books);
	if (plan_build(&(struct plan_input){ .reg = r, .playbooks = &books, .members = &member, .n_members = 1,
					     .incident = incident, .mode = MODE_EMERGENCY, .drill = drill },
		       &p, &e) < 0)
		fail_msg("%s", e.text);
	uint32_t at = map_get(&p->ids, id);

	if ((at == MAP_NONE) != !text)
		fail_msg("%s is %s", id, at == MAP_NONE ? "not there" : "there");
	if (text) {
		assert_true(p->steps[at].person);
		assert_int_equal(p->steps[at].mailed, mailed);
		if (!strstr(p->steps[at].text, text))
			fail_msg("'%s' is not in '%s'", text, p->steps[at].text);
		assert_string_equal(p->steps[at].why, "wiki owners/users should be notified");
	}
	playbooks_free(&books);
}

static void the_plan_names_the_command_where_the_register_knows_the_wikis(void **state _unused_)
{
	expect_step("redis/tls", 7, false, true, "wikis of its domains: firebreak mail send 7 --domains-of 'redis/tls'"
		    "; it is done when the ledger of mail says so");
	expect_step("redis/tls", 0, false, true, "firebreak mail send N --domains-of 'redis/tls'");
	expect_step("redis/poor", 7, false, false, "tell the owners and users of the wikis of its domains");
	expect_step("redis/tls", 7, true, false, NULL);
	expect_step("redis/poor", 7, true, false, NULL);
	expect_step("redis/password", 7, false, false, NULL);
}

static void row(struct incident *i, enum row_kind kind, const char *id, const char *body)
{
	struct err e = ERR_INIT;

	if (incident_add(i, &(struct row){ .seq = i->last_seq + 1, .at_us = INT64_C(1000000) * (i->last_seq + 1),
			 .kind = kind, .incident = 7, .who = "alice", .step = id, .attempt = id ? 1 : 0, .body = body },
			 &e) < 0)
		fail_msg("%s", e.text);
}

/* Words of step ids, in order; "pulled" is a person's decision, "X-" a step that failed. */
static struct incident *incident_of(const char *said)
{
	static const char steps[] = "{\"steps\": [{\"id\":\"out\",\"do\":\"pull\",\"secret\":\"redis/tls\"},"
		"{\"id\":\"gone\",\"do\":\"gone\",\"secret\":\"redis/tls\"},"
		"{\"id\":\"issue\",\"do\":\"issue\",\"secret\":\"redis/tls\"},"
		"{\"id\":\"commit\",\"do\":\"commit\",\"secret\":\"redis/tls\"},"
		"{\"id\":\"publish\",\"do\":\"publish\",\"secret\":\"redis/tls\"},"
		"{\"id\":\"prove\",\"do\":\"prove\",\"secret\":\"redis/tls\",\"after\":[\"commit\"]}";
	static const char seen[] = ",{\"id\":\"seen\",\"do\":\"prove\",\"secret\":\"redis/tls\",\"after\":[\"out\"]}";
	struct incident *i = incident_new(7);
	_cleanup_(freep) char *words = mem_dup(said);
	_cleanup_(freep) char *planned = mem_printf("%s%s]}", steps, strstr(said, "pulled") ? seen : "");
	char *rest = NULL;

	row(i, ROW_DECLARED, NULL, "{\"what\":[\"redis/tls\"],\"because\":\"pasted by eve\",\"mode\":\"emergency\","
	    "\"members\":[{\"kind\":\"data\",\"name\":\"a\"},{\"kind\":\"secret\",\"name\":\"redis/password\"},"
	    "{\"kind\":\"secret\",\"name\":\"redis/tls\"},{\"kind\":\"secret\",\"name\":\"redis/gone\"}]}");
	row(i, ROW_PLANNED, NULL, planned);
	for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		bool failed = w[strlen(w) - 1] == '-';

		if (!strcmp(w, "pulled")) {
			row(i, ROW_PULLED, NULL, "{\"secret\":\"redis/tls\",\"because\":\"eve reads along\"}");
			continue;
		}
		w[strlen(w) - failed] = '\0';
		row(i, ROW_INTENT, w, "{\"do\":\"x\"}");
		row(i, ROW_OUTCOME, w, failed ? "{\"outcome\":\"failed\",\"effect\":\"none\",\"text\":\"no\"}"
					      : "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"yes\"}");
	}
	return i;
}

#define NAMES "a.example.org, *.b.example: "
#define AT(s) "1970-01-01T00:00:" s "Z"

static void everybody_reads_what_happened_to_the_domain_and_nothing_of_the_secret(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(WIKIS SECRETS);
	static const char replaced[] = NAMES "its key and certificate are being replaced, and it is not shown yet that "
		"the old ones are served nowhere.";
	static const struct { const char *said, *want; } cases[] = {
		{ "", replaced }, { "issue commit publish", replaced }, { "issue commit publish prove-", replaced },
		{ "commit publish prove", replaced }, { "issue- commit publish prove", replaced },
		{ "issue commit publish prove", NAMES "has a new key and a new certificate since " AT("10") "; the old "
		  "ones are served no longer." },
		{ "pulled", NAMES "being taken out of service, until there is a certificate for a new key." },
		{ "pulled out gone-", NAMES "being taken out of service, until there is a certificate for a new key." },
		{ "pulled out gone", NAMES "being taken out of service, until there is a certificate for a new key." },
		{ "pulled out gone seen-", NAMES "being taken out of service, until there is a certificate for a new "
		  "key." },
		{ "pulled out gone seen", NAMES "out of service since " AT("09") ", until there is a certificate for a "
		  "new key." },
		{ "pulled out gone seen issue commit publish", NAMES "out of service since " AT("09") ", until there "
		  "is a certificate for a new key." },
		{ "pulled out gone seen issue commit publish prove", NAMES "was out of service from " AT("04") ", and "
		  "is back since " AT("17") " with a new key and a new certificate." },
		/* decided, and the new one came before anything went */
		{ "pulled out- seen issue commit publish prove", NAMES "has a new key and a new certificate since "
		  AT("15") "; the old ones are served no longer." },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(incident_freep) struct incident *i = incident_of(cases[k].said);
		_cleanup_(buf_free) struct buf b = BUF_INIT(10000);

		domains_tell(r, i, &b);
		if (strcmp(buf_text(&b), cases[k].want) != 0)
			fail_msg("%s: %s", cases[k].said, buf_text(&b));
	}
}

static void what_no_step_proves_is_not_said(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(WIKIS SECRETS);
	_cleanup_(incident_freep) struct incident *i = incident_new(7);
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);

	row(i, ROW_DECLARED, NULL, "{\"what\":[\"redis/tls\"],\"because\":\"x\",\"mode\":\"emergency\","
	    "\"members\":[{\"kind\":\"secret\",\"name\":\"redis/tls\"}]}");
	row(i, ROW_PLANNED, NULL, "{\"steps\": [{\"id\":\"issue\",\"do\":\"issue\",\"secret\":\"redis/tls\"},"
	    "{\"id\":\"commit\",\"do\":\"commit\",\"secret\":\"redis/tls\"},"
	    "{\"id\":\"publish\",\"do\":\"publish\",\"secret\":\"redis/tls\"}]}");
	for (size_t k = 0; k < 3; k++) {
		static const char *const ids[] = { "issue", "commit", "publish" };

		row(i, ROW_INTENT, ids[k], "{\"do\":\"x\"}");
		row(i, ROW_OUTCOME, ids[k], "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"yes\"}");
	}
	domains_tell(r, i, &b);
	assert_non_null(strstr(buf_text(&b), "it is not shown yet"));
}

static void an_incident_without_such_a_key_has_no_words(void **state _unused_)
{
	_cleanup_(register_freep) struct firebreak_register *r = small_load_ok(WIKIS SECRETS);
	_cleanup_(incident_freep) struct incident *i = incident_new(7);
	_cleanup_(buf_free) struct buf b = BUF_INIT(10000);

	row(i, ROW_DECLARED, NULL, "{\"what\":[\"redis/poor\"],\"because\":\"x\",\"mode\":\"emergency\","
	    "\"members\":[{\"kind\":\"secret\",\"name\":\"redis/poor\"},{\"kind\":\"data\",\"name\":\"a\"}]}");
	domains_tell(r, i, &b);
	assert_int_equal(b.len, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_serves_the_domains_of_what_it_opens_and_a_password_none),
		cmocka_unit_test(the_plan_names_the_command_where_the_register_knows_the_wikis),
		cmocka_unit_test(everybody_reads_what_happened_to_the_domain_and_nothing_of_the_secret),
		cmocka_unit_test(what_no_step_proves_is_not_said),
		cmocka_unit_test(an_incident_without_such_a_key_has_no_words),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
