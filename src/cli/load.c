#include "base/mem.h"
#include "cli/drivers.h"
#include "cli/places.h"
#include "scan/register_files.h"

int cli_register(struct cli *c, struct firebreak_register **ret, struct err *e)
{
	return cli_register_all(c, NULL, ret, e);
}

int cli_register_all(struct cli *c, struct strv *problems, struct firebreak_register **ret, struct err *e)
{
	_cleanup_(register_files_free) struct register_files files = { 0 };
	_cleanup_(freep) struct driver_words *words = NULL;
	const char *folder;
	int r = places_register(c, &folder, e);

	if (r == 0)
		r = drivers_find(c, e);
	if (r == 0)
		r = register_files_folder(folder, &files, e);
	if (r < 0)
		return r;
	size_t n_words = drivers_words(c, &words);
	return register_load_all(files.s, files.n, words, n_words, problems, ret, e);
}

int cli_journal(struct cli *c, enum journal_mode mode, struct journal **ret, struct err *e)
{
	const char *folder;
	int r = places_state(c, &folder, e);

	return r < 0 ? r : journal_open(folder, mode, ret, e);
}
