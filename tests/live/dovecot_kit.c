#include "dovecot_kit.h"
#include "base/fs.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct driver driver_dovecot;

void mail_test_of(struct mail_test *t)
{
	*t = (struct mail_test){ .c.driver = &driver_dovecot };
	t->c.service = &t->service;
	t->c.facts = driver_facts_find("dovecot");
	service_password(t->c.old);
	service_password(t->c.new);
}

void mail_test_begin(struct mail_test *t, const char *more, bool slow)
{
	mail_test_of(t);
	assert_int_equal(service_dovecot_start(&t->service, t->c.old, more, slow), 0);
}

void mail_test_end(struct mail_test *t)
{
	service_dovecot.stop(&t->service);
}

void mail_test_must(const struct said *s)
{
	if (s->r < 0)
		fail_msg("%s\n%s", s->e.text, s->all);
}

void mail_test_says(const struct said *s, enum accepts wanted)
{
	if (s->r < 0 || s->a.accepts != wanted)
		fail_msg("%s instead of %s: %s", accepts_name(s->a.accepts), accepts_name(wanted), s->all);
}

bool mail_test_accepts(struct mail_test *t, const char *password)
{
	return service_dovecot.login(&t->service, t->service.user, password);
}

bool mail_test_found(const struct said *s, const char *what, const char *detail)
{
	const json_t *f;
	size_t i;

	json_array_foreach(s->a.findings, i, f)
		if (!strcmp(json_str(f, "what"), what) && strstr(json_str(f, "detail"), detail))
			return true;
	return false;
}

int mail_test_run(const char *const *argv)
{
	char *args[20];
	int status = -1;
	size_t n = 0;
	pid_t pid;

	for (; argv[n] && n < 19; n++)
		args[n] = mem_dup(argv[n]);
	args[n] = NULL;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		(void)(dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0);
		(void)execvp(args[0], args);
		_exit(127);
	}
	(void)waitpid(pid, &status, 0);
	for (size_t i = 0; i < n; i++)
		free(args[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In this process' own network: Dovecot runs as an ordinary user in these tests. */
static bool open_low_ports(void)
{
	_cleanup_(closep) int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, "0", 1) == 1;
}

int mail_test_main(const struct CMUnitTest *tests, size_t n, int argc, char **argv)
{
	static const char *const lo_up[] = { "ip", "link", "set", "lo", "up", NULL };
	struct err e = ERR_INIT;

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	if (geteuid() != 0) {
		printf("1..0 # SKIP Postfix, PAM and mounts need root\n");
		return 77;
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mail_test_run(lo_up) != 0 || !open_low_ports() ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || secret_init(&e) < 0) {
		printf("Bail out! no mounts and network of our own: %s %s\n", strerror(errno), e.text);
		return 1;
	}
	return _cmocka_run_group_tests("dovecot", tests, n, NULL, NULL);
}
