#include "base/opt.h"
#include "base/mem.h"
#include "base/text.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OPT_MAX 64
#define LONG_BASE 1000 /* values of long options; letters stay below */
#define HELP_VALUE 999

static size_t count(const struct opt *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	if (n > OPT_MAX)
		abort();
	return n;
}

struct grammar {
	char letters[2 * OPT_MAX + 4];
	struct option longs[OPT_MAX + 2];
	size_t n;
};

static void describe(const struct opt *table, struct grammar *g)
{
	size_t at = 0;

	g->n = count(table);
	g->letters[at++] = ':';
	for (size_t i = 0; i < g->n; i++) {
		bool valued = table[i].kind != OPT_KIND_FLAG;

		if (table[i].letter) {
			g->letters[at++] = table[i].letter;
			if (valued)
				g->letters[at++] = ':';
		}
		g->longs[i] = (struct option){ table[i].name, valued ? required_argument : no_argument, NULL,
					       LONG_BASE + (int)i };
	}
	g->letters[at++] = 'h';
	g->letters[at] = '\0';
	g->longs[g->n] = (struct option){ "help", no_argument, NULL, HELP_VALUE };
	g->longs[g->n + 1] = (struct option){ 0 };
}

static const struct opt *row_of(const struct opt *table, size_t n, int c)
{
	if (c >= LONG_BASE)
		return &table[c - LONG_BASE];
	for (size_t i = 0; i < n; i++)
		if (table[i].letter && table[i].letter == c)
			return &table[i];
	return NULL;
}

static void store(const struct opt *row, const char *value)
{
	switch (row->kind) {
	case OPT_KIND_FLAG:
		*(bool *)row->target = true;
		break;
	case OPT_KIND_STRING:
		*(const char **)row->target = value;
		break;
	case OPT_KIND_LIST:
		strv_add(row->target, value);
		break;
	}
}

static int unknown_long(const struct opt *table, size_t n, const char *word, struct err *e)
{
	const char *names[OPT_MAX + 1], *near;
	_cleanup_(freep) char *name = mem_dupn(word + 2, strcspn(word + 2, "="));
	_cleanup_(buf_free) struct buf seen = BUF_INIT(80);
	size_t starting = 0;

	for (size_t i = 0; i < n; i++) {
		names[i] = table[i].name;
		starting += *name && text_starts(names[i], name);
	}
	names[n] = "help";
	starting += *name && text_starts("help", name);
	near = text_nearest(name, names, n + 1);
	text_visible(&seen, name, strlen(name));
	if (starting > 1)
		return err_set(e, ERR_USAGE, "option '--%s' could mean several; write it out", buf_text(&seen));
	if (near)
		return err_set(e, ERR_USAGE, "there is no option '--%s'; did you mean '--%s'?", buf_text(&seen), near);
	return err_set(e, ERR_USAGE, "there is no option '--%s'", buf_text(&seen));
}

/* getopt said ':' (value missing) or '?' (unknown, or a value where none belongs). */
static int refuse(const struct opt *table, const struct grammar *g, int c, char **argv, struct err *e)
{
	const struct opt *row = row_of(table, g->n, optopt);
	char letter = (char)optopt;
	_cleanup_(buf_free) struct buf seen = BUF_INIT(16);

	if (c == ':' && row)
		return err_set(e, ERR_USAGE, "option '--%s' needs a value: %s", row->name,
			       row->value ? row->value : "VALUE");
	if (optopt >= LONG_BASE || optopt == HELP_VALUE)
		return err_set(e, ERR_USAGE, "option '--%s' takes no value", row ? row->name : "help");
	if (!optopt)
		return unknown_long(table, g->n, argv[optind - 1], e);
	text_visible(&seen, &letter, 1);
	return err_set(e, ERR_USAGE, "there is no option '-%s'", buf_text(&seen));
}

int opt_parse(const struct opt *table, int argc, char **argv, struct strv *ret_args, bool *ret_help, struct err *e)
{
	struct grammar g;
	int c;

	describe(table, &g);
	opterr = 0;
	optind = 0; /* glibc: begin anew, whatever was parsed before */
	while ((c = getopt_long(argc, argv, g.letters, g.longs, NULL)) != -1) {
		const struct opt *row = c == HELP_VALUE || c == ':' || c == '?' ? NULL : row_of(table, g.n, c);

		if (c == HELP_VALUE || (c == 'h' && !row)) {
			*ret_help = true;
			return 0;
		}
		if (!row)
			return refuse(table, &g, c, argv, e);
		store(row, optarg);
	}
	for (int i = optind; i < argc; i++)
		strv_add(ret_args, argv[i]);
	return 0;
}

static void help_row(struct buf *b, char letter, const char *name, const char *value, const char *help)
{
	_cleanup_(buf_free) struct buf left = BUF_INIT(200);

	if (letter)
		buf_printf(&left, "  -%c, --%s", letter, name);
	else
		buf_printf(&left, "      --%s", name);
	if (value)
		buf_printf(&left, "=%s", value);
	/* a long option pushes its help to the next line, so that the column stays */
	buf_printf(b, left.len > 26 ? "%s\n%28s%s\n" : "%-28s%.0s%s\n", buf_text(&left), "", help);
}

void opt_help(struct buf *b, const struct opt *table)
{
	bool taken = false;

	for (const struct opt *o = table; o->name; o++) {
		help_row(b, o->letter, o->name, o->kind == OPT_KIND_FLAG ? NULL : o->value, o->help);
		taken = taken || o->letter == 'h';
	}
	help_row(b, taken ? 0 : 'h', "help", NULL, "show this text");
}
