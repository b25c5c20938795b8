#pragma once
/* Where reports and notices are published. */
#include "model/register_people.h"

struct wiki {
	const char *name, *api, *user;                 /* api: .../api.php; user: of a bot password, "Bot@reports" */
	uint32_t secret;                               /* the bot password */
	const char *ca;                                /* file of certificates on this machine; NULL: the system's */
	struct position at;
};
struct publish {
	const char *wiki, *page;                       /* {number}, {date} become the incident's; NULL: nowhere */
	struct names show;                             /* what the public text may name: patterns */
	struct position at;
};
