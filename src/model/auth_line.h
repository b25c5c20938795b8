#pragma once
/*
 * What a line of a host's log says about who came in: syslog files (the traditional stamp without a year, and RFC 3339)
 * and the messages of sshd, sudo, su, login and the programs that change accounts. Pure.
 *
 * Lines are hostile: names of users that do not exist come from whoever tries them, and a name may look like the rest
 * of a line. For an account that exists the first " from " counts (it has no blanks), for one that does not the last.
 * Every local user may write lines of any program into a syslog file; the journal says who did (journald.h).
 *
 * Of a command that was run by sudo only the program is kept: its arguments may hold values.
 */
#include "model/zone.h"
#include <stdbool.h>
#include <stdint.h>

#define AUTH_PROGRAM_MAX 48u
#define AUTH_NAME_MAX 100u
#define AUTH_TEXT_MAX 300u

/* One line of a file, taken apart. */
struct syslog_line {
	struct civil at;
	bool has_year, has_offset;
	int offset_minutes;
	char program[AUTH_PROGRAM_MAX];
	uint32_t pid;                   /* 0: none is said */
	const char *message;            /* in the line */
};

/* false: no line of syslog (sshd's own file without stamps, a line that was cut). The line ends with NUL. */
bool syslog_line_read(const char *line, struct syslog_line *ret);
/* When it was written. A line without a year is not after newest_us; 0: that cannot be. */
int64_t syslog_line_us(const struct syslog_line *l, const struct zone *z, int64_t newest_us);

enum auth_kind {
	AUTH_LOGIN,      /* somebody came in */
	AUTH_FAILED,     /* somebody tried */
	AUTH_ENDED,      /* a session of ssh ended */
	AUTH_KEY,        /* sshd found a key in a file; it says nothing about who has the private half */
	AUTH_BECAME,     /* sudo, su: one account acted as another */
	AUTH_ACCOUNT,    /* an account, a group or a password was changed */
	AUTH_KINDS,
};
extern const char *const auth_kind_names[AUTH_KINDS];  /* "login", ... */

struct auth_event {
	enum auth_kind kind;
	bool no_such_account;                   /* the host has no account of this name */
	char account[AUTH_NAME_MAX];            /* who came in, or whom somebody became */
	char by[AUTH_NAME_MAX];                 /* who became it */
	char method[AUTH_NAME_MAX];             /* "publickey", "password", "sudo", "login" */
	char address[AUTH_NAME_MAX];
	uint32_t port;                          /* 0: not said */
	char key[AUTH_NAME_MAX];                /* fingerprint: "SHA256:..." */
	char key_type[AUTH_NAME_MAX];
	char certificate[AUTH_NAME_MAX];        /* its identity; "" when a plain key was used */
	char authority[AUTH_NAME_MAX];          /* fingerprint of who signed the certificate */
	char text[AUTH_TEXT_MAX];               /* program of sudo, file of a key, what was changed */
};

/* false: this message says nothing about that. Texts that are too long are cut. */
bool auth_read(const char *program, const char *message, struct auth_event *ret);
/* A program of OpenSSH's server: 9.8 and later have one that listens, one for sessions, one for who is not in yet. */
bool auth_is_ssh(const char *program);
/* Whether messages of a program are looked at at all. */
bool auth_is_program(const char *program);
