/* systemd's journal, by its files: the host's journalctl is not asked. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/journald.h"
#include "scout/logins.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)192 << 20)
#define NUMBERS_MAX 1000000u
#define NAMES_MAX 4096u

struct number { uint64_t seqnum; int64_t at_us; uint32_t series; };

struct journals {
	struct logins *l;
	struct number *numbers; size_t n, cap;
	struct strv series;
	struct journald_file file;
	uint32_t n_read;
	int64_t first_us;
	uint64_t broken, compressed;
	bool more;
};

static void text_of(const struct journald_text *t, char *to, size_t size)
{
	size_t n = t->s ? (t->len < size ? t->len : size - 1) : 0;

	for (size_t k = 0; k < n; k++)
		to[k] = t->s[k] ? t->s[k] : ' ';
	to[n] = '\0';
}

static uint32_t series_of(struct journals *g)
{
	for (size_t k = 0; k < g->series.n; k++)
		if (strcmp(g->series.s[k], g->file.series) == 0)
			return (uint32_t)k;
	strv_add(&g->series, g->file.series);
	return (uint32_t)g->series.n - 1;
}

static int take(const struct journald_entry *en, void *arg)
{
	struct journals *g = arg;
	char program[AUTH_PROGRAM_MAX], message[4096], uid[24];
	struct auth_event ev;
	uint32_t who;

	if (GROW(g->numbers, g->n, g->cap, NUMBERS_MAX))
		g->numbers[g->n++] = (struct number){ en->seqnum, en->at_us, series_of(g) };
	else
		g->more = true;
	text_of(&en->field[en->field[JD_IDENTIFIER].s ? JD_IDENTIFIER : JD_COMM], program,
		sizeof(program));
	text_of(&en->field[JD_MESSAGE], message, sizeof(message));
	text_of(&en->field[JD_UID], uid, sizeof(uid));
	if (auth_read(program, message, &ev))
		logins_event(g->l, &ev, en->at_us, "journal",
			     text_u32(uid, 0, UINT32_MAX, &who) == 0 ? (int64_t)who : -1);
	return lines_late(g->l->o);
}

static void one(struct journals *g, const char *path)
{
	struct buf b = BUF_INIT(FILE_MAX);
	struct stat st;
	struct err e = ERR_INIT;
	struct logins *l = g->l;
	_cleanup_(freep) char *full = scout_path(l->o, path);
	int fd = lines_open(l->o, path, &st);

	if (fd < 0) {
		scout_unread(l->o, path, "it cannot be opened as a regular file");
		return;
	}
	(void)close(fd);
	if (st.st_mtim.tv_sec * (int64_t)1000000 < l->from_us && st.st_ctim.tv_sec * (int64_t)1000000 < l->from_us)
		return;
	if (fs_read(full, &b, &e) < 0 ||
	    journald_read((const uint8_t *)b.data, b.len, l->from_us, l->until_us, take, NULL, g, &g->file, &e) < 0)
		scout_unread(l->o, path, e.text);
	else if (lines_late(l->o))
		scout_unread(l->o, path, "no time was left for the rest");
	g->n_read++;
	if (g->file.entries && (!g->first_us || g->file.first_us < g->first_us))
		g->first_us = g->file.first_us;
	g->broken += g->file.broken;
	g->compressed += g->file.compressed;
	buf_free(&b);
}

static void folder(struct journals *g, const char *path)
{
	_cleanup_(strv_free) struct strv machines = STRV_INIT;

	if (lines_names(g->l->o, path, NAMES_MAX, &machines, NULL) < 0)
		return;
	for (size_t m = 0; m < machines.n; m++) {
		_cleanup_(strv_free) struct strv names = STRV_INIT;
		_cleanup_(freep) char *inner = mem_printf("%s/%s", path, machines.s[m]);

		if (lines_names(g->l->o, inner, NAMES_MAX, &names, NULL) < 0)
			continue;
		for (size_t k = 0; k < names.n; k++) {
			_cleanup_(freep) char *file = mem_printf("%s/%s", inner, names.s[k]);

			if (strstr(names.s[k], ".journal"))
				one(g, file);
		}
	}
}

static int in_order(const void *left, const void *right)
{
	const struct number *a = left, *b = right;

	if (a->series != b->series)
		return a->series < b->series ? -1 : 1;
	return (a->seqnum > b->seqnum) - (a->seqnum < b->seqnum);
}

static int by_number(const void *left, const void *right)
{
	const struct number *a = left, *b = right;

	return (a->seqnum > b->seqnum) - (a->seqnum < b->seqnum);
}

/* How many of the numbers between the two lie in files of another series, written in the same time. */
static uint64_t elsewhere(const struct number *all, size_t n, const struct number *a, const struct number *b)
{
	size_t low = 0, high = n;
	uint64_t found = 0, last = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all[middle].seqnum <= a->seqnum)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && all[low].seqnum < b->seqnum; low++) {
		const struct number *one = &all[low];

		if (one->series == a->series || one->seqnum == last || one->at_us < a->at_us || one->at_us > b->at_us)
			continue;
		last = one->seqnum;
		found++;
	}
	return found;
}

/*
 * Entries are numbered without gaps over all files of a series; what is missing in between was taken out, or lost, or
 * is another account's: journald counts on over the files of all accounts, of which each is a series of its own.
 */
static void missing_numbers(struct journals *g)
{
	_cleanup_(freep) struct number *all = mem_zero(g->n + 1, sizeof(*all));

	for (size_t k = 0; k < g->n; k++)
		all[k] = g->numbers[k];
	qsort(all, g->n, sizeof(*all), by_number);
	if (g->n)
		qsort(g->numbers, g->n, sizeof(*g->numbers), in_order);
	for (size_t k = 1; k < g->n; k++) {
		const struct number *a = &g->numbers[k - 1], *b = &g->numbers[k];

		if (a->series != b->series || b->seqnum - a->seqnum <= 1)
			continue;
		uint64_t gone = b->seqnum - a->seqnum - 1 - elsewhere(all, g->n, a, b);

		if (!gone)
			continue;
		json_t *j = json_object();

		json_put_int(j, "at_us", a->at_us);
		json_put_int(j, "last_us", b->at_us);
		json_put_int(j, "count", (int64_t)(gone & INT64_MAX));
		logins_say(g->l, "hole", "systemd's journal", j);
	}
}

void logins_journals(struct logins *l)
{
	struct journals g = { .l = l };
	char why[120];

	folder(&g, "/var/log/journal");
	folder(&g, "/run/log/journal");
	if (!g.more)
		missing_numbers(&g);
	else
		scout_unread(l->o, "systemd's journal",
			"more entries than can be held: whether some are missing was not "
			     "looked at");
	if (!g.n_read)
		scout_unread(l->o, "systemd's journal", "no file of it has anything of the window");
	else if (g.first_us > l->from_us) {
		json_t *j = json_object();

		json_put_int(j, "at_us", l->from_us);
		json_put_int(j, "last_us", g.first_us);
		logins_say(l, "begins-late", "systemd's journal", j);
	}
	if (g.broken) {
		(void)snprintf(why, sizeof(why), "%llu places in it are damaged", (unsigned long long)g.broken);
		scout_unread(l->o, "systemd's journal", why);
	}
	if (g.compressed) {
		(void)snprintf(why, sizeof(why), "%llu long fields are compressed and were passed over",
			       (unsigned long long)g.compressed);
		scout_unread(l->o, "systemd's journal", why);
	}
	free(g.numbers);
	strv_free(&g.series);
}
