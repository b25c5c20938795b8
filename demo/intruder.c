/*
 * Somebody who read the leaked password: holds a logged-in session and keeps trying to log in, every 20 ms, until both
 * are refused for a second. intruder KIND PORT USER < PASSWORD; prints "cut SECONDS" and "refused SECONDS" since the
 * start, and "in SECONDS" when a login worked again after a refusal.
 */
#include "base/clock.h"
#include "service.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERY_US 20000
#define SURE_US 1000000
#define LIMIT_US 120000000

static const struct service_kind *const kinds[] = { &service_redis, &service_mariadb, &service_postgresql };

static void say(const char *what, int64_t started_us)
{
	printf("%s %.3f\n", what, (double)(clock_mono_us() - started_us) / 1e6);
	fflush(stdout);
}

static int intrude(struct service *s, const char *password)
{
	struct service_session *session = s->kind->session(s, s->user, password);
	int64_t started = clock_mono_us(), refused = 0, cut = 0;

	if (!session) {
		fputs("intruder: the leaked password does not work\n", stderr);
		return 1;
	}
	say("in", started);
	while (clock_mono_us() - started < LIMIT_US) {
		bool works = s->kind->login(s, s->user, password);

		if (!works && !refused) {
			refused = clock_mono_us();
			say("refused", started);
		} else if (works && refused) {
			refused = 0;
			say("in", started);
		}
		if (!cut && !s->kind->session_alive(session)) {
			cut = clock_mono_us();
			say("cut", started);
		}
		if (cut && refused && clock_mono_us() - refused > SURE_US)
			break;
		usleep(EVERY_US);
	}
	s->kind->session_end(session);
	return cut && refused ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct service s = { 0 };
	char password[64];

	for (size_t i = 0; argc == 4 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->driver, argv[1]))
			s.kind = kinds[i];
	if (!s.kind || !fgets(password, sizeof(password), stdin)) {
		fputs("usage: intruder KIND PORT USER < PASSWORD\n", stderr);
		return 2;
	}
	password[strcspn(password, "\n")] = '\0';
	s.port = (uint16_t)strtoul(argv[2], NULL, 10);
	snprintf(s.address, sizeof(s.address), "127.0.0.1:%u", s.port);
	snprintf(s.user, sizeof(s.user), "%s", argv[3]);
	return intrude(&s, password);
}
