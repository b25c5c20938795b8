#include "notify/mailing_source.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "notify/address.h"
#include "notify/csv.h"
#include "notify/mailing.h"
#include <string.h>
#include <strings.h>

static const char *const usual[] = { "mail", "email", "e-mail", "address" };

/* The same tags as in a ledger, so that a dry run counts as a real one does. */
static bool is_new(const struct source_to *to, const char *address, size_t len)
{
	_cleanup_(buf_free) struct buf hex = BUF_INIT(2 * LEDGER_TAG_LEN);
	uint8_t tag[LEDGER_TAG_LEN];

	mailing_tag(to->key, address, len, tag);
	text_hex(&hex, tag, sizeof(tag));
	return map_put(to->seen, arena_dup(to->arena, buf_text(&hex)), 1);
}

static int put(const struct source_to *to, const char *address, size_t len, struct source_sum *sum, struct err *e)
{
	bool fresh = true;
	int r = 0;

	if (to->ledger)
		r = mailing_add(to->ledger, to->key, to->seal, to->context, address, len, &fresh, e);
	else
		fresh = is_new(to, address, len);
	sum->added += r == 0 && fresh;
	sum->again += r == 0 && !fresh;
	return r;
}

int source_take(const struct source_to *to, const char *address, size_t len, struct source_sum *sum, struct err *e)
{
	sum->rows++;
	if (mail_address_wrong(address, len, NULL)) {
		sum->unfit++;
		return 0;
	}
	return put(to, address, len, sum, e);
}

static int find_column(const struct csv *c, const char *column, size_t *ret, struct err *e)
{
	for (size_t k = 0; k < c->n; k++)
		for (size_t i = 0; i < (column ? 1 : ARRAY_SIZE(usual)); i++)
			if (!(column ? strcmp(c->field[k].s, column) : strcasecmp(c->field[k].s, usual[i]))) {
				*ret = k;
				return 0;
			}
	if (column)
		return err_set(e, ERR_CONFIG, "%s:%u:1: the header has no column '%.100s'", c->name, c->field[0].line,
			       column);
	return err_set(e, ERR_CONFIG, "%s:%u:1: the header has no column called mail, email, e-mail or address: name "
		       "the one with the addresses with --column", c->name, c->field[0].line);
}

/* A mistake is kept, and reading goes on for the others. */
static int field(const struct source_to *to, const struct csv *c, size_t k, struct strv *problems,
		 struct source_sum *sum, struct err *e)
{
	const struct csv_field *f = &c->field[k];
	size_t at = 0;
	const char *wrong = f->len ? mail_address_wrong(f->s, f->len, &at) : NULL;

	if (++sum->rows > LEDGER_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %u rows: at most that many are taken", c->name, LEDGER_MAX);
	if (wrong) {
		sum->unfit++;
		if (problems->n < SOURCE_PROBLEMS)
			strv_addf(problems, "%s:%u:%zu: %s", c->name, f->line, f->col + at, wrong);
		return 0;
	}
	sum->without += !f->len;
	if (!f->len)
		return 0;
	int r = to->tell ? to->tell(f->s, f->len, to->arg) : 0;

	return r < 0 ? r : put(to, f->s, f->len, sum, e);
}

static int read_rows(const struct source_to *to, struct csv *c, const char *column, struct strv *problems,
		     struct source_sum *sum, struct err *e)
{
	size_t k = 0;
	int r = csv_row(c, e);

	if (r == 0)
		return err_set(e, ERR_CONFIG, "%s: the file is empty: a header row is expected", c->name);
	if (r > 0)
		r = find_column(c, column, &k, e);
	while (r >= 0 && (r = csv_row(c, e)) > 0)
		r = field(to, c, k, problems, sum, e);
	if (r == 0 && sum->unfit)
		return err_set(e, ERR_CONFIG, "%s", problems->s[0]);
	return r;
}

int source_csv(const struct source_to *to, const char *file, const char *column, struct strv *problems,
	       struct source_sum *sum, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(CSV_FILE_MAX);
	_cleanup_(csv_close) struct csv c;
	int r;

	csv_open(&c, file, "", 0);
	r = fs_read(file, &text, e);
	if (r < 0)
		return r;
	csv_open(&c, file, buf_text(&text), text.len);
	return read_rows(to, &c, column, problems, sum, e);
}
