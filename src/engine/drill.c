#include "engine/drill.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/crew.h"
#include "engine/run.h"
#include "model/drilled.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY_MS 20000
#define TRY_GRACE_MS 2000              /* behind it a worker is killed, */
#define KILLED_MS 1000                 /* and gone */
#define REFUSED_MS 15000               /* between two tries of a value that is refused: 4 a minute */
#define UNREACHED_MS 5000
#define AT_ONCE 8u
#define ACCOUNTS_MAX 1000u
#define SAID_MAX ((size_t)4 << 20)
#define READ_MS 180000                 /* the old values, before the first round */
#define SAY_MS 30000

/* One account at which the intruder tries. */
struct door {
	uint32_t secret, account;
	char *program;
	json_t *job;
	struct wire_secrets with;
	uint32_t tries, accepted, refused, unreached;
	int64_t first_us, last_in_us, out_since_us;      /* out_since: refused from then on; 0: not refused now */
	int64_t due_us;                                  /* CLOCK_MONOTONIC */
	char text[300];
};

struct intruder {
	const struct engine *en;
	const struct incident *incident;
	const struct drill_options *o;
	struct door *doors;
	uint32_t n;
	size_t cap;
	int ask, say;                    /* closed by the parent: enough; JSON lines to it */
};

static void took(struct worker_result *w, void *arg)
{
	struct door *d = arg;
	const char *accepts = w->ok ? json_str(w->result, "accepts") : NULL;
	int64_t now = clock_now_us();
	bool in = accepts && (!strcmp(accepts, "old") || !strcmp(accepts, "both"));
	bool out = accepts && (!strcmp(accepts, "neither") || !strcmp(accepts, "new"));

	d->tries++;
	d->accepted += in;
	d->refused += out;
	d->unreached += !in && !out;
	if (!d->first_us)
		d->first_us = now;
	if (in) {
		d->last_in_us = now;
		d->out_since_us = 0;
	} else if (out && !d->out_since_us) {
		d->out_since_us = now;
	}
	d->due_us = clock_mono_us() + (out ? REFUSED_MS : UNREACHED_MS) * INT64_C(1000);
	if (in)
		d->due_us = 0;
	(void)snprintf(d->text, sizeof(d->text), "%.299s", w->text);
}

int64_t drill_round_ms(uint32_t accounts)
{
	return ((int64_t)accounts + AT_ONCE - 1) / AT_ONCE * (TRY_MS + TRY_GRACE_MS + KILLED_MS);
}

static int try_doors(struct intruder *x, bool all, struct err *e)
{
	_cleanup_(freep) struct crew_job *jobs = mem_zero(x->n + 1, sizeof(*jobs));
	int64_t now = clock_mono_us();
	uint32_t n = 0;

	for (uint32_t k = 0; k < x->n; k++) {
		struct door *d = &x->doors[k];

		if (!all && d->due_us > now)
			continue;
		jobs[n++] = (struct crew_job){ .program = d->program, .job = d->job, .secrets = &d->with,
					       .limit_ms = TRY_MS + TRY_GRACE_MS, .done = took, .arg = d };
	}
	return crew_run(jobs, n, AT_ONCE, NULL, e);
}

static json_t *door_json(const struct intruder *x, const struct door *d)
{
	const struct secret_def *s = &x->en->reg->secrets[d->secret];
	const struct account *a = &s->accounts[d->account];
	json_t *j = json_object(), *users = json_array();

	for (uint32_t i = 0; i < a->users.n; i++)
		json_array_append_new(users, json_string(a->users.s[i]));
	json_put(j, "secret", s->name);
	json_put(j, "driver", a->driver);
	json_put(j, "address", a->address);
	json_object_set_new(j, "users", users);
	json_put_int(j, "tries", d->tries);
	json_put_int(j, "accepted", d->accepted);
	json_put_int(j, "refused", d->refused);
	json_put_int(j, "unreachable", d->unreached);
	json_put_int(j, "last_accepted_us", d->last_in_us);
	json_put_int(j, "refused_us", d->out_since_us);
	json_put(j, "text", d->text);
	return j;
}

static void say(const struct intruder *x, json_t *line)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(SAID_MAX);

	json_line(&text, line);
	buf_char(&text, '\n');
	json_decref(line);
	(void)fs_write_all(x->say, text.data, text.len);
}

/* Until the parent has enough; a closed end is seen at once. */
static bool is_enough(const struct intruder *x)
{
	struct pollfd p = { .fd = x->ask, .events = POLLIN };

	return poll(&p, 1, (int)x->o->every_ms) != 0;
}

static _Noreturn void intrude(struct intruder *x)
{
	json_t *list = json_array(), *body = json_object();
	struct err e = ERR_INIT;
	int r = try_doors(x, true, &e);

	json_put_int(body, "accounts", x->n);
	json_put(body, "error", r < 0 ? e.text : NULL);
	say(x, body);
	while (r == 0 && !is_enough(x))
		r = try_doors(x, false, &e);
	/* The last word of each: refused still, or again let in. */
	if (r == 0)
		r = try_doors(x, true, &e);
	for (uint32_t k = 0; k < x->n; k++)
		json_array_append_new(list, door_json(x, &x->doors[k]));
	body = json_object();
	json_object_set_new(body, "accounts", list);
	json_put(body, "error", r < 0 ? e.text : NULL);
	say(x, body);
	_exit(0);
}

static int add_doors(struct intruder *x, uint32_t secret, const struct secret *old, struct err *e)
{
	const struct secret_def *s = &x->en->reg->secrets[secret];

	for (uint32_t k = 0; k < s->n_accounts; k++) {
		_cleanup_(freep) char *program = engine_driver_program(x->en, s->accounts[k].driver);

		if (!program)
			continue;
		if (!GROW(x->doors, x->n, x->cap, ACCOUNTS_MAX))
			return err_set(e, ERR_LIMIT, "a drill at more than %u accounts: name fewer secrets",
				       ACCOUNTS_MAX);
		x->doors[x->n] = (struct door){ .secret = secret, .account = k, .program = TAKE(program) };
		job_of_try(x->en, &s->accounts[k], TRY_MS, &x->doors[x->n].job);
		wire_secrets_add(&x->doors[x->n].with, "old", secret_copy(old));
		x->n++;
	}
	return 0;
}

/* As the private git has it; of a drill that goes on, what its first run sealed, for by now the git has the new one. */
static int add_secret(struct intruder *x, const char *name, struct err *e)
{
	_cleanup_(secret_freep) struct secret *old = NULL;
	const struct step_state *sealed = NULL;
	struct err ignored = ERR_INIT;
	struct engine_value v = { 0 };
	uint32_t secret = map_get(&x->en->reg->secret_names, name);
	int r = 0;

	if (secret == MAP_NONE)
		return err_set(e, ERR_CONFIG, "the register has no secret '%s' any more", name);
	if (engine_sealed(x->incident, name, &sealed, &ignored) == 0) {
		if (!x->o->respond->key)
			return err_set(e, ERR_AUTH, "'%s' was sealed by an earlier run: name your key with --key",
				       name);
		r = engine_open_sealed(x->incident, name, "old", x->o->respond->key, &old, e);
	} else {
		r = engine_read_values(x->en, &secret, 1, &v, e);
		old = v.value;
		if (r == 0 && !old)
			r = err_set(e, ERR_REMOTE, "the value of '%s' cannot be read: %s", name, v.why);
	}
	return r < 0 ? r : add_doors(x, secret, old, e);
}

static _Noreturn void child(struct intruder *x, pid_t parent)
{
	_cleanup_(freep) char *control = fs_join(x->en->state_folder, "control");
	struct err e = ERR_INIT;
	int r;

	/* Ctrl-C is the parent's: it ends the path in order, and then us. */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	r = fs_mkdirs(control, 0700, &e);
	for (uint32_t k = 0; r == 0 && k < x->incident->n_members; k++)
		r = add_secret(x, x->incident->members[k].name, &e);
	if (r == 0)
		intrude(x);
	json_t *line = json_object();
	json_put(line, "error", e.text);
	say(x, line);
	_exit(1);
}

struct watch { pid_t pid; int ask, hear; int64_t round_ms; struct buf said; };

/* One line of what the intruder says, as an object; NULL when it is gone or silent. */
static json_t *hear(struct watch *w, int64_t limit_ms)
{
	int64_t until = clock_mono_us() + limit_ms * 1000;
	json_t *j = NULL;
	struct err ignored = ERR_INIT;
	char bytes[65536];

	buf_clear(&w->said);
	while (!w->said.len || w->said.data[w->said.len - 1] != '\n') {
		struct pollfd p = { .fd = w->hear, .events = POLLIN };
		int64_t left = (until - clock_mono_us()) / 1000;
		ssize_t n = left > 0 && poll(&p, 1, (int)left) > 0 ? read(w->hear, bytes, sizeof(bytes)) : 0;

		if (n <= 0 || buf_add(&w->said, bytes, (size_t)n) < 0)
			return NULL;
	}
	(void)json_read("the intruder", w->said.data, w->said.len, SAID_MAX, &j, &ignored);
	return j;
}

static void watch_end(struct watch *w)
{
	closep(&w->ask);
	closep(&w->hear);
	if (w->pid > 0) {
		(void)kill(w->pid, SIGKILL);
		(void)waitpid(w->pid, NULL, 0);
	}
	buf_free(&w->said);
}

static int let_loose(struct intruder *x, struct watch *w, struct err *e)
{
	int ask[2], said[2];
	pid_t parent = getpid();

	if (pipe2(ask, O_CLOEXEC) < 0)
		return err_errno(e, "a pipe for the intruder");
	if (pipe2(said, O_CLOEXEC) < 0) {
		(void)close(ask[0]);
		(void)close(ask[1]);
		return err_errno(e, "a pipe for the intruder");
	}
	w->pid = fork();
	if (w->pid == 0) {
		(void)close(ask[1]);
		(void)close(said[0]);
		x->ask = ask[0];
		x->say = said[1];
		child(x, parent);
	}
	(void)close(ask[0]);
	(void)close(said[1]);
	w->ask = ask[1];
	w->hear = said[0];
	return w->pid < 0 ? err_errno(e, "the intruder's process") : 0;
}

static int wait_for_begin(struct watch *w, const struct drill_options *o, struct err *e)
{
	_cleanup_(json_freep) json_t *line = hear(w, READ_MS + w->round_ms);

	if (!line)
		return err_set(e, ERR_IO, "the intruder ended before it began");
	if (json_str(line, "error"))
		return err_set(e, ERR_REFUSED, "the drill does not begin: %s", json_str(line, "error"));
	if (json_int(line, "accounts", 0) == 0)
		return err_set(e, ERR_REFUSED, "nothing can be tried: no account of what is drilled has a driver");
	if (o->ready)
		o->ready((uint32_t)json_int(line, "accounts", 0), o->arg);
	return 0;
}

static int keep(const struct engine *en, int64_t number, json_t *row, int64_t began_us, const struct drill_options *o,
		struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);

	json_put_int(row, "began_us", began_us);
	json_put_int(row, "every_ms", o->every_ms);
	json_line(&text, row);
	return journal_append(en->journal, &(struct row){ .kind = ROW_DRILLED, .incident = number, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

/* Nothing leaked, so nobody has to look at it again: a drill that is whole is over. */
static int end_when_whole(const struct engine *en, int64_t number, const struct respond_result *r, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	int x = 0;

	if (r->interrupted || r->failed || r->not_known || r->person_waits)
		return 0;
	x = engine_incident(en->journal, number, &i, e);
	for (uint32_t k = 0; x == 0 && k < i->n_members; k++)
		if (!drilled_is_refused(i, i->members[k].name))
			return 0;
	return x < 0 || i->closed_us ? x : engine_close(en, i, "the drill is done", e);
}

static uint32_t doors_of(const struct engine *en, uint32_t secret)
{
	uint32_t n = 0;

	for (uint32_t k = 0; secret != MAP_NONE && k < en->reg->secrets[secret].n_accounts; k++) {
		_cleanup_(freep) char *program = engine_driver_program(en, en->reg->secrets[secret].accounts[k].driver);

		n += program != NULL;
	}
	return n;
}

int engine_drill_check(const struct engine *en, const char *const *names, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct ref ref;
		int r = register_resolve(en->reg, names[i], &ref, e);

		if (r < 0)
			return r;
		if (ref.kind != REF_SECRET)
			return err_set(e, ERR_USAGE, "'%s' is a %s: a drill is of secrets", names[i],
				       ref_kind_name(ref.kind));
		if (!doors_of(en, ref.index))
			return err_set(e, ERR_USAGE, "'%s' has no account with a driver: no service shows that its old "
				       "value is refused, and there is nothing that an intruder could try. Rotate it "
				       "instead (firebreak declare %s --planned): that counts as tested, too", names[i],
				       names[i]);
	}
	return 0;
}

int engine_drill(const struct engine *en, int64_t number, const struct drill_options *o, struct respond_result *ret,
		 json_t **ret_row, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(watch_end) struct watch w = { .ask = -1, .hear = -1, .said = BUF_INIT(SAID_MAX) };
	struct intruder x = { .en = en, .o = o };
	uint32_t doors = 0;
	int64_t began;
	int r = engine_incident(en->journal, number, &i, e);

	if (r < 0)
		return r;
	if (!i->drill || i->closed_us)
		return err_set(e, ERR_REFUSED, "incident %lld is %s", (long long)number, i->drill ? "closed" :
			       "no drill");
	x.incident = i;
	for (uint32_t k = 0; k < i->n_members; k++)
		doors += doors_of(en, map_get(&en->reg->secret_names, i->members[k].name));
	w.round_ms = drill_round_ms(doors);
	r = let_loose(&x, &w, e);
	if (r == 0)
		r = wait_for_begin(&w, o, e);
	if (r < 0)
		return r;
	began = clock_now_us();
	r = engine_respond(en, number, o->respond, ret, e);
	closep(&w.ask);
	/* The round that it is in, and then the last one. */
	*ret_row = hear(&w, 2 * w.round_ms + SAY_MS);
	if (r < 0)
		return r;
	if (!*ret_row)
		return err_set(e, ERR_IO, "the intruder did not tell what it met: run `firebreak drill %lld` again",
			       (long long)number);
	r = keep(en, number, *ret_row, began, o, e);
	return r < 0 ? r : end_when_whole(en, number, ret, e);
}
