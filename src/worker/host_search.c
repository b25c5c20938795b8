#include "worker/host_search.h"
#include "base/mem.h"
#include "base/text.h"
#include "scan/forms.h"
#include "worker/search_pl.h"
#include "transport/transport.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST_MS INT64_C(5000)       /* of the time for the worker to end in */
#define WAITING 2000000u
#define UNPACKED 17179869184ull
#define PATTERNS_MAX 100000u
#define ASKED_MAX ((size_t)4 << 20)

static const char script[] = SEARCH_PL;

/* What a number of the question stands for. */
struct asked { uint32_t value, form; bool part; };

struct search {
	const struct job *job;
	const struct way *w;
	struct host_search *to;
	struct asked *asked;
	uint32_t n;
	size_t cap;
	struct buf patterns;               /* wiped: of the batch */
	bool first;
	size_t told;
};

/* Is there room for one more? */
static bool fits(struct search *s, const json_t *list, const char *path, const char *member)
{
	size_t n = (path ? strlen(path) : 0) + (member ? strlen(member) : 0) + 200;

	if (json_array_size(list) >= s->to->limit || s->told + n > HOST_SEARCH_BYTES) {
		s->to->more = true;
		return false;
	}
	s->told += n;
	return true;
}

static void not_read(struct search *s, const char *path, const char *member, const char *kind, const char *why,
		     const char *value)
{
	if (!fits(s, s->to->not_read, path, member))
		return;
	json_t *one = json_object();

	json_put(one, "path", path);
	json_put(one, "member", member && *member ? member : NULL);
	json_put(one, "kind", kind);
	json_put(one, "why", why);
	json_put(one, "value", value);
	json_array_append_new(s->to->not_read, one);
}

static json_t *same(const struct search *s, const char *path, const char *member, const char *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(s->to->found, i, one) {
		const char *m = json_str(one, "member");

		if (!strcmp(json_str(one, "path"), path) && !strcmp(m ? m : "", member) &&
		    !strcmp(json_str(one, "value"), value))
			return one;
	}
	return NULL;
}

/* One entry for each file and value; its form is the one that is nearest to the value. */
static bool found(struct search *s, const char *path, const char *member, const char *rest)
{
	char *end;
	unsigned long number = strtoul(rest, &end, 10);
	long long count = strtoll(end, &end, 10), line = strtoll(end, &end, 10);

	if (number >= s->n || count < 1 || line < 1 || *end)
		return false;
	const struct asked *a = &s->asked[number];
	const char *value = s->to->values[a->value].name, *form = form_list[a->form].name;
	json_t *one = same(s, path, member, value);

	if (!one && !fits(s, s->to->found, path, member))
		return true;
	if (!one) {
		one = json_object();
		json_put(one, "path", path);
		json_put(one, "member", *member ? member : NULL);
		json_put(one, "value", value);
		json_put(one, "form", form);
		json_object_set_new(one, "forms", json_array());
		json_object_set_new(one, "part", json_boolean(a->part));
		json_array_append_new(s->to->found, one);
	}
	if (line < json_int(one, "line", INT64_MAX))
		json_put_int(one, "line", line);
	json_put_int(one, "count", json_int(one, "count", 0) + count);
	json_t *forms = json_object_get(one, "forms"), *f;
	size_t i;
	json_array_foreach(forms, i, f)
		if (!strcmp(json_string_value(f), form))
			return true;
	json_array_append_new(forms, json_string(form));
	return true;
}

/* What is known of an object of a git repository, at each value that it has. "O" path object "blob history 17000000
 * COMMIT"; "W" its commit's author; "N" the file. */
static bool about_object(struct search *s, const char *const r[4])
{
	char is[16] = "", state[16] = "", commit[80] = "";
	long long at_s = 0;
	size_t n = strlen(r[2]), i;
	json_t *one;

	if (*r[0] == 'O' && sscanf(r[3], "%15s %15s %lld %79s", is, state, &at_s, commit) < 3)
		return false;
	json_array_foreach(s->to->found, i, one) {
		const char *member = json_str(one, "member");

		if (!member || strcmp(json_str(one, "path"), r[1]) != 0 || strncmp(member, r[2], n) != 0 ||
		    (member[n] && member[n] != '('))
			continue;
		s->told += strlen(r[3]) + 100;
		if (s->told > HOST_SEARCH_BYTES)
			s->to->more = true;
		else if (*r[0] == 'W')
			json_put(one, "who", r[3]);
		else if (*r[0] == 'N')
			json_put(one, "name", r[3]);
		if (*r[0] != 'O')
			continue;
		json_put(one, "object", r[2]);
		json_put(one, "is", is);
		json_put(one, "state", state);
		json_put(one, "commit", *commit ? commit : NULL);
		json_put_int(one, "at_s", at_s);
	}
	return true;
}

static bool take_record(struct search *s, const char *const r[4])
{
	char kind[16] = "";

	if (!strcmp(r[0], "F"))
		return found(s, r[1], r[2], r[3]);
	if (!strcmp(r[0], "O") || !strcmp(r[0], "W") || !strcmp(r[0], "N"))
		return about_object(s, r);
	if (!strcmp(r[0], "G")) {
		size_t n = strcspn(r[3], " ");

		(void)snprintf(kind, sizeof(kind), "%.*s", (int)(n < 15 ? n : 15), r[3]);
		if (s->first || strcmp(kind, "late") == 0)
			not_read(s, r[1], r[2], kind, r[3][n] ? r[3] + n + 1 : "", NULL);
		return true;
	}
	long long files = 0, bytes = 0, more = 0;

	if (strcmp(r[0], "S") != 0 || sscanf(r[3], "%lld %lld %lld", &files, &bytes, &more) != 3)
		return false;
	s->to->files = s->first ? files : s->to->files;
	s->to->bytes += bytes;
	s->to->more = s->to->more || more > 0;
	return true;
}

static int take_answer(struct search *s, const struct proc_result *res, struct err *e)
{
	const char *p = buf_text(&res->out), *end = p + res->out.len, *r[4] = { "" };
	char line[200];
	bool good = true;

	while (good && p < end) {
		for (int i = 0; i < 4 && good; i++) {
			good = p < end;
			r[i] = good ? p : "";
			p += strlen(r[i]) + 1;
		}
		good = good && p <= end && take_record(s, r);
	}
	if (good && res->status == 0 && !strcmp(r[0], "S"))
		return 0;
	if (res->status == 127)
		return err_set(e, ERR_REMOTE, "there is no perl on '%s', with which files are looked through",
			       s->w->host);
	return err_set(e, ERR_REMOTE, "looking through files on '%s' ended with exit code %d: %s", s->w->host,
		       res->status, proc_last_line(res, line));
}

static void ask(struct buf *b, const char *word, uint64_t number, const char *text)
{
	(void)buf_printf(b, "%s %llu %zu\n", word, (unsigned long long)number, strlen(text));
	(void)buf_str(b, text);
}

static int run(struct search *s, struct err *e)
{
	_cleanup_(buf_free) struct buf question = BUF_INIT(ASKED_MAX);
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(secret_freep) struct secret *patterns = NULL;
	int64_t left = chore_left_ms(s->job), seconds = left > 2 * REST_MS ? (left - REST_MS) / 1000 : 1;
	/* No core of it, and no other process of ours beside it. */
	const char *const argv[] = { "sh", "-c", "ulimit -c 0; exec perl -e \"$0\"", script, NULL };
	struct proc_job job = { .argv = argv, .limit_ms = left, .output_max = (size_t)16 << 20, .wipe = true };
	int r;

	ask(&question, "seconds", (uint64_t)seconds, "");
	ask(&question, "records", HOST_SEARCH_RECORDS, "");
	ask(&question, "waiting", WAITING, "");
	ask(&question, "unpacked", UNPACKED, "");
	for (size_t i = 0; i < s->to->leave->n; i++)
		ask(&question, "leave", 0, s->to->leave->s[i]);
	for (size_t i = 0; i < s->to->paths->n; i++)
		ask(&question, "path", 0, s->to->paths->s[i]);
	(void)buf_str(&question, "go\n");
	if (question.over)
		return err_set(e, ERR_LIMIT, "the list of places of '%s' is longer than %zu bytes", s->w->host,
			       question.max);
	r = secret_take(s->patterns.data, s->patterns.len, &patterns, e);
	buf_clear(&s->patterns);
	if (r < 0)
		return r;
	job.secret = patterns;
	job.input = question.data;
	job.input_len = question.len;
	r = chore_ask(s->job, s->w, &job, &res, e);
	if (r < 0)
		return r;
	if (res.timed_out)
		return err_set(e, ERR_NET, "looking through files on '%s' did not end in time", s->w->host);
	r = take_answer(s, &res, e);
	s->first = false;
	return r;
}

struct adding { struct search *s; const struct form_patterns *p; uint32_t value; bool over; };

static int add_patterns(const char *bytes, size_t len _unused_, void *arg)
{
	struct adding *a = arg;
	struct search *s = a->s;
	size_t before = s->patterns.len;
	uint32_t n = s->n;

	for (uint32_t i = 0; i < a->p->n; i++) {
		const struct form_pattern *p = &a->p->p[i];

		if (!GROW(s->asked, s->n, s->cap, PATTERNS_MAX))
			break;
		(void)buf_printf(&s->patterns, "pattern %u %u\n", s->n, p->len);
		(void)buf_add(&s->patterns, bytes + p->offset, p->len);
		s->asked[s->n++] = (struct asked){ a->value, p->form, p->part };
	}
	a->over = s->patterns.over || s->n - n < a->p->n;
	if (a->over) {
		/* What came before it is asked for first. */
		explicit_bzero(s->patterns.data + before, s->patterns.len - before);
		s->patterns.len = before;
		s->patterns.over = false;
		s->n = n;
	}
	return 0;
}

static int add_value(struct search *s, uint32_t i, struct err *e)
{
	const struct host_value *v = &s->to->values[i];
	struct form_patterns p = { 0 };
	struct adding a = { s, &p, i, false };
	const char *plain = forms_too_plain(v->value);
	int r = 0;

	if (plain) {
		_cleanup_(freep) char *why = mem_printf("the value %s: it cannot be looked for without false hits",
							plain);

		not_read(s, NULL, NULL, "plain", why, v->name);
		return 0;
	}
	r = forms_make(v->value, FORMS_ALL, v->users, &p, e);
	if (r == 0 && p.block)
		(void)secret_with(p.block, add_patterns, &a);
	if (r == 0 && a.over && s->patterns.len > 0) {
		r = run(s, e);
		if (r == 0)
			(void)secret_with(p.block, add_patterns, &a);
	}
	forms_free(&p);
	if (r == 0 && a.over)
		return err_set(e, ERR_LIMIT, "value '%s' has more forms than are looked for at once", v->name);
	return r;
}

int host_search(const struct job *job, const struct way *w, struct host_search *to, struct err *e)
{
	struct search s = { .job = job, .w = w, .to = to, .patterns = BUF_WIPED(SECRET_MAX), .first = true };
	int r = 0;

	to->found = json_array();
	to->not_read = json_array();
	for (uint32_t i = 0; r == 0 && i < to->n_values; i++)
		r = add_value(&s, i, e);
	if (r == 0 && s.patterns.len > 0)
		r = run(&s, e);
	buf_free(&s.patterns);
	free(s.asked);
	return r;
}
