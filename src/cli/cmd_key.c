#include "base/fs.h"
#include "base/mem.h"
#include "base/seal.h"
#include "base/term.h"
#include "cli/commands.h"
#include "cli/places.h"

static bool arg_passphrase;

const struct opt *options_key(struct cli *c)
{
	CLI_TABLE(OPT_STRING('k', "key", &c->key_file, "FILE", "key file of this responder"),
		  OPT_FLAG('p', "passphrase", &arg_passphrase, "init: protect the key with a passphrase (asked twice)"),
		  CLI_COMMON(c));
}

static int ask_twice(struct secret **ret, struct err *e)
{
	_cleanup_(secret_freep) struct secret *first = NULL, *second = NULL;

	if (term_ask_secret("Passphrase for the new key: ", &first, e) < 0 ||
	    term_ask_secret("The same again: ", &second, e) < 0)
		return -(int)e->code;
	if (!secret_equal(first, second))
		return err_set(e, ERR_USAGE, "the two passphrases are not the same; no key was made");
	*ret = TAKE(first);
	return 0;
}

static void tell(struct cli *c, const char *path, const struct seal_public *p, const char *next)
{
	char text[SEAL_PUBLIC_TEXT];
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	seal_public_text(p, text);
	if (c->json) {
		json_t *j = json_object();

		json_put(j, "key_file", path);
		json_put(j, "public", text);
		cli_json(j);
		return;
	}
	buf_printf(&b, "%s\n%s", text, next);
	cli_print(&b);
}

static int folder_of(const char *path, struct err *e)
{
	_cleanup_(freep) char *folder = mem_dup(path);
	char *slash = strrchr(folder, '/');

	if (!slash || slash == folder)
		return 0;
	*slash = '\0';
	return fs_mkdirs(folder, 0700, e);
}

static int init(struct cli *c, const char *path, struct err *e)
{
	_cleanup_(secret_freep) struct secret *passphrase = NULL;
	struct seal_public p;
	int r = arg_passphrase ? ask_twice(&passphrase, e) : 0;

	if (r == 0)
		r = folder_of(path, e);
	if (r == 0)
		r = seal_key_create(path, passphrase, &p, e);
	if (r == 0)
		tell(c, path, &p, "Put this line under your name in the register (people: NAME: key:), commit it, and "
				  "you can open what incidents seal from then on.\n");
	return r;
}

static int show(struct cli *c, const char *path, struct err *e)
{
	struct seal_public p;
	int r = seal_key_file_public(path, &p, e);

	if (r == 0)
		tell(c, path, &p, "");
	return r;
}

int cmd_key(struct cli *c, int argc, char **argv)
{
	_cleanup_(strv_free) struct strv args = STRV_INIT;
	const struct command *self = cli_command("key");
	struct err e = ERR_INIT;
	int code, r;

	if (!cli_parse(c, self, argc, argv, &args, &code))
		return code;
	if (args.n == 1 && !strcmp(args.s[0], "init"))
		r = init(c, places_key(c), &e);
	else if (args.n == 1 && !strcmp(args.s[0], "show"))
		r = show(c, places_key(c), &e);
	else
		return cli_usage(self, "one word is expected: init or show");
	return r < 0 ? cli_fail(&e) : EXIT_DONE;
}
