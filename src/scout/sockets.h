#pragma once
/*
 * Connections and listeners of this host: the one reader of them.
 *
 * TCP and UDP are listed by the kernel over netlink (inet_diag): its tables below /proc/net cost a walk over every slot
 * of a hash that is made for the machine's memory, whatever is in it. Where netlink is refused, and where a folder
 * stands for the host, the tables are read instead, and the asker is told. Raw sockets are in the tables only.
 */
#include "scout/scout.h"
#include <sys/socket.h>

struct socket_kind { const char *name, *path; int family, protocol; };

struct socket_seen {
	const char *kind;                  /* "tcp", "tcp6", "udp", "udp6", "raw", "raw6" */
	bool six, udp;
	bool listening;                    /* of UDP and raw: open to more than one sender */
	char local[46], remote[46];        /* IPv4 in its own form also where the socket is of both families */
	uint16_t local_port, remote_port;
	uint8_t state;                     /* the kernel's number: 1 established, 10 listen, ... */
	uint32_t uid;
	uint64_t inode;                    /* 0: no process holds it any more */
	uint8_t id[48];                    /* the kernel's, to name it again; of netlink only */
};

/* A return that is not 0 ends the list; a negative one is what sockets_dump and sockets_each return. */
typedef int socket_fn(const struct socket_seen *s, void *arg);

struct sockets_asker {
	socket_fn *each;
	/* Once for each kind that was listed: by "netlink" or its table, and why not by netlink. May be NULL. */
	void (*from)(const char *kind, const char *by, const char *why, void *arg);
	/* A kind is not there, or not all of it; why is a whole sentence. */
	void (*unread)(const char *path, const char *why, void *arg);
	void *arg;
};
/* All of all kinds, those that have ended and wait included. A kernel without IPv6 has no tables of it, which is no
 * trouble. */
void sockets_list(struct scout_out *o, const struct sockets_asker *a);
/* What can still carry something: TCP but what has ended, and connected UDP; and listeners of TCP. What could not be
 * listed is an error. */
int sockets_each(const struct scout_out *o, socket_fn *each, void *arg, struct err *e);
/* One kind by netlink, in the states of this mask (1 << number). */
int sockets_dump(const struct socket_kind *kind, uint32_t states, socket_fn *each, void *arg, struct err *e);
/* -ERR_REMOTE: this kernel does not close other processes' connections, or not this one; or it is not of netlink. */
int sockets_close(const struct socket_seen *s, struct err *e);
/* What ends a list of the kernel's (NLMSG_DONE, NLMSG_ERROR): 0, or the errno for which the list is not there or not
 * whole. The end of a list has a number as an error has; one that could not be made looks like an empty one else. */
struct nlmsghdr;
int netlink_end(const struct nlmsghdr *h);
/* "127.0.0.1:80", "[::1]:80" */
void socket_address(const struct socket_seen *s, bool remote, char ret[64]);
