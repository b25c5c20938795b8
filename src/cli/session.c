#include "cli/session.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include "cli/places.h"
#include "driver/driver.h"
#include <string.h>
#include <unistd.h>

#define PLAYBOOK_MAX ((size_t)1 << 20)

static char *first_there(const char *folder, const char *const *names)
{
	for (; *names; names++) {
		char *path = fs_join(folder, *names);

		if (fs_exists(path))
			return path;
		free(path);
	}
	return NULL;
}

static int add_playbooks(struct playbooks *b, const char *folder, const char *shown, bool shipped, struct err *e)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;
	int r = fs_list(folder, ".yaml", 1000, &names, e);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		_cleanup_(freep) char *path = fs_join(folder, names.s[i]), *name = fs_join(shown, names.s[i]);
		_cleanup_(buf_free) struct buf text = BUF_INIT(PLAYBOOK_MAX);

		r = fs_read(path, &text, e);
		if (r == 0)
			r = playbooks_add(b, &(struct source){ name, buf_text(&text), text.len }, shipped, e);
	}
	return r;
}

int session_playbooks(struct cli *c, struct playbooks *ret, struct err *e)
{
	static const char *const shipped[] = { "../share/firebreak/playbooks", "../../playbooks", NULL };
	_cleanup_(freep) char *own = places_own(), *folder = first_there(own, shipped), *team = NULL;
	int r;

	if (!folder)
		return err_set(e, ERR_CONFIG, "the shipped playbooks are not where they belong: '%s/%s'; install again",
			       own, shipped[0]);
	r = add_playbooks(ret, folder, "playbooks", true, e);
	if (r < 0)
		return r;
	team = fs_join(c->register_folder, "playbooks");
	return fs_exists(team) ? add_playbooks(ret, team, "playbooks", false, e) : 0;
}

int session_places(struct trace_list *ret, struct err *e)
{
	static const char *const names[] = { "../share/firebreak/rules/places.yaml", "../../rules/places.yaml",
		NULL };
	_cleanup_(freep) char *path = NULL;
	_cleanup_(buf_free) struct buf text = BUF_INIT(PLAYBOOK_MAX);
	int r = places_find("the list of places is", names, &path, e);

	if (r == 0)
		r = fs_read(path, &text, e);
	return r < 0 ? r : trace_list_read(ret, &(struct source){ "rules/places.yaml", buf_text(&text), text.len }, e);
}

static int who(struct cli *c, struct session *s, struct err *e)
{
	const char *names[LIMIT_PEOPLE];
	uint32_t n = 0;

	for (; c->as && n < s->reg->n_people; n++) {
		names[n] = s->reg->people[n].name;
		if (!strcmp(names[n], c->as)) {
			s->en.who = s->owned[0] = env_identity(c->as);
			return 0;
		}
	}
	if (c->as) {
		const char *near = text_nearest(c->as, names, n);

		return err_set(e, ERR_USAGE, "--as '%s': the register knows nobody of that name%s%s%s", c->as,
			       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	s->en.who = s->owned[0] = env_identity(NULL);
	return 0;
}

/* The program of the chores, and beside it one for each driver. */
static int find_workers(struct session *s, struct err *e)
{
	static const char *const workers[] = { "firebreak-worker", "../libexec/firebreak/firebreak-worker", NULL };
	_cleanup_(freep) char *own = places_own();

	s->en.worker = s->owned[1] = first_there(own, workers);
	if (!s->en.worker)
		return err_set(e, ERR_CONFIG, "the worker is not where it belongs: '%s/%s'; install again", own,
			       workers[1]);
	for (size_t i = 0; i < driver_facts_count; i++) {
		_cleanup_(freep) char *program = mem_printf("%s-%s", s->en.worker, driver_facts[i].name);

		if (!fs_exists(program))
			return err_set(e, ERR_CONFIG, "the worker of driver '%s' is not where it belongs: '%s'; "
				       "install again", driver_facts[i].name, program);
	}
	return 0;
}

static int open_journal(struct cli *c, const enum journal_mode *mode, struct journal **ret, struct err *e)
{
	const char *state;
	int r;

	if (mode)
		return cli_journal(c, *mode, ret, e);
	r = places_state(c, &state, e);
	if (r < 0 || !journal_exists(state))
		return r;
	return cli_journal(c, JOURNAL_WRITE, ret, e);
}

/* An account or a key that was declared although the register does not have it is known from then on. */
static int know_declared(const struct row *row, void *arg)
{
	_cleanup_(json_freep) json_t *body = NULL;
	const json_t *what;

	if (row->kind != ROW_DECLARED ||
	    json_read("row", row->body, strlen(row->body), ROW_BODY_MAX, &body, NULL) < 0)
		return 0;
	what = json_object_get(body, "what");
	for (size_t i = 0; i < json_array_size(what); i++) {
		const char *one = json_string_value(json_array_get(what, i));

		if (one)
			(void)register_know(arg, one);
	}
	return 0;
}

/* mode NULL: the journal is opened when there is one. */
static int open_all(struct cli *c, const enum journal_mode *mode, struct session *ret, struct err *e)
{
	_cleanup_(session_close) struct session s = { 0 };
	int r = cli_register(c, &s.reg, e);

	if (r == 0)
		r = session_playbooks(c, &s.playbooks, e);
	if (r == 0)
		r = session_places(&s.places, e);
	if (r == 0)
		r = open_journal(c, mode, &s.journal, e);
	if (r == 0 && s.journal)
		r = journal_each(s.journal, 0, 0, know_declared, s.reg, e);
	if (r == 0)
		r = who(c, &s, e);
	if (r == 0)
		r = find_workers(&s, e);
	if (r < 0)
		return r;
	s.en.drivers_folder = c->drivers_folder;
	s.en.drivers = (const char *const *)c->drivers.s;
	s.en.reg = s.reg;
	s.en.journal = s.journal;
	s.en.state_folder = c->state_folder;
	*ret = s;
	ret->en.playbooks = &ret->playbooks;
	ret->en.places = &ret->places;
	s = (struct session){ 0 };
	return 0;
}

/* Less is what clocks do that are kept right. */
static void tell_clock(const struct journal *j)
{
	int64_t back_s = j ? journal_clock_back_us(j) / 1000000 : 0;

	if (back_s)
		cli_note("firebreak: the clock of this machine stood %lld s behind the newest row of the journal: "
			 "what was written now has that row's time, and the difference beside it. Set the clock",
			 (long long)back_s);
}

int session_open(struct cli *c, enum journal_mode mode, struct session *ret, struct err *e)
{
	return open_all(c, &mode, ret, e);
}

int session_open_to_look(struct cli *c, struct session *ret, struct err *e)
{
	return open_all(c, NULL, ret, e);
}

void session_close(struct session *s)
{
	tell_clock(s->journal);
	register_free(s->reg);
	playbooks_free(&s->playbooks);
	trace_list_free(&s->places);
	journal_close(s->journal);
	for (size_t i = 0; i < ARRAY_SIZE(s->owned); i++)
		free(s->owned[i]);
}

int session_key(struct cli *c, struct seal_key **ret, struct err *e)
{
	bool named = c->key_file != NULL, locked;
	const char *path = places_key(c);
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	int r;

	if (!named && !fs_exists(path)) {
		*ret = NULL;
		return 0;
	}
	r = seal_key_is_protected(path, &locked, e);
	if (r == 0 && locked)
		r = term_ask_secret("Passphrase of your responder's key: ", &passphrase, e);
	return r == 0 ? seal_key_open(path, passphrase, ret, e) : r;
}

int session_step(const struct plan *p, const char *text, const char **ret, struct err *e)
{
	const char *found = NULL;
	uint32_t number, hits = 0;

	if (text_u32(text, 1, p->n, &number) == 0) {
		*ret = p->steps[number - 1].id;
		return 0;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		if (!strcmp(p->steps[i].id, text)) {
			*ret = p->steps[i].id;
			return 0;
		}
		if (text_starts(p->steps[i].id, text)) {
			found = p->steps[i].id;
			hits++;
		}
	}
	if (hits == 1) {
		*ret = found;
		return 0;
	}
	if (hits)
		return err_set(e, ERR_USAGE, "'%s' is the beginning of %u steps: say more of it, or its number in the "
			       "plan", text, hits);

	_cleanup_(freep) const char **ids = mem_zero(p->n + 1, sizeof(*ids));

	for (uint32_t i = 0; i < p->n; i++)
		ids[i] = p->steps[i].id;
	found = text_nearest(text, ids, p->n);
	return err_set(e, ERR_USAGE, "there is no step '%s': %s%s%s", text, found ? "did you mean '" : "",
		       found ? found : "`firebreak plan` numbers them", found ? "'?" : "");
}
