#pragma once
/* Between the files of one eviction. */
#include "base/strv.h"
#include "engine/worker.h"
#include "fleet/evict.h"
#include "fleet/visit.h"

#define EVICT_VISIT_MS 120000
#define EVICT_UNREAD_MAX 20u

struct evict_host {
	uint32_t host;                     /* of the register */
	const struct step_state *step;
	uint32_t attempt;
	bool on;                           /* it goes on to the next phase */
	bool ended;                        /* its outcome is written */
	bool changed;
	struct strv unread;                /* "WHAT: why", the first of them */
	uint32_t n_unread;
	json_t *answer, *done, *strangers, *tries;
	json_t *asked;                     /* [{"account", "key", "answer", "before", "text"}]: sshd's answers */
	json_t *accounts;                  /* [{"account", "answer", "before", "offered", "text"}]: by a password */
	json_t *before;                    /* body of this run's "asked" row; NULL: it was not asked */
	uint32_t n_accepted, n_unasked;
	char unasked[300];                 /* why, of the first; or why none was asked for */
	json_t *opened;                    /* [{"account", "fingerprint", "key": a line}]: what it says let in */
	bool tells_more;                   /* more than EVICT_ASKS_MAX of them */
	uint32_t n_missing, n_left_out;    /* logins it was not asked for: that have to be; that others tell of */
	json_t *here;                      /* whose account it had at the first look */
};

struct evict_lost {
	uint32_t host;                               /* of the register */
	const struct step_state *certificate, *node; /* NULL: nothing to do */
	bool is_revoked;                             /* the certificate: proven, or a person says so */
};

struct eviction {
	const struct engine *en;
	const struct evict_options *o;
	struct incident *incident;
	struct evict_list list;
	json_t *opened;                    /* the same, of all hosts and of the register: evict_asks.c */
	struct strv ours;                  /* fingerprints of the keys that we may come in with */
	struct evict_host *hosts;
	uint32_t n;
	struct evict_lost *lost; uint32_t n_lost;    /* each has something to do */
	const char *phase;
	struct err failure;                /* of the journal: nothing more is begun */
	char refused[600];                 /* what the first host says of why it would cut us */
	struct evict_result *ret;
};

/* evict_self.c: by what this machine knows. -ERR_REFUSED. */
int evict_spare_us(struct eviction *x, struct err *e);
/* evict_data.c: the public users data; its outcome is written. An error is one of the journal or of this machine. */
int evict_data(struct eviction *x, struct err *e);
/* evict_certificate.c: of each declared host that is lost, the certificate of its Puppet agent at the CA, then its
 * node; outcomes are written. What there is to do is in x->lost. */
int evict_certificates(struct eviction *x, struct err *e);
/* evict.c: writes a host's outcome; nothing more is done there. */
void evict_end_host(struct eviction *x, struct evict_host *h, enum outcome o, enum effect effect, const char *text);
/* evict_judge.c: behind all phases. */
void evict_judge(struct eviction *x, struct evict_host *h);
/* evict_ask.c: whether sshd of each host that is still on would let anybody in, by each key that opened an account on
 * any host, and by each known one of those evicted. `before` anything is changed, what it says (or that it said
 * nothing) is a row of the journal and holds back nothing; afterwards a host that cannot be asked gets its outcome from
 * `gone`. */
void evict_opened(struct eviction *x, struct evict_host *h, const json_t *opened);        /* what it says; kept */
int evict_ask(struct eviction *x, bool before,
	      void (*gone)(struct eviction *x, struct evict_host *h, const struct worker_result *r), struct err *e);
/* evict_asks.c: logins that sshd is asked for. Pure; a host's word is limited.
 *
 * shared: what the register knows (evict_asks_know), which each host is asked for, and what hosts tell. own: what one
 * host tells; evict_asks_tell is false when it is more than can be asked for. Sorted when all have told, the register's
 * first, then what most hosts tell. evict_asks_of is a host's own list: *ret_missing of the register's and of its own
 * do not fit, *ret_left of those that only others tell of. */
#define EVICT_ASKS_MAX 100u            /* of one host */
#define EVICT_SHARE_MAX 20u            /* of one host, that nobody else told before: what others are asked for */
void evict_asks_know(json_t *shared, const char *account, const char *line);
bool evict_asks_tell(json_t *shared, json_t *own, const char *account, const char *line);
void evict_asks_sort(json_t *shared);
json_t *evict_asks_of(const json_t *shared, const json_t *own, uint32_t *ret_missing, uint32_t *ret_left);
/* evict_accounts.c: names that sshd is asked about; what an "asked" row says of them, by the first look; what it came
 * to, by the last one and the bodies of n "asked" rows. offers: the warden's, NULL: sshd did not say. */
json_t *evict_accounts_asked(const struct eviction *x);
json_t *evict_accounts_before(const struct evict_host *h, const json_t *offers);
void evict_accounts_compare(struct evict_host *h, const json_t *offers, const json_t *const *rows, uint32_t n);
/* evict_from.c: each of these logins that the host takes from other addresses only gets them, as "from". */
void evict_note_from(const struct evict_host *h, const json_t *logins);
/* evict_rows.c; "here", "logins" and "accounts" of a result are told */
int evict_intent(struct eviction *x, const struct step_state *s, uint32_t attempt, struct err *e);
int evict_asked(struct eviction *x, const struct step_state *s, uint32_t attempt, const json_t *body, struct err *e);
int evict_outcome(struct eviction *x, const struct step_state *s, uint32_t attempt, enum outcome o, enum effect effect,
		  const char *text, const json_t *tries, json_t *result, struct err *e);
