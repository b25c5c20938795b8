/* Against Puppet: its agent is disabled by its own lock. What heeds no lock, and an agent that could not be disabled,
 * is said: it may undo the block. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/hold.h"
#include "scout/lines.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOCK "agent_disabled.lock"
#define CONF_MAX ((size_t)1 << 20)
#define NAMES_MAX 5000u
#define TOLD 3u
#define GOES_ON "Puppet's agent is not disabled, and may undo this: "

/* How Puppet is packed: Debian's, its maker's, and one of old whose program is Debian's. */
static const struct flavour { const char *program, *etc, *conf, *vardir; } flavours[] = {
	{ "/usr/bin/puppet", "/etc/puppet", "/etc/puppet/puppet.conf", "/var/cache/puppet" },
	{ "/opt/puppetlabs/bin/puppet", "/etc/puppetlabs/puppet", "/etc/puppetlabs/puppet/puppet.conf",
	  "/opt/puppetlabs/puppet/cache" },
	{ NULL, NULL, NULL, "/var/lib/puppet" },
};

/* What a puppet.conf says of where the state lies; [agent] goes before [main]. */
struct conf { char *vardir, *statedir, *lock; };

static void conf_free(struct conf *c)
{
	free(c->vardir);
	free(c->statedir);
	free(c->lock);
}

static bool is_there(const struct scout_out *o, const char *path)
{
	_cleanup_(freep) char *full = path ? scout_path(o, path) : NULL;

	return full && fs_exists(full);
}

static char *trimmed(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static void take(struct conf *c, const char *key, const char *value)
{
	char **at = !strcmp(key, "vardir") ? &c->vardir : !strcmp(key, "statedir") ? &c->statedir
		  : !strcmp(key, "agent_disabled_lockfile") ? &c->lock : NULL;

	if (!at)
		return;
	free(*at);
	*at = mem_dup(value);
}

static void read_section(char *text, const char *section, struct conf *c)
{
	bool inside = false;

	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *key = trimmed(line), *value = strchr(key, '=');

		if (*key == '[')
			inside = !strcmp(key, section);
		else if (inside && value && *key != '#') {
			*value++ = '\0';
			take(c, trimmed(key), trimmed(value));
		}
	}
}

static void read_conf(const struct scout_out *o, const struct flavour *f, struct conf *c)
{
	static const char *const sections[] = { "[main]", "[agent]" };

	for (size_t k = 0; f->conf && k < ARRAY_SIZE(sections); k++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(CONF_MAX);
		_cleanup_(freep) char *path = scout_path(o, f->conf);

		if (fs_read(path, &text, NULL) == 0 && text.len)
			read_section(text.data, sections[k], c);
	}
}

/* "$vardir/state", "${vardir}/state"; NULL: neither that nor a path. The caller frees. */
static char *expanded(const char *value, const char *name, const char *is)
{
	_cleanup_(freep) char *plain = mem_printf("$%s/", name), *braced = mem_printf("${%s}/", name);

	if (text_starts(value, plain))
		return mem_printf("%s/%s", is, value + strlen(plain));
	if (text_starts(value, braced))
		return mem_printf("%s/%s", is, value + strlen(braced));
	return *value == '/' && !strchr(value, '$') ? mem_dup(value) : NULL;
}

/* Where its agent looks for its lock; NULL: that is not understood. The caller frees. */
static char *folder_of(const struct scout_out *o, const struct flavour *f)
{
	_cleanup_(conf_free) struct conf c = { 0 };
	_cleanup_(freep) char *vardir = NULL, *statedir = NULL, *lock = NULL;
	char *end;

	read_conf(o, f, &c);
	vardir = expanded(c.vardir ? c.vardir : f->vardir, "", "");
	statedir = vardir ? expanded(c.statedir ? c.statedir : "$vardir/state", "vardir", vardir) : NULL;
	if (!statedir || !c.lock)
		return statedir ? mem_dup(statedir) : NULL;
	lock = expanded(c.lock, "statedir", statedir);
	if (!lock)
		lock = expanded(c.lock, "vardir", vardir);
	end = lock ? strrchr(lock, '/') : NULL;
	/* a file of another name is not one that we would make or remove on the word of a file there */
	if (!end || strcmp(end + 1, LOCK) != 0)
		return NULL;
	*end = '\0';
	return mem_dup(lock);
}

static void message(int64_t incident, char ret[60])
{
	(void)snprintf(ret, 60, "\"firebreak incident %lld\"", (long long)incident);
}

static void warn(struct scout_out *o, const char *words)
{
	json_t *list = json_object_get(o->result, "warnings");

	if (!list) {
		json_object_set_new(o->result, "warnings", json_array());
		list = json_object_get(o->result, "warnings");
	}
	json_array_append_new(list, json_string(words));
}

/* Somebody before us may have disabled it there: that stays. */
static void disable(struct scout_out *o, const char *state, const char *words, json_t *ours)
{
	_cleanup_(freep) char *folder = scout_path(o, state), *path = fs_join(folder, LOCK);
	_cleanup_(freep) char *text = mem_printf("{\"disabled_message\":%s}", words);
	_cleanup_(buf_free) struct buf there = BUF_INIT(65536);
	struct err e = ERR_INIT;
	bool is_ours = true;

	if (fs_read(path, &there, NULL) == 0) {
		is_ours = strstr(buf_text(&there), words) != NULL;
		scout_tried(o, "disable Puppet's agent", is_ours ? "it is, by us" : "it was disabled before us");
	} else if (fs_write_atomic(path, text, strlen(text), 0644, &e) < 0) {
		_cleanup_(freep) char *why = mem_printf(GOES_ON "%.200s", e.text);

		scout_tried(o, "disable Puppet's agent", e.text);
		warn(o, why);
		return;
	} else {
		scout_tried(o, "disable Puppet's agent", "disabled");
	}
	if (is_ours)
		json_array_append_new(ours, json_string(state));
}

/* A line of a crontab, a script or a unit: "... puppet apply ...". */
static bool applies(const char *line)
{
	line += strspn(line, " \t");
	if (*line == '#')
		return false;
	while ((line = strstr(line, "puppet"))) {
		size_t blanks;

		line += strlen("puppet");
		blanks = strspn(line, " \t");
		if (blanks && text_starts(line + blanks, "apply") && !isalnum((unsigned char)line[blanks + 5]))
			return true;
	}
	return false;
}

struct applying { struct scout_out *o; uint32_t n; };

static int look_line(char *line, void *arg)
{
	*(bool *)arg = applies(line);
	return *(bool *)arg;
}

static void look_at(struct applying *a, const char *path)
{
	bool found = false;

	(void)lines_each(a->o, path, look_line, &found, NULL);
	if (found && a->n++ < TOLD) {
		_cleanup_(freep) char *words = mem_printf("'%.200s' runs puppet apply, which heeds no lock of the "
							  "agent's: it goes on, and may undo this", path);

		warn(a->o, words);
	}
}

static void who_applies(struct scout_out *o)
{
	static const char *const files[] = { "/etc/crontab", "/etc/anacrontab" };
	static const struct { const char *folder, *suffix; } folders[] = {
		{ "/etc/cron.d", "" }, { "/etc/cron.hourly", "" }, { "/etc/cron.daily", "" },
		{ "/etc/cron.weekly", "" }, { "/etc/cron.monthly", "" }, { "/var/spool/cron/crontabs", "" },
		{ "/etc/systemd/system", ".service" }, { "/run/systemd/system", ".service" },
		{ "/usr/local/lib/systemd/system", ".service" }, { "/lib/systemd/system", ".service" },
	};
	struct applying a = { .o = o };

	for (size_t k = 0; k < ARRAY_SIZE(files); k++)
		look_at(&a, files[k]);
	for (size_t k = 0; k < ARRAY_SIZE(folders); k++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;

		if (lines_names(o, folders[k].folder, NAMES_MAX, &names, NULL) < 0)
			continue;
		for (size_t i = 0; i < names.n; i++) {
			_cleanup_(freep) char *path = mem_printf("%s/%s", folders[k].folder, names.s[i]);
			size_t n = strlen(names.s[i]), end = strlen(folders[k].suffix);

			if (n > end && !strcmp(names.s[i] + n - end, folders[k].suffix))
				look_at(&a, path);
		}
	}
}

static void tell_that_it_is_not(struct scout_out *o, const struct flavour *f, const char *state)
{
	_cleanup_(freep) char *why = NULL;

	if (state)
		why = mem_printf(GOES_ON "there is no '%.200s' to put its lock in", state);
	else
		why = mem_printf(GOES_ON "where its lock would lie is not understood of '%s'", f->conf);
	scout_tried(o, "disable Puppet's agent", why);
	warn(o, why);
}

json_t *hold_puppet_lock(struct scout_out *o, int64_t incident)
{
	json_t *ours = json_array();
	bool has[ARRAY_SIZE(flavours)], any = false, disabled = false;
	char words[60];

	message(incident, words);
	for (size_t k = 0; k < ARRAY_SIZE(flavours); k++) {
		_cleanup_(freep) char *state = folder_of(o, &flavours[k]);

		has[k] = is_there(o, flavours[k].program) || is_there(o, flavours[k].etc);
		any = any || has[k];
		if (state && is_there(o, state)) {
			disabled = true;
			disable(o, state, words, ours);
			has[k] = false;
		}
	}
	for (size_t k = 0; k < ARRAY_SIZE(flavours); k++) {
		_cleanup_(freep) char *state = folder_of(o, &flavours[k]);

		if (!has[k] || (state && disabled && !is_there(o, flavours[k].conf)))
			continue;
		tell_that_it_is_not(o, &flavours[k], state);
	}
	if (any)
		who_applies(o);
	return ours;
}

int hold_puppet_unlock(const struct scout_out *o, int64_t incident, uint32_t *ret, struct err *e)
{
	char words[60];

	*ret = 0;
	message(incident, words);
	for (size_t k = 0; k < ARRAY_SIZE(flavours); k++) {
		_cleanup_(buf_free) struct buf there = BUF_INIT(65536);
		_cleanup_(freep) char *state = folder_of(o, &flavours[k]);
		_cleanup_(freep) char *folder = state ? scout_path(o, state) : NULL;
		_cleanup_(freep) char *path = folder ? fs_join(folder, LOCK) : NULL;

		if (!path || fs_read(path, &there, NULL) < 0 || !strstr(buf_text(&there), words))
			continue;
		if (unlink(path) < 0)
			return err_errno(e, "Puppet's agent stays disabled: '%s' cannot be removed", path);
		++*ret;
	}
	return 0;
}
