/* What the points' files say, and what is said to the points. */
#include "trial.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define POINTS_MAX ((size_t)1 << 20)

static const char *const files[] = { "bin/points.parent", "bin/points.worker", "bin/points.puppet", "bin/ended" };

void trial_control(struct trial *t, const char *role, const struct trial_point *at, size_t n)
{
	_cleanup_(buf_free) struct buf lines = BUF_INIT(1000);

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(freep) char *path = fs_join(t->folder, files[i]);

		(void) unlink(path);
	}
	for (size_t i = 0; i < n; i++)
		buf_printf(&lines, "%s %s %u %s\n", role, at[i].step, at[i].nth, at[i].name);
	if (lines.over || trial_put(t, "bin/control", 0600, buf_text(&lines)) < 0)
		abort();
}

static void field(char *ret, const char *from, size_t size)
{
	memcpy(ret, from, size - 1);
	ret[size - 1] = '\0';
	for (size_t n = strlen(ret); n > 0 && ret[n - 1] == ' '; n--)
		ret[n - 1] = '\0';
}

static bool is_same(const struct trial_point *a, const struct trial_point *b)
{
	return !strcmp(a->step, b->step) && !strcmp(a->name, b->name);
}

static struct trial_points records(const char *path)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(POINTS_MAX);
	struct trial_points ret = { 0 };
	struct err e = ERR_INIT;

	if (fs_read(path, &b, &e) < 0)
		return ret;
	ret.p = mem_zero(b.len / POINT_RECORD + 1, sizeof(*ret.p));
	for (; (ret.n + 1) * POINT_RECORD <= b.len; ret.n++) {
		struct trial_point *p = &ret.p[ret.n];

		field(p->step, buf_text(&b) + ret.n * POINT_RECORD, sizeof(p->step));
		field(p->name, buf_text(&b) + ret.n * POINT_RECORD + POINT_STEP, sizeof(p->name));
		p->nth = 1;
		for (size_t i = 0; i < ret.n; i++)
			p->nth += is_same(&ret.p[i], p);
	}
	return ret;
}

struct trial_points trial_points(struct trial *t, const char *role)
{
	_cleanup_(freep) char *path = mem_printf("%s/bin/points.%s", t->folder, role);

	return records(path);
}

void trial_points_free(struct trial_points *p)
{
	freep(&p->p);
}

bool trial_was_at(struct trial *t, const char *role, const char *step, const char *beginning, struct trial_point *ret)
{
	_cleanup_(trial_points_free) struct trial_points all = trial_points(t, role);

	for (size_t i = 0; i < all.n; i++)
		if (!strcmp(all.p[i].step, step) && text_starts(all.p[i].name, beginning)) {
			*ret = all.p[i];
			return true;
		}
	return false;
}

struct trial_point trial_find(struct trial *t, const char *role, const char *step, const char *beginning)
{
	struct trial_point found;

	if (trial_was_at(t, role, step, beginning, &found))
		return found;
	fprintf(stderr, "crash: the run without a kill had no point '%s' in its step '%s'\n", beginning, step);
	abort();
}

bool trial_reached(struct trial *t, const struct trial_point *at)
{
	_cleanup_(freep) char *path = fs_join(t->folder, "bin/ended");
	_cleanup_(trial_points_free) struct trial_points all = records(path);

	for (size_t i = 0; i < all.n; i++)
		if (is_same(&all.p[i], at))
			return true;
	return false;
}
