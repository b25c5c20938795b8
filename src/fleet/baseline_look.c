/* Looking at hosts now, and comparing. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "fleet/baseline.h"
#include <string.h>

#define LIMIT_MORE_MS 20000

struct one {
	struct baseline *now;
	struct err e;                      /* of what the host said */
	int wrong;
};

struct looking {
	const struct engine *en;
	const struct baseline_looking *how;
	struct fleet_baseline_keys keys;
	struct visit *visits;
	struct one *ones;
	int failed;
	struct err e;
};

json_t *fleet_baseline_request(int64_t seconds, const char *const *folders)
{
	json_t *j = json_object(), *list = json_array();

	json_put_int(j, "seconds", seconds);
	for (; folders && *folders; folders++)
		json_array_append_new(list, json_string(*folders));
	if (json_array_size(list))
		json_object_set(j, "folders", list);
	json_decref(list);
	return j;
}

/* A sum of contents would tell who knows them that they are the same: it is kept under our key. */
static int add_item(struct baseline *b, const struct fleet_baseline_keys *keys, const char *section,
		    const json_t *line, struct err *e)
{
	const char *key = json_str(line, "key"), *is = json_str(line, "is"), *sum = json_str(line, "sha256");
	_cleanup_(buf_free) struct buf text = BUF_INIT(BASELINE_TEXT_MAX + 1);
	char tag[DIGEST_TAG_HEX];

	if (!key || !is || (sum && strlen(sum) != 64))
		return err_set(e, ERR_REMOTE, "an item of section '%.40s' is none", section);
	(void)buf_str(&text, is);
	if (sum) {
		digest_tag_bytes(&keys->contents, sum, strlen(sum), tag);
		(void)buf_printf(&text, ", contents %s", tag);
	}
	return baseline_add(b, section, key, buf_text(&text), e);
}

int fleet_baseline_line(struct baseline *b, const struct fleet_baseline_keys *keys, const json_t *line, struct err *e)
{
	const char *type = json_str(line, "type"), *of = json_str(line, "of"), *section = json_str(line, "section");

	if (!type || strcmp(type, "found") != 0 || !of || strcmp(of, "baseline") != 0)
		return 0;
	if (!section)
		return err_set(e, ERR_REMOTE, "a line of a baseline names no section");
	if (json_is(line, "end"))
		return baseline_read(b, section, json_str(line, "cut"), e);
	return add_item(b, keys, section, line, e);
}

static void on_line(const struct visit *v, enum wire_type type _unused_, const json_t *line, void *arg)
{
	struct looking *l = arg;
	struct one *one = &l->ones[v - l->visits];

	if (one->wrong == 0)
		one->wrong = fleet_baseline_line(one->now, &l->keys, line, &one->e);
}

static void tell(struct looking *l, const struct baseline_look *look)
{
	int r = l->how->tell(look, &l->keys, l->how->arg, l->failed == 0 ? &l->e : NULL);

	if (r < 0 && l->failed == 0)
		l->failed = r;
}

static void on_end(const struct visit *v, const struct visited *r, void *arg)
{
	struct looking *l = arg;
	struct one *one = &l->ones[v - l->visits];
	struct baseline *before = NULL;
	struct drifts drifts = { 0 };
	struct baseline_look look = { .host = v->host, .visited = r };

	if (one->wrong == 0)
		one->wrong = baseline_settle(one->now, &one->e);
	if (r->outcome != VISIT_DONE)
		(void)snprintf(look.text, sizeof(look.text), "%s", r->text);
	else if (one->wrong < 0)
		(void)snprintf(look.text, sizeof(look.text), "host '%s' answers what no scout would: %s",
			       v->host->name, one->e.text);
	else if (fleet_baseline_kept(l->en, &l->keys, v->host->name, &before, &one->e) < 0)
		(void)snprintf(look.text, sizeof(look.text), "%s", one->e.text);
	/* one that was tampered with is no reason to believe in none: the look stands beside the sentence */
	if (r->outcome == VISIT_DONE && one->wrong == 0) {
		drift_of(before, one->now, &drifts);
		look.before = before;
		look.now = one->now;
		look.drifts = &drifts;
	}
	tell(l, &look);
	drifts_free(&drifts);
	baseline_free(before);
	one->now = baseline_free(one->now);
}

int fleet_baseline_look(const struct engine *en, const struct baseline_looking *how, const uint32_t *hosts, uint32_t n,
			struct err *e)
{
	_cleanup_(json_freep) json_t *request = json_object();
	struct looking l = { .en = en, .how = how, .e = ERR_INIT };
	const struct visits visits = {
		.warden = how->warden, .scout = how->scout, .ssh_config = en->reg->ssh_config, .at_once = how->at_once,
		.limit_ms = how->seconds * 1000 + LIMIT_MORE_MS, .line = on_line, .end = on_end, .arg = &l,
	};
	int r = fleet_baseline_keys(en, &l.keys, e);

	if (r < 0)
		return r;
	json_object_set_new(request, "baseline", fleet_baseline_request(how->seconds, how->folders));
	l.visits = mem_zero(n ? n : 1, sizeof(*l.visits));
	l.ones = mem_zero(n ? n : 1, sizeof(*l.ones));
	for (uint32_t i = 0; i < n; i++) {
		const struct host *h = &en->reg->hosts[hosts[i]];

		l.visits[i] = (struct visit){ .host = h, .request = request };
		l.ones[i].now = baseline_new(h->name, clock_now_us());
	}
	r = fleet_visit(&visits, l.visits, n, e);
	if (r == 0 && l.failed < 0) {
		r = l.failed;
		if (e)
			*e = l.e;
	}
	for (uint32_t i = 0; i < n; i++)
		baseline_free(l.ones[i].now);
	free(l.visits);
	free(l.ones);
	explicit_bzero(&l.keys, sizeof(l.keys));
	return r;
}
