#pragma once
/* `firebreak notice site` and `withdraw`: the notice that every page of a wiki shows. */
#include "cli/cli.h"

struct site_choice {
	const struct strv *wikis;      /* names; or */
	bool all;                      /* each wiki of the register */
};

/* Exit codes, or negative errors. All wikis are tried; each that failed is told. */
int notice_site(struct cli *c, int64_t number, const struct site_choice *choice, struct err *e);
/* Without a choice: from each wiki where one of this incident stands. */
int notice_withdraw(struct cli *c, int64_t number, const struct site_choice *choice, struct err *e);
