#include "register_help.h"

static const char *const redis_options[] = { "tls", "file", "queue", NULL };
static const char *const mariadb_options[] = { "tls", "plugin", "name", NULL };
const struct driver_words small_drivers[2] = { { "redis", redis_options }, { "mariadb", mariadb_options } };

struct firebreak_register *small_load(const char *more, char ret_text[500])
{
	struct source files[] = { { "head.yaml", SMALL_HEAD, strlen(SMALL_HEAD) }, { "r.yaml", more, strlen(more) } };
	struct firebreak_register *r = NULL;
	struct err e = ERR_INIT;

	if (register_load(files, ARRAY_SIZE(files), small_drivers, ARRAY_SIZE(small_drivers), &r, &e) < 0)
		memcpy(ret_text, e.text, 500);
	return r;
}

struct firebreak_register *small_load_ok(const char *more)
{
	char text[500] = "";
	struct firebreak_register *r = small_load(more, text);

	if (!r)
		fail_msg("refused: %s", text);
	return r;
}
