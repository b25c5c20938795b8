/* Public halves in zone files, tables and YAML data: what changes, and that nothing else does. */
#include "base/mem.h"
#include "base/text.h"
#include "keys/dkim.h"
#include "keys/half.h"
#include "keys/zone.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW INT64_C(1795824000)        /* 2026-11-28 */
#define DAY "2026112800"

static struct public_key old, new, third, ed;
static char old_name[DKIM_SELECTOR], new_name[DKIM_SELECTOR];

static void make(enum keypair kind, struct public_key *ret)
{
	_cleanup_(secret_freep) struct secret *s = NULL;
	struct err e = ERR_INIT;

	if (keypair_make(kind, &s, &e) < 0 || keypair_public(s, ret, &e) < 0)
		fail_msg("%s", e.text);
}

static int make_keys(void **state _unused_)
{
	make(KEYPAIR_RSA_2048, &old);
	make(KEYPAIR_RSA_2048, &new);
	make(KEYPAIR_RSA_2048, &third);
	make(KEYPAIR_ED25519, &ed);
	dkim_selector(&old, old_name);
	dkim_selector(&new, new_name);
	return 0;
}

static char *record(const struct public_key *k)
{
	struct buf b = BUF_INIT(DKIM_RECORD_MAX);

	assert_int_equal(dkim_record(k, &b, NULL), 0);
	return buf_take(&b);
}

/* The record as people write it: strings of at most 255 bytes, in brackets over several lines. */
static char *strings(const struct public_key *k)
{
	_cleanup_(freep) char *text = record(k);
	struct buf b = BUF_INIT(3 * DKIM_RECORD_MAX);

	for (size_t at = 0, len = strlen(text); at < len; at += 200)
		(void)buf_printf(&b, "\n    \"%.200s\"", text + at);
	return buf_take(&b);
}

struct result { int r; struct half_said said; struct buf text, also; struct err e; };

static void result_free(struct result *x)
{
	buf_free(&x->text);
	buf_free(&x->also);
}

static struct result run(const char *format, bool withdraw, const char *options, const char *text, const char *also)
{
	struct result x = { .text = BUF_INIT(1 << 20), .also = BUF_INIT(1 << 20), .e = ERR_INIT };
	struct half_file files[HALF_FILES] = { { "zones/wiki.lab", text, strlen(text), .ret = &x.text },
					       { "SigningTable", also, also ? strlen(also) : 0, .ret = &x.also } };
	_cleanup_(json_freep) json_t *o = NULL;
	const struct half_writer *h = half_writer_find(format);
	struct half_work w = { .old = &old, .new = &new, .now_s = NOW, .files = files, .n = also ? 2 : 1 };

	assert_non_null(h);
	assert_int_equal(json_read("options", options, strlen(options), 4096, &o, NULL), 0);
	w.options = o;
	x.r = (withdraw ? h->withdraw : h->publish)(&w, &x.said, &x.e);
	return x;
}

#define DOMAIN "{\"domain\": \"wiki.lab\"}"

/* A zone with everything that stands in real ones: a relative name, brackets, comments, a line without a name. */
static char *zone(const char *serial, const char *selector, const struct public_key *k)
{
	_cleanup_(freep) char *text = strings(k);

	return mem_printf("$TTL 300\n@ IN SOA ns1.wiki.lab. hostmaster.wiki.lab. ( %s ; serial; of the day\n"
			  "  3600 600 604800 60 )\n  IN NS ns1\n\tTXT \"v=spf1 -all\" ; \"quoted ( comment\n"
			  "%s._domainkey 600 IN TXT ( %s ) ; the key (of mail2)\n    IN  A 192.0.2.7\n"
			  "www A 192.0.2.1\n", serial, selector, text);
}

static void the_old_record_is_emptied_and_everything_else_stays(void **state _unused_)
{
	_cleanup_(freep) char *before = zone("2026112705", "mail", &old), *text = strings(&old);
	_cleanup_(result_free) struct result x = run("dkim-zone", true, DOMAIN, before, NULL);
	_cleanup_(freep) char *expected = NULL;
	char *at = strstr(before, text + 5), *soa;

	if (x.r < 0)
		fail_msg("%s", x.e.text);
	expected = mem_printf("%.*s\"v=DKIM1; k=rsa; n=withdrawn-%s; p=\"%s", (int)(at - before), before, old_name,
			      at + strlen(text + 5));
	soa = strstr(expected, "2026112705");
	memcpy(soa, DAY, 10);
	assert_string_equal(buf_text(&x.text), expected);
	assert_int_equal(x.said.ttl_s, 600);
	assert_non_null(strstr(x.said.text, "mail._domainkey.wiki.lab"));
	assert_non_null(strstr(x.said.text, "600 s"));
}

static void a_second_withdrawal_changes_nothing_and_knows_why(void **state _unused_)
{
	_cleanup_(freep) char *before = zone("7", "mail", &old);
	_cleanup_(result_free) struct result first = run("dkim-zone", true, DOMAIN, before, NULL);
	_cleanup_(result_free) struct result second = run("dkim-zone", true, DOMAIN, buf_text(&first.text), NULL);

	assert_int_equal(first.r, 0);
	assert_non_null(strstr(buf_text(&first.text), "( 8 ; serial"));
	assert_int_equal(second.r, 0);
	assert_int_equal(second.text.len, 0);
	assert_non_null(strstr(second.said.text, "already"));
}

/* "Nothing to do" would be believed: the wrong file, or a record that somebody emptied, is no withdrawal. */
static void a_zone_without_the_old_key_is_an_error(void **state _unused_)
{
	_cleanup_(freep) char *other = zone("7", "mail", &third);
	_cleanup_(result_free) struct result x = run("dkim-zone", true, DOMAIN, other, NULL);
	_cleanup_(result_free) struct result empty = run("dkim-zone", true, DOMAIN,
		"@ 60 SOA a. b. 1 2 3 4 5\nmail._domainkey TXT \"v=DKIM1; p=\"\n", NULL);

	assert_int_equal(x.r, -ERR_CONFLICT);
	assert_non_null(strstr(x.e.text, "no record has the public half of the old key"));
	assert_int_equal(empty.r, -ERR_CONFLICT);
}

static void every_name_of_the_old_key_is_withdrawn(void **state _unused_)
{
	_cleanup_(freep) char *text = record(&old);
	_cleanup_(freep) char *before = mem_printf("@ 60 SOA a. b. 1 2 3 4 5\nmail._domainkey TXT \"%.200s\" \"%s\"\n"
		"$ORIGIN other.lab.\nm._domainkey TXT \"%.100s\" \"%.200s\" \"%s\"\n", text, text + 200, text,
		text + 100, text + 300);
	_cleanup_(result_free) struct result x = run("dkim-zone", true, DOMAIN, before, NULL);

	if (x.r < 0)
		fail_msg("%s", x.e.text);
	assert_null(strstr(buf_text(&x.text), "p=M"));
	assert_non_null(strstr(x.said.text, "mail._domainkey.wiki.lab, m._domainkey.other.lab"));
}

static void the_new_record_has_a_name_of_its_own_and_takes_no_line_from_another(void **state _unused_)
{
	_cleanup_(freep) char *before = zone("2026112900", "mail", &old), *text = record(&new);
	_cleanup_(freep) char *line = mem_printf("%s._domainkey.wiki.lab. 600 IN TXT \"%.255s\" \"%s\"\n", new_name,
						 text, text + 255);
	_cleanup_(result_free) struct result x = run("dkim-zone", false, DOMAIN, before, NULL);
	_cleanup_(result_free) struct result again = run("dkim-zone", false, DOMAIN, buf_text(&x.text), NULL);

	if (x.r < 0)
		fail_msg("%s", x.e.text);
	/* the line without a name behind the old record is that one's: nothing goes between them */
	assert_non_null(strstr(buf_text(&x.text), "    IN  A 192.0.2.7\nfb"));
	assert_non_null(strstr(buf_text(&x.text), line));
	assert_non_null(strstr(buf_text(&x.text), "2026112901 ; serial"));
	assert_int_equal(again.r, 0);
	assert_int_equal(again.text.len, 0);
}

static void the_new_record_stands_beside_the_old_one_where_it_can(void **state _unused_)
{
	_cleanup_(freep) char *text = record(&old);
	_cleanup_(freep) char *before = mem_printf("@ SOA a. b. 1 2 3 4 5\nmail._domainkey TXT \"%.200s\" \"%s\"\n"
						   "www A 192.0.2.1", text, text + 200);
	_cleanup_(result_free) struct result x = run("dkim-zone", false, "{\"domain\": \"wiki.lab\", \"ttl\": \"60\"}",
						     before, NULL);

	if (x.r < 0)
		fail_msg("%s", x.e.text);
	assert_non_null(strstr(buf_text(&x.text), "\"\nfb"));
	assert_non_null(strstr(buf_text(&x.text), "_domainkey.wiki.lab. 60 IN TXT "));
	assert_non_null(strstr(buf_text(&x.text), "\"\nwww A 192.0.2.1"));
}

static void a_name_that_is_taken_is_a_persons(void **state _unused_)
{
	_cleanup_(freep) char *cname = mem_printf("@ SOA a. b. 1 2 3 4 5\n%s._domainkey CNAME x.example.\n", new_name);
	_cleanup_(freep) char *other = mem_printf("@ SOA a. b. 1 2 3 4 5\n%s._domainkey TXT \"v=DKIM1; p=\"\n",
						  new_name);
	_cleanup_(result_free) struct result x = run("dkim-zone", false, DOMAIN, cname, NULL);
	_cleanup_(result_free) struct result y = run("dkim-zone", false, DOMAIN, other, NULL);

	assert_int_equal(x.r, -ERR_CONFLICT);
	assert_non_null(strstr(x.e.text, "zones/wiki.lab:2: "));
	assert_int_equal(y.r, -ERR_CONFLICT);
}

static void a_zone_that_cannot_be_read_whole_is_not_edited(void **state _unused_)
{
	static const struct { const char *text, *why; } bad[] = {
		{ "@ SOA a. b. 1 2 3 4 5\nx TXT ( \"a\"\n", "'(' has no ')'" },
		{ "@ SOA a. b. 1 2 3 4 5\nx TXT \"a\n", "2: a quoted string does not end" },
		{ "x TXT )\n", "')' stands without '('" },
		{ "  A 192.0.2.1\n", "the first record has no name" },
		{ "www A 192.0.2.1\n", "no SOA record" },
		{ "@ SOA a. b. {{serial}} 2 3 4 5\n", "no SOA record with a number" },
		{ "$INCLUDE soa\nwww A 192.0.2.1\n", "$INCLUDE" },
		{ "$TTL soon\n", "$TTL has no time" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(result_free) struct result x = run("dkim-zone", false, DOMAIN, bad[i].text, NULL);

		if (x.r >= 0 || !strstr(x.e.text, bad[i].why))
			fail_msg("%s: %d %s", bad[i].text, x.r, x.e.text);
		assert_int_equal(x.text.len, 0);
	}
}

static void serials_rise_whatever_their_form(void **state _unused_)
{
	static const struct { const char *from, *to; } rows[] = {
		{ "1", "2" }, { "0", "1" }, { "4294967295", "1" }, { "1795823999", "1795824000" },
		{ "2026112700", DAY }, { "2026112800", "2026112801" }, { "2026112899", "2026112900" },
		{ "2026129900", "2026129901" }, { "2099010100", "2099010101" },
		{ "20181203000000", "20261128000000" }, { "20261128000000", "20261128000001" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(zone_clear) struct zone z = { 0 };
		_cleanup_(buf_free) struct buf ret = BUF_INIT(4096);
		_cleanup_(freep) char *text = mem_printf("@ 1h30m IN SOA a b %s 1 1 1 1\n", rows[i].from);
		_cleanup_(freep) char *wanted = mem_printf("@ 1h30m IN SOA a b %s 1 1 1 1\n", rows[i].to);

		assert_int_equal(zone_read("z", text, strlen(text), "wiki.lab.", &z, NULL), 0);
		assert_int_equal(z.records[0].ttl_s, 5400);
		assert_int_equal(zone_write(&z, NULL, 0, NOW, &ret, NULL), 0);
		assert_string_equal(buf_text(&ret), wanted);
	}
}

static void an_edit_before_the_serial_is_made_too(void **state _unused_)
{
	static const char text[] = "x TXT \"a\"\n@ SOA a b 5 1 1 1 1\ny TXT \"b\"\n";
	const struct zone_edit edits[] = { { 6, 9, "\"new\"" }, { 36, 39, "\"other\"" } };
	_cleanup_(zone_clear) struct zone z = { 0 };
	_cleanup_(buf_free) struct buf ret = BUF_INIT(4096);

	assert_int_equal(zone_read("z", text, strlen(text), "w.", &z, NULL), 0);
	assert_int_equal(zone_write(&z, edits, 2, NOW, &ret, NULL), 0);
	assert_string_equal(buf_text(&ret), "x TXT \"new\"\n@ SOA a b 6 1 1 1 1\ny TXT \"other\"\n");
}

/* RFC 8463: 32 bytes in base64, and a verifier finds the key in all forms of p=. */
static void records_say_what_the_rfcs_say(void **state _unused_)
{
	_cleanup_(freep) char *text = record(&ed), *rsa = record(&old);
	_cleanup_(buf_free) struct buf gone = BUF_INIT(DKIM_RECORD_MAX), p = BUF_INIT(DKIM_RECORD_MAX),
		inner = BUF_INIT(DKIM_RECORD_MAX);
	struct public_key ec;
	struct err e = ERR_INIT;

	assert_int_equal(strlen(text), strlen("v=DKIM1; k=ed25519; p=") + 44);
	assert_int_equal(dkim_standing(text, &ed), DKIM_LIVE);
	assert_int_equal(dkim_standing(rsa, &old), DKIM_LIVE);
	assert_int_equal(dkim_standing(rsa, &new), DKIM_OTHERS);
	(void)buf_str(&inner, "p = ");
	text_base64(&inner, old.spki + old.inner_at, old.spki_len - old.inner_at);
	assert_int_equal(dkim_standing(buf_text(&inner), &old), DKIM_LIVE);
	assert_int_equal(dkim_withdrawn(&old, &gone, NULL), 0);
	assert_int_equal(dkim_standing(buf_text(&gone), &old), DKIM_WITHDRAWN);
	assert_int_equal(dkim_standing(buf_text(&gone), &new), DKIM_OTHERS);
	assert_true(dkim_tag(buf_text(&gone), "p", &p));
	assert_int_equal(p.len, 0);
	assert_int_equal(dkim_standing("v=DKIM1; k=rsa", &old), DKIM_OTHERS);
	make(KEYPAIR_EC_P256, &ec);
	assert_int_equal(dkim_record(&ec, &inner, &e), -ERR_CONFIG);
}

#define SELECTOR_KEY "{\"key\": \"opendkim::selector\"}"
#define KEY_TABLE "# keys\nmail._domainkey.wiki.lab  wiki.lab:mail:/etc/dkim/mail.private\n" \
	"news wiki.lab:news:/etc/dkim/news.private\nshort\tsub.lab:mail:/etc/dkim/mail.private # two\n"
#define SIGNING_TABLE "*@wiki.lab   mail._domainkey.wiki.lab\n*@sub.lab short\n#*@x mail._domainkey.wiki.lab\n"
#define TABLES "{\"key\": \"/etc/dkim/mail.private\", \"signing_table\": \"SigningTable\"}"

static void both_tables_get_the_new_selector_together(void **state _unused_)
{
	_cleanup_(result_free) struct result x = run("dkim-tables", false, TABLES, KEY_TABLE, SIGNING_TABLE);
	_cleanup_(result_free) struct result y = run("dkim-tables", false, TABLES, buf_text(&x.text),
						     buf_text(&x.also));
	_cleanup_(freep) char *keys = mem_printf("# keys\n%s._domainkey.wiki.lab  wiki.lab:%s:/etc/dkim/mail.private\n"
		"news wiki.lab:news:/etc/dkim/news.private\nshort\tsub.lab:%s:/etc/dkim/mail.private # two\n", new_name,
		new_name, new_name);
	_cleanup_(freep) char *signing = mem_printf("*@wiki.lab   %s._domainkey.wiki.lab\n*@sub.lab short\n"
		"#*@x mail._domainkey.wiki.lab\n", new_name);

	if (x.r < 0)
		fail_msg("%s", x.e.text);
	assert_string_equal(buf_text(&x.text), keys);
	assert_string_equal(buf_text(&x.also), signing);
	assert_int_equal(y.r, 0);
	assert_int_equal(y.text.len + y.also.len, 0);
}

static void tables_that_would_sign_with_nothing_are_refused(void **state _unused_)
{
	_cleanup_(result_free) struct result x = run("dkim-tables", false, "{\"key\": \"/etc/dkim/gone\"}",
						     KEY_TABLE, NULL);
	_cleanup_(result_free) struct result y = run("dkim-tables", false, "{\"key\": \"/etc/dkim/mail.private\"}",
						     KEY_TABLE, NULL);

	assert_int_equal(x.r, -ERR_CONFLICT);
	assert_non_null(strstr(x.e.text, "nothing would sign"));
	assert_int_equal(y.r, -ERR_CONFIG);
	assert_non_null(strstr(y.e.text, "signing_table"));
}

static void the_selector_is_spliced_into_yaml(void **state _unused_)
{
	_cleanup_(freep) char *wanted = mem_printf("a: 1\nopendkim::selector: '%s' # of mail2\n", new_name);
	_cleanup_(result_free) struct result x = run("dkim-selector", false, SELECTOR_KEY,
						     "a: 1\nopendkim::selector: 'mail' # of mail2\n", NULL);
	_cleanup_(result_free) struct result y = run("dkim-selector", false, SELECTOR_KEY, wanted,
						     NULL);
	_cleanup_(result_free) struct result z = run("dkim-selector", false, SELECTOR_KEY, "a: 1\n",
						     NULL);

	assert_string_equal(buf_text(&x.text), wanted);
	assert_int_equal(y.r, 0);
	assert_int_equal(y.text.len, 0);
	assert_true(z.r < 0);
}

static void each_format_of_the_list_has_its_code(void **state _unused_)
{
	static const struct { const char *name; bool withdraw; } list[] = {
		{ "dkim-zone", true }, { "dkim-tables", false }, { "dkim-selector", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		const struct half_writer *h = half_writer_find(list[i].name);

		assert_non_null(h);
		assert_non_null(h->publish);
		assert_int_equal(h->withdraw != NULL, list[i].withdraw);
	}
	assert_null(half_writer_find("dkim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_record_is_emptied_and_everything_else_stays),
		cmocka_unit_test(a_second_withdrawal_changes_nothing_and_knows_why),
		cmocka_unit_test(a_zone_without_the_old_key_is_an_error),
		cmocka_unit_test(every_name_of_the_old_key_is_withdrawn),
		cmocka_unit_test(the_new_record_has_a_name_of_its_own_and_takes_no_line_from_another),
		cmocka_unit_test(the_new_record_stands_beside_the_old_one_where_it_can),
		cmocka_unit_test(a_name_that_is_taken_is_a_persons),
		cmocka_unit_test(a_zone_that_cannot_be_read_whole_is_not_edited),
		cmocka_unit_test(serials_rise_whatever_their_form),
		cmocka_unit_test(an_edit_before_the_serial_is_made_too),
		cmocka_unit_test(records_say_what_the_rfcs_say),
		cmocka_unit_test(both_tables_get_the_new_selector_together),
		cmocka_unit_test(tables_that_would_sign_with_nothing_are_refused),
		cmocka_unit_test(the_selector_is_spliced_into_yaml),
		cmocka_unit_test(each_format_of_the_list_has_its_code),
	};

	return secret_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, make_keys, NULL);
}
