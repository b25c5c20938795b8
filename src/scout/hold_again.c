/*
 * What loads the host's own rules anew while it runs, and begins with "flush ruleset". Where its unit does that with
 * nft alone, its commands are made one transaction with our rules: there is no moment between the two. Where it does it
 * in another way, ours are loaded again behind it.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/hold.h"
#include "scout/lines.h"
#include <stdio.h>
#include <string.h>

#define UNITS "/etc/systemd/system"
#define CONF "firebreak-contain.conf"
#define DROP_IN(service) UNITS "/" service ".service.d"
#define NFT "/usr/sbin/nft"
#define RULES HOLD_ETC "/rules.nft"
#define LOAD NFT " -f " RULES "\n"
#define UNIT_MAX ((size_t)1 << 16)
#define DROP_INS_MAX 1000u

static const char *const folders[] = { DROP_IN("nftables"), DROP_IN("ferm"), DROP_IN("ufw"),
				       DROP_IN("netfilter-persistent") };
static const char behind[] =
	"# Firebreak: this host is contained\n"
	"[Service]\n"
	"ExecStartPost=-" LOAD
	"ExecReload=-" LOAD
	"ExecStopPost=-" LOAD;

static const char *const looked_in[] = { UNITS, "/run/systemd/system", "/usr/local/lib/systemd/system",
					 "/usr/lib/systemd/system", "/lib/systemd/system" };
static const struct { const char *key, *file; } commands[] = {
	{ "ExecStart", HOLD_ETC "/start.nft" },
	{ "ExecReload", HOLD_ETC "/reload.nft" },
	{ "ExecStop", HOLD_ETC "/stop.nft" },
};

/* What nft does for each of the commands, as text for `nft -f`; NULL: the unit has no such command. */
struct own { char *does[ARRAY_SIZE(commands)]; };

static void own_free(struct own *w)
{
	for (size_t k = 0; k < ARRAY_SIZE(commands); k++)
		free(w->does[k]);
}

/* "/usr/sbin/nft flush ruleset", "/usr/sbin/nft -f FILE"; NULL: something else. The caller frees. */
static char *said_to_nft(const char *command)
{
	const char *file;

	if (!text_starts(command, NFT " "))
		return NULL;
	command += strlen(NFT " ");
	if (!strcmp(command, "flush ruleset"))
		return mem_dup("flush ruleset\n");
	file = text_starts(command, "-f ") ? command + 3 : "";
	if (*file != '/' || file[strspn(file, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-")])
		return NULL;
	return mem_printf("include \"%s\"\n", file);
}

/* Each line that runs something must be one that is understood, and the only one of its kind. */
static bool take(struct own *w, const char *line)
{
	if (!text_starts(line, "Exec"))
		return true;
	for (size_t k = 0; k < ARRAY_SIZE(commands); k++) {
		size_t n = strlen(commands[k].key);

		if (strncmp(line, commands[k].key, n) != 0 || line[n] != '=')
			continue;
		if (w->does[k])
			return false;
		w->does[k] = said_to_nft(line + n + 1);
		return w->does[k];
	}
	return false;
}

static bool read_unit(const struct scout_out *o, struct own *w)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(UNIT_MAX);
	bool found = false, whole = true;

	for (size_t k = 0; !found && k < ARRAY_SIZE(looked_in); k++) {
		_cleanup_(freep) char *path = mem_printf("%s%s/nftables.service", o->root, looked_in[k]);

		found = fs_exists(path);
		if (found && fs_read(path, &text, NULL) < 0)
			return false;
	}
	if (!found || !text.len)
		return false;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); whole && line;
	     line = strtok_r(NULL, "\n", &save))
		whole = take(w, line);
	return whole && w->does[0];
}

/* A drop-in of somebody else may say something else. */
static bool has_drop_ins(struct scout_out *o)
{
	for (size_t k = 0; k < ARRAY_SIZE(looked_in); k++) {
		_cleanup_(freep) char *folder = mem_printf("%s/nftables.service.d", looked_in[k]);
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		if (lines_names(o, folder, DROP_INS_MAX, &names, NULL) < 0)
			continue;
		for (size_t i = 0; i < names.n; i++)
			if (strcmp(names.s[i], CONF) != 0)
				return true;
	}
	return false;
}

static int as_one(const struct scout_out *o, const struct own *w, struct err *e)
{
	_cleanup_(buf_free) struct buf conf = BUF_INIT(4096);

	buf_str(&conf, "# Firebreak: this host is contained\n[Service]\n");
	for (size_t k = 0; k < ARRAY_SIZE(commands); k++) {
		_cleanup_(freep) char *text = NULL;
		int r;

		if (!w->does[k])
			continue;
		text = mem_printf("%sinclude \"" RULES "\"\n", w->does[k]);
		r = hold_put(o, commands[k].file, text, 0600, e);
		if (r < 0)
			return r;
		buf_printf(&conf, "%s=\n%s=" NFT " -f %s\n", commands[k].key, commands[k].key, commands[k].file);
	}
	return hold_put(o, DROP_IN("nftables") "/" CONF, buf_text(&conf), 0644, e);
}

int hold_again(struct scout_out *o, struct err *e)
{
	_cleanup_(own_free) struct own own = { 0 };
	bool one = !has_drop_ins(o) && read_unit(o, &own);
	int r = 0;

	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(folders); k++) {
		_cleanup_(freep) char *folder = scout_path(o, folders[k]);
		_cleanup_(freep) char *name = mem_printf("%s/" CONF, folders[k]);

		r = fs_mkdirs(folder, 0755, e);
		if (r == 0)
			r = k == 0 && one ? as_one(o, &own, e) : hold_put(o, name, behind, 0644, e);
	}
	return r;
}

/* The drop-ins first: what they name must be there as long as they are. */
int hold_again_not(const struct scout_out *o, bool *ret_removed, struct err *e)
{
	int r = 0;

	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(folders); k++) {
		_cleanup_(freep) char *name = mem_printf("%s/" CONF, folders[k]);

		r = hold_remove(o, name, ret_removed, e);
		hold_remove_folder(o, folders[k]);
	}
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(commands); k++)
		r = hold_remove(o, commands[k].file, ret_removed, e);
	return r;
}
