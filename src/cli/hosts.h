#pragma once
/* The hosts that a person means by names, groups and patterns of the register. */
#include "model/register.h"

/* *ret: indices in the register's order, the caller's. No words: all hosts. option: "--host", or NULL for arguments; of
 * a wrong word the error says the nearest. */
int hosts_choose(const struct firebreak_register *reg, const char *const *words, size_t n, const char *option,
		 uint32_t **ret, uint32_t *ret_n, struct err *e);
/* The programs that go to hosts. */
int hosts_programs(char **ret_warden, char **ret_scout, struct err *e);
