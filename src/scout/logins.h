#pragma once
/* Between the files of the command "logins". */
#include "model/auth_line.h"
#include "scout/lines.h"

#define LOGINS_MAX 20000u               /* events that are told one by one */
#define LOGINS_FAILED_MAX 5000u         /* pairs of account and address that tried */

struct tried { char account[AUTH_NAME_MAX], address[AUTH_NAME_MAX]; bool no_such_account;
	       uint32_t n; int64_t first_us, last_us; };

struct logins {
	struct scout_out *o;
	int64_t from_us, until_us;      /* on the host's own clock */
	int64_t now_us;
	struct zone zone;
	struct buf zone_bytes;
	uint32_t n_told, n_left_out;
	struct tried *tried; uint32_t n_tried, tried_left_out; size_t cap_tried;
	char key_print[AUTH_NAME_MAX], key_file[AUTH_TEXT_MAX];        /* where sshd found the key that it saw last */
};

/* An event of [from, until]; source: "auth.log", "journal", "btmp". uid: who wrote it, -1 when that is not known. */
void logins_event(struct logins *l, const struct auth_event *ev, int64_t at_us, const char *source, int64_t uid);
/* {"kind":KIND,"file":FILE, ...}: takes more, an object. */
void logins_say(struct logins *l, const char *kind, const char *file, json_t *more);
void logins_logs(struct logins *l);
void logins_journals(struct logins *l);
void logins_records(struct logins *l);
