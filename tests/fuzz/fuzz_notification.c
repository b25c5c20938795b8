/*
 * Any file of rules of notification: no crash, no leak. What is refused is refused with a place and changes nothing;
 * what is taken is within its limits, and a clock, a severity and a ladder come out of it for any incident. A byte 0x1e
 * begins the next file.
 */
#include "fuzz.h"
#include "base/text.h"
#include "model/law_state.h"
#include <string.h>

#define FILES 3
#define NOW INT64_C(1795521600000000)

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void law_holds(const struct law *l)
{
	must(l->n_regimes <= LAW_REGIMES_MAX && l->n_authorities <= LAW_AUTHORITIES_MAX && l->n_rungs <= LAW_RUNGS_MAX);
	for (uint32_t i = 0; i < l->n_regimes; i++) {
		const struct regime *r = &l->regimes[i];

		must(r->hours >= 1 && r->hours <= LAW_HOURS_MAX && r->loud[0] >= 1 && r->loud[0] < r->loud[1] &&
		     r->loud[1] < r->loud[2] && r->loud[2] <= 99);
	}
	must(l->severity.band[BAND_MEDIUM] <= l->severity.band[BAND_HIGH] && l->people_from < BANDS);
}

static void state_holds(const struct law *l)
{
	static const char *const rows[] = {
		"{\"because\":\"x\",\"members\":[{\"kind\":\"data\",\"name\":\"d\"}],"
		"\"data\":[{\"name\":\"d\",\"people\":5}]}",
		"{\"because\":\"x\",\"suspected_us\":1795000000000000,\"mode\":\"planned\"}",
	};

	for (size_t k = 0; k < 2; k++) {
		_cleanup_(incident_freep) struct incident *i = incident_new(1);
		_cleanup_(law_state_free) struct law_state s = { 0 };
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 20);

		must(incident_add(i, &(struct row){ .seq = 1, .at_us = NOW, .kind = ROW_DECLARED, .incident = 1,
				  .who = "a", .body = rows[k] }, NULL) == 0);
		law_state_of(i, l, NOW + 1, &s);
		for (uint32_t a = 0; a < l->n_authorities; a++) {
			must(s.deadlines[a].state < DEADLINE_STATES);
			deadline_words(&s.deadlines[a], &b);
			deadline_short(&s.deadlines[a], &b);
		}
		must(law_state_first(&s)->authority != NULL);
		must(s.severity.quarters.hi <= 24 && s.severity.band < BANDS);
		severity_words(&s.severity, &b);
		must(text_is_utf8(buf_text(&b), b.len));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[FILES] = { "a.yaml", "b.yaml", "c.yaml" };
	struct law law = { 0 };
	const char *at = (const char *)data, *end = at + size;

	for (int i = 0; i < FILES; i++) {
		const char *next = size ? memchr(at, 0x1e, (size_t)(end - at)) : NULL;
		struct source file = { names[i], at, (size_t)((next ? next : end) - at) };
		struct law before = law;
		struct err e = ERR_INIT;

		if (law_add(&law, &file, NULL, &e) < 0) {
			must(e.code == ERR_CONFIG && text_starts(e.text, names[i]) && e.text[strlen(names[i])] == ':');
			must(law.n_regimes == before.n_regimes && law.n_rungs == before.n_rungs);
			break;
		}
		law_holds(&law);
		if (law_check(&law, NULL) == 0)
			state_holds(&law);
		if (!next)
			break;
		at = next + 1;
	}
	law_free(&law);
	return 0;
}
