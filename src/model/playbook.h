#pragma once
/*
 * Playbooks: the order of steps for one kind of secret, as data (docs/formats/playbook.md). Shipped ones come first; a
 * file of the team for the same kind replaces the shipped one whole. Each step names the sentence of the page that it
 * comes from. Pure: texts come in, tables come out.
 */
#include "base/arena.h"
#include "base/err.h"
#include "model/register.h"
#include <stdbool.h>
#include <stdint.h>

enum mode { MODE_EMERGENCY, MODE_PLANNED };

enum step_do {
	DO_VALUES,    /* read the old value, make the new one, seal both */
	DO_WITHDRAW,  /* the old value's public half says that it ended: one commit, pushed */
	DO_PUBLISH,   /* the new value's public half stands beside whatever is there */
	DO_ISSUE,     /* an issuer makes the public half for the new value */
	DO_REVOKE,    /* the issuer says of the old one that it ended, and is seen to say so */
	DO_HOLD,      /* what has the issuer renew by itself is held back */
	DO_RESUME,    /* and goes on, when it would not use the old key again */
	DO_COMMIT,    /* write the places: one commit for each repository, pushed */
	DO_INSPECT,   /* who used it, what is with the data */
	DO_STAGE,     /* both values accepted */
	DO_CHANGE,    /* only the new value accepted */
	DO_RETIRE,    /* the staged old value ends */
	DO_CUT,       /* what the old one has open ends */
	DO_APPLY,     /* configuration management on a host */
	DO_DRAIN,     /* empty what a restart would lose */
	DO_RESTART,   /* a consumer that configuration management does not restart */
	DO_LOOK,      /* the consumer's file holds the new value and not the old */
	DO_SETTLE,    /* a second run of configuration management must change nothing */
	DO_PROVE,     /* from a consumer's host: new accepted, old refused (old: any: or not yet) */
	DO_RESIDUE,   /* where the old value still stands */
	DO_KEEP,      /* what stands of the old value's public half goes into the journal, before it is pulled */
	DO_PULL,      /* the old value's places, or its public halves, go out of the git: one commit, pushed */
	DO_GONE,      /* the consumer's file is gone, and no copy of the old value lies beside it */
	DO_PERSON,    /* only a person can do it */
	STEP_DOS,
};

enum each { EACH_ONCE, EACH_ACCOUNT, EACH_EXTERNAL, EACH_PUBLIC_HALF, EACH_STORED, EACH_HOST,   /* person's steps */
	    EACH_DOMAINS, EACH_REACHED_HOST };
/* PULLED: only when a person has decided that the secret goes out of deployment until its new value can be had. */
enum when { WHEN_ALWAYS, WHEN_CAN_STAGE, WHEN_CANNOT_STAGE, WHEN_PULLED };

struct playbook_step {
	const char *id, *why, *text;         /* text: for a person's step */
	enum step_do what;
	bool emergency, planned;
	enum side side; bool has_side;       /* apply, restart, look: only consumers of that side; SIDE_PUBLIC: of an
						apply, the hosts that serve public halves; of a pull, those halves */
	enum role role; bool has_role;       /* native steps: only accounts of that role */
	enum each each;
	enum when when;
	bool old_any;                        /* prove: the old value may still be accepted */
	bool new_any;                        /* prove: the new value need not be accepted */
	struct names formats;                /* of public halves: only those of these formats; empty: of all */
	struct names after, behind;          /* ids of this playbook */
	int64_t limit_ms;                    /* 0: what the register says of the host (apply, settle) */
	struct position at;
};

struct playbook {
	const char *name, *title, *alphabet;
	struct names kinds;                  /* kinds of secrets; "incident" for what every incident needs */
	uint32_t length;                     /* of a new value */
	const char *make;                    /* of keypair_names: the new value is a key; NULL: a text of `alphabet` */
	bool shipped, last;                  /* this kind may be the responder's own path: changed last */
	struct playbook_step *steps;
	uint32_t n_steps;
	struct position at;
};

struct playbooks {
	struct arena *arena;
	struct playbook *p;
	uint32_t n;
	size_t cap;
};

/* Sources in order: of two playbooks for one kind the later one wins, in the same folder (same value of `shipped`) it
 * is refused. */
int playbooks_add(struct playbooks *b, const struct source *file, bool shipped, struct err *e);
void playbooks_free(struct playbooks *b);
/* NULL: no playbook names this kind. */
const struct playbook *playbooks_for(const struct playbooks *b, const char *kind);
const char *step_do_name(enum step_do d);           /* "values": also the word in the YAML */
const char *mode_name(enum mode m);
