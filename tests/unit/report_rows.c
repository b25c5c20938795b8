#include "report_rows.h"
#include "base/clock.h"
#include "base/mem.h"
#include "model/law.h"

#define NOON INT64_C(1795521600000000) /* 2026-11-24T12:00:00Z */

struct telling {
	struct report *r;
	int64_t seq, now_us;
	const char *who;
};

static void tell_try(struct telling *t, int64_t seconds, enum row_kind kind, const char *step, uint32_t attempt,
		     const char *body)
{
	struct err e = ERR_INIT;

	t->now_us += seconds * 1000000;

	struct row row = { .seq = ++t->seq, .at_us = t->now_us, .kind = kind, .incident = t->r->incident->number,
			   .step = step, .attempt = attempt, .who = t->who, .body = body };

	if (report_add(t->r, &row, &e) < 0) {
		fprintf(stderr, "row %lld: %s\n", (long long)row.seq, e.text);
		abort();
	}
}

static void tell(struct telling *t, int64_t seconds, enum row_kind kind, const char *step, const char *body)
{
	tell_try(t, seconds, kind, step, step && kind != ROW_SKIPPED && kind != ROW_ANSWERED, body);
}

static struct telling begin(int64_t number, const char *who)
{
	return (struct telling){ .r = report_new(number), .now_us = NOON, .who = who };
}

static struct report *end(struct telling *t)
{
	t->r->head = (struct journal_head){ .seq = t->seq };
	memset(t->r->head.mac, 'a', 64);
	return t->r;
}

struct report *report_of_proven_incident(void)
{
	struct telling t = begin(3, "alice (root@laptop)");

	tell(&t, 0, ROW_DECLARED, NULL,
	     "{\"what\":[\"redis/password\"],\"because\":\"pasted into a public channel\",\"confidence\":\"sure\","
	     "\"mode\":\"emergency\",\"suspected_us\":1795519800000000,\"aware_us\":1795521000000000,"
	     "\"register\":\"c0ffee\",\"members\":["
	     "{\"kind\":\"secret\",\"name\":\"redis/password\",\"path\":\"redis/password (declared)\",\"depth\":0},"
	     "{\"kind\":\"system\",\"name\":\"redis\",\"path\":\"redis/password touches redis\",\"depth\":1},"
	     "{\"kind\":\"data\",\"name\":\"jobqueue\",\"path\":\"redis/password opens data:jobqueue\",\"depth\":1}]}");
	tell(&t, 20, ROW_CLAIMED, NULL, "{\"secret\":\"redis/password\"}");
	tell(&t, 0, ROW_PLANNED, NULL, "{\"steps\":["
	     "{\"id\":\"values:redis/password\",\"do\":\"values\",\"title\":\"read the old value of redis/password, "
	     "make the new one\",\"secret\":\"redis/password\"},"
	     "{\"id\":\"commit:redis/password\",\"do\":\"commit\",\"title\":\"write redis/password to the private "
	     "git\",\"secret\":\"redis/password\"},"
	     "{\"id\":\"inspect:1\",\"do\":\"inspect\",\"title\":\"look who uses redis/password\","
	     "\"secret\":\"redis/password\",\"account\":\"db11:6379\"},"
	     "{\"id\":\"change:1\",\"do\":\"change\",\"title\":\"change redis/password (db11:6379)\","
	     "\"secret\":\"redis/password\",\"account\":\"db11:6379\",\"interrupts\":\"clients must log in again\"},"
	     "{\"id\":\"apply:mw1\",\"do\":\"apply\",\"title\":\"apply the configuration on mw1\",\"host\":\"mw1\"},"
	     "{\"id\":\"prove:1\",\"do\":\"prove\",\"title\":\"prove redis/password (db11:6379) from mw1\","
	     "\"secret\":\"redis/password\",\"account\":\"db11:6379\",\"host\":\"mw1\"},"
	     "{\"id\":\"residue:mw1\",\"do\":\"residue\",\"title\":\"look where the old value stays on mw1\","
	     "\"secret\":\"redis/password\",\"host\":\"mw1\"},"
	     "{\"id\":\"tell-users\",\"do\":\"person\",\"title\":\"decide whom to tell\",\"person\":true,"
	     "\"why\":\"within 72 hours\"}]}");
	tell(&t, 1, ROW_STARTED, NULL, "{\"pid\":7}");
	tell(&t, 1, ROW_INTENT, "values:redis/password", "{}");
	tell(&t, 1, ROW_OUTCOME, "values:redis/password",
	     "{\"outcome\":\"proven\",\"effect\":\"none\",\"text\":\"sealed to 2 responders\","
	     "\"old\":\"SEALED-OLD-VALUE\",\"new\":\"SEALED-NEW-VALUE\",\"old_tag\":\"0123\",\"new_tag\":\"4567\","
	     "\"tries\":[],\"result\":{\"sealed\":\"SEALED-IN-A-RESULT\"}}");
	tell(&t, 1, ROW_INTENT, "commit:redis/password", "{}");
	tell(&t, 2, ROW_OUTCOME, "commit:redis/password",
	     "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"pushed\",\"result\":{\"commit\":\"5d2c\"}}");
	tell(&t, 0, ROW_INTENT, "inspect:1", "{}");
	tell(&t, 1, ROW_OUTCOME, "inspect:1",
	     "{\"outcome\":\"proven\",\"effect\":\"none\",\"text\":\"2 sessions\",\"result\":{\"findings\":["
	     "{\"what\":\"session\",\"detail\":\"from 203.0.113.9, idle 4 s\",\"severity\":\"warning\","
	     "\"value\":\"SEALED-IN-A-FINDING\"}]}}");
	tell(&t, 1, ROW_INTENT, "change:1", "{}");
	tell(&t, 2, ROW_OUTCOME, "change:1",
	     "{\"outcome\":\"unknown\",\"effect\":\"unknown\",\"text\":\"the connection ended before the answer\","
	     "\"tries\":[{\"at_us\":1795521649000000,\"what\":\"ACL SETUSER\",\"answer\":\"connection reset\"}]}");
	t.who = "bob (bob@desk)";
	tell(&t, 60, ROW_STARTED, NULL, "{\"pid\":8}");
	tell_try(&t, 1, ROW_INTENT, "change:1", 2, "{}");
	tell_try(&t, 1, ROW_OUTCOME, "change:1", 2,
		 "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"the server took it\","
		 "\"tries\":[{\"at_us\":1795521711000000,\"what\":\"login with the new value\",\"answer\":\"OK\"}]}");
	tell(&t, 0, ROW_INTENT, "apply:mw1", "{}");
	tell(&t, 90, ROW_OUTCOME, "apply:mw1",
	     "{\"outcome\":\"proven\",\"effect\":\"changed\",\"text\":\"exit code 2\",\"result\":{\"exit\":2}}");
	tell(&t, 0, ROW_INTENT, "prove:1", "{}");
	tell(&t, 1, ROW_OUTCOME, "prove:1",
	     "{\"outcome\":\"proven\",\"effect\":\"none\",\"text\":\"new accepted, old refused\",\"tries\":["
	     "{\"at_us\":1795521803000000,\"what\":\"login with the old value\",\"answer\":\"WRONGPASS\"},"
	     "{\"at_us\":1795521803100000,\"what\":\"login with the new value\",\"answer\":\"OK\"}],"
	     "\"result\":{\"accepts\":\"new\"}}");
	tell(&t, 0, ROW_INTENT, "residue:mw1", "{}");
	tell(&t, 3, ROW_OUTCOME, "residue:mw1",
	     "{\"outcome\":\"proven\",\"effect\":\"none\",\"text\":\"1 file\",\"result\":{\"found\":["
	     "{\"path\":\"/var/log/puppet/puppet.log\",\"count\":2}],\"more\":false}}");
	tell(&t, 600, ROW_ANSWERED, "tell-users", "{\"because\":\"no personal data is in the queue\"}");
	tell(&t, 5, ROW_RELEASED, NULL, "{\"secret\":\"redis/password\"}");
	tell(&t, 5, ROW_TRACED, NULL,
	     "{\"secret\":\"redis/password\",\"found\":[{\"value\":\"old\",\"place\":\"gone\"}]}");
	tell(&t, 5, ROW_TRACED, NULL,
	     "{\"secret\":\"redis/password\",\"found\":["
	     "{\"value\":\"old\",\"place\":\"mw1:/var/log/x|y:3\",\"form\":\"base64\",\"state\":\"a file\","
	     "\"known\":\"a log\"},{\"value\":\"present\",\"place\":\"private:common.yaml:2\",\"form\":\"as it is\","
	     "\"state\":\"still there\"}],\"not_read\":[\"mw2: not looked at: no answer\"],\"more\":true}");
	tell(&t, 5, ROW_RECOVERED, NULL, "{\"secret\":\"redis/password\",\"what\":\"new\"}");
	tell(&t, 5, ROW_REPORTED, NULL, "{\"sha256\":\"beef\"}");
	tell(&t, 5, ROW_CLOSED, NULL, "{}");
	return end(&t);
}

struct report *report_of_hostile_incident(void)
{
	struct telling t = begin(66, "mallory | `id` <b>@team</b>");

	tell(&t, 0, ROW_DECLARED, NULL,
	     "{\"what\":[\"a|b\",\"# heading\",\"1. list\"],\"because\":\"<script>alert(1)</script>\\n\\n# owned\\n"
	     "[click](javascript:alert(1)) ![x](http://evil.example/x.png) www.evil.example \\u202e gnp.exe "
	     "\\u001b[31m\",\"confidence\":\"**sure** _very_ ~~not~~ $x$\",\"mode\":\"emergency\",\"members\":["
	     "{\"kind\":\"system\",\"name\":\"x | y | z\",\"path\":\"```\\ncode\\n```\",\"depth\":0},"
	     "{\"kind\":\"system\",\"name\":\"&lt;i&gt; \\\\\",\"path\":null}]}");
	tell(&t, 1, ROW_PLANNED, NULL, "{\"steps\":["
	     "{\"id\":\"a\",\"do\":\"change\",\"title\":\"- [x] | done\",\"interrupts\":\"<img src=x onerror=y>\","
	     "\"secret\":\"s|1\",\"account\":\"a|1\",\"host\":\"h|1\"},"
	     "{\"id\":\"b\",\"do\":\"residue\",\"title\":\"> quote\",\"host\":\"<h>\"},"
	     "{\"id\":\"c\",\"do\":\"person\",\"person\":true,\"title\":\"+ plus\",\"why\":\"[]()\"},"
	     "{\"id\":\"d\",\"do\":\"cut\",\"title\":\"=====\"},"
	     "{\"id\":\"e\",\"do\":\"inspect\",\"title\":\"12) twelve\"}]}");
	tell(&t, 1, ROW_STARTED, NULL, "{}");
	tell(&t, 1, ROW_INTENT, "a", "{}");
	tell(&t, 1, ROW_OUTCOME, "a", "{\"outcome\":\"failed\",\"effect\":\"none\",\"text\":\"-ERR |\\r\\n| <a "
	     "href=x>\",\"tries\":[{\"at_us\":0,\"what\":\"`a` | b\",\"answer\":\"x\\n|---|\\n| y |\"},\"no object\","
	     "{\"at_us\":\"no number\",\"answer\":5}]}");
	tell(&t, 1, ROW_INTENT, "b", "{}");
	tell(&t, 1, ROW_OUTCOME, "b", "{\"outcome\":\"proven\",\"result\":{\"found\":[{\"path\":\"/tmp/<x>\\n- y\","
	     "\"count\":-1},{\"path\":7}],\"more\":true}}");
	tell(&t, 1, ROW_INTENT, "d", "{}");
	tell(&t, 1, ROW_INTENT, "e", "{}");
	tell(&t, 1, ROW_OUTCOME, "e", "{\"outcome\":\"unreachable\",\"text\":\"\\\\\",\"result\":{\"findings\":["
	     "{\"what\":\"<what>\",\"detail\":\"http://evil.example|\",\"severity\":\"|\"},[]]}}");
	tell(&t, 1, ROW_SKIPPED, "c", "{\"because\":\"**no**\"}");
	return end(&t);
}

/* Late, in parts, decided by a person; and each text of it hostile. */
struct report *report_of_told_incident(void)
{
	struct telling t = begin(9, "dora | <b>");

	tell(&t, 0, ROW_DECLARED, NULL,
	     "{\"what\":[\"mail/noreply\"],\"because\":\"pasted\",\"mode\":\"emergency\","
	     "\"suspected_us\":1795435200000000,\"aware_us\":1795521600000000,\"members\":["
	     "{\"kind\":\"data\",\"name\":\"users\",\"path\":\"mail/noreply opens data:users\",\"depth\":1},"
	     "{\"kind\":\"data\",\"name\":\"logs\",\"path\":\"mail/noreply opens data:logs\",\"depth\":1}],"
	     "\"data\":[{\"name\":\"users\",\"title\":\"Accounts | <i>\",\"categories\":[\"<script>\"],"
	     "\"class\":\"financial\",\"people\":1200,\"records\":3000,\"wiki\":\"meta|wiki\",\"address\":true},"
	     "{\"name\":\"logs\",\"class\":\"simple\",\"people\":40}]}");
	tell(&t, 60, ROW_ASSESSED, NULL, "{\"identification\":\"significant\",\"malice\":\"yes\",\"because\":"
	     "\"[x](http://evil.example) | y\"}");
	tell(&t, 60, ROW_ASSESSED, NULL,
	     "{\"people\":1300,\"context\":1,\"class\":\"financial\",\"because\":\"counted\"}");
	tell(&t, 60, ROW_WORDED, NULL, "{\"nature\":\"# x\",\"late\":\"<img src=x> | ill\"}");
	tell(&t, 60, ROW_DECIDED, NULL, "{\"what\":\"mail\",\"yes\":false,\"because\":\"`x` | no\"}");
	tell(&t, 60, ROW_DECIDED, NULL, "{\"what\":\"aware\",\"at_us\":1795525200000000,\"because\":\"a guess\\n# "
	     "x\"}");
	tell(&t, 60, ROW_DECIDED, NULL, "{\"what\":\"cnil\",\"yes\":false,\"because\":\"nobody | lives there\"}");
	tell(&t, 345600, ROW_TOLD, NULL, "{\"to\":\"ico\",\"at_us\":1795867200000000,\"reference\":\"R|1\","
	     "\"phased\":true,\"late\":\"<img src=x> | ill\"}");
	tell(&t, 60, ROW_TOLD, NULL,
	     "{\"to\":\"site-notice\",\"at_us\":1795867200000000,\"reference\":\"www.evil.example\"}");
	tell(&t, 60, ROW_TOLD, NULL, "{\"to\":\"mail\",\"at_us\":1795867200000000,\"reference\":\"m\"}");
	tell(&t, 60, ROW_TOLD, NULL, "{\"to\":\"mail\",\"mistaken\":true,\"because\":\"another | one\"}");
	return end(&t);
}

struct report *report_of_fresh_incident(void)
{
	struct telling t = begin(1, "carol (carol@laptop)");

	tell(&t, 0, ROW_DECLARED, NULL, "{\"what\":[\"db11\"],\"because\":\"strange logins\"}");
	return end(&t);
}

static const char rules[] =
	"notification: 1\n"
	"regimes:\n  - {regime: gdpr, title: GDPR, hours: 72}\n"
	"authorities:\n  - {authority: ico, title: 'The | <ICO>', regime: gdpr}\n"
	"  - {authority: cnil, title: La CNIL, regime: gdpr}\n  - {authority: agpd, title: La AEPD, regime: gdpr}\n"
	"suspicion-hours: 24\nfew-wikis: 5\n"
	"severity: {medium: '2', high: '3', very-high: '4', near: '0.25', many-people: 100, tell-people-from: high}\n"
	"ladder:\n  - {rung: site-notice, title: 'Site | notice', sentence: S, data: some, tells-people: true}\n"
	"  - {rung: mail, title: Mail, sentence: S, data: some, address: true, tells-people: true}\n"
	"  - {rung: external, title: External, sentence: S, data: some, consider: true}\n";

struct law *report_rules(void)
{
	struct law *l = mem_zero(1, sizeof(*l));
	struct err e = ERR_INIT;

	if (law_add(l, &(struct source){ "rules.yaml", rules, strlen(rules) }, NULL, &e) < 0 || law_check(l, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	return l;
}

void report_rules_free(struct law **l)
{
	law_free(*l);
	free(*l);
}
