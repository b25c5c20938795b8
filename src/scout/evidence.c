#include "scout/evidence.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DAY_S INT64_C(86400)

static const struct { const char *name; evidence_section *run; } sections[] = {
	{ "processes", evidence_processes },
	{ "sockets", evidence_sockets },
	{ "logins", evidence_logins },
	{ "network", evidence_network },
	{ "modules", evidence_modules },
	{ "mounts", evidence_mounts },
	{ "recent", evidence_recent },
	{ "logs", evidence_logs },
};

void evidence_cut(struct evidence *v, const char *fmt, ...)
{
	va_list ap;

	if (v->cut)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(v->why, sizeof(v->why), fmt, ap);
	va_end(ap);
	v->cut = v->why;
}

bool evidence_is_over(struct evidence *v)
{
	if (v->o->gone)
		return true;
	if (clock_mono_us() < v->until_us)
		return false;
	evidence_cut(v, "its time was over");
	return true;
}

static void count(struct evidence *v, int r)
{
	if (r < 0)
		evidence_cut(v, "more was there than may be sent");
	else
		v->lines++;
}

void evidence_put(struct evidence *v, json_t *line)
{
	count(v, scout_keep(v->o, line));
}

void evidence_put_fields(struct evidence *v, const struct scout_field *fields, size_t n)
{
	count(v, scout_keep_fields(v->o, fields, n));
}

void evidence_mark(struct evidence *v, json_t *line, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	json_t *list = json_object_get(line, "odd"), *sentence = json_object();

	/* through json_put, which makes text of any bytes */
	json_put(sentence, "x", text);
	if (!list)
		json_object_set_new(line, "odd", list = json_array());
	json_array_append(list, json_object_get(sentence, "x"));
	if (json_array_size(v->odd) < EVIDENCE_ODD_MAX)
		json_array_append(v->odd, json_object_get(sentence, "x"));
	json_decref(sentence);
}

bool evidence_read(const struct evidence *v, const char *path, size_t most, bool tail, struct buf *ret, bool *ret_more)
{
	_cleanup_(freep) char *full = scout_path(v->o, path);
	_cleanup_(closep) int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char part[16384];
	struct stat st;
	ssize_t n;

	*ret_more = false;
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	if (tail && (uint64_t)st.st_size > most) {
		*ret_more = true;
		if (lseek(fd, st.st_size - (off_t)most, SEEK_SET) < 0)
			return false;
	}
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (ret->len + (size_t)n > most) {
			*ret_more = true;
			(void)buf_add(ret, part, most - ret->len);
			return true;
		}
		(void)buf_add(ret, part, (size_t)n);
	}
	return true;
}

void evidence_text(struct evidence *v, const char *path, size_t most, bool tail)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(most + 1);
	bool more = false;

	if (!evidence_read(v, path, most, tail, &text, &more)) {
		if (errno != ENOENT)
			evidence_cut(v, "%s could not be read: %s", path, strerror(errno));
		return;
	}

	json_t *line = json_object();

	json_put(line, "s", "text");
	json_put(line, "file", path);
	if (more)
		json_object_set_new(line, "more", json_true());
	/* what is no text (NUL included) is made visible by json_put, which wants one */
	for (size_t i = 0; i < text.len; i++)
		if (!text.data[i])
			text.data[i] = ' ';
	json_put(line, "text", buf_text(&text));
	evidence_put(v, line);
}

static void begin(struct evidence *v)
{
	json_t *line = json_object();
	struct utsname u;

	json_put(line, "s", "begin");
	json_put_int(line, "at_us", clock_now_us());
	if (uname(&u) == 0) {
		json_put(line, "name", u.nodename);
		json_put(line, "kernel", u.release);
		json_put(line, "version", u.version);
		json_put(line, "machine", u.machine);
	}
	json_put_int(line, "uid", (int64_t)geteuid());
	json_put_int(line, "pid", (int64_t)getpid());
	evidence_put(v, line);
}

static void run(struct evidence *v, size_t i, int64_t end_us, json_t *summary)
{
	int64_t from = clock_mono_us();
	json_t *line = json_object(), *told = json_object();

	v->section = sections[i].name;
	v->lines = 0;
	v->cut = NULL;
	/* none may take the time of all that come behind it */
	v->until_us = from + (end_us - from) / 2;
	if (from >= end_us)
		evidence_cut(v, "the time was over before it began");
	else
		sections[i].run(v);
	json_put_int(told, "lines", v->lines);
	json_put(told, "cut", v->cut);
	json_put_int(told, "took_us", clock_mono_us() - from);
	if (v->cut)
		scout_unread(v->o, v->section, v->cut);
	json_put(line, "s", "end");
	json_put(line, "section", v->section);
	json_object_update(line, told);
	evidence_put(v, line);
	json_object_set_new(summary, sections[i].name, told);
}

int scout_evidence(const json_t *request, struct scout_out *o, struct err *e _unused_)
{
	int64_t seconds = json_int(request, "seconds", EVIDENCE_SECONDS), end;
	json_t *summary = json_object();
	struct evidence v = { .o = o, .odd = json_array(), .thorough = json_is(request, "thorough"),
			      .recent_s = json_int(request, "recent_s", 3 * DAY_S) };

	end = clock_mono_us() + (seconds < 1 ? 1 : seconds) * 1000000;
	if (end > o->deadline_us)
		end = o->deadline_us;
	begin(&v);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		run(&v, i, end, summary);
	json_object_set_new(o->result, "sections", summary);
	json_object_set_new(o->result, "odd", v.odd);
	(void)snprintf(o->text, sizeof(o->text), "%u bytes of evidence, %zu things to look at first",
		       (unsigned)o->evidence_bytes, json_array_size(v.odd));
	free(v.sockets);
	/* it is on its way before anything is done that may cut us off */
	(void)scout_flush(o);
	return 0;
}
