#pragma once
/* A status on a server that speaks Mastodon's API: POST /api/v1/statuses, with a token, once for each key. */
#include "base/err.h"
#include "base/secret.h"
#include <stdint.h>

#define STATUS_MAX 500u        /* characters that every such server takes */

struct status {
	const char *server;            /* "https://social.example.org" */
	const char *text, *key;        /* key: the same for the same deed: a second one is answered with the first */
	const char *ca;
	const struct secret *token;
	int64_t deadline_us;
};

/* *ret_url: the caller's; where people read it. */
int mastodon_post(const struct status *s, void (*changing)(void *arg), void *arg, char **ret_url, struct err *e);
