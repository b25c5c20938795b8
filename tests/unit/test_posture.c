#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "base/fs.h"
#include "base/mem.h"
#include "model/posture.h"

#define HOUR_US ((int64_t)3600000000)
#define NOW (500000 * HOUR_US)

static struct posture_rules rules;

static int load(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	if (fs_read(POSTURE_RULES, &text, &e) < 0 ||
	    posture_rules_read(&rules, &(struct source){ "posture.yaml", buf_text(&text), text.len }, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int unload(void **state _unused_)
{
	posture_rules_free(&rules);
	return 0;
}

static json_t *facts(const char *text)
{
	json_t *j = NULL;
	struct err e = ERR_INIT;

	if (json_read("facts", text, strlen(text), 1 << 20, &j, &e) < 0)
		fail_msg("%s", e.text);
	return j;
}

struct row { const char *facts, *want, *says; };

static void hold(enum claim claim, const struct row *rows, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		_cleanup_(json_freep) json_t *j = facts(rows[k].facts);
		struct posture p;
		bool said = !rows[k].says;

		posture_judge(j, &rules, NOW, &p);
		const struct claim_state *c = &p.claims[claim];

		if (strcmp(claim_result_names[c->result], rows[k].want) != 0)
			fail_msg("%s: %s, %s was expected (%s)", rows[k].facts, claim_result_names[c->result],
				rows[k].want,
				 c->said[0].text);
		for (uint32_t s = 0; s < c->n_said; s++)
			said = said || strstr(c->said[s].text, rows[k].says);
		if (!said)
			fail_msg("%s: does not say '%s', says '%s'", rows[k].facts, rows[k].says, c->said[0].text);
		posture_free(&p);
	}
}
#define HOLD(claim, rows) hold((claim), (rows), ARRAY_SIZE(rows))

static void a_host_that_says_nothing_proves_nothing(void **state _unused_)
{
	static const char *const cases[] = {
		"{}", "{\"firewall\":[],\"bans\":1,\"ssh\":\"x\",\"updates\":null}",
		"{\"firewall\":{},\"bans\":[],\"ssh\":{},\"updates\":\"\"}",
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++)
		for (int c = 0; c < CLAIMS; c++) {
			struct row row = { cases[k], "untold", NULL };

			hold((enum claim)c, &row, 1);
		}
}

#define WALL(v4, v6, more) "{\"firewall\":{\"read\":true,\"v4\":" v4 ",\"v6\":" v6 more "}}"
#define SHUT "{\"hooks\":1,\"stranger\":\"refused\"}"

static void firewall_limits_ports(void **state _unused_)
{
	static const struct row rows[] = {
		{ WALL(SHUT, SHUT, ""), "true", NULL },
		{ WALL(SHUT, "{\"hooks\":0,\"stranger\":\"accepted\"}", ""), "false", "IPv6: no rule looks" },
		{ WALL("{\"hooks\":2,\"stranger\":\"accepted\"}", SHUT, ""), "false",
			"IPv4: a port that no rule names" },
		{ WALL("{\"hooks\":2,\"stranger\":\"untold\"}", SHUT, ""), "untold", "cannot be read" },
		{ WALL("{\"hooks\":2,\"stranger\":\"untold\"}", "{\"hooks\":0,\"stranger\":\"accepted\"}", ""),
			"false", NULL },
		{ WALL(SHUT, "null", ""), "untold", NULL }, { WALL(SHUT, "null", ",\"v6_off\":true"), "true",
			"no interface" },
		{ WALL(SHUT, SHUT, ",\"blind\":\"an ingress hook\""), "untold", "ingress" },
		{ WALL(SHUT, SHUT, ",\"sockets\":[{\"protocol\":\"tcp\",\"port\":22,\"program\":\"sshd\","
		       "\"verdict\":\"accepted\"},{\"protocol\":\"tcp\",\"port\":5,\"verdict\":\"refused\"}]"), "true",
		  "tcp/22 (sshd)" },
		{ WALL("{\"hooks\":2,\"stranger\":\"untold\"}", SHUT,
		       ",\"unseen\":[\"table inet x\",5,\"ipset\"]"), "untold",
		  "from the rules (not seen: table inet x, ipset)" },
		{ "{\"firewall\":{\"text\":\"no nft\"}}", "untold", "no nft" },
	};

	HOLD(CLAIM_PORTS, rows);
}

#define BANS(x) "{\"bans\":{" x "}}"
#define READS(fresh) ",\"reads\":[{\"what\":\"/a.log\",\"fresh\":\"" fresh "\",\"text\":\"as it is\"}]"
#define JAIL(more) BANS("\"program\":\"fail2ban\",\"jail\":\"enabled\"" more)
#define BANNED(list) ",\"banned\":[" list "]"
#define ONE(address, verdict) "{\"address\":\"" address "\",\"verdict\":\"" verdict "\"}"
#define GUARD(more) BANS("\"program\":\"sshguard\",\"jail\":\"enabled\",\"backend\":\"b\"" READS("yes") \
			 BANNED(ONE("6.6.6.6", "refused")) more)
#define NEXT(verdict) ",\"next\":[{\"family\":\"IPv4\",\"where\":\"the place\",\"verdict\":\"refused\"}," \
		      "{\"family\":\"IPv6\",\"where\":\"the place\",\"verdict\":\"" verdict "\"}]"
static void failed_logins_lead_to_bans(void **state _unused_)
{
	static const struct row rows[] = {
		{ BANS(""), "false", "neither" },
		{ BANS("\"program\":\"fail2ban\",\"jail\":\"absent\""), "false", "no jail" },
		{ BANS("\"program\":\"fail2ban\",\"jail\":\"untold\",\"text\":\"hangs\""), "untold", "hangs" },
		{ JAIL(READS("yes")), "untold", "--try-ban" },
		{ JAIL(READS("yes") BANNED(ONE("6.6.6.6", "refused"))), "true", "1 banned" },
		{ JAIL(READS("yes") BANNED(ONE("6.6.6.6", "accepted") "," ONE("6.6.6.7", "refused"))), "false",
		  "6.6.6.6" },
		{ JAIL(READS("yes") BANNED(ONE("6.6.6.6", "untold"))), "untold", "cannot be read" },
		{ JAIL(READS("yes") BANNED("5,{}")), "untold", NULL },
		/* whom it banned last year says nothing of what it reads now */
		{ JAIL(BANNED(ONE("6.6.6.6", "refused"))), "untold", "it was not found" },
		{ JAIL(READS("untold") BANNED(ONE("6.6.6.6", "refused"))), "untold", "/a.log: as it is" },
		{ JAIL(READS("no") BANNED(ONE("6.6.6.6", "refused"))), "false",
		  "does not read what sshd says of logins: /a.log" },
		{ JAIL(",\"reads\":[{\"fresh\":\"no\"},{\"fresh\":\"untold\"}]" BANNED(ONE("6.6.6.6", "refused"))),
		  "untold", NULL },
		{ JAIL(",\"reads\":[{\"fresh\":\"no\"},{\"fresh\":\"yes\"}]" BANNED(ONE("6.6.6.6", "refused"))),
		  "true", NULL },
		{ JAIL(",\"reads\":[1,{}]" BANNED(ONE("6.6.6.6", "refused"))), "untold", NULL },
		{ GUARD(""), "true", NULL },
		{ GUARD(NEXT("refused")), "true", NULL },
		{ GUARD(NEXT("accepted")), "false",
		  "IPv6: whom it bans would reach the port all the same (the place)" },
		{ GUARD(NEXT("absent")), "false",
		  "IPv6: its bans have nowhere to stand: the rules do not have the place" },
		{ GUARD(NEXT("untold")), "untold", "IPv6: whether the rules would" },
		{ GUARD(",\"next\":[1,{}]"), "untold", NULL },
		{ BANS("\"program\":\"sshguard\",\"jail\":\"enabled\",\"lacks\":\"sshg-parser\""), "false",
		  "it bans nobody: it has no sshg-parser" },
		{ BANS("\"program\":\"sshguard\",\"jail\":\"untold\",\"backend\":\"sshg-fw-hosts\","
		       "\"text\":\"odd\""),
		  "untold", "sshg-fw-hosts: odd" },
	};

	HOLD(CLAIM_BANS, rows);
}

#define OFFER(kex, ciphers, macs) "{\"ssh\":{\"offers\":[{\"port\":22,\"kex\":\"" \
				  kex "\",\"host-keys\":\"ssh-ed25519\"," \
				  "\"ciphers\":\"" ciphers "\",\"macs\":\"" macs "\"}]}}"
static void secure_ciphers_are_used(void **state _unused_)
{
	static const struct row rows[] = {
		{ OFFER("curve25519-sha256,kex-strict-s-v00@openssh.com", "aes256-ctr",
			"hmac-sha2-256-etm@openssh.com"),
		  "true", "all offered are strong" },
		{ OFFER("diffie-hellman-group1-sha1", "aes256-ctr", "hmac-sha2-256-etm@openssh.com"), "false",
		  "group1-sha1" },
		{ OFFER("curve25519-sha256", "aes256-ctr,3des-cbc", "hmac-sha2-256-etm@openssh.com"), "false",
			"3des-cbc" },
		{ OFFER("curve25519-sha256", "aes256-ctr", "hmac-sha1"), "false", "hmac-sha1" },
		{ OFFER("curve25519-sha256", "", "hmac-sha2-256-etm@openssh.com"), "untold", "list is missing" },
		{ OFFER("curve25519-sha256", "aes256-ct", "hmac-sha2-256-etm@openssh.com"), "false", "aes256-ct" },
		{ "{\"ssh\":{\"offers\":[]}}", "untold", "no ssh server" },
		{ "{\"ssh\":{\"offers\":[{\"port\":22,\"text\":\"silence\"}]}}", "untold", "silence" },
	};

	HOLD(CLAIM_CIPHERS, rows);
}

#define ROOT(value, more) "{\"ssh\":{\"servers\":[{\"settings\":{\"permitrootlogin\":\"" value "\"}," \
			  "\"loaded_us\":2000" more "}],\"changed_us\":1000}}"
#define MATCH(value, more) "{\"ssh\":{\"servers\":[{\"settings\":{\"permitrootlogin\":\"" value "\"}," \
			   "\"loaded_us\":2000}],\"changed_us\":1000" more "}}"
static void root_can_not_be_logged_into(void **state _unused_)
{
	static const struct row rows[] = {
		{ ROOT("no", ""), "true", NULL }, { ROOT("without-password", ""), "false", "without-password" },
		{ ROOT("yes", ""), "false", NULL }, { ROOT("forced-commands-only", ""), "false", NULL },
		{ MATCH("no", ",\"matches\":[{\"criteria\":\"Address 10.0.0.0/8\",\"permitrootlogin\":\"yes\"}]"),
			"false",
		  "Match Address 10.0.0.0/8" },
		{ MATCH("no", ",\"matches\":[{\"criteria\":\"User bob\"},{\"criteria\":\"all\","
			"\"permitrootlogin\":\"no\"}]"),
		  "true", NULL },
		{ MATCH("no", ",\"matches_text\":\"/etc/ssh/x\""), "untold", "/etc/ssh/x" },
		{ ROOT("no", ",\"root_keys\":[{\"file\":\"/root/.ssh/authorized_keys\",\"keys\":2}]"), "true",
			"2 keys" },
		{ "{\"ssh\":{\"servers\":[{\"settings\":{\"permitrootlogin\":\"no\"},\"loaded_us\":1000}],"
		  "\"changed_us\":2000}}", "untold", "restart it" },
		{ "{\"ssh\":{\"servers\":[{\"settings\":{\"permitrootlogin\":\"no\"}}]}}", "untold", "not known" },
		{ "{\"ssh\":{\"servers\":[{\"text\":\"no sshd\"}]}}", "untold", "no sshd" },
		/* a second sshd with options of its own */
		{ "{\"ssh\":{\"servers\":[{\"settings\":{\"permitrootlogin\":\"no\"},\"loaded_us\":2000},"
		  "{\"settings\":{\"permitrootlogin\":\"yes\"},\"loaded_us\":2000}],\"changed_us\":1000}}", "false",
			"yes" },
	};

	HOLD(CLAIM_ROOT, rows);
}

#define UPDATES(lists, pending, unattended, kernel, deleted) "{\"updates\":{\"security_lists\":1,\"lists_us\":" lists \
	",\"pending\":" pending ",\"unattended\":\"" unattended "\",\"kernel\":" kernel ",\"deleted\":" deleted "}}"
#define FRESH "1799999000000000"
#define SAME "{\"running\":\"6.1\",\"newest\":\"6.1\"}"
static void security_updates_are_run_regularly(void **state _unused_)
{
	static const struct row rows[] = {
		{ UPDATES(FRESH, "[]", "on", SAME, "[]"), "true", NULL },
		{ UPDATES("1700000000000000", "[]", "on", SAME, "[]"), "false", "apt last asked" },
		{ UPDATES("0", "[]", "on", SAME, "[]"), "untold", "not known" },
		{ UPDATES(FRESH, "[{\"package\":\"openssl\",\"installed\":\"3.0.1\",\"candidate\":\"3.0.2\"}]", "on",
			SAME,
			  "[]"), "false", "openssl 3.0.1" },
		{ UPDATES(FRESH, "null", "on", SAME, "[]"), "untold", "pending" },
		{ UPDATES(FRESH, "[]", "on", SAME, "null"), "untold", "replaced" },
		{ UPDATES(FRESH, "[]", "not installed", SAME, "[]"), "false", "not installed" },
		{ UPDATES(FRESH, "[]", "on", "{\"running\":\"6.1\",\"newest\":\"6.2\",\"older\":true}", "[]"),
			"false", "6.2" },
		{ UPDATES(FRESH, "[]", "on", "{\"none\":true}", "[]"), "true", NULL },
		{ UPDATES(FRESH, "[]", "on", "{}", "[]"), "untold", "kernels" },
		{ UPDATES(FRESH, "[]", "on", SAME, "[{\"pid\":7,\"program\":\"sshd\",\"path\":\"/lib/x.so\"}]"),
			"false",
		  "/lib/x.so" },
		{ "{\"updates\":{\"security_lists\":0}}", "false", "no security archive" },
		{ "{\"updates\":{\"security_lists\":1,\"lists_us\":"
			FRESH ",\"pending\":[],\"unattended\":\"on\",\"kernel\":"
		  SAME ",\"deleted\":[],\"not_read\":[\"a list\"]}}", "untold", "a list" },
	};

	HOLD(CLAIM_UPDATES, rows);
}

/* A list that is cut hides nothing but its own rows. */
static void many_sentences_are_counted(void **state _unused_)
{
	static const char *const once[] = { "apt last asked", "installed by themselves", "kernels", "was replaced",
					    "not read: a list", "of 500 packages" };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);
	struct posture p;

	(void)buf_str(&b, "{\"updates\":{\"security_lists\":1,\"lists_us\":" FRESH ",\"pending\":[");
	for (int k = 0; k < 500; k++)
		(void)buf_printf(&b, "%s{\"package\":\"p%d\",\"installed\":\"1\",\"candidate\":\"2\"}", k ? "," : "",
			k);
	(void)buf_str(&b, "],\"not_read\":[\"a list\"]}}");
	_cleanup_(json_freep) json_t *j = facts(buf_text(&b));

	posture_judge(j, &rules, NOW, &p);
	assert_int_equal(p.claims[CLAIM_UPDATES].n_said, CLAIM_SAID_MAX + 1);
	assert_int_equal(p.claims[CLAIM_UPDATES].result, CLAIM_FALSE);
	assert_string_equal(p.claims[CLAIM_UPDATES].said[CLAIM_SAID_MAX].text, "and 442 more like these");
	for (size_t i = 0; i < ARRAY_SIZE(once); i++) {
		size_t k = 0;

		while (k < CLAIM_SAID_MAX && !strstr(p.claims[CLAIM_UPDATES].said[k].text, once[i]))
			k++;
		if (k == CLAIM_SAID_MAX)
			fail_msg("not told: %s", once[i]);
	}
	posture_free(&p);
}

static void wrong_rules_are_refused(void **state _unused_)
{
	static const struct { const char *text, *says; } cases[] = {
		{ "", "empty" }, { "posture: 2\n", "format" }, { "posture: 1\n", "source" },
		{ "posture: 1\nsource: x\nkex: [a]\nhost-keys: [a]\nciphers: [a]\nmacs: []\nlists-hours: 1\n",
			"empty list" },
		{ "posture: 1\nsource: x\nkex: [a]\nhost-keys: [a]\nciphers: [a]\nmacs: [a]\nlists-hours: 0\n",
			"8760" },
		{ "posture: 1\nsource: x\ncipher: [a]\n", "cipher" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct source s = { "r.yaml", cases[k].text, strlen(cases[k].text) };
		struct posture_rules r;
		struct err e = ERR_INIT;

		assert_true(posture_rules_read(&r, &s, &e) < 0);
		if (!strstr(e.text, cases[k].says))
			fail_msg("%s: %s", cases[k].text, e.text);
		posture_rules_free(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_that_says_nothing_proves_nothing), cmocka_unit_test(firewall_limits_ports),
		cmocka_unit_test(failed_logins_lead_to_bans), cmocka_unit_test(secure_ciphers_are_used),
		cmocka_unit_test(root_can_not_be_logged_into), cmocka_unit_test(security_updates_are_run_regularly),
		cmocka_unit_test(many_sentences_are_counted), cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests_name("posture", tests, load, unload);
}
