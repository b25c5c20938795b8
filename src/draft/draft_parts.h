#pragma once
/* The draft while it is made: inside of draft/ only. */
#include "base/strv.h"
#include "base/yaml_insert.h"
#include "check/check.h"
#include "draft/draft.h"
#include "draft/guess.h"

#define DRAFT_ROWS_MAX 2000u            /* consumers of one secret, before equal ones are put together */

struct drafted_consumer {
	uint32_t *hosts; uint32_t n_hosts;       /* of the feed, ascending */
	size_t cap_hosts;
	const char *file, *service;
	enum restart restart;                    /* of a service */
	const char *from;                        /* "modules/x/manifests/y.pp:12": made by these lines */
	const char *question;                    /* NULL: none */
	uint32_t group;                          /* of parts->groups; NOTHING: the hosts are written out */
	bool exported;                           /* goes through PuppetDB */
	bool no_row;                             /* cannot be a consumer as it is: a question alone */
};

/* A resource that sets an account on a server: draft_server.c. */
struct draft_server { const char *type, *title, *attribute, *driver, *kind, *port, *user; };
struct drafted_user { const struct feed_item *item; const struct draft_server *row; const char *user; };

struct drafted {
	const char *name, *kind, *system;
	const char *kind_by, *system_by;         /* "the key's name ('redis')" */
	uint32_t *leaves; uint32_t n_leaves;
	size_t cap_leaves;
	struct drafted_consumer *consumers; uint32_t n_consumers;
	size_t cap_consumers;
	uint32_t *halves; uint32_t n_halves;     /* of parts->halves */
	size_t cap_halves;
	struct drafted_user *users; uint32_t n_users;
	size_t cap_users;
	struct strv questions;
	struct strv accounts;                    /* lines of YAML; each is asked for */
	const char *account_question;
};

struct drafted_proposal {                                /* for not_secret */
	uint32_t leaf;                           /* the first that it covers */
	const char *key;                         /* NULL: the file */
	enum not_secret_class class;
	const char *why;
};

/* "$x = lookup('key')" of a manifest, and "'user'@'host' IDENTIFIED BY ... x" of SQL; module: of whose they are. */
struct asked_key { const char *module, *variable, *key; };
struct sql_user { const char *module, *variable, *user, *host, *file; uint32_t line; };

struct drafted_role { const char *class; bool *hosts; };  /* a class that node blocks include; of each host */
struct drafted_group { const char *name; uint32_t *hosts; uint32_t n_hosts; };

struct draft_parts {
	struct survey_half *halves; uint32_t n_halves;
	size_t cap_halves;
	struct drafted *secrets; uint32_t n_secrets;
	size_t cap_secrets;
	struct drafted_proposal *proposals; uint32_t n_proposals;
	size_t cap_proposals;
	struct drafted_group *groups; uint32_t n_groups;
	size_t cap_groups;
	struct drafted_role *roles; uint32_t n_roles;
	size_t cap_roles;
	struct map group_of;                     /* hosts as text -> group */
	const char **host_name;                  /* of the feed's hosts, in the register; NULL: it can have none */
	bool *sure_host;                         /* of the feed: named by more than a pattern */
	const char **added;                      /* of each leaf: "Alice Archer <...>, 2018-04-15"; NULL: not known */
	struct check index;                      /* of the feed's origins */
	struct asked_key *asked_keys; uint32_t n_asked_keys;
	struct sql_user *sql_users; uint32_t n_sql_users;
	size_t cap_asked_keys, cap_sql_users;
	struct map accounts;                     /* that a secret has: no two can have one */
	struct map asked;                        /* questions that are asked once */
	struct map own_systems;                  /* those that no table has */
	uint32_t n_own_systems;
	struct map lookups;                      /* keys that manifests ask for, on a known host or not -> fact */
};

static inline const struct leaf *draft_leaf(const struct draft *d, uint32_t i)
{
	return &d->s->leaves.list[i];
}
uint32_t draft_repository_of(const struct draft *d, const struct leaf *l);

void draft_hosts(struct draft *d);       /* hosts of node blocks and Hiera data, then the feed */
/* "db1" of "hieradata/hosts/db1.yaml", and of "nodes/db1.example.org.yaml" all of it: data of a host. NULL: of none. */
const char *draft_host_of_data(struct draft *d, const char *path);
void draft_leaves(struct draft *d);      /* secrets, twins, proposals */
void draft_who(struct draft *d);         /* who added each leaf */
void draft_consumers(struct draft *d);
void draft_halves(struct draft *d);
void draft_kinds(struct draft *d);       /* kind, system and name, when consumers and halves are known */
void draft_accounts(struct draft *d);
/* No two secrets have one account: the register refuses that, and one of them would be wrong. */
bool draft_account_is_new(struct draft *d, const char *driver, const char *address, const char *user);
/* True: the resource sets an account with the value of this leaf; what it is called may not be known. */
bool draft_server_user(struct draft *d, struct drafted *s, const struct feed_item *i, const struct leaf *l);
void draft_server_accounts(struct draft *d, struct drafted *s);
/* The one '*' of the pattern as the key's next part has it: of "users.ann.password" that is "ann". NULL: it has none.
 * A guess, to be asked for. */
const char *draft_filled(struct draft *d, const struct leaf *l, const char *pattern);
void draft_groups(struct draft *d);
void draft_roles(struct draft *d);
/* "mediawiki" when exactly these hosts include the class role::mediawiki in their node blocks; NULL: none fits. */
const char *draft_role_of(const struct draft *d, const uint32_t *hosts, uint32_t n);
/* The one host with a class like role::puppetserver in its node block, of the feed; NOTHING: none, or not one. */
uint32_t draft_puppet_server(const struct draft *d);
void draft_write(struct draft *d);
void draft_systems(struct draft *d);
/* "[db11, db12]" */
void draft_host_list(struct draft *d, struct draft_text *t, const uint32_t *hosts, uint32_t n);

/* --- draft_text.c: YAML out --- */
const char *draft_word(struct draft *d, const char *s);  /* yaml_word(), in the arena */
struct draft_text *draft_file(struct draft *d, const char *name);
/* A piece of the file; newlines in it count as lines. `fmt` is ours; hostile text comes in through draft_word. */
void draft_put(struct draft_text *t, const char *fmt, ...) _printf_(2, 3);
/* "INDENT# text": made visible and cut. */
void draft_note(struct draft_text *t, unsigned indent, const char *fmt, ...) _printf_(3, 4);
void draft_ask(struct draft *d, struct draft_text *t, unsigned indent, const char *about, const char *question);
