/* The rules that are in force: nft's, or where there is none the kernel's own list of them; iptables', new and legacy;
 * and the sets that those ask for. What is there and cannot be seen stays in the ruleset as something unknown. */
#include "base/fs.h"
#include "base/mem.h"
#include "model/firewall.h"
#include "scout/nf_tables.h"
#include "scout/posture.h"
#include <stdlib.h>
#include <string.h>

#define RULES_MAX ((size_t)64 << 20)
#define UNSEEN_MAX 20u

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

/* The programs of one kind of iptables: by the name that says which, and by the one that may be either. */
struct saver { const char *own, *any, *names; bool six; };

static const struct saver of_nft[] = {
	{ "iptables-nft-save", "iptables-save", NULL, false }, { "ip6tables-nft-save", "ip6tables-save", NULL, true },
};
/* The kernel lists the names of their tables, which nft does not show. */
static const struct saver of_legacy[] = {
	{ "iptables-legacy-save", "iptables-save", "/proc/net/ip_tables_names", false },
	{ "ip6tables-legacy-save", "ip6tables-save", "/proc/net/ip6_tables_names", true },
};

static void not_seen(struct scout_out *o, struct posture_wall *w, const char *what, const char *why)
{
	scout_unread(o, what, why);
	if (json_array_size(w->unseen) < UNSEEN_MAX)
		json_array_append_new(w->unseen, json_string(what));
}

static char *saved_by(struct scout_out *o, const char *program, bool legacy, char why[300])
{
	const char *const argv[] = { program, NULL };
	_cleanup_(freep) char *text = posture_run(o, argv, RULES_MAX, why);

	if (!text)
		return NULL;
	/* one without any table names neither kind */
	if (*text && firewall_is_legacy(text) == legacy)
		return TAKE(text);
	(void)snprintf(why, 300, "%s says nothing of iptables-%s", program, legacy ? "legacy" : "nft");
	return NULL;
}

static bool add_saved(struct scout_out *o, struct posture_wall *w, const struct saver *s, bool legacy)
{
	char why[300], why_not[300];
	_cleanup_(freep) char *text = saved_by(o, s->own, legacy, why);

	if (!text)
		text = saved_by(o, s->any, legacy, why_not);
	if (!text)
		not_seen(o, w, s->own, why);
	return text && firewall_add_iptables(w->ruleset, text, s->six);
}

static bool has_legacy(struct scout_out *o, const char *path)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
	_cleanup_(freep) char *full = scout_path(o, path);

	return fs_read(full, &b, NULL) == 0 && b.len;
}

static void add_legacy(struct scout_out *o, struct posture_wall *w)
{
	for (size_t k = 0; k < ARRAY_SIZE(of_legacy); k++) {
		const struct saver *s = &of_legacy[k];

		if (has_legacy(o, s->names) && !add_saved(o, w, s, true))
			firewall_add_unseen(w->ruleset, &(struct firewall_unseen){
				.family = s->six ? "ip6" : "ip", .table = "legacy filter", .name = "INPUT",
				.type = "filter", .hook = "input", .has_rules = true });
	}
}

static bool is_of_iptables(const struct nf_chain *c)
{
	static const char *const tables[] = { "filter", "nat", "mangle", "raw", "security" };
	bool found = false;

	for (size_t k = 0; k < ARRAY_SIZE(tables); k++)
		found = found || strcmp(c->table, tables[k]) == 0;
	return found && (strcmp(c->family, "ip") == 0 || strcmp(c->family, "ip6") == 0);
}

/* Without nft: what the kernel has, each chain with rules that nobody has shown yet. */
static void add_kernel(struct scout_out *o, struct posture_wall *w)
{
	_cleanup_(nf_chains_free) struct nf_chains all = { .n = 0 };
	bool iptables[2] = { false, false };
	struct err e = ERR_INIT;

	if (nf_chains_read(&all, &e) < 0) {
		(void)snprintf(w->why, sizeof(w->why), "%.290s", e.text);
		return;
	}
	w->ruleset = json_pack("{s:[]}", "nftables");
	for (size_t k = 0; k < all.n; k++) {
		const struct nf_chain *c = &all.list[k];
		_cleanup_(freep) char *what = mem_printf("table %s %s of nftables", c->family, c->table);

		firewall_add_unseen(w->ruleset, &(struct firewall_unseen){
			.family = c->family, .table = c->table, .name = c->name, .type = c->type, .hook = c->hook,
			.drops = c->drops, .has_rules = c->has_rules });
		if (is_of_iptables(c))
			iptables[strcmp(c->family, "ip6") == 0] = true;
		else if (c->has_rules)
			not_seen(o, w, what, w->why);
	}
	for (size_t k = 0; k < ARRAY_SIZE(of_nft); k++)
		if (iptables[k])
			(void)add_saved(o, w, &of_nft[k], false);
}

static void add_sets(struct scout_out *o, struct posture_wall *w)
{
	static const char *const argv[] = { "ipset", "save", NULL };
	char why[300];
	_cleanup_(freep) char *text = posture_run(o, argv, RULES_MAX, why);

	if (text)
		firewall_add_ipsets(w->ruleset, text);
	else
		not_seen(o, w, "ipset", why);
}

void posture_wall_read(struct scout_out *o, struct posture_wall *ret)
{
	static const char *const argv[] = { "nft", "--json", "list", "ruleset", NULL };
	struct posture_wall w = { .unseen = json_array() };
	struct err e = ERR_INIT;
	_cleanup_(freep) char *text = posture_run(o, argv, RULES_MAX, w.why);

	(void)lines_each(o, "/proc/net/route", take_route, &w, &e);
	(void)lines_each(o, "/proc/net/if_inet6", take_six, &w, &e);
	if (text && json_read("nft", text, strlen(text), RULES_MAX, &w.ruleset, &e) < 0)
		(void)snprintf(w.why, sizeof(w.why), "%.290s", e.text);
	if (!w.ruleset)
		add_kernel(o, &w);
	else if (firewall_has_iptables(w.ruleset))
		for (size_t k = 0; k < ARRAY_SIZE(of_nft); k++)
			(void)add_saved(o, &w, &of_nft[k], false);
	if (w.ruleset)
		add_legacy(o, &w);
	if (w.ruleset && firewall_has_ipsets(w.ruleset))
		add_sets(o, &w);
	*ret = w;
}

void posture_wall_free(struct posture_wall *w)
{
	json_decref(w->ruleset);
	json_decref(w->unseen);
	w->ruleset = w->unseen = NULL;
}
