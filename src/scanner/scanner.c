#include "scanner/scanner.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include <signal.h>
#include <string.h>

static int copy_key(const char *bytes, size_t len, void *arg)
{
	struct digest_key *key = arg;

	if (len != sizeof(key->bytes))
		return -ERR_CONFIG;
	memcpy(key->bytes, bytes, len);
	return 0;
}

int scanner_read_rules(struct scanner *s, const json_t *list, struct strv *problems, struct err *e)
{
	size_t n = json_array_size(list);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const json_t *one = json_array_get(list, i);
		_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
		const char *file = json_str(one, "file");

		if (!file)
			return err_set(e, ERR_CONFIG, "job: rules without \"file\"");
		r = fs_read(file, &text, e);
		if (r == 0)
			r = rules_add(&s->rules, &(const struct source){ file, buf_text(&text), text.len },
				      json_is(one, "shipped"), problems, e);
	}
	return r;
}

static int open_rules(struct scanner *s, const json_t *list, struct err *e)
{
	const struct secret *given = wire_secrets_get(&s->job->in, "key");
	struct digest_key key;

	if (!given || secret_with(given, copy_key, &key) < 0)
		return err_set(e, ERR_CONFIG, "job: the secret 'key' of %zu bytes is missing", DIGEST_KEY_LEN);
	int r = scanner_read_rules(s, list, NULL, e);
	if (r == 0)
		r = matcher_open(&s->rules, MATCHER_FAST, &key, NULL, &s->matchers[0], e);
	explicit_bzero(&key, sizeof(key));
	return r;
}

/* Each secret's name is its number. */
static int open_values(struct scanner *s, struct err *e)
{
	const struct wire_secrets *in = &s->job->in;
	_cleanup_(freep) struct literal *literals = mem_zero(in->n + 1, sizeof(*literals));

	for (uint32_t i = 0; i < in->n; i++) {
		literals[i].value = in->s[i].value;
		if (text_u32(in->s[i].name, 0, UINT32_MAX, &literals[i].id) < 0)
			return err_set(e, ERR_CONFIG, "job: a value to look for is named by a number, not '%s'",
				       in->s[i].name);
	}
	return matcher_open_literals(literals, in->n, &s->matchers[0], e);
}

struct thread {
	struct scanner *s;
	size_t k;
	part_fn *part;
	void *arg;
	int result;
	struct err e;
	pthread_t id;
};

static void *run(void *arg)
{
	struct thread *t = arg;

	t->result = t->part(t->s, t->k, t->arg, &t->e);
	return NULL;
}

int scanner_threads(struct scanner *s, part_fn *part, void *arg, struct err *e)
{
	struct thread t[SCANNER_THREADS_MAX];
	size_t started = 0;
	int r = 0;

	for (; r == 0 && started < s->n; started++) {
		t[started] = (struct thread){ .s = s, .k = started, .part = part, .arg = arg, .e = ERR_INIT };
		if (pthread_create(&t[started].id, NULL, run, &t[started]) != 0) {
			r = err_set(e, ERR_IO, "no thread can be started");
			break;
		}
	}
	for (size_t i = 0; i < started; i++) {
		(void)pthread_join(t[i].id, NULL);
		if (r == 0 && t[i].result < 0)
			r = err_set(e, t[i].e.code, "%s", t[i].e.text);
	}
	return r;
}

int scanner_prepare(struct scanner *s, struct err *e)
{
	const json_t *rules = json_object_get(s->job->body, "rules");
	int64_t threads = json_int(s->job->body, "threads", 1);
	int r;

	if (s->n)
		return 0;
	r = rules ? open_rules(s, rules, e) : open_values(s, e);
	s->n = threads < 1 ? 1 : threads > (int64_t)SCANNER_THREADS_MAX ? SCANNER_THREADS_MAX : (size_t)threads;
	for (size_t i = 1; r == 0 && i < s->n; i++)
		r = matcher_share(s->matchers[0], &s->matchers[i], e);
	return r;
}

/* The first one last: the others borrow from it. */
static void end(struct scanner *s)
{
	for (size_t i = SCANNER_THREADS_MAX; i > 0; i--)
		matcher_freep(&s->matchers[i - 1]);
	rules_free(&s->rules);
	(void)pthread_mutex_destroy(&s->lock);
}

static const struct { const char *verb; scanner_fn *run; } verbs[] = {
	{ "scan-history", scanner_history }, { "scan-folder", scanner_folder },
	{ "check-rules", scanner_check_rules },
};

int job_run(struct job *job, const char *verb, struct err *e)
{
	_cleanup_(end) struct scanner s = { .job = job, .lock = PTHREAD_MUTEX_INITIALIZER };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(verb, verbs[i].verb) != 0)
			continue;
		r = verbs[i].run(&s, e);
		if (r == 0)
			tell_sum(&s);
		return r;
	}
	return err_set(e, ERR_CONFIG, "job: the scanner has no verb '%s'", verb);
}
