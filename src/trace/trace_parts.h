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
