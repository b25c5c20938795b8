#pragma once
/* The only look at the environment: what a person may set, documented in firebreak(1). */

/* NULL when unset or empty. */
const char *env_get(const char *name);
/* Who runs this: "alice" (SUDO_USER before USER before the uid's name), and "alice (root@laptop)" for the journal. */
const char *env_user(void);
char *env_identity(const char *person);        /* the caller frees */
