#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/macro.h"
#include "base/proc.h"
#include "scout/md5.h"

/* RFC 1321, A.5, and sums of GNU md5sum at the edges of a block. */
static void sums_are_those_of_the_rfc(void **state _unused_)
{
	static const struct { const char *text, *want; } cases[] = {
		{ "", "d41d8cd98f00b204e9800998ecf8427e" }, { "a", "0cc175b9c0f1b6a831c399e269772661" },
		{ "abc", "900150983cd24fb0d6963f7d28e17f72" }, { "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		{ "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
			"d174ab98d277d9f5a5611c2c9f419d9f" },
		{ "1234567890123456789012345678901234567890123456789012345678901234567890123456789"
		  "0", "57edf4a22be3c955ac49da2e2107b67a" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct md5 m;
		char have[33];

		md5_begin(&m);
		md5_add(&m, cases[k].text, strlen(cases[k].text));
		md5_end(&m, have);
		assert_string_equal(have, cases[k].want);
	}
}

static void pieces_make_the_sum_of_the_whole(void **state _unused_)
{
	uint8_t bytes[200];

	for (size_t k = 0; k < sizeof(bytes); k++)
		bytes[k] = (uint8_t)(k * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		char once[33], pieces[33];
		struct md5 m;

		md5_begin(&m);
		md5_add(&m, bytes, len);
		md5_end(&m, once);
		md5_begin(&m);
		for (size_t at = 0; at < len; at += 13)
			md5_add(&m, bytes + at, len - at < 13 ? len - at : 13);
		md5_end(&m, pieces);
		assert_string_equal(once, pieces);
	}
}

static void lengths_around_a_block_are_those_of_md5sum(void **state _unused_)
{
	char text[130];

	memset(text, 'x', sizeof(text));
	for (size_t len = 54; len <= 129; len++) {
		const char *const argv[] = { "md5sum", NULL };
		struct proc_result r;
		struct err e = ERR_INIT;
		struct md5 m;
		char have[33];

		if (len == 58)
			len = 118;
		if (proc_run(&(struct proc_job){ .argv = argv, .input = text, .input_len = len, .limit_ms = 60000 }, &r,
			     &e) < 0)
			fail_msg("%s", e.text);
		md5_begin(&m);
		md5_add(&m, text, len);
		md5_end(&m, have);
		assert_memory_equal(buf_text(&r.out), have, 32);
		proc_result_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_rfc), cmocka_unit_test(pieces_make_the_sum_of_the_whole),
		cmocka_unit_test(lengths_around_a_block_are_those_of_md5sum),
	};

	return cmocka_run_group_tests_name("md5", tests, NULL, NULL);
}
