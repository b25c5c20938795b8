#pragma once
/*
 * Clock, severity, ladder and notices as documents. What came from outside is made visible in plain text; in a document
 * the writer of its format escapes it. JSON: the caller's objects.
 */
#include "model/law_state.h"
#include "model/notice.h"
#include "report/doc.h"

void json_put_time(json_t *o, const char *key, int64_t at_us);      /* RFC 3339; nothing for 0 */
json_t *law_json(const struct law_state *s);
json_t *law_clock_json(const struct deadline *d);
void law_document(const struct law_state *s, struct doc *d);        /* the report's section */
void law_document_open(const struct law_state *s, struct doc *d);   /* who is still to be told, as tasks */

/* The notice as plain text, one paragraph an item: nothing that stands in an item can look like another one. */
void notice_text(const struct notice *n, const struct incident *i, struct buf *b);
json_t *notice_json(const struct notice *n, const struct incident *i);
/* What is missing and what to type, a line each. */
void notice_missing(const struct notice *n, const struct incident *i, struct buf *b);
