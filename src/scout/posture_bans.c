/* Whether who tries too often is kept out: what watches, what it reads, and what the rules do with whom it banned. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture_bans.h"
#include <stdlib.h>
#include <string.h>

#define BANNED_MAX 1000u
#define READ_MAX 20u
#define WORDS_MAX 64u

static struct posture_ports ssh_ports(struct scout_out *o)
{
	_cleanup_(json_freep) json_t *list = posture_sockets(o, "sshd");
	struct posture_ports p = { .n = 0 };

	for (size_t k = 0; k < json_array_size(list) && p.n < POSTURE_PORTS; k++) {
		uint32_t port = (uint32_t)json_int(json_array_get(list, k), "port", 22);
		bool seen = false;

		for (uint32_t i = 0; i < p.n; i++)
			seen = seen || p.list[i] == port;
		if (!seen)
			p.list[p.n++] = port;
	}
	if (!p.n)
		p.list[p.n++] = 22;
	return p;
}

const char *posture_verdict_of(const json_t *ruleset, const struct posture_wall *w, const char *address,
			       const struct posture_ports *ports)
{
	enum firewall_verdict least = FIREWALL_REFUSED;

	for (uint32_t k = 0; k < ports->n; k++) {
		struct firewall_packet p = { .six = strchr(address, ':'), .source = address, .protocol = "tcp",
					     .port = ports->list[k],
					     .interface = *w->interface ? w->interface : NULL };
		enum firewall_verdict v = firewall_verdict(ruleset, &p);

		if (v != FIREWALL_REFUSED && least != FIREWALL_ACCEPTED)
			least = v;
	}
	return firewall_verdict_names[least];
}

void posture_add_banned(const struct posture_wall *w, json_t *list, const char *address,
			const struct posture_ports *ports)
{
	json_t *one;

	if (json_array_size(list) >= BANNED_MAX)
		return;
	one = json_object();
	json_put(one, "address", address);
	json_put(one, "verdict", posture_verdict_of(w->ruleset, w, address, ports));
	json_array_append_new(list, one);
}

bool posture_is_held(struct scout_out *o, const struct posture_ports *ports)
{
	int64_t end = clock_mono_us() + POSTURE_TEST_WAIT_MS * (int64_t)1000;

	while (true) {
		struct posture_wall w;
		bool held;

		posture_wall_read(o, &w);
		held = strcmp(posture_verdict_of(w.ruleset, &w, POSTURE_TEST_ADDRESS, ports), "refused") == 0;
		posture_wall_free(&w);
		if (held || clock_mono_us() > end)
			return held;
		clock_sleep_ms(200);
	}
}

void posture_tried(struct scout_out *o, json_t *list, bool asked, bool held)
{
	json_t *one = json_object();

	scout_tried(o, "a ban of " POSTURE_TEST_ADDRESS, held ? "the rules refuse it" : "the rules do not refuse it");
	json_put(one, "address", POSTURE_TEST_ADDRESS);
	json_put(one, "verdict", !asked ? "untold" : held ? "refused" : "accepted");
	json_array_append_new(list, one);
}

/* What stands behind a mark up to the end of its line, as words: "   `- Banned IP list:	192.0.2.1 192.0.2.2" */
static void words_behind(const char *status, const char *mark, const char *between, struct strv *ret)
{
	const char *s = strstr(status, mark);
	_cleanup_(freep) char *line = NULL;

	if (!s)
		return;
	s += strlen(mark);
	line = mem_dupn(s, strcspn(s, "\n"));
	for (char *rest = line, *one = strsep(&rest, between); one; one = strsep(&rest, between))
		if (*one)
			strv_add(ret, one);
}

static json_t *banned(const struct posture_wall *w, const char *status, const struct posture_ports *ports)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;
	json_t *list = json_array();

	words_behind(status, "Banned IP list:", " \t", &words);
	for (size_t k = 0; k < words.n; k++)
		posture_add_banned(w, list, words.s[k], ports);
	return list;
}

static json_t *reads(struct scout_out *o, const struct posture_session *s, const char *status)
{
	_cleanup_(strv_free) struct strv files = STRV_INIT, matches = STRV_INIT;
	json_t *list = json_array();

	words_behind(status, "File list:", " \t", &files);
	words_behind(status, "Journal matches:", " \t", &matches);
	for (size_t k = 0; k < files.n && k < READ_MAX; k++)
		posture_reads_file(o, s, files.s[k], list);
	if (strstr(status, "Journal matches:"))
		posture_reads_journal(o, s, (const char *const *)matches.s, matches.n, list);
	return list;
}

/* An address that is nobody's is banned, looked for in the rules, and let go again. */
static void try_ban(struct scout_out *o, const char *jail, json_t *list, const struct posture_ports *ports)
{
	const char *const ban[] = { "fail2ban-client", "set", jail, "banip", POSTURE_TEST_ADDRESS, NULL };
	const char *const let_go[] = { "fail2ban-client", "set", jail, "unbanip", POSTURE_TEST_ADDRESS, NULL };
	char why[300];
	_cleanup_(freep) char *said = posture_run(o, ban, 65536, why);
	bool held = said && posture_is_held(o, ports);
	_cleanup_(freep) char *gone = posture_run(o, let_go, 65536, why);

	if (!gone)
		scout_unread(o, "the ban of " POSTURE_TEST_ADDRESS, why);
	posture_tried(o, list, said, held);
}

/* "`- Jail list:	postfix, sshd": the one for sshd, by its name; NULL: none, or it did not say. */
static char *jail_of(struct scout_out *o, char why[300])
{
	static const char *const argv[] = { "fail2ban-client", "status", NULL };
	_cleanup_(freep) char *said = posture_run(o, argv, 1 << 20, why);
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	const char *found = NULL;

	if (!said)
		return NULL;
	*why = '\0';
	words_behind(said, "Jail list:", " ,\t", &names);
	for (size_t k = 0; k < names.n; k++)
		if (strcmp(names.s[k], "sshd") == 0 || (!found && text_starts(names.s[k], "ssh")))
			found = names.s[k];
	return found ? mem_dup(found) : NULL;
}

static void fail2ban(struct scout_out *o, const struct posture_wall *w, const struct posture_ports *ports,
		     const struct posture_session *s, bool try, json_t *j)
{
	char why[300] = "";
	_cleanup_(freep) char *jail = jail_of(o, why);
	const char *const status[] = { "fail2ban-client", "status", jail, NULL };
	_cleanup_(freep) char *said = jail ? posture_run(o, status, 1 << 20, why) : NULL;

	json_put(j, "program", "fail2ban");
	json_put(j, "jail", said ? "enabled" : *why ? "untold" : "absent");
	json_put(j, "text", why);
	if (!said)
		return;
	json_t *list = banned(w, said, ports);

	if (!json_array_size(list) && try)
		try_ban(o, jail, list, ports);
	json_object_set_new(j, "banned", list);
	json_object_set_new(j, "reads", reads(o, s, said));
}

struct watchers { bool fail2ban, sshguard; };

static int find_program(long pid _unused_, const char *program, void *arg)
{
	struct watchers *w = arg;

	w->fail2ban = w->fail2ban || text_starts(program, "fail2ban-server") || text_starts(program, "f2b/");
	w->sshguard = w->sshguard || strcmp(program, "sshguard") == 0 || text_starts(program, "sshg-");
	return w->fail2ban && w->sshguard;
}

json_t *posture_bans(struct scout_out *o, const struct posture_wall *w, bool try)
{
	struct posture_ports ports = ssh_ports(o);
	struct posture_session session;
	struct watchers found = { .fail2ban = false };
	json_t *j = json_object();

	posture_processes(find_program, &found);
	posture_session_find(o, &session);
	if (found.fail2ban)
		fail2ban(o, w, &ports, &session, try, j);
	/* fail2ban may be there for something else */
	if (found.sshguard && (!json_str(j, "jail") || strcmp(json_str(j, "jail"), "enabled") != 0)) {
		(void)json_object_clear(j);
		posture_sshguard(o, w, &ports, &session, try, j);
	}
	return j;
}
