#include "scout/evict_text.h"
#include "base/sshkey.h"
#include "base/text.h"
#include <string.h>
#include <strings.h>

#define FIELDS 10u

struct field { const char *s; size_t len; };
/* A line with its newline, when it has one. What the edit of a line says: keep it, or it was written (or left out). */
typedef bool line_fn(const struct evicted *v, const char *line, size_t len, struct buf *ret, uint32_t *n);

const struct evicted_user *evicted_name(const struct evicted *v, const char *name, size_t len)
{
	for (size_t i = 0; i < v->n_users; i++)
		if (strlen(v->users[i].name) == len && memcmp(v->users[i].name, name, len) == 0)
			return &v->users[i];
	return NULL;
}

static uint32_t each_line(const struct evicted *v, const char *text, size_t len, struct buf *ret, line_fn *edit)
{
	uint32_t n = 0;

	for (size_t at = 0; at < len;) {
		const char *nl = memchr(text + at, '\n', len - at);
		size_t all = nl ? (size_t)(nl - text) + 1 - at : len - at, bare = nl ? all - 1 : all;

		if (!edit(v, text + at, bare, ret, &n))
			(void)buf_add(ret, text + at, all);
		else if (ret->len && ret->data[ret->len - 1] != '\n' && nl)
			(void)buf_char(ret, '\n');
		at += all;
	}
	return n;
}

static bool key_line(const struct evicted *v, const char *line, size_t len, struct buf *ret _unused_, uint32_t *n)
{
	char fingerprint[SSHKEY_FINGERPRINT];
	struct sshkey_line key;

	if (!sshkey_of_line(line, len, &key) || !sshkey_fingerprint(key.base64, key.base64_len, fingerprint))
		return false;
	for (size_t i = 0; i < v->n_keys; i++)
		if (!strcmp(v->keys[i], fingerprint)) {
			++*n;
			return true;
		}
	return false;
}

static uint32_t split(const char *line, size_t len, struct field fields[FIELDS])
{
	uint32_t n = 0;

	for (size_t at = 0; n < FIELDS; n++) {
		const char *colon = memchr(line + at, ':', len - at);
		size_t end = colon ? (size_t)(colon - line) : len;

		fields[n] = (struct field){ line + at, end - at };
		if (!colon)
			return n + 1;
		at = end + 1;
	}
	return n;
}

static void put_fields(struct buf *ret, const struct field *f, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			(void)buf_char(ret, ':');
		(void)buf_add(ret, f[i].s, f[i].len);
	}
}

static bool is(const struct field *f, const char *s)
{
	return f->len == strlen(s) && memcmp(f->s, s, f->len) == 0;
}

#define NOLOGIN "/usr/sbin/nologin"

static bool passwd_line(const struct evicted *v, const char *line, size_t len, struct buf *ret, uint32_t *n)
{
	struct field f[FIELDS];
	uint32_t count = split(line, len, f);
	const struct evicted_user *u = evicted_name(v, f[0].s, f[0].len);

	if (!u || count != 7 || (!u->remove && is(&f[6], NOLOGIN)))
		return false;
	++*n;
	if (u->remove)
		return true;
	f[6] = (struct field){ NOLOGIN, strlen(NOLOGIN) };
	put_fields(ret, f, count);
	return true;
}

/* The eighth field is the day since when the account is over: sshd asks for it with and without PAM. Day 1, because
 * 0 is
 * taken for "never" by some. */
static bool shadow_line(const struct evicted *v, const char *line, size_t len, struct buf *ret, uint32_t *n)
{
	struct field f[FIELDS];
	uint32_t count = split(line, len, f);
	const struct evicted_user *u = evicted_name(v, f[0].s, f[0].len);
	char hash[1024] = "!";

	if (!u || count != 9 || f[1].len + 2 > sizeof(hash) ||
	    (!u->remove && is(&f[7], "1") && f[1].len && f[1].s[0] == '!'))
		return false;
	++*n;
	if (u->remove)
		return true;
	if (!f[1].len || f[1].s[0] != '!') {
		memcpy(hash + 1, f[1].s, f[1].len);
		f[1] = (struct field){ hash, f[1].len + 1 };
	}
	f[7] = (struct field){ "1", 1 };
	put_fields(ret, f, count);
	explicit_bzero(hash, sizeof(hash));
	return true;
}

/* A list of names with commas; the ones that are evicted are left out. */
static uint32_t without(const struct evicted *v, const struct field *f, struct buf *ret)
{
	uint32_t n = 0, kept = 0;

	for (size_t at = 0; at < f->len;) {
		const char *comma = memchr(f->s + at, ',', f->len - at);
		size_t end = comma ? (size_t)(comma - f->s) : f->len;

		if (evicted_name(v, f->s + at, end - at)) {
			n++;
		} else {
			if (kept++)
				(void)buf_char(ret, ',');
			(void)buf_add(ret, f->s + at, end - at);
		}
		at = end + 1;
	}
	return n;
}

/* group: name, password, number, members. gshadow: name, password, administrators, members. */
static bool group_line(const struct evicted *v, const char *line, size_t len, struct buf *ret, uint32_t *n)
{
	_cleanup_(buf_free) struct buf third = BUF_INIT(1 << 20), fourth = BUF_INIT(1 << 20);
	struct field f[FIELDS];

	if (split(line, len, f) != 4)
		return false;

	uint32_t found = without(v, &f[2], &third) + without(v, &f[3], &fourth);

	if (!found)
		return false;
	f[2] = (struct field){ buf_text(&third), third.len };
	f[3] = (struct field){ buf_text(&fourth), fourth.len };
	put_fields(ret, f, 4);
	*n += found;
	return true;
}

static size_t skip_blank(const char *s, size_t at, size_t len)
{
	while (at < len && (s[at] == ' ' || s[at] == '\t'))
		at++;
	return at;
}

static size_t word_end(const char *s, size_t at, size_t len)
{
	while (at < len && s[at] != ' ' && s[at] != '\t')
		at++;
	return at;
}

/* "@daily user command", or five fields of time, user and command. A line that sets a variable has '=' in its first
 * word or behind it. */
static bool crontab_line(const struct evicted *v, const char *line, size_t len, struct buf *ret _unused_, uint32_t *n)
{
	size_t at = skip_blank(line, 0, len), end;

	if (at == len || line[at] == '#')
		return false;
	for (unsigned i = line[at] == '@' ? 4 : 0; i < 5; i++) {
		end = word_end(line, at, len);
		if (memchr(line + at, '=', end - at))
			return false;
		at = skip_blank(line, end, len);
	}
	end = word_end(line, at, len);
	if (end == at || !evicted_name(v, line + at, end - at))
		return false;
	++*n;
	return true;
}

static bool name_line(const struct evicted *v, const char *line, size_t len, struct buf *ret _unused_, uint32_t *n)
{
	size_t at = skip_blank(line, 0, len), end = word_end(line, at, len);

	if (!evicted_name(v, line + at, end - at))
		return false;
	++*n;
	return true;
}

#define EDIT(name, edit) \
	uint32_t name(const struct evicted *v, const char *text, size_t len, struct buf *ret) \
	{ \
		return each_line(v, text, len, ret, edit); \
	}

EDIT(evict_keys, key_line)
EDIT(evict_passwd, passwd_line)
EDIT(evict_shadow, shadow_line)
EDIT(evict_group, group_line)
EDIT(evict_crontab, crontab_line)
EDIT(evict_names, name_line)

static bool is_from(const char *s, size_t len)
{
	return len > 6 && !strncasecmp(s, "from=\"", 6);
}

/* Options are parted by commas outside of quotes. */
static const char *option_end(const char *s, const char *end)
{
	bool quoted = false;

	for (; s < end && (quoted || *s != ','); s++) {
		if (*s == '\\' && s + 1 < end && s[1] == '"')
			s++;
		else if (*s == '"')
			quoted = !quoted;
	}
	return s;
}

struct options { const char *at, *end; };      /* those of a line that are left */

static bool options_of(const char *line, size_t len, struct options *ret)
{
	struct sshkey_line key;

	if (!sshkey_of_line(line, len, &key) || !key.options)
		return false;
	*ret = (struct options){ line + strspn(line, " \t"), key.type };
	return true;
}

/* Without the blanks behind it; NULL: there is no more. */
static const char *option_next(struct options *o, size_t *len)
{
	const char *one = o->at, *end;

	if (one >= o->end)
		return NULL;
	end = option_end(one, o->end);
	o->at = end + 1;
	for (*len = (size_t)(end - one); *len && (one[*len - 1] == ' ' || one[*len - 1] == '\t');)
		--*len;
	return one;
}

bool evict_from(const char *line, size_t len, struct buf *ret)
{
	static const char fit[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_*?!/, ";
	struct options o;
	const char *at;
	size_t left, n = 0;

	if (!options_of(line, len, &o))
		return false;
	while ((at = option_next(&o, &left)) && !is_from(at, left))
		;
	if (!at)
		return false;
	for (at += 6, left -= 6; n < left && at[n] != '"';)
		n++;
	(void)buf_add(ret, at, n);
	if (ret->over || !n || strspn(buf_text(ret), fit) != n) {
		buf_clear(ret);
		ret->over = false;
		(void)buf_char(ret, '?');
	}
	return true;
}

bool evict_is_authority(const char *line, size_t len)
{
	static const char option[] = "cert-authority";
	struct options o;
	const char *at;
	size_t n;

	if (!options_of(line, len, &o))
		return false;
	while ((at = option_next(&o, &n)))
		if (n == strlen(option) && !strncasecmp(at, option, n))
			return true;
	return false;
}
