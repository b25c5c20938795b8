/* What the world sees of keys: certificates, public keys in manifests and files, DKIM records; found by their hash. */
#include "draft/draft_parts.h"
#include "base/digest.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/register_parts.h"
#include <string.h>

#define HALVES_MAX 200000u
#define RECORD_MAX 20000u

static const struct { enum pem_kind kind; const char *what; } pem_words[] = {
	{ PEM_CERTIFICATE, "certificate" }, { PEM_PUBLIC, "public key" },
};

static void add(struct draft *d, const char *spki, uint32_t repository, const char *file, uint32_t line,
		const char *what)
{
	struct draft_parts *p = d->parts;

	if (!*spki || !text_is_utf8(file, strlen(file)) || check_inside(file))
		return;
	if (!GROW(p->halves, p->n_halves, p->cap_halves, HALVES_MAX)) {
		gaps_add(&d->s->gaps, &(struct gap){ .kind = UNREAD_LARGE,
			 .repository = d->s->reg->repositories[repository].name, .file = file, .line = line },
			 "more than %u public keys: this one belongs to no secret of the draft", HALVES_MAX);
		return;
	}
	struct half *h = &p->halves[p->n_halves++];
	(void)snprintf(h->spki, sizeof(h->spki), "%s", spki);
	h->repository = repository;
	h->file = arena_dup(d->arena, file);
	h->line = line;
	h->what = what;
}

struct lines { const char *at; uint32_t n; };   /* counted so far, from 1 */

static uint32_t line_at(struct lines *l, const char *to)
{
	for (; l->at < to; l->at++)
		l->n += *l->at == '\n';
	return l->n;
}

static void of_pems(struct draft *d, uint32_t repository, const struct tree_file *f)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct pems pems = { .n = 0 };

	pem_look(f->bytes, f->len, a, &pems);
	for (uint32_t i = 0; i < pems.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(pem_words); k++)
			if (pems.list[i].kind == pem_words[k].kind)
				add(d, pems.list[i].spki, repository, f->path, pems.list[i].line, pem_words[k].what);
}

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
	       c == '=';
}

/* OpenSSH's public keys stand anywhere in manifests, often without the word before them: what they are of stands in
 * the blob, which begins with the length of that word, so with "AAAA". */
static void of_ssh(struct draft *d, uint32_t repository, const struct tree_file *f)
{
	const char *end = f->bytes + f->len;
	struct lines lines = { f->bytes, 1 };

	for (const char *s = f->bytes; s && s + 40 < end; s++) {
		size_t len = 0;
		struct pem pem = { .kind = PEM_OTHER };

		s = memmem(s, (size_t)(end - s), "AAAA", 4);
		if (!s)
			return;
		if (s > f->bytes && is_base64(s[-1]))
			continue;
		while (s + len < end && is_base64(s[len]))
			len++;
		if (len < 40 || len > RECORD_MAX)
			continue;
		_cleanup_(freep) char *text = mem_printf("ssh-rsa %.*s", (int)len, s);

		if (pem_ssh_public(text, strlen(text), &pem) && !pem.broken)
			add(d, pem.spki, repository, f->path, line_at(&lines, s), "ssh public key");
		s += len - 1;
	}
}

/* --- DKIM, RFC 6376 3.6.1 --- */

/* The record's text: quoted strings one after another, within parentheses over several lines. */
static void record_text(const char *s, const char *end, struct buf *ret)
{
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
			if (any)
				while (c + 1 < end && c[1] != '\n')
					c++;
		} else {
			depth += (*c == '(') - (*c == ')');
		}
	}
	if (!any) {
		const char *newline = memchr(s, '\n', (size_t)(end - s));

		(void)buf_add(ret, s, (size_t)((newline ? newline : end) - s));
	}
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

static void dkim_key(struct draft *d, uint32_t repository, const char *file, uint32_t line, const char *owner,
		     const char *record)
{
	static const char ed25519[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21";
		/* RFC 8410: SubjectPublicKeyInfo */
	const char *p = tag_of(record, 'p'), *k = tag_of(record, 'k');
	_cleanup_(buf_free) struct buf der = BUF_INIT(RECORD_MAX);
	char spki[65];

	if (k && text_starts(k + strspn(k, " "), "ed25519"))
		(void)buf_add(&der, ed25519, sizeof(ed25519)); /* with the byte 0 behind it */
	if (!p || text_base64_decode(&der, p, strcspn(p, ";")) < 0 || der.len < 32)
		return;
	digest_sha256_hex(der.data, der.len, spki);
	const char *what = arena_printf(d->arena, "TXT record of %s", owner);

	add(d, spki, repository, file, line, check_line(what) ? "TXT record" : what);
}

static void of_dkim(struct draft *d, uint32_t repository, const struct tree_file *f)
{
	static const char word[] = "_domainkey";
	const char *end = f->bytes + f->len;
	struct lines lines = { f->bytes, 1 };

	for (const char *s = f->bytes; s && s < end; s++) {
		const char *from, *to;

		s = memmem(s, (size_t)(end - s), word, strlen(word));
		if (!s)
			return;
		for (from = s; from > f->bytes && !strchr(" \t\n\"", from[-1]) && s - from < 253; from--)
			;
		for (to = s; to < end && !strchr(" \t\n\"", *to); to++)
			;
		_cleanup_(buf_free) struct buf text = BUF_INIT(RECORD_MAX), owner = BUF_INIT(1000);

		text_visible(&owner, from, (size_t)(to - from));
		record_text(to, end - to > RECORD_MAX ? to + RECORD_MAX : end, &text);
		if (strstr(buf_text(&text), "p="))
			dkim_key(d, repository, f->path, line_at(&lines, s), buf_text(&owner),
				 strstr(buf_text(&text), "v=")
				 ? strstr(buf_text(&text), "v=") : buf_text(&text) + strspn(buf_text(&text), " "
				 	"\tTXTIN"));
		s = to;
	}
}

void draft_look(uint32_t repository, const struct tree_file *f, void *draft)
{
	struct draft *d = draft;

	if (!f->len)
		return;
	of_pems(d, repository, f);
	of_ssh(d, repository, f);
	if (d->s->reg->repositories[repository].kind == REPOSITORY_DNS)
		of_dkim(d, repository, f);
}

/* --- which of them belong to a secret --- */

static void match(struct drafted *s, const struct draft_parts *p, const char *spki)
{
	for (uint32_t i = 0; *spki && i < p->n_halves; i++) {
		bool known = strcmp(p->halves[i].spki, spki) != 0;

		for (uint32_t k = 0; k < s->n_halves && !known; k++)
			known = p->halves[s->halves[k]].repository == p->halves[i].repository &&
				!strcmp(p->halves[s->halves[k]].file, p->halves[i].file);
		if (!known && GROW(s->halves, s->n_halves, s->cap_halves, LIMIT_PER_SECRET))
			s->halves[s->n_halves++] = i;
	}
}

void draft_halves(struct draft *d)
{
	struct draft_parts *p = d->parts;

	for (uint32_t i = 0; i < p->n_secrets; i++) {
		struct drafted *s = &p->secrets[i];

		for (uint32_t k = 0; k < s->n_leaves; k++) {
			const struct pems *pems = &draft_leaf(d, s->leaves[k])->traits.pems;

			for (uint32_t n = 0; n < pems->n; n++)
				if (pems->list[n].kind == PEM_PRIVATE)
					match(s, p, pems->list[n].spki);
		}
	}
}
