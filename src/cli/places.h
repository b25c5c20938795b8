#pragma once
/* Where register, journal and key are: option, then environment, then the usual place. */
#include "cli/cli.h"

int places_register(struct cli *c, const char **ret, struct err *e);
int places_state(struct cli *c, const char **ret, struct err *e);     /* absolute */
const char *places_key(struct cli *c);
const char *places_keep(struct cli *c, char *s);                      /* freed with c */
char *places_own(void);                   /* the folder of this program; the caller frees */
void places_free(struct cli *c);
