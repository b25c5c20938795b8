#pragma once
/* For trace*.c only. */
#include "scan/forms.h"
#include "trace/trace.h"
#include "worker/wire.h"

/* Adds one, or joins it to the one of the same value and place that is there. */
struct trace_found *trace_add(struct trace *t, const struct trace_found *f);
void trace_gap(struct trace *t, enum unread kind, const char *repository, const char *file, const char *fmt, ...)
	_printf_(5, 6);
bool trace_is_wanted(const struct trace *t, uint32_t value);      /* it can be looked for (forms_too_plain) */

int trace_repositories(struct trace *t, struct err *e);          /* trace_repository.c: all histories */
int trace_hosts(struct trace *t, struct err *e);                  /* trace_host.c: hosts, backups, folders */
void trace_know(struct trace *t);                                 /* trace_known.c: what the register says of each */
const char *const *trace_users(const struct trace *t, const struct trace_value *v, struct strv *room);
bool trace_is_repository(const char *path);

/* trace_public.c: what is proposed, and what the survey says of it. */
bool trace_is_consumer(const struct trace *t, const struct trace_found *f);
bool trace_is_twin(const struct trace *t, const struct trace_found *f);
void trace_read_public(struct trace *t);
/* What of the manifests writes that file; own: from a place of the secret. item NULL: nothing that was read. */
struct trace_fed { const struct feed_item *item; bool own; };
struct trace_fed trace_fed(const struct trace *t, const struct trace_found *f);
uint32_t trace_secret_of(const struct trace *t, const struct leaf *l);    /* whose place it is; NOTHING: nobody's */
const char *trace_tag(const struct trace *t, uint32_t secret);            /* of its value; NULL: not known */
