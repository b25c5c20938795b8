/* Where passwords stand in a file of Bacula's, and that only they are changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "driver/bacula_internal.h"
#include <stdio.h>
#include <string.h>

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	char copy[200];

	(void) snprintf(copy, sizeof(copy), "%s", text);
	assert_int_equal(secret_take(copy, strlen(copy), &s, &e), 0);
	return s;
}

static const char file[] =
	"# Password = not this one\n"
	"Director {\n"
	"  Name = backup1-dir\n"
	"  QueryFile = \"/etc/{x}/query.sql\"   # \" {\n"
	"  DirAddresses = { ip = { addr = 127.0.0.1; port = 9101; Password = deeper } }\n"
	"  Pass Word = \"the \\\"old\\\" one\"; Messages = Daemon }\n"
	"Client { Name = \"db1-fd\"; PASSWORD=plain\n}\n"
	"Storage{Name=sd;Password=\"other\";Device = a, b\n}\n"
	"Console { Password = \"second\"\n  Name = ops console\n}\n"
	"Console {\n  Name = \"night shift\"\n  password = plain\n}\n"
	"Messages { Name = Daemon; mail = root@localhost = all, !skipped }\n";

static void passwords_are_found_where_they_stand(void **state _unused_)
{
	static const struct { const char *resource, *name, *value; } wanted[] = {
		{ "director", "backup1-dir", "the \"old\" one" }, { "client", "db1-fd", "plain" }, { "storage", "sd",
												    "other" },
		{ "console", "ops", "second" }, { "console", "night shift", "plain" },
	};
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(bacula_conf_read(file, strlen(file), &c, &e), 0);
	assert_int_equal(c.n, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < c.n; i++) {
		assert_string_equal(c.p[i].resource, wanted[i].resource);
		assert_string_equal(c.p[i].name, wanted[i].name);
		assert_int_equal(c.p[i].value_len, strlen(wanted[i].value));
		assert_memory_equal(c.p[i].value, wanted[i].value, c.p[i].value_len);
	}
	assert_false(c.includes);
}

static void edited(const char *const *users, const char *old, const char *new, const char *const *options, struct buf
		   *to,
		   size_t *changed)
{
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	_cleanup_(secret_freep) struct secret *o = old ? secret_of(old) : NULL, *n = secret_of(new);
	_cleanup_(json_freep) json_t *opt = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 16);
	struct driver_job job = { .users = users, .options = opt, .old = o, .new = n };
	struct err e = ERR_INIT;

	for (; options && *options; options += 2)
		json_put(opt, options[0], options[1]);
	buf_str(&text, file);
	assert_int_equal(bacula_conf_read(buf_text(&text), text.len, &c, &e), 0);
	assert_int_equal(bacula_conf_edit(&text, &c, &job, to, changed, &e), 0);
}

/* What `file` becomes when each `from` is `to` there. */
static void becomes(const struct buf *b, const char *from, const char *to, int times)
{
	_cleanup_(buf_free) struct buf want = BUF_INIT(1 << 16);
	const char *at = file, *next;

	for (; times > 0 && (next = strstr(at, from)) != NULL; at = next + strlen(from), times--)
		(void) buf_printf(&want, "%.*s%s", (int)(next - at), at, to);
	buf_str(&want, at);
	assert_int_equal(times, 0);
	assert_string_equal(buf_text(b), buf_text(&want));
}

static void the_users_value_is_changed_whatever_it_is_and_nothing_else(void **state _unused_)
{
	static const char *const named[] = { "night shift", NULL };
	_cleanup_(buf_free) struct buf a = BUF_INIT(1 << 16), b = BUF_INIT(1 << 16);
	size_t n = 0;

	edited(NULL, "never seen", "q\"u\\o", NULL, &a, &n);
	assert_int_equal(n, 1);
	becomes(&a, "\"the \\\"old\\\" one\"", "\"q\\\"u\\\\o\"", 1);
	edited(named, NULL, "fresh", NULL, &b, &n);
	assert_int_equal(n, 1);
	becomes(&b, "password = plain", "password = \"fresh\"", 1);
}

static void the_old_value_is_changed_wherever_it_stands(void **state _unused_)
{
	static const char *const client[] = { "daemon", "client", NULL };
	static const char *const director[] = { "backup1-dir", NULL };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	size_t n = 0;

	edited(director, "plain", "fresh", client, &b, &n);
	assert_int_equal(n, 3);
	assert_non_null(strstr(buf_text(&b), "PASSWORD=\"fresh\""));
	assert_non_null(strstr(buf_text(&b), "password = \"fresh\""));
	assert_non_null(strstr(buf_text(&b), "Pass Word = \"fresh\"; Messages"));
	assert_non_null(strstr(buf_text(&b), "Password=\"other\""));
}

static void a_second_edit_changes_nothing(void **state _unused_)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	size_t n = 7;

	edited(NULL, "never seen", "the \"old\" one", NULL, &b, &n);
	assert_int_equal(n, 0);
	assert_string_equal(buf_text(&b), file);
}

static void what_is_no_file_of_baculas_is_told_with_its_line(void **state _unused_)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "Director {\n  Name = x\n", "line 3: the file ends within a '{'" },
		{ "Name = x\n}\n", "line 2: a '}' without" },
		{ "a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{", "more than 16 braces" },
		{ "Director { Password = \"no end\n\n", "line 3: the file ends within a '{'" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bacula_conf c = { 0 };
		struct err e = ERR_INIT;

		assert_int_equal(bacula_conf_read(rows[i].text, strlen(rows[i].text), &c, &e), -ERR_CONFIG);
		assert_non_null(strstr(e.text, rows[i].says));
	}
}

/* Each beginning of it, and each with one byte turned over: an error or not, but an end. */
static void no_text_is_too_odd(void **state _unused_)
{
	char text[sizeof(file)];

	for (size_t len = 0; len < sizeof(file); len++) {
		struct bacula_conf c = { 0 };
		struct err e = ERR_INIT;

		memcpy(text, file, sizeof(file));
		(void) bacula_conf_read(text, len, &c, &e);
		bacula_conf_free(&c);
		for (int flip = 1; flip < 256; flip *= 2) {
			text[len] = (char)(file[len] ^ flip);
			(void) bacula_conf_read(text, sizeof(file) - 1, &c, &e);
			bacula_conf_free(&c);
		}
	}
}

static void files_that_are_taken_in_are_seen(void **state _unused_)
{
	static const char text[] = "@/etc/bacula/clients.conf\nDirector { Name = a@b\n}\n";
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	struct err e = ERR_INIT;

	assert_int_equal(bacula_conf_read(text, strlen(text), &c, &e), 0);
	assert_true(c.includes);
	assert_int_equal(c.n, 0);
}

int main(void)
{
	struct err e = ERR_INIT;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_are_found_where_they_stand),
		cmocka_unit_test(the_users_value_is_changed_whatever_it_is_and_nothing_else),
		cmocka_unit_test(the_old_value_is_changed_wherever_it_stands),
		cmocka_unit_test(a_second_edit_changes_nothing),
		cmocka_unit_test(what_is_no_file_of_baculas_is_told_with_its_line),
		cmocka_unit_test(no_text_is_too_odd),
		cmocka_unit_test(files_that_are_taken_in_are_seen),
	};

	if (secret_init(&e) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
