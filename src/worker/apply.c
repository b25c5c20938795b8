#include "worker/chore.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "worker/safe_line.h"
#include "worker/way.h"

/* One configuration run on one host.
 *
 * {"host", "apply": "puppet-agent" | "puppet-apply" | "command", "command": [argv], "options": [words],
 *  "expect": "any" | "unchanged"}; secrets old and new only so that no line that holds one is shown.
 * Result {"changed", "exit"}. A command of the team's own runs on this machine ("{host}" in a word is the host's name),
 * exit 0: applied, 2: applied and something changed, anything else: failed. With "unchanged", a command that cannot
 * tell by its exit code says so by printing nothing. */

#define LOCK_POLL_MS 3000

enum how { BY_AGENT, BY_APPLY, BY_COMMAND };

static const struct { const char *name; enum how how; } hows[] = {
	{ "puppet-agent", BY_AGENT }, { "puppet-apply", BY_APPLY }, { "command", BY_COMMAND },
};

/* show_diff would write the old and the new value into logs and reports; a cached catalogue would bring the old value
 * back and look like success. */
static const char *const agent_words[] = {
	"puppet", "agent", "--onetime", "--no-daemonize", "--verbose", "--no-splay", "--detailed-exitcodes",
	"--no-usecacheonfailure", "--no-show_diff", "--color=false", "--waitforcert", "0",
	"--http_keepalive_timeout", "0",
};
static const char *const apply_words[] = {
	"puppet", "apply", "--verbose", "--detailed-exitcodes", "--no-show_diff", "--color=false",
};

struct applying {
	struct job *job;
	struct way w;
	enum how how;
	struct strv argv;
	bool unchanged;
};

static void replace_host(struct strv *v, const char *host)
{
	for (size_t i = 0; i < v->n; i++) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(100000);
		const char *p = v->s[i], *at;
		if (!strstr(p, "{host}"))
			continue;
		for (; (at = strstr(p, "{host}")); p = at + 6) {
			(void)buf_add(&b, p, (size_t)(at - p));
			(void)buf_str(&b, host);
		}
		(void)buf_str(&b, p);
		free(v->s[i]);
		v->s[i] = buf_take(&b);
	}
}

static int words(struct applying *a, struct err *e)
{
	const json_t *command = json_object_get(a->job->body, "command"),
		*options = json_object_get(a->job->body, "options");
	const char *const *fixed = a->how == BY_AGENT ? agent_words : apply_words;
	size_t n = a->how == BY_AGENT ? ARRAY_SIZE(agent_words) : ARRAY_SIZE(apply_words);

	if (a->how != BY_COMMAND) {
		for (size_t i = 0; i < n; i++)
			strv_add(&a->argv, fixed[i]);
		return chore_words(options, "options", &a->argv, e);
	}
	int r = chore_words(command, "command", &a->argv, e);
	if (r < 0)
		return r;
	if (a->argv.n == 0)
		return err_set(e, ERR_CONFIG, "job: apply by \"command\" needs \"command\"");
	replace_host(&a->argv, a->w.host);
	a->w = (struct way){ .host = a->w.host, .address = a->w.address, .local = true };
	return 0;
}

/* The text from `from` up to `to`, for a sentence; "" when it is not there. */
static void between(const char *text, const char *from, const char *to, char ret[120])
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(119);
	const char *start = strstr(text, from), *end = start ? strstr(start + strlen(from), to) : NULL;

	ret[0] = '\0';
	if (!end)
		return;
	text_visible(&b, start + strlen(from), (size_t)(end - start - strlen(from)));
	(void)snprintf(ret, 120, "%s", buf_text(&b));
}

static const char *said(const struct proc_result *res, const char *sentence)
{
	const char *at = strstr(buf_text(&res->out), sentence);

	return at ? at : strstr(buf_text(&res->err), sentence);
}

static int failed(const struct applying *a, const struct proc_result *res, struct err *e)
{
	static const char *const means[] = {
		[1] = "the run did not take place", [4] = "some resources failed",
		[6] = "there were changes, and some resources failed",
	};
	const char *words = a->how != BY_COMMAND && (res->status == 1 || res->status == 4 || res->status == 6) ?
			    means[res->status] : "the run failed";
	char line[200];

	(void)err_set(e, ERR_REMOTE, "configuration of '%s': %s (exit code %d): %s", a->w.host, words, res->status,
		      safe_line(a->job, res, line));
	if (e)
		e->effect = EFFECT_UNKNOWN;
	return -ERR_REMOTE;
}

static int held_back(const struct applying *a, const struct proc_result *res, struct err *e)
{
	const char *disabled = said(res, "administratively disabled");
	char reason[120];

	if (disabled) {
		between(disabled, "(Reason: '", "')", reason);
		return err_set(e, ERR_REFUSED, "the Puppet agent of '%s' is disabled (reason: '%s'): a person enables "
			       "it with `puppet agent --enable` or changes the host by hand", a->w.host, reason);
	}
	if (said(res, "(noop)"))
		return err_set(e, ERR_REFUSED, "Puppet on '%s' runs in noop mode and changes nothing: a person takes "
			       "'noop' out of its configuration", a->w.host);
	return 0;
}

static int judge(const struct applying *a, const struct proc_result *res, struct err *e)
{
	bool changed = res->status == 2, silent = res->out.len == 0 && res->err.len == 0;
	int r = a->how == BY_COMMAND ? 0 : held_back(a, res, e);

	if (r < 0)
		return r;
	json_put_int(a->job->result, "exit", res->status);
	if (res->status != 0 && !changed)
		return failed(a, res, e);
	json_object_set_new(a->job->result, "changed", json_boolean(changed));
	if (a->unchanged && changed)
		return err_set(e, ERR_CONFLICT, "configuration of '%s': the second run changed something again, so the "
			       "host was not in its declared state: look at what Puppet changes on every "
			       "run", a->w.host);
	if (a->unchanged && a->how == BY_COMMAND && !silent)
		return err_set(e, ERR_CONFLICT, "configuration of '%s': the second run of '%s' printed something: a "
			       "command that changes nothing must print nothing", a->w.host, a->argv.s[0]);
	(void)snprintf(a->job->text, sizeof(a->job->text), "'%.100s' is configured; %s", a->w.host,
		       changed ? "something changed" :
		       a->how == BY_COMMAND && !a->unchanged ? "the command ended well" : "nothing changed");
	return 0;
}

/* Another run (cron's) is at it: it may have taken its catalogue before our push, so ours has to follow it. */
static int run(struct applying *a, struct err *e)
{
	for (;;) {
		_cleanup_(proc_result_free) struct proc_result res = { 0 };
		int64_t before_ms = chore_left_ms(a->job);
		char lock[120];
		int r = chore_run(a->job, &a->w, &a->argv, NULL, &res, e);

		if (r < 0)
			return err_wrap(e, "configuration of '%s'", a->w.host);
		if (res.timed_out)
			return chore_too_late(a->job, &a->w, "the configuration run", e);
		const char *busy = a->how == BY_AGENT ? said(&res, "already in progress; skipping") : NULL;
		if (!busy)
			return judge(a, &res, e);
		between(busy, "(", " exists)", lock);
		/* A try that would be stopped half-way is worse than none: nobody would know what it did. */
		int64_t left_ms = chore_left_ms(a->job), took_ms = before_ms - left_ms;
		if (left_ms < LOCK_POLL_MS + 2 * took_ms)
			return err_set(e, ERR_CONFLICT, "another Puppet run on '%s' did not end in time (lock '%s'): "
				       "try again when it has ended", a->w.host, lock);
		clock_sleep_ms(LOCK_POLL_MS);
	}
}

int job_apply(struct job *job, struct err *e)
{
	const char *name = json_str(job->body, "apply"), *expect = json_str(job->body, "expect");
	struct applying a = { .job = job };
	size_t i = 0;

	while (i < ARRAY_SIZE(hows) && (!name || strcmp(name, hows[i].name) != 0))
		i++;
	if (i == ARRAY_SIZE(hows))
		return err_set(e, ERR_CONFIG, "job: \"apply\" must be puppet-agent, puppet-apply or command");
	if (expect && strcmp(expect, "any") != 0 && strcmp(expect, "unchanged") != 0)
		return err_set(e, ERR_CONFIG, "job: \"expect\" must be any or unchanged");
	a.how = hows[i].how;
	a.unchanged = expect && strcmp(expect, "unchanged") == 0;

	int r = way_of_job(job, "host", &a.w, e);
	if (r == 0)
		r = words(&a, e);
	if (r == 0) {
		chore_changing(job);
		r = run(&a, e);
		way_end(&a.w);
	}
	strv_free(&a.argv);
	return r;
}
