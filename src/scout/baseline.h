#pragma once
/*
 * Between the files of the scout's command `baseline`: what stands on this host, section by section. Each item is a
 * line {"section","key","is","sha256"}: what it is, how it is, and the sum of its contents, of which the asker makes a
 * keyed digest. A section ends with {"section","end":true,"cut":why}; one that never ended was not read.
 */
#include "base/strv.h"
#include "scout/scout.h"
#include <sys/stat.h>

#define BASELINE_SECONDS 120
#define BASELINE_SUM_MAX ((uint64_t)256 << 20)      /* of one file; a larger one has no sum, and says so */

struct baseline_account { char *name, *home; };

struct baselining {
	struct scout_out *o;
	const json_t *request;
	const char *section;
	int64_t until_us;
	char why[200];                 /* why the section is not whole; "": it is */
	struct baseline_account *accounts;      /* of /etc/passwd, in its order */
	size_t n_accounts, cap_accounts;
};

typedef void baseline_look(struct baselining *b);
baseline_look baseline_accounts, baseline_groups, baseline_keys, baseline_walk, baseline_modules, baseline_listen,
	baseline_packages, baseline_puppet;

/* is: what is said of it; sha256 NULL: it has no contents of its own. Both texts are made visible. */
void baseline_item(struct baselining *b, const char *key, const char *sha256, const char *fmt, ...) _printf_(4, 5);
void baseline_cut(struct baselining *b, const char *fmt, ...) _printf_(2, 3);
bool baseline_late(struct baselining *b);
/* A file, link or folder as it stands; what is not there is no item. */
void baseline_file(struct baselining *b, const char *path);
/* All of a folder's files, to that depth. */
void baseline_folder(struct baselining *b, const char *path, unsigned depth);
/* Of an open file. false: it could not be read as a whole. */
bool baseline_sum(int fd, char ret[65]);
void baseline_text_sum(const char *text, size_t len, char ret[65]);
/* Accounts and homes, once. */
void baseline_read_accounts(struct baselining *b);
