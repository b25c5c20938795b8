#pragma once
/* Keys with a public half, and what is shared with accounts: the options. */
#include "model/register_parts.h"

/* A flat map of texts; whose: "driver 'redis'". known: names that may stand there, NULL-terminated; NULL: any. */
bool read_options(struct loader *l, const struct yaml_node *n, const char *whose, const char *const *known,
		  const json_t **ret);
take_fn take_halves, take_make;
