/* This visit's own way in, and ssh's servers. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "scout/hold.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#define ADDRESSES_TOLD 16u
#define STOP_MS 20000
#define STOPPED_MS 5000
#define POWER_MS 500                 /* a manager that was asked is left to do it */

static bool text_of(const struct sockaddr *a, char ret[INET6_ADDRSTRLEN])
{
	const void *four = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
	const void *six = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;

	return (a->sa_family == AF_INET || a->sa_family == AF_INET6) &&
	       inet_ntop(a->sa_family, a->sa_family == AF_INET ? four : six, ret, INET6_ADDRSTRLEN);
}

static bool is_of_one_link(const struct sockaddr *a)
{
	return a->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr);
}

static const char *interface_of(const struct ifaddrs *all, const char *address)
{
	char text[INET6_ADDRSTRLEN];

	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		if (i->ifa_addr && text_of(i->ifa_addr, text) && !strcmp(text, address))
			return i->ifa_name;
	return NULL;
}

json_t *hold_addresses(const char *connection)
{
	json_t *list = json_array();
	struct ifaddrs *all = NULL;
	char text[INET6_ADDRSTRLEN], server[64] = "";
	const char *name;

	if (!connection || sscanf(connection, "%*s %*u %63s", server) != 1 || getifaddrs(&all) < 0)
		return list;
	name = interface_of(all, strncmp(server, "::ffff:", 7) ? server : server + 7);
	for (const struct ifaddrs *i = all; name && i; i = i->ifa_next)
		if (i->ifa_addr && !strcmp(i->ifa_name, name) && text_of(i->ifa_addr, text) &&
		    !is_of_one_link(i->ifa_addr) && json_array_size(list) < ADDRESSES_TOLD)
			json_array_append_new(list, json_string(text));
	freeifaddrs(all);
	return list;
}

static void ask_systemd(const struct scout_out *o, const char *verb, const char *const *units)
{
	static const char *const places[] = { "/usr/bin/systemctl", "/bin/systemctl" };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	_cleanup_(freep) char *running = scout_path(o, "/run/systemd/system"), *program = NULL;
	const char *argv[8] = { NULL, verb };

	for (size_t k = 0; !program && k < ARRAY_SIZE(places); k++) {
		program = scout_path(o, places[k]);
		if (!fs_exists(program)) {
			free(program);
			program = NULL;
		}
	}
	if (!program || !fs_exists(running))
		return;
	argv[0] = program;
	for (size_t k = 0; units[k] && k + 3 < ARRAY_SIZE(argv); k++)
		argv[k + 2] = units[k];
	(void)proc_run(&(struct proc_job){ .argv = argv, .limit_ms = STOP_MS }, &res, NULL);
}

void hold_power_off(const struct scout_out *o)
{
	static const char *const none[] = { NULL };

	if (*o->root)
		return;
	sync();
	ask_systemd(o, "poweroff", none);
	clock_sleep_ms(POWER_MS);
	(void)reboot(RB_POWER_OFF);
}

int hold_stop_sshd(struct scout_out *o, const struct contain_rules *c, struct err *e)
{
	static const char *const units[] = { "ssh.socket", "sshd.socket", "ssh.service", "sshd.service", NULL };
	int64_t until = clock_mono_us() + (int64_t)STOPPED_MS * 1000;
	uint32_t left;
	int r;

	if (*o->root)
		return 0;
	ask_systemd(o, "stop", units);
	do {
		r = hold_end_listeners(o, c, &left, e);
		if (r < 0 || left == 0)
			return r;
		clock_sleep_ms(50);
	} while (clock_mono_us() < until);
	return err_set(e, ERR_REMOTE, "somebody still listens on its port of ssh");
}
