/* Signs of a value: each with values that have it and with neighbours that do not. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/traits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static int begin(void **state _unused_)
{
	arena = arena_new();
	return 0;
}

static int end(void **state _unused_)
{
	arena_free(arena);
	return 0;
}

static struct traits of(const char *value, const char *name)
{
	struct traits t;

	traits_of(value, strlen(value), name, arena, &t);
	return t;
}

static void each(const char *const *values, enum trait sign, bool has)
{
	for (; *values; values++)
		if (((of(*values, "x::y").signs & sign) != 0) != has)
			fail_msg("'%s' %s %s", *values, has ? "is not" : "is", trait_name(sign));
}

#define YES(sign, ...) each((const char *const[]){ __VA_ARGS__, NULL }, sign, true)
#define NO(sign, ...) each((const char *const[]){ __VA_ARGS__, NULL }, sign, false)

static void short_is_what_can_be_tried_out(void **state _unused_)
{
	YES(TRAIT_SHORT, "x", "k7T!vQ2mX9p");
	NO(TRAIT_SHORT, "k7T!vQ2mX9pL", "a long sentence", "x\ny", "\xff", "");
}

static void defaults_are_known_dressed_up_too(void **state _unused_)
{
	YES(TRAIT_DEFAULT, "password", "Password", "P4ssw0rd", "p@$$w0rd!", "password1", "password123!", "1password",
		"change_me",
	    "Change-Me!", "CHANGEME2024", "admin", "admin123", "r00t", "t00r", "foobared", "icingaadmin", "calvin",
		"secret",
	    "s3cr3t", "minioadmin", "guest", "12345", "123456789", "000000", "xxx", "XXX", "your_password_here",
		"l3tm31n",
	    "snakeoil", "TODO", "<changeme>", "root!", "p|ease change", "none");
	NO(TRAIT_DEFAULT, "passwordless", "adminx", "k7TvQ2mX9pLw", "rooted", "correct "
		"horse", "1234567890123456", "tested",
	   "8f14e45fceea167a", "", "a password", "!!!", "\xc3\xa4");
}

static void walks_are_seen(void **state _unused_)
{
	YES(TRAIT_WALK, "qwerty", "qwertyuiop", "asdfghjkl", "1q2w3e4r", "1qaz2wsx3edc", "zxcvbnm", "abcdefgh",
	    "zyxwvu", "12345678", "!@#$%^&*", "asdf1234", "qweasdzxc", "poiuytrewq", "11112222");
	NO(TRAIT_WALK, "k7TvQ2mX9pLw", "correcthorse", "abc", "hello world", "8f14e45fceea167a", "passwords",
		"miraheze");
}

static void repetitions_are_seen(void **state _unused_)
{
	YES(TRAIT_REPEATED, "aaaaaa", "abababab", "abcabc", "testtest", "00000000", "xyxyxx",
		"k7TvQ2mX9pLwk7TvQ2mX9pLw", "aa");
	NO(TRAIT_REPEATED, "k7TvQ2mX9pLw", "abcd", "a", "aab", "abcabd");
}

static void names_of_the_key_are_no_values(void **state _unused_)
{
	static const struct { const char *value, *name; bool is; } rows[] = {
		{ "mediawiki", "passwords::db::mediawiki", true }, { "MediaWiki1", "passwords::db::mediawiki", true },
		{ "media_wiki", "passwords::db::media-wiki", true }, { "redis", "redis::password.0", true },
		{ "db11", "hosts/db11.yaml", false }, { "mirahezebots", "files/mirahezebots", true },
		{ "mediawikis", "passwords::db::mediawiki", false }, { "db", "passwords::db::x", false },
		{ "k7TvQ2mX9pLw", "passwords::db::mediawiki", false }, { "x", NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (((of(rows[i].value, rows[i].name).signs & TRAIT_NAMED) != 0) != rows[i].is)
			fail_msg("'%s' of '%s'", rows[i].value, rows[i].name);
}

static void hashes_are_no_passwords(void **state _unused_)
{
	YES(TRAIT_HASH, "$6$rounds=5000$saltsalt$0123456789abcdef", "$y$j9T$salt$0123456789abcdef",
		"$2y$10$abcdefghijklmnopqrstuv",
	    "{SSHA}0123456789abcdef", "{CRYPT}$6$x", "SCRAM-SHA-256$4096:salt$stored:server",
	    "*0123456789ABCDEF0123456789ABCDEF01234567", "md50123456789abcdef0123456789abcdef",
		"$argon2id$v=19$m=65536,t=3",
	    ":pbkdf2:sha512:30000:64:x", "$apr1$salt$0123456789abcdef");
	NO(TRAIT_HASH, "$6$", "$5 only", "*0123456789ABCDEF", "md5sum of "
		"it", "{SSHA}", "0123456789abcdef0123456789abcdef",
	   "*0123456789ABCDEF0123456789ABCDEF0123456g", "SCRAM");
}

static void lines_and_bytes_are_told(void **state _unused_)
{
	struct traits t;

	YES(TRAIT_LINES, "a\nb", "a\n");
	NO(TRAIT_LINES, "a", "a\\n");
	YES(TRAIT_BINARY, "\xff\xfe", "\xc3");
	NO(TRAIT_BINARY, "\xc3\xa4", "text");
	traits_of("a\0b", 3, NULL, arena, &t);
	assert_true(t.signs & TRAIT_BINARY);
	assert_int_equal(t.len, 3);
	traits_of("", 0, NULL, arena, &t);
	assert_int_equal(t.signs, TRAIT_EMPTY);
	assert_int_equal(t.strength, STRENGTH_NONE);
}

static void strengths(const char *const *values, enum strength expected)
{
	for (; *values; values++)
		if (of(*values, "x::y").strength != expected)
			fail_msg("'%s' is %s (%u bits)", *values, strength_name(of(*values, "x::y").strength),
				 weak_bits(*values, strlen(*values)));
}

static void strength_is_a_class(void **state _unused_)
{
	strengths((const char *const[]){ "x", "hunter2", "k7TvQ2mX", "Password123!", "aaaaaaaaaaaaaaaaaaaaaaaa",
		"qwertyuiopasdfghjkl",
		"1234567890123456", "8f14e45fceea", NULL }, STRENGTH_LOW);
	strengths((const char *const[]){ "k7TvQ2mX9pLw", "8f14e45fceea167a", "correcthorsebat", NULL }, STRENGTH_FAIR);
	strengths((const char *const[]){ "k7TvQ2mX9pLwZ8rB", "8f14e45fceea167a5a36dedd4bea2543", "correct horse "
		"battery staple", NULL },
		  STRENGTH_HIGH);
	strengths((const char *const[]){ "a\nb", "\xff", "$6$rounds=5000$saltsalt$0123456789abcdef", NULL },
		STRENGTH_NONE);
}

/* Values of every length that a machine makes have no sign; this is what keeps a clean farm clean. */
static void random_values_have_no_sign(void **state _unused_)
{
	static const char *const alphabets[] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		"0123456789abcdef" };
	uint64_t seed = 88172645463325252u;

	for (int i = 0; i < 20000; i++) {
		const char *alphabet = alphabets[i % 2];
		char value[80];
		size_t len = 16 + (size_t)(i % 40), n = strlen(alphabet);

		for (size_t k = 0; k < len; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			value[k] = alphabet[seed % n];
		}
		value[len] = '\0';

		struct traits t = of(value, "passwords::db::mediawiki");

		if (t.signs != 0 || t.strength < STRENGTH_FAIR)
			fail_msg("'%s': %x %s", value, t.signs, strength_name(t.strength));
	}
}

static void each_sign_has_a_name(void **state _unused_)
{
	assert_string_equal(trait_name(TRAIT_EMPTY), "empty");
	assert_string_equal(trait_name(TRAIT_SHORT), "short");
	assert_string_equal(trait_name(TRAIT_BUILT), "built");
	assert_string_equal(trait_name(TRAIT_TRUTH), "truth");
	assert_string_equal(strength_name(STRENGTH_HIGH), "high");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_is_what_can_be_tried_out),
		cmocka_unit_test(defaults_are_known_dressed_up_too),
		cmocka_unit_test(walks_are_seen),
		cmocka_unit_test(repetitions_are_seen),
		cmocka_unit_test(names_of_the_key_are_no_values),
		cmocka_unit_test(hashes_are_no_passwords),
		cmocka_unit_test(lines_and_bytes_are_told),
		cmocka_unit_test(strength_is_a_class),
		cmocka_unit_test(random_values_have_no_sign),
		cmocka_unit_test(each_sign_has_a_name),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
