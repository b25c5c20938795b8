#include "match/match_parts.h"
#include "base/mem.h"
#include <string.h>

#define STEPS_MAX 100000u           /* of one try of PCRE2 from one place */
#define HEAP_KB 4096u
#define STACK_MIN ((size_t)32 * 1024)
#define STACK_MAX ((size_t)1024 * 1024)
#define WHY_MAX 200

/* What Hyperscan is given: patterns, and keywords of rules whose pattern it does not take. */
struct expressions {
	char **text;
	unsigned *flags, *ids;
	uint32_t n;
};

static void expressions_free(struct expressions *x)
{
	for (uint32_t i = 0; i < x->n; i++)
		free(x->text[i]);
	free(x->text);
	free(x->flags);
	free(x->ids);
}

static int rule_err(struct err *e, const struct rule *r, const char *what)
{
	return err_set(e, ERR_CONFIG, "%s:%u:%u: rule '%s': %s", r->at.file, r->at.line, r->at.col, r->id, what);
}

static int compile_pcre2(struct finder *f, struct err *e)
{
	const uint32_t options = PCRE2_MULTILINE | PCRE2_NEVER_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
	const struct rule *r = f->rule;
	_cleanup_(freep) char *whole = r->then ? mem_printf("(?:%s)(?:%s)", r->pattern, r->then) : mem_dup(r->pattern);
	uint32_t empty = 0, groups = 0;
	char why[200] = "";
	size_t at;
	int code;

	f->code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, options, &code, &at, NULL);
	if (!f->code) {
		(void)pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
		return err_set(e, ERR_CONFIG, "%s:%u:%u: rule '%s': the pattern is wrong at its byte %zu: %s",
			       r->at.file, r->at.line, r->at.col, r->id, at + 1, why);
	}
	(void)pcre2_pattern_info(f->code, PCRE2_INFO_MATCHEMPTY, &empty);
	(void)pcre2_pattern_info(f->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	if (empty)
		return rule_err(e, r, "the pattern matches where nothing is: it must need at least one byte");
	if (r->group > (int64_t)groups)
		return rule_err(e, r, "'group' is the number of no group of the pattern");
	f->group = r->group >= 0 ? (uint32_t)r->group : groups > 0;
	/* where there is no JIT, PCRE2 finds the same without it */
	(void)pcre2_jit_compile(f->code, PCRE2_JIT_COMPLETE);
	return 0;
}

static unsigned flags_of(enum way way)
{
	return way == WAY_WIDER ? HS_FLAG_MULTILINE | HS_FLAG_PREFILTER : HS_FLAG_MULTILINE;
}

static void next_way(struct finder *f, const char *why, struct strv *notes)
{
	f->way++;
	f->reach = RULE_WIDTH_MAX;
	if (notes && f->way == WAY_ALONE)
		strv_addf(notes, "%s:%u:%u: rule '%s': Hyperscan does not take the pattern (%s): PCRE2 looks at all "
			  "of each text, which is slow; keywords would help", f->rule->at.file, f->rule->at.line,
			  f->rule->at.col, f->rule->id, why);
}

static int check_width(struct finder *f, unsigned width, struct err *e)
{
	f->reach = width < RULE_WIDTH_MAX ? width : RULE_WIDTH_MAX;
	if (width <= RULE_WIDTH_MAX)
		return 0;
	return rule_err(e, f->rule, width == UINT32_MAX
		? "the pattern has no longest match: bound its repeats ({0,100} instead of *)"
		: "a match of the pattern may have more than 16384 bytes: bound its repeats");
}

/* Does Hyperscan's parser take the pattern? How long a match may be is known from it, too. */
static bool parses(const struct rule *r, unsigned flags, unsigned *ret_width, char why[WHY_MAX])
{
	hs_compile_error_t *error = NULL;
	hs_expr_info_t *info = NULL;
	bool taken = hs_expression_info(r->pattern, flags, &info, &error) == HS_SUCCESS;

	if (taken)
		*ret_width = info->max_width;
	else
		(void)snprintf(why, WHY_MAX, "%s", error && error->message ? error->message : "no reason given");
	free(info);
	(void)hs_free_compile_error(error);
	return taken;
}

/* Keywords first: the pattern behind them may be one that Hyperscan is slow at. */
static int choose_way(struct finder *f, struct strv *notes, struct err *e)
{
	char why[WHY_MAX];
	unsigned width;

	f->way = f->rule->keywords.n ? WAY_KEYWORDS : WAY_PATTERN;
	f->reach = RULE_WIDTH_MAX;
	if (parses(f->rule, flags_of(WAY_PATTERN), &width, why))
		return check_width(f, width, e);
	if (f->way == WAY_KEYWORDS)
		return 0;
	f->way = WAY_WIDER;
	if (!parses(f->rule, flags_of(WAY_WIDER), &width, why))
		next_way(f, why, notes);
	return 0;
}

/* The letters of a keyword as they are, whatever they would mean in a pattern. */
static char *quoted(const char *keyword)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(RULE_PATTERN_MAX);

	for (const char *p = keyword; *p; p++)
		(void)buf_printf(&b, "\\x%02x", (unsigned char)*p);
	return buf_take(&b);
}

static void add(struct matcher *m, struct expressions *x, uint32_t finder, char *text, unsigned flags)
{
	m->expressions[x->n] = finder;
	x->ids[x->n] = x->n;
	x->flags[x->n] = flags;
	x->text[x->n++] = text;
}

static void express(struct matcher *m, struct expressions *x)
{
	size_t n = 0;

	for (uint32_t i = 0; i < m->n_finders; i++)
		n += 1 + m->finders[i].rule->keywords.n;
	x->text = mem_zero(n, sizeof(*x->text));
	x->flags = mem_zero(n, sizeof(*x->flags));
	x->ids = mem_zero(n, sizeof(*x->ids));
	free(m->expressions);
	m->expressions = mem_zero(n, sizeof(*m->expressions));
	for (uint32_t i = 0; i < m->n_finders; i++) {
		const struct finder *f = &m->finders[i];

		if (f->way == WAY_PATTERN || f->way == WAY_WIDER)
			add(m, x, i,
			    f->way == WAY_PATTERN ? match_loosen(f->rule->pattern) : mem_dup(f->rule->pattern),
			    flags_of(f->way));
		for (uint32_t k = 0; f->way == WAY_KEYWORDS && k < f->rule->keywords.n; k++)
			add(m, x, i, quoted(f->rule->keywords.s[k]), HS_FLAG_CASELESS | HS_FLAG_MULTILINE);
	}
}

/* A pattern that parses may still be more than Hyperscan can hold: it goes another way, and all is compiled again. */
static int compile_all(struct matcher *m, struct strv *notes, struct err *e)
{
	for (;;) {
		_cleanup_(expressions_free) struct expressions x = { 0 };
		hs_compile_error_t *error = NULL;

		express(m, &x);
		if (!x.n)
			return 0;
		if (hs_compile_multi((const char *const *)x.text, x.flags, x.ids, x.n, HS_MODE_BLOCK, NULL,
				     &m->database, &error) == HS_SUCCESS)
			return 0;
		int r = 0;

		if (error && error->expression >= 0 && (uint32_t)error->expression < x.n)
			next_way(&m->finders[m->expressions[error->expression]], error->message, notes);
		else
			r = err_set(e, ERR_BUG, "the rules cannot be compiled: %s",
				    error ? error->message : "no reason given");
		(void)hs_free_compile_error(error);
		if (r < 0)
			return r;
	}
}

int match_prepare(struct matcher *m, struct err *e)
{
	m->context = pcre2_match_context_create(NULL);
	m->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
	m->data = pcre2_match_data_create(32, NULL);
	if (!m->context || !m->data)
		return err_set(e, ERR_IO, "PCRE2 has no memory");
	(void)pcre2_set_match_limit(m->context, STEPS_MAX);
	(void)pcre2_set_heap_limit(m->context, HEAP_KB);
	pcre2_jit_stack_assign(m->context, NULL, m->stack);
	return m->database ? match_scratch(m, e) : 0;
}

int match_compile(struct matcher *m, const struct rules *rules, enum matcher_how how, struct strv *notes, struct err *e)
{
	bool fast = how == MATCHER_FAST && match_trusted();
	int r = 0;

	if (how == MATCHER_FAST && !fast && notes)
		strv_addf(notes, "the libhs of this machine (%s) does not run on its processor, or loses matches "
			  "there: PCRE2 looks at everything, which is slow; Debian's libhyperscan5 is known to work",
			  hs_version());
	m->n_finders = rules->n;
	m->finders = mem_zero(rules->n, sizeof(*m->finders));
	for (uint32_t i = 0; r == 0 && i < rules->n; i++) {
		struct finder *f = &m->finders[i];

		f->rule = rules->r[i];
		r = compile_pcre2(f, e);
		if (r == 0)
			r = choose_way(f, notes, e);
		if (!fast)
			f->way = WAY_ALONE;
	}
	if (r == 0)
		r = compile_all(m, notes, e);
	return r < 0 ? r : match_prepare(m, e);
}
