#pragma once
/* MariaDB for live tests: other settings, statements by its admin, and the server's number for a failed login. */
#include "service.h"

/* `extra`: lines for my.cnf; NULL: none. The account under test is `app`, with the host patterns % and 10.%. */
int service_mariadb_start(struct service *s, const char *password, const char *extra);
/* Runs a statement as the admin. The first column of the first row goes to ret when it is given. Returns 0 or the
 * server's error number. */
unsigned service_mariadb_ask(struct service *s, char *ret, size_t size, const char *sql);
/* Fails loudly when the statement does. */
void service_mariadb_do(struct service *s, const char *sql);
/* 0 when the login works, otherwise the error number. */
unsigned service_mariadb_login(struct service *s, const char *user, const char *password);
/* What the server keeps of a password under mysql_native_password. */
void service_mariadb_hash(const char *password, char ret[42]);
/* Sends a statement in an open session; its error number. */
unsigned service_mariadb_in(struct service_session *x, const char *sql);
