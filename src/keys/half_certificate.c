/* A certificate as its issuer gave it: with its chain, or alone where it stood alone. */
#include "keys/certificate.h"
#include "keys/entry.h"
#include "keys/half.h"
#include <string.h>

static int check(const struct half_work *w, const char *text, struct certificate *c, struct err *e)
{
	int r = certificate_read(text, strlen(text), c, e);

	if (r < 0)
		return err_wrap(e, "what the issuer gave");
	return strcmp(c->spki_sha256, w->new->sha256) == 0 ? 0
		: err_set(e, ERR_CONFLICT, "what the issuer gave is not for the new key: nothing was written");
}

/* Without the option: as the file has it, and the whole chain where there is no certificate yet. */
static int wants_chain(const struct half_work *w, const struct half_file *f, bool *ret, struct err *e)
{
	const char *said = half_option(w, "chain");
	struct certificate old = { .names = STRV_INIT };
	struct err ignored = ERR_INIT;

	if (said && strcmp(said, "yes") != 0 && strcmp(said, "no") != 0)
		return err_set(e, ERR_CONFIG, "option 'chain' is '%.20s', expected yes or no", said);
	*ret = said ? !strcmp(said, "yes") : true;
	if (!said && certificate_read(f->text, f->len, &old, &ignored) == 0)
		*ret = old.chain > 1;
	certificate_clear(&old);
	return 0;
}

static int publish(const struct half_work *w, struct half_said *ret, struct err *e)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	_cleanup_(buf_free) struct buf text = BUF_INIT(CERTIFICATE_TEXT_MAX);
	const char *given = json_str(w->issued, "certificate");
	const struct half_file *f = &w->files[0];
	bool chain;

	if (!given)
		return err_set(e, ERR_CONFIG, "no issuer has given a certificate for the new key yet");
	int r = check(w, given, &c, e);
	if (r == 0)
		r = wants_chain(w, f, &chain, e);
	if (r == 0)
		r = certificate_write(given, strlen(given), !chain, &text, e);
	if (r < 0)
		return r;
	(void)snprintf(ret->text, sizeof(ret->text), "'%.100s' holds certificate %s of the new key", f->path, c.serial);
	if (w->n > 1)
		r = entry_restore(w->files[1].path, w->files[1].text, w->files[1].len, half_option(w, "entry"),
				  w->files[1].ret, e);
	if (r < 0)
		return r;
	if (!f->absent && text.len == f->len && !memcmp(text.data, f->text, f->len))
		return 0;
	return buf_add(f->ret, text.data, text.len);
}

/* One of the new key stays: somebody was faster, and what is done behind this looks at what is served. */
static int take_away(const struct half_work *w, struct half_file *f, struct half_said *ret, struct err *e)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };

	if (f->absent) {
		(void)snprintf(ret->text, sizeof(ret->text), "'%.100s' is gone", f->path);
		return 0;
	}
	int r = certificate_read(f->text, f->len, &c, e);
	if (r < 0)
		return err_wrap(e, "'%s'", f->path);
	if (!strcmp(c.spki_sha256, w->new->sha256)) {
		(void)snprintf(ret->text, sizeof(ret->text), "'%.100s' holds a certificate of the new key, and stays",
			       f->path);
		return 0;
	}
	if (strcmp(c.spki_sha256, w->old->sha256) != 0)
		return err_set(e, ERR_CONFLICT, "'%s' holds a certificate of a key that is neither old nor new: "
			       "somebody else changed it, so it was left there", f->path);
	f->remove = true;
	(void)snprintf(ret->text, sizeof(ret->text), "'%.100s' is taken away (certificate %s)", f->path, c.serial);
	return 0;
}

static int pull(const struct half_work *w, struct half_said *ret, struct err *e)
{
	struct half_file *list = w->n > 1 ? &w->files[1] : NULL;
	int r = take_away(w, &w->files[0], ret, e);

	if (r < 0 || !list || (!w->files[0].absent && !w->files[0].remove))
		return r;
	r = entry_pull(list->path, list->text, list->len, half_option(w, "entry"), list->ret, e);
	if (r == 0)
		(void)snprintf(ret->text + strlen(ret->text), sizeof(ret->text) - strlen(ret->text),
			       ", and entry '%.80s' of '%.80s' is a comment", half_option(w, "entry"), list->path);
	return r;
}

static int is_of(const char *text, size_t len, const struct public_key *key, bool *ret, struct err *e)
{
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	int r = certificate_read(text, len, &c, e);

	if (r == 0)
		*ret = !strcmp(c.spki_sha256, key->sha256);
	return r;
}

const struct half_writer half_certificate = {
	.name = "certificate", .publish = publish, .pull = pull, .is_of = is_of,
};
