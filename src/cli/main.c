#include "base/secret.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "version.h"
#include <stdio.h>
#include <string.h>

static int help(int code)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);

	buf_str(&b, "usage: firebreak COMMAND [OPTION...] [ARGUMENT...]\n\nSomething private has leaked. Type:\n\n"
		    "  firebreak declare redis/password --because 'pasted into a public channel'\n\n"
		    "and it tells you what to type next.\n\nCommands:\n");
	for (size_t i = 0; i < commands_count; i++)
		buf_printf(&b, "  %-10s %s\n", commands[i].name, commands[i].summary);
	buf_str(&b, "\n'firebreak COMMAND --help' tells more; so does man firebreak.\n");
	if (code == EXIT_DONE)
		cli_print(&b);
	else
		cli_note("%s", buf_text(&b));
	return code;
}

static int unknown(const char *name)
{
	const char *names[64];
	size_t n = 0;

	for (; n < commands_count && n < ARRAY_SIZE(names); n++)
		names[n] = commands[n].name;
	const char *near = text_nearest(name, names, n);

	cli_note("firebreak: there is no command '%s'%s%s%s", name, near ? ": did you mean '" : "", near ? near : "",
		 near ? "'?" : "; 'firebreak --help' lists them");
	return EXIT_WRONG_USE;
}

int main(int argc, char **argv)
{
	_cleanup_(places_free) struct cli c = { 0 };
	struct err e = ERR_INIT;

	if (secret_init(&e) < 0)
		return cli_fail(&e);
	if (argc < 2)
		return help(EXIT_WRONG_USE);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(EXIT_DONE);
	if (!strcmp(argv[1], "--version")) {
		puts("firebreak " FIREBREAK_VERSION);
		return EXIT_DONE;
	}
	const struct command *self = cli_command(argv[1]);

	return self ? self->run(&c, argc - 1, argv + 1) : unknown(argv[1]);
}
