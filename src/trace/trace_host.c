/* Files as they lie: on hosts, in folders of backups, and in folders of this machine. One way for all of them: the
 * worker's chore `residue`. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "engine/crew.h"
#include "trace/trace_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 4000

struct target {
	struct trace *t;
	uint32_t host;                     /* NOTHING: this machine */
	const char *name;                  /* of the host, or "" */
	enum trace_about about;            /* of what is on no list */
	json_t *job;
};

struct all {
	struct trace *t;
	struct target *list;
	struct crew_job *jobs;
	uint32_t n;
	struct wire_secrets secrets;
	json_t *values;
};

static void all_clear(struct all *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		json_decref(a->list[i].job);
	free(a->list);
	free(a->jobs);
	wire_secrets_free(&a->secrets);
	json_decref(a->values);
}

/* The kinds of search.pl. */
static enum unread kind_of(const char *word)
{
	static const struct { const char *word; enum unread kind; } kinds[] = {
		{ "denied", UNREAD_DENIED }, { "large", UNREAD_LARGE }, { "late", UNREAD_LARGE },
		{ "packed", UNREAD_SPECIAL }, { "repository", UNREAD_REPOSITORY }, { "plain", UNREAD_KEY },
	};

	for (size_t i = 0; word && i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].word, word) == 0)
			return kinds[i].kind;
	return UNREAD_DAMAGED;
}

static bool is_below(const char *pattern, const char *path)
{
	for (; *pattern; pattern++, path++) {
		if (*pattern == '*') {
			for (;; path++) {
				if (is_below(pattern + 1, path))
					return true;
				if (!*path || *path == '/')
					return false;
			}
		}
		if (!*path || (*pattern == '?' ? *path == '/' : *pattern != *path))
			return false;
	}
	return !*path || *path == '/';
}

/* The longest that fits says what it is; the team's list stands before ours. */
static enum trace_about about_of(const struct target *g, const char *path)
{
	const struct trace *t = g->t;
	const struct firebreak_register *reg = t->en->reg;
	enum trace_about best = g->about;
	size_t len = 0;

	for (uint32_t i = 0; t->en->places && i < t->en->places->n; i++) {
		const struct trace_place *p = &t->en->places->list[i];

		if (strlen(p->path) > len && is_below(p->path, path)) {
			best = p->about;
			len = strlen(p->path);
		}
	}
	for (uint32_t i = 0; i < reg->n_trace; i++) {
		const struct trace_place *p = &reg->trace[i];

		if (p->what != TRACE_LEAVE && strlen(p->path) >= len && is_below(p->path, path) &&
		    (g->host == NOTHING || trace_is_for(p, g->host))) {
			best = p->about;
			len = strlen(p->path);
		}
	}
	for (uint32_t i = 0; g->host != NOTHING && i < reg->hosts[g->host].logs.n; i++)
		if (is_below(reg->hosts[g->host].logs.s[i], path))
			best = ABOUT_LOGS;
	return best;
}

static uint32_t form_named(const char *name)
{
	for (uint32_t i = 0; name && i < form_count; i++)
		if (strcmp(form_list[i].name, name) == 0)
			return i;
	return 0;
}

/* Of an object of a git repository: how it is still there, and the file instead of the object's name. */
static void take_object(struct trace *t, const json_t *one, struct trace_found *f)
{
	static const struct { const char *word; enum trace_state state; } states[] = {
		{ "head", STATE_HEAD }, { "history", STATE_HISTORY }, { "unreachable", STATE_UNREACHABLE },
	};
	const char *object = json_str(one, "object"), *name = json_str(one, "name"), *is = json_str(one, "is");
	const char *state = json_str(one, "state"), *commit = json_str(one, "commit"), *who = json_str(one, "who");

	if (!object || !state || !is || strncmp(f->member, object, strlen(object)) != 0)
		return;
	const char *inner = f->member + strlen(object);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (strcmp(state, states[i].word) == 0)
			f->state = states[i].state;
	f->object = arena_dup(t->arena, object);
	f->is = !strcmp(is, "blob") ? "blob" : !strcmp(is, "tag") ? "tag" : "commit";
	f->commit = commit ? arena_dup(t->arena, commit) : NULL;
	f->who = who ? arena_dup(t->arena, who) : NULL;
	f->at_s = json_int(one, "at_s", 0);
	f->member = name ? arena_printf(t->arena, "%s%s", name, inner)
			 : arena_printf(t->arena, "%s %.12s%s", f->is, object, inner);
}

static void take_found(const struct target *g, const json_t *one)
{
	struct trace *t = g->t;
	const char *path = json_str(one, "path"), *member = json_str(one, "member"), *value = json_str(one, "value");
	uint32_t number;

	if (!path || !value || text_u32(value, 0, t->n_values ? t->n_values - 1 : 0, &number) < 0)
		return;
	struct trace_found f = { .value = number, .form = form_named(json_str(one, "form")),
		.part = json_is(one, "part"), .about = about_of(g, path), .state = STATE_FILE, .host = g->host,
		.repository = NOTHING, .at = arena_dup(t->arena, g->name), .path = arena_dup(t->arena, path),
		.member = member ? arena_dup(t->arena, member) : NULL, .line = (uint64_t)json_int(one, "line", 0),
		.count = (uint64_t)json_int(one, "count", 1), .versions = 1 };

	if (f.member)
		take_object(t, one, &f);
	(void)trace_add(t, &f);
}

static void take_result(struct worker_result *r, void *arg)
{
	const struct target *g = arg;
	struct trace *t = g->t;
	const char *name = g->host == NOTHING ? "this machine" : g->name;
	const json_t *one;
	size_t i;

	if (!r->ok) {
		trace_gap(t, r->code == ERR_NET ? UNREAD_MISSING : UNREAD_DAMAGED, name, NULL, "not looked at: %s",
			  r->text);
		return;
	}
	t->reached += g->host != NOTHING;
	json_array_foreach(json_object_get(r->result, "found"), i, one)
		take_found(g, one);
	json_array_foreach(json_object_get(r->result, "not_read"), i, one) {
		const char *member = json_str(one, "member"), *path = json_str(one, "path");
		_cleanup_(freep) char *file = member && path ? mem_printf("%s(%s)", path, member) : mem_dup(path);

		trace_gap(t, kind_of(json_str(one, "kind")), name, file, "%s", json_str(one, "why") ? json_str(one,
			"why")
			  : "could not be read");
	}
	if (json_is(r->result, "more"))
		trace_gap(t, UNREAD_LARGE, name, NULL, "more was found or not read than is told");
	t->texts += (uint64_t)json_int(r->result, "files", 0);
	t->bytes += (uint64_t)json_int(r->result, "bytes", 0);
}

static json_t *host_json(const struct trace *t, uint32_t host)
{
	_cleanup_(freep) char *control = fs_join(t->en->state_folder, "control");
	const struct host *h = host == NOTHING ? NULL : &t->en->reg->hosts[host];
	json_t *j = json_object();

	json_put(j, "name", h ? h->name : "this machine");
	json_put(j, "address", h ? h->address : "localhost");
	json_object_set_new(j, "local", json_boolean(!h || h->reach == REACH_LOCAL));
	json_put(j, "ssh_config", t->en->reg->ssh_config);
	json_put(j, "control", control);
	return j;
}

static struct target *add_target(struct all *a, uint32_t host, enum trace_about about)
{
	struct trace *t = a->t;
	struct target *g = &a->list[a->n];
	json_t *j = json_object();

	*g = (struct target){ t, host, host == NOTHING ? "" : t->en->reg->hosts[host].name, about, j };
	json_put_int(j, "v", WIRE_VERSION);
	json_put(j, "verb", "residue");
	json_put_int(j, "limit_ms", t->limit_ms);
	json_put_int(j, "limit", RECORDS);
	json_object_set_new(j, "host", host_json(t, host));
	json_object_set(j, "values", a->values);
	a->jobs[a->n++] = (struct crew_job){ .program = t->en->worker, .job = j, .secrets = &a->secrets,
		.limit_ms = t->limit_ms + 5000, .done = take_result, .arg = g };
	return g;
}

static void put_path(struct target *g, const char *key, const char *path)
{
	json_t *paths = json_array();

	json_array_append_new(paths, json_string(path));
	json_object_set_new(g->job, key, paths);
}

static void add_values(struct all *a)
{
	struct trace *t = a->t;

	a->values = json_array();
	for (uint32_t i = 0; i < t->n_values; i++) {
		_cleanup_(strv_free) struct strv room = STRV_INIT;
		json_t *one, *list;
		char name[16];

		if (!trace_is_wanted(t, i))
			continue;
		(void)trace_users(t, &t->values[i], &room);
		one = json_object();
		list = json_array();
		for (size_t k = 0; k < room.n; k++)
			json_array_append_new(list, json_string(room.s[k]));
		(void)snprintf(name, sizeof(name), "%u", i);
		json_put(one, "name", name);
		json_object_set_new(one, "users", list);
		json_array_append_new(a->values, one);
		wire_secrets_add(&a->secrets, name, secret_copy(t->values[i].value));
	}
}

static void add_backups(struct all *a)
{
	const struct firebreak_register *reg = a->t->en->reg;

	for (uint32_t i = 0; i < reg->n_trace; i++)
		if (reg->trace[i].what == TRACE_BACKUP && !reg->trace[i].hosts.n)
			put_path(add_target(a, NOTHING, ABOUT_BACKUP), "paths", reg->trace[i].path);
}

/* Of a work tree its files as they lie, beside its history; names that are not there are no folder that was clean. */
static void add_named(struct all *a)
{
	struct trace *t = a->t;

	for (size_t i = 0; i < t->n_in; i++) {
		_cleanup_(freep) char *real = realpath(t->in[i], NULL);
		_cleanup_(freep) char *objects = real ? fs_join(real, "objects") : NULL;
		_cleanup_(freep) char *git = real ? fs_join(real, ".git") : NULL;
		bool repository = real && trace_is_repository(real);
		struct target *g;

		if (!real) {
			trace_gap(t, UNREAD_MISSING, t->in[i], NULL, "is not there, or not for us");
			continue;
		}
		if (repository && fs_exists(objects))
			continue;
		g = add_target(a, NOTHING, ABOUT_DATA);
		put_path(g, "paths", real);
		if (repository)
			put_path(g, "leave", git);
	}
}

static void on_progress(uint32_t done, uint32_t running, uint32_t total, void *arg)
{
	struct trace *t = arg;

	(void)running;
	if (t->tell)
		t->tell(&(struct trace_progress){ "hosts and folders", done, total }, t->arg);
}

int trace_hosts(struct trace *t, struct err *e)
{
	_cleanup_(all_clear) struct all a = { .t = t };
	size_t most = t->n_hosts + t->en->reg->n_trace + t->n_in + 1;
	struct crew_ears ears = { on_progress, t };

	a.list = mem_zero(most, sizeof(*a.list));
	a.jobs = mem_zero(most, sizeof(*a.jobs));
	add_values(&a);
	if (!json_array_size(a.values))
		return 0;
	for (uint32_t i = 0; i < t->n_hosts; i++)
		engine_residue_places(t->en, t->hosts[i], true, add_target(&a, t->hosts[i], ABOUT_CONFIGURATION)->job);
	if (t->backups)
		add_backups(&a);
	add_named(&a);
	return crew_run(a.jobs, a.n, t->at_once, &ears, e);
}
