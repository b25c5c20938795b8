#pragma once
/* What most commands open: register, playbooks and journal, as one engine; and the responder's key. */
#include "cli/cli.h"
#include "engine/engine.h"

struct session {
	struct firebreak_register *reg;
	struct playbooks playbooks;
	struct journal *journal;
	struct trace_list places;
	struct engine en;
	char *owned[4];
};

/* Everything in session is freed by session_close. */
int session_open(struct cli *c, enum journal_mode mode, struct session *ret, struct err *e);
/* The same for who only looks: the journal is opened when there is one, and stays NULL otherwise. */
int session_open_to_look(struct cli *c, struct session *ret, struct err *e);
/* The shipped playbooks, and those of the register's folder over them. */
int session_playbooks(struct cli *c, struct playbooks *ret, struct err *e);
/* The shipped list of where values are left behind. */
int session_places(struct trace_list *ret, struct err *e);
void session_close(struct session *s);
/* The responder's private key; asks for its passphrase on the terminal when it has one. *ret == NULL when there is no
 * key file and none was named. */
int session_key(struct cli *c, struct seal_key **ret, struct err *e);
/* The step that a person means: an id, its number in `firebreak plan`, or a beginning that only one id has.
 * *ret is borrowed from the plan. */
int session_step(const struct plan *p, const char *text, const char **ret, struct err *e);
