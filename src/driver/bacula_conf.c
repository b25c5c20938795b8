#include "driver/bacula_internal.h"
#include "base/mem.h"
#include "base/text.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PASSWORDS_MAX 20000u
#define DEPTH_MAX 16u

/* A file of Bacula's: resources `Word { item = value ... }`, items end at a new line or ';'. Words are compared without
 * case and spaces. A value is quoted, with '\' before a character that is meant as it is, or goes to white space. */
struct reader {
	const char *text;
	size_t len, at;
	unsigned int line, depth;
	char resource[32], name[128];
	size_t first;                         /* of the passwords of the resource in hand */
	struct bacula_conf *c;
	struct err *e;
};

static char here(const struct reader *r)
{
	return r->at < r->len ? r->text[r->at] : '\0';
}

static void next(struct reader *r)
{
	r->line += here(r) == '\n';
	r->at++;
}

static bool ends_value(char c)
{
	return c == '\0' || isspace((unsigned char)c) || strchr(";{}#\",", c);
}

/* Letters without spaces, in lower case, to '=', '{' or the end of the line. */
static void word(struct reader *r, char *ret, size_t size)
{
	size_t n = 0;

	for (; r->at < r->len && !strchr("={}\n;#\"", here(r)); next(r)) {
		if (!isspace((unsigned char)here(r)) && n < size - 1)
			ret[n++] = (char)tolower((unsigned char)here(r));
	}
	ret[n] = '\0';
}

static void value(struct reader *r, struct buf *to)
{
	bool quoted = here(r) == '"';

	if (quoted)
		next(r);
	while (r->at < r->len && (quoted ? here(r) != '"' : !ends_value(here(r)))) {
		if (quoted && here(r) == '\\' && r->at + 1 < r->len)
			next(r);
		(void) buf_char(to, here(r));
		next(r);
	}
	if (quoted && r->at < r->len)
		next(r);
}

static int keep(struct reader *r, size_t at, const struct buf *v)
{
	struct bacula_conf *c = r->c;

	if (!GROW(c->p, c->n, c->cap, PASSWORDS_MAX))
		return err_set(r->e, ERR_LIMIT, "line %u: more than %u passwords in one file", r->line, PASSWORDS_MAX);
	c->p[c->n] = (struct bacula_password){ .at = at, .len = r->at - at, .value = mem_dupn(buf_text(v), v->len),
					       .value_len = v->len };
	memcpy(c->p[c->n].resource, r->resource, sizeof(r->resource));
	c->n++;
	return 0;
}

static int item(struct reader *r, const char *key)
{
	_cleanup_(buf_free) struct buf v = BUF_WIPED(4096);
	size_t at;

	next(r);
	while (here(r) == ' ' || here(r) == '\t')
		next(r);
	at = r->at;
	value(r, &v);
	if (v.over)
		return 0;
	if (r->depth == 1 && strcmp(key, "name") == 0)
		(void) snprintf(r->name, sizeof(r->name), "%s", buf_text(&v));
	return r->depth == 1 && strcmp(key, "password") == 0 ? keep(r, at, &v) : 0;
}

static int open_brace(struct reader *r, const char *key)
{
	if (++r->depth > DEPTH_MAX)
		return err_set(r->e, ERR_CONFIG, "line %u: more than %u braces stand within each other", r->line,
			       DEPTH_MAX);
	if (r->depth == 1) {
		(void) snprintf(r->resource, sizeof(r->resource), "%s", key);
		r->name[0] = '\0';
		r->first = r->c->n;
	}
	next(r);
	return 0;
}

static int close_brace(struct reader *r)
{
	if (r->depth == 0)
		return err_set(r->e, ERR_CONFIG, "line %u: a '}' without its '{'", r->line);
	if (--r->depth == 0)
		for (size_t i = r->first; i < r->c->n; i++)
			memcpy(r->c->p[i].name, r->name, sizeof(r->name));
	next(r);
	return 0;
}

static void comment(struct reader *r)
{
	while (r->at < r->len && here(r) != '\n')
		next(r);
}

static int step(struct reader *r)
{
	char key[64] = "";

	if (here(r) == '@') {
		r->c->includes = true;
		comment(r);
		return 0;
	}
	word(r, key, sizeof(key));
	switch (here(r)) {
	case '=':
		return item(r, key);
	case '{':
		return open_brace(r, key);
	case '}':
		return close_brace(r);
	case '#':
		comment(r);
		return 0;
	case '"': {
		_cleanup_(buf_free) struct buf passed = BUF_WIPED(4096);

		value(r, &passed);
		return 0;
	}
	default:
		next(r);
		return 0;
	}
}

int bacula_conf_read(const char *text, size_t len, struct bacula_conf *ret, struct err *e)
{
	_cleanup_(bacula_conf_free) struct bacula_conf c = { 0 };
	struct reader r = { .text = text, .len = len, .line = 1, .c = &c, .e = e };
	int done = 0;

	while (done == 0 && r.at < r.len) {
		while (r.at < r.len && isspace((unsigned char)here(&r)))
			next(&r);
		if (r.at < r.len)
			done = step(&r);
	}
	if (done < 0)
		return done;
	if (r.depth > 0)
		return err_set(e, ERR_CONFIG, "line %u: the file ends within a '{'", r.line);
	*ret = c;
	c = (struct bacula_conf){ 0 };
	return 0;
}

void bacula_conf_free(struct bacula_conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		explicit_bzero(c->p[i].value, c->p[i].value_len);
		free(c->p[i].value);
	}
	free(c->p);
	*c = (struct bacula_conf){ 0 };
}

bool bacula_conf_is(const struct bacula_password *p, const char *user, bool director)
{
	if (strcmp(user, BACULA_CONSOLE) == 0)
		return strcmp(p->resource, "director") == 0;
	return strcmp(p->resource, director ? "console" : "director") == 0 && strcmp(p->name, user) == 0;
}

struct same { const char *value; size_t len; bool is; };

static int same_with(const char *bytes, size_t len, void *arg)
{
	struct same *s = arg;
	unsigned char different = len != s->len;

	for (size_t i = 0; i < len && i < s->len; i++)
		different |= (unsigned char)(bytes[i] ^ s->value[i]);
	s->is = !different;
	return 0;
}

bool bacula_conf_holds(const struct bacula_password *p, const struct secret *s)
{
	struct same q = { .value = p->value, .len = p->value_len };

	if (s)
		(void) secret_with(s, same_with, &q);
	return q.is;
}

static int quote_with(const char *bytes, size_t len, void *arg)
{
	struct buf *to = arg;

	(void) buf_char(to, '"');
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			(void) buf_char(to, '\\');
		(void) buf_char(to, bytes[i]);
	}
	return buf_char(to, '"');
}

static bool wanted(const struct bacula_password *p, const struct driver_job *job)
{
	const char *const *users = bacula_users(job);

	for (size_t i = 0; users[i]; i++) {
		if (bacula_conf_is(p, users[i], bacula_is_director(job)))
			return true;
	}
	return bacula_conf_holds(p, job->old);
}

int bacula_conf_edit(const struct buf *text, const struct bacula_conf *c, const struct driver_job *job, struct buf *to,
		     size_t *changed, struct err *e)
{
	size_t at = 0, n = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct bacula_password *p = &c->p[i];

		if (!wanted(p, job) || bacula_conf_holds(p, job->new))
			continue;
		(void) buf_add(to, text->data + at, p->at - at);
		(void) secret_with(job->new, quote_with, to);
		at = p->at + p->len;
		n++;
	}
	(void) buf_add(to, text->data + at, text->len - at);
	*changed = n;
	return to->over ? err_set(e, ERR_LIMIT, "the file would be longer than %zu bytes", to->max) : 0;
}
