/* Who is connected, what ran since it may have leaked (who has the value can run backups and restores of their own),
 * and where else the value opens something. */
#include "driver/bacula_internal.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define JOBS_ASKED 2000u

struct ran { char id[16], job[160], name[128], type[8], level[8], client[128], status[8], start[32], files[24],
	    bytes[32];
	     char date[24]; };

static const struct { const char *key; size_t at, size; } fields[] = {
#define FIELD(key_, name_) { key_, offsetof(struct ran, name_), sizeof(((struct ran *)NULL)->name_) }
	FIELD("JobId", id), FIELD("Job", job), FIELD("Name", name), FIELD("Type", type), FIELD("Level", level),
	FIELD("ClientName", client), FIELD("JobStatus", status), FIELD("StartTime", start), FIELD("JobFiles", files),
	FIELD("JobBytes", bytes), FIELD("JobTDate", date),
};

static const struct { const char *type, *severity, *words; } types[] = {
	{ "R", "high", "restore" }, { "B", "medium", "backup" }, { "C", "high", "copy" }, { "c", "high", "copy" },
	{ "M", "high", "migration" }, { "g", "high", "migration" }, { "V", "medium", "verification" },
	{ "D", "info", "administration" },
};

static void sessions(const struct driver_job *job, struct driver_answer *a)
{
	_cleanup_(bacula_peers_free) struct bacula_peers p = { 0 };
	struct err e = ERR_INIT;
	bool director = bacula_is_director(job);

	if (bacula_peers(job, &p, &e) < 0)
		job_finding(a, "medium", "not seen", "who is connected could not be asked for: %.300s", e.text);
	for (size_t i = 0; i < p.n; i++)
		job_finding(a, "warning", "session", "a connection from %s is open at the %s; whether as '%.60s' or as "
			    "another "
			    "%s no daemon of Bacula tells", p.peer[i], bacula_kind(job)->title, bacula_users(job)[0],
			    director ? "console" : "director");
}

static void told(const struct ran *j, struct driver_answer *a)
{
	const char *severity = "medium", *words = "job of another kind";

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(types[i].type, j->type) == 0) {
			severity = types[i].severity;
			words = types[i].words;
		}
	job_finding(a, severity, "job", "%s '%.80s' (job %s) of client '%.80s' began at %s: %s files, %s bytes, level "
		    "%s, "
		    "status %s", words, j->name, j->id, j->client, j->start, j->files, j->bytes, j->level, j->status);
}

static bool is_since(const struct ran *j, int64_t since_us)
{
	int64_t at = 0;

	/* What has no date that can be read is shown rather than left out. */
	return text_i64(j->date, &at) < 0 || at * 1000000 >= since_us;
}

static void take(struct ran *j, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t lead = strspn(line, " ");

	for (size_t i = 0; colon && i < ARRAY_SIZE(fields); i++) {
		_cleanup_(buf_free) struct buf shown = BUF_INIT(2048);
		size_t key = (size_t)(colon - line) - lead, skip = strspn(colon + 1, " ");
		size_t rest = len - (size_t)(colon - line) - 1;

		if (key != strlen(fields[i].key) || strncmp(line + lead, fields[i].key, key) != 0)
			continue;
		skip = skip < rest ? skip : rest;
		text_visible(&shown, colon + 1 + skip, rest - skip < 300 ? rest - skip : 300);
		(void) snprintf((char *)j + fields[i].at, fields[i].size, "%s", buf_text(&shown));
	}
}

/* "           JobId: 4\n ... \n": an empty line ends each. */
static uint32_t each_job(const char *text, int64_t since_us, struct driver_answer *a)
{
	struct ran j = { 0 };
	uint32_t n = 0;

	for (const char *at = text; *at; ) {
		size_t len = strcspn(at, "\n");

		take(&j, at, len);
		at += len + (at[len] == '\n');
		if ((len > 0 && *at) || !j.id[0])
			continue;
		n++;
		if (is_since(&j, since_us))
			told(&j, a);
		j = (struct ran){ 0 };
	}
	return n;
}

static int jobs(struct bacula *b, struct driver_answer *a, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	struct bacula_running now;
	char line[64];
	int r = bacula_running(b, &now, e);

	for (uint32_t i = 0; r == 0 && i < now.n && i < BACULA_RUNNING_MAX; i++)
		job_finding(a, "high", "job", "job %u%s%s runs now", now.id[i], now.name[i][0] ? " " : "", now.name[i]);
	if (r < 0 || !bacula_is_director(b->job))
		return r;
	(void) snprintf(line, sizeof(line), "llist jobs order=desc limit=%u", JOBS_ASKED);
	r = bacula_ask(b, line, &words, e);
	if (r == 0 && each_job(buf_text(&words), b->job->since_us, a) >= JOBS_ASKED)
		job_finding(a, "medium", "more was found", "only the newest %u jobs of the catalogue were looked at",
			    JOBS_ASKED);
	return r;
}

/* What a director that is not ours had this daemon do stands in no catalogue of ours, but in the daemon's own list. */
static int done_here(struct bacula *b, struct driver_answer *a, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(BACULA_TEXT_MAX);
	const char *at;
	int r = bacula_ask(b, "status", &words, e);

	if (r < 0)
		return r;
	at = strstr(buf_text(&words), "Terminated Jobs:");
	for (; at && *at && strncmp(at, "====\n", 5) != 0; ) {
		size_t len = strcspn(at, "\n"), lead = strspn(at, " ");
		_cleanup_(buf_free) struct buf shown = BUF_INIT(2048);

		if (lead < len && at[lead] >= '0' && at[lead] <= '9') {
			text_visible(&shown, at + lead, len - lead < 200 ? len - lead : 200);
			job_finding(a, strstr(buf_text(&shown), "Restore") ? "high" : "info", "job",
				    "this daemon's own list has: %s; a job that the director's catalogue does not know "
				    "came "
				    "from a director that is not yours", buf_text(&shown));
		}
		at += len + (at[len] == '\n');
	}
	return 0;
}

static void elsewhere(const struct driver_job *job, struct driver_answer *a)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(1 << 20);
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	const char *file = job_option(job, "file");
	struct err e = ERR_INIT;

	file = file ? file : bacula_kind(job)->file;
	if (job_host_read(job, file, &text, &e) < 0 || bacula_conf_read(buf_text(&text), text.len, &c, &e) < 0) {
		job_finding(a, "medium", "not seen", "the daemon's file could not be looked at: %.300s", e.text);
		return;
	}
	for (size_t i = 0; i < c.n; i++) {
		if (bacula_conf_holds(&c.p[i], job->old))
			job_finding(a, "info", "same-value", "the old value stands in %s, in '%s' named '%.100s'", file,
				    c.p[i].resource, c.p[i].name);
		if (c.p[i].value_len == 0)
			job_finding(a, "high", "no-password", "%s: '%s' named '%.100s' has an empty password", file,
				    c.p[i].resource, c.p[i].name);
	}
	if (c.includes)
		job_finding(a, "medium", "not seen", "%s takes in other files, which were not looked at", file);
}

int bacula_inspect(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	struct bacula b = { 0 };
	int r = bacula_manage(job, true, &b, e);

	if (r == 0)
		r = jobs(&b, ret, e);
	if (r == 0 && !bacula_is_director(job))
		r = done_here(&b, ret, e);
	if (r < 0 && !strstr(e->text, job->address))
		(void) err_wrap(e, "bacula at '%s'", job->address);
	bacula_close(&b);
	if (r < 0)
		return r;
	sessions(job, ret);
	elsewhere(job, ret);
	ret->count = (uint32_t)json_array_size(ret->findings);
	(void) snprintf(ret->text, sizeof(ret->text), "%u finding%s at the %s of '%s'", ret->count,
			ret->count == 1 ? "" : "s", bacula_kind(job)->title, job->address);
	return 0;
}
