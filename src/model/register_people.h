#pragma once
/* Who works here, and how they are told; and the small structs of which all tables of the register are made. */
#include <stdbool.h>
#include <stdint.h>

#define NOTHING UINT32_MAX /* an index that points nowhere */

struct position { const char *file; uint32_t line, col; };
struct names { const char **s; uint32_t n; };         /* borrowed strings */
struct indices { uint32_t *i; uint32_t n; };

enum ref_kind { REF_SECRET, REF_HOST, REF_SYSTEM, REF_DATA, REF_USER, REF_SSH_KEY, REF_KINDS };

struct ref { enum ref_kind kind; uint32_t index; };
struct refs { struct ref *r; uint32_t n; };

struct escalation { struct names to; int64_t after_min; struct position at; };    /* people, roles, addresses */
struct organisation {
	const char *name, *team, *approver;            /* team: the address that is always told */
	const char *contact;                           /* for authorities and people concerned; NULL: not said */
	struct indices channels;                       /* in this order: of the team, and of who has none */
	struct indices log;                            /* of kind log-line: told once of each incident */
	int64_t repeat_min;                            /* until acknowledged */
	struct escalation *escalation; uint32_t n_escalation;
};
struct person {
	const char *name, *full, *mail, *irc;          /* irc: the nick; NULL: told in the channel's own `to` */
	struct names roles;
	const char *key, *ssh;                         /* ssh: the public key of OpenSSH that they approve with */
	struct indices channels;                       /* in this order; none: the organisation's */
	struct position at;
};
enum contain_word { CONTAIN_RIGHT_UNSAID, CONTAIN_RIGHT_ALL, CONTAIN_RIGHT_CROWD, CONTAIN_RIGHT_NONE };
struct role_def { const char *name; bool root; unsigned contain; struct position at; };  /* enum contain_word */
/* What sends for us over a channel; BY_HAND: a person does (telephone, tickets). */
enum channel_way { CHANNEL_BY_HAND, CHANNEL_MAIL, CHANNEL_IRC, CHANNEL_DISCORD, CHANNEL_SLACK, CHANNEL_MATRIX,
		   CHANNEL_LOG_LINE, CHANNEL_MASTODON, CHANNEL_WAYS };
enum channel_tls { CHANNEL_TLS_REQUIRED, CHANNEL_TLS_OPTIONAL, CHANNEL_TLS_NEVER };
struct channel {
	const char *name, *kind, *to;
	enum channel_way way;
	unsigned tls;                                  /* enum channel_tls */
	bool public;                                   /* others read it: no names of what leaked, no reasons */
	struct names relays;                           /* of mail, tried in this order: smtp://host:587 */
	const char *server;                            /* irc, log-line: host:port; matrix: https://host */
	const char *from, *nick, *user, *ca;           /* ca: file of certificates on the responder's machine */
	uint32_t secret;                               /* password, token or whole URL; NOTHING: none */
	struct refs depends;
	struct position at;
};
