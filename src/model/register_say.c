#include "model/register_parts.h"
#include "base/mem.h"
#include "base/text.h"
#include <stdarg.h>

#define FEW 8 /* so many known words are listed when none is near */

struct position position_of(const struct loader *l, const struct yaml_node *n)
{
	return (struct position){ l->file, n ? n->line : 1, n ? n->col : 1 };
}

bool enough(const struct loader *l)
{
	return l->n_problems >= (l->problems ? REGISTER_PROBLEMS : 1);
}

_printf_(3, 0)
static void say(struct loader *l, struct position at, const char *fmt, va_list args)
{
	char what[sizeof(l->first.text)];
	struct err e = ERR_INIT;

	if (enough(l))
		return;
	(void)vsnprintf(what, sizeof(what), fmt, args);
	err_set(&e, ERR_CONFIG, "%s:%u:%u: %s", at.file, at.line, at.col, what);
	if (!l->n_problems++)
		l->first = e;
	if (l->problems)
		strv_add(l->problems, e.text);
}

void (problem)(struct loader *l, struct position at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(l, at, fmt, args);
	va_end(args);
}

void (problem_at)(struct loader *l, const struct yaml_node *n, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(l, position_of(l, n), fmt, args);
	va_end(args);
}

const char *hint_words(const char *wrong, const char *const *words, size_t n)
{
	static _Thread_local char text[400];
	const char *near = text_nearest(wrong, words, n);
	size_t at = 0;

	text[0] = '\0';
	if (near) {
		(void)snprintf(text, sizeof(text), " (did you mean '%.120s'?)", near);
		return text;
	}
	for (size_t i = 0; i < n && n <= FEW && at < sizeof(text) - 40; i++) {
		int added = snprintf(text + at, sizeof(text) - at, "%s'%.40s'", i ? ", " : " (known: ", words[i]);

		at += added > 0 ? (size_t)added : 0;
	}
	if (at)
		(void)snprintf(text + at, sizeof(text) - at, ")");
	return text;
}

const char *hint_table(const struct loader *l, const char *wrong, enum table_name t)
{
	const struct table *table = &l->table[t];
	_cleanup_(freep) const char **words = mem_zero(table->n + 1, sizeof(*words));

	for (size_t i = 0; i < table->n; i++)
		words[i] = *(const char *const *)table->item[i];
	return hint_words(wrong, words, table->n);
}
