/* MariaDB 10.4 and newer: passwords of accounts, and the value that a replica presents to its primary. */
#include "driver/mariadb.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

#define NAME_MAX_BYTES 320u
#define HOST_MAX_BYTES 255u

static int check_user(const char *address, const char *word, struct err *e)
{
	_cleanup_(freep) char *user = NULL, *host = NULL;
	_cleanup_(buf_free) struct buf shown = BUF_INIT(200);
	bool plain = text_is_utf8(word, strlen(word));

	for (const char *p = word; *p; p++)
		plain = plain && (unsigned char)*p >= 0x20 && *p != 0x7f;
	mariadb_word(word, &user, &host);
	if (plain && *user && strlen(user) <= NAME_MAX_BYTES && (!host || (*host && strlen(host) <= HOST_MAX_BYTES)))
		return 0;
	text_visible(&shown, word, strlen(word));
	return err_set(e, ERR_CONFIG, "mariadb at '%s': '%s' is no user; name (all its host patterns) or name@pattern "
		       "is expected", address, buf_text(&shown));
}

static int check_word(const char *address, const json_t *options, const char *name, const char *const *allowed,
		      struct err *e)
{
	const char *value = json_str(options, name);

	if (!value)
		return 0;
	for (size_t i = 0; allowed[i]; i++)
		if (strcmp(allowed[i], value) == 0)
			return 0;
	return err_set(e, ERR_CONFIG, "mariadb at '%s': the option %s is '%s'; %s or %s is expected", address, name,
		       value, allowed[0], allowed[1]);
}

int mariadb_words(const char *address, const char *const *users, const json_t *options, struct err *e)
{
	static const char *const yes_no[] = { "yes", "no", NULL };
	static const char *const plugins[] = { "mysql_native_password", "ed25519", NULL };
	int r = 0;

	for (size_t i = 0; r == 0 && users && users[i]; i++)
		r = check_user(address, users[i], e);
	if (r == 0)
		r = check_word(address, options, "tls", yes_no, e);
	if (r == 0)
		r = check_word(address, options, "lock_sharers", yes_no, e);
	if (r == 0)
		r = check_word(address, options, "plugin", plugins, e);
	return r;
}

const struct driver driver_mariadb = {
	.name = "mariadb",
	.verb = {
		[VERB_PROBE] = mariadb_probe,
		[VERB_CHANGE] = mariadb_change,
		[VERB_STAGE] = mariadb_stage,
		[VERB_RETIRE] = mariadb_retire,
		[VERB_CUT] = mariadb_cut,
		[VERB_INSPECT] = mariadb_inspect,
	},
	.words = mariadb_words,
};
