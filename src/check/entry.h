#pragma once
/*
 * The entry that the register lacks, written into its text: a new secret, one more place of a secret that is there,
 * or a
 * rule of not_secret. Pure: texts come in, one text goes out, in which nothing else has changed; the register is read
 * once more with it and has to know the place.
 */
#include "base/buf.h"
#include "base/strv.h"
#include "model/register.h"

struct entry {
	const char *repository, *file, *key;   /* the place; key NULL: the whole file */
	/* a secret; of one that is there only its name is given */
	const char *secret, *kind, *system;    /* system NULL: the first part of the name */
	const char *unused, *note;             /* or NULL */
	const struct strv *consumers;          /* entry_consumer() */
	/* or not */
	const char *class, *why;               /* class NULL: it is a secret */
};

/* ret_file: which of the files. A refusal says what to do by hand. */
int entry_make(const struct firebreak_register *reg, const struct source *files, size_t n, const struct entry *en,
	       size_t *ret_file, struct buf *ret, struct err *e);
/* "{hosts: [db11, db12], file: /etc/x.conf, service: x, restart: puppet}"; file or service may be NULL. */
void entry_consumer(struct buf *b, const struct strv *hosts, const char *file, const char *service,
		    const char *restart);
/* "{repository: private, file: hieradata/common.yaml, key: 'a::b'}"; key NULL: the whole file. */
void entry_place(struct buf *b, const char *repository, const char *file, const char *key);
/* What changed, with three lines around it: "@@ -12,3 +12,4 @@" and lines with ' ', '-', '+' before them. */
void entry_diff(struct buf *b, const char *name, const char *before, const char *after);
