#include "scan/half.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define RECORD_MAX ((size_t)20000)
#define OWNER_MAX 253              /* bytes of a name, RFC 1035 2.3.4 */
#define BLOB_LEAST 40u             /* characters of the shortest ssh public key */

struct finding_halves { const char *bytes, *end; struct pems pems; half_fn *fn; void *arg; };
struct lines { const char *at; uint32_t n; };   /* counted so far, from 1 */

static uint32_t line_at(struct lines *l, const char *to)
{
	for (; l->at < to; l->at++)
		l->n += *l->at == '\n';
	return l->n;
}

static void tell(const struct finding_halves *f, const char *spki, uint32_t line, const char *what, bool dkim)
{
	struct half h = { .what = what, .dkim = dkim, .line = line };

	if (!*spki)
		return;
	(void)snprintf(h.spki, sizeof(h.spki), "%s", spki);
	f->fn(&h, f->arg);
}

static void of_pems(const struct finding_halves *f)
{
	static const struct { enum pem_kind kind; const char *what; } words[] = {
		{ PEM_CERTIFICATE, "certificate" }, { PEM_PUBLIC, "public key" },
	};

	for (uint32_t i = 0; i < f->pems.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(words); k++)
			if (f->pems.list[i].kind == words[k].kind)
				tell(f, f->pems.list[i].spki, f->pems.list[i].line, words[k].what, false);
}

/* A line of authorized_keys is one of those already. */
static bool is_told(const struct finding_halves *f, const char *spki, uint32_t line)
{
	for (uint32_t i = 0; i < f->pems.n; i++)
		if (f->pems.list[i].line == line && strcmp(f->pems.list[i].spki, spki) == 0)
			return true;
	return false;
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
	       c == '=';
}

/* OpenSSH's public keys stand anywhere in manifests, often without the word before them: what they are of stands in
 * the blob, which begins with the length of that word, so with "AAAA". */
static void of_ssh(const struct finding_halves *f)
{
	struct lines lines = { f->bytes, 1 };

	for (const char *s = f->bytes; s && s + BLOB_LEAST < f->end; s++) {
		size_t len = 0;
		struct pem pem = { .kind = PEM_OTHER };

		s = memmem(s, (size_t)(f->end - s), "AAAA", 4);
		if (!s)
			return;
		if (s > f->bytes && is_base64(s[-1]))
			continue;
		while (s + len < f->end && is_base64(s[len]))
			len++;
		if (len < BLOB_LEAST || len > RECORD_MAX)
			continue;
		_cleanup_(freep) char *text = mem_printf("ssh-rsa %.*s", (int)len, s);

		uint32_t line = line_at(&lines, s);
		if (pem_ssh_public(text, strlen(text), &pem) && !pem.broken && !is_told(f, pem.spki, line))
			tell(f, pem.spki, line, "ssh public key", false);
		s += len - 1;
	}
}

/* --- DKIM, RFC 6376 3.6.1 --- */

/* The record's text: quoted strings one after another, within parentheses over several lines. */
static void record_text(const char *s, const char *end, struct buf *ret)
{
	const char *newline = memchr(s, '\n', (size_t)(end - s));
	bool quoted = false, any = false;
	int depth = 0;

	for (const char *c = s; c < end && (*c != '\n' || depth > 0); c++) {
		if (*c == '"') {
			quoted = !quoted;
			any = true;
		} else if (quoted) {
			(void)buf_char(ret, *c);
		} else if (*c == ';') {
			/* a comment; of an unquoted record it is the record's own */
			while (any && c + 1 < end && c[1] != '\n')
				c++;
		} else {
			depth += (*c == '(') - (*c == ')');
		}
	}
	if (!any)
		(void)buf_add(ret, s, (size_t)((newline ? newline : end) - s));
}

static const char *tag_of(const char *record, char tag)
{
	for (const char *s = record; *s;) {
		s += strspn(s, " \t;");
		if (*s == tag && (s[1] == '=' || (s[1] == ' ' && s[2] == '=')))
			return strchr(s, '=') + 1;
		s += strcspn(s, ";");
	}
	return NULL;
}

static void dkim_key(const struct finding_halves *f, uint32_t line, const char *owner, const char *record)
{
	/* RFC 8410: SubjectPublicKeyInfo, with the byte 0 behind it */
	static const char ed25519[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21";
	const char *p = tag_of(record, 'p'), *k = tag_of(record, 'k');
	_cleanup_(buf_free) struct buf der = BUF_INIT(RECORD_MAX);
	char spki[65];

	if (k && text_starts(k + strspn(k, " "), "ed25519"))
		(void)buf_add(&der, ed25519, sizeof(ed25519));
	if (!p || text_base64_decode(&der, p, strcspn(p, ";")) < 0 || der.len < 32)
		return;
	digest_sha256_hex(der.data, der.len, spki);
	_cleanup_(freep) char *what = mem_printf("TXT record of %s", owner);

	tell(f, spki, line, what, true);
}

static void of_dkim(const struct finding_halves *f)
{
	static const char word[] = "_domainkey", blank[] = " \t\n\"";
	struct lines lines = { f->bytes, 1 };

	for (const char *s = f->bytes; s && s < f->end; s++) {
		const char *from, *to, *v;

		s = memmem(s, (size_t)(f->end - s), word, strlen(word));
		if (!s)
			return;
		for (from = s; from > f->bytes && !strchr(blank, from[-1]) && s - from < OWNER_MAX; from--)
			;
		for (to = s; to < f->end && !strchr(blank, *to) && to - s < OWNER_MAX; to++)
			;
		_cleanup_(buf_free) struct buf text = BUF_INIT(RECORD_MAX), owner = BUF_INIT(4 * OWNER_MAX);

		text_visible(&owner, from, (size_t)(to - from));
		record_text(to, f->end - to > (ptrdiff_t)RECORD_MAX ? to + RECORD_MAX : f->end, &text);
		v = strstr(buf_text(&text), "v=");
		if (strstr(buf_text(&text), "p="))
			dkim_key(f, line_at(&lines, s), buf_text(&owner),
				 v ? v : buf_text(&text) + strspn(buf_text(&text), " \tTXTIN"));
		s = to;
	}
}

void half_find(const char *bytes, size_t len, bool zone, half_fn *fn, void *arg)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct finding_halves f = { .bytes = bytes, .end = bytes + len, .fn = fn, .arg = arg };

	if (!len)
		return;
	pem_look(bytes, len, a, &f.pems);
	of_pems(&f);
	of_ssh(&f);
	if (zone)
		of_dkim(&f);
}
