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
#include "base/map.h"
#include "base/strv.h"
#include "base/yaml.h"
#include "model/limits.h"
#include "model/register_tables.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTER_PROBLEMS 50

struct firebreak_register {
	struct arena *arena;
	struct organisation organisation;
	struct publish publish;
	struct containment containment;
	struct configuration configuration;            /* the default of all hosts */
	struct puppet_server puppet;                   /* server NOTHING: not said */
	const char *ssh_config;                        /* file for ssh -F, or NULL: as the responder has it */
	struct person *people; uint32_t n_people;
	struct role_def *roles; uint32_t n_roles;
	struct channel *channels; uint32_t n_channels;
	struct wiki *wikis; uint32_t n_wikis;
	struct issuer *issuers; uint32_t n_issuers;
	struct repository *repositories; uint32_t n_repositories;
	struct host *hosts; uint32_t n_hosts;
	struct group *groups; uint32_t n_groups;
	struct system *systems; uint32_t n_systems;
	struct secret_def *secrets; uint32_t n_secrets;
	struct data_def *data; uint32_t n_data;
	struct closure *closures; uint32_t n_closures;
	struct not_secret *not_secret; uint32_t n_not_secret;
	struct trace_place *trace; uint32_t n_trace;
	struct user_def *users; uint32_t n_users;
	struct ssh_key *ssh_keys; uint32_t n_ssh_keys;
	struct users_data users_data;                  /* repository NOTHING: not said */
	int64_t tested_within_days;                    /* 0: a check does not ask when a secret was last tested */
	struct map host_names, system_names, secret_names, data_names, repository_names, user_names, ssh_key_names;
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

/* "redis/password", "redis", "db11", "data:users", "user/alice", "ssh-key/SHA256:..."; prefixes secret: system: host:
 * data: user: ssh-key: settle an ambiguity. A wrong name is -ERR_USAGE with a did-you-mean. */
int register_resolve(const struct firebreak_register *r, const char *what, struct ref *ret, struct err *e);
const char *register_name(const struct firebreak_register *r, struct ref ref);      /* "redis/password" */
/* The machine on which an account's service runs: what `host` says, else the host whose name or address stands in the
 * account's address; else NOTHING. */
uint32_t register_account_host(const struct firebreak_register *r, const struct account *a);
/* The first rule that covers what stands there; NOTHING when none does. key NULL: the file as a whole. top: bytes of
 * the key that are its name at the top of the file, where a dot separates nothing ("smtp.password: x"). */
uint32_t register_not_secret(const struct firebreak_register *r, const char *repository, const char *file,
			     const char *key, size_t top);
/* '*': any text of one folder, '**': any folders, '?': one byte. */
bool register_path_fits(const char *pattern, const char *path);
bool trace_is_for(const struct trace_place *p, uint32_t host);
extern const char *const trace_about_words[];                                       /* by enum trace_about */
/* The list of places that is shipped (rules/places.yaml). The caller frees ret in each case. */
struct trace_list { struct arena *arena; struct trace_place *list; uint32_t n; };
int trace_list_read(struct trace_list *ret, const struct source *file, struct err *e);
void trace_list_free(struct trace_list *t);
const char *register_apply_name(enum apply a);       /* "command": how the host is configured */
const char *ref_kind_name(enum ref_kind kind);                                      /* "secret" */
