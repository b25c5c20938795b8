#include "cli/report_file.h"
#include "base/digest.h"
#include "base/fs.h"
#include <string.h>

/* Editors end lines their own way, and cut spaces off. */
static size_t line_of(const char *s, size_t *ret_bare)
{
	size_t n = strcspn(s, "\n"), bare = n;

	while (bare && strchr(" \t\r", s[bare - 1]))
		bare--;
	*ret_bare = bare;
	return n + (s[n] == '\n');
}

static uint32_t first_difference(const char *got, const char *want)
{
	for (uint32_t line = 1; *got || *want; line++) {
		size_t a, b, next_a = line_of(got, &a), next_b = line_of(want, &b);

		if (a != b || memcmp(got, want, a) != 0)
			return line;
		got += next_a;
		want += next_b;
	}
	return 0;
}

static int check_origin(struct journal *j, int64_t incident, const struct report_file *f, struct err *e)
{
	struct journal_head anchor = { .seq = f->hands.row };
	int64_t rows;
	int r;

	if (f->hands.incident != incident)
		return err_set(e, ERR_CONFIG, "'%s' is a draft of incident %lld, not of %lld. Nothing was written over "
			       "it", f->path, (long long)f->hands.incident, (long long)incident);
	memcpy(anchor.mac, f->hands.head, sizeof(anchor.mac));
	r = journal_verify(j, &anchor, &rows, e);
	return r < 0 ? err_wrap(e, "'%s' was drafted from another journal than this", f->path) : 0;
}

int report_file_open(struct journal *j, int64_t incident, const char *path, const struct law *law,
		     struct report_file *ret, struct err *e)
{
	_cleanup_(report_file_close) struct report_file f = { .path = path, .text = BUF_INIT(DRAFT_MAX) };
	_cleanup_(buf_free) struct buf again = BUF_INIT(DRAFT_MAX);
	int r = fs_read(path, &f.text, e);

	if (r == 0)
		r = hands_read(path, buf_text(&f.text), f.text.len, &f.hands, e);
	if (r == 0)
		r = check_origin(j, incident, &f, e);
	if (r == 0)
		r = report_load_until(j, incident, f.hands.row, &f.report, e);
	if (r < 0)
		return r;
	memcpy(f.report->head.mac, f.hands.head, sizeof(f.hands.head));
	f.report->law = law;
	report_draft(f.report, &f.hands, &again);
	f.outside = first_difference(buf_text(&f.text), buf_text(&again));
	digest_sha256_hex(f.text.data, f.text.len, f.sha256);
	*ret = f;
	f = (struct report_file){ 0 };
	return 0;
}

void report_file_close(struct report_file *f)
{
	buf_free(&f->text);
	hands_free(&f->hands);
	f->report = report_free(f->report);
}

int report_file_whole(const struct report_file *f, struct err *e)
{
	if (!f->outside)
		return 0;
	return err_set(e, ERR_REFUSED, "%s:%u:1: this stands outside of the marks and is not what the journal says "
		       "(or the rules of notification have changed since). Write between the marks, in any section; "
		       "`firebreak report %lld --output FILE --discard` gives up what stands outside", f->path,
		       f->outside, (long long)f->report->incident->number);
}
