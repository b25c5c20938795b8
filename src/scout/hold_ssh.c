/* This visit's own way in, and ssh's servers. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
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
#define POWER_MS 45000               /* a manager that was asked is left to do it */

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

bool hold_is_own(const struct ifaddrs *all, const char *address)
{
	return interface_of(all, address) != NULL;
}

/* A container's bridge is one of them: whether it is reached from anywhere is seen by who tries. */
void hold_addresses(const char *connection, json_t *ret)
{
	json_t *way = json_array(), *elsewhere = json_array();
	struct ifaddrs *all = NULL;
	char text[INET6_ADDRSTRLEN], server[64] = "";
	const char *name;

	json_object_set_new(ret, "addresses", way);
	json_object_set_new(ret, "elsewhere", elsewhere);
	if (!connection || sscanf(connection, "%*s %*u %63s", server) != 1 || getifaddrs(&all) < 0)
		return;
	name = interface_of(all, strncmp(server, "::ffff:", 7) ? server : server + 7);
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		json_t *list = name && !strcmp(i->ifa_name, name) ? way : elsewhere;

		if (i->ifa_addr && !(i->ifa_flags & IFF_LOOPBACK) && text_of(i->ifa_addr, text) &&
		    !is_of_one_link(i->ifa_addr) && json_array_size(list) < ADDRESSES_TOLD)
			json_array_append_new(list, json_string(text));
	}
	freeifaddrs(all);
}

void hold_power_off(const struct scout_out *o)
{
	static const char *const words[] = { "poweroff", NULL };

	if (*o->root)
		return;
	sync();
	/* it ends its services and writes its journal; this process ends on the way, unless something holds it up */
	if (hold_has_systemd(o) && hold_systemd(o, words, STOP_MS, NULL) == 0)
		clock_sleep_ms(POWER_MS);
	sync();
	(void)reboot(RB_POWER_OFF);
}

int hold_stop_sshd(struct scout_out *o, const struct contain_rules *c, struct err *e)
{
	/* the sockets first: each connection to them would start it again */
	static const char *const words[] = { "stop", "ssh.socket", "sshd.socket", "ssh.service", "sshd.service", NULL };
	int64_t until = clock_mono_us() + (int64_t)STOPPED_MS * 1000;
	uint32_t left;
	int r;

	if (*o->root)
		return 0;
	/* of these only some exist, which is an error to it; who still listens is seen below */
	if (hold_has_systemd(o))
		(void)hold_systemd(o, words, STOP_MS, NULL);
	do {
		r = hold_end_listeners(o, c, &left, e);
		if (r < 0 || left == 0)
			return r;
		clock_sleep_ms(50);
	} while (clock_mono_us() < until);
	return err_set(e, ERR_REMOTE, "somebody still listens on its port of ssh");
}
