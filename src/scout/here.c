/* What host this is, in the kernel's words. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/scout.h"
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void put_first_line(struct scout_out *o, const char *key, const char *path)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(64 << 10);
	_cleanup_(freep) char *full = scout_path(o, path);
	struct err e = ERR_INIT;

	if (fs_read(full, &text, &e) < 0) {
		scout_unread(o, path, e.text);
		return;
	}
	text.data[strcspn(text.data, "\n")] = '\0';
	json_put(o->result, key, text.data);
}

int scout_here(const json_t *request _unused_, struct scout_out *o, struct err *e)
{
	struct utsname u;

	if (uname(&u) < 0)
		return err_errno(e, "the kernel does not say what it is");
	json_put(o->result, "name", u.nodename);
	json_put(o->result, "kernel", u.release);
	json_put(o->result, "machine", u.machine);
	json_put_int(o->result, "uid", (int64_t)geteuid());
	json_put_int(o->result, "now_us", clock_now_us());
	put_first_line(o, "boot_id", "/proc/sys/kernel/random/boot_id");
	put_first_line(o, "up", "/proc/uptime");
	(void)snprintf(o->text, sizeof(o->text), "%.60s, Linux %.60s on %.20s", u.nodename, u.release, u.machine);
	return 0;
}
