#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/macro.h"
#include "model/deb_read.h"
#include "model/deb_version.h"

/* The order is what dpkg --compare-versions says of them. */
static void versions_are_in_the_order_of_dpkg(void **state _unused_)
{
	static const char *const rising[] = {
		"0~~", "0~~a", "0~", "0", "0+b1", "1~rc1-1", "1-0", "1-1~deb12u1", "1-1", "1-1+deb12u1", "1-1+deb12u2",
		"1-1.1", "1-2", "1-10", "1.0a", "1.0+x", "1.0.1", "1.01.2", "1.2", "1.10", "9.2p1-2+deb12u1",
			"9.2p1-2+deb12u3",
		"1:0.1", "2:0",
	};

	for (size_t a = 0; a < ARRAY_SIZE(rising); a++)
		for (size_t b = 0; b < ARRAY_SIZE(rising); b++) {
			int r = deb_version_compare(rising[a], rising[b]);

			if ((a < b && r >= 0) || (a == b && r != 0) || (a > b && r <= 0))
				fail_msg("%s %s: %d", rising[a], rising[b], r);
		}
	assert_int_equal(deb_version_compare("0:1.0", "1.0"), 0);
	assert_int_equal(deb_version_compare("1.0", "1.0-0"), 0);
	assert_int_equal(deb_version_compare("1.00", "1.0"), 0);
	assert_true(deb_version_compare("99999999999999999999999", "9999999999999999999999") > 0);
}

static const char status[] =
	"Package: openssh-server\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:9.2p1-2\n"
	"Conffiles:\n /etc/ssh/a b.conf 0123456789abcdef0123456789abcdef\n"
	" /etc/old ffffffffffffffffffffffffffffffff obsolete\n /etc/new newconffile\nDescription: x\n y\n"
	"\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n";

static void stanzas_are_read(void **state _unused_)
{
	const char *s = status, *end = status + strlen(status), *c;
	struct deb_text st, f, path;
	char md5[33], text[40];

	s = deb_stanza(s, end, &st);
	assert_non_null(s);
	assert_true(deb_copy(deb_field(st, "version"), text, sizeof(text)));
	assert_string_equal(text, "1:9.2p1-2");
	assert_null(deb_field(st, "Pack").s);
	assert_null(deb_field(st, "Missing").s);
	f = deb_field(st, "Conffiles");
	c = deb_conffile(f.s, f.s + f.len, &path, md5);
	assert_non_null(c);
	assert_memory_equal(path.s, "/etc/ssh/a b.conf", path.len);
	assert_string_equal(md5, "0123456789abcdef0123456789abcdef");
	c = deb_conffile(c, f.s + f.len, &path, md5);
	assert_non_null(c);
	assert_memory_equal(path.s, "/etc/old", path.len);
	assert_null(deb_conffile(c, f.s + f.len, &path, md5));
	s = deb_stanza(s, end, &st);
	assert_non_null(s);
	assert_true(deb_copy(deb_field(st, "Package"), text, sizeof(text)));
	assert_string_equal(text, "gone");
	assert_null(deb_stanza(s, end, &st));
	assert_false(deb_copy((struct deb_text){ "a\nb", 3 }, text, sizeof(text)));
	assert_false(deb_copy((struct deb_text){ "abc", 3 }, text, 3));
}

static void a_signed_release_is_read(void **state _unused_)
{
	static const char release[] = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\n"
		"Label: Debian-Security\nSuite: stable-security\nDate: Sat, 09 Nov 2024 10:20:30 UTC\nMD5Sum:\n a b c\n"
		"-----BEGIN PGP SIGNATURE-----\n\niQ: no\n-----END PGP SIGNATURE-----\n";
	static const char other[] = "Origin: Debian\nLabel: Debian\nSuite: stable\n";
	static const char ubuntu[] = "Suite: jammy-security\n";
	struct deb_text st;

	assert_non_null(deb_stanza(release, release + strlen(release), &st));
	assert_true(deb_is_security(st));
	assert_true(deb_date_us(deb_field(st, "Date")) == (int64_t)1731147630 * 1000000);
	assert_null(deb_field(st, "iQ").s);
	assert_false(deb_is_security((struct deb_text){ other, strlen(other) }));
	assert_true(deb_is_security((struct deb_text){ ubuntu, strlen(ubuntu) }));
	assert_true(deb_date_us((struct deb_text){ "Sat, 09 Foo 2024 10:20:30 UTC", 29 }) == 0);
	assert_true(deb_date_us((struct deb_text){ "Sat, 09 Nov 2024 10:20:30 EST", 29 }) == 0);
}

static void when_a_version_was_made_is_read_from_a_changelog(void **state _unused_)
{
	static const char *const lines[] = {
		"openssl (3.0.15-1~deb12u1) bookworm-security; urgency=medium", "", "  * CVE-2024 (and more)", "",
		" -- Ada <ada@example.org>  Sat, 09 Nov 2024 12:20:30 +0200", "",
		"openssl (3.0.14-1) bookworm; urgency=low", "", "  * (3.0.1-1) -- no <x>  entry", "",
		" -- Bob <b@example.org>  Sat, 09 Nov 2024 04:50:30 -0530", "",
		"openssl (3.0.13-1) bookworm; urgency=low", " -- Bob <b@example.org>  Sat, 09 Nov 2024 04:50:30 +99999",
		"openssl (3.0.12-1) bookworm; urgency=low",
	};
	static const struct { const char *version; int64_t at_s; } rows[] = {
		{ "3.0.15-1~deb12u1", 1731147630 }, { "3.0.14-1", 1731147630 }, { "3.0.13-1", 0 }, { "3.0.12-1", 0 },
		{ "3.0.1-1", 0 }, { "3.0.14", 0 }, { "3.0.14-10", 0 }, { "", 0 },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct deb_entry one = { .version = rows[k].version };

		for (size_t x = 0; x < ARRAY_SIZE(lines) && !deb_changelog_line(lines[x], &one); x++)
			;
		if (one.at_us != rows[k].at_s * 1000000)
			fail_msg("%s: %lld", rows[k].version, (long long)one.at_us);
	}
}

static void sums_and_logs_are_read(void **state _unused_)
{
	static const struct { const char *line, *want; } logs[] = {
		{ "2026-11-06 22:12:50 upgrade openssh-server:amd64 1:9.2p1-2 1:9.2p1-3",
		  "upgrade openssh-server amd64 1:9.2p1-2>1:9.2p1-3" },
		{ "2026-11-06 22:12:50 install foo:all <none> 1.0", "install foo all >1.0" },
		{ "2026-11-06 22:12:50 remove foo:all 1.0 <none>", "remove foo all 1.0>" },
		{ "2026-11-06 22:12:50 status installed foo:all 1.0", "" },
		{ "2026-11-06 22:12:50 startup archives unpack", "" },
		{ "2026-11-31 22:12:50 install foo:all <none> 1.0", "" },
		{ "2026-11-06 22:12:50 install foo:all <none>", "" }, { "", "" }, { "x", "" },
	};
	const char *path;
	char md5[33];

	for (size_t k = 0; k < ARRAY_SIZE(logs); k++) {
		struct deb_log_line l;
		char out[500] = "";

		if (deb_log_read(logs[k].line, &l))
			(void)snprintf(out, sizeof(out), "%s %s %s %s>%s", l.action, l.package, l.architecture,
				l.before,
				       l.after);
		assert_string_equal(out, logs[k].want);
	}
	assert_true(deb_sum_line("0123456789abcdef0123456789abcdef  usr/bin/a b", md5, &path));
	assert_string_equal(path, "usr/bin/a b");
	assert_false(deb_sum_line("0123456789abcdef0123456789abcdef usr/bin/a", md5, &path));
	assert_false(deb_sum_line("0123456789ABCDEF0123456789abcdef  usr/bin/a", md5, &path));
	assert_false(deb_sum_line("0123456789abcdef0123456789abcdef  ", md5, &path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_in_the_order_of_dpkg), cmocka_unit_test(stanzas_are_read),
		cmocka_unit_test(a_signed_release_is_read),
		cmocka_unit_test(when_a_version_was_made_is_read_from_a_changelog),
		cmocka_unit_test(sums_and_logs_are_read),
	};

	return cmocka_run_group_tests_name("deb", tests, NULL, NULL);
}
