/* A folder or a working tree as it lies, or one file. Each thread goes through all folders and reads its own files. */
#include "scanner/scanner.h"
#include "base/mem.h"
#include "scan/tree.h"

struct reading { struct matcher *m; struct text text; };

static int see(const struct tree_file *f, void *arg)
{
	struct reading *r = arg;
	struct err e = ERR_INIT;
	int x = 0;

	r->text.file = f->path;
	if (f->offset == 0 && !f->more) {
		x = matcher_scan(r->m, f->bytes, f->len, tell_match, &r->text, &e);
	} else {
		if (f->offset == 0)
			matcher_begin(r->m);
		matcher_feed(r->m, f->bytes, f->len);
		if (!f->more)
			x = matcher_end(r->m, tell_match, &r->text, &e);
	}
	if (x < 0)
		tell_unread(r->text.s, UNREAD_LARGE, NULL, f->path, e.text);
	tell_bytes(r->text.s, f->len);
	if (!f->more)
		tell_text(&r->text);
	return 0;
}

static int read_part(struct scanner *s, size_t k, void *arg, struct err *e)
{
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	const struct tree_at at = { .name = "", .folder = arg, .lies = json_is(s->job->body, "tree"),
		.file_max = SCANNER_PIECE, .pieces = true, .part = k, .parts = s->n };
	struct reading r = { .m = s->matchers[k], .text = { .s = s } };
	int x = tree_read(&at, see, &r, &gaps, e);

	for (size_t i = 0; i < gaps.n; i++)
		tell_unread(s, gaps.list[i].kind, NULL, gaps.list[i].file, gaps.list[i].why);
	if (gaps.more) {
		pthread_mutex_lock(&s->lock);
		s->unread_more += gaps.more;
		pthread_mutex_unlock(&s->lock);
	}
	return x;
}

int scanner_folder(struct scanner *s, struct err *e)
{
	union { const char *given; void *arg; } folder = { .given = json_str(s->job->body, "folder") };
	int r = folder.given ? scanner_prepare(s, e) : err_set(e, ERR_CONFIG, "job: \"folder\" is missing");

	return r < 0 ? r : scanner_threads(s, read_part, folder.arg, e);
}
