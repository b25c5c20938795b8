#pragma once
/*
 * Options as a table: parsing, --help, completion and the check of the man pages read the same rows.
 * getopt_long does the work; -h/--help is added to each command.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum opt_kind { OPT_KIND_FLAG, OPT_KIND_STRING, OPT_KIND_LIST };

struct opt {
	char letter;            /* 0: none */
	const char *name;       /* without the dashes */
	enum opt_kind kind;
	void *target;           /* bool *, const char **, struct strv * */
	const char *value;      /* what stands for the value in --help: "FILE" */
	const char *help;
};

#define OPT_FLAG(l, n, t, h) { (l), (n), OPT_KIND_FLAG, (t), NULL, (h) }
#define OPT_STRING(l, n, t, v, h) { (l), (n), OPT_KIND_STRING, (t), (v), (h) }
#define OPT_LIST(l, n, t, v, h) { (l), (n), OPT_KIND_LIST, (t), (v), (h) }
#define OPT_END { 0, NULL, OPT_KIND_FLAG, NULL, NULL, NULL }

/* Parses argv[1..]; options and operands may be mixed, "--" ends options. *ret_args: the operands (borrowed from argv).
 * A wrong option is -ERR_USAGE with a did-you-mean. *ret_help is set when help was asked for. */
int opt_parse(const struct opt *table, int argc, char **argv, struct strv *ret_args, bool *ret_help, struct err *e);
void opt_help(struct buf *b, const struct opt *table);
