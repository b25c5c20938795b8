#include "search/search.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include <string.h>

#define BASE "%SRCROOT%" /* SARIF's usual name of the folder that everything is below */

struct hearing {
	const struct search_options *o;
	struct search *s;
	struct map rules;                  /* id -> index */
	struct hits hits;
	uint64_t lost;                     /* over HITS_MAX, or of a rule that we do not know */
};

static void hearing_end(struct hearing *h)
{
	map_free(&h->rules);
	free(h->hits.list);
	arena_free(h->hits.arena);
}

static int read_rules(struct rules *r, const char *file, bool shipped, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(YAML_MAX);
	int x = fs_read(file, &text, e);

	return x < 0 ? x : rules_add(r, &(const struct source){ file, buf_text(&text), text.len }, shipped, NULL, e);
}

static void make_facts(struct search *s)
{
	static const char *const helps[] = {
		[RULE_VALUE] = ("Whoever can read this can use it. Replace it where it is accepted, then take it out: "
				"a history keeps it."),
		[RULE_HASH] = "The value can be guessed from this. Replace it when it is short or old.",
		[RULE_LOCKED] = "A passphrase is all that keeps it. Replace it when the passphrase may be known.",
	};

	s->facts = mem_zero(s->rules.n + 1, sizeof(*s->facts));
	for (uint32_t i = 0; i < s->rules.n; i++) {
		const struct rule *r = s->rules.r[i];

		s->facts[i] = (struct finding_fact){ .id = r->id, .title = r->title, .help = helps[r->is],
			.level = r->is == RULE_VALUE ? LEVEL_ERROR : LEVEL_WARNING };
	}
	s->findings.facts = s->facts;
	s->findings.n_facts = s->rules.n;
	s->findings.base = BASE;
}

void hits_add_found(struct hits *h, const struct hit *one)
{
	if (GROW(h->list, h->n, h->cap, HITS_MAX))
		h->list[h->n++] = *one;
}

static void hear(const struct scanner_found *f, void *arg)
{
	struct hearing *h = arg;
	uint32_t rule = f->rule ? map_get(&h->rules, f->rule) : MAP_NONE;

	if (rule == MAP_NONE || h->hits.n == HITS_MAX) {
		h->lost++;
		return;
	}
	hits_add_found(&h->hits, &(struct hit){
		.rule = rule, .where = arena_dup(h->hits.arena, f->file), .in_file = f->file != NULL,
		.object = arena_dup(h->hits.arena, f->object), .is = arena_dup(h->hits.arena, f->is), .line = f->line,
		.col = f->col, .tag = arena_dup(h->hits.arena, f->tag), .versions = 1,
	});
}

static void progress(const struct scanner_progress *p, void *arg)
{
	const struct hearing *h = arg;

	if (h->o->progress)
		h->o->progress(p, h->o->arg);
}

static int scan(struct hearing *h, struct err *e)
{
	const struct search_options *o = h->o;
	const struct scanner_job job = {
		.program = o->scanner, .repository = o->history ? o->path : NULL,
		.folder = o->history ? NULL : o->path, .tree = o->tree, .unreachable = o->unreachable,
		.since = o->since,
		.shipped_rules = o->shipped_rules, .team_rules = o->team_rules, .key = o->key,
	};
	const struct scanner_ears ears = { .found = hear, .progress = progress, .arg = h };

	h->hits.arena = arena_new();
	for (uint32_t i = 0; i < h->s->rules.n; i++)
		(void)map_put(&h->rules, h->s->rules.r[i]->id, i);
	int r = scanner_run(&job, &ears, &h->s->gaps, &h->s->sum, e);
	if (r == 0 && h->lost)
		gaps_add(&h->s->gaps, &(struct gap){ .kind = UNREAD_LARGE }, "%llu findings could not be kept",
			 (unsigned long long)h->lost);
	return r;
}

static int by_place(const void *left, const void *right)
{
	const struct hit *a = left, *b = right;
	int x = strcmp(a->where, b->where);

	if (x == 0)
		x = (a->rule > b->rule) - (a->rule < b->rule);
	if (x == 0)
		x = (a->age < b->age) - (a->age > b->age);
	if (x == 0)
		x = (a->line > b->line) - (a->line < b->line);
	if (x == 0)
		x = (a->col > b->col) - (a->col < b->col);
	return x ? x : strcmp(a->tag, b->tag);
}

static const char *branch_name(const char *ref)
{
	return text_starts(ref, "refs/heads/") ? ref + strlen("refs/heads/") : ref;
}

static void describe(const struct hearing *h, const struct hit *hit, struct buf *text)
{
	(void)buf_printf(text, "%s", h->s->facts[hit->rule].title);
	if (!h->o->history)
		return;
	if (hit->versions > 1)
		(void)buf_printf(text, "; in %u versions", hit->versions);
	if (!hit->reached)
		(void)buf_str(text, "; no branch, tag or HEAD leads there");
	else if (hit->now)
		(void)buf_printf(text, "; %s still has it", branch_name(hit->now));
	else if (hit->in_file)
		(void)buf_str(text, "; only the history has it");
}

/* `k`: the how manieth of its rule in its file. So the fingerprint stays when lines move, and tells nothing of the
 * value. */
static void add(struct hearing *h, const struct hit *hit, unsigned k)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(4000), who = BUF_INIT(2000), when = BUF_INIT(64);
	_cleanup_(freep) char *subject = hit->in_file ? mem_printf("#%u", k) : mem_printf("%s #%u", hit->where, k);
	struct finding f = { .rule = hit->rule, .file = hit->in_file ? hit->where : NULL, .subject = subject,
			     .line = (uint32_t)hit->line, .col = (uint32_t)hit->col, .tag = hit->tag,
			     .commit = hit->commit };
	char fingerprint[17];

	finding_fingerprint(&h->s->findings, &f, fingerprint);
	if (h->o->accepted &&
	    accepted_find(h->o->accepted, fingerprint, h->s->facts[hit->rule].id, f.file, f.tag)) {
		h->s->n_accepted++;
		return;
	}
	_cleanup_(freep) char *next = mem_printf("replace it where it opens something; or accept it, with a reason: "
						 "- {fingerprint: %s, tag: %s, why: ...}", fingerprint, f.tag);

	describe(h, hit, &text);
	f.text = buf_text(&text);
	f.next = next;
	if (hit->who) {
		text_visible(&who, hit->who, strlen(hit->who));
		clock_format(&when, hit->at_s * 1000000);
		f.who = buf_text(&who);
		f.when = buf_text(&when);
	}
	(void)findings_add(&h->s->findings, &f);
}

static void tell(struct hearing *h)
{
	const struct hits *l = &h->hits;
	unsigned k = 0;

	if (l->n)
		qsort(l->list, l->n, sizeof(*l->list), by_place);
	for (size_t i = 0; i < l->n; i++) {
		const struct hit *hit = &l->list[i], *before = i ? hit - 1 : NULL;

		k = before && before->rule == hit->rule && !strcmp(before->where, hit->where) ? k + 1 : 1;
		add(h, hit, k);
	}
	findings_sort(&h->s->findings);
}

int search_run(const struct search_options *o, struct search *ret, struct err *e)
{
	_cleanup_(hearing_end) struct hearing h = { .o = o, .s = ret };
	int r = read_rules(&ret->rules, o->shipped_rules, true, e);

	for (size_t i = 0; r == 0 && o->team_rules && i < o->team_rules->n; i++)
		r = read_rules(&ret->rules, o->team_rules->s[i], false, e);
	if (r < 0)
		return r;
	make_facts(ret);
	r = scan(&h, e);
	if (r == 0 && o->history && h.hits.n)
		r = search_places(o, &h.hits, &ret->gaps, e);
	if (r == 0)
		tell(&h);
	return r;
}

void search_free(struct search *s)
{
	findings_free(&s->findings);
	gaps_free(&s->gaps);
	rules_free(&s->rules);
	free(s->facts);
	*s = (struct search){ 0 };
}
