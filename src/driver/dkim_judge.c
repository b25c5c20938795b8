/* Signing and verifying as mail servers do it: libopendkim, with our own answer in the place of its resolver's. */
#include "driver/dkim.h"
#include "base/clock.h"
#include "base/mem.h"
#include <opendkim/dkim.h>
#include <string.h>
#include <strings.h>

#define HEADER_MAX 8192u
#define LEAST_BITS 512u        /* what some verifier may still take counts as taken */

static void library_clear(DKIM_LIB **l)
{
	if (*l)
		dkim_close(*l);
}

static void handle_clear(DKIM **d)
{
	if (*d)
		(void)dkim_free(*d);
}

/* libopendkim takes what it only reads as writable. */
static unsigned char *bytes_of(const char *s)
{
	union { const char *in; unsigned char *out; } u = { .in = s };

	return u.out;
}

static DKIM_LIB *library(unsigned int more, struct err *e)
{
	unsigned int flags = DKIM_LIBFLAGS_FIXCRLF | more, bits = LEAST_BITS;
	DKIM_LIB *l = dkim_init(NULL, NULL);

	if (!l) {
		(void)err_set(e, ERR_BUG, "libopendkim does not start");
		return NULL;
	}
	(void)dkim_options(l, DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof(flags));
	(void)dkim_options(l, DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof(bits));
	return l;
}

struct signing {
	DKIM_LIB *library;
	const char *domain, *selector;
	dkim_alg_t algorithm;
	DKIM *handle;
};

static int begin_signing(const char *bytes, size_t len _unused_, void *arg)
{
	struct signing *s = arg;
	DKIM_STAT stat = DKIM_STAT_OK;

	s->handle = dkim_sign(s->library, bytes_of("firebreak"), NULL, bytes_of(bytes), bytes_of(s->selector),
			      bytes_of(s->domain), DKIM_CANON_RELAXED, DKIM_CANON_SIMPLE, s->algorithm, -1, &stat);
	return s->handle && stat == DKIM_STAT_OK ? 0 : -1;
}

static void message_of(const char *domain, struct buf *ret)
{
	_cleanup_(buf_free) struct buf now = BUF_INIT(64);

	clock_format(&now, clock_now_us());
	(void)buf_printf(ret, "From: Firebreak <firebreak@%s>\r\nTo: probe@%s\r\nSubject: does it verify\r\nX-At: %s"
			 "\r\n\r\nThis message is never sent.\r\n", domain, domain, buf_text(&now));
}

/* 1: it bears no signature, which is known behind its headers. */
static int feed(DKIM *d, const char *message, size_t len)
{
	DKIM_STAT stat = dkim_chunk(d, bytes_of(message), len);

	if (stat == DKIM_STAT_OK)
		stat = dkim_chunk(d, NULL, 0);
	return stat == DKIM_STAT_OK ? 0 : stat == DKIM_STAT_NOSIG ? 1 : -1;
}

int dkim_judge_sign(const struct secret *key, const struct public_key *public, const char *domain, const char *selector,
		    struct buf *ret, struct err *e)
{
	_cleanup_(library_clear) DKIM_LIB *l = library(0, e);
	struct signing s = { .library = l, .domain = domain, .selector = selector,
			     .algorithm = public->type == KEY_ED25519 ? DKIM_SIGN_ED25519SHA256 : DKIM_SIGN_RSASHA256 };
	_cleanup_(buf_free) struct buf text = BUF_INIT(DKIM_MESSAGE_MAX);
	unsigned char header[HEADER_MAX] = "";

	if (!l)
		return -ERR_BUG;
	message_of(domain, &text);
	int r = secret_with(key, begin_signing, &s);
	_cleanup_(handle_clear) DKIM *d = s.handle;

	if (r < 0 || feed(d, text.data, text.len) != 0 || dkim_eom(d, NULL) != DKIM_STAT_OK ||
	    dkim_getsighdr(d, header, sizeof(header), strlen("DKIM-Signature: ")) != DKIM_STAT_OK)
		return err_set(e, ERR_CONFIG, "nothing can be signed with the key as selector '%s': %s", selector,
			       d && dkim_geterror(d) ? dkim_geterror(d) : "libopendkim does not take it");
	(void)buf_str(ret, "DKIM-Signature: ");
	/* the header is folded with bare line feeds where FIXCRLF is set */
	for (const char *c = (const char *)header; *c; c++) {
		if (*c == '\n' && (c == (const char *)header || c[-1] != '\r'))
			(void)buf_char(ret, '\r');
		(void)buf_char(ret, *c);
	}
	(void)buf_str(ret, "\r\n");
	(void)buf_add(ret, text.data, text.len);
	return ret->over ? err_set(e, ERR_LIMIT, "a signed message is too long") : 0;
}

struct asking { dkim_lookup *lookup; void *arg; };

static DKIM_CBSTAT on_lookup(DKIM *d, DKIM_SIGINFO *sig, unsigned char *buf, size_t len)
{
	const struct asking *a = dkim_get_user_context(d);
	const char *record = a->lookup(a->arg, (const char *)dkim_sig_getselector(sig),
				       (const char *)dkim_sig_getdomain(sig));

	if (!record)
		return DKIM_CBSTAT_NOTFOUND;
	if (strlen(record) >= len)
		return DKIM_CBSTAT_ERROR;
	memcpy(buf, record, strlen(record) + 1);
	return DKIM_CBSTAT_CONTINUE;
}

static void take(DKIM_SIGINFO *sig, struct dkim_signature *ret)
{
	unsigned int flags = dkim_sig_getflags(sig);
	DKIM_SIGERROR error = dkim_sig_geterror(sig);

	(void)snprintf(ret->selector, sizeof(ret->selector), "%s", (const char *)dkim_sig_getselector(sig));
	(void)snprintf(ret->domain, sizeof(ret->domain), "%s", (const char *)dkim_sig_getdomain(sig));
	ret->passed = (flags & DKIM_SIGFLAG_PASSED) && dkim_sig_getbh(sig) == DKIM_SIGBH_MATCH;
	(void)snprintf(ret->why, sizeof(ret->why), "%s", ret->passed ? "verifies" : dkim_sig_geterrorstr(error));
}

int dkim_judge_verify(const char *message, size_t len, dkim_lookup *lookup, void *arg, struct dkim_signature *ret,
		      size_t *ret_n, struct err *e)
{
	_cleanup_(library_clear) DKIM_LIB *l = library(0, e);
	struct asking asking = { lookup, arg };
	DKIM_STAT stat = DKIM_STAT_OK;
	DKIM_SIGINFO **list = NULL;
	int n = 0;

	if (!l)
		return -ERR_BUG;
	(void)dkim_set_key_lookup(l, on_lookup);
	_cleanup_(handle_clear) DKIM *d = dkim_verify(l, bytes_of("firebreak"), NULL, &stat);

	*ret_n = 0;
	if (!d || dkim_set_user_context(d, &asking) != DKIM_STAT_OK)
		return err_set(e, ERR_BUG, "libopendkim does not verify");
	int fed = feed(d, message, len);

	if (fed < 0)
		return err_set(e, ERR_REMOTE, "the message cannot be read as mail");
	if (fed > 0)
		return 0;
	(void)dkim_eom(d, NULL);
	if (dkim_getsiglist(d, &list, &n) != DKIM_STAT_OK)
		n = 0;
	for (int i = 0; i < n && *ret_n < DKIM_SIGNATURES_MAX; i++) {
		(void)dkim_sig_process(d, list[i]);
		take(list[i], &ret[(*ret_n)++]);
	}
	return 0;
}
