#pragma once
/*
 * The register: what there is. YAML files of one git folder become these read-only tables (docs/formats/register.md).
 * Pure: bytes come in as an argument, nothing is read here. All strings live in the register's arena.
 *
 * Order of things in the tables is the order of the files' names, then of the text. References between things are
 * indices; a name that does not exist, stands twice, or a key that is unknown is refused with file:line:col, what was
 * expected and the nearest known word. Cycles between secrets ("opens") are allowed; a group may not hold itself.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/strv.h"
#include "base/yaml.h"
#include "model/limits.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_PROBLEMS 50
#define NOTHING UINT32_MAX /* an index that points nowhere */

struct position { const char *file; uint32_t line, col; };
struct names { const char **s; uint32_t n; };         /* borrowed strings */
struct indices { uint32_t *i; uint32_t n; };

enum reach { REACH_SSH, REACH_LOCAL };                 /* how a host's commands are run */
enum apply { APPLY_AGENT, APPLY_LOCAL, APPLY_COMMAND, APPLY_NONE }; /* puppet-agent, puppet-apply, command, none */
enum restart { RESTART_BY_PUPPET, RESTART_BY_US, RESTART_NONE };
enum side { SIDE_CLIENT, SIDE_SERVER };                /* is the file the service's own, or one that talks to it */
enum role { ROLE_ACCEPTS, ROLE_REPLICA };              /* the account checks the value, or presents it to its primary */
enum repository_kind { REPOSITORY_PRIVATE, REPOSITORY_SSL_KEYS, REPOSITORY_PUPPET, REPOSITORY_DNS, REPOSITORY_SSL };
enum ref_kind { REF_SECRET, REF_HOST, REF_SYSTEM, REF_DATA };

struct ref { enum ref_kind kind; uint32_t index; };
struct refs { struct ref *r; uint32_t n; };

struct organisation { const char *name, *team, *approver; };      /* team: the address that is always told */
struct person { const char *name, *full, *mail; struct names roles; const char *key; struct position at; };
struct role_def { const char *name; bool root; struct position at; };
struct channel { const char *name, *kind, *to; struct refs depends; struct position at; };
struct repository {
	const char *name, *url, *branch;
	enum repository_kind kind;
	struct indices hosts;                          /* where its clear content lies (puppet server) */
	const char *eyaml_public, *eyaml_private;      /* key files on the responder's machine; NULL: none */
	struct position at;
};
struct configuration {                                 /* how a host gets its configuration */
	enum apply apply;
	struct names command;                          /* APPLY_COMMAND: argv, run on the responder's machine;
	                                                  {host} in a word becomes the host's name */
	struct names options;                          /* extra words for puppet */
	int64_t limit_s;
};
struct host {
	const char *name, *address;                    /* address: what ssh is told; the name when not given */
	enum reach reach;
	struct configuration configuration;
	struct names logs;                             /* files and folders where old values may stay (residue) */
	struct position at;
};
struct group { const char *name; struct indices hosts; struct position at; };
struct system { const char *name, *title, *page; struct names contacts; struct indices hosts; struct position at; };

struct place { uint32_t repository; const char *file, *key; struct position at; };  /* key NULL: the whole file */
struct account {
	const char *driver, *address;                  /* one server; a list in the YAML becomes several accounts */
	struct names users;                            /* as the driver spells them; may be empty */
	enum role role;
	const char *admin_user;                        /* NULL: the account changes itself */
	uint32_t admin_secret;                         /* NOTHING: itself */
	struct indices from;                           /* hosts where it must be proven; empty: the consumers' */
	const json_t *options;                         /* flat object of strings; names known to the driver */
	struct position at;
};
struct consumer {
	struct indices hosts;
	const char *file, *service;                    /* either may be NULL */
	enum restart restart;
	struct names restart_command;                  /* RESTART_BY_US: argv on the host; else systemctl restart */
	enum side side;
	struct position at;
};
struct external { const char *name, *how; struct position at; };           /* a consumer that only a person reaches */
struct public_half { uint32_t repository; const char *file, *what; struct position at; };
struct stored { const char *address, *table; struct position at; };        /* a database keeps the value for somebody */
struct secret_def {
	const char *name, *kind, *note;
	uint32_t system;
	struct place *places; uint32_t n_places;       /* several: twins that hold one value */
	struct account *accounts; uint32_t n_accounts;
	struct consumer *consumers; uint32_t n_consumers;
	struct external *externals; uint32_t n_externals;
	struct public_half *public_halves; uint32_t n_public_halves;
	struct stored *stored; uint32_t n_stored;
	struct refs opens;
	struct position at;
};
struct data_def {
	const char *name, *title;
	struct names categories;
	int64_t people; uint32_t system; struct position at;
};
struct closure {                                       /* "who has a secret of this kind has all of that" */
	const char *kind;                              /* secret kind, NULL: see secret */
	uint32_t secret;
	struct refs reaches;                           /* host patterns are already expanded */
	const char *why;
	struct position at;
};

struct firebreak_register {
	struct arena *arena;
	struct organisation organisation;
	struct configuration configuration;            /* the default of all hosts */
	const char *ssh_config;                        /* file for ssh -F, or NULL: as the responder has it */
	struct person *people; uint32_t n_people;
	struct role_def *roles; uint32_t n_roles;
	struct channel *channels; uint32_t n_channels;
	struct repository *repositories; uint32_t n_repositories;
	struct host *hosts; uint32_t n_hosts;
	struct group *groups; uint32_t n_groups;
	struct system *systems; uint32_t n_systems;
	struct secret_def *secrets; uint32_t n_secrets;
	struct data_def *data; uint32_t n_data;
	struct closure *closures; uint32_t n_closures;
	struct map host_names, system_names, secret_names, data_names, repository_names;
	json_t *options;                               /* keeps the accounts' options */
	char digest[65];                               /* SHA-256 over names and bytes of all files */
};

struct source { const char *name, *text; size_t len; };     /* one file; name relative to the register's folder */
/* What the drivers know, so that a wrong word is found when the register is read. */
struct driver_words { const char *name; const char *const *options; };   /* options NULL-terminated; NULL: any */

int register_load(const struct source *files, size_t n, const struct driver_words *drivers, size_t n_drivers,
		  struct firebreak_register **ret, struct err *e);
/* Like register_load, and tells every mistake it can find, at most REGISTER_PROBLEMS of them; e has the first one. */
int register_load_all(const struct source *files, size_t n, const struct driver_words *drivers, size_t n_drivers,
		      struct strv *problems, struct firebreak_register **ret, struct err *e);
struct firebreak_register *register_free(struct firebreak_register *r);
void register_freep(struct firebreak_register **r);

/* "redis/password", "redis", "db11", "data:users"; prefixes secret: system: host: data: settle an ambiguity. A wrong
 * name is -ERR_USAGE with a did-you-mean. */
int register_resolve(const struct firebreak_register *r, const char *what, struct ref *ret, struct err *e);
const char *register_name(const struct firebreak_register *r, struct ref ref);      /* "redis/password" */
const char *ref_kind_name(enum ref_kind kind);                                      /* "secret" */
