#include "base/text.h"
#include "cli/commands.h"

/* For bash: words of a command line out of the same tables that parse it. Installed by the build. */

const struct opt *options_completion(struct cli *c)
{
	CLI_TABLE(CLI_COMMON(c));
}

static void options_of(struct buf *b, const struct command *self)
{
	struct cli nobody = { 0 };

	for (const struct opt *o = self->options(&nobody); o->name; o++)
		buf_printf(b, "--%s ", o->name);
	buf_str(b, "--help");
}

int cmd_completion(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(buf_free) struct buf b = BUF_INIT(1 << 16);
	int code;

	if (!cli_parse(c, cli_command("completion"), argc, argv, &args, &code))
		return code;
	buf_str(&b, "# bash completion for firebreak: `firebreak completion` prints it\n_firebreak() {\n"
		    "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < commands_count; i++) {
		buf_printf(&b, "\t%s) words='", commands[i].name);
		options_of(&b, &commands[i]);
		buf_str(&b, "' ;;\n");
	}
	buf_str(&b, "\tesac\n\t[ \"$COMP_CWORD\" = 1 ] && words='");
	for (size_t i = 0; i < commands_count; i++)
		buf_printf(&b, "%s ", commands[i].name);
	buf_str(&b, "--help --version'\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n}\n"
		    "complete -o default -F _firebreak firebreak\n");
	cli_print(&b);
	return EXIT_DONE;
}
