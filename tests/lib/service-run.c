/*
 * A real service for shell programs: service-run KIND < PASSWORD starts it with that password for the account under
 * test, prints what service.h knows as lines NAME=value, and stops it when standard input ends or a signal says so.
 */
#include "service.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct service_kind *const kinds[] = {
	&service_bacula, &service_dkim, &service_dovecot, &service_redis, &service_mariadb, &service_postgresql,
};

static const struct service_kind *find(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->driver, name))
			return kinds[i];
	return NULL;
}

static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
	(void) number;
	told_to_end = 1;
}

/* No signal mask before the service was started: it would inherit it. */
static void watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		(void) sigaction(numbers[i], &action, NULL);
}

static void wait_for_end(void)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	sigset_t all, before;
	char byte;

	(void) sigfillset(&all);
	(void) sigprocmask(SIG_BLOCK, &all, &before);
	while (!told_to_end) {
		if (ppoll(&in, 1, NULL, &before) == 1 && read(0, &byte, 1) <= 0)
			break;
	}
	(void) sigprocmask(SIG_SETMASK, &before, NULL);
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
	watch_signals();
	if (kind->start(&s, password) < 0)
		return 1;
	printf("FOLDER=%s\nADDRESS=%s\nPORT=%u\nPID=%d\nUSER=%s\nADMIN_USER=%s\nADMIN_PASSWORD=%s\n"
	       "READY=yes\n", s.folder, s.address, s.port, (int)s.pid, s.user, s.admin_user, s.admin_password);
	fflush(stdout);
	wait_for_end();
	kind->stop(&s);
	return 0;
}
