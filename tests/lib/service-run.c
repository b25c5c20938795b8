/*
 * A real service for shell programs: service-run KIND < PASSWORD starts it with that password for the account under
 * test, prints what service.h knows as lines NAME=value, and stops it when standard input ends.
 */
#include "service.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct service_kind *const kinds[] = { &service_redis, &service_mariadb, &service_postgresql };

static const struct service_kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->driver, name))
			return kinds[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct service_kind *kind = argc == 2 ? find(argv[1]) : NULL;
	struct service s = { .kind = kind };
	char password[64];

	if (!kind || !fgets(password, sizeof(password), stdin)) {
		fputs("usage: service-run redis|mariadb|postgresql < PASSWORD\n", stderr);
		return 2;
	}
	password[strcspn(password, "\n")] = '\0';
	if (kind->start(&s, password) < 0)
		return 1;
	printf("FOLDER=%s\nADDRESS=%s\nPORT=%u\nPID=%d\nUSER=%s\nADMIN_USER=%s\nADMIN_PASSWORD=%s\n"
	       "READY=yes\n", s.folder, s.address, s.port, (int)s.pid, s.user, s.admin_user, s.admin_password);
	fflush(stdout);
	while (getchar() != EOF)
		;
	kind->stop(&s);
	return 0;
}
