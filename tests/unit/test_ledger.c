/* The ledger of a mailing: what is on disk, what becomes of an intent that nothing followed, and sealed addresses. */
#include "base/box.h"
#include "base/fs.h"
#include "base/mem.h"
#include "notify/mailing.h"
#include "store/ledger.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static const struct digest_key tags = { { 3 } };

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/firebreak-ledger.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return fs_remove_tree(folder, NULL);
}

static struct box *new_box(void)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	struct box *b = NULL;

	assert_int_equal(box_key_random(&key, NULL), 0);
	assert_int_equal(box_begin(key, &b, NULL), 0);
	return b;
}

static struct ledger *open_it(int64_t *ret_lost)
{
	struct ledger *l = NULL;
	struct err e = ERR_INIT;

	if (ledger_open(folder, 1, true, &l, ret_lost, &e) < 0)
		fail_msg("%s", e.text);
	return l;
}

static void enter(struct ledger *l, struct box *b, const char *address, bool fresh)
{
	bool is_new = !fresh;

	assert_int_equal(mailing_add(l, &tags, b, "ctx", address, strlen(address), &is_new, NULL), 0);
	assert_int_equal(is_new, fresh);
}

static int one_row(const struct ledger_row *row, void *arg)
{
	struct ledger_row *to = arg;

	to[row->n - 1] = *row;
	to[row->n - 1].said = to[row->n - 1].message = NULL;
	return 0;
}

static void intend(struct ledger *l, int64_t n)
{
	int64_t batch = 0;

	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_batch(l, "id@example.org", 2000, &batch, NULL), 0);
	assert_int_equal(ledger_intend(l, (struct ledger_span){ n, n }, batch, 2000, NULL), 0);
	assert_int_equal(ledger_keep(l, NULL), 0);
}

static void settle(struct ledger *l, int64_t n, enum ledger_state to, int64_t due_us)
{
	const struct ledger_outcome o = { .state = to, .code = 250, .said = "Ok", .due_us = due_us, .tried = true };

	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_settle(l, (struct ledger_span){ n, n }, &o, 3000, NULL), 0);
	assert_int_equal(ledger_keep(l, NULL), 0);
}

static void from_planned_to_the_end(void **state)
{
	struct box *b = new_box();
	struct ledger *l = open_it(NULL), *second = NULL;
	struct ledger_row rows[4] = { { 0 } };
	struct ledger_counts n;
	int64_t lost = -1, next = 0, decided = 0;
	struct err e = ERR_INIT;

	assert_null(ledger_mailing(l));
	assert_int_equal(ledger_open(folder, 1, true, &second, NULL, &e), -ERR_CONFLICT);
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_set_mailing(l, &(struct ledger_mailing){ "h", "s", "b", "k", 5 }, NULL), 0);
	enter(l, b, "a@example.net", true);
	enter(l, b, "b@example.net", true);
	enter(l, b, "b@EXAMPLE.net", false);
	enter(l, b, "c@example.net", true);
	enter(l, b, "d@example.net", true);
	assert_int_equal(ledger_keep(l, NULL), 0);
	/* what was not kept is not there */
	assert_int_equal(ledger_begin(l, NULL), 0);
	enter(l, b, "x@example.net", true);
	ledger_drop(l);
	assert_int_equal(ledger_count(l, &n, NULL), 0);
	assert_int_equal(n.of[LEDGER_PLANNED], 4);
	intend(l, 1);
	intend(l, 2);
	intend(l, 3);
	settle(l, 1, LEDGER_SENT, 0);
	settle(l, 3, LEDGER_DEFERRED, 9000);
	/* a row that nobody intends to send is not settled */
	settle(l, 4, LEDGER_SENT, 0);
	assert_int_equal(ledger_due(l, 8999, 10, one_row, rows, NULL), 0);
	assert_int_equal(rows[3].n, 4);
	assert_int_equal(rows[2].n, 0);
	assert_int_equal(ledger_due(l, 9000, 10, one_row, rows, NULL), 0);
	assert_int_equal(rows[2].n, 3);
	assert_int_equal(rows[2].tries, 1);
	ledger_close(l);

	/* the program is gone; number 2 was intended */
	l = open_it(&lost);
	assert_int_equal(lost, 1);
	assert_string_equal(ledger_mailing(l)->text_sha256, "h");
	assert_int_equal(ledger_each(l, LEDGER_STATES, one_row, rows, NULL), 0);
	assert_int_equal(rows[0].state, LEDGER_SENT);
	assert_int_equal(rows[1].state, LEDGER_UNKNOWN);
	assert_int_equal(rows[3].state, LEDGER_PLANNED);
	memset(rows, 0, sizeof(rows));
	assert_int_equal(ledger_due(l, 100000, 10, one_row, rows, NULL), 0);
	assert_int_equal(rows[1].n, 0);
	assert_int_equal(ledger_next_due(l, &next, NULL), 0);
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_decide(l, LEDGER_PLANNED, 4000, &decided, NULL), 0);
	assert_int_equal(ledger_keep(l, NULL), 0);
	assert_int_equal(decided, 1);
	assert_int_equal(ledger_due(l, 100000, 10, one_row, rows, NULL), 0);
	assert_int_equal(rows[1].n, 2);
	ledger_close(l);
	l = open_it(&lost);
	assert_int_equal(lost, 0);
	ledger_close(l);
	box_end(b);
	(void)state;
}

static int64_t due(struct ledger *l, int64_t now_us, uint32_t max, int64_t ret[8])
{
	struct ledger_row rows[8] = { { 0 } };
	int64_t n = 0;

	assert_int_equal(ledger_due(l, now_us, max, one_row, rows, NULL), 0);
	for (size_t i = 0; i < 8; i++)
		if (rows[i].n)
			ret[n++] = rows[i].n;
	return n;
}

static void who_is_planned_again_is_found_again(void **state)
{
	static const char *const people[] = { "a@x.org", "b@x.org", "c@x.org", "d@x.org", "e@x.org", "f@x.org" };
	struct box *b = new_box();
	struct ledger *l = open_it(NULL);
	int64_t batch = 0, n[8];
	struct ledger_counts counts;

	assert_int_equal(ledger_begin(l, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(people); i++)
		enter(l, b, people[i], true);
	assert_int_equal(ledger_keep(l, NULL), 0);

	/* several rows at once, and only those that are asked for */
	assert_int_equal(due(l, 0, 4, n), 4);
	assert_int_equal(n[3], 4);
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_batch(l, "id@example.org", 2000, &batch, NULL), 0);
	assert_int_equal(ledger_intend(l, (struct ledger_span){ 1, 4 }, batch, 2000, NULL), 0);
	assert_int_equal(ledger_keep(l, NULL), 0);
	assert_int_equal(due(l, 0, 8, n), 2);
	assert_int_equal(n[0], 5);

	/* a span with one that is under way already, or that is not there, is no intent */
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_intend(l, (struct ledger_span){ 4, 5 }, batch, 2000, NULL), -ERR_BUG);
	ledger_drop(l);
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_intend(l, (struct ledger_span){ 6, 7 }, batch, 2000, NULL), -ERR_BUG);
	ledger_drop(l);
	assert_int_equal(due(l, 0, 8, n), 2);

	/* the relay was away: in front of those that were never tried, with what it had cost */
	const struct ledger_outcome back = { .state = LEDGER_PLANNED, .tried = true };

	intend(l, 5);
	intend(l, 6);
	assert_int_equal(due(l, 0, 8, n), 0);
	assert_int_equal(ledger_begin(l, NULL), 0);
	assert_int_equal(ledger_settle(l, (struct ledger_span){ 2, 3 }, &back, 3000, NULL), 0);
	assert_int_equal(ledger_keep(l, NULL), 0);
	assert_int_equal(due(l, 0, 8, n), 2);
	assert_int_equal(n[0], 2);
	assert_int_equal(n[1], 3);

	/* deferred ones follow, the one that waits longest first, and fill what room there is */
	settle(l, 1, LEDGER_DEFERRED, 9000);
	settle(l, 6, LEDGER_DEFERRED, 8000);
	assert_int_equal(due(l, 8999, 8, n), 3);
	assert_int_equal(n[2], 6);
	assert_int_equal(due(l, 9000, 3, n), 3);
	assert_int_equal(n[2], 6);
	assert_int_equal(due(l, 9000, 8, n), 4);
	intend(l, 6);
	assert_int_equal(due(l, 9000, 8, n), 3);

	/* one more joins behind all of them */
	assert_int_equal(ledger_begin(l, NULL), 0);
	enter(l, b, "g@x.org", true);
	assert_int_equal(ledger_keep(l, NULL), 0);
	assert_int_equal(due(l, 9000, 8, n), 4);
	assert_int_equal(ledger_count(l, &counts, NULL), 0);
	assert_int_equal(counts.all, 7);
	assert_int_equal(counts.of[LEDGER_PLANNED], 3);
	assert_int_equal(counts.of[LEDGER_SENDING], 3);
	assert_int_equal(counts.of[LEDGER_DEFERRED], 1);
	ledger_close(l);
	box_end(b);
	(void)state;
}

static void no_nonce_comes_twice_and_any_length_fits(void **state)
{
	_cleanup_(secret_freep) struct secret *key = NULL;
	struct box *b[2] = { NULL, NULL };
	char seen[600][24];

	assert_int_equal(box_key_random(&key, NULL), 0);
	for (size_t k = 0; k < ARRAY_SIZE(b); k++)
		assert_int_equal(box_begin(key, &b[k], NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		_cleanup_(buf_free) struct buf one = BUF_INIT(100), back = BUF_INIT(100);

		assert_int_equal(box_seal(b[i % 2], "ctx", "same", 4, &one, NULL), 0);
		memcpy(seen[i], one.data, sizeof(seen[i]));
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(seen[k], seen[i], sizeof(seen[i]));
		/* what one has sealed the other opens */
		assert_int_equal(box_open(b[(i + 1) % 2], "ctx", one.data, one.len, &back, NULL), 0);
		assert_string_equal(buf_text(&back), "same");
	}
	for (size_t len = 0; len < 2000; len += 7) {
		_cleanup_(buf_free) struct buf one = BUF_INIT(3000), back = BUF_INIT(3000);
		char text[2000];

		memset(text, 'x', sizeof(text));
		assert_int_equal(box_seal(b[0], "ctx", text, len, &one, NULL), 0);
		assert_int_equal(one.len, len + BOX_MORE);
		assert_int_equal(box_open(b[1], "ctx", one.data, one.len, &back, NULL), 0);
		assert_int_equal(back.len, len);
		assert_memory_equal(buf_text(&back), text, len);
	}
	box_end(b[0]);
	box_end(b[1]);
	(void)state;
}

static int read_address(const struct ledger_row *row, void *arg)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(300);
	const struct box *const *boxes = arg;
	struct ledger_row moved = *row;
	uint8_t tag[LEDGER_TAG_LEN] = { 1 };

	assert_int_equal(mailing_address(row, boxes[0], "ctx", &b, NULL), 0);
	assert_string_equal(buf_text(&b), "a@example.net");
	assert_int_equal(mailing_address(row, boxes[0], "other", &b, NULL), -ERR_CONFIG);
	assert_int_equal(mailing_address(row, boxes[1], "ctx", &b, NULL), -ERR_CONFIG);
	moved.tag = tag;
	assert_int_equal(mailing_address(&moved, boxes[0], "ctx", &b, NULL), -ERR_CONFIG);
	moved = *row;
	moved.address_len = BOX_MORE - 1;
	assert_int_equal(mailing_address(&moved, boxes[0], "ctx", &b, NULL), -ERR_CONFIG);
	return 0;
}

static void an_address_is_sealed_to_its_row(void **state)
{
	struct box *boxes[2] = { new_box(), new_box() };
	struct ledger *l = open_it(NULL);

	assert_int_equal(ledger_begin(l, NULL), 0);
	enter(l, boxes[0], "a@example.net", true);
	assert_int_equal(ledger_keep(l, NULL), 0);
	assert_int_equal(ledger_each(l, LEDGER_STATES, read_address, boxes, NULL), 0);
	ledger_close(l);
	box_end(boxes[0]);
	box_end(boxes[1]);
	(void)state;
}

static void what_is_no_ledger_is_refused(void **state)
{
	char path[100];
	struct ledger *l = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(ledger_open(folder, 7, false, &l, NULL, &e), -ERR_USAGE);
	(void)snprintf(path, sizeof(path), "%s/mail-7.db", folder);
	assert_int_equal(fs_write_atomic(path, "this is no database, and long enough to be looked at", 52, 0600,
					 NULL), 0);
	assert_int_equal(ledger_open(folder, 7, true, &l, NULL, &e), -ERR_CONFIG);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(from_planned_to_the_end, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(who_is_planned_again_is_found_again, make_folder, remove_folder),
		cmocka_unit_test(no_nonce_comes_twice_and_any_length_fits),
		cmocka_unit_test_setup_teardown(an_address_is_sealed_to_its_row, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(what_is_no_ledger_is_refused, make_folder, remove_folder),
	};

	return secret_init(NULL) < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
