/*
 * sshguard says nothing of itself. It is a line of programs in one process group, sshguard(8): what reads logs, a
 * parser, what decides, and a backend that makes the rules. Without one of them nobody is banned; what the backend
 * makes stands under names that it has from its own source, libexec/sshg-fw-*.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "model/firewall.h"
#include "scout/posture_bans.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_MAX 64u
#define READERS_MAX 16u

struct part { long pid; char name[64]; };
struct parts {
	struct scout_out *o;
	long group;
	bool parser, blocker;
	struct part backend;
	long readers[READERS_MAX];
	uint32_t n_readers;
};

static char *text_of(long pid, const char *file, struct buf *b)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	return fs_read(path, b, NULL) < 0 || !b->len ? NULL : b->data;
}

/* proc(5): the 5th word of "stat", behind a name that may hold anything. */
static long group_of(long pid)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(8192);
	const char *text = text_of(pid, "stat", &b), *behind = text ? strrchr(text, ')') : NULL;
	long group = 0;

	return behind && sscanf(behind + 1, " %*c %*d %ld", &group) == 1 ? group : 0;
}

/* Anybody may call a process of theirs so. */
static bool is_of_root(long pid)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%ld", pid);
	return stat(path, &st) == 0 && st.st_uid == 0;
}

static int find_parser(long pid, const char *program, void *arg)
{
	struct parts *p = arg;

	if (strcmp(program, "sshg-parser") != 0 || !is_of_root(pid))
		return 0;
	p->group = group_of(pid);
	p->parser = p->group > 0;
	return p->parser;
}

/* Words of a command line. */
static void words_of(long pid, struct strv *ret)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(65536);
	const char *text = text_of(pid, "cmdline", &b);

	for (const char *s = text; s && s < text + b.len && ret->n < WORDS_MAX; s += strlen(s) + 1)
		strv_add(ret, s);
}

/* A script's name is the second word, a program's the first; the kernel's own word for it is cut. */
static void name_of(long pid, const char *cut, char *ret, size_t room)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;

	words_of(pid, &words);
	(void)snprintf(ret, room, "%s", cut);
	for (size_t k = 0; k < words.n && k < 2; k++) {
		const char *slash = strrchr(words.s[k], '/'), *base = slash ? slash + 1 : words.s[k];

		if (text_starts(base, cut))
			(void)snprintf(ret, room, "%s", base);
	}
}

static int find_parts(long pid, const char *program, void *arg)
{
	struct parts *p = arg;

	if (group_of(pid) != p->group)
		return 0;
	if (strcmp(program, "sshg-blocker") == 0) {
		p->blocker = true;
	} else if (text_starts(program, "sshg-fw-")) {
		p->backend.pid = pid;
		name_of(pid, program, p->backend.name, sizeof(p->backend.name));
	} else if ((strcmp(program, "tail") == 0 || strcmp(program, "journalctl") == 0) && p->n_readers < READERS_MAX) {
		p->readers[p->n_readers++] = pid;
	}
	return 0;
}

/* `tail -F -n 0 FILE...`, `journalctl -afb ...` */
static void add_reader(struct scout_out *o, long pid, const struct posture_session *s, json_t *list)
{
	_cleanup_(strv_free) struct strv words = STRV_INIT;
	bool tail;

	words_of(pid, &words);
	if (!words.n)
		return;
	tail = text_starts(strrchr(words.s[0], '/') ? strrchr(words.s[0], '/') + 1 : words.s[0], "tail");
	if (!tail) {
		posture_reads_journal(o, s, (const char *const *)words.s + 1, words.n - 1, list);
		return;
	}
	for (size_t k = 1; k < words.n; k++) {
		if (strcmp(words.s[k], "-n") == 0)
			k++;
		else if (words.s[k][0] == '/')
			posture_reads_file(o, s, words.s[k], list);
	}
}

/* --- where each backend's bans stand --- */

static bool is_of(const json_t *object, const char *key, const char *value)
{
	const char *s = json_str(object, key);

	return s && strcmp(s, value) == 0;
}

struct stands { const char *what, *family, *table, *name; };      /* what: "set" or "chain" of the ruleset */

/* Of nft a set's list of members; of a chain itself. NULL: it is not there. */
static json_t *find(const json_t *ruleset, const struct stands *at)
{
	const json_t *all = json_object_get(ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++) {
		json_t *s = json_object_get(json_array_get(all, k), at->what);

		if (s && is_of(s, "family", at->family) && is_of(s, "name", at->name) &&
		    (!at->table || is_of(s, "table", at->table)))
			return s;
	}
	return NULL;
}

/* The address that a member of a set, or the right side of a match, begins with. */
static const char *address_in(const json_t *one)
{
	if (json_object_get(one, "elem"))
		one = json_object_get(json_object_get(one, "elem"), "val");
	if (json_object_get(one, "set"))
		one = json_array_get(json_object_get(one, "set"), 0);
	if (json_object_get(one, "prefix"))
		return json_str(json_object_get(one, "prefix"), "addr");
	if (json_object_get(one, "range"))
		return json_string_value(json_array_get(json_object_get(one, "range"), 0));
	return json_string_value(one);
}

static void banned_in_set(const struct posture_wall *w, const struct stands *at, const struct posture_ports *ports,
			  json_t *list)
{
	const json_t *elements = json_object_get(find(w->ruleset, at), "elem");

	for (size_t k = 0; k < json_array_size(elements); k++) {
		const char *address = address_in(json_array_get(elements, k));

		if (address)
			posture_add_banned(w, list, address, ports);
	}
}

static void banned_in_chain(const struct posture_wall *w, const struct stands *at, const struct posture_ports *ports,
			    json_t *list)
{
	const json_t *all = json_object_get(w->ruleset, "nftables");

	for (size_t k = 0; k < json_array_size(all); k++) {
		const json_t *rule = json_object_get(json_array_get(all, k), "rule");
		const json_t *first = json_array_get(json_object_get(rule, "expr"), 0);
		const char *address = address_in(json_object_get(json_object_get(first, "match"), "right"));

		if (rule && address && is_of(rule, "family", at->family) && is_of(rule, "table", at->table) &&
		    is_of(rule, "chain", at->name))
			posture_add_banned(w, list, address, ports);
	}
}

/* In a copy of the ruleset: as if this address had just been banned. */
static void ban_in_copy(json_t *copy, const struct stands *at, const char *address, bool six)
{
	json_t *to = find(copy, at), *all = json_object_get(copy, "nftables");

	if (strcmp(at->what, "set") == 0) {
		json_t *elements = json_object_get(to, "elem");

		if (!elements) {
			elements = json_array();
			json_object_set_new(to, "elem", elements);
		}
		json_array_append_new(elements, json_string(address));
		return;
	}
	json_array_insert_new(all, 0, json_pack(
		"{s:{s:s,s:s,s:s,s:[{s:{s:s,s:{s:{s:s,s:s}},s:s}},{s:n}]}}", "rule", "family", at->family,
		"table", at->table, "chain", at->name, "expr", "match", "op", "==", "left", "payload", "protocol",
		six ? "ip6" : "ip", "field", "saddr", "right", address, "drop"));
}

static const struct stands of_nft[] = {
	{ "set", "ip", "sshguard", "attackers" }, { "set", "ip6", "sshguard", "attackers" },
};
static const struct stands of_iptables[] = {
	{ "chain", "ip", "filter", "sshguard" }, { "chain", "ip6", "filter", "sshguard" },
};
static const struct stands of_iptables_legacy[] = {
	{ "chain", "ip", "legacy filter", "sshguard" }, { "chain", "ip6", "legacy filter", "sshguard" },
};
static const struct stands of_ipset[] = {
	{ "set", "ip", NULL, FIREWALL_IPSET "sshguard4" }, { "set", "ip6", NULL, FIREWALL_IPSET "sshguard6" },
};
static const struct backend { const char *name; const struct stands *at[2]; const char *words; } backends[] = {
	{ "sshg-fw-nft-sets", { of_nft }, "the set 'attackers' of table 'sshguard'" },
	{ "sshg-fw-iptables", { of_iptables, of_iptables_legacy }, "the chain 'sshguard'" },
	{ "sshg-fw-ipset", { of_ipset }, "a set that a rule asks for" },
	{ "sshg-fw-null", { NULL }, NULL },
};

static const struct stands *place(const struct posture_wall *w, const struct backend *b, bool six)
{
	for (size_t k = 0; k < ARRAY_SIZE(b->at); k++)
		if (b->at[k] && find(w->ruleset, &b->at[k][six]))
			return &b->at[k][six];
	return NULL;
}

/* What the rules would do with whom it bans next, of each family that is in use. */
static void would(const struct posture_wall *w, const struct backend *b, bool six, const struct posture_ports *ports,
		  json_t *list)
{
	static const char *const nobody[] = { POSTURE_TEST_ADDRESS, "2001:db8:ffff::1" };
	const struct stands *at = place(w, b, six);
	_cleanup_(json_freep) json_t *copy = at ? json_deep_copy(w->ruleset) : NULL;
	json_t *j = json_object();

	json_put(j, "family", six ? "IPv6" : "IPv4");
	json_put(j, "where", b->words);
	if (at)
		ban_in_copy(copy, at, nobody[six], six);
	json_put(j, "verdict", !at ? "absent" : posture_verdict_of(copy, w, nobody[six], ports));
	json_array_append_new(list, j);
}

/* It is told what the part before it would tell it. */
static bool tell(const struct part *backend, const char *verb)
{
	char path[64], line[100];
	int n = snprintf(line, sizeof(line), "%s %s 4 32\n", verb, POSTURE_TEST_ADDRESS);

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd/0", backend->pid);
	struct stat st;
	_cleanup_(closep) int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && write(fd, line, (size_t)n) == n;
}

static void try(struct scout_out *o, const struct part *backend, const struct posture_ports *ports, json_t *list)
{
	bool asked = tell(backend, "block"), held = asked && posture_is_held(o, ports);

	if (asked && !tell(backend, "release"))
		scout_unread(o, "the ban of " POSTURE_TEST_ADDRESS, "it could not be taken back");
	posture_tried(o, list, asked, held);
}

static void look_at_rules(struct scout_out *o, const struct posture_wall *w, const struct parts *p,
			  const struct backend *b, const struct posture_ports *ports, bool try_ban, json_t *j)
{
	json_t *list = json_array(), *next = json_array();

	for (int six = 0; six < 2; six++) {
		const struct stands *at = place(w, b, six);

		if (at)
			(strcmp(at->what, "set") == 0 ? banned_in_set : banned_in_chain)(w, at, ports, list);
		if (!six || w->six)
			would(w, b, six, ports, next);
	}
	if (!json_array_size(list) && try_ban)
		try(o, &p->backend, ports, list);
	json_object_set_new(j, "next", next);
	json_object_set_new(j, "banned", list);
}

void posture_sshguard(struct scout_out *o, const struct posture_wall *w, const struct posture_ports *ports,
		      const struct posture_session *s, bool try_ban, json_t *j)
{
	struct parts p = { .o = o };
	const struct backend *b = NULL;
	json_t *list;

	json_put(j, "program", "sshguard");
	posture_processes(find_parser, &p);
	if (p.parser)
		posture_processes(find_parts, &p);
	json_put(j, "backend", *p.backend.name ? p.backend.name : NULL);
	json_put(j, "lacks", !p.parser ? "sshg-parser" : !p.blocker ? "sshg-blocker" : !*p.backend.name
			     ? "backend that makes rules" : NULL);
	for (size_t k = 0; k < ARRAY_SIZE(backends); k++)
		if (strcmp(backends[k].name, p.backend.name) == 0)
			b = &backends[k];
	json_put(j, "jail", b || json_str(j, "lacks") ? "enabled" : "untold");
	if (!b)
		json_put(j, "text", "its backend is not known here");
	if (b && !b->words)
		json_put(j, "lacks", "backend that does anything");
	list = json_array();
	for (uint32_t k = 0; k < p.n_readers; k++)
		add_reader(o, p.readers[k], s, list);
	json_object_set_new(j, "reads", list);
	if (b && b->words && w->ruleset)
		look_at_rules(o, w, &p, b, ports, try_ban, j);
}
