/* Each trap that was measured on Bacula 9.6, by its name: first that the trap is real, then that the driver is not in
 * it. */
#include "bacula_kit.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACES 20                             /* for consoles, by default */

static bool at(struct bacula_test *t, enum bacula_part part, const char *value)
{
	return service_bacula_login(&t->service, part, part == PART_DIRECTOR ? "*UserAgent*" : BACULA_DIRECTOR_NAME,
				    value);
}

static void probed(struct bacula_test *t, enum bacula_part part, enum accepts wanted)
{
	struct said s = bacula_test_call(t, part, VERB_PROBE, 4000, NULL);

	bacula_test_must(&s);
	if (s.a.accepts != wanted)
		fail_msg("'%s' instead of '%s': %s", accepts_name(s.a.accepts), accepts_name(wanted), s.all);
}

static void text_of(const char *path, char *ret, size_t size)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	assert_int_equal(fs_read(path, &b, &e), 0);
	(void) snprintf(ret, size, "%s", buf_text(&b));
}

static void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A refused login keeps its place for five seconds: who tries fast enough shuts everybody out, the driver included. */
static void a_director_without_a_free_place_is_no_refusal(void **state _unused_)
{
	struct bacula_test t;

	bacula_test_begin(&t, false, "  # as Debian has it", NULL, NULL);
	probed(&t, PART_DIRECTOR, ACCEPTS_OLD);
	for (int i = 0; i < PLACES - 1; i++)
		(void) at(&t, PART_DIRECTOR, "Nobody-s-Value");
	probed(&t, PART_DIRECTOR, ACCEPTS_UNREACHABLE);
	bacula_test_end(&t);
}

static void reload_is_silent_about_a_broken_file(void **state _unused_)
{
	static char good[1 << 16], broken[(1 << 16) + 100], now[(1 << 16) + 100];
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	text_of(t.x->file[PART_DIRECTOR], good, sizeof(good));
	(void) snprintf(broken, sizeof(broken), "%s\nNonsense { Name = x\n}\n", good);
	put_text(t.x->file[PART_DIRECTOR], broken);
	assert_false(bacula_test_says(&t, "reload", "rror"));
	assert_true(at(&t, PART_DIRECTOR, t.c.old));

	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 0, NULL);
	assert_int_equal(s.r, -ERR_REMOTE);
	assert_non_null(strstr(s.e.text, "the service's own check refuses"));
	assert_int_equal(s.e.effect, EFFECT_NONE);
	text_of(t.x->file[PART_DIRECTOR], now, sizeof(now));
	assert_string_equal(now, broken);
	put_text(t.x->file[PART_DIRECTOR], good);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	probed(&t, PART_DIRECTOR, ACCEPTS_NEW);
	bacula_test_end(&t);
}

/* A part of a file is no whole configuration: its own check would refuse it, so the register says that it is one. */
static void a_file_that_another_takes_in_is_not_checked_alone(void **state _unused_)
{
	static char text[1 << 16];
	char part[350], *console;
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	text_of(t.x->file[PART_DIRECTOR], text, sizeof(text));
	(void) snprintf(part, sizeof(part), "%s/night.conf", t.service.folder);
	put_text(part, "Console { Name = night; Password = \"Their-Own-Value\"; CommandACL = *all*\n}\n");
	console = text + strlen(text);
	(void) snprintf(console, sizeof(text) - strlen(text), "@%s\n", part);
	put_text(t.x->file[PART_DIRECTOR], text);
	assert_int_equal(chmod(part, 0644), 0);
	bacula_test_wait(&t, "reload", "");
	bacula_test_wait(&t, ".clients", "lab-fd");

	const char *const night[] = { "night", NULL };
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .users = night });
	assert_true(s.r < 0 && s.e.effect == EFFECT_NONE);
	assert_non_null(strstr(s.e.text, "takes in other files"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .users = night, .options = MORE("file", part) });
	assert_non_null(strstr(s.e.text, "own check refuses"));
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .users = night, .options = MORE("file", part, "part",
											    "yes") });
	bacula_test_must(&s);
	assert_true(service_bacula_login(&t.service, PART_DIRECTOR, "night", t.c.new));
	assert_true(at(&t, PART_DIRECTOR, t.c.old));
	bacula_test_end(&t);
}

static void client_and_storage_read_their_file_at_a_start_only(void **state _unused_)
{
	static const enum bacula_part parts[] = { PART_CLIENT, PART_STORAGE };
	struct bacula_test t;

	bacula_test_begin(&t, true, NULL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		char pair[33];
		struct said s;

		/* A first call that was ended between the file and the restart. */
		(void) snprintf(pair, sizeof(pair), "%s", t.x->pair);
		(void) snprintf(t.x->pair, sizeof(t.x->pair), "%.32s", t.c.new);
		assert_int_equal(service_bacula_files(&t.service, t.c.old), 0);
		(void) snprintf(t.x->pair, sizeof(t.x->pair), "%s", pair);
		(void) kill(service_bacula_pid(&t.service, parts[i]), SIGHUP);
		probed(&t, parts[i], ACCEPTS_OLD);

		s = bacula_test_call(&t, parts[i], VERB_CHANGE, 0, NULL);
		bacula_test_must(&s);
		assert_int_equal(s.a.count, 0);
		probed(&t, parts[i], ACCEPTS_NEW);
		assert_false(at(&t, parts[i], t.c.old));
	}
	bacula_test_end(&t);
}

static void owner_mode_and_every_other_byte_of_the_file_stay(void **state _unused_)
{
	static char before[1 << 16], after[1 << 16], want[1 << 16];
	struct stat was, is;
	struct bacula_test t;
	struct said s;
	char *place;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	text_of(t.x->file[PART_DIRECTOR], before, sizeof(before));
	assert_int_equal(stat(t.x->file[PART_DIRECTOR], &was), 0);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	assert_int_equal(s.a.count, 1);
	text_of(t.x->file[PART_DIRECTOR], after, sizeof(after));
	place = strstr(before, t.c.old);
	assert_non_null(place);
	(void) snprintf(want, sizeof(want), "%.*s%s%s", (int)(place - before), before, t.c.new, place +
			strlen(t.c.old));
	assert_string_equal(after, want);
	assert_int_equal(stat(t.x->file[PART_DIRECTOR], &is), 0);
	assert_int_equal(is.st_mode, was.st_mode);
	assert_int_equal(is.st_uid, was.st_uid);
	assert_int_equal(is.st_gid, was.st_gid);
	bacula_test_end(&t);
}

/* One value for all: a director that moves alone is refused by those it presents it to, and nothing else says so. */
static void all_move_together_or_it_is_told(void **state _unused_)
{
	struct bacula_test t;
	struct said s;

	bacula_test_begin(&t, true, NULL, NULL, NULL);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 40000, NULL);
	bacula_test_must(&s);
	assert_int_equal(s.a.count, 3);
	assert_true(bacula_test_found(&s, "pair", "client 'lab-fd'") && bacula_test_found(&s, "pair",
											  "storage 'lab-sd'"));
	s = bacula_test_call(&t, PART_CLIENT, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	s = bacula_test_call(&t, PART_STORAGE, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	s = bacula_test_call(&t, PART_DIRECTOR, VERB_CHANGE, 0, NULL);
	bacula_test_must(&s);
	assert_false(bacula_test_found(&s, "pair", ""));
	for (int i = 0; i < PARTS; i++) {
		probed(&t, (enum bacula_part)i, ACCEPTS_NEW);
		assert_false(at(&t, (enum bacula_part)i, t.c.old));
	}
	/* The whole of it works: a job that needs all three. */
	assert_true(bacula_test_says(&t, "run job=save yes", "Job queued"));
	bacula_test_wait(&t, "llist jobs", "JobStatus: T");
	bacula_test_end(&t);
}

static void a_name_that_a_daemon_does_not_know_is_refused_before_any_value(void **state _unused_)
{
	static const enum bacula_part parts[] = { PART_DIRECTOR, PART_CLIENT, PART_STORAGE };
	struct bacula_test t;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		static const char *const words[] = { "director", "client", "storage" };
		struct said s = contract_call(&t.c, VERB_PROBE, (struct with){
			.user = "stranger", .options = MORE("daemon", words[i]), .port = t.x->port[parts[i]] });

		bacula_test_must(&s);
		assert_int_equal(s.a.accepts, ACCEPTS_NEITHER);
		assert_non_null(strstr(s.a.text, "a name that the daemon does not know"));
		assert_int_equal(s.tries, 1);
	}
	bacula_test_end(&t);
}

static void a_program_that_says_yes_to_all_is_no_daemon(void **state _unused_)
{
	/* Packets with their length before them; it never looks at what it is told. */
	static const char yes[] = "printf '\\000\\000\\000\\053auth cram-md5 <1.2@lab-dir> ssl=0 ........\\n';"
		"printf '\\000\\000\\000\\0151000 OK auth\\n'; printf '\\000\\000\\000\\005never'; sleep 5";
	char listen[64], command[300];
	struct bacula_test t;
	struct said s;
	pid_t pid;

	bacula_test_begin(&t, false, NULL, NULL, NULL);
	(void) snprintf(listen, sizeof(listen), "%u", service_free_port());
	(void) snprintf(command, sizeof(command), "%s", yes);
	pid = fork();
	if (pid == 0) {
		execlp("python3", "python3", "-c",
		       "import socket,subprocess,sys\ns=socket.create_server(('127.0.0.1',int(sys.argv[1])))\n"
		       "while True:\n c,_=s.accept(); subprocess.Popen(['sh','-c',sys.argv[2]],stdout=c); c.close()\n",
		       listen, command, (char *)NULL);
		_exit(127);
	}
	int64_t until = clock_mono_us() + INT64_C(20000000);
	do {
		clock_sleep_ms(50);
		s = contract_call(&t.c, VERB_PROBE, (struct with){ .port = (uint16_t)strtoul(listen, NULL, 10) });
	} while (strstr(s.all, "refused") && clock_mono_us() < until);
	(void) kill(pid, SIGKILL);
	assert_int_equal(s.a.accepts, ACCEPTS_UNREACHABLE);
	assert_non_null(strstr(s.a.text, "does not know it itself"));
	bacula_test_end(&t);
}

static void make_certificate(char folder[64], char *lines, size_t size)
{
	char command[400];

	(void) snprintf(folder, 64, "/tmp/firebreak-tls-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void) snprintf(command, sizeof(command), "cd %s && openssl req -x509 -newkey ec -pkeyopt "
			"ec_paramgen_curve:prime256v1 "
			"-nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key -out crt "
			"2>/dev/null && chmod 755 . && chmod 644 key crt", folder);
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job p = { .argv = (const char *const[]){ "sh", "-c", command, NULL }, .limit_ms = 30000 };
	struct err e = ERR_INIT;

	assert_int_equal(proc_run(&p, &res, &e), 0);
	assert_int_equal(res.status, 0);
	(void) snprintf(lines, size, "  Maximum Console Connections = 100\n  TLS Enable = yes\n  TLS Require = yes\n"
			"  TLS Verify Peer = no\n  TLS CA Certificate File = %s/crt\n  TLS Certificate = %s/crt\n"
			"  TLS Key = %s/key", folder, folder, folder);
}

/* The value is judged before TLS begins; everything behind it needs TLS, and is not said in clear instead. */
static void tls_begins_behind_the_login(void **state _unused_)
{
	char folder[64], lines[600], ca[80];
	struct bacula_test t;
	struct said s;
	struct err e = ERR_INIT;

	make_certificate(folder, lines, sizeof(lines));
	(void) snprintf(ca, sizeof(ca), "%s/crt", folder);
	bacula_test_begin(&t, false, lines, NULL, NULL);
	probed(&t, PART_DIRECTOR, ACCEPTS_OLD);
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .itself = true });
	assert_int_equal(s.r, -ERR_NET);
	assert_non_null(strstr(s.e.text, "demands TLS"));
	s = contract_call(&t.c, VERB_INSPECT, (struct with){ .itself = true, .options = MORE("tls", "yes", "ca", ca) });
	bacula_test_must(&s);
	s = contract_call(&t.c, VERB_CHANGE, (struct with){ .itself = true, .options = MORE("tls", "yes", "ca", ca) });
	bacula_test_must(&s);
	probed(&t, PART_DIRECTOR, ACCEPTS_NEW);
	s = contract_call(&t.c, VERB_CUT, (struct with){ .itself = true, .options = MORE("tls", "yes") });
	assert_int_equal(s.r, -ERR_NET);
	assert_non_null(strstr(s.e.text, "certificate is not accepted"));
	bacula_test_end(&t);
	bacula_test_begin(&t, false, NULL, NULL, NULL);
	s = contract_call(&t.c, VERB_CUT, (struct with){ .options = MORE("tls", "yes", "ca", ca) });
	assert_int_equal(s.r, -ERR_NET);
	assert_non_null(strstr(s.e.text, "offers no TLS"));
	bacula_test_end(&t);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_director_without_a_free_place_is_no_refusal),
		cmocka_unit_test(reload_is_silent_about_a_broken_file),
		cmocka_unit_test(a_file_that_another_takes_in_is_not_checked_alone),
		cmocka_unit_test(client_and_storage_read_their_file_at_a_start_only),
		cmocka_unit_test(owner_mode_and_every_other_byte_of_the_file_stay),
		cmocka_unit_test(all_move_together_or_it_is_told),
		cmocka_unit_test(a_name_that_a_daemon_does_not_know_is_refused_before_any_value),
		cmocka_unit_test(a_program_that_says_yes_to_all_is_no_daemon),
		cmocka_unit_test(tls_begins_behind_the_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
