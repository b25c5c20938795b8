#pragma once
/*
 * Texts of a host, edited: what is an evicted account's or key's goes, every other byte stays as it is, comments, order
 * and a missing newline at the end included. Pure.
 *
 * A key is found by its bytes: its comment, and options in front of it, are anybody's to write. A line that says
 * nothing
 * to us stays.
 */
#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evicted_user { const char *name; uint32_t uid; bool has_uid, remove; };     /* uid: as /etc/passwd has it */
struct evicted {
	const struct evicted_user *users; size_t n_users;
	const char *const *keys; size_t n_keys;        /* fingerprints, "SHA256:..." */
};

/* All add the whole new text to ret and return how many lines (or names in lines) went; ret->over when it did not
 * fit. */
typedef uint32_t evict_edit(const struct evicted *v, const char *text, size_t len, struct buf *ret);

evict_edit evict_keys;          /* authorized_keys, and a plain list of public keys; keys of `keys` */
evict_edit evict_passwd;        /* locked: its shell is nologin; removed: its line goes */
evict_edit evict_shadow;        /* locked: '!' before the hash and expired since 1970; removed: its line goes */
evict_edit evict_group;         /* group and gshadow: members (and administrators), a removed user's own group stays */
evict_edit evict_sudoers;       /* rules of theirs, their name in lists and aliases, Defaults of theirs */
evict_edit evict_crontab;       /* /etc/crontab, /etc/cron.d: lines that run as them */
evict_edit evict_names;         /* a name a line: cron.allow, at.allow */

const struct evicted_user *evicted_name(const struct evicted *v, const char *name, size_t len);

#define EVICT_FROM_MAX 1001u
/* The addresses that a line of authorized_keys takes its key from (from="..."), as they stand there; "?" for what is
 * too long or no text of addresses. false: from anywhere. */
bool evict_from(const char *line, size_t len, struct buf *ret);
/* Whether a line of authorized_keys lets in whoever has a certificate of its key (cert-authority). */
bool evict_is_authority(const char *line, size_t len);
