/* firebreak register, as a person types it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/proc.h"
#include <stdlib.h>

static const char *program, *farm;

struct said { struct proc_result r; };

static void said_free(struct said *s)
{
	proc_result_free(&s->r);
}

static struct said run(const char *folder, const char *const *words)
{
	const char *argv[16] = { program, "register" };
	struct proc_job job = { .argv = argv, .limit_ms = 60000, .output_max = (size_t)16 << 20 };
	struct err e = ERR_INIT;
	struct said s = { 0 };
	size_t n = 2;

	for (; *words; words++)
		argv[n++] = *words;
	argv[n++] = "--register";
	argv[n] = folder;
	if (proc_run(&job, &s.r, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

#define RUN(name, folder, ...) \
	_cleanup_(said_free) struct said name = run((folder), (const char *const[]){ __VA_ARGS__, NULL })

static void expect(const struct said *s, int code, const char *text)
{
	const char *out = buf_text(&s->r.out), *err = buf_text(&s->r.err);

	if (s->r.status != code || (!strstr(out, text) && !strstr(err, text)))
		fail_msg("exit code %d, wanted %d; wanted '%s' in:\n%s\n%s", s->r.status, code, text, out, err);
}

static void good_register_is_counted(void **state)
{
	RUN(check, farm, "check");
	RUN(json, farm, "check", "--json");

	(void)state;
	expect(&check, 0, "37 hosts");
	expect(&check, 0, "no errors\n");
	expect(&json, 0, "\"ok\": true");
}

static void bad_register_is_told_line_by_line(void **state)
{
	static const char bad[] = "register: 1\nhosts: {-a: }\nsecrets: {x: {knd: \"\\e[31m\"}}\nsystms: {}\n";
	char folder[] = "/tmp/firebreak-register-XXXXXX";
	_cleanup_(freep) char *path = mem_printf("%s/firebreak.yaml", mkdtemp(folder));
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;
	unsigned lines = 0;

	(void)state;
	assert_int_equal(fs_write_atomic(path, bad, sizeof(bad) - 1, 0600, &e), 0);

	RUN(check, folder, "check");
	RUN(json, folder, "check", "--json");
	RUN(show, folder, "show");
	RUN(nothing, "/nonexistent", "check");

	expect(&check, 1, "firebreak.yaml:2:9: '-a' is no name of a host");
	expect(&check, 1, "firebreak.yaml:3:15: unknown key 'knd' in secret 'x'");
	expect(&check, 1, "firebreak.yaml:4:1: unknown section 'systms' (did you mean 'systems'?)");
	for (const char *s = buf_text(&check.r.out); (s = strchr(s, '\n')); s++)
		lines++;
	assert_int_equal(json_read("json", buf_text(&json.r.out), json.r.out.len, 1 << 20, &j, &e), 0);
	assert_int_equal(json_array_size(json_object_get(j, "problems")), lines);
	expect(&show, 5, "firebreak.yaml:2:9: ");
	assert_int_not_equal(nothing.r.status, 0);
	assert_int_equal(fs_remove_tree(folder, &e), 0);
}

static void things_are_shown(void **state)
{
	RUN(all, farm, "show");
	RUN(secret, farm, "show", "redis/password");
	RUN(host, farm, "show", "mon2");
	RUN(data, farm, "show", "data:traffic");
	RUN(wrong, farm, "show", "redis/pasword");
	RUN(json, farm, "show", "salt/ssh-key", "--json");
	_cleanup_(json_freep) json_t *j = NULL;
	struct err e = ERR_INIT;

	(void)state;
	expect(&all, 0, "redis/password");
	expect(&secret, 0, "kept in      private: hieradata/common.yaml, key passwords::redis::master");
	expect(&secret, 0, "redis/password opens data:jobqueue");
	expect(&host, 0, "host:mon2 has rendered on it grafana/db");
	expect(&data, 0, "900000");
	expect(&wrong, 2, "did you mean 'redis/password'?");
	expect(&json, 0, "");
	assert_int_equal(json_read("json", buf_text(&json.r.out), json.r.out.len, 1 << 20, &j, &e), 0);
	assert_true(json_array_size(json_object_get(j, "reaches")) >= 37);
}

static void graph_is_drawn(void **state)
{
	RUN(dot, farm, "graph");
	RUN(json, farm, "graph", "--json");
	RUN(both, farm, "graph", "--json", "--svg");
	RUN(svg, farm, "check", "--svg");

	(void)state;
	expect(&dot, 0, "digraph register {");
	expect(&json, 0, "\"edges\": [");
	expect(&both, 2, "--svg goes with graph");
	expect(&svg, 2, "");
}

static void wrong_words_are_wrong_use(void **state)
{
	RUN(none, farm, "");
	RUN(what, farm, "chek");
	RUN(more, farm, "check", "it");

	(void)state;
	expect(&none, 2, "expected check, show [NAME], graph or add");
	expect(&what, 2, "expected check, show [NAME], graph or add");
	expect(&more, 2, "expected check, show [NAME], graph or add");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_register_is_counted),
		cmocka_unit_test(bad_register_is_told_line_by_line),
		cmocka_unit_test(things_are_shown),
		cmocka_unit_test(graph_is_drawn),
		cmocka_unit_test(wrong_words_are_wrong_use),
	};

	if (argc < 3)
		return 2;
	program = argv[1];
	farm = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
