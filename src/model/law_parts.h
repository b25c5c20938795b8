#pragma once
/* For law*.c only. */
#include "model/law.h"
#include "model/register_parts.h"

/* One file's map; false: there was a problem (law_read.c). */
bool law_read(struct loader *l, const struct yaml_node *root, struct law *ret);
