#pragma once
/* Where register, journal and key are: option, then environment, then the usual place. */
#include "cli/cli.h"

int places_register(struct cli *c, const char **ret, struct err *e);
int places_state(struct cli *c, const char **ret, struct err *e);     /* absolute */
const char *places_key(struct cli *c);
const char *places_keep(struct cli *c, char *s);                      /* freed with c */
char *places_own(void);                   /* the folder of this program; the caller frees */
/* The first of the names that is there, from that folder: beside the program in a build tree, in libexec and share when
 * installed. what: "the scanner is", for the error. The caller frees. */
int places_find(const char *what, const char *const *names, char **ret, struct err *e);
int places_scanner(char **ret, struct err *e);
int places_publisher(char **ret, struct err *e);
void places_free(struct cli *c);
