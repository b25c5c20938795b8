/* Checksums against published vectors; each filter on what it is for, and on the same with one byte changed. */
#include "base/mem.h"
#include "base/text.h"
#include "match/checksum.h"
#include "match/filter.h"
#include "match/sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

static bool holds(const char *filter, const char *s, size_t len)
{
	/* of just this size, so that a read behind the end is seen */
	_cleanup_(freep) char *exact = mem_zero(1, len ? len : 1);

	memcpy(exact, s, len);
	for (size_t i = 0; i < filters_count; i++)
		if (!strcmp(filters[i].name, filter))
			return filters[i].holds(exact, len);
	fail_msg("no filter %s", filter);
	return false;
}

static void checksums_are_those_that_were_published(void **state _unused_)
{
	char six[CHECKSUM_BASE62];
	const uint8_t a12uel5l[] = { 10, 28, 25, 31, 20, 31 };

	assert_int_equal(checksum_crc32("123456789", 9), 0xcbf43926);
	assert_int_equal(checksum_crc24("123456789", 9), 0x21cf02);
	/* of a token that was made to be shown, without its prefix */
	checksum_base62(checksum_crc32("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", 30), six);
	assert_memory_equal(six, "0mLq17", 6);
	checksum_base62(0, six);
	assert_memory_equal(six, "000000", 6);
	checksum_base62(UINT32_MAX, six);
	assert_memory_equal(six, "4gfFC3", 6);
	/* BIP 173's first: A12UEL5L */
	assert_int_equal(checksum_bech32("a", a12uel5l, sizeof(a12uel5l)), 1);
}

static void entropy_is_shannons(void **state _unused_)
{
	static const struct { const char *s; uint32_t bits; } cases[] = {
		{ "", 0 }, { "a", 0 }, { "aaaa", 0 }, { "ab", 100 }, { "abcd", 200 }, { "abcdefgh", 300 },
		{ "aab", 91 }, { "0123456789abcdef", 400 }, { "aaaaaaab", 54 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (filter_entropy(cases[i].s, strlen(cases[i].s)) / 2 != cases[i].bits / 2)
			fail_msg("'%s': not %u", cases[i].s, cases[i].bits);
}

/* What a template makes is held; each byte of it changed to another of its kind is not. */
static const struct { const char *filter, *template; unsigned every; } made[] = {
	{ "crc62", "ghp_{crc62:30}", 1 }, { "bech32", "{bech32:AGE-SECRET-KEY-}", 1 },
	{ "bech32", "{bech32:nsec}", 1 }, { "base64-32", "{bytes64:32}", 0 }, { "base64-64", "{bytes64:64}", 0 },
	{ "base64", "{bytes64:1}", 0 }, { "jwt", "{jwt:20}", 0 }, { "pair64", "{pair64:12}", 0 },
	{ "number64", "{number64:18}.{url64:6}.{url64:38}", 0 }, { "pem", "{pem:RSA PRIVATE KEY}", 0 },
	{ "pem", "{pem-line:PRIVATE KEY}", 0 }, { "openssh", "{pem:OPENSSH PRIVATE KEY}", 0 },
	{ "pgp", "{pgp:300}", 0 }, { "mixed", "{pass:9}", 0 }, { "password", "{pass:24}", 0 },
	{ "no-name", "{pass:24}", 0 }, { "not-code", "{pass:24}", 0 }, { "block", "{pem:X}", 0 },
};

static char other(char c)
{
	if (c >= '0' && c <= '9')
		return c == '9' ? '0' : (char)(c + 1);
	return (c | 0x20) == 'q' ? (char)(c - 1) : (char)((c & 0x20) | 'Q');
}

static void each_filter_holds_what_it_is_for(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(made); i++)
		for (uint64_t seed = 1; seed <= 20; seed++) {
			struct sample s;

			assert_int_equal(sample_make(made[i].template, seed, &s, NULL), 0);
			if (!holds(made[i].filter, s.text.data, s.text.len))
				fail_msg("%s: %s, seed %u", made[i].filter, made[i].template, (unsigned)seed);
			for (size_t k = 4; made[i].every && k < s.text.len; k++) {
				char was = s.text.data[k];

				s.text.data[k] = other(was);
				if (was != '-' && was != '_' && holds(made[i].filter, s.text.data, s.text.len))
					fail_msg("%s: %s, seed %u: byte %zu changed", made[i].filter, made[i].template,
						 (unsigned)seed, k);
				s.text.data[k] = was;
			}
			/* cut short at each place: never more than what is there is read */
			for (size_t k = 0; k < s.text.len; k += 1 + s.text.len / 40)
				(void)holds(made[i].filter, s.text.data, k);
			sample_free(&s);
		}
}

static const struct { const char *filter, *text; } not_held[] = {
	{ "base64", "" }, { "base64", "QQ" }, { "base64", "Q!==" }, { "base64-32", "QUJD" },
	{ "base64-64", "QUJD" }, { "bech32", "" }, { "bech32", "1" }, { "bech32", "age1b" }, { "crc62", "_" },
	{ "crc62", "ghp_000000" }, { "crc62", "abc" }, { "jwt", "a.b.c" }, { "jwt", "e30.e30.x" }, { "jwt", "..." },
	{ "jwt", "" }, { "mixed", "abc" }, { "mixed", "123" }, { "number64", "YWJj.x.y" }, { "number64", "" },
	{ "pair64", "QUJD" }, { "pair64", "dXNlcjpwYXNzd29yZA==" }, { "pair64", "Og==" },
	{ "pem", "-----BEGIN X-----\nQUJD\n-----END X-----" }, { "pem", "-----BEGIN X-----" },
	{ "pem", "-----END X-----" }, { "pem", "-----END X----- -----BEGIN X-----" },
	{ "openssh", "-----BEGIN X-----\nQUJD\n-----END X-----" },
	{ "pgp", "-----BEGIN X-----\nQUJD\n-----END X-----" }, { "block", "a{b" }, { "block", "$a" },
	{ "not-code", "getpass()" }, { "not-code", "self->password" }, { "not-code", "profile::mail::password" },
	{ "not-code", "/etc/secret" }, { "not-code", "https://x" }, { "not-code", "Sensitive($x)" },
	{ "not-code", "~/.netrc" }, { "no-name", "getUserPassword" }, { "no-name", "PROXY_PASSWORD" },
	{ "no-name", "id_token_jwt" }, { "no-name", "self.proxy" }, { "no-name", "a word or two" },
	{ "no-name", "hiera-eyaml" }, { "no-name", "http2_connection" }, { "password", "short" },
	{ "password", "Password1" }, { "password", "12345678" }, { "password", "abcdefgh" },
	{ "password", "application/json" }, { "password", "new_password_field" },
	{ "password", "MyPasswordField2" }, { "password", "db_passwd2" },
};

static void each_filter_leaves_out_what_it_must(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_held); i++)
		if (holds(not_held[i].filter, not_held[i].text, strlen(not_held[i].text)))
			fail_msg("%s holds '%s'", not_held[i].filter, not_held[i].text);
}

static const char *const placeholders[] = {
	"", "changeme", "CHANGEME123", "ChangeMe!", "xxxxxxxxxxxx", "XXXX-XXXX", "your_password",
	"your-api-key-here", "YOUR_TOKEN", "password", "Password1", "secret", "secret123", "s3cr3t", "test",
	"admin", "hunter2", "${DB_PASSWORD}", "$DB_PASSWORD", "$::role::password", "$this->password",
	"<%= @password %>", "<% x %>", "{{ vault_password }}", "%{lookup('x')}", "#{password}", "%(password)s",
	"@PASSWORD@", "%PASSWORD%", "__PASSWORD__", "<password>", "[password]", "{password}", "ENC[PKCS7,MIIB]",
	"!vault", "vault:secret/x", "op://vault/item", "{cipher}abc", "AKIAIOSFODNN7EXAMPLE", "...", "abc...",
	"********", "12345678", "87654321", "abcdefgh", "aaaaaaaa", "abababab", "abcabcabc", "deadbeefdeadbeef",
	"0000000000000000", "sk_live_xxxx", "@password", "$(pass show x)", "placeholder", "foobared", "redacted",
	"REPLACE_ME", "%s", "todo", "<your key>", "\xe2\x80\xa6",
};

static const char *const real[] = { "Zk3vQ8rT", "correct-battery", "tiGer7lake", "$6$abc$defghijk",
				    "{SSHA}Zk3vQ8rTMb7w", "M8w!x2#p", "p$ssZk3v", "Sommer2019!",
				    "Zk3v", "geheim-Zk3v" };

static void placeholders_are_told_from_values(void **state _unused_)
{
	for (size_t i = 0; i < ARRAY_SIZE(placeholders); i++)
		if (!filter_is_placeholder(placeholders[i], strlen(placeholders[i])))
			fail_msg("'%s' is taken for a value", placeholders[i]);
	for (size_t i = 0; i < ARRAY_SIZE(real); i++)
		if (filter_is_placeholder(real[i], strlen(real[i])))
			fail_msg("'%s' is taken for a placeholder", real[i]);
}

/* Of values of chance next to none may be lost: the figures of docs/formats/rules.md. */
static void values_of_chance_are_seldom_lost(void **state _unused_)
{
	static const struct { const char *template; unsigned of_10000; } cases[] = {
		{ "{pass:10}", 50 }, { "{pass:14}", 15 }, { "{alnum:16}", 10 }, { "{pass:20}", 5 }, { "{hex:32}", 5 },
		{ "{alnum:32}", 5 },
		{ "{url64:40}", 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned lost = 0;

		for (uint64_t seed = 1; seed <= 10000; seed++) {
			struct sample s;

			assert_int_equal(sample_make(cases[i].template, seed, &s, NULL), 0);
			lost += filter_is_placeholder(s.text.data, s.text.len) ||
				!holds("password", s.text.data, s.text.len);
			sample_free(&s);
		}
		if (lost > cases[i].of_10000)
			fail_msg("%s: %u of 10000 are lost", cases[i].template, lost);
	}
}

static void keys_in_other_texts_are_keys(void **state _unused_)
{
	struct sample s;
	_cleanup_(buf_free) struct buf indented = BUF_INIT(1 << 16), quoted = BUF_INIT(1 << 16);

	assert_int_equal(sample_make("{pem:RSA PRIVATE KEY}", 3, &s, NULL), 0);
	for (const char *p = buf_text(&s.text), *end; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		(void)buf_printf(&indented, "%s%.*s\r\n", p == s.text.data ? "" : "\t    ", (int)(end - p), p);
		(void)buf_printf(&quoted, "%s%.*s\\n\" +\n", p == s.text.data ? "" : "  \"", (int)(end - p), p);
	}
	assert_true(holds("pem", indented.data, indented.len));
	assert_true(holds("pem", quoted.data, quoted.len));
	sample_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksums_are_those_that_were_published),
		cmocka_unit_test(entropy_is_shannons),
		cmocka_unit_test(each_filter_holds_what_it_is_for),
		cmocka_unit_test(each_filter_leaves_out_what_it_must),
		cmocka_unit_test(placeholders_are_told_from_values),
		cmocka_unit_test(values_of_chance_are_seldom_lost),
		cmocka_unit_test(keys_in_other_texts_are_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
