/* What sshd wrote about who came in by which key: auth.log and its last one, and the journal. */
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>
#include <unistd.h>

#define LOGINS_MAX 200000u
#define LOG_MAX ((size_t)256 << 20)
#define PUBLICKEY "Accepted publickey for "

/* A word up to a blank, into room of `size`; behind it and its blank. NULL: it does not fit, or there is none. */
static const char *word(const char *s, const char *end, char *ret, size_t size)
{
	const char *blank = memchr(s, ' ', (size_t)(end - s));
	size_t n = (size_t)((blank ? blank : end) - s);

	if (!n || n >= size)
		return NULL;
	memcpy(ret, s, n);
	ret[n] = '\0';
	return blank ? blank + 1 : end;
}

static const char *expect(const char *s, const char *end, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(end - s) >= n && memcmp(s, what, n) == 0 ? s + n : NULL;
}

bool evict_accepted(const char *line, size_t len, struct accepted *ret)
{
	const char *end = line + len, *s = memmem(line, len, PUBLICKEY, strlen(PUBLICKEY));
	char type[64];

	if (!s)
		return false;
	s = word(s + strlen(PUBLICKEY), end, ret->name, sizeof(ret->name));
	s = s ? expect(s, end, "from ") : NULL;
	s = s ? word(s, end, ret->from.address, sizeof(ret->from.address)) : NULL;
	s = s ? expect(s, end, "port ") : NULL;
	s = s ? word(s, end, ret->from.port, sizeof(ret->from.port)) : NULL;
	s = s ? expect(s, end, "ssh2: ") : NULL;
	s = s ? word(s, end, type, sizeof(type)) : NULL;
	return s && word(s, end, ret->fingerprint, sizeof(ret->fingerprint)) && sshkey_is_fingerprint(ret->fingerprint);
}

static void take_lines(struct evicting *v, const struct buf *text, const char *where, struct logins *ret)
{
	for (size_t at = 0; at < text->len;) {
		const char *nl = memchr(text->data + at, '\n', text->len - at);
		size_t len = nl ? (size_t)(nl - text->data) - at : text->len - at;
		struct accepted one;

		if (evict_accepted(text->data + at, len, &one)) {
			if (!GROW(ret->a, ret->n, ret->cap, LOGINS_MAX)) {
				evict_unread(v, where, "more than 200000 logins");
				return;
			}
			ret->a[ret->n++] = one;
		}
		at += len + 1;
	}
}

static void ask_journal(struct evicting *v, struct logins *ret)
{
	static const char *const argv[] = { "journalctl", "-q", "--no-pager", "-o", "cat", "-n", "400000", "_COMM=sshd",
					    "-g", "Accepted publickey", NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(LOG_MAX);
	int status = 0;

	if (*v->o->root || (access("/var/log/journal", F_OK) < 0 && access("/run/log/journal", F_OK) < 0))
		return;
	/* 1: no line fits */
	if (evict_run(v, argv, NULL, &out, &status) < 0 || (status != 0 && status != 1))
		evict_unread(v, "journalctl", "the journal could not be asked who came in by which key");
	else
		take_lines(v, &out, "journal", ret);
}

void evict_logins(struct evicting *v, struct logins *ret)
{
	static const char *const files[] = { "/var/log/auth.log.1", "/var/log/auth.log", "/var/log/secure" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(buf_free) struct buf text = BUF_INIT(LOG_MAX);

		if (evict_read(v, files[i], &text))
			take_lines(v, &text, files[i], ret);
	}
	ask_journal(v, ret);
}

void evict_logins_free(struct logins *l)
{
	free(l->a);
}

bool evict_login_is_theirs(const struct evicting *v, const struct accepted *a)
{
	if (evicted_name(&v->who, a->name, strlen(a->name)))
		return true;
	for (size_t i = 0; i < v->who.n_keys; i++)
		if (!strcmp(v->who.keys[i], a->fingerprint))
			return true;
	return false;
}
