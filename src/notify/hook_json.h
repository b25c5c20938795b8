#pragma once
/*
 * What rooms of others take: one shape each, and nothing in a text that calls everybody ("@everyone", "<!channel>",
 * "@room"). Texts longer than the far side takes are cut between characters and say so.
 */
#include "base/json.h"

#define HOOK_DISCORD_MAX ((size_t)2000)   /* characters: Discord refuses longer ones */
#define HOOK_TEXT_MAX ((size_t)4000)      /* bytes; Slack shows no more in one message */

/* kind: discord, slack or matrix; NULL for anything else. The caller frees. */
json_t *hook_json(const char *kind, const char *text);
