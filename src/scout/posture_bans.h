#pragma once
/* Between the files that tell whether who tries too often is kept out. */
#include "scout/posture.h"

/* The ssh session in which this is asked. sshd has just written of it, so it is to be found in what a program of bans
 * reads, or that program reads what nobody writes. pid 0: there is none. */
struct posture_session { long pid; int64_t start_us; };
void posture_session_find(struct scout_out *o, struct posture_session *ret);

/* Each adds to list what is read there: {"what", "fresh": "yes", "no" or "untold", "text"}. */
void posture_reads_file(struct scout_out *o, const struct posture_session *s, const char *path, json_t *list);
/* words: options and matches of journalctl, each of which is checked before the host's journalctl is given it. */
void posture_reads_journal(struct scout_out *o, const struct posture_session *s, const char *const *words, size_t n,
			   json_t *list);

#define POSTURE_TEST_ADDRESS "192.0.2.1"        /* TEST-NET-1, RFC 5737: nobody's */
#define POSTURE_TEST_WAIT_MS 5000

/* The ports of sshd, at most so many. */
#define POSTURE_PORTS 16u
struct posture_ports { uint32_t list[POSTURE_PORTS]; uint32_t n; };
/* What the rules do with an address, for the port where they do least. */
const char *posture_verdict_of(const json_t *ruleset, const struct posture_wall *w, const char *address,
			       const struct posture_ports *ports);
void posture_add_banned(const struct posture_wall *w, json_t *list, const char *address,
			const struct posture_ports *ports);
/* Waits for a test's ban in the rules of now. */
bool posture_is_held(struct scout_out *o, const struct posture_ports *ports);
void posture_tried(struct scout_out *o, json_t *list, bool asked, bool held);

/* Parts of the object "bans". */
void posture_sshguard(struct scout_out *o, const struct posture_wall *w, const struct posture_ports *ports,
		      const struct posture_session *s, bool try_ban, json_t *j);
