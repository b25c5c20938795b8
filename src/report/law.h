#pragma once
/*
 * Clock, severity, ladder and notices as documents. What came from outside is made visible in plain text and escaped in
 * Markdown. JSON: the caller's objects.
 */
#include "model/law_state.h"
#include "model/notice.h"

void json_put_time(json_t *o, const char *key, int64_t at_us);      /* RFC 3339; nothing for 0 */
json_t *law_json(const struct law_state *s);
json_t *law_clock_json(const struct deadline *d);
void law_markdown(const struct law_state *s, struct buf *b);        /* the report's section */

void law_markdown_open(const struct law_state *s, struct buf *b);   /* who is still to be told, as tasks */

/* The notice as plain text, one paragraph an item: nothing that stands in an item can look like another one. */
void notice_text(const struct notice *n, const struct incident *i, struct buf *b);
json_t *notice_json(const struct notice *n, const struct incident *i);
/* What is missing and what to type, a line each. */
void notice_missing(const struct notice *n, const struct incident *i, struct buf *b);
