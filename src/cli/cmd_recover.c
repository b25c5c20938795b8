#include "base/fs.h"
#include "base/mem.h"
#include "base/term.h"
#include "cli/commands.h"
#include "cli/session.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool arg_old;

const struct opt *options_recover(struct cli *c)
{
	CLI_TABLE(OPT_FLAG(0, "old", &arg_old, "the value before; otherwise the new one"),
		  OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder"),
		  OPT_STRING(0, "as", &c->as, "PERSON", "who asks, as the register names them"),
		  CLI_COMMON(c));
}

static int write_out(const char *bytes, size_t len, void *arg)
{
	int fd = *(int *)arg;

	return fs_write_all(fd, bytes, len) < 0 || fs_write_all(fd, "\n", 1) < 0 ? -ERR_IO : 0;
}

/* To the controlling terminal only: standard output may be a file, a pipe or a log. */
static int to_terminal(const struct secret *value, struct err *e)
{
	_cleanup_(closep) int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_set(e, ERR_REFUSED, "there is no terminal: values are shown on a terminal only");
	return secret_with(value, write_out, &fd) < 0 ? err_set(e, ERR_IO, "the terminal does not take the value") : 0;
}

static int recover(struct cli *c, struct session *s, int64_t number, const char *secret, struct err *e)
{
	_cleanup_(incident_freep) struct incident *i = NULL;
	_cleanup_(seal_key_freep) struct seal_key *key = NULL;
	_cleanup_(secret_freep) struct secret *value = NULL;
	_cleanup_(freep) char *question = mem_printf("This shows the %s value of %s on your screen and is kept in the "
						     "journal. Type its name to go on: ", arg_old ? "old" : "new",
						     secret);
	const struct step_state *sealed;
	int r = engine_incident(s->journal, number, &i, e);

	if (r == 0)
		r = engine_sealed(i, secret, &sealed, e);
	if (r == 0)
		r = session_key(c, &key, e);
	if (r < 0)
		return r;
	if (!key)
		return err_set(e, ERR_AUTH, "there is no responder's key here; name it with --key");
	if (!term_confirm(question, secret))
		return err_set(e, ERR_REFUSED, "not confirmed on a terminal: nothing is shown");
	r = engine_recover(&s->en, i, secret, arg_old ? "old" : "new", key, &value, e);
	return r == 0 ? to_terminal(value, e) : r;
}

int cmd_recover(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	_cleanup_(session_close) struct session s = { 0 };
	const struct command *self = cli_command("recover");
	struct err e = ERR_INIT;
	int64_t number;
	int code;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n != 2)
		return cli_usage(self, "the number of an incident and the name of a secret are expected");
	if (cli_incident_number(args.s[0], &number, &e) < 0 || session_open(c, JOURNAL_WRITE, &s, &e) < 0 ||
	    recover(c, &s, number, args.s[1], &e) < 0)
		return cli_fail(&e);
	return EXIT_DONE;
}
