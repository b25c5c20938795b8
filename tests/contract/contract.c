/*
 * The suite against one driver on its real server, TAP on standard output. Built once for each entry of drivers.def, so
 * that no test of one driver maps the protocol client of another.
 */
#include "contract.h"
#include "base/clock.h"
#include "base/macro.h"
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CASE_US INT64_C(60000000)

#define JOIN(a, b) a##b
#define NAMED(prefix, name) JOIN(prefix, name)
#define DRIVER_UNDER_TEST NAMED(driver_, CONTRACT_DRIVER)
#define SERVICE_UNDER_TEST NAMED(service_, CONTRACT_DRIVER)

extern const struct driver DRIVER_UNDER_TEST;

#define CASE(name) { #name, case_##name },
static const struct { const char *name; contract_case *run; } cases[] = {
#include "cases.def"
};

static void value(struct contract *c, char ret[CONTRACT_VALUE_MAX])
{
	if (c->service->kind->value)
		CHECK(c->service->kind->value(ret, CONTRACT_VALUE_MAX) == 0, "no value was made");
	else
		service_password(ret);
}

static int run_case(struct contract *c, size_t i)
{
	struct err e = ERR_INIT;

	CHECK(secret_init(&e) == 0, "%s", e.text);
	value(c, c->old);
	value(c, c->new);
	value(c, c->other);
	CHECK(c->service->kind->set(c->service, c->old, NULL) == 0, "the account could not be set up");
	CHECK(contract_login(c, c->old), "the account was set up and refuses its value");
	cases[i].run(c);
	return 0;
}

static bool passes(struct contract *c, size_t i)
{
	int64_t until = clock_mono_us() + CASE_US;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(run_case(c, i));
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_us() >= until) {
			(void) kill(pid, SIGKILL);
			(void) waitpid(pid, &status, 0);
			printf("# not done after 60 s\n");
			break;
		}
		clock_sleep_ms(5);
	}
	/* A case that failed may have left the server paused. */
	(void) c->service->kind->resume(c->service);
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int suite(struct contract *c)
{
	size_t failed = 0;

	printf("1..%zu\n", ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool ok = passes(c, i);

		failed += !ok;
		printf("%sok %zu - %s\n", ok ? "" : "not ", i + 1, cases[i].name);
		fflush(stdout);
	}
	return failed ? 1 : 0;
}

int main(void)
{
	const struct service_kind *kind = &SERVICE_UNDER_TEST;
	struct service service = { 0 };
	static struct contract c = { .driver = &DRIVER_UNDER_TEST };
	static char password[CONTRACT_VALUE_MAX];
	int r;

	c.facts = driver_facts_find(c.driver->name);
	if (!c.facts) {
		printf("Bail out! '%s' does not stand in drivers.def\n", c.driver->name);
		return 1;
	}
	c.service = &service;
	service.kind = kind;
	value(&c, password);
	if (kind->start(&service, password) < 0) {
		printf("Bail out! %s does not start\n", c.driver->name);
		return 1;
	}
	r = suite(&c);
	kind->stop(&service);
	return r;
}
