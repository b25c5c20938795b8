#include "model/severity.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

#define DPC_MAX 4
#define EI_MAX 4
#define CB_MAX 8            /* 2.0 */
#define COUNT_MAX INT64_C(10000000000)

const char *const data_class_names[] = {
	[CLASS_UNKNOWN] = "unknown", [CLASS_SIMPLE] = "simple", [CLASS_BEHAVIOURAL] = "behavioural",
	[CLASS_FINANCIAL] = "financial", [CLASS_SENSITIVE] = "sensitive", [DATA_CLASSES] = NULL,
};
const char *const severity_band_names[] = {
	[BAND_LOW] = "low", [BAND_MEDIUM] = "medium", [BAND_HIGH] = "high", [BAND_VERY_HIGH] = "very-high",
	[BANDS] = NULL,
};

static const struct severity_word classes[] = {
	{ "simple", CLASS_SIMPLE, "names, addresses, education, family, work" },
	{ "behavioural", CLASS_BEHAVIOURAL, "places, traffic, habits, preferences" },
	{ "financial", CLASS_FINANCIAL, "income, transactions, accounts, cards, invoices" },
	{ "sensitive", CLASS_SENSITIVE, "health, politics, religion, sexual life" },
};
static const struct severity_word identifications[] = {
	{ "negligible", 1, "nearly impossible to match the data with a person" },
	{ "limited", 2, "possible under conditions" },
	{ "significant", 3, "possible with some effort from other sources" },
	{ "maximum", 4, "from the data itself, directly" },
};
static const struct severity_word confidentialities[] = {
	{ "none", 0, "no evidence that anybody unlawful has it" },
	{ "known", 1, "known recipients have it" },
	{ "unknown", 2, "an unknown number of recipients has it" },
};
static const struct severity_word integrities[] = {
	{ "none", 0, "not altered" },
	{ "recoverable", 1, "altered, and can be restored" },
	{ "lost", 2, "altered, and cannot be restored" },
};
static const struct severity_word availabilities[] = {
	{ "none", 0, "always there" },
	{ "temporary", 1, "away for a time" },
	{ "lost", 2, "lost for good" },
};
static const struct severity_word malices[] = {
	{ "no", 0, "an accident or a mistake" },
	{ "yes", 2, "somebody meant to do harm" },
};
static const struct severity_word yes_or_no[] = {
	{ "no", 0, "it can be read" },
	{ "yes", 1, "it cannot be read, and the key was not in reach" },
};

#define WORDS(w) .words = (w), .n_words = ARRAY_SIZE(w)
const struct severity_input severity_inputs[SEVERITY_INS] = {
	[SEVERITY_CLASS] = { "class", "class of the data", WORDS(classes) },
	[SEVERITY_CONTEXT] = { "context", "what the context adds", .min = -3, .max = 3 },
	[SEVERITY_IDENTIFICATION] = { "identification", "ease of identification", WORDS(identifications) },
	[SEVERITY_CONFIDENTIALITY] = { "confidentiality", "loss of confidentiality", WORDS(confidentialities) },
	[SEVERITY_INTEGRITY] = { "integrity", "loss of integrity", WORDS(integrities) },
	[SEVERITY_AVAILABILITY] = { "availability", "loss of availability", WORDS(availabilities) },
	[SEVERITY_MALICE] = { "malice", "malicious intent", WORDS(malices) },
	[SEVERITY_UNINTELLIGIBLE] = { "unintelligible", "data that cannot be read", WORDS(yes_or_no) },
	[SEVERITY_PEOPLE] = { "people", "people concerned", .min = 0, .max = COUNT_MAX },
	[SEVERITY_RECORDS] = { "records", "records concerned", .min = 0, .max = COUNT_MAX },
};

static int parse_number(const struct severity_input *in, const char *text, int64_t *ret, struct err *e)
{
	bool plus = text[0] == '+' && text[1] >= '0' && text[1] <= '9';
	int64_t v;

	if (text_i64(text + plus, &v) < 0 || v < in->min || v > in->max)
		return err_set(e, ERR_USAGE, "--%s '%.60s': a whole number from %lld to %lld is expected", in->name,
			       text, (long long)in->min, (long long)in->max);
	*ret = v;
	return 0;
}

int severity_parse(enum severity_in in, const char *text, int64_t *ret, struct err *e)
{
	const struct severity_input *input = &severity_inputs[in];
	_cleanup_(buf_free) struct buf list = BUF_INIT(400);
	const char *words[8];

	if (!input->words)
		return parse_number(input, text, ret, e);
	for (uint32_t i = 0; i < input->n_words; i++) {
		if (!strcmp(input->words[i].word, text)) {
			*ret = input->words[i].value;
			return 0;
		}
		words[i] = input->words[i].word;
		buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
	}
	const char *near = text_nearest(text, words, input->n_words);

	return err_set(e, ERR_USAGE, "--%s '%.60s': one of %s is expected%s%s%s", input->name, text, buf_text(&list),
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const char *severity_word_of(enum severity_in in, int64_t value)
{
	const struct severity_input *input = &severity_inputs[in];

	for (uint32_t i = 0; i < input->n_words; i++)
		if (input->words[i].value == value)
			return input->words[i].word;
	return NULL;
}

/* What ENISA names for each class, from its annex: simple data may say more than it seems, sensitive data less. */
static bool context_fits(int64_t class, int64_t context)
{
	static const int8_t may[DATA_CLASSES][7] = {        /* -3 .. +3 */
		[CLASS_SIMPLE] = { 0, 0, 0, 1, 1, 1, 1 },
		[CLASS_BEHAVIOURAL] = { 0, 0, 1, 1, 1, 1, 0 },
		[CLASS_FINANCIAL] = { 0, 1, 1, 1, 1, 0, 0 },
		[CLASS_SENSITIVE] = { 1, 1, 1, 1, 0, 0, 0 },
	};

	return class > CLASS_UNKNOWN && class < DATA_CLASSES && context >= -3 && context <= 3 &&
	       may[class][context + 3];
}

int severity_check(const struct said in[SEVERITY_INS], struct err *e)
{
	const struct said *class = &in[SEVERITY_CLASS], *context = &in[SEVERITY_CONTEXT];

	if (!context->said || !context->value)
		return 0;
	if (!class->said)
		return err_set(e, ERR_USAGE, "--context counts from a class: say --class too, simple, behavioural, "
			       "financial or sensitive");
	if (!context_fits(class->value, context->value))
		return err_set(e, ERR_USAGE, "--context %+lld is not possible for %s data: simple may have +1 to +3, "
			       "behavioural -1 to +2, financial -2 to +1, sensitive -3 to -1",
			       (long long)context->value,
			       data_class_names[class->value]);
	return 0;
}

const char *severity_band_means(enum severity_band b)
{
	static const char *const means[BANDS] = {
		[BAND_LOW] = "people are not affected, or meet a few inconveniences",
		[BAND_MEDIUM] = "people meet significant inconveniences, which they can overcome",
		[BAND_HIGH] = "people meet serious difficulties",
		[BAND_VERY_HIGH] = "people meet what they may not overcome",
	};

	return means[b];
}

/* The heaviest counts. One whose class nobody knows may be anything, but the known ones stay what they are. */
static struct range dpc_of(const struct said in[SEVERITY_INS], const enum data_class *weights, uint32_t n)
{
	struct range r = { 1, n ? 1 : DPC_MAX };

	if (in[SEVERITY_CLASS].said) {
		int64_t context = in[SEVERITY_CONTEXT].said ? in[SEVERITY_CONTEXT].value : 0;
		int64_t dpc = in[SEVERITY_CLASS].value + context;

		dpc = dpc < 1 ? 1 : dpc > DPC_MAX ? DPC_MAX : dpc;
		return (struct range){ dpc, dpc };
	}
	for (uint32_t i = 0; i < n; i++) {
		int64_t lo = weights[i] == CLASS_UNKNOWN ? 1 : weights[i];
		int64_t hi = weights[i] == CLASS_UNKNOWN ? DPC_MAX : weights[i];

		r.lo = lo > r.lo ? lo : r.lo;
		r.hi = hi > r.hi ? hi : r.hi;
	}
	return r;
}

static struct range range_of(const struct said *s, int64_t lo, int64_t hi)
{
	return s->said ? (struct range){ s->value, s->value } : (struct range){ lo, hi };
}

static struct range cb_of(const struct said in[SEVERITY_INS])
{
	struct range sum = { 0, 0 };

	for (int k = SEVERITY_CONFIDENTIALITY; k <= SEVERITY_MALICE; k++) {
		struct range r = range_of(&in[k], 0, 2);

		sum.lo += r.lo;
		sum.hi += r.hi;
	}
	return (struct range){ sum.lo > CB_MAX ? CB_MAX : sum.lo, sum.hi > CB_MAX ? CB_MAX : sum.hi };
}

static enum severity_band band_of(int64_t quarters, const struct severity_limits *limits)
{
	enum severity_band b = BAND_LOW;

	while (b + 1 < BANDS && quarters >= limits->band[b + 1])
		b++;
	return b;
}

static bool is_near(int64_t quarters, const struct severity_limits *limits)
{
	for (int b = BAND_MEDIUM; b < BANDS; b++) {
		int64_t away = quarters >= limits->band[b] ? quarters - limits->band[b] : limits->band[b] - quarters;

		if (away <= limits->near)
			return true;
	}
	return false;
}

void severity_of(const struct said in[SEVERITY_INS], const enum data_class *weights, uint32_t n, int64_t people,
		 const struct severity_limits *limits, struct severity *ret)
{
	struct severity s = {
		.dpc = dpc_of(in, weights, n),
		.ei = range_of(&in[SEVERITY_IDENTIFICATION], 1, EI_MAX),
		.cb = cb_of(in),
		.many = people > limits->many_people,
		.unintelligible = in[SEVERITY_UNINTELLIGIBLE].said && in[SEVERITY_UNINTELLIGIBLE].value,
	};

	s.quarters = (struct range){ s.dpc.lo * s.ei.lo + s.cb.lo, s.dpc.hi * s.ei.hi + s.cb.hi };
	s.settled = s.quarters.lo == s.quarters.hi;
	s.band = band_of(s.quarters.hi, limits);
	s.least = band_of(s.quarters.lo, limits);
	s.near = s.settled && is_near(s.quarters.hi, limits);
	*ret = s;
}

void severity_quarters(struct buf *b, int64_t quarters)
{
	buf_printf(b, "%lld.%02lld", (long long)(quarters / 4), (long long)(quarters % 4 * 25));
}

int severity_parse_quarters(const char *text, int64_t *ret)
{
	static const struct { const char *text; int64_t quarters; } parts[] = {
		{ "", 0 }, { ".0", 0 }, { ".00", 0 }, { ".25", 1 }, { ".5", 2 }, { ".50", 2 }, { ".75", 3 },
	};

	if (text[0] < '0' || text[0] > '9')
		return -ERR_USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (!strcmp(text + 1, parts[i].text)) {
			*ret = (int64_t)(text[0] - '0') * 4 + parts[i].quarters;
			return 0;
		}
	return -ERR_USAGE;
}
