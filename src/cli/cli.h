#pragma once
/*
 * The frame of the commands. One file a command (cmd_NAME.c), one table (commands.c): help, completion and the check of
 * the man pages read it. A command parses its own options with CLI_COMMON behind its own rows.
 *
 * Output for people and --json goes to standard output through cli_print; sentences about failure to standard error
 * through cli_fail. Exit codes are the same for all commands and stand in firebreak(1).
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/opt.h"
#include "base/strv.h"
#include "model/register.h"
#include "store/journal.h"
#include <stdbool.h>

enum exit_code {
	EXIT_DONE = 0,        /* done; for respond: every step is proven */
	EXIT_FAILED = 1,      /* something failed, or a check found something */
	EXIT_WRONG_USE = 2,   /* the command line is wrong */
	EXIT_PERSON = 3,      /* not finished: a person must do or decide something */
	EXIT_NOT_KNOWN = 4,   /* not finished: unreachable, or the outcome is unknown; run it again */
	EXIT_BAD_INPUT = 5,   /* register, playbook or key file is wrong; nothing was changed */
	EXIT_BUSY = 6,        /* another responder is at it */
	EXIT_INTERRUPTED = 130,
};

struct cli {
	/* --register, FIREBREAK_REGISTER, or the nearest folder upwards with firebreak.yaml */
	const char *register_folder;
	const char *state_folder;      /* --state, FIREBREAK_STATE, /var/lib/firebreak for root, else below HOME */
	const char *key_file;          /* --key, FIREBREAK_KEY, else key below HOME/.config/firebreak */
	const char *as;                /* --as PERSON of the register */
	bool json, colour, help;
	const char *drivers_folder;    /* of the team's drivers; NULL: there is none */
	struct strv drivers;           /* their names */
	char *owned[8];                /* strings made for the defaults */
};

#define CLI_COMMON(c) \
	OPT_STRING('r', "register", &(c)->register_folder, "DIR", "folder of the register"), \
	OPT_STRING('s', "state", &(c)->state_folder, "DIR", "folder of the journal and of our clones"), \
	OPT_FLAG(0, "json", &(c)->json, "answer in JSON"), \
	OPT_END

/* The body of an options_NAME function: a table that outlives the call. */
#define CLI_TABLE(...) \
	static struct opt table[24]; \
	const struct opt rows[] = { __VA_ARGS__ }; \
	_Static_assert(sizeof(rows) <= sizeof(table), "more room for options"); \
	memcpy(table, rows, sizeof(rows)); \
	return table

struct command {
	const char *name, *arguments, *summary;
	int (*run)(struct cli *c, int argc, char **argv);   /* argv[0] is the command's name; gives an exit code */
	const struct opt *(*options)(struct cli *c);        /* its table, for completion and checks */
};

extern const struct command commands[];
extern const size_t commands_count;

/* Parses a command's options: false when help was printed or the use was wrong (*ret_exit tells). */
bool cli_parse(struct cli *c, const struct command *self, int argc, char **argv, struct strv *ret_args, int *ret_exit);
const struct command *cli_command(const char *name);
int cli_usage(const struct command *self, const char *fmt, ...) _printf_(2, 3);    /* prints; gives EXIT_WRONG_USE */

void cli_print(const struct buf *b);
void cli_note(const char *fmt, ...) _printf_(1, 2);        /* a line to standard error */
/* Prints the error and what to do next; gives the exit code that fits e->code. */
int cli_fail(const struct err *e);
void cli_json(json_t *j);                                   /* prints and frees */

int cli_register(struct cli *c, struct firebreak_register **ret, struct err *e);     /* reads and checks it */
/* The same with all mistakes. */
int cli_register_all(struct cli *c, struct strv *problems, struct firebreak_register **ret, struct err *e);
int cli_journal(struct cli *c, enum journal_mode mode, struct journal **ret, struct err *e);
int cli_incident_number(const char *text, int64_t *ret, struct err *e);
/* cli_parse for a command whose one argument is the number of an incident. */
bool cli_parse_incident(struct cli *c, const struct command *self, int argc, char **argv, int64_t *ret, int *ret_exit);
/* The number that an option was given; *ret stays when it was not (text NULL). what: "number of seconds". */
int cli_number(const char *option, const char *text, const char *what, uint32_t min, uint32_t max, uint32_t *ret,
	       struct err *e);
int cli_at_once(const char *text, uint32_t *ret, struct err *e);          /* --at-once: 1 to 64 */
