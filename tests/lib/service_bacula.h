#pragma once
/*
 * What the Bacula service of the tests can beside the common part. Three daemons run below one small supervisor that
 * starts each again when it ends, as a machine's own does: director, client (file daemon) and storage. One console
 * without a name (the account under test) and the console "boss"; the pairs have a value of their own.
 *
 * Of service_bacula_shared the pairs have the console's value too: one password for all three, in all three files.
 */
#include "service.h"

enum bacula_part { PART_DIRECTOR, PART_CLIENT, PART_STORAGE, PARTS };

struct service_bacula {
	uint16_t port[PARTS];
	char file[PARTS][300], restart[PARTS][300];
	char pair[33];                    /* what director, client and storage hold for each other */
	const char *extra[PARTS];         /* further lines of a file's first resource; set before start, or NULL */
};

#define BACULA_DIRECTOR_NAME "lab-dir"

/* Like service_bacula.start; `shared`: the pairs hold the console's value too; `extra` may be NULL. */
int service_bacula_start(struct service *s, const char *password, bool shared, const char *const extra[PARTS]);
/* Does this daemon let `name` in with the value: by a client of the test's own. */
bool service_bacula_login(const struct service *s, enum bacula_part part, const char *name, const char *password);
/* The login of that client, open; -1: not let in. */
int service_bacula_dial(const struct service *s, enum bacula_part part, const char *name, const char *password);
/* Whether a command gets its whole answer there: at most size - 1 bytes of it are kept. */
bool service_bacula_answers(int fd, const char *command, char *ret, size_t size);
/* What the director says to a command of "boss", cut to size. 0 or -1. */
int service_bacula_ask(struct service *s, const char *command, char *ret, size_t size);
/* The files as at the start, with the console's value `password`; nobody reads them yet. */
int service_bacula_files(struct service *s, const char *password);
pid_t service_bacula_pid(const struct service *s, enum bacula_part part);
