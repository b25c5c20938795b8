/* How a host is kept: what the claims of the page are held against (model/posture.h). */
#include "scout/posture.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/text.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define RUN_MS 15000

char *posture_run(struct scout_out *o, const char *const argv[], size_t max, char why[300])
{
	const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct proc_result r = { 0 };
	struct err e = ERR_INIT;
	char line[200], *text = NULL;

	if (proc_run(&(struct proc_job){ .argv = argv, .env = env, .limit_ms = RUN_MS, .output_max = max }, &r, &e) < 0)
		(void)snprintf(why, 300, "%.290s", e.text);
	else if (r.timed_out)
		(void)snprintf(why, 300, "%s did not end within %d s", argv[0], RUN_MS / 1000);
	else if (r.status)
		(void)snprintf(why, 300, "%s: %s", argv[0], proc_last_line(&r, line));
	else
		text = mem_dup(buf_text(&r.out));
	proc_result_free(&r);
	_cleanup_(freep) char *trusted = mem_printf("%s, the host's own program", argv[0]);

	lines_trusted(o, trusted);
	return text;
}

void posture_processes(int (*each)(long pid, const char *program, void *arg), void *arg)
{
	DIR *d = opendir("/proc");

	for (struct dirent *one; d && (one = readdir(d)); ) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(4096);
		char path[64], *end;
		long pid = strtol(one->d_name, &end, 10);

		if (pid <= 0 || *end)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
		if (fs_read(path, &b, NULL) < 0 || !b.len)
			continue;
		b.data[strcspn(b.data, "\n")] = '\0';
		if (each(pid, b.data, arg))
			break;
	}
	if (d)
		(void)closedir(d);
}

int scout_posture(const json_t *request, struct scout_out *o, struct err *e _unused_)
{
	struct posture_wall wall;

	json_put_int(o->result, "now_us", clock_now_us());
	posture_wall_read(o, &wall);
	json_object_set_new(o->result, "firewall", posture_firewall(o, &wall));
	json_object_set_new(o->result, "bans", posture_bans(o, &wall, json_is(request, "try_ban")));
	posture_wall_free(&wall);
	json_object_set_new(o->result, "ssh", posture_ssh(o));
	json_object_set_new(o->result, "updates", posture_updates(o));
	json_put_int(o->result, "end_us", clock_now_us());
	(void)snprintf(o->text, sizeof(o->text), "facts for five claims");
	return 0;
}
