/* How one gets to a Redis: TLS, replicas, and what somebody who watches sees. */
#include "redis_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Makes a certificate for `name` in the server's folder and lets it listen with TLS on the port that comes back. */
static uint16_t speak_tls(struct redis_test *t, const char *name)
{
	uint16_t port = service_free_port();
	char script[1600];

	(void) snprintf(script, sizeof(script),
			"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
			"/CN=test -addext subjectAltName=%s -keyout key.pem -out cert.pem 2>/dev/null && "
			"printf 'tls-port %u\\ntls-cert-file %s/cert.pem\\ntls-key-file %s/key.pem\\n"
			"tls-ca-cert-file %s/cert.pem\\ntls-auth-clients no\\n' >> redis.conf", name, port,
			t->service.folder, t->service.folder, t->service.folder);
	assert_int_equal(service_run(&t->service, (const char *const[]){ "sh", "-c", script, NULL }, NULL), 0);
	redis_test_restart(t);
	return port;
}

static void says_unreachable(const struct said *s, const char *because)
{
	assert_int_equal(s->r, 0);
	assert_int_equal(s->a.accepts, ACCEPTS_UNREACHABLE);
	if (!strstr(s->a.text, because))
		fail_msg("'%s' does not say '%s'", s->a.text, because);
}

static void a_port_that_wants_tls_gets_no_password_in_clear(void **state _unused_)
{
	struct redis_test t;
	char ca[300];
	uint16_t port;
	struct said s;

	redis_test_begin(&t, NULL);
	port = speak_tls(&t, "IP:127.0.0.1");
	(void) snprintf(ca, sizeof(ca), "%s/cert.pem", t.service.folder);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = port });
	says_unreachable(&s, "does this port want TLS");
	assert_int_equal(s.tries, 0);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .port = port });
	assert_true(s.r < 0 && s.e.code == ERR_NET && s.e.effect == EFFECT_NONE);

	s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = port, OPTIONS_OF("tls", "yes", "ca", ca) });
	assert_int_equal(s.a.accepts, ACCEPTS_OLD);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .port = port, OPTIONS_OF("tls", "yes", "ca", ca) });
	redis_test_must(&s);
	assert_true(redis_test_login(&t, "default", t.c.new) && !redis_test_login(&t, "default", t.c.old));
	redis_test_end(&t);
}

static void a_certificate_is_checked(void **state _unused_)
{
	struct redis_test t;
	char ca[300];
	uint16_t port;
	struct said s;

	redis_test_begin(&t, NULL);
	port = speak_tls(&t, "IP:127.0.0.2");
	(void) snprintf(ca, sizeof(ca), "%s/cert.pem", t.service.folder);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = port, OPTIONS_OF("tls", "yes") });
	says_unreachable(&s, "certificate is not accepted: self-signed");
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = port, OPTIONS_OF("tls", "yes", "ca", ca) });
	says_unreachable(&s, "certificate is not accepted: IP address mismatch");
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .limit_ms = 1500, OPTIONS_OF("tls", "yes", "ca", ca) });
	says_unreachable(&s, "does the port speak TLS");
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = port, OPTIONS_OF("tls", "yes", "ca", t.conf) });
	says_unreachable(&s, "holds no certificates");
	assert_int_equal(s.tries, 0);
	redis_test_end(&t);
}

static void a_unix_socket_is_an_address_too(void **state _unused_)
{
	struct redis_test t;
	char path[300];
	struct said s;

	redis_test_begin(&t, NULL);
	assert_int_equal(service_run(&t.service, (const char *const[]){ "sh", "-c",
			 "echo \"unixsocket $PWD/redis.sock\" >> redis.conf", NULL }, NULL), 0);
	redis_test_restart(&t);
	(void) snprintf(path, sizeof(path), "%s/redis.sock", t.service.folder);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .unix_path = path });
	redis_test_must(&s);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .unix_path = path });
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ .unix_path = "/nowhere/redis.sock" });
	says_unreachable(&s, "connect: No such file or directory");
	redis_test_end(&t);
}

static void a_full_server_is_no_refusal(void **state _unused_)
{
	struct redis_test t;
	struct said s;
	int fd;

	redis_test_begin(&t, NULL);
	assert_true(SAYS(&t, "+OK", "CONFIG", "SET", "maxclients", "1"));
	fd = service_redis_dial(&t.service);
	assert_true(fd >= 0);
	s = contract_call(&t.c, VERB_PROBE, (struct with){ 0 });
	says_unreachable(&s, "max number of clients reached");
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ 0 });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE && !s.changing);
	closep(&fd);
	redis_test_end(&t);
}

static void monitor_shows_no_value(void **state _unused_)
{
	static const char watch[] = "*1\r\n$7\r\nMONITOR\r\n";
	static char seen[1 << 20];
	static const enum driver_verb verbs[] = { VERB_PROBE, VERB_STAGE, VERB_RETIRE, VERB_CHANGE, VERB_PROBE };
	struct redis_test t;
	ssize_t n;
	int fd;

	redis_test_begin(&t, NULL);
	fd = service_redis_dial(&t.service);
	assert_int_equal(send(fd, watch, sizeof(watch) - 1, 0), sizeof(watch) - 1);
	clock_sleep_ms(50);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		struct said s = contract_call(&t.c, verbs[i], (struct with){ 0 });

		redis_test_must(&s);
	}
	n = recv(fd, seen, sizeof(seen) - 1, MSG_DONTWAIT);
	assert_true(n > 100);
	seen[n] = '\0';
	assert_non_null(strstr(seen, "\"AUTH\" \"(redacted)\""));
	assert_null(strstr(seen, t.c.old));
	assert_null(strstr(seen, t.c.new));
	closep(&fd);
	redis_test_end(&t);
}

struct pair { struct redis_test primary, replica; };

static bool link_is(struct redis_test *t, const char *wanted, int64_t limit_ms)
{
	int64_t until = clock_mono_us() + limit_ms * 1000;
	bool is;

	while (!(is = SAYS(t, wanted, "INFO", "replication")) && clock_mono_us() < until)
		clock_sleep_ms(50);
	return is;
}

/* Both know one value: it lets the replica in at its primary. */
static void begin_pair(struct pair *p)
{
	char extra[200];

	redis_test_begin(&p->primary, "repl-diskless-sync-delay 0");
	(void) snprintf(extra, sizeof(extra), "replicaof 127.0.0.1 %u\nmasterauth %.32s\nrepl-diskless-sync-delay 0",
			p->primary.service.port, p->primary.c.old);
	redis_test_begin(&p->replica, extra);
	memcpy(p->replica.c.old, p->primary.c.old, sizeof(p->replica.c.old));
	memcpy(p->replica.c.new, p->primary.c.new, sizeof(p->replica.c.new));
}

static void end_pair(struct pair *p)
{
	redis_test_end(&p->replica);
	redis_test_end(&p->primary);
}

static void a_replicas_link_outlives_the_change_at_its_primary(void **state _unused_)
{
	const struct with replica = { .replica = true };
	struct pair p;
	struct said s;

	begin_pair(&p);
	assert_true(link_is(&p.replica, "master_link_status:up", 10000));
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_OLD);

	s = contract_call(&p.primary.c, VERB_CHANGE, (struct with){ 0 });
	redis_test_must(&s);
	clock_sleep_ms(300);
	assert_true(link_is(&p.replica, "master_link_status:up", 0));
	s = contract_call(&p.primary.c, VERB_INSPECT, (struct with){ 0 });
	assert_non_null(strstr(s.all, "it is a replica and gets a copy of all data"));

	/* The cut at the primary takes the link; it comes back with the new value only. */
	s = contract_call(&p.primary.c, VERB_CUT, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(s.a.count >= 1);
	assert_true(link_is(&p.replica, "master_link_status:down", 5000));
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_OLD);
	for (int i = 0; i < 2; i++) {
		s = contract_call(&p.replica.c, VERB_CHANGE, replica);
		redis_test_must(&s);
		assert_true(link_is(&p.replica, "master_link_status:up", 0));
	}
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	assert_false(service_redis.logged(&p.replica.service, p.replica.c.new));

	/* What the replica itself asks of its clients is another account; that it is
	 * read-only does not matter there. */
	assert_true(SAYS(&p.replica, "-READONLY", "SET", "a", "b"));
	s = contract_call(&p.replica.c, VERB_CHANGE, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(redis_test_login(&p.replica, "default", p.replica.c.new));
	end_pair(&p);
}

static void a_replica_that_is_changed_first_is_told_to_be_down(void **state _unused_)
{
	const struct with replica = { .replica = true, .limit_ms = 2500, OPTIONS_OF("file", "/nowhere") };
	struct pair p;
	struct said s;

	begin_pair(&p);
	assert_true(link_is(&p.replica, "master_link_status:up", 10000));
	s = contract_call(&p.replica.c, VERB_CHANGE, replica);
	assert_true(s.r < 0 && s.e.effect == EFFECT_CHANGED);
	assert_non_null(strstr(s.e.text, "does not come up: does the primary accept the new value"));
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.a.text, "its link is down"));
	s = contract_call(&p.primary.c, VERB_CHANGE, (struct with){ 0 });
	redis_test_must(&s);
	assert_true(link_is(&p.replica, "master_link_status:up", 10000));
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	end_pair(&p);
}

static void a_replica_logs_in_as_an_acl_user(void **state _unused_)
{
	const struct with primary = { .user = "repl" }, replica = { .user = "repl", .replica = true };
	struct pair p;
	struct said s;

	begin_pair(&p);
	(void) snprintf(p.primary.service.user, sizeof(p.primary.service.user), "repl");
	assert_true(SAYS(&p.primary, "+OK", "ACL", "SETUSER", "repl", "on", "+psync", "+replconf", "+ping"));
	assert_int_equal(service_redis.set(&p.primary.service, p.primary.c.old, NULL), 0);
	assert_true(link_is(&p.replica, "master_link_status:up", 10000));
	assert_false(SAYS(&p.primary, "user=repl", "CLIENT", "LIST"));
	s = contract_call(&p.primary.c, VERB_CHANGE, primary);
	redis_test_must(&s);
	s = contract_call(&p.replica.c, VERB_CHANGE, replica);
	redis_test_must(&s);
	assert_true(SAYS(&p.primary, "user=repl", "CLIENT", "LIST"));
	s = contract_call(&p.replica.c, VERB_PROBE, replica);
	assert_int_equal(s.a.accepts, ACCEPTS_NEW);
	end_pair(&p);
}

static void a_server_that_is_no_replica_is_told_apart(void **state _unused_)
{
	struct redis_test t;
	struct said s;

	redis_test_begin(&t, NULL);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .replica = true });
	assert_true(s.r < 0 && s.e.code == ERR_CONFIG && s.e.effect == EFFECT_NONE && !s.changing);
	assert_non_null(strstr(s.e.text, "is no replica now"));
	s = contract_call(&t.c, VERB_STAGE, (struct with){ .replica = true });
	assert_true(s.r < 0 && s.e.code == ERR_REFUSED);
	redis_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_wants_tls_gets_no_password_in_clear),
		cmocka_unit_test(a_certificate_is_checked),
		cmocka_unit_test(a_unix_socket_is_an_address_too),
		cmocka_unit_test(a_full_server_is_no_refusal),
		cmocka_unit_test(monitor_shows_no_value),
		cmocka_unit_test(a_replicas_link_outlives_the_change_at_its_primary),
		cmocka_unit_test(a_replica_that_is_changed_first_is_told_to_be_down),
		cmocka_unit_test(a_replica_logs_in_as_an_acl_user),
		cmocka_unit_test(a_server_that_is_no_replica_is_told_apart),
	};

	return cmocka_run_group_tests_name("redis links", tests, NULL, NULL);
}
