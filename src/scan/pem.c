#include "scan/pem.h"
#include "base/text.h"
#include <string.h>

#define LABEL_MAX 64u
#define BEGIN "-----BEGIN "
#define END "-----END "
#define DASHES "-----"

struct look {
	struct arena *arena;
	struct pems *ret;
	size_t cap;
};

static void add(struct look *l, const struct pem *one)
{
	if (l->ret->n == PEMS_MAX) {
		l->ret->more = true;
		return;
	}
	if (l->ret->n == l->cap) {
		size_t cap = l->cap ? l->cap * 4 : 4;
		struct pem *more = arena_zero(l->arena, cap * sizeof(*more));

		if (l->ret->n)
			memcpy(more, l->ret->list, l->ret->n * sizeof(*more));
		l->ret->list = more;
		l->cap = cap;
	}
	l->ret->list[l->ret->n++] = *one;
}

static bool starts(const char *s, const char *end, const char *with)
{
	return (size_t)(end - s) >= strlen(with) && memcmp(s, with, strlen(with)) == 0;
}

/* "-----BEGIN LABEL-----" */
static bool label_of(const char *line, const char *end, const char *begin, char ret[LABEL_MAX])
{
	const char *s = line + strlen(begin), *dashes;

	if (!starts(line, end, begin) || !(dashes = memmem(s, (size_t)(end - s), DASHES,
		strlen(DASHES))) || dashes == s ||
	    (size_t)(dashes - s) >= LABEL_MAX)
		return false;
	memcpy(ret, s, (size_t)(dashes - s));
	ret[dashes - s] = '\0';
	return true;
}

static const struct { const char *label; enum pem_kind kind; } labels[] = {
	{ "PRIVATE KEY", PEM_PRIVATE }, { "RSA PRIVATE KEY", PEM_PRIVATE }, { "EC PRIVATE KEY", PEM_PRIVATE },
	{ "DSA PRIVATE KEY", PEM_PRIVATE }, { "ENCRYPTED PRIVATE KEY", PEM_PRIVATE },
	{ "OPENSSH PRIVATE KEY", PEM_PRIVATE }, { "PGP PRIVATE KEY BLOCK", PEM_PRIVATE },
	{ "SSH2 ENCRYPTED PRIVATE KEY", PEM_PRIVATE }, { "PUBLIC KEY", PEM_PUBLIC }, { "RSA PUBLIC KEY", PEM_PUBLIC },
	{ "PGP PUBLIC KEY BLOCK", PEM_PUBLIC }, { "SSH2 PUBLIC KEY", PEM_PUBLIC }, { "CERTIFICATE", PEM_CERTIFICATE },
	{ "X509 CERTIFICATE", PEM_CERTIFICATE }, { "TRUSTED CERTIFICATE", PEM_CERTIFICATE },
	{ "CERTIFICATE REQUEST", PEM_REQUEST }, { "NEW CERTIFICATE REQUEST", PEM_REQUEST },
};

static enum pem_kind kind_of(const char *label)
{
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (strcmp(labels[i].label, label) == 0)
			return labels[i].kind;
	/* one that we have never heard of is private until somebody says otherwise */
	return strstr(label, "PRIVATE") ? PEM_PRIVATE : PEM_OTHER;
}

static void block(struct look *l, const char *label, const char *from, const char *body, const char *end,
		  const char *behind, uint32_t line)
{
	struct pem one = { .kind = kind_of(label), .line = line, .broken = true };

	if (!end || (size_t)(behind - from) > PEM_MAX) {
		add(l, &one);
		return;
	}
	one.broken = false;
	if (strncmp(label, "PGP ", 4) == 0 || strncmp(label, "SSH2 ", 5) == 0) {
		one.key = one.kind == PEM_OTHER ? PEM_KEY_NONE : PEM_KEY_OTHER;
		one.encrypted = strstr(label, "ENCRYPTED") != NULL;
	} else if (strcmp(label, "OPENSSH PRIVATE KEY") == 0) {
		pem_ssh_private(body, (size_t)(end - body), &one);
	} else if (strcmp(label, "ENCRYPTED PRIVATE KEY") == 0 ||
		   (one.kind == PEM_PRIVATE && memmem(body, (size_t)(end - body), "ENCRYPTED", 9))) {
		one.encrypted = true;
	} else if (one.kind != PEM_OTHER) {
		pem_ask(label, from, (size_t)(behind - from), &one);
	}
	add(l, &one);
}

/* One line at a time; a block that has no end is told, and the lines behind its beginning are looked at again. */
static void look_at_text(struct look *l, const char *bytes, size_t len)
{
	const char *all = bytes + len;
	uint32_t line = 1;

	for (const char *s = bytes; s < all; line++) {
		const char *newline = memchr(s, '\n', (size_t)(all - s)), *end = newline ? newline : all;
		const char *next = newline ? newline + 1 : all;
		char label[LABEL_MAX], other[LABEL_MAX];
		struct pem one = { .line = line };

		if (label_of(s, end, BEGIN, label)) {
			const char *stop = next, *behind = next;
			bool found = false;
			uint32_t lines = 0;

			while (!found && stop < all && !starts(stop, all, BEGIN)) {
				newline = memchr(stop, '\n', (size_t)(all - stop));
				behind = newline ? newline + 1 : all;
				lines++;
				found = label_of(stop, newline ? newline : all, END, other) && strcmp(label,
					other) == 0;
				if (!found)
					stop = behind;
			}
			block(l, label, s, next, found ? stop : NULL, behind, line);
			next = found ? behind : next;
			line += found ? lines : 0;
		} else if (pem_ssh_public(s, (size_t)(end - s), &one)) {
			add(l, &one);
		}
		s = next;
	}
}

void pem_look(const char *bytes, size_t len, struct arena *a, struct pems *ret)
{
	struct look l = { .arena = a, .ret = ret };
	struct pem one = { .line = 1 };

	*ret = (struct pems){ 0 };
	if (len > 2 && bytes[0] == 0x30 && len <= PEM_MAX && pem_der(bytes, len, &one))
		add(&l, &one);
	else
		look_at_text(&l, bytes, len);
}

const char *pem_key_name(enum pem_key key)
{
	static const char *const names[] = { "none", "RSA", "EC", "Ed25519", "Ed448", "DSA", "other" };

	return names[key];
}

const char *pem_kind_name(enum pem_kind kind)
{
	static const char *const names[] = { "private key", "public key", "certificate", "certificate request",
					     "other" };

	return names[kind];
}
