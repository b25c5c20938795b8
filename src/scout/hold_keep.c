/* Over a restart, and against Puppet: a unit of systemd that loads the rules again, and the agent's own lock. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/hold.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT "/etc/systemd/system/firebreak-contain.service"
#define WANTS "/etc/systemd/system/sysinit.target.wants"
#define WANTED WANTS "/firebreak-contain.service"
#define LOCK "agent_disabled.lock"

/* Behind whatever loads the host's own rules, which begins with "flush ruleset", and again when that is done again;
 * before there is a network. */
static const char unit[] =
	"[Unit]\n"
	"Description=Firebreak: this host is contained\n"
	"DefaultDependencies=no\n"
	"RequiresMountsFor=/etc /usr\n"
	"After=nftables.service ferm.service ufw.service netfilter-persistent.service systemd-modules-load.service\n"
	"PartOf=nftables.service ferm.service\n"
	"Before=network-pre.target shutdown.target\n"
	"Wants=network-pre.target\n"
	"Conflicts=shutdown.target\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"RemainAfterExit=yes\n"
	"ExecStart=/usr/sbin/nft -f " HOLD_ETC "/rules.nft\n"
	"\n"
	"[Install]\n"
	"WantedBy=sysinit.target\n";

static int put(const struct scout_out *o, const char *name, const char *text, mode_t mode, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, name);

	return fs_write_atomic(path, text, strlen(text), mode, e);
}

static int make_folder(const struct scout_out *o, const char *name, mode_t mode, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, name);

	return fs_mkdirs(path, mode, e);
}

static int want(const struct scout_out *o, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, WANTED);

	if (symlink(UNIT, path) < 0 && errno != EEXIST)
		return err_errno(e, "'%s'", WANTED);
	return 0;
}

int hold_keep(const struct scout_out *o, const json_t *marker, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	const char *rules = json_str(marker, "rules");
	int r;

	json_pretty(&text, marker);
	if ((r = make_folder(o, HOLD_ETC, 0700, e)) < 0 ||
	    (r = put(o, HOLD_ETC "/rules.nft", rules ? rules : "", 0600, e)) < 0 ||
	    (r = put(o, HOLD_ETC "/marker", buf_text(&text), 0600, e)) < 0 ||
	    (r = make_folder(o, WANTS, 0755, e)) < 0 || (r = put(o, UNIT, unit, 0644, e)) < 0)
		return r;
	return want(o, e);
}

int hold_keep_not(const struct scout_out *o, struct err *e)
{
	static const char *const files[] = { WANTED, UNIT, HOLD_ETC "/rules.nft", HOLD_ETC "/marker" };
	_cleanup_(freep) char *folder = scout_path(o, HOLD_ETC);

	for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
		_cleanup_(freep) char *path = scout_path(o, files[k]);

		if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
			return err_errno(e, "'%s' cannot be removed", files[k]);
	}
	(void)rmdir(folder);
	return 0;
}

static const char *const states[] = { "/var/lib/puppet/state", "/var/cache/puppet/state",
				      "/opt/puppetlabs/puppet/cache/state" };

static void message(int64_t incident, char ret[60])
{
	(void)snprintf(ret, 60, "firebreak incident %lld", (long long)incident);
}

json_t *hold_puppet_lock(struct scout_out *o, int64_t incident)
{
	json_t *ours = json_array();
	char words[60];

	message(incident, words);
	for (size_t k = 0; k < ARRAY_SIZE(states); k++) {
		_cleanup_(freep) char *folder = scout_path(o, states[k]), *path = fs_join(folder, LOCK);
		_cleanup_(freep) char *text = mem_printf("{\"disabled_message\":\"%s\"}", words);
		_cleanup_(buf_free) struct buf there = BUF_INIT(65536);
		struct err e = ERR_INIT;

		if (!fs_exists(folder))
			continue;
		if (fs_read(path, &there, NULL) == 0) {
			bool is_ours = strstr(buf_text(&there), words) != NULL;

			scout_tried(o, "disable Puppet's agent", is_ours ? "it is, by us"
									: "it was disabled before us");
			if (is_ours)
				json_array_append_new(ours, json_string(states[k]));
		} else if (fs_write_atomic(path, text, strlen(text), 0644, &e) < 0) {
			scout_tried(o, "disable Puppet's agent", e.text);
		} else {
			scout_tried(o, "disable Puppet's agent", "disabled");
			json_array_append_new(ours, json_string(states[k]));
		}
	}
	return ours;
}

int hold_puppet_unlock(const struct scout_out *o, const json_t *locks, struct err *e)
{
	for (size_t k = 0; k < json_array_size(locks); k++) {
		const char *state = json_string_value(json_array_get(locks, k));
		_cleanup_(buf_free) struct buf there = BUF_INIT(65536);
		_cleanup_(freep) char *folder = NULL, *path = NULL;
		bool known = false;

		/* the marker lies on the host of an intruder: only files of this name, in these folders */
		for (size_t n = 0; state && n < ARRAY_SIZE(states); n++)
			known |= !strcmp(state, states[n]);
		if (!known)
			continue;
		folder = scout_path(o, state);
		path = fs_join(folder, LOCK);
		if (fs_read(path, &there, NULL) < 0 || !strstr(buf_text(&there), "firebreak incident "))
			continue;
		if (unlink(path) < 0 && errno != ENOENT)
			return err_errno(e, "Puppet's agent stays disabled: '%s' cannot be removed", path);
	}
	return 0;
}
