/* A certificate as its issuer gave it: with its chain, or alone where it stood alone. */
#include "keys/certificate.h"
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
	if (text.len == f->len && !memcmp(text.data, f->text, f->len))
		return 0;
	return buf_add(f->ret, text.data, text.len);
}

const struct half_writer half_certificate = { .name = "certificate", .publish = publish };
