/* What Bacula's own programs say, and do not say: first that the trap is real, then that the driver is not in it. */
#include "bacula_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_US INT64_C(30000000)

extern const struct driver driver_bacula;

/* In the service's folder. What was said is added to out; the exit code. */
static int run(struct bacula_test *t, const char *command, const char *input, struct buf *out)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job p = { .argv = (const char *const[]){ "sh", "-c", "cd \"$0\" && HOME=/nonexistent && export HOME"
			      " && eval \"$1\" 2>&1", t->service.folder, command, NULL },
			      .limit_ms = 60000, .input = input, .input_len = strlen(input) };
	struct err e = ERR_INIT;

	buf_clear(out);
	assert_int_equal(proc_run(&p, &res, &e), 0);
	(void) buf_add(out, res.out.data, res.out.len);
	return res.status;
}

static void resource(struct bacula_test *t, const char *value, char *ret, size_t size)
{
	(void) snprintf(ret, size, "Director { Name = " BACULA_DIRECTOR_NAME "; Address = 127.0.0.1; DIRport = %u; "
			"Password = \"%s\"; }\n", t->service.port, value);
}

/* The value goes by standard input: bconsole wants a file, and has a pipe. */
static int console(struct bacula_test *t, const char *value, const char *command, struct buf *out)
{
	char conf[700];
	size_t len;

	resource(t, value, conf, sizeof(conf));
	len = strlen(conf);
	(void) snprintf(conf + len, sizeof(conf) - len, "%s\nquit\n", command);
	return run(t, "read -r conf; exec 3<<EOF\n$conf\nEOF\nexec bconsole -n -c /proc/self/fd/3", conf, out);
}

static void baculas_own_console_says_the_same(void **state _unused_)
{
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	assert_int_equal(console(&t, t.c.old, "version", &out), 0);
	assert_non_null(strstr(buf_text(&out), BACULA_DIRECTOR_NAME " Version: 9.6"));
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	assert_int_equal(console(&t, t.c.old, "version", &out), 1);
	assert_non_null(strstr(buf_text(&out), "authorization problem"));
	assert_int_equal(console(&t, t.c.new, "version", &out), 0);
	bacula_test_end(&t);
}

/* A name without a leading slash is looked for in /etc/bacula, wherever one stands: what is checked or asked then is
 * another file, or none. */
static void a_relative_file_is_not_the_one_beside_us(void **state _unused_)
{
	static const struct { const char *program, *file, *daemon; } rows[] = {
		{ "bacula-dir -t", "dir.conf", "director" }, { "bacula-fd -t", "fd.conf", "client" },
		{ "bacula-sd -t", "sd.conf", "storage" }, { "bconsole -n", "console.conf", NULL },
	};
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	char path[400], command[900], conf[500];
	struct bacula_test t;
	struct err e = ERR_INIT;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	(void) snprintf(path, sizeof(path), "%s/console.conf", t.service.folder);
	resource(&t, t.c.old, conf, sizeof(conf));
	assert_int_equal(fs_write_atomic(path, conf, strlen(conf), 0600, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(json_freep) json_t *options = json_object();
		const char *const users[] = { BACULA_DIRECTOR_NAME, NULL };

		(void) snprintf(path, sizeof(path), "Cannot open config file \"/etc/bacula/%s\"", rows[i].file);
		(void) snprintf(command, sizeof(command), "[ -s %s ] && %s -c %s", rows[i].file, rows[i].program,
				rows[i].file);
		assert_int_not_equal(run(&t, command, "quit\n", &out), 0);
		if (!strstr(buf_text(&out), path))
			fail_msg("'%s' says: %s", command, buf_text(&out));
		(void) snprintf(command, sizeof(command), "cd / && %s -c '%s/%s'", rows[i].program, t.service.folder,
				rows[i].file);
		if (run(&t, command, "quit\n", &out) != 0)
			fail_msg("'%s' says: %s", command, buf_text(&out));
		if (!rows[i].daemon)
			continue;
		/* So the register may not name one. */
		json_put(options, "daemon", rows[i].daemon);
		json_put(options, "file", rows[i].file);
		assert_int_equal(driver_bacula.words("backup1:9101", users, options, &e), -ERR_CONFIG);
		assert_non_null(strstr(e.text, "expected a full path"));
		(void) snprintf(path, sizeof(path), "/etc/bacula/%s", rows[i].file);
		json_put(options, "file", path);
		assert_int_equal(driver_bacula.words("backup1:9101", users, options, &e), 0);
	}
	bacula_test_end(&t);
}

/* Its exit code says that the director was reached, and nothing of whom the director did not reach. */
static void a_console_ends_well_though_a_client_is_not_reached(void **state _unused_)
{
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, true, NULL, NULL, NULL);
	s = bacula_test_call(&t, PART_CLIENT, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	assert_int_equal(console(&t, t.c.old, "status client=lab-fd", &out), 0);
	assert_non_null(strstr(buf_text(&out), "Failed to connect to Client lab-fd"));
	service_password(t.c.other);
	/* The driver reads the words. Its own is a third value, which neither client nor storage has. */
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .new = t.c.other, .limit_ms = 40000,
			  .options = MORE("file", t.x->file[PART_DIRECTOR]) });
	bacula_test_must(&s);
	assert_true(bacula_test_found(&s, "pair", "client 'lab-fd'"));
	bacula_test_end(&t);
}

static size_t alarms_in(struct bacula_test *t, const char *log, const char *what)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;
	char path[400];
	size_t n = 0;

	(void) snprintf(path, sizeof(path), "%s/%s", t->service.folder, log);
	/* A daemon that had nothing to say has no file. */
	if (access(path, F_OK) < 0)
		return 0;
	assert_int_equal(fs_read(path, &text, &e), 0);
	for (const char *at = buf_text(&text); (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void connect_and_leave(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port) };
	_cleanup_(closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
}

/* Who only looks whether a port is open is a "Security Alert" in the log of client and storage, which is what somebody
 * reads who looks for the intruder. A daemon writes it down when the next one comes. */
static void a_bare_connect_is_an_alarm_that_the_driver_never_makes(void **state _unused_)
{
	static const enum driver_verb verbs[] = { VERB_PROBE, VERB_INSPECT, VERB_DRAIN, VERB_CHANGE, VERB_CUT,
						   VERB_PROBE };
	static const struct { enum bacula_part part; const char *log, *what; } rows[] = {
		{ PART_CLIENT, "client.log", "FD expecting Hello got bad command" },
		{ PART_STORAGE, "storage.log", "Connection request from client failed" },
	};
	struct bacula_test t;

	bacula_test_begin(&t, true, NULL, NULL, NULL);
	for (size_t v = 0; v < ARRAY_SIZE(verbs); v++) {
		static const enum bacula_part order[] = { PART_CLIENT, PART_STORAGE, PART_DIRECTOR };

		for (size_t p = 0; p < ARRAY_SIZE(order); p++) {
			struct said s = bacula_test_call(&t, order[p], verbs[v], 60000, NULL);

			bacula_test_must(&s);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t until = clock_mono_us() + LOG_US;

		connect_and_leave(t.x->port[rows[i].part]);
		do {
			assert_true(service_bacula_login(&t.service, rows[i].part, BACULA_DIRECTOR_NAME, t.c.new));
			if (clock_mono_us() > until)
				fail_msg("'%s' has no alarm", rows[i].log);
			clock_sleep_ms(50);
		} while (alarms_in(&t, rows[i].log, rows[i].what) == 0);
		assert_int_equal(alarms_in(&t, rows[i].log, rows[i].what), 1);
	}
	bacula_test_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(baculas_own_console_says_the_same),
		cmocka_unit_test(a_relative_file_is_not_the_one_beside_us),
		cmocka_unit_test(a_console_ends_well_though_a_client_is_not_reached),
		cmocka_unit_test(a_bare_connect_is_an_alarm_that_the_driver_never_makes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
