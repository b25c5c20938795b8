/* What an answer of the mailer makes of each recipient: sent, refused, deferred with pauses that grow, or not known. */
#include "base/box.h"
#include "base/fs.h"
#include "base/mem.h"
#include "notify/mailing_parts.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#define PEOPLE 6u
#define NOW INT64_C(1000000000000)

static char folder[64];
static const struct digest_key tags = { { 3 } };

struct world {
	struct box *seal;
	struct mailing_options o;
	struct run r;
	struct lane *lane;
	struct ledger_row rows[PEOPLE];
};

static int make_folder(void **state _unused_)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/firebreak-mailing.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static void begin(struct world *w)
{
	_cleanup_(secret_freep) struct secret *key = NULL;

	*w = (struct world){ .o = { .way = { .from = "team@example.org" }, .context = "ctx", .at_once = 1,
				    .retry_s = 60 } };
	assert_int_equal(box_key_random(&key, NULL), 0);
	assert_int_equal(box_begin(key, &w->seal, NULL), 0);
	w->o.seal = w->seal;
	w->r = (struct run){ .o = &w->o, .why = ERR_INIT };
	w->lane = &w->r.lane[0];
	assert_int_equal(ledger_open(folder, 1, true, &w->r.l, NULL, NULL), 0);
	assert_int_equal(ledger_begin(w->r.l, NULL), 0);
	assert_int_equal(ledger_set_mailing(w->r.l, &(struct ledger_mailing){ "h", "Subject", "Body\n", "k", 5 }, NULL),
			 0);
	for (char c = 'a'; c < (char)('a' + PEOPLE); c++) {
		char address[] = { c, '@', 'x', '.', 'o', 'r', 'g', '\0' };
		bool fresh = false;

		assert_int_equal(mailing_add(w->r.l, &tags, w->seal, "ctx", address, strlen(address), &fresh, NULL), 0);
	}
	assert_int_equal(ledger_keep(w->r.l, NULL), 0);
	assert_int_equal(ledger_count(w->r.l, &w->r.counts, NULL), 0);
}

static void end(struct world *w)
{
	json_decref(w->lane->line);
	json_decref(w->lane->answer);
	ledger_close(w->r.l);
	box_end(w->seal);
	*w = (struct world){ 0 };
}

/* All that are due then; they are under way. */
static void take(struct world *w, int64_t now_us, uint32_t want)
{
	assert_int_equal(ledger_begin(w->r.l, NULL), 0);
	assert_int_equal(batch_take(&w->r, w->lane, SMTP_TO_MAX, now_us, NULL), 0);
	assert_int_equal(ledger_keep(w->r.l, NULL), 0);
	assert_int_equal(w->lane->n, want);
	assert_int_equal(json_array_size(json_object_get(w->lane->line, "to")), want);
	json_decref(TAKE(w->lane->line));
}

static int one_row(const struct ledger_row *row, void *arg)
{
	struct ledger_row *to = arg;

	to[row->n - 1] = *row;
	return 0;
}

/* codes: of each recipient, in the order they stand. */
static void settle(struct world *w, const char *answer, const int *codes, int64_t now_us)
{
	json_t *to = json_array(), *replies = json_array();

	assert_int_equal(json_read("answer", answer, strlen(answer), 4000, &w->lane->answer, NULL), 0);
	for (uint32_t i = 0; i < w->lane->n; i++) {
		json_array_append_new(replies, json_pack("[is]", codes[i], "text"));
		json_array_append_new(to, json_integer(i));
	}
	json_object_set_new(w->lane->answer, "to", to);
	json_object_set_new(w->lane->answer, "replies", replies);
	assert_int_equal(ledger_begin(w->r.l, NULL), 0);
	assert_int_equal(batch_settle(&w->r, w->lane, now_us, NULL), 0);
	assert_int_equal(ledger_keep(w->r.l, NULL), 0);
	json_decref(w->lane->answer);
	w->lane->answer = NULL;
	assert_int_equal(ledger_each(w->r.l, LEDGER_STATES, one_row, w->rows, NULL), 0);
}

static const struct {
	const char *answer;
	int codes[PEOPLE];
	const char *want;              /* a letter for each state; a capital one: that try counts */
	enum err_code halt;
} cases[] = {
	{ "{\"state\":\"offered\",\"message\":[250,\"ok\"]}", { 250, 250, 550, 450, 251, 553 }, "SSRDSR", ERR_NONE },
	/* the server takes no more for this message: the others are for the next one, and that is no try */
	{ "{\"state\":\"offered\",\"message\":[250,\"ok\"]}", { 250, 452, 452, 552, 550, 250 }, "SpppRS", ERR_NONE },
	/* without one that it took it is a full disk, or an older word for it: later */
	{ "{\"state\":\"not offered\",\"message\":[0,\"\"]}", { 452, 552, 550, 450, 550, 552 }, "DDRDRD", ERR_NONE },
	/* what is said of the message is said of those whom it had accepted */
	{ "{\"state\":\"offered\",\"message\":[451,\"later\"]}", { 250, 550, 250, 450, 250, 250 }, "DRDDDD", ERR_NONE },
	/* not this message: nobody else is tried, and those whom it had accepted wait for a person */
	{ "{\"state\":\"offered\",\"message\":[554,\"spam\"]}", { 250, 550, 250, 450, 250, 250 }, "pRpDpp",
	  ERR_REFUSED },
	/* behind the last line: of those whom it had accepted nobody knows */
	{ "{\"state\":\"unknown\",\"message\":[0,\"\"],\"error\":\"net\",\"text\":\"x\"}",
	  { 250, 550, 250, 450, 250, 250 }, "URUDUU", ERR_NONE },
	/* before it: nobody has it */
	{ "{\"state\":\"broken\",\"message\":[0,\"\"],\"error\":\"net\",\"text\":\"x\"}",
	  { 250, 0, 0, 0, 0, 0 }, "pppppp", ERR_NONE },
	{ "{\"state\":\"broken\",\"message\":[0,\"\"],\"error\":\"auth\",\"text\":\"x\"}",
	  { 0, 0, 0, 0, 0, 0 }, "pppppp", ERR_AUTH },
};

static void each_has_what_was_answered(void **state _unused_)
{
	static const char letters[LEDGER_STATES][2] = { "pP", "i!", "sS", "rR", "dD", "uU" };

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct world w;
		char got[PEOPLE + 1] = "";

		make_folder(NULL);
		begin(&w);
		take(&w, NOW, PEOPLE);
		settle(&w, cases[k].answer, cases[k].codes, NOW);
		for (uint32_t i = 0; i < PEOPLE; i++)
			got[i] = letters[w.rows[i].state][w.rows[i].tries > 0];
		assert_string_equal(got, cases[k].want);
		assert_int_equal(w.r.result, cases[k].halt ? -(int)cases[k].halt : 0);
		assert_int_equal(w.r.stop, cases[k].halt != ERR_NONE);
		assert_int_equal(w.r.counts.of[LEDGER_SENDING], 0);
		end(&w);
		remove_folder(NULL);
	}
}

static void a_mailer_that_is_gone_leaves_what_it_has_said(void **state _unused_)
{
	struct world w;

	begin(&w);
	for (int offering = 0; offering < 2; offering++) {
		take(&w, NOW + offering, PEOPLE);
		w.lane->offering = offering;
		assert_int_equal(ledger_begin(w.r.l, NULL), 0);
		assert_int_equal(batch_settle(&w.r, w.lane, NOW, NULL), 0);
		assert_int_equal(ledger_keep(w.r.l, NULL), 0);
		assert_int_equal(ledger_each(w.r.l, LEDGER_STATES, one_row, w.rows, NULL), 0);
		for (uint32_t i = 0; i < PEOPLE; i++)
			assert_int_equal(w.rows[i].state, offering ? LEDGER_UNKNOWN : LEDGER_PLANNED);
	}
	end(&w);
}

static void pauses_grow_up_to_an_hour_and_have_an_end(void **state _unused_)
{
	static const int64_t pauses_s[] = { 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600, 3600 };
	static const int codes[PEOPLE] = { 450, 450, 450, 450, 450, 450 };
	static const char answer[] = "{\"state\":\"not offered\",\"message\":[0,\"\"]}";
	int64_t now_us = NOW;
	struct world w;

	_Static_assert(ARRAY_SIZE(pauses_s) + 1 == MAILING_TRIES_MAX, "one pause less than tries");
	begin(&w);
	for (size_t k = 0; k < ARRAY_SIZE(pauses_s); k++) {
		take(&w, now_us, PEOPLE);
		settle(&w, answer, codes, now_us);
		for (uint32_t i = 0; i < PEOPLE; i++) {
			assert_int_equal(w.rows[i].state, LEDGER_DEFERRED);
			assert_int_equal(w.rows[i].due_us, now_us + pauses_s[k] * 1000000);
			assert_int_equal(w.rows[i].tries, k + 1);
			assert_int_equal(w.rows[i].code, 450);
		}
		/* not a moment earlier */
		now_us += pauses_s[k] * 1000000;
		assert_int_equal(ledger_begin(w.r.l, NULL), 0);
		assert_int_equal(batch_take(&w.r, w.lane, SMTP_TO_MAX, now_us - 1, NULL), 0);
		assert_int_equal(w.lane->n, 0);
		ledger_drop(w.r.l);
	}
	take(&w, now_us, PEOPLE);
	settle(&w, answer, codes, now_us);
	for (uint32_t i = 0; i < PEOPLE; i++)
		assert_int_equal(w.rows[i].state, LEDGER_REFUSED);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_what_was_answered),
		cmocka_unit_test_setup_teardown(a_mailer_that_is_gone_leaves_what_it_has_said, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(pauses_grow_up_to_an_hour_and_have_an_end, make_folder, remove_folder),
	};

	return secret_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
