#include "base/err.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const code_names[] = {
	[ERR_NONE] = "none", [ERR_USAGE] = "usage", [ERR_CONFIG] = "config", [ERR_IO] = "io",
	[ERR_NET] = "net", [ERR_AUTH] = "auth", [ERR_REMOTE] = "remote", [ERR_REFUSED] = "refused",
	[ERR_LIMIT] = "limit", [ERR_CONFLICT] = "conflict", [ERR_BUG] = "bug",
};

static const char *const effect_names[] = {
	[EFFECT_NONE] = "none",
	[EFFECT_CHANGED] = "changed",
	[EFFECT_UNKNOWN] = "unknown",
};

/* Shortens s to at most max bytes without leaving half of a UTF-8 character. */
static size_t cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Error texts reach terminals and logs: what came from outside must not steer them. */
static void tame(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = *s == '\n' || *s == '\t' ? ' ' : '?';
}

/* "<first><between><last>"; `last` is kept whole where `first` can be shortened instead. */
static void compose(struct err *e, const char *first, const char *between, const char *last)
{
	char text[sizeof(e->text)];
	size_t max = sizeof(text) - 1, gap = strlen(between);
	size_t tail = cut(last, strlen(last), max);
	size_t head = tail + gap < max ? cut(first, strlen(first), max - gap - tail) : 0;

	if (!head)
		gap = 0;
	memcpy(text, first, head);
	memcpy(text + head, between, gap);
	memcpy(text + head + gap, last, tail);
	text[head + gap + tail] = '\0';
	tame(text);
	memcpy(e->text, text, sizeof(text));
}

/* Arguments may point into e->text: formatted aside, one byte longer than fits so that cut() sees it. */
__attribute__((format(printf, 3, 0)))
static void format(char *ret, size_t size, const char *fmt, va_list ap)
{
	if (vsnprintf(ret, size, fmt, ap) < 0)
		ret[0] = '\0';
}

int (err_set)(struct err *e, enum err_code code, const char *fmt, ...)
{
	char text[sizeof(e->text) + 1];
	va_list ap;

	if (code == ERR_NONE)
		code = ERR_BUG;
	if (!e)
		return -(int)code;
	va_start(ap, fmt);
	format(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->code = code;
	compose(e, "", "", text);
	return -(int)code;
}

int (err_wrap)(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->text) + 1];
	va_list ap;

	if (!e)
		return -ERR_BUG;
	va_start(ap, fmt);
	format(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (e->code == ERR_NONE)
		e->code = ERR_BUG;
	if (e->text[0])
		compose(e, text, ": ", e->text);
	else
		compose(e, "", "", text);
	return -(int)e->code;
}

int (err_errno)(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->text) + 1], why[128];
	const char *reason;
	int saved = errno;
	va_list ap;

	if (!e)
		return -ERR_IO;
	va_start(ap, fmt);
	format(text, sizeof(text), fmt, ap);
	va_end(ap);
	reason = strerror_r(saved, why, sizeof(why));
	e->code = ERR_IO;
	compose(e, text, ": ", reason);
	errno = saved;
	return -ERR_IO;
}

const char *err_code_name(enum err_code code)
{
	return (size_t)code < ARRAY_SIZE(code_names) ? code_names[code] : "bug";
}

enum err_code err_code_parse(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(code_names); i++)
		if (!strcmp(name, code_names[i]))
			return (enum err_code)i;
	return ERR_REMOTE;
}

const char *effect_name(enum effect effect)
{
	return (size_t)effect < ARRAY_SIZE(effect_names) ? effect_names[effect] : "unknown";
}

int effect_parse(const char *name, enum effect *ret)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(effect_names); i++) {
		if (!strcmp(name, effect_names[i])) {
			*ret = (enum effect)i;
			return 0;
		}
	}
	return -ERR_CONFIG;
}
