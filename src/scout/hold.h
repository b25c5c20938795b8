#pragma once
/*
 * What contain, confirm and release keep on the host they hold: a marker in /run, so that a second visit finds what the
 * first one did (also one whose answer was lost), and a copy in /etc once it is confirmed, which outlives a restart.
 *
 * Keys of the marker: "incident", "level", "label", "state" (waiting, confirmed, undone), "token" (of the dead-man
 * that may undo it), "until_us" (monotonic clock), "rules", "previous" ({"rules", "level", "label"}: what was confirmed
 * last, if anything, and comes back), "connections" (ssh connections that stood when it was made: none of them can
 * confirm).
 */
#include "model/contain.h"
#include "scout/scout.h"
#include <sys/types.h>

#define HOLD_RUN "/run/firebreak-contain"
#define HOLD_ETC "/etc/firebreak-contain"

#define HOLD_WAITING CONTAIN_WAITING
#define HOLD_CONFIRMED CONTAIN_CONFIRMED
#define HOLD_UNDONE CONTAIN_UNDONE

/* A request of containment, checked. Strings are the request's. */
struct hold_request {
	struct contain_rules rules;
	const char *responders[CONTAIN_NETS];
	uint16_t ports[CONTAIN_HOST_PORTS];
	char label[CONTAIN_LABEL_MAX];
	int64_t incident, dead_man_ms;
	bool crowd;                        /* nobody confirms it, and who asks may be cut off with it */
};
int hold_request(const json_t *request, struct hold_request *ret, struct err *e);
/* SSH_CONNECTION of this visit, also when a program in between took it out of the environment; NULL: not known. The
 * caller frees. */
char *hold_connection(const struct scout_out *o);

/* --- hold.c: the marker. Between lock and unlock nobody else changes it. --- */
int hold_lock(const struct scout_out *o, int *ret_fd, struct err *e);
json_t *hold_read(const struct scout_out *o);            /* NULL: there is none. The caller's */
int hold_write(const struct scout_out *o, const json_t *marker, struct err *e);
void hold_forget(const struct scout_out *o);
bool hold_is(const json_t *marker, const char *state);
/* What stood before, or nothing; the marker says so afterwards. */
int hold_undo(const struct scout_out *o, json_t *marker, struct err *e);

/* --- hold_nft.c: the host's nft is trusted to do what it says; what comes of it is tried from outside --- */
/* EFFECT_UNKNOWN: it was ended before it said whether it took them. Else an error leaves what stood. */
int hold_nft(const struct scout_out *o, const char *text, struct err *e);
bool hold_nft_stands(const struct scout_out *o, const char *label);
int hold_nft_remove(const struct scout_out *o, struct err *e);

/* --- hold_keep.c: over a restart --- */
/* What a systemd loads. It is written without one, too: the host's next start may be another's. */
int hold_keep(struct scout_out *o, const json_t *marker, struct err *e);
/* CONTAIN_KEPT, or CONTAIN_NOT_KEPT where nothing is known that would load it. */
const char *hold_kept(const struct scout_out *o);
int hold_keep_not(const struct scout_out *o, struct err *e);
int hold_put(const struct scout_out *o, const char *name, const char *text, mode_t mode, struct err *e);
int hold_remove(const struct scout_out *o, const char *name, bool *ret, struct err *e);    /* *ret: it was there */
void hold_remove_folder(const struct scout_out *o, const char *name);                      /* when nothing is in it */

/* --- hold_puppet.c: what would undo it --- */
/* The lock of Puppet's agent, in each state folder that there is. Returned: those that are this incident's, an array.
 * What goes on nevertheless is added to "warnings" of the result: sentences. */
json_t *hold_puppet_lock(struct scout_out *o, int64_t incident);
/* Removes those of this incident, which are found by their words: no marker is needed. *ret: how many. */
int hold_puppet_unlock(const struct scout_out *o, int64_t incident, uint32_t *ret, struct err *e);

/* --- hold_again.c: what loads the host's own rules anew while it runs --- */
int hold_again(struct scout_out *o, struct err *e);
int hold_again_not(const struct scout_out *o, bool *ret_removed, struct err *e);

/* --- hold_systemd.c --- */
bool hold_has_systemd(const struct scout_out *o);
/* systemctl with up to 6 words. Failed or not in time: -ERR_REMOTE. */
int hold_systemd(const struct scout_out *o, const char *const *words, int64_t limit_ms, struct err *e);

/* --- hold_later.c: what outlives this visit, as a process without a session, a terminal or our descriptors --- */
int hold_dead_man(const struct scout_out *o, const char *token, struct err *e);
int hold_later(const struct scout_out *o, int64_t in_ms, void (*what)(const struct scout_out *o, void *arg), void *arg,
	       struct err *e);

/* --- hold_cut.c: what others have open. Nothing is cut below a root that is not "". --- */
struct hold_cut { uint32_t processes, flows, left; };    /* ended, closed; still there when it was looked at again */
/* all: every connection with somebody who is no responder; else only those of ssh. mine: this visit's, never cut. */
int hold_cut(const struct scout_out *o, const struct contain_rules *c, const char *mine, bool all, struct hold_cut *ret,
	     struct err *e);
/* Ports on which somebody listens to more than loopback, and the ssh connections that stand, as arrays. */
int hold_look(const struct scout_out *o, const struct contain_rules *c, json_t *ret_ports, json_t *ret_connections,
	      struct err *e);
/* Asks whoever listens for ssh to end; *ret_left: how many listeners there were before that. */
int hold_end_listeners(const struct scout_out *o, const struct contain_rules *c, uint32_t *ret_left, struct err *e);

/* --- hold_ssh.c --- */
/* Into ret: "addresses" of the interface that `connection` came in by, and "elsewhere" those of all others, without
 * loopback's and those of one link only. */
void hold_addresses(const char *connection, json_t *ret);
struct ifaddrs;
bool hold_is_own(const struct ifaddrs *all, const char *address);
void hold_power_off(const struct scout_out *o);
int hold_stop_sshd(struct scout_out *o, const struct contain_rules *c, struct err *e);
