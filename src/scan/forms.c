#include "scan/forms_parts.h"
#include "base/mem.h"
#include "scan/pem_secret.h"
#include "scan/traits.h"
#include <string.h>

#define PATTERNS_MAX 256u
#define LINE_TELLS 16u
#define KEY_PIECE 96u

const struct form form_list[] = {
	{ "plain", "as it is", FORM_WRITTEN },
	{ "json", "escaped for JSON", FORM_WRITTEN },
	{ "json-slash", "escaped for JSON, slashes too", FORM_WRITTEN },
	{ "json-ascii", "escaped for JSON, ASCII only", FORM_WRITTEN },
	{ "json-ascii-slash", "escaped for JSON, ASCII only, slashes too", FORM_WRITTEN },
	{ "json-html", "escaped for JSON within HTML", FORM_WRITTEN },
	{ "json-hex", "escaped for JSON by PHP's JSON_HEX", FORM_WRITTEN },
	{ "yaml", "in single quotes of YAML or SQL", FORM_WRITTEN },
	{ "php", "in single quotes of PHP", FORM_WRITTEN },
	{ "php-double", "in double quotes of PHP", FORM_WRITTEN },
	{ "sql", "escaped with backslashes for SQL", FORM_WRITTEN },
	{ "shell", "in single quotes of a shell", FORM_WRITTEN },
	{ "shell-python", "in single quotes of a shell, by Python", FORM_WRITTEN },
	{ "shell-double", "in double quotes of a shell", FORM_WRITTEN },
	{ "shell-backslash", "with a shell's backslashes", FORM_WRITTEN },
	{ "html", "escaped for HTML", FORM_WRITTEN },
	{ "html-php", "escaped for HTML by PHP", FORM_WRITTEN },
	{ "html-python", "escaped for HTML by Python", FORM_WRITTEN },
	{ "html-go", "escaped for HTML by Go", FORM_WRITTEN },
	{ "xml", "escaped for XML", FORM_WRITTEN },
	{ "xml-text", "escaped for XML outside of attributes", FORM_WRITTEN },
	{ "xml-attribute", "escaped for attributes of XML", FORM_WRITTEN },
	{ "url", "escaped for URLs", FORM_WRITTEN },
	{ "url-lower", "escaped for URLs in small letters", FORM_WRITTEN },
	{ "url-form", "escaped for forms", FORM_WRITTEN },
	{ "url-form-php", "escaped for forms by PHP", FORM_WRITTEN },
	{ "url-component", "escaped for URLs by JavaScript", FORM_WRITTEN },
	{ "url-path", "escaped for paths of URLs", FORM_WRITTEN },
	{ "lines-crlf", "with lines that end in CR LF", FORM_WRITTEN },
	{ "base64", "base64", FORM_CODED },
	{ "base64url", "base64 for URLs", FORM_CODED },
	{ "hex", "hexadecimal", FORM_CODED },
	{ "hex-upper", "hexadecimal in capitals", FORM_CODED },
	{ "utf16", "UTF-16, little end first", FORM_CODED },
	{ "key-base64", "the private half of the key: PEM, or base64 in any line length", FORM_KEY },
	{ "key-base64url", "the private half of the key: base64 for URLs", FORM_KEY },
	{ "key-binary", "the private half of the key: DER, or other binary", FORM_KEY },
	{ "key-hex", "the private half of the key: hexadecimal", FORM_KEY },
	{ "mariadb-native", "MariaDB's mysql_native_password", FORM_HASHED },
	{ "mariadb-ed25519", "MariaDB's ed25519", FORM_HASHED },
	{ "postgresql-md5", "PostgreSQL's md5 with the account's name", FORM_HASHED },
	{ "md5", "MD5 without a salt", FORM_HASHED },
	{ "sha1", "SHA-1 without a salt", FORM_HASHED },
	{ "sha1-base64", "SHA-1 without a salt, in base64 (LDAP's and htpasswd's {SHA})", FORM_HASHED },
	{ "sha256", "SHA-256 without a salt (Redis' ACL)", FORM_HASHED },
	{ "sha512", "SHA-512 without a salt", FORM_HASHED },
};
const uint32_t form_count = ARRAY_SIZE(form_list);

static uint32_t form_of(const char *name)
{
	uint32_t i = 0;

	while (i + 1 < form_count && strcmp(form_list[i].name, name) != 0)
		i++;
	return i;
}

static bool is_there(const struct forming *f, const char *bytes, size_t len)
{
	for (uint32_t i = 0; i < f->to->n; i++)
		if (f->classes >> form_list[f->to->p[i].form].class & 1 && f->to->p[i].len == len &&
		    memcmp(f->bytes.data + f->to->p[i].offset, bytes, len) == 0)
			return true;
	return false;
}

void form_add(struct forming *f, const char *form, const char *bytes, size_t len, bool part)
{
	uint32_t i = form_of(form);

	if (len == 0 || !(f->classes >> form_list[i].class & 1) || is_there(f, bytes, len))
		return;
	if (f->bytes.len + len > SECRET_MAX || !GROW(f->to->p, f->to->n, f->to->cap, PATTERNS_MAX)) {
		f->over = true;
		return;
	}
	f->to->p[f->to->n++] = (struct form_pattern){ i, (uint32_t)f->bytes.len, (uint32_t)len, part };
	(void)buf_add(&f->bytes, bytes, len);
}

/* The last line before the middle that is long enough to be no other's; the longest when there is none. */
static void middle_line(const char **s, size_t *len)
{
	const char *best = *s, *end = *s + *len, *middle = *s + *len / 2;
	size_t best_len = 0;

	for (const char *p = *s; p < end; ) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((newline ? newline : end) - p), shown = n;
		if (shown > 0 && p[shown - 1] == '\r')
			shown--;
		bool frame = shown >= 5 && memcmp(p, "-----", 5) == 0;
		if (!frame && ((shown >= LINE_TELLS && p <= middle) || (best_len < LINE_TELLS && shown > best_len))) {
			best = p;
			best_len = shown;
		}
		p += n + 1;
	}
	*s = best;
	*len = best_len;
}

static void piece(struct forming *f, const char *bytes, size_t len)
{
	bool was = f->part;

	if (len > FORMS_PIECE) {
		bytes += (len - FORMS_PIECE) / 2;
		len = FORMS_PIECE;
		f->part = true;
	}
	/* What has a NUL is no text, and nobody escapes it as one. */
	if (memchr(bytes, '\0', len))
		form_add(f, "plain", bytes, len, f->part);
	else
		forms_written(f, bytes, len);
	forms_coded(f, bytes, len);
	f->part = was;
}

/* The part of a key's own text that is of its private half and lies within one line: as text it may be encoded
 * again. */
static bool own_text(struct forming *f, const char *bytes, size_t len)
{
	for (uint32_t i = 0; i < f->to->n; i++) {
		const struct form_pattern *p = &f->to->p[i];
		const char *at = memmem(bytes, len, f->bytes.data + p->offset, p->len);

		if (at && form_list[p->form].class == FORM_KEY && p->len >= LINE_TELLS) {
			f->chance = true;
			piece(f, at, p->len);
			f->chance = false;
			return true;
		}
	}
	return false;
}

static bool key(struct forming *f, const char *bytes, size_t len)
{
	_cleanup_(buf_free) struct buf private = BUF_WIPED(PEM_MAX);
	unsigned classes = f->classes;

	if (!pem_secret(bytes, len, &private))
		return false;
	size_t n = private.len < KEY_PIECE ? private.len : KEY_PIECE;
	f->part = true;
	f->classes = classes | 1u << FORM_KEY;
	forms_key(f, private.data + (private.len - n) / 2, n);
	f->classes = classes;
	bool known = own_text(f, bytes, len);
	return known || classes >> FORM_KEY & 1;
}

static void lines(struct forming *f, const char *bytes, size_t len)
{
	if (len <= FORMS_PIECE)
		piece(f, bytes, len);
	middle_line(&bytes, &len);
	f->part = true;
	piece(f, bytes, len);
}

struct build { struct forming *f; const char *const *users; };

/* When keys are not asked for, what was made to find a line of the key's own text is no pattern. */
static void drop_unasked(struct forming *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->to->n; i++)
		if (f->classes >> form_list[f->to->p[i].form].class & 1)
			f->to->p[n++] = f->to->p[i];
	f->to->n = n;
}

static int build(const char *bytes, size_t len, void *arg)
{
	struct build *b = arg;
	struct forming *f = b->f;
	bool text = !memchr(bytes, '\0', len);

	if (!key(f, bytes, len)) {
		f->part = false;
		if (memchr(bytes, '\n', len) && text)
			lines(f, bytes, len);
		else
			piece(f, bytes, len);
	}
	f->part = false;
	if (f->classes >> FORM_HASHED & 1)
		forms_hashed(f, bytes, len, b->users);
	drop_unasked(f);
	return 0;
}

int forms_make(const struct secret *value, unsigned classes, const char *const *users, struct form_patterns *ret,
	       struct err *e)
{
	struct forming f = { .bytes = BUF_WIPED(SECRET_MAX), .to = ret, .classes = classes };
	struct build b = { &f, users };
	int r = 0;

	*ret = (struct form_patterns){ 0 };
	(void)secret_with(value, build, &b);
	if (f.over)
		r = err_set(e, ERR_LIMIT, "a value has more forms than are looked for at once");
	else if (ret->n > 0)
		r = secret_take(f.bytes.data, f.bytes.len, &ret->block, e);
	buf_free(&f.bytes);
	return r;
}

void forms_free(struct form_patterns *p)
{
	p->block = secret_free(p->block);
	free(p->p);
	*p = (struct form_patterns){ 0 };
}
