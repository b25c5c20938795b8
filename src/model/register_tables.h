#pragma once
/* What the register's tables hold, one struct for each kind of thing. Include register.h, which has the tables. */
#include "base/json.h"
#include "model/register_contain.h"
#include "model/register_issuers.h"
#include "model/register_people.h"
#include "model/register_publish.h"
#include "model/register_users.h"
#include <stdbool.h>
#include <stdint.h>

enum reach { REACH_SSH, REACH_LOCAL };                 /* how a host's commands are run */
enum apply { APPLY_AGENT, APPLY_LOCAL, APPLY_COMMAND, APPLY_NONE }; /* puppet-agent, puppet-apply, command, none */
enum restart { RESTART_BY_PUPPET, RESTART_BY_US, RESTART_NONE };
enum side { SIDE_CLIENT, SIDE_SERVER,                  /* is the file the service's own, or one that talks to it */
	    SIDE_PUBLIC };                             /* of playbooks only: hosts of public halves */
enum role { ROLE_ACCEPTS, ROLE_REPLICA };              /* the account checks the value, or presents it to its primary */
enum repository_kind { REPOSITORY_PRIVATE, REPOSITORY_SSL_KEYS, REPOSITORY_PUPPET, REPOSITORY_DNS, REPOSITORY_SSL };

struct repository {
	const char *name, *url, *branch;
	enum repository_kind kind;
	struct indices hosts;                          /* where its clear content lies (puppet server) */
	const char *eyaml_public, *eyaml_private;      /* key files on the responder's machine; NULL: none */
	struct indices serves;                         /* hosts that may fetch each file of it (a Puppet mount) */
	struct position at;
};
struct configuration {                                 /* how a host gets its configuration */
	enum apply apply;
	struct names command;                          /* APPLY_COMMAND: argv, run on the responder's machine;
	                                                  {host} in a word becomes the host's name */
	struct names options;                          /* extra words for puppet */
	int64_t limit_s;
};
struct puppet_server {                                 /* who signs the certificates of agents, and revokes them */
	uint32_t server;                               /* a host; NOTHING: not said */
	uint32_t database;                             /* where PuppetDB is asked; NOTHING: on the server */
	const char *config;                            /* its puppet.conf; NULL: where Puppet has it */
	struct position at;
};
struct host {
	const char *name, *address;                    /* address: what ssh is told; the name when not given */
	enum reach reach;
	struct configuration configuration;
	struct names logs;                             /* files and folders where old values may stay (residue) */
	struct containment containment;                /* what it says for itself */
	struct refs holds;                             /* what else lies there: in ssh agents, caches, home folders */
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
	uint32_t host;                                 /* on which it runs, when said: register_account_host() */
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
/* What is derived from a key and lives in another repository: what the world sees of it, or what points to that. */
struct public_half {
	uint32_t repository;
	const char *file, *what;
	const char *format;                            /* of half_formats.def; NULL: a person writes it */
	struct names check;                            /* argv on the responder's machine, before a push; {file} */
	struct indices hosts;                          /* that serve it: configuration runs there */
	const json_t *options;                         /* flat object of strings, or NULL */
	uint32_t issuer;                               /* who makes it for a new key; NOTHING: it is derived here */
	struct names names;                            /* that it must be for, besides those of the old one */
	struct position at;
};
struct stored { const char *address, *table; struct position at; };        /* a database keeps the value for somebody */
struct secret_def {
	const char *name, *kind, *note;
	const char *make;                              /* of keypair_names, in place of the playbook's; or NULL */
	const char *unused;                            /* why it is kept although nothing reads it; NULL: it is read */
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
/* Where the accounts of a MediaWiki stand, and who may read them. */
struct wiki_database {
	const char *address, *name, *prefix, *user;    /* address NULL: not said; prefix NULL: none */
	const char *tls, *ca;                          /* as the options of an account of mariadb */
	uint32_t secret;
};
struct data_def {
	const char *name, *title;
	struct names categories;
	const char *wiki;                              /* whose people they are; NULL: of all wikis */
	struct names domains;                          /* at which it is served; '*.example.org' is any name below */
	struct names owners;                           /* groups of the wiki; empty: each of its accounts owns it */
	unsigned class;                                /* enum data_class of severity.h */
	bool address;                                  /* it holds their mail addresses, or leads to them */
	struct wiki_database database;
	int64_t people, records; uint32_t system; struct position at;    /* -1: not known */
};
/* What a private repository keeps besides secrets: of a coverage check, each leaf is a secret of the register or one of
 * these. Patterns: '*' is any text within one part of a path, '**' any folders, '?' one character; in a key '*' is any
 * text. The rule for a key covers what stands below it. */
enum not_secret_class { NOT_SECRET_PUBLIC, NOT_SECRET_DATA };
struct not_secret {
	uint32_t repository;
	const char *file, *key;                        /* key NULL: all of the file */
	enum not_secret_class class;
	const char *why;
	struct position at;
};
/* Where `firebreak trace` and the step `residue` look for old values on hosts, beside what is shipped. `path`: '*' and
 * '?' within one part. */
enum trace_what { TRACE_LOOK, TRACE_LEAVE, TRACE_BACKUP };
enum trace_about { ABOUT_CONFIGURATION, ABOUT_LOGS, ABOUT_PUPPET, ABOUT_HISTORY, ABOUT_DATA, ABOUT_BACKUP };
struct trace_place {
	const char *path, *why;
	enum trace_what what;
	enum trace_about about;
	struct indices hosts;                          /* empty: each host; of a backup the machine where trace runs */
	struct position at;
};
struct closure {                                       /* "who has a secret of this kind has all of that" */
	const char *kind;                              /* secret kind, NULL: see secret */
	uint32_t secret;
	struct refs reaches;                           /* host patterns are already expanded */
	const char *why;
	struct position at;
};
