#pragma once
/*
 * What a Debian host keeps about its packages: stanzas (status, Packages, Release), lists of checksums, dpkg's log.
 * Pure, over text from outside.
 */
#include "model/zone.h"
#include <stdbool.h>
#include <stddef.h>

struct deb_text { const char *s; size_t len; };        /* borrowed, not NUL-terminated; s NULL: there is none */

/* One paragraph of fields: s to end. The next one begins where it returns; NULL: there is none any more. A signature
 * around it (InRelease) is passed over. */
const char *deb_stanza(const char *s, const char *end, struct deb_text *ret);
/* The value behind "Name:", with its further lines; blanks at both ends are not part of it. */
struct deb_text deb_field(struct deb_text stanza, const char *name);
/* Copies into a field of that size: false when it is longer, or holds what is not printable ASCII. */
bool deb_copy(struct deb_text t, char *ret, size_t size);

/* The next " /etc/x 0123... [obsolete]" of a Conffiles field. What is no such line ends it. */
const char *deb_conffile(const char *s, const char *end, struct deb_text *ret_path, char ret_md5[33]);

/* "0123...  usr/bin/x": a line of DEBIAN/md5sums, ended by NUL. */
bool deb_sum_line(const char *line, char ret_md5[33], const char **ret_path);

/* "2026-11-06 22:12:50 upgrade openssh-server:amd64 1:9.2p1-2 1:9.2p1-3" */
struct deb_log_line {
	struct civil at;
	char action[16];                       /* "install", "upgrade", "remove", "purge" */
	char package[128], architecture[32];
	char before[100], after[100];          /* "" for none */
};
bool deb_log_read(const char *line, struct deb_log_line *ret);

/* "Sat, 09 Nov 2024 10:00:00 UTC", of a Release file, or with "+0100", of a changelog; 0: it is none. */
int64_t deb_date_us(struct deb_text t);

/* When a version was made, by a changelog that is given line by line: true when it is known, at_us is it then. */
struct deb_entry { const char *version; bool is_it; int64_t at_us; };
bool deb_changelog_line(const char *line, struct deb_entry *e);

/* A release whose packages mend holes: label "Debian-Security", or a suite or codename that ends in "-security". */
bool deb_is_security(struct deb_text release);
