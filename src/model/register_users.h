#pragma once
/*
 * People's accounts on hosts (the page's "SSH account") and their ssh public keys, as the register tells them: what is
 * removed from all servers when one of them is in an intruder's hands. A user's name is "user/alice", a key's
 * "ssh-key/SHA256:...": the fingerprint as OpenSSH writes it. One key may open several users.
 */
#include "model/register_people.h"
#include <stdbool.h>

struct firebreak_register;

enum user_end { USER_LOCK, USER_REMOVE };              /* what becomes of the account: words "lock", "remove" */
enum user_root { USER_ROOT_BY_ROLE, USER_ROOT, USER_NO_ROOT };

struct user_def {
	const char *name, *account;                    /* "user/alice", "alice" */
	uint32_t person;                               /* NOTHING: nobody's in particular */
	unsigned end;                                  /* enum user_end */
	unsigned root;                                 /* enum user_root; ask register_user_is_root() */
	struct indices hosts;                          /* where the account is; empty: all */
	struct indices keys;
	struct refs opens;                             /* besides what root is */
	struct position at;
};
struct ssh_key {
	const char *name, *fingerprint;                /* "ssh-key/SHA256:...", "SHA256:..." */
	const char *line;                              /* "ssh-ed25519 AAAA..."; NULL: only its fingerprint is known */
	uint32_t secret;                               /* its private half in this register, or NOTHING */
	struct indices users;
	struct position at;
};
/* Where the public users data stands: a YAML file of which configuration management makes accounts. */
struct users_data {
	uint32_t repository;                           /* NOTHING: not said */
	const char *file;
	struct names people, groups;                   /* keys from the file's root to the maps; groups may be empty */
	const char *keys, *ensure, *members;           /* names of the keys below a person and a group */
	struct position at;
};

/* By its own word, or by a role of its person that is root. */
bool register_user_is_root(const struct firebreak_register *r, uint32_t user);

/* "user/NAME" or "ssh-key/SHA256:..." that the register does not have becomes an entry of it, of which nothing is
 * known: nobody's, on any host, its rights unsaid. An intruder's own account is in no register. false, and nothing
 * changed: it is there already, is no such name, or is root, whom nobody evicts. */
bool register_know(struct firebreak_register *r, const char *what);
