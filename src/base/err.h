#pragma once
/*
 * An error says what went wrong and what may have changed on the far side.
 *
 * `code` is for the exit status, `effect` for the executor, `text` for people. The struct lives on the caller's stack;
 * nothing is allocated on the failing path. Text grows from the outside in ("commit of 'redis/password': push: ..."),
 * is lower case, has its subject in single quotes and no full stop. EFFECT_UNKNOWN is never retried without a probe.
 */
#include "base/macro.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,    /* the command line is wrong */
	ERR_CONFIG,   /* register, playbook or another file of the team is wrong */
	ERR_IO,       /* a file, disk or process of this machine failed */
	ERR_NET,      /* could not be reached, or went away */
	ERR_AUTH,     /* a credential that should work was refused */
	ERR_REMOTE,   /* the far side answered with an error */
	ERR_REFUSED,  /* we do not do that: a rule or a missing answer stands against it */
	ERR_LIMIT,    /* something is larger than we accept */
	ERR_CONFLICT, /* somebody else changed it or is at it */
	ERR_BUG,      /* our own fault */
};

enum effect {
	EFFECT_NONE,    /* nothing has changed on the far side */
	EFFECT_CHANGED, /* the change was made and confirmed */
	EFFECT_UNKNOWN, /* sent, not answered: probe before anything else */
};

struct err {
	enum err_code code;
	enum effect effect;
	char text[500];
};

#define ERR_INIT { .code = ERR_NONE, .effect = EFFECT_NONE, .text = "" }

/* All return -code (ERR_NONE counts as ERR_BUG): `return err_set(...)` is the failing path. A NULL e is allowed. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...) _printf_(3, 4);
/* Puts "<fmt>: " before the text that is there; the cause is kept when both do not fit. */
int err_wrap(struct err *e, const char *fmt, ...) _printf_(2, 3);
/* Like err_set with ": strerror(errno)" behind it. */
int err_errno(struct err *e, const char *fmt, ...) _printf_(2, 3);

/* Tells compiler and analyser what the three promise: they cannot look into another file. */
#define _failing_(r) ({ int _below = (r); if (_below >= 0) __builtin_unreachable(); _below; })
#define err_set(...) _failing_(err_set(__VA_ARGS__))
#define err_wrap(...) _failing_(err_wrap(__VA_ARGS__))
#define err_errno(...) _failing_(err_errno(__VA_ARGS__))

const char *err_code_name(enum err_code code);
enum err_code err_code_parse(const char *name);               /* ERR_REMOTE for a word we do not know */
const char *effect_name(enum effect effect);                  /* "none", "changed", "unknown" */
int effect_parse(const char *name, enum effect *ret);         /* 0, or -ERR_CONFIG; NULL is none */
