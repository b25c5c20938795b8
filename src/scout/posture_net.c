/* The host's rules, what they let in, and whether who tries too often is kept out. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture.h"
#include <stdlib.h>
#include <string.h>

#define RULES_MAX ((size_t)64 << 20)
#define BANNED_MAX 1000u
#define TEST_ADDRESS "192.0.2.1"        /* TEST-NET-1, RFC 5737: nobody's */
#define TEST_WAIT_MS 5000

/* Somebody whom no rule names: TEST-NET-2 of RFC 5737, and RFC 3849. */
static struct firewall_packet stranger(const struct posture_wall *w, bool six, const char *protocol, uint32_t port)
{
	return (struct firewall_packet){ .six = six, .source = six ? "2001:db8:ffff::77" : "198.51.100.77",
					 .protocol = protocol, .port = port,
					 .interface = *w->interface ? w->interface : NULL };
}

static int take_route(char *line, void *arg)
{
	struct posture_wall *w = arg;
	char name[64];
	unsigned long to;

	if (sscanf(line, "%63s %lx", name, &to) == 2 && strcmp(name, "lo") != 0 && (!*w->interface || to == 0))
		memcpy(w->interface, name, sizeof(name));
	return 0;
}

static int take_six(char *line, void *arg)
{
	struct posture_wall *w = arg;
	char name[64];

	if (sscanf(line, "%*s %*s %*s %*s %*s %63s", name) == 1 && strcmp(name, "lo") != 0)
		w->six = true;
	return 0;
}

static void add_iptables(struct scout_out *o, struct posture_wall *w, const char *program, bool six)
{
	const char *const argv[] = { program, NULL };
	char why[300];
	_cleanup_(freep) char *text = posture_run(o, argv, RULES_MAX, why);

	if (text)
		(void)firewall_add_iptables(w->ruleset, text, six);
	else
		scout_unread(o, program, why);
}

/* Tables of iptables-legacy, which nft does not show; the kernel lists their names. */
static bool has_legacy(struct scout_out *o, const char *path)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
	_cleanup_(freep) char *full = scout_path(o, path);

	return fs_read(full, &b, NULL) == 0 && strstr(buf_text(&b), "filter");
}

void posture_wall_read(struct scout_out *o, struct posture_wall *ret)
{
	const char *const argv[] = { "nft", "--json", "list", "ruleset", NULL };
	struct posture_wall w = { 0 };
	struct err e = ERR_INIT;
	_cleanup_(freep) char *text = posture_run(o, argv, RULES_MAX, w.why);

	(void)lines_each(o, "/proc/net/route", take_route, &w, &e);
	(void)lines_each(o, "/proc/net/if_inet6", take_six, &w, &e);
	if (text && json_read("nft", text, strlen(text), RULES_MAX, &w.ruleset, &e) < 0)
		(void)snprintf(w.why, sizeof(w.why), "%.290s", e.text);
	if (w.ruleset && firewall_has_iptables(w.ruleset)) {
		add_iptables(o, &w, "iptables-save", false);
		add_iptables(o, &w, "ip6tables-save", true);
	}
	if (w.ruleset && has_legacy(o, "/proc/net/ip_tables_names"))
		add_iptables(o, &w, "iptables-legacy-save", false);
	if (w.ruleset && has_legacy(o, "/proc/net/ip6_tables_names"))
		add_iptables(o, &w, "ip6tables-legacy-save", true);
	*ret = w;
}

void posture_wall_free(struct posture_wall *w)
{
	json_decref(w->ruleset);
	w->ruleset = NULL;
}

static bool is_free(const json_t *sockets, const char *protocol, uint32_t port)
{
	for (size_t k = 0; k < json_array_size(sockets); k++) {
		const json_t *s = json_array_get(sockets, k);

		if (json_int(s, "port", 0) == port && strcmp(json_str(s, "protocol"), protocol) == 0)
			return false;
	}
	return true;
}

/* The worst of some ports, spread over the range, that nothing listens on. */
static json_t *family(const struct posture_wall *w, const json_t *sockets, bool six)
{
	static const uint32_t ports[] = { 1, 7, 79, 513, 1947, 5556, 17185, 28017, 41795, 65129 };
	static const char *const protocols[] = { "tcp", "udp" };
	enum firewall_verdict all = FIREWALL_REFUSED;
	json_t *j = json_object();

	for (size_t k = 0; k < ARRAY_SIZE(ports) * ARRAY_SIZE(protocols); k++) {
		const char *protocol = protocols[k % 2];
		uint32_t port = ports[k / 2];
		struct firewall_packet p = stranger(w, six, protocol, port);
		enum firewall_verdict v = firewall_verdict(w->ruleset, &p);

		if (is_free(sockets, protocol, port) && v != FIREWALL_REFUSED && all != FIREWALL_ACCEPTED)
			all = v;
	}
	json_put_int(j, "hooks", firewall_hooks(w->ruleset, six));
	json_put(j, "stranger", firewall_verdict_names[all]);
	return j;
}

static void judge_sockets(const struct posture_wall *w, json_t *sockets)
{
	for (size_t k = 0; k < json_array_size(sockets); k++) {
		json_t *s = json_array_get(sockets, k);
		bool six = json_int(s, "family", 4) == 6;
		struct firewall_packet p = stranger(w, six, json_str(s, "protocol"), (uint32_t)json_int(s, "port", 0));
		enum firewall_verdict v = firewall_verdict(w->ruleset, &p);

		/* one on :: takes IPv4 as well, unless it was told not to */
		if (six && v == FIREWALL_REFUSED && strcmp(json_str(s, "address"), "::") == 0) {
			p.six = false;
			p.source = "198.51.100.77";
			v = firewall_verdict(w->ruleset, &p);
		}
		json_put(s, "verdict", firewall_verdict_names[v]);
	}
}

json_t *posture_firewall(struct scout_out *o, const struct posture_wall *w)
{
	json_t *j = json_object(), *sockets;

	if (!w->ruleset) {
		json_put(j, "text", w->why);
		return j;
	}
	sockets = posture_sockets(o, NULL);
	json_object_set_new(j, "read", json_true());
	json_object_set_new(j, "v4", family(w, sockets, false));
	if (w->six)
		json_object_set_new(j, "v6", family(w, sockets, true));
	else
		json_object_set_new(j, "v6_off", json_true());
	json_put(j, "blind", firewall_blind(w->ruleset));
	judge_sockets(w, sockets);
	json_object_set_new(j, "sockets", sockets);
	return j;
}

static int find_program(long pid _unused_, const char *program, void *arg)
{
	const char **found = arg;

	if (text_starts(program, "fail2ban-server") || (text_starts(program, "f2b/")))
		*found = "fail2ban";
	else if (strcmp(program, "sshguard") == 0 || text_starts(program, "sshg-"))
		*found = "sshguard";
	return *found != NULL;
}

static uint32_t ssh_port(struct scout_out *o)
{
	_cleanup_(json_freep) json_t *list = posture_sockets(o, "sshd");

	return json_array_size(list) ? (uint32_t)json_int(json_array_get(list, 0), "port", 22) : 22;
}

static void add_banned(const struct posture_wall *w, json_t *list, const char *address, uint32_t port)
{
	struct firewall_packet p = { .six = strchr(address, ':'), .source = address, .protocol = "tcp", .port = port,
				     .interface = *w->interface ? w->interface : NULL };
	json_t *one;

	if (json_array_size(list) >= BANNED_MAX)
		return;
	one = json_object();
	json_put(one, "address", address);
	json_put(one, "verdict", firewall_verdict_names[firewall_verdict(w->ruleset, &p)]);
	json_array_append_new(list, one);
}

/* "   `- Banned IP list:	192.0.2.1 192.0.2.2" */
static json_t *banned(const struct posture_wall *w, const char *status, uint32_t port)
{
	static const char mark[] = "Banned IP list:";
	const char *s = strstr(status, mark);
	json_t *list = json_array();

	s = s ? s + sizeof(mark) - 1 : "";
	while (*s && *s != '\n') {
		s += strspn(s, " \t");
		size_t len = strcspn(s, " \t\n");

		if (!len)
			break;
		_cleanup_(freep) char *address = mem_dupn(s, len);

		add_banned(w, list, address, port);
		s += len;
	}
	return list;
}

static bool is_held(struct scout_out *o, uint32_t port)
{
	struct posture_wall w;
	_cleanup_(json_freep) json_t *list = json_array();

	posture_wall_read(o, &w);
	add_banned(&w, list, TEST_ADDRESS, port);
	posture_wall_free(&w);
	return strcmp(json_str(json_array_get(list, 0), "verdict"), "refused") == 0;
}

/* An address that is nobody's is banned, looked for in the rules, and let go again. */
static void try_ban(struct scout_out *o, json_t *list, uint32_t port)
{
	static const char *const ban[] = { "fail2ban-client", "set", "sshd", "banip", TEST_ADDRESS, NULL };
	static const char *const let_go[] = { "fail2ban-client", "set", "sshd", "unbanip", TEST_ADDRESS, NULL };
	int64_t end = clock_mono_us() + TEST_WAIT_MS * (int64_t)1000;
	char why[300];
	_cleanup_(freep) char *said = posture_run(o, ban, 65536, why);
	bool held = false;
	json_t *one = json_object();

	while (said && !(held = is_held(o, port)) && clock_mono_us() < end)
		clock_sleep_ms(200);
	_cleanup_(freep) char *gone = posture_run(o, let_go, 65536, why);

	scout_tried(o, "a ban of " TEST_ADDRESS, held ? "the rules refuse it" : "the rules do not refuse it");
	if (!gone)
		scout_unread(o, "the ban of " TEST_ADDRESS, why);
	json_put(one, "address", TEST_ADDRESS);
	json_put(one, "verdict", !said ? "untold" : held ? "refused" : "accepted");
	json_array_append_new(list, one);
}

static void fail2ban(struct scout_out *o, const struct posture_wall *w, bool try, json_t *j)
{
	static const char *const status[] = { "fail2ban-client", "status", "sshd", NULL };
	uint32_t port = ssh_port(o);
	char why[300] = "";
	_cleanup_(freep) char *said = posture_run(o, status, 1 << 20, why);

	json_put(j, "jail", said ? "enabled" : strstr(why, "does not exist") ? "absent" : "untold");
	json_put(j, "text", why);
	if (!said)
		return;
	json_t *list = banned(w, said, port);

	if (!json_array_size(list) && try)
		try_ban(o, list, port);
	json_object_set_new(j, "banned", list);
}

/* sshguard says nothing of itself; what it bans stands in its set "attackers". */
static void sshguard(struct scout_out *o, const struct posture_wall *w, json_t *j)
{
	const json_t *all = json_object_get(w->ruleset, "nftables");
	json_t *list = json_array();
	uint32_t port = ssh_port(o);

	json_put(j, "jail", "enabled");
	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *s = json_object_get(json_array_get(all, k), "set"), *elements;

		if (!s || !json_str(s, "name") || strcmp(json_str(s, "name"), "attackers") != 0)
			continue;
		elements = json_object_get(s, "elem");
		for (size_t x = 0; x < json_array_size(elements); x++) {
			const json_t *one = json_array_get(elements, x), *inner = json_object_get(one, "elem");
			const char *address = json_string_value(inner ? json_object_get(inner, "val") : one);

			if (address)
				add_banned(w, list, address, port);
		}
	}
	json_object_set_new(j, "banned", list);
}

json_t *posture_bans(struct scout_out *o, const struct posture_wall *w, bool try)
{
	json_t *j = json_object();
	const char *program = NULL;

	posture_processes(find_program, &program);
	if (!program)
		return j;
	json_put(j, "program", program);
	if (strcmp(program, "fail2ban") == 0)
		fail2ban(o, w, try, j);
	else
		sshguard(o, w, j);
	return j;
}
