#pragma once
/* Whose values `firebreak trace` looks for, and the values. */
#include "cli/session.h"
#include "trace/trace.h"

struct trace_values {
	uint32_t *secrets; uint32_t n_secrets;     /* of the register, in its order */
	struct trace_value *v; uint32_t n;
	size_t cap;
	struct secret **owned;             /* each of v */
	struct incident **incidents;       /* of each of secrets: one that sealed values of it and is open; or NULL */
	struct strv problems;              /* "redis/password: why": values that could not be had */
};

/* Words: names of secrets or systems, or patterns of secrets. incident 0: those that are open and sealed something. */
int trace_values_choose(struct session *s, const struct strv *words, int64_t incident, struct trace_values *ret,
			struct err *e);
/* What the private git has now, and what the incidents sealed; key may be NULL. */
int trace_values_read(struct session *s, const struct seal_key *key, struct trace_values *v, struct err *e);
/* One that is in no register: from the terminal without echo, or from a pipe. */
int trace_values_ask(struct trace_values *v, struct err *e);
void trace_values_free(struct trace_values *v);
