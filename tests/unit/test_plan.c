/* Plans out of small registers and the shipped playbooks: which steps, and what each waits for. */
#include "base/mem.h"
#include "plan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const no_options[] = { "queue", "queue_limit", NULL };
static const struct driver_words words[] = { { "redis", no_options }, { "mariadb", no_options }, { "pg", no_options },
					      { "dkim", NULL } };
static const struct driver_view views[] = {
	{ "redis", "", "cut", true, true }, { "mariadb", "", "cut", true, false },
	{ "pg", "holds one password", "cut", false, false },
	{ "dkim", "what was signed stays signed", "mail may fail", .by_half = true },
};

#define HEAD "register: 1\norganisation: {name: O, team: t@example.org, approver: em}\nroles: {em: {}}\n" \
	"repositories:\n  private: {kind: private, url: /srv/p.git, branch: main}\n" \
	"systems: {s: {title: S}}\n"

static void make_with(struct world *w, const char *yaml, enum mode mode, const struct stored_find *found, size_t n)
{
	struct source file = { "firebreak.yaml", yaml, strlen(yaml) };
	struct plan_input in = { .drivers = views, .n_drivers = ARRAY_SIZE(views), .mode = mode,
				 .stored = found, .n_stored = n };
	struct ref *members;
	struct err e = ERR_INIT;

	*w = (struct world){ 0 };
	world_books(&w->books);
	if (register_load(&file, 1, words, ARRAY_SIZE(words), &w->reg, &e) < 0)
		fail_msg("%s", e.text);
	members = mem_zero(w->reg->n_secrets + 1, sizeof(*members));
	for (uint32_t i = 0; i < w->reg->n_secrets; i++)
		members[in.n_members++] = (struct ref){ REF_SECRET, i };
	in.reg = w->reg;
	in.playbooks = &w->books;
	in.members = members;
	if (plan_build(&in, &w->plan, &e) < 0)
		fail_msg("%s", e.text);
	free(members);
}

static void make(struct world *w, const char *yaml, enum mode mode)
{
	make_with(w, yaml, mode, NULL, 0);
}

#define REDIS HEAD "hosts: {a: {reach: local}, b: {reach: local}}\nconfiguration: {apply: puppet-agent}\nsecrets:\n" \
	"  redis/password:\n    kind: redis-password\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: k}]\n" \
	"    accounts:\n      - {driver: redis, address: 'db:6379', options: {queue: 'q*'}}\n" \
	"      - {driver: redis, address: 'db2:6379', role: replica}\n" \
	"    consumers:\n      - {hosts: [a], file: /etc/redis.conf, side: server, restart: puppet}\n" \
	"      - {hosts: [a, b], file: /etc/app.conf, restart: firebreak, service: app}\n"

static void nothing_moves_before_the_values_are_sealed_and_pushed(void **state _unused_)
{
	struct world w;

	make(&w, REDIS, MODE_EMERGENCY);
	assert_true(waits(&w, "commit:redis/password:private", "values:redis/password", true));
	assert_true(waits(&w, "change:redis/password:db:6379", "commit:redis/password:private", true));
	assert_true(waits(&w, "apply@b", "commit:redis/password:private", true));
	assert_true(waits(&w, "cut:redis/password:db:6379", "change:redis/password:db:6379", true));
	unmake(&w);
}

static void one_stuck_host_holds_back_only_itself(void **state _unused_)
{
	struct world w;

	make(&w, REDIS, MODE_EMERGENCY);
	assert_true(waits(&w, "settle@b", "apply@b", true));
	assert_false(waits(&w, "settle@b", "apply-server@a", true));
	assert_true(waits(&w, "look:redis/password:/etc/app.conf@b", "apply@b", true));
	assert_false(waits(&w, "prove:redis/password:db:6379@b", "settle@a", false));
	assert_true(waits(&w, "prove:redis/password:db:6379@b", "settle@b", false));
	unmake(&w);
}

static void the_queue_is_emptied_before_the_servers_own_host_is_configured(void **state _unused_)
{
	struct world w;

	make(&w, REDIS, MODE_EMERGENCY);
	assert_true(waits(&w, "drain:redis/password:db:6379", "apply@b", false));
	assert_true(waits(&w, "apply-server@a", "drain:redis/password:db:6379", false));
	assert_false(is_there(&w, "apply@a"));
	assert_false(is_there(&w, "apply-server@b"));
	assert_false(is_there(&w, "drain:redis/password:db2:6379"));
	unmake(&w);
}

/* Two accounts with what runs there: one says for how long it is waited for. */
#define QUEUES HEAD "hosts: {a: {reach: local}}\nconfiguration: {apply: puppet-agent}\nsecrets:\n" \
	"  backup/shared:\n    kind: shared-secret\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: k}]\n" \
	"    accounts:\n      - {driver: redis, address: 'fd:1', options: {queue: wait, queue_limit: '7200'}}\n" \
	"      - {driver: redis, address: 'sd:1', options: {queue: wait}}\n" \
	"      - {driver: redis, address: 'dir:1', role: replica}\n" \
	"    consumers: [{hosts: [a], file: /etc/dir.conf, restart: puppet}]\n"

static void what_runs_is_waited_for_as_long_as_its_account_says(void **state _unused_)
{
	struct world w;

	make(&w, QUEUES, MODE_EMERGENCY);
	assert_int_equal(step(&w, "drain:backup/shared:fd:1")->limit_ms, 7260000);
	assert_int_equal(step(&w, "drain:backup/shared:sd:1")->limit_ms, 600000);
	assert_int_equal(step(&w, "change:backup/shared:fd:1")->limit_ms, 60000);
	unmake(&w);
}

/* Emergency: by choice it is waited for, and no longer than that. Calm days: nothing is so urgent that it may break. */
static void what_does_not_end_stops_a_planned_rotation_only(void **state _unused_)
{
	struct world w;

	make(&w, QUEUES, MODE_EMERGENCY);
	assert_true(waits(&w, "change:backup/shared:fd:1", "drain:backup/shared:fd:1", false));
	assert_false(waits(&w, "change:backup/shared:fd:1", "drain:backup/shared:fd:1", true));
	assert_false(waits(&w, "change:backup/shared:fd:1", "drain:backup/shared:sd:1", false));
	assert_true(waits(&w, "drain:backup/shared:fd:1", "commit:backup/shared:private", true));
	assert_false(is_there(&w, "drain-first:backup/shared:fd:1"));
	unmake(&w);
	make(&w, QUEUES, MODE_PLANNED);
	assert_true(waits(&w, "commit:backup/shared:private", "drain-first:backup/shared:fd:1", true));
	assert_true(waits(&w, "commit:backup/shared:private", "drain-first:backup/shared:sd:1", true));
	assert_int_equal(step(&w, "drain-first:backup/shared:fd:1")->limit_ms, 7260000);
	assert_true(waits(&w, "change:backup/shared:fd:1", "commit:backup/shared:private", true));
	assert_true(waits(&w, "change-replicas:backup/shared:dir:1", "commit:backup/shared:private", true));
	assert_true(waits(&w, "apply@a", "commit:backup/shared:private", true));
	assert_false(is_there(&w, "drain:backup/shared:fd:1"));
	unmake(&w);
}

static void a_replica_follows_its_primary(void **state _unused_)
{
	struct world w;

	make(&w, REDIS, MODE_EMERGENCY);
	assert_true(waits(&w, "change-replicas:redis/password:db2:6379", "change:redis/password:db:6379", false));
	assert_false(is_there(&w, "change:redis/password:db2:6379"));
	unmake(&w);
}

static void an_emergency_has_no_overlap_and_a_planned_rotation_has(void **state _unused_)
{
	struct world w;

	make(&w, REDIS, MODE_EMERGENCY);
	assert_false(is_there(&w, "stage:redis/password:db:6379"));
	unmake(&w);
	make(&w, REDIS, MODE_PLANNED);
	assert_false(is_there(&w, "change:redis/password:db:6379"));
	assert_true(waits(&w, "cut-retired:redis/password:db:6379", "retire:redis/password:db:6379", true));
	unmake(&w);
}

/* Each must have succeeded: a service that refuses the value of a consumer locks it out. */
static void a_planned_rotation_locks_nobody_out(void **state _unused_)
{
	static const char *const before_retire[] = { "stage:redis/password:db:6379", "apply@b", "apply-server-last@a",
		"restart:app@a", "restart:app@b", "look:redis/password:/etc/app.conf@b",
		"outside:redis/password:the bot of the channel" };
	struct world w;

	make(&w, REDIS "    external: [{name: the bot of the channel, how: by hand}]\n", MODE_PLANNED);
	assert_true(waits(&w, "commit:redis/password:private", "stage:redis/password:db:6379", true));
	assert_true(waits(&w, "apply@b", "commit:redis/password:private", true));
	assert_true(waits(&w, "change-replicas:redis/password:db2:6379", "commit:redis/password:private", true));
	assert_true(waits(&w, "apply-server-last@a", "apply@b", true));
	for (size_t i = 0; i < ARRAY_SIZE(before_retire); i++)
		assert_true(waits(&w, "retire:redis/password:db:6379", before_retire[i], true));
	unmake(&w);
}

/* One secret, and a service beside it that holds one value: it is changed when the git has it. */
static void what_cannot_hold_two_is_changed_in_a_planned_rotation_too(void **state _unused_)
{
	static const char yaml[] = HEAD "hosts: {a: {reach: local}}\nconfiguration: {apply: puppet-agent}\nsecrets:\n"
		"  db/app:\n    kind: mariadb-password\n    system: s\n"
		"    places: [{repository: private, file: h.yaml, key: a}]\n"
		"    accounts:\n      - {driver: mariadb, address: 'db:3306', users: [app]}\n"
		"      - {driver: pg, address: 'db:5432', users: [app]}\n"
		"    consumers: [{hosts: [a], file: /etc/app.conf, restart: none}]\n";
	struct world w;

	make(&w, yaml, MODE_PLANNED);
	assert_true(is_there(&w, "stage:db/app:db:3306/app"));
	assert_false(is_there(&w, "stage:db/app:db:5432/app"));
	assert_false(is_there(&w, "change-at-once:db/app:db:3306/app"));
	assert_true(waits(&w, "change-at-once:db/app:db:5432/app", "commit:db/app:private", true));
	assert_true(waits(&w, "apply@a", "change-at-once:db/app:db:5432/app", false));
	assert_true(waits(&w, "cut-retired:db/app:db:5432/app", "change-at-once:db/app:db:5432/app", true));
	assert_true(waits(&w, "prove:db/app:db:5432/app@a", "change-at-once:db/app:db:5432/app", true));
	unmake(&w);
	make(&w, yaml, MODE_EMERGENCY);
	assert_false(is_there(&w, "change-at-once:db/app:db:5432/app"));
	unmake(&w);
}

#define TWO HEAD "hosts: {a: {reach: local}}\nconfiguration: {apply: puppet-agent}\nsecrets:\n" \
	"  db/root:\n    kind: mariadb-password\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: r}]\n" \
	"    accounts: [{driver: mariadb, address: 'db:3306', users: [root]}]\n" \
	"  db/app:\n    kind: mariadb-password\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: a}]\n" \
	"    accounts: [{driver: mariadb, address: ['db:3306', 'db2:3306'], users: [app], " \
	"admin: {user: root, secret: db/root}}]\n" \
	"    consumers: [{hosts: [a], file: /etc/app.conf, restart: none}]\n" \
	"  wiki/key:\n    kind: shared-secret\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: w}]\n" \
	"    consumers: [{hosts: [a], file: /etc/wiki.conf, restart: none}]\n"

static void what_an_admin_opens_waits_for_the_admins_own_change(void **state _unused_)
{
	struct world w;

	make(&w, TWO, MODE_EMERGENCY);
	assert_true(waits(&w, "change:db/app:db:3306/app", "change:db/root:db:3306/root", false));
	assert_false(waits(&w, "change:db/root:db:3306/root", "change:db/app:db:3306/app", false));
	unmake(&w);
}

static void servers_do_not_wait_for_each_other_and_a_host_is_configured_once(void **state _unused_)
{
	struct world w;
	uint32_t applies = 0;

	make(&w, TWO, MODE_EMERGENCY);
	assert_false(waits(&w, "cut:db/app:db2:3306/app", "change:db/app:db:3306/app", true));
	assert_true(waits(&w, "apply@a", "commit:db/app:private", true));
	assert_true(waits(&w, "apply@a", "commit:wiki/key:private", true));
	for (uint32_t i = 0; i < w.plan->n; i++)
		applies += w.plan->steps[i].what == DO_APPLY;
	assert_int_equal(applies, 1);
	unmake(&w);
}

#define STORED TWO "  wiki/bot:\n    kind: shared-secret\n    system: s\n" \
	"    places: [{repository: private, file: h.yaml, key: b}]\n" \
	"    stored: [{address: 'db:3306', table: wiki.user}, {address: 'db2:3306', table: shop.people}]\n"
#define ON_DB "stored-passwords:wiki.user@db:3306"

/* db/root is secret 0, db/app secret 1. Both open wiki.user on db: one step; the same name on db2 is another table. */
static void what_an_inspection_found_stored_is_a_persons_step(void **state _unused_)
{
	static const struct stored_find found[] = {
		{ 1, "db:3306", "wiki.user", "user_password, user_token" }, { 0, "db:3306", "wiki.user",
									      "user_password" },
		{ 1, "db2:3306", "wiki.user", NULL }, { 1, "db:3306", "a'b\n%.t", "pw\x1b[0m" },
		{ 2, "db:3306", "x.y", "" },
	};
	struct world w;

	make(&w, STORED, MODE_EMERGENCY);
	assert_false(is_there(&w, ON_DB));
	assert_true(is_there(&w, "stored-elsewhere:db/app"));
	unmake(&w);
	make_with(&w, STORED, MODE_EMERGENCY, found, ARRAY_SIZE(found));
	const struct step *s = step(&w, ON_DB), *odd = step(&w, "stored-passwords:a%27b%0A%25.t@db:3306");
	uint32_t n = 0;

	assert_true(s->person);
	assert_true(waits(&w, ON_DB, "inspect:db/root:db:3306/root", false));
	assert_non_null(strstr(s->why, "a precautionary reset of all passwords stored in the database should happen"));
	assert_non_null(strstr(s->title, ": wiki.user on db:3306 (user_password, user_token); of the register: "
			       "wiki/bot (this plan replaces it)"));
	assert_null(strstr(step(&w, "stored-passwords:wiki.user@db2:3306")->title, "wiki/bot"));
	assert_null(strchr(odd->title, '\n'));
	assert_null(strchr(odd->title, '\x1b'));
	for (uint32_t i = 0; i < w.plan->n; i++)
		n += !strncmp(w.plan->steps[i].id, "stored-passwords:", 17);
	assert_int_equal(n, 3);
	for (uint32_t i = w.plan->n - n; i < w.plan->n; i++)
		assert_memory_equal(w.plan->steps[i].id, "stored-passwords:", 17);
	unmake(&w);
}

static void a_host_has_the_time_that_the_register_gives_it(void **state _unused_)
{
	static const char yaml[] = HEAD "hosts: {a: {reach: local}, b: {configuration: {apply: puppet-agent, limit: "
		"7}}}\nconfiguration: {apply: puppet-agent, limit: 1800}\nsecrets:\n"
		"  wiki/key:\n    kind: shared-secret\n    system: s\n"
		"    places: [{repository: private, file: h.yaml, key: w}]\n"
		"    consumers: [{hosts: [a, b], file: /etc/wiki.conf, restart: none}]\n";
	struct world w;

	make(&w, yaml, MODE_EMERGENCY);
	assert_int_equal(step(&w, "apply@a")->limit_ms, 1800000);
	assert_int_equal(step(&w, "apply@b")->limit_ms, 7000);
	assert_int_equal(step(&w, "settle@b")->limit_ms, 7000);
	unmake(&w);
}

static void every_step_says_why_and_what_it_cannot(void **state _unused_)
{
	static const char yaml[] = HEAD "hosts: {a: {reach: local}}\nconfiguration: {apply: none}\nsecrets:\n"
		"  p/app:\n    kind: postgresql-password\n    system: s\n"
		"    places: [{repository: private, file: h.yaml, key: r}]\n"
		"    accounts: [{driver: pg, address: 'db:5432', users: [app]}]\n";
	struct world w;

	make(&w, yaml, MODE_PLANNED);
	assert_string_equal(step(&w, "change:p/app:db:5432/app")->cannot, "holds one password");
	for (uint32_t i = 0; i < w.plan->n; i++) {
		assert_non_null(w.plan->steps[i].why);
		assert_non_null(w.plan->steps[i].title);
		assert_true(w.plan->steps[i].limit_ms > 0);
	}
	unmake(&w);
}

static void the_same_register_gives_the_same_plan(void **state _unused_)
{
	struct world a, b;
	_cleanup_(buf_free) struct buf one = BUF_INIT(1 << 20), two = BUF_INIT(1 << 20);

	make(&a, TWO, MODE_EMERGENCY);
	make(&b, TWO, MODE_EMERGENCY);
	_cleanup_(json_freep) json_t *x = plan_json(a.plan, a.reg), *y = plan_json(b.plan, b.reg);

	json_line(&one, x);
	json_line(&two, y);
	assert_string_equal(buf_text(&one), buf_text(&two));
	unmake(&a);
	unmake(&b);
}

static bool is_id(const char *id, const char *type)
{
	size_t n = strlen(type);

	return !strncmp(id, type, n) && strlen(id) == n + 38 && id[n + 16] == '5' && id[n + 21] == 'a';
}

/* The structure that CACAO v2.0 demands: required keys, every reference resolves, every branch has its own end. */
static void a_cacao_export_has_the_required_structure(void **state _unused_)
{
	static const char *const required[] = { "type", "spec_version", "id", "name", "created_by", "created",
						"modified", "workflow_start", "workflow" };
	struct world w;
	const char *id, *next;
	json_t *s, *x;
	size_t k, ends = 0, actions = 0;

	make(&w, TWO, MODE_EMERGENCY);
	_cleanup_(json_freep) json_t *j = plan_cacao(w.plan, "test", INT64_C(1700000000000000));
	json_t *flow = json_object_get(j, "workflow");

	for (size_t i = 0; i < ARRAY_SIZE(required); i++)
		assert_non_null(json_object_get(j, required[i]));
	assert_string_equal(json_str(j, "spec_version"), "cacao-2.0");
	assert_true(is_id(json_str(j, "id"), "playbook"));
	assert_non_null(json_object_get(flow, json_str(j, "workflow_start")));
	json_object_foreach(flow, id, s) {
		assert_true(is_id(id, json_str(s, "type")));
		next = json_str(s, "on_completion");
		ends += !strcmp(json_str(s, "type"), "end");
		actions += !strcmp(json_str(s, "type"), "action");
		assert_true(next ? json_object_get(flow, next) != NULL : !strcmp(json_str(s, "type"), "end"));
		json_array_foreach(json_object_get(s, "next_steps"), k, x)
			assert_non_null(json_object_get(flow, json_string_value(x)));
		if (!strcmp(json_str(s, "type"), "parallel"))
			assert_true(json_array_size(json_object_get(s, "next_steps")) >= 2);
		if (!strcmp(json_str(s, "type"), "action")) {
			assert_true(json_array_size(json_object_get(s, "commands")) >= 1);
			assert_non_null(json_object_get(json_object_get(j, "agent_definitions"), json_str(s, "agent")));
		}
	}
	assert_int_equal(actions, w.plan->n);
	assert_true(ends >= 2);
	unmake(&w);
}

/* An id of any length is one id: what points at a step points at the step that is there. */
static void a_cacao_export_holds_together_with_long_and_quoted_names(void **state _unused_)
{
	char name[700] = "Let's Encrypt ", yaml[2000];
	struct world w;
	const char *id;
	json_t *s;
	bool quoted = false;

	memset(name + 14, 'x', sizeof(name) - 15);
	snprintf(yaml, sizeof(yaml), "%s  tls/key:\n    kind: mariadb-password\n    system: s\n"
		 "    places: [{repository: private, file: \"it's.yaml\", key: w}]\n"
		 "    accounts: [{driver: mariadb, address: 'db:1', users: [\"o'brien\"]}]\n"
		 "    external: [{name: \"%s\", how: h}]\n", HEAD "secrets:\n", name);
	make(&w, yaml, MODE_EMERGENCY);
	_cleanup_(json_freep) json_t *j = plan_cacao(w.plan, "test", 0);
	json_t *flow = json_object_get(j, "workflow");

	json_object_foreach(flow, id, s) {
		const char *next = json_str(s, "on_completion");
		const char *command = json_str(json_array_get(json_object_get(s, "commands"), 0), "command");

		assert_true(!next || json_object_get(flow, next));
		quoted = quoted || (command && strstr(command, "--only 'change:tls/key:db:1/o'\\''brien'"));
	}
	assert_true(quoted);
	unmake(&w);
}

#define DKIM HEAD "hosts: {mail: {}, ns1: {}, ns2: {}}\nconfiguration: {apply: puppet-agent}\nsecrets:\n" \
	"  s/dkim:\n    kind: dkim-key\n    places: [{repository: private, file: mail.private}]\n" \
	"    accounts:\n" \
	"    - {driver: dkim, address: 'ns1:53', users: [wiki.lab]}\n" \
	"    - {driver: dkim, address: 'cache:53', users: [wiki.lab], role: replica}\n" \
	"    consumers: [{hosts: mail, file: /etc/dkim/key, service: opendkim, restart: firebreak, side: server}]\n" \
	"    public_halves:\n" \
	"    - {repository: private, file: zone, what: record, format: dkim-zone, hosts: [ns1, ns2],\n" \
	"       options: {domain: wiki.lab}}\n" \
	"    - {repository: private, file: data.yaml, what: selector, format: dkim-selector, options: {key: s}}\n"
#define ZONE "s/dkim:private:zone:dkim-zone"
#define AUTHORITY "s/dkim:ns1:53/wiki.lab@mail"

static void a_leaked_key_is_withdrawn_before_the_new_one_is_published(void **state _unused_)
{
	struct world w;

	make(&w, DKIM, MODE_EMERGENCY);
	assert_true(waits(&w, "withdraw:" ZONE, "values:s/dkim", true));
	assert_true(waits(&w, "publish:" ZONE, "withdraw:" ZONE, false));
	/* the name servers hear of the withdrawal also when the new record cannot be published */
	assert_true(waits(&w, "apply-withdrawn@ns1", "withdraw:" ZONE, true));
	assert_int_equal(step(&w, "apply-withdrawn@ns2")->n_after, 1);
	assert_true(waits(&w, "apply-public@ns1", "publish:" ZONE, true));
	assert_false(is_there(&w, "withdraw:s/dkim:private:data.yaml:dkim-selector"));
	assert_false(is_there(&w, "publish:s/dkim:private:data.yaml:dkim-selector"));
	assert_true(is_there(&w, "point:s/dkim:private:data.yaml:dkim-selector"));
	assert_false(is_there(&w, "apply@ns1"));
	assert_false(is_there(&w, "apply-public@mail"));
	unmake(&w);
}

static void nothing_signs_with_a_key_that_no_server_has(void **state _unused_)
{
	struct world w;

	make(&w, DKIM, MODE_PLANNED);
	assert_true(step(&w, "served:" AUTHORITY)->old_any);
	assert_true(waits(&w, "served:" AUTHORITY, "apply-public@ns1", true));
	assert_true(waits(&w, "served:" AUTHORITY, "apply-public@ns2", true));
	assert_true(waits(&w, "point:s/dkim:private:data.yaml:dkim-selector", "served:" AUTHORITY, true));
	assert_true(waits(&w, "commit:s/dkim:private", "served:" AUTHORITY, true));
	assert_true(waits(&w, "apply@mail", "point:s/dkim:private:data.yaml:dkim-selector", true));
	assert_true(waits(&w, "withdraw-last:" ZONE, "signed:s/dkim:cache:53/wiki.lab", true));
	assert_true(waits(&w, "withdraw-last:" ZONE, "restart:opendkim@mail", true));
	assert_false(step(&w, "prove:" AUTHORITY)->old_any);
	assert_true(waits(&w, "prove:" AUTHORITY, "withdraw-last:" ZONE, true));
	assert_true(waits(&w, "prove:" AUTHORITY, "apply-withdrawn-last@ns2", false));
	unmake(&w);
}

static void a_half_without_a_format_is_a_persons_step(void **state _unused_)
{
	struct world w;

	make(&w, HEAD "hosts: {}\nsecrets: {s/dkim: {kind: dkim-key, places: [{repository: private, file: k}],\n"
	     "  public_halves: [{repository: private, file: zone, what: TXT of mail._domainkey}]}}\n", MODE_EMERGENCY);
	assert_true(step(&w, "withdraw:s/dkim:private:zone")->person);
	assert_non_null(strstr(step(&w, "withdraw:s/dkim:private:zone")->text, "TXT of mail._domainkey"));
	unmake(&w);
}

static void what_a_public_half_decides_is_not_asked_of_the_driver(void **state _unused_)
{
	static const char book[] = "playbook: 1\nname: x\ntitle: X\nkinds: [dkim-key]\nmake: ed25519\nsteps:\n"
		"- {do: values, why: w}\n- {do: change, why: w}\n- {do: cut, why: w}\n- {do: prove, why: w}\n";
	struct source file = { "x.yaml", book, strlen(book) }, text = { "firebreak.yaml", DKIM, strlen(DKIM) };
	const struct ref member = { REF_SECRET, 0 };
	struct playbooks books = { 0 };
	struct plan_input in = { .drivers = views, .n_drivers = ARRAY_SIZE(views), .members = &member, .n_members = 1,
				 .playbooks = &books };
	struct firebreak_register *reg = NULL;
	struct plan *p = NULL;
	struct err e = ERR_INIT;

	if (playbooks_add(&books, &file, false, &e) < 0 ||
	    register_load(&text, 1, words, ARRAY_SIZE(words), &reg, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(books.p[0].make, "ed25519");
	in.reg = reg;
	if (plan_build(&in, &p, &e) < 0)
		fail_msg("%s", e.text);
	for (uint32_t i = 0; i < p->n; i++)
		assert_true(p->steps[i].what == DO_VALUES || p->steps[i].what == DO_PROVE);
	assert_int_equal(p->n, 3);
	plan_free(p);
	register_free(reg);
	playbooks_free(&books);
}

static void refused(const char *yaml, const char *sentence)
{
	struct playbooks b = { 0 };
	struct err e = ERR_INIT;

	assert_int_not_equal(playbooks_add(&b, &(struct source){ "p.yaml", yaml, strlen(yaml) }, false, &e), 0);
	if (!strstr(e.text, sentence))
		fail_msg("wanted '%s' in '%s'", sentence, e.text);
	playbooks_free(&b);
}

#define BOOK "playbook: 1\nname: n\ntitle: t\nkinds: [k]\nsteps:\n"

static void a_wrong_playbook_is_one_sentence_with_its_place(void **state _unused_)
{
	refused(BOOK "  - {do: chnge, why: w}\n", "p.yaml:6:10: one of the words of docs/formats/playbook.md is "
		"expected here, did you mean 'change'");
	refused(BOOK "  - {do: change}\n", "p.yaml:6:5: a step needs 'why'");
	refused(BOOK "  - {do: change, why: w, after: [commit]}\n", "no step 'commit' stands before this one");
	refused(BOOK "  - {do: change, why: w}\n  - {do: change, why: w}\n", "two steps are called 'change'");
	refused(BOOK "  - {do: person, why: w}\n", "needs 'text'");
	refused(BOOK "  - {do: cut, why: w, afer: []}\n", "there is no key 'afer' here, did you mean 'after'?");
	refused(BOOK "  - {do: person, why: w, text: t, each: stord}\n", "did you mean 'stored'");
	refused("playbook: 1\nmake: rsa-2049\n", "did you mean 'rsa-2048'");
	refused("make: ed25519\nlength: 20\n" BOOK "  - {do: values, why: w}\n", "leave them away");
	refused(BOOK "  - {do: look, why: w, side: public}\n", "'side: public' is for 'apply', 'settle' and 'pull'");
	refused(BOOK "  - {do: change, why: w, old: any}\n", "'old: any' is for 'prove'");
	refused(BOOK "  - {do: change, why: w, formats: [dkim-zone]}\n", "'formats' is for 'publish', 'withdraw'");
	refused(BOOK "  - {do: publish, why: w, formats: [dkim]}\n", "no format of a public half is called 'dkim'");
	refused("playbook: 1\nalphabet: aab\n", "p.yaml:2:11: the alphabet has 'a' twice");
	refused("playbook: 2\n", "this version reads no other");
	refused("name: n\n", "a playbook needs 'playbook'");
	refused("", "the playbook is empty");
}

static void the_teams_playbook_replaces_the_shipped_one(void **state _unused_)
{
	static const char own[] = "playbook: 1\nname: ours\ntitle: t\nkinds: [redis-password]\nsteps:\n"
		"  - {do: values, why: w}\n";
	struct playbooks b = { 0 };
	struct err e = ERR_INIT;

	world_books(&b);
	assert_string_equal(playbooks_for(&b, "redis-password")->name, "redis-password");
	assert_int_equal(playbooks_add(&b, &(struct source){ "o.yaml", own, strlen(own) }, false, &e), 0);
	assert_string_equal(playbooks_for(&b, "redis-password")->name, "ours");
	assert_int_not_equal(playbooks_add(&b, &(struct source){ "p.yaml", own, strlen(own) }, false, &e), 0);
	assert_null(playbooks_for(&b, "no-such-kind"));
	playbooks_free(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_moves_before_the_values_are_sealed_and_pushed),
		cmocka_unit_test(one_stuck_host_holds_back_only_itself),
		cmocka_unit_test(the_queue_is_emptied_before_the_servers_own_host_is_configured),
		cmocka_unit_test(a_replica_follows_its_primary),
		cmocka_unit_test(what_runs_is_waited_for_as_long_as_its_account_says),
		cmocka_unit_test(what_does_not_end_stops_a_planned_rotation_only),
		cmocka_unit_test(an_emergency_has_no_overlap_and_a_planned_rotation_has),
		cmocka_unit_test(a_planned_rotation_locks_nobody_out),
		cmocka_unit_test(what_cannot_hold_two_is_changed_in_a_planned_rotation_too),
		cmocka_unit_test(what_an_admin_opens_waits_for_the_admins_own_change),
		cmocka_unit_test(servers_do_not_wait_for_each_other_and_a_host_is_configured_once),
		cmocka_unit_test(what_an_inspection_found_stored_is_a_persons_step),
		cmocka_unit_test(a_host_has_the_time_that_the_register_gives_it),
		cmocka_unit_test(every_step_says_why_and_what_it_cannot),
		cmocka_unit_test(the_same_register_gives_the_same_plan),
		cmocka_unit_test(a_cacao_export_has_the_required_structure),
		cmocka_unit_test(a_cacao_export_holds_together_with_long_and_quoted_names),
		cmocka_unit_test(a_leaked_key_is_withdrawn_before_the_new_one_is_published),
		cmocka_unit_test(nothing_signs_with_a_key_that_no_server_has),
		cmocka_unit_test(a_half_without_a_format_is_a_persons_step),
		cmocka_unit_test(what_a_public_half_decides_is_not_asked_of_the_driver),
		cmocka_unit_test(a_wrong_playbook_is_one_sentence_with_its_place),
		cmocka_unit_test(the_teams_playbook_replaces_the_shipped_one),
	};

	if (argc != 2)
		return 2;
	playbook_folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
