/* Over a restart: a unit of systemd that loads the rules again. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/hold.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNITS "/etc/systemd/system"
#define NAME "firebreak-contain.service"
#define WANTS UNITS "/sysinit.target.wants"
#define LOAD "/usr/sbin/nft -f " HOLD_ETC "/rules.nft\n"
#define ASK_MS 8000

/* Behind whatever loads the host's own rules, which begins with "flush ruleset"; before there is a network, and before
 * whatever listens for ssh. */
static const char unit[] =
	"[Unit]\n"
	"Description=Firebreak: this host is contained\n"
	"DefaultDependencies=no\n"
	"RequiresMountsFor=/etc /usr\n"
	"After=nftables.service ferm.service ufw.service netfilter-persistent.service systemd-modules-load.service\n"
	"Before=network-pre.target ssh.socket sshd.socket ssh.service sshd.service shutdown.target\n"
	"Wants=network-pre.target\n"
	"Conflicts=shutdown.target\n"
	"\n"
	"[Service]\n"
	"Type=oneshot\n"
	"RemainAfterExit=yes\n"
	"ExecStart=" LOAD
	"\n"
	"[Install]\n"
	"WantedBy=sysinit.target\n";

int hold_put(const struct scout_out *o, const char *name, const char *text, mode_t mode, struct err *e)
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
	_cleanup_(freep) char *path = scout_path(o, WANTS "/" NAME);

	if (symlink(UNITS "/" NAME, path) < 0 && errno != EEXIST)
		return err_errno(e, "'%s'", WANTS "/" NAME);
	return 0;
}

/* A systemd that runs takes it now: what it cannot start now it would not start with the host either. */
static int take(const struct scout_out *o, struct err *e)
{
	static const char *const reload[] = { "daemon-reload", NULL }, *const start[] = { "start", NAME, NULL };
	int r;

	if (*o->root || !hold_has_systemd(o))
		return 0;
	r = hold_systemd(o, reload, ASK_MS, e);
	return r < 0 ? r : hold_systemd(o, start, ASK_MS, e);
}

int hold_keep(struct scout_out *o, const json_t *marker, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	const char *rules = json_str(marker, "rules");
	int r;

	json_pretty(&text, marker);
	if ((r = make_folder(o, HOLD_ETC, 0700, e)) < 0 ||
	    (r = hold_put(o, HOLD_ETC "/rules.nft", rules ? rules : "", 0600, e)) < 0 ||
	    (r = hold_put(o, HOLD_ETC "/marker", buf_text(&text), 0600, e)) < 0 ||
	    (r = make_folder(o, WANTS, 0755, e)) < 0)
		return r;
	if ((r = hold_put(o, UNITS "/" NAME, unit, 0644, e)) < 0 || (r = hold_again(o, e)) < 0)
		return r;
	r = want(o, e);
	return r < 0 ? r : take(o, e);
}

const char *hold_kept(const struct scout_out *o)
{
	return hold_has_systemd(o) ? CONTAIN_KEPT : CONTAIN_NOT_KEPT;
}

int hold_remove(const struct scout_out *o, const char *name, bool *ret, struct err *e)
{
	_cleanup_(freep) char *path = scout_path(o, name);

	if (unlink(path) == 0)
		*ret = true;
	else if (errno != ENOENT && errno != ENOTDIR)
		return err_errno(e, "'%s' cannot be removed", name);
	return 0;
}

void hold_remove_folder(const struct scout_out *o, const char *name)
{
	_cleanup_(freep) char *path = scout_path(o, name);

	(void)rmdir(path);
}

int hold_keep_not(const struct scout_out *o, struct err *e)
{
	static const char *const own[] = { WANTS "/" NAME, HOLD_ETC "/rules.nft", HOLD_ETC "/marker" };
	static const char *const stop[] = { "stop", NAME, NULL }, *const reload[] = { "daemon-reload", NULL };
	bool removed = false, asked;
	int r = 0;

	r = hold_again_not(o, &removed, e);
	for (size_t k = 0; r == 0 && k < ARRAY_SIZE(own); k++)
		r = hold_remove(o, own[k], &removed, e);
	asked = removed && !*o->root && hold_has_systemd(o);
	/* while it still knows the unit; nothing is run for it */
	if (asked)
		(void)hold_systemd(o, stop, ASK_MS, NULL);
	if (r == 0)
		r = hold_remove(o, UNITS "/" NAME, &removed, e);
	if (r < 0)
		return r;
	hold_remove_folder(o, HOLD_ETC);
	if (asked)
		(void)hold_systemd(o, reload, ASK_MS, NULL);
	return 0;
}
