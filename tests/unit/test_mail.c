/* Addresses, messages and replies, before any server. */
#include "base/mem.h"
#include "base/json.h"
#include "notify/address.h"
#include "notify/mail.h"
#include "notify/message.h"
#include "notify/smtp_reply.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static void addresses(void **state)
{
	static const struct { const char *s; bool right; size_t at; } cases[] = {
		{ "a@b", true, 0 }, { "alice.archer+x@mail.example.org", true, 0 }, { "o'brien@example.org", true, 0 },
		{ "x@xn--bcher-kva.example", true, 0 }, { "a@1.2.3.4", true, 0 }, { "_a_@example.org", true, 0 },
		{ "", false, 0 }, { "alice", false, 0 }, { "@example.org", false, 0 }, { "alice@", false, 6 },
		{ "a b@example.org", false, 1 }, { "\"a b\"@example.org", false, 0 }, { "a@b@c", false, 3 },
		{ "a@example.org\r\nRCPT TO:<b@c>", false, 13 }, { "a\n@b", false, 1 }, { "a@b>,<c@d", false, 3 },
		{ "<a@b>", false, 0 }, { "a,b@c", false, 1 }, { "-oQ/tmp@example.org", false, 0 }, { ".a@b", false, 0 },
		{ "a..b@c", false, 1 }, { "a.@b", false, 1 }, { "a@-b", false, 2 }, { "a@b-.c", false, 4 },
		{ "a@b..c", false, 4 }, { "a@.b", false, 2 }, { "a@b.", false, 3 },
		{ "\xc3\xa4@example.org", false, 0 },
		{ "a@b\xc3\xbc" "cher.example", false, 3 }, { "a@[127.0.0.1]", false, 2 }, { "a@b_c", false, 3 },
		{ "|/bin/sh@example.org", true, 0 }, { "a@exa mple.org", false, 5 }, { "a\x7f@b", false, 1 },
	};
	char local[80] = "", domain[300] = "a@";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t at = 0;
		const char *wrong = mail_address_wrong(cases[i].s, strlen(cases[i].s), &at);

		if (cases[i].right != !wrong || at != cases[i].at)
			fail_msg("'%s': %s at %zu", cases[i].s, wrong ? wrong : "right", at);
	}
	assert_non_null(mail_address_wrong("a\0@b", 4, NULL));
	memset(local, 'a', 65);
	memcpy(local + 65, "@b", 3);
	assert_non_null(mail_address_wrong(local, strlen(local), NULL));
	assert_null(mail_address_wrong(local + 1, strlen(local + 1), NULL));
	for (size_t i = 2; i < 254; i++)
		domain[i] = i % 50 ? 'b' : '.';
	assert_null(mail_address_wrong(domain, 254, NULL));
	assert_non_null(mail_address_wrong(domain, 255, NULL));
	(void)state;
}

static void the_same_address_in_another_case_of_its_domain(void **state)
{
	char a[MAIL_ADDRESS_MAX + 1], b[MAIL_ADDRESS_MAX + 1];

	mail_address_same("Bob@Example.ORG", 15, a);
	mail_address_same("Bob@example.org", 15, b);
	assert_string_equal(a, b);
	mail_address_same("bob@example.org", 15, b);
	assert_string_not_equal(a, b);
	(void)state;
}

static struct message plain_message(void)
{
	return (struct message){ .from = "security@example.org", .from_name = "Example Foundation",
				 .subject = "Your data", .body = "Hello\n.\n.dot\n", .id = "1.2@example.org",
				 .date_us = INT64_C(1795472343000000) };
}

static void a_plain_message(void **state)
{
	const struct message m = plain_message();
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	assert_int_equal(message_make(&m, &b, NULL), 0);
	assert_string_equal(buf_text(&b),
			    "Date: Mon, 23 Nov 2026 22:19:03 +0000\r\n"
			    "From: \"Example Foundation\"\r\n <security@example.org>\r\n"
			    "To: undisclosed-recipients:;\r\nSubject: Your data\r\nMessage-ID: <1.2@example.org>\r\n"
			    "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
			    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
			    "Hello\r\n.\r\n.dot\r\n");
	(void)state;
}

static void nothing_can_become_a_header(void **state)
{
	static const char *const hostile[] = { "x\r\nBcc: all@example.org", "x\nBcc: y", "x\rBcc: y", "x\x1b[2J", "",
					       "x\x7f", "\xff\xfe" };

	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		struct message m = plain_message();
		_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
		struct err e = ERR_INIT;

		m.subject = hostile[i];
		assert_int_equal(message_make(&m, &b, &e), -ERR_REFUSED);
		m = plain_message();
		m.from_name = hostile[i];
		assert_int_equal(message_make(&m, &b, &e), -ERR_REFUSED);
		m = plain_message();
		m.to = m.reply_to = hostile[i];
		assert_int_equal(message_make(&m, &b, &e), -ERR_REFUSED);
		m = plain_message();
		m.id = hostile[i];
		assert_int_equal(message_make(&m, &b, &e), -ERR_REFUSED);
		m = plain_message();
		m.from = hostile[i];
		assert_int_equal(message_make(&m, &b, &e), -ERR_REFUSED);
		assert_int_equal(b.len, 0);
	}
	(void)state;
}

/* Each line of what was made, looked at as a server would. */
static void check_lines(const struct buf *b, size_t longest)
{
	const char *s = buf_text(b), *end = s + b->len;

	while (s < end) {
		const char *newline = strstr(s, "\r\n");

		assert_non_null(newline);
		assert_true((size_t)(newline - s) <= longest);
		assert_null(memchr(s, '\n', (size_t)(newline - s)));
		assert_null(memchr(s, '\r', (size_t)(newline - s)));
		for (const char *c = s; c < newline; c++)
			assert_true((unsigned char)*c < 0x7f);
		s = newline + 2;
	}
}

static void utf8_goes_as_ascii(void **state)
{
	struct message m = plain_message();
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);

	m.subject = "Ihre Daten: \xc3\xbc\xc3\xa4\xc3\xb6 \xe2\x82\xac und noch viel mehr "
		 "Text, der \xc3\xbc" "ber eine "
		    "Zeile reicht \xf0\x9f\x94\xa5";
	m.from_name = "Stiftung \xc3\x84";
	m.body = "Zeile mit \xc3\xbc und = Zeichen \n.\xc3\xa4\n"
		 "eine sehr lange Zeile die gebrochen werden muss weil sie mehr als "
		 "sechsundsiebzig Zeichen hat \xe2\x82\xac\n"
		 "\x1b[31m\r\n";
	assert_int_equal(message_make(&m, &b, NULL), 0);
	check_lines(&b, 78);
	assert_non_null(strstr(buf_text(&b), "Subject: =?UTF-8?Q?Ihre_Daten=3A_=C3=BC"));
	assert_non_null(strstr(buf_text(&b), "From: =?UTF-8?Q?Stiftung_=C3=84?=\r\n <security@example.org>\r\n"));
	assert_non_null(strstr(buf_text(&b), "Zeile mit =C3=BC und =3D Zeichen=20\r\n.=C3=A4\r\n"));
	assert_non_null(strstr(buf_text(&b), "\\x1b[31m\\x0d\r\n"));
	/* no encoded word cuts a character in two */
	assert_null(strstr(buf_text(&b), "=C3?="));
	assert_null(strstr(buf_text(&b), "=E2=82?="));
	(void)state;
}

static void a_long_line_is_broken_softly(void **state)
{
	struct message m = plain_message();
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);
	char body[3001];

	memset(body, 'x', 3000);
	body[3000] = '\0';
	m.body = body;
	m.to = "team@example.org";
	assert_int_equal(message_make(&m, &b, NULL), 0);
	check_lines(&b, 78);
	assert_non_null(strstr(buf_text(&b), "To: <team@example.org>\r\n"));
	(void)state;
}

static int take(const char *bytes, struct smtp_reply *ret)
{
	struct smtp_bytes in = SMTP_BYTES_INIT;
	int r;

	buf_str(&in.b, bytes);
	r = smtp_reply_take(&in, ret, NULL, NULL, NULL);
	buf_free(&in.b);
	return r;
}

static void replies(void **state)
{
	static const struct { const char *bytes; int r, code; const char *text; } cases[] = {
		{ "250 2.1.5 Ok\r\n", 1, 250, "2.1.5 Ok" }, { "250\r\n", 1, 250, "" },
		{ "250-a\r\n250 b\r\n", 1, 250, "a b" },
		{ "451 4.7.1 Greylisted\n", 1, 451, "4.7.1 Greylisted" }, { "250 ok", 0, 0, "" },
		{ "250-a\r\n", 0, 0, "" },
		{ "", 0, 0, "" }, { "250-a\r\n251 b\r\n", -ERR_REMOTE, 0, "" }, { "hello\r\n", -ERR_REMOTE, 0, "" },
		{ "199 x\r\n", -ERR_REMOTE, 0, "" }, { "600 x\r\n", -ERR_REMOTE, 0, "" },
		{ "25x ok\r\n", -ERR_REMOTE, 0, "" },
		{ "250_ok\r\n", -ERR_REMOTE, 0, "" }, { "\r\n", -ERR_REMOTE, 0, "" },
		{ "550 \x1b[2J\r\n", 1, 550, "\\x1b[2J" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct smtp_reply got = { 0 };

		assert_int_equal(take(cases[i].bytes, &got), cases[i].r);
		assert_int_equal(got.code, cases[i].code);
		assert_string_equal(got.text, cases[i].text);
	}
	(void)state;
}

static void replies_one_after_another(void **state)
{
	struct smtp_bytes in = SMTP_BYTES_INIT;
	struct smtp_reply got;
	struct smtp_offer offer;
	const char *lines;
	size_t len;

	buf_str(&in.b, "250-mx PIPELINING\r\n250-SIZE 1000\r\n250 PIPELINING\r\n354 go");
	assert_int_equal(smtp_reply_take(&in, &got, &lines, &len, NULL), 1);
	smtp_offer_read(lines, len, &offer);
	assert_true(offer.pipelining);
	assert_int_equal(offer.size, 1000);
	assert_int_equal(smtp_reply_take(&in, &got, NULL, NULL, NULL), 0);
	buf_str(&in.b, " ahead\r\n");
	assert_int_equal(smtp_reply_take(&in, &got, NULL, NULL, NULL), 1);
	assert_int_equal(got.code, 354);
	assert_int_equal(smtp_reply_take(&in, &got, NULL, NULL, NULL), 0);
	smtp_offer_read("250 PIPELINING\r\n", 16, &offer);
	assert_false(offer.pipelining);
	buf_free(&in.b);
	(void)state;
}

static void a_reply_without_end_has_one(void **state)
{
	struct smtp_bytes in = SMTP_BYTES_INIT;
	struct smtp_reply got;

	for (int i = 0; i < 3000; i++)
		buf_str(&in.b, "a");
	assert_int_equal(smtp_reply_take(&in, &got, NULL, NULL, NULL), -ERR_REMOTE);
	buf_clear(&in.b);
	for (int i = 0; i < 300; i++)
		buf_str(&in.b, "250-x\r\n");
	assert_int_equal(smtp_reply_take(&in, &got, NULL, NULL, NULL), -ERR_REMOTE);
	buf_free(&in.b);
	(void)state;
}

static void a_reply_does_not_name_the_recipient(void **state)
{
	struct smtp_reply r = { .code = 550, .text = "<Bob@Example.org>: bob@example.org is unknown" };

	smtp_reply_mask(&r, "bob@example.org");
	assert_string_equal(r.text, "<...>: ... is unknown");
	(void)state;
}

static void relays(void **state)
{
	static const struct { const char *url, *host, *tls; int port; } cases[] = {
		{ "smtp://mx1.example.org:587", "mx1.example.org", "required", 587 },
		{ "smtps://mx1.example.org:465", "mx1.example.org", "wrapped", 465 },
		{ "smtp://[::1]:25", "::1", "required", 25 },
		{ "mx1.example.org:587", NULL, NULL, 0 }, { "smtp://mx1", NULL, NULL, 0 },
		{ "smtp://:25", NULL, NULL, 0 },
		{ "smtp://mx1:0", NULL, NULL, 0 }, { "smtp://mx1:99999", NULL, NULL, 0 },
		{ "smtp://[]:25", NULL, NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct mail_way w = { .relays = &cases[i].url, .n = 1, .from = "a@example.org" };
		_cleanup_(json_freep) json_t *job = NULL;
		int r = mail_job(&w, 1000, &job, NULL);

		assert_int_equal(r, cases[i].host ? 0 : -ERR_CONFIG);
		if (r < 0)
			continue;
		const json_t *relay = json_array_get(json_object_get(job, "relays"), 0);

		assert_string_equal(json_str(relay, "host"), cases[i].host);
		assert_string_equal(json_str(relay, "starttls"), cases[i].tls);
		assert_int_equal(json_int(relay, "port", 0), cases[i].port);
		assert_string_equal(json_str(job, "hello"), "example.org");
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(the_same_address_in_another_case_of_its_domain),
		cmocka_unit_test(a_plain_message),
		cmocka_unit_test(nothing_can_become_a_header),
		cmocka_unit_test(utf8_goes_as_ascii),
		cmocka_unit_test(a_long_line_is_broken_softly),
		cmocka_unit_test(replies),
		cmocka_unit_test(replies_one_after_another),
		cmocka_unit_test(a_reply_without_end_has_one),
		cmocka_unit_test(a_reply_does_not_name_the_recipient),
		cmocka_unit_test(relays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
