/* Who logged in: what the host's logs, systemd's journal and the records of logins say of a window of time. */
#include "scout/logins.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include <string.h>

#define ZONE_MAX ((size_t)1 << 20)
#define CLOCK_WRONG_US ((int64_t)600000000)     /* a visit may have waited for its turn that long */

void logins_say(struct logins *l, const char *kind, const char *file, json_t *more)
{
	json_t *line = json_object();

	json_put(line, "of", "logins");
	json_put(line, "kind", kind);
	json_put(line, "file", file);
	(void)json_object_update(line, more);
	json_decref(more);
	if (scout_found(l->o, line) < 0)
		l->n_left_out++;
}

static void put(json_t *j, const char *key, const char *value)
{
	if (*value)
		json_put(j, key, value);
}

static void try_failed(struct logins *l, const struct auth_event *ev, int64_t at_us)
{
	struct tried *t = NULL;

	for (uint32_t k = 0; k < l->n_tried && !t; k++)
		if (!strcmp(l->tried[k].address, ev->address) && !strcmp(l->tried[k].account, ev->account))
			t = &l->tried[k];
	if (!t) {
		if (!GROW(l->tried, l->n_tried, l->cap_tried, LOGINS_FAILED_MAX)) {
			l->tried_left_out++;
			return;
		}
		t = &l->tried[l->n_tried++];
		*t = (struct tried){ .no_such_account = ev->no_such_account, .first_us = at_us, .last_us = at_us };
		memcpy(t->account, ev->account, sizeof(t->account));
		memcpy(t->address, ev->address, sizeof(t->address));
	}
	t->n++;
	t->first_us = at_us < t->first_us ? at_us : t->first_us;
	t->last_us = at_us > t->last_us ? at_us : t->last_us;
}

/* sshd says in which file it found a key just before it says that it accepted it. */
static void note_key(struct logins *l, const struct auth_event *ev)
{
	memcpy(l->key_print, ev->key, sizeof(l->key_print));
	memcpy(l->key_file, ev->text, sizeof(l->key_file));
}

void logins_event(struct logins *l, const struct auth_event *ev, int64_t at_us, const char *source, int64_t uid)
{
	json_t *j;

	if (ev->kind == AUTH_KEY)
		note_key(l, ev);
	if (at_us < l->from_us || at_us > l->until_us || ev->kind == AUTH_KEY || ev->kind == AUTH_ENDED)
		return;
	if (ev->kind == AUTH_FAILED && *ev->address) {
		try_failed(l, ev, at_us);
		return;
	}
	if (l->n_told >= LOGINS_MAX) {
		l->n_left_out++;
		return;
	}
	l->n_told++;
	j = json_object();
	json_put_int(j, "at_us", at_us);
	json_put(j, "source", source);
	if (uid >= 0)
		json_put_int(j, "uid", uid);
	put(j, "account", ev->account);
	put(j, "by", ev->by);
	put(j, "method", ev->method);
	put(j, "address", ev->address);
	if (ev->port)
		json_put_int(j, "port", ev->port);
	put(j, "key", ev->key);
	put(j, "key_type", ev->key_type);
	put(j, "certificate", ev->certificate);
	put(j, "authority", ev->authority);
	put(j, "what", ev->text);
	if (*ev->key && strcmp(ev->key, l->key_print) == 0)
		put(j, "found_in", l->key_file);
	logins_say(l, auth_kind_names[ev->kind], NULL, j);
}

static void say_failed(struct logins *l)
{
	for (uint32_t k = 0; k < l->n_tried; k++) {
		const struct tried *t = &l->tried[k];
		json_t *j = json_object();

		put(j, "account", t->account);
		put(j, "address", t->address);
		json_object_set_new(j, "no_such_account", json_boolean(t->no_such_account));
		json_put_int(j, "count", t->n);
		json_put_int(j, "at_us", t->first_us);
		json_put_int(j, "last_us", t->last_us);
		logins_say(l, "tried", NULL, j);
	}
}

static void read_zone(struct logins *l)
{
	_cleanup_(freep) char *path = scout_path(l->o, "/etc/localtime");
	struct err e = ERR_INIT;

	if (!fs_exists(path))
		return;
	if (fs_read(path, &l->zone_bytes, &e) < 0 || !zone_read(l->zone_bytes.data, l->zone_bytes.len, &l->zone))
		scout_unread(l->o, "/etc/localtime", "no zone could be read from it: its logs were taken for UTC");
	else if (!zone_is_sure(&l->zone, l->now_us))
		scout_unread(l->o, "/etc/localtime",
			"it lists no changes of the clock for now: times of logs may be an "
			     "hour off");
}

/* The window is said on the asker's clock; the host's own may be wrong. */
static void window(struct logins *l, const json_t *request)
{
	int64_t asked_us = json_int(request, "now_us", l->now_us), off = l->now_us - asked_us;

	if (off < CLOCK_WRONG_US && off > -CLOCK_WRONG_US)
		off = 0;
	l->from_us = json_int(request, "from_us", 0) + off;
	l->until_us = json_int(request, "until_us", asked_us) + off;
	json_put_int(l->o->result, "now_us", l->now_us);
}

int scout_logins(const json_t *request, struct scout_out *o, struct err *e _unused_)
{
	struct logins l = { .o = o, .now_us = clock_now_us(), .zone_bytes = BUF_INIT(ZONE_MAX) };

	window(&l, request);
	read_zone(&l);
	logins_logs(&l);
	logins_journals(&l);
	logins_records(&l);
	say_failed(&l);
	if (l.n_left_out)
		scout_unread(o, "logins", "more events than are told one by one: ask for a shorter window");
	if (l.tried_left_out)
		scout_unread(o, "failed logins", "from more addresses than are told");
	json_put_int(o->result, "end_us", clock_now_us());
	(void)snprintf(o->text, sizeof(o->text), "%u logins and changes, %u pairs of account and address that tried",
		       l.n_told, l.n_tried);
	buf_free(&l.zone_bytes);
	free(l.tried);
	return 0;
}
