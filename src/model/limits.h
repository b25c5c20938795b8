#pragma once
/* Every growing thing has a limit. These are the register's; more is refused with a sentence. */
#define LIMIT_FILES 10000u
#define LIMIT_HOSTS 20000u
#define LIMIT_SYSTEMS 1000u
#define LIMIT_PEOPLE 2000u
#define LIMIT_SECRETS 200000u
#define LIMIT_REPOSITORIES 1000u
#define LIMIT_GROUPS 10000u
#define LIMIT_CLOSURES 1000u
#define LIMIT_DATA 20000u
#define LIMIT_NOT_SECRET 10000u
#define LIMIT_WIKIS 2000u
#define LIMIT_ISSUERS 1000u
#define LIMIT_TRACE 1000u
#define LIMIT_USERS 20000u
#define LIMIT_SSH_KEYS 50000u
#define LIMIT_CHANNELS 32u             /* of one person, of the team */
#define LIMIT_RELAYS 8u                /* of one channel */
#define LIMIT_ESCALATION 32u           /* steps, and words of one */
#define LIMIT_PER_SECRET 256u          /* places, accounts, consumers, externals of one secret */
#define LIMIT_WORDS 1000u              /* in one list of words: a command, contacts, categories */
#define LIMIT_OPENS 4096u              /* of one secret */
#define LIMIT_EDGES 8000000u           /* of the whole graph */
#define LIMIT_STEPS 20000u             /* of one plan */
#define LIMIT_TEXT 1000u               /* bytes in a title, note or reason */
