/* Who is told, over what, when, and in which words: a register and rows in, one answer out. */
#include "register_help.h"
#include "base/text.h"
#include "model/alert_text.h"
#include <string.h>

#define MIN INT64_C(60000000)
#define NOON INT64_C(1795521600000000) /* 2026-11-24T12:00:00Z */

static const char text[] =
	"register: 1\n"
	"organisation:\n"
	"  name: Farm\n  team: sre@example.org\n  approver: manager\n"
	"  channels: [mail, chat, phones]\n  log: [sal]\n  repeat: 10\n"
	"  escalation: [{to: [carol], after: 20}, {to: [manager, out@example.com], after: 30}]\n"
	"roles: {manager: , sre: , nobody: }\n"
	"people:\n"
	"  alice: {name: Alice Archer, mail: alice@example.org, irc: alice_, roles: [sre]}\n"
	"  bob: {name: Bob Baker, mail: bob@example.org, roles: [sre]}\n"
	"  carol: {name: Carol Cooper, mail: carol@example.org, channels: [room]}\n"
	"  dave: {name: Dave Dyer, roles: [manager]}\n"
	"hosts: {mail2: , mw1: , mon2: }\n"
	"systems:\n"
	"  mail: {title: Mail, contacts: [alice], hosts: [mail2]}\n"
	"  redis: {title: Redis, contacts: [alice, sre, up@example.net]}\n"
	"  wiki: {title: Wiki, contacts: [nobody], hosts: [mw1]}\n"
	"  irc: {title: IRC, contacts: [sre@example.org, 'alice@example.org']}\n"
	"  chat: {title: Chat}\n"
	"secrets: {mail/noreply: {kind: k}, redis/password: {kind: k}, irc/bots: {kind: k}, chat/token: {kind: k}}\n"
	"channels:\n"
	"  mail: {kind: mail, to: sre@example.org, relays: ['smtp://mail2:25'], from: f@example.org, depends: [mail]}\n"
	"  chat: {kind: irc, to: '#sre', server: 'irc:6697', nick: fb, depends: [irc/bots]}\n"
	"  room: {kind: matrix, to: '!r:m', server: 'https://m', secret: chat/token, public: true}\n"
	"  sal: {kind: log-line, to: the log, server: 'mon2:5071', depends: ['host:mon2']}\n"
	"  phones: {kind: phone, to: the list in the safe}\n";

struct world { struct firebreak_register *r; struct incident *i; struct alert_state s; };

static void row(struct world *w, enum row_kind kind, int64_t minutes, uint32_t call, const char *body)
{
	struct err e = ERR_INIT;

	if (incident_add(w->i, &(struct row){ .seq = w->i->last_seq + 1, .at_us = NOON + minutes * MIN, .kind = kind,
			 .incident = 7, .attempt = call, .who = "alice (root@laptop)", .body = body }, &e) < 0)
		fail_msg("%s", e.text);
}

static void declare(struct world *w, const char *head, const char *const *members)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	buf_printf(&b, "{%s,\"members\":[", head);
	for (size_t k = 0; members[k]; k += 2)
		buf_printf(&b, "%s{\"kind\":\"%s\",\"name\":\"%s\"}", k ? "," : "", members[k], members[k + 1]);
	buf_str(&b, "]}");
	w->i = incident_new(7);
	row(w, ROW_DECLARED, 0, 0, buf_text(&b));
}

static void load(struct world *w, const char *more)
{
	const struct source files[] = { { "r.yaml", text, sizeof(text) - 1 }, { "more.yaml", more, strlen(more) } };
	struct err e = ERR_INIT;

	if (register_load(files, *more ? 2 : 1, NULL, 0, &w->r, &e) < 0)
		fail_msg("%s", e.text);
}

#define EMERGENCY "\"what\":[\"redis/password\"],\"because\":\"pasted\",\"mode\":\"emergency\""
#define MEMBERS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void begin(struct world *w, const char *const *members)
{
	load(w, "");
	declare(w, EMERGENCY, members);
}

static void at(struct world *w, int64_t minutes)
{
	alert_state_free(&w->s);
	alert_state_of(w->r, w->i, NOON + minutes * MIN, &w->s);
}

static void end(struct world *w)
{
	alert_state_free(&w->s);
	incident_free(w->i);
	register_free(w->r);
}

/* "sre@example.org due mail; alice due chat": who is there, how they stand, over what. */
static const char *summary(const struct world *w)
{
	static const char *const stands[] = { "due", "waits", "later", "sending", "unreached", "ended", "acked",
					      "enough" };
	static char line[4096];
	size_t n = 0;

	line[0] = '\0';
	for (uint32_t k = 0; k < w->s.n; k++) {
		const struct alert_party *p = &w->s.parties[k];

		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s %s%s%s", k ? "; " : "", p->name,
				      stands[p->stand], p->channel == NOTHING ? "" : " ",
				      p->channel == NOTHING ? "" : w->r->channels[p->channel].name);
	}
	return line;
}

/* The party was told over the channel, or not. */
static void sent(struct world *w, int64_t minutes, const char *party, const char *channel, const char *outcome)
{
	const struct alert_party *p = alert_party(&w->s, party);
	int64_t seq = w->i->last_seq + 1;
	_cleanup_(freep) char *intent = mem_printf("{\"party\":\"%s\",\"channel\":\"%s\"}", party, channel);
	_cleanup_(freep) char *body = mem_printf("{\"alerting\":%lld,\"outcome\":\"%s\",\"text\":\"t\"}",
						 (long long)seq, outcome);

	row(w, ROW_ALERTING, minutes, p->call, intent);
	if (*outcome)
		row(w, ROW_ALERTED, minutes, 0, body);
	at(w, minutes);
}

static void each_is_told_once_with_all_of_theirs(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("secret", "redis/password", "system", "redis", "system", "wiki", "system", "gone",
			  "data", "redis"));
	at(&w, 0);
	assert_string_equal(summary(&w), "sre@example.org due mail; alice due mail; bob due mail; up@example.net due "
			    "mail; carol later; dave later; out@example.com later; sal due sal");
	assert_int_equal(w.s.n_without, 1);
	assert_string_equal(w.s.without[0], "wiki");
	assert_int_equal(alert_party(&w.s, "alice")->n_systems, 1);
	assert_int_equal(alert_party(&w.s, "carol")->due_us, NOON + 20 * MIN);
	assert_int_equal(alert_party(&w.s, "dave")->due_us, NOON + 50 * MIN);
	assert_string_equal(alert_to(&w.s, alert_party(&w.s, "bob"), 0), "bob@example.org");
	assert_string_equal(alert_to(&w.s, alert_party(&w.s, "alice"), 1), "alice_");
	assert_string_equal(alert_to(&w.s, alert_party(&w.s, "bob"), 1), "#sre");
	assert_null(alert_to(&w.s, alert_party(&w.s, "up@example.net"), 1));
}

static void an_address_of_somebody_is_that_person_and_the_teams_is_the_team(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "irc", "system", "redis"));
	at(&w, 0);
	assert_int_equal(w.s.parties[0].n_systems, 1);
	assert_int_equal(alert_party(&w.s, "alice")->n_systems, 2);
	assert_null(alert_party(&w.s, "alice@example.org"));
}

static void what_the_incident_reaches_is_not_used(void **state _unused_)
{
	static const struct { const char *kind, *name, *alice, *why; } cases[] = {
		{ "system", "mail", "alice due chat", "it depends on system 'mail', which the incident reaches" },
		{ "host", "mail2", "alice due chat", "it depends on host 'mail2', which the incident reaches" },
		{ "secret", "irc/bots", "alice due mail", NULL },
		{ "host", "mw1", "alice due mail", NULL },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(end) struct world w = { 0 };

		begin(&w, MEMBERS("system", "redis", cases[k].kind, cases[k].name));
		at(&w, 0);
		assert_non_null(strstr(summary(&w), cases[k].alice));
		if (cases[k].why) {
			assert_int_equal(alert_party(&w.s, "alice")->n_unused, 1);
			assert_string_equal(alert_party(&w.s, "alice")->unused[0].why, cases[k].why);
			/* who has mail only cannot be told by us any more */
			assert_int_equal(alert_party(&w.s, "up@example.net")->stand, STAND_UNREACHED);
		}
	}
}

static void without_a_channel_a_person_must(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	const struct alert_party *p;

	begin(&w, MEMBERS("system", "redis", "host", "mail2", "secret", "irc/bots", "host", "mon2"));
	at(&w, 0);
	assert_string_equal(summary(&w), "sre@example.org unreached; alice unreached; bob unreached; up@example.net "
			    "unreached; carol later; dave later; out@example.com later; sal unreached");
	p = alert_party(&w.s, "alice");
	assert_int_equal(p->n_unused, 3);
	assert_true(p->unused[0].untrusted && p->unused[1].untrusted && !p->unused[2].untrusted);
	assert_string_equal(p->unused[2].why, "a person has to use it: the list in the safe");
	/* carol's room needs a token that leaked too */
	end(&w);
	w = (struct world){ 0 };
	begin(&w, MEMBERS("secret", "chat/token"));
	at(&w, 21);
	assert_int_equal(alert_party(&w.s, "carol")->stand, STAND_UNREACHED);
}

static void told_again_until_acknowledged(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "mail", "host", "mw1"));
	at(&w, 0);
	sent(&w, 0, "alice", "chat", "sent");
	assert_int_equal(alert_party(&w.s, "alice")->stand, STAND_WAITS);
	assert_int_equal(alert_party(&w.s, "alice")->due_us, NOON + 10 * MIN);
	at(&w, 9);
	assert_int_equal(alert_party(&w.s, "alice")->stand, STAND_WAITS);
	at(&w, 10);
	assert_int_equal(alert_party(&w.s, "alice")->stand, STAND_DUE);
	assert_int_equal(alert_party(&w.s, "alice")->call, 2);
	sent(&w, 10, "alice", "chat", "unknown");
	assert_int_equal(alert_party(&w.s, "alice")->stand, STAND_WAITS);
	at(&w, 20);
	assert_int_equal(alert_party(&w.s, "alice")->call, 3);
	row(&w, ROW_ACKNOWLEDGED, 21, 0, "{\"party\":\"alice\"}");
	at(&w, 60);
	assert_int_equal(alert_party(&w.s, "alice")->stand, STAND_ACKNOWLEDGED);
	assert_string_equal(alert_party(&w.s, "alice")->ack->who, "alice (root@laptop)");
}

static void the_escalation_ends_with_the_first_who_has_it(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "redis"));
	at(&w, 20);
	assert_int_equal(alert_party(&w.s, "carol")->stand, STAND_DUE);
	assert_int_equal(alert_party(&w.s, "dave")->stand, STAND_LATER);
	sent(&w, 20, "carol", "room", "sent");
	at(&w, 30);
	assert_int_equal(alert_party(&w.s, "carol")->stand, STAND_DUE);
	at(&w, 50);
	assert_int_equal(alert_party(&w.s, "dave")->stand, STAND_DUE);
	assert_int_equal(alert_party(&w.s, "out@example.com")->stand, STAND_DUE);
	row(&w, ROW_ACKNOWLEDGED, 31, 0, "{\"party\":\"bob\"}");
	at(&w, 60);
	/* who was woken for want of an answer is left in peace, who is a contact is not */
	assert_string_equal(summary(&w), "sre@example.org enough; alice due mail; bob acked; up@example.net due mail; "
			    "carol enough; sal due sal");
}

static void a_failed_channel_rests_and_the_next_is_taken(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "redis"));
	at(&w, 0);
	sent(&w, 0, "bob", "mail", "failed");
	assert_non_null(strstr(summary(&w), "bob due chat"));
	assert_int_equal(alert_party(&w.s, "bob")->call, 1);
	assert_string_equal(alert_party(&w.s, "bob")->unused[0].why, "it failed: t");
	sent(&w, 0, "bob", "chat", "failed");
	assert_int_equal(alert_party(&w.s, "bob")->stand, STAND_WAITS);
	assert_int_equal(alert_party(&w.s, "bob")->due_us, NOON + 2 * MIN);
	at(&w, 2);
	assert_non_null(strstr(summary(&w), "bob due mail"));
	sent(&w, 2, "bob", "mail", "failed");
	assert_non_null(strstr(summary(&w), "bob due chat"));
	sent(&w, 2, "bob", "chat", "failed");
	assert_int_equal(alert_party(&w.s, "bob")->due_us, NOON + 6 * MIN);
	/* never longer than what is repeated takes */
	for (int k = 0; k < 6; k++)
		sent(&w, 3, "bob", "mail", "failed");
	sent(&w, 3, "bob", "chat", "failed");
	sent(&w, 3, "bob", "chat", "failed");
	assert_int_equal(alert_party(&w.s, "bob")->due_us, NOON + 13 * MIN);
}

static void what_may_be_on_its_way_is_not_sent_again(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "redis"));
	at(&w, 0);
	sent(&w, 0, "bob", "mail", "");
	at(&w, 600);
	assert_int_equal(alert_party(&w.s, "bob")->stand, STAND_SENDING);
	sent(&w, 600, "sal", "sal", "unknown");
	at(&w, 6000);
	assert_int_equal(alert_party(&w.s, "sal")->stand, STAND_ENOUGH);
}

static void nobody_is_told_of_a_routine_or_without_channels(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	struct world bare = { 0 };

	load(&w, "");
	declare(&w, "\"what\":[],\"because\":\"drill\",\"mode\":\"planned\"", MEMBERS("system", "redis"));
	at(&w, 0);
	assert_string_equal(w.s.off, "it is planned: nothing has leaked");
	bare.r = small_load_ok("");
	declare(&bare, EMERGENCY, MEMBERS("system", "redis"));
	at(&bare, 0);
	assert_non_null(strstr(bare.s.off, "names no channels"));
	assert_int_equal(bare.s.n, 2);
	end(&bare);
}

static void a_closed_incident_tells_nobody(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };

	begin(&w, MEMBERS("system", "redis"));
	row(&w, ROW_CLOSED, 1, 0, "{}");
	at(&w, 100);
	for (uint32_t k = 0; k < w.s.n; k++)
		assert_int_equal(w.s.parties[k].stand, STAND_ENOUGH);
}

#define LOOK(HOST, OUTCOME) "{\"host\":\"" HOST "\",\"outcome\":\"" OUTCOME "\",\"text\":\"gone\",\"answers\":" \
	"{\"old\":\"something\",\"key\":\"nothing\"},\"not_read\":[{}],\"clues\":[{\"question\":\"old\"," \
	"\"alarm\":true,\"text\":\"curl\\r\\n.\\r\\nQUIT\"},{\"question\":\"key\",\"text\":\"not shown\"}]}"

static void findings_go_to_the_team_once_for_all_that_is_known(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	const struct alert_party *p;

	begin(&w, MEMBERS("system", "redis"));
	row(&w, ROW_ACKNOWLEDGED, 1, 0, "{\"party\":\"sre@example.org\"}");
	at(&w, 2);
	assert_null(alert_party(&w.s, "findings:sre@example.org"));
	row(&w, ROW_INVESTIGATED, 3, 0, LOOK("mw1", "done"));
	row(&w, ROW_INVESTIGATED, 4, 0, LOOK("db11", "unreachable"));
	at(&w, 4);
	p = alert_party(&w.s, "findings:sre@example.org");
	assert_int_equal(p->stand, STAND_DUE);
	assert_string_equal(alert_to(&w.s, p, p->channel), "sre@example.org");
	alert_subject(&w.s, p, &b);
	assert_string_equal(buf_text(&b), "[Firebreak] incident 7: findings on 2 hosts, 2 of them an alarm; more eyes "
			    "are needed");
	buf_clear(&b);
	alert_body(&w.s, p, &b);
	assert_non_null(strstr(buf_text(&b), "  Were we running old software?\n    ! curl\\x0d\\n.\\x0d\\nQUIT\n"));
	assert_non_null(strstr(buf_text(&b), "  Compromised SSH key? nothing that says so\n"));
	assert_non_null(strstr(buf_text(&b), "  through software? NOT KNOWN: not everything could be read\n"));
	assert_non_null(strstr(buf_text(&b), "db11, from "));
	assert_non_null(strstr(buf_text(&b), "  NOT LOOKED THROUGH: gone\n"));
	sent(&w, 4, "findings:sre@example.org", "mail", "failed");
	assert_non_null(strstr(summary(&w), "findings:sre@example.org due chat"));
	sent(&w, 4, "findings:sre@example.org", "chat", "sent");
	row(&w, ROW_ACKNOWLEDGED, 5, 0, "{\"party\":\"findings:sre@example.org\"}");
	at(&w, 500);
	assert_int_equal(alert_party(&w.s, "findings:sre@example.org")->stand, STAND_ENOUGH);
	row(&w, ROW_INVESTIGATED, 501, 0, LOOK("mw1", "done"));
	at(&w, 501);
	assert_int_equal(alert_party(&w.s, "findings:sre@example.org")->stand, STAND_DUE);
	row(&w, ROW_CLOSED, 502, 0, "{}");
	at(&w, 502);
	assert_int_equal(alert_party(&w.s, "findings:sre@example.org")->stand, STAND_ENOUGH);
}

#define CUT(HOST, LEVEL, CROWD) "{\"host\":\"" HOST "\",\"action\":\"contain\",\"level\":\"" LEVEL "\"" CROWD "}"
#define CAME(OF, OUTCOME) "{\"containing\":" OF ",\"outcome\":\"" OUTCOME "\",\"text\":\"port 22\\r\\nis open\"}"

static void crowd_control_goes_to_the_team_at_once_and_again_when_its_outcome_is_known(void **state _unused_)
{
	static const char crowd[] = "crowd:sre@example.org";
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	const struct alert_party *p;

	begin(&w, MEMBERS("system", "redis"));
	row(&w, ROW_ACKNOWLEDGED, 1, 0, "{\"party\":\"sre@example.org\"}");
	row(&w, ROW_CONTAINING, 2, 0, CUT("mail2", "isolate", ""));
	at(&w, 2);
	assert_null(alert_party(&w.s, crowd));
	row(&w, ROW_CONTAINING, 3, 0, CUT("mw1", "port22", ",\"crowd\":true"));
	at(&w, 3);
	assert_int_equal(alert_party(&w.s, crowd)->stand, STAND_DUE);
	sent(&w, 3, crowd, "mail", "failed");
	assert_non_null(strstr(summary(&w), "crowd:sre@example.org due chat"));
	sent(&w, 3, crowd, "chat", "sent");
	at(&w, 90);
	assert_int_equal(alert_party(&w.s, crowd)->stand, STAND_ENOUGH);
	row(&w, ROW_CONTAINED, 91, 0, CAME("4", "failed"));
	row(&w, ROW_ACKNOWLEDGED, 91, 0, "{\"party\":\"crowd:sre@example.org\"}");
	at(&w, 91);
	p = alert_party(&w.s, crowd);
	assert_int_equal(p->stand, STAND_DUE);
	alert_subject(&w.s, p, &b);
	assert_string_equal(buf_text(&b), "[Firebreak] incident 7: crowd control on mw1 (port22), by alice "
			    "(root@laptop): failed; take over");
	buf_clear(&b);
	alert_lines(&w.s, p, &b);
	assert_non_null(strstr(buf_text(&b), "\nTake over: firebreak status 7"));
	buf_clear(&b);
	alert_body(&w.s, p, &b);
	assert_non_null(strstr(buf_text(&b), "  mw1: --level port22, by alice (root@laptop) at "));
	assert_non_null(strstr(buf_text(&b), ": failed: port 22\\x0d\\nis open\n"));
	assert_null(strstr(buf_text(&b), "mail2"));
	buf_clear(&b);
	alert_crowd_line(&w.s, true, &b);
	alert_crowd_body(&w.s, true, &b);
	assert_null(strstr(buf_text(&b), "mw1"));
}

static void findings_fit_a_message_and_are_not_told_where_others_read(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	begin(&w, MEMBERS("system", "redis"));
	for (int k = 0; k < 3000; k++) {
		_cleanup_(freep) char *body = mem_printf(LOOK("h%d", "done"), k);

		row(&w, ROW_INVESTIGATED, 1, 0, body);
	}
	at(&w, 1);
	alert_findings_body(&w.s, false, &b);
	assert_false(b.over);
	assert_non_null(strstr(buf_text(&b), " more: see the report.\n"));
	assert_non_null(strstr(buf_text(&b), "firebreak report 7"));
	buf_clear(&b);
	alert_findings_body(&w.s, true, &b);
	alert_findings_line(&w.s, true, &b);
	assert_null(strstr(buf_text(&b), "curl"));
	assert_null(strstr(buf_text(&b), "host h"));
}

static void the_words(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	const struct alert_party *p;

	begin(&w, MEMBERS("secret", "redis/password", "system", "redis", "system", "mail"));
	at(&w, 0);
	p = alert_party(&w.s, "alice");
	alert_subject(&w.s, p, &b);
	assert_string_equal(buf_text(&b), "[Firebreak] Incident 7: redis/password has leaked, you are needed");
	buf_clear(&b);
	alert_lines(&w.s, p, &b);
	assert_string_equal(buf_text(&b), "incident 7: redis/password has leaked; you are needed\n"
		"as contact of redis, mail. Because: pasted. mail: it depends on system 'mail', which the incident "
		"reaches\n"
		"Say that you have it: firebreak ack 7 alice");
	buf_clear(&b);
	alert_body(&w.s, p, &b);
	assert_non_null(strstr(buf_text(&b), "You are told as contact of redis, mail.\n"));
	assert_non_null(strstr(buf_text(&b), "     firebreak ack 7 alice\n"));
	assert_non_null(strstr(buf_text(&b), "This came over chat instead."));
	assert_non_null(strstr(buf_text(&b), "every 10 minutes until then, and the next ones are woken"));
	buf_clear(&b);
	alert_command(&w.s, &(struct alert_party){ .name = "o'b@example.org" }, &b);
	assert_string_equal(buf_text(&b), "firebreak ack 7 'o'\\''b@example.org'");
}

static void a_public_channel_tells_no_names(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	const struct alert_party *p;

	begin(&w, MEMBERS("secret", "redis/password", "system", "redis"));
	at(&w, 25);
	p = alert_party(&w.s, "carol");
	alert_lines(&w.s, p, &b);
	assert_string_equal(buf_text(&b), "carol: incident 7 was declared; you are needed\n"
					  "Say that you have it: firebreak ack 7 carol");
	buf_clear(&b);
	alert_subject(&w.s, p, &b);
	alert_body(&w.s, p, &b);
	alert_log_line(&w.s, &b);
	assert_null(strstr(buf_text(&b), "redis"));
	assert_null(strstr(buf_text(&b), "pasted"));
}

/* Who is told again hears which hosts are not shown to be cut off, and in public nobody does. */
static void a_host_that_is_open_is_told(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16), open = BUF_INIT(1 << 16);

	begin(&w, MEMBERS("secret", "redis/password", "system", "redis"));
	row(&w, ROW_CONTAINING, 0, 0, "{\"host\":\"h1\",\"action\":\"contain\",\"level\":\"isolate\"}");
	row(&w, ROW_CONTAINING, 0, 0, "{\"host\":\"h2\",\"action\":\"contain\",\"level\":\"isolate\"}");
	row(&w, ROW_CONTAINED, 0, 0, "{\"containing\":2,\"outcome\":\"contained\"}");
	row(&w, ROW_CONTAINED, 0, 0, "{\"containing\":3,\"outcome\":\"unknown\"}");
	at(&w, 25);
	alert_lines(&w.s, alert_party(&w.s, "alice"), &b);
	alert_body(&w.s, alert_party(&w.s, "alice"), &b);
	assert_non_null(strstr(buf_text(&b), "\nNOT CONTAINED: h2! as contact of"));
	assert_non_null(strstr(buf_text(&b), "\n  !!! NOT CONTAINED: h2\n"));
	alert_lines(&w.s, alert_party(&w.s, "carol"), &open);
	alert_body(&w.s, alert_party(&w.s, "carol"), &open);
	assert_null(strstr(buf_text(&open), "h2"));
}

/* Names and reasons from outside bring no line of their own, and a line stays one. */
static void hostile_words_stay_words(void **state _unused_)
{
	_cleanup_(end) struct world w = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16), head = BUF_INIT(1 << 16);
	_cleanup_(buf_free) struct buf long_text = BUF_INIT(4096);

	for (int k = 0; k < 300; k++)
		buf_str(&long_text, "\xc3\xa4\\r\\n");
	buf_printf(&head, "\"what\":[\"a\\r\\nBcc: x@y\",\"b\\u202eQUIT\",\"%s\"],\"because\":\"x\\r\\n.\\r\\nQUIT%s\","
		   "\"mode\":\"emergency\"", buf_text(&long_text), buf_text(&long_text));
	load(&w, "");
	declare(&w, buf_text(&head), MEMBERS("system", "redis", "system", "x\\r\\nDATA"));
	at(&w, 0);
	for (uint32_t k = 0; k < w.s.n; k++) {
		const struct alert_party *p = &w.s.parties[k];
		unsigned lines = 1;

		if (p->stand != STAND_DUE || p->kind == PARTY_LOG)
			continue;
		buf_clear(&b);
		alert_subject(&w.s, p, &b);
		assert_null(strpbrk(buf_text(&b), "\r\n"));
		buf_clear(&b);
		alert_lines(&w.s, p, &b);
		assert_true(text_is_utf8(buf_text(&b), b.len));
		for (const char *c = buf_text(&b), *next; (next = strchr(c, '\n')); c = next + 1, lines++)
			assert_true((size_t)(next - c) <= ALERT_LINE_MAX);
		assert_true(lines <= ALERT_LINES_MAX);
		buf_clear(&b);
		alert_body(&w.s, p, &b);
		for (const char *c = buf_text(&b); *c; c++)
			assert_true((unsigned char)*c >= 0x20 || *c == '\n');
		assert_null(strstr(buf_text(&b), "\nQUIT"));
		assert_null(strstr(buf_text(&b), "\nDATA"));
		assert_null(strstr(buf_text(&b), "\nBcc"));
	}
}

static void rows_that_make_no_sense_are_refused(void **state _unused_)
{
	static const struct { enum row_kind kind; const char *body; } cases[] = {
		{ ROW_ALERTING, "{\"party\":\"a\"}" }, { ROW_ALERTING, "{\"channel\":\"a\"}" },
		{ ROW_ALERTED, "{\"alerting\":99,\"outcome\":\"sent\"}" }, { ROW_ALERTED, "{\"alerting\":2}" },
		{ ROW_ALERTED, "{\"alerting\":2,\"outcome\":\"delivered\"}" },
		{ ROW_ALERTED, "{\"outcome\":\"unreached\"}" },
		{ ROW_ACKNOWLEDGED, "{}" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		_cleanup_(end) struct world w = { 0 };
		struct err e = ERR_INIT;

		begin(&w, MEMBERS("system", "redis"));
		at(&w, 0);
		row(&w, ROW_ALERTING, 1, 1, "{\"party\":\"a\",\"channel\":\"c\"}");
		assert_int_equal(incident_add(w.i, &(struct row){ .seq = 3, .at_us = NOON, .kind = cases[k].kind,
					      .incident = 7, .body = cases[k].body }, &e), -ERR_CONFIG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_told_once_with_all_of_theirs),
		cmocka_unit_test(an_address_of_somebody_is_that_person_and_the_teams_is_the_team),
		cmocka_unit_test(what_the_incident_reaches_is_not_used),
		cmocka_unit_test(without_a_channel_a_person_must),
		cmocka_unit_test(told_again_until_acknowledged),
		cmocka_unit_test(the_escalation_ends_with_the_first_who_has_it),
		cmocka_unit_test(a_failed_channel_rests_and_the_next_is_taken),
		cmocka_unit_test(what_may_be_on_its_way_is_not_sent_again),
		cmocka_unit_test(nobody_is_told_of_a_routine_or_without_channels),
		cmocka_unit_test(a_closed_incident_tells_nobody),
		cmocka_unit_test(findings_go_to_the_team_once_for_all_that_is_known),
		cmocka_unit_test(crowd_control_goes_to_the_team_at_once_and_again_when_its_outcome_is_known),
		cmocka_unit_test(findings_fit_a_message_and_are_not_told_where_others_read),
		cmocka_unit_test(the_words),
		cmocka_unit_test(a_public_channel_tells_no_names),
		cmocka_unit_test(a_host_that_is_open_is_told),
		cmocka_unit_test(hostile_words_stay_words),
		cmocka_unit_test(rows_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
