#pragma once
/*
 * Bytes to and from a host, whatever way the register names: processes of this machine, or OpenSSH as the team has it
 * (its configuration, jump hosts, agent, certificates; one ControlMaster for each host and worker).
 *
 * Host names and addresses that look like options are refused before anything is started. Remote words are quoted for
 * the remote shell here and nowhere else. Private data goes through standard input only.
 */
#include "base/err.h"
#include "base/proc.h"
#include "base/proc_stream.h"
#include <stdbool.h>
#include <stdint.h>

struct way {
	const char *host;                /* the register's name, for texts */
	const char *address;             /* what ssh is told */
	bool local;
	const char *ssh_config;          /* file for ssh -F, or NULL */
	bool timed;                      /* its ssh_config says how long a connection may take: ssh is not asked */
	const char *control;             /* folder (0700) for control sockets and local ends of forwards */
};

/* Like proc_run, on the host. -ERR_NET when the host cannot be reached (ssh's own exit code 255). */
int way_run(const struct way *w, const struct proc_job *job, struct proc_result *ret, struct err *e);

/* One program on the host over one ssh session of its own: no ControlMaster is started for it. One that the team's own
 * configuration keeps open is used unless `fresh`: then the connection is a new one, with a login of its own. The
 * stream is proc_stream's; over ssh the exit code WAY_LOST means that the host was not reached, or went away. Whether
 * words can have been heard, proc_stream_flush tells. */
#define WAY_LOST 255
int way_stream(const struct way *w, const struct proc_job *job, bool fresh, struct proc_stream **ret, struct err *e);

/* A connection to address:port (or a Unix socket path) that the far side sees coming from this host: direct for a local
 * host, an ssh forward to a local Unix socket otherwise. */
struct forward { char *unix_path, *host; uint16_t port; bool made; char *spec; };    /* spec: as ssh was told */
int way_forward(const struct way *w, const char *address, struct forward *ret, struct err *e);
void way_forward_end(const struct way *w, struct forward *f);

/*
 * Whether sshd would let an account in by a key of which only the public half is known: it says so before anything is
 * signed (RFC 4252, section 7). Nothing of ours is offered, nobody is logged in. The question goes the team's way: the
 * address, host keys and jump hosts are those of its configuration, which is asked once for each host (ssh -G).
 */
enum way_answer {
	WAY_REFUSED,                     /* sshd was offered the key and does not take it for this account */
	WAY_ACCEPTED,                    /* it would take it; or it let us in without anything */
	WAY_UNASKED,                     /* it was reached, and the key could not be offered: text says why */
	WAY_UNREACHED,                   /* it was not reached, or went away: no refusal */
};
struct strv;
/* Options of ssh for the way to this host and nothing else. */
int way_door(const struct way *w, struct strv *ret, struct err *e);
/* file: holds the public half, a line. text: one sentence, visible. Errors are of this machine. */
int way_ask(const struct way *w, const struct strv *door, const char *account, const char *file, int64_t limit_ms,
	    enum way_answer *ret, char text[200], struct err *e);
/* What sshd offers an account that has shown nothing yet, such as "publickey,password": true of any name, and without
 * saying whether there is one. "none": it let us in without anything. "": it did not say; text says why. */
int way_offers(const struct way *w, const struct strv *door, const char *account, int64_t limit_ms, char ret[200],
	       char text[200], struct err *e);

/* "db11:3306", "[::1]:3306", "unix:/run/x.sock". */
int address_parse(const char *address, uint16_t default_port, char **ret_host, uint16_t *ret_port, char **ret_unix,
		  struct err *e);
void way_end(const struct way *w);   /* closes the ControlMaster */
