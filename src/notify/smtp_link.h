#pragma once
/* One connection to one relay: libcurl up to the point where mail can be offered, then lines. For smtp.c. */
#include "notify/smtp.h"

struct smtp_link;

/* Connected, with TLS and logged in as the relay wants it; *ret_offer: what it says it can do now. */
int smtp_link_open(const struct smtp_relay *r, const char *hello, const struct smtp_limits *limits,
		   struct smtp_link **ret, struct smtp_offer *ret_offer, struct err *e);
int smtp_link_write(struct smtp_link *l, const void *bytes, size_t len, int64_t limit_ms, struct err *e);
int smtp_link_reply(struct smtp_link *l, int64_t limit_ms, struct smtp_reply *ret, struct err *e);
struct smtp_link *smtp_link_close(struct smtp_link *l);
