#include "cli/cli.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

const struct command *cli_command(const char *name)
{
	for (size_t i = 0; i < commands_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void cli_print(const struct buf *b)
{
	fwrite(buf_text(b), 1, b->len, stdout);
	fflush(stdout);
}

void cli_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void cli_json(json_t *j)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(JSON_TEXT_MAX);

	json_pretty(&b, j);
	json_decref(j);
	cli_print(&b);
}

static const int exit_of[] = {
	[ERR_NONE] = EXIT_FAILED, [ERR_USAGE] = EXIT_WRONG_USE, [ERR_CONFIG] = EXIT_BAD_INPUT,
	[ERR_IO] = EXIT_FAILED, [ERR_NET] = EXIT_NOT_KNOWN, [ERR_AUTH] = EXIT_FAILED,
	[ERR_REMOTE] = EXIT_FAILED, [ERR_REFUSED] = EXIT_FAILED, [ERR_LIMIT] = EXIT_BAD_INPUT,
	[ERR_CONFLICT] = EXIT_BUSY, [ERR_BUG] = EXIT_FAILED,
};

int cli_fail(const struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	text_visible(&b, e->text, strlen(e->text));
	cli_note("firebreak: %s", buf_text(&b));
	return e->effect == EFFECT_UNKNOWN ? EXIT_NOT_KNOWN : exit_of[e->code];
}

int cli_usage(const struct command *self, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "firebreak %s: ", self->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: firebreak %s %s\nTry 'firebreak %s --help'.\n", self->name, self->arguments,
		self->name);
	return EXIT_WRONG_USE;
}

bool cli_parse(struct cli *c, const struct command *self, int argc, char **argv, struct strv *ret_args, int *ret_exit)
{
	struct err e = ERR_INIT;

	if (opt_parse(self->options(c), argc, argv, ret_args, &c->help, &e) < 0) {
		*ret_exit = cli_usage(self, "%s", e.text);
		return false;
	}
	if (c->help) {
		_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

		buf_printf(&b, "usage: firebreak %s %s\n\n%s.\n\n", self->name, self->arguments, self->summary);
		opt_help(&b, self->options(c));
		cli_print(&b);
		*ret_exit = EXIT_DONE;
		return false;
	}
	c->colour = term_has_colour(STDOUT_FILENO);
	return true;
}

int cli_incident_number(const char *text, int64_t *ret, struct err *e)
{
	if (text_i64(text, ret) < 0 || *ret < 1)
		return err_set(e, ERR_USAGE, "'%s' is no incident number: it is what `firebreak declare` printed, "
			       "`firebreak status` lists them", text);
	return 0;
}

bool cli_parse_incident(struct cli *c, const struct command *self, int argc, char **argv, int64_t *ret, int *ret_exit)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	struct err e = ERR_INIT;

	if (!cli_parse(c, self, argc, argv, &args, ret_exit))
		return false;
	if (args.n == 1 && cli_incident_number(args.s[0], ret, &e) == 0)
		return true;
	*ret_exit = args.n == 1 ? cli_fail(&e) : cli_usage(self, "the number of an incident is expected");
	return false;
}

int cli_number(const char *option, const char *text, const char *what, uint32_t min, uint32_t max, uint32_t *ret,
	       struct err *e)
{
	if (!text || text_u32(text, min, max, ret) == 0)
		return 0;
	return err_set(e, ERR_USAGE, "%s '%.40s': a %s from %u to %u is expected", option, text, what, min, max);
}

int cli_at_once(const char *text, uint32_t *ret, struct err *e)
{
	return cli_number("--at-once", text, "number", 1, 64, ret, e);
}
