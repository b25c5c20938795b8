#include "driver/tls_starttls.h"
#include "base/macro.h"
#include "base/text.h"
#include <string.h>
#include <strings.h>

#define SAID_MAX 160u
#define LDAP_MAX 4096u

/* One thing that the server says, and what we say to it; NULL: nothing, TLS begins. */
struct word { const char *good, *say; };

/* `read` takes one whole thing of the server, if it is there: 1 and it is a step further, 0 and more is needed. */
typedef int read_fn(struct tls_starttls *s, struct buf *send, bool *go, struct err *e);

struct tls_protocol {
	const char *word;
		bool has_one;
	read_fn *read;
	const struct word *words;      /* of those that speak in lines */
	const char *first, *bye;       /* sent by us at the beginning and at the end */
	size_t first_len, bye_len;
};

static int unexpected(const struct tls_starttls *s, const char *text, size_t len, struct err *e)
{
	_cleanup_(buf_free) struct buf shown = BUF_INIT(8 * SAID_MAX);

	text_visible(&shown, text, len < SAID_MAX ? len : SAID_MAX);
	return err_set(e, ERR_NET, "%s: instead of beginning TLS the server says '%s'", s->protocol->word,
		       buf_text(&shown));
}

static const unsigned char *bytes_of(const struct tls_starttls *s)
{
	return (const unsigned char *)buf_text(&s->in);
}

static void drop(struct tls_starttls *s, size_t len)
{
	memmove(s->in.data, s->in.data + len, s->in.len - len + 1);
	s->in.len -= len;
}

/* --- in lines --- */

static bool is_word(const char *line, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !strncasecmp(line, word, n) && (len == n || line[n] == ' ');
}

/* Lines of an answer that goes on: "250-PIPELINING"; "* CAPABILITY ..." in IMAP, once it has greeted. */
static bool goes_on(const struct tls_starttls *s, const char *line, size_t len, const char *good)
{
	if (good[0] >= '0' && good[0] <= '9')
		return len > 3 && !strncmp(line, good, 3) && line[3] == '-';
	return s->step > 0 && len > 2 && line[0] == '*' && line[1] == ' ' && !is_word(line + 2, len - 2, "BYE");
}

static int read_line(struct tls_starttls *s, struct buf *send, bool *go, struct err *e)
{
	const struct word *w = &s->protocol->words[s->step];
	const char *line = buf_text(&s->in), *end = memchr(line, '\n', s->in.len);

	if (!end)
		return 0;
	size_t len = (size_t)(end - line), text = len && end[-1] == '\r' ? len - 1 : len;
	bool more = goes_on(s, line, text, w->good);

	if (!more && !is_word(line, text, w->good))
		return unexpected(s, line, text, e);
	drop(s, len + 1);
	if (more)
		return 1;
	*go = !w->say;
	if (w->say)
		(void)buf_str(send, w->say);
	s->step++;
	return 1;
}

/* --- ldap: ExtendedResponse ::= [APPLICATION 24] SEQUENCE { resultCode, matchedDN, diagnosticMessage, ... } --- */

struct piece { const unsigned char *at, *end; };

/* BER, definite lengths only. 1: whole, and *ret is what is in it; 0: more is needed; below: too long or broken. */
static int ber(struct piece *from, unsigned tag, struct piece *ret)
{
	size_t have = (size_t)(from->end - from->at), len, head = 2;

	if (have < 2)
		return have == 1 && from->at[0] != tag ? -1 : 0;
	len = from->at[1];
	if (len > 0x80) {
		size_t n = len - 0x80;

		if (n > 2)
			return -1;
		if (have < 2 + n)
			return 0;
		len = n == 1 ? from->at[2] : (size_t)from->at[2] << 8 | from->at[3];
		head += n;
	} else if (len == 0x80) {
		return -1;
	}
	if (from->at[0] != tag || len > LDAP_MAX)
		return -1;
	if (have < head + len)
		return 0;
	*ret = (struct piece){ from->at + head, from->at + head + len };
	from->at += head + len;
	return 1;
}

static int read_ldap(struct tls_starttls *s, struct buf *send, bool *go, struct err *e)
{
	struct piece all = { bytes_of(s), bytes_of(s) + s->in.len }, message, part, answer, why = { 0 };
	int r = s->in.len ? ber(&all, 0x30, &message) : 0;

	(void)send;
	if (r == 0)
		return 0;
	if (r < 0 || ber(&message, 0x02, &part) != 1 || ber(&message, 0x78, &answer) != 1 ||
	    ber(&answer, 0x0a, &part) != 1 || part.end - part.at != 1)
		return err_set(e, ERR_NET, "ldap: the answer is none of an LDAP server");
	int code = part.at[0];

	if (ber(&answer, 0x04, &part) != 1 || ber(&answer, 0x04, &why) != 1)
		return err_set(e, ERR_NET, "ldap: the answer is none of an LDAP server");
	if (code != 0) {
		_cleanup_(buf_free) struct buf shown = BUF_INIT(8 * SAID_MAX);
		size_t len = (size_t)(why.end - why.at);

		text_visible(&shown, (const char *)why.at, len < SAID_MAX ? len : SAID_MAX);
		return err_set(e, ERR_NET, "ldap: the server does not begin TLS: code %d, '%s'", code,
			       buf_text(&shown));
	}
	drop(s, (size_t)(all.at - bytes_of(s)));
	*go = true;
	return 1;
}

/* --- postgres: one letter --- */

static int read_postgres(struct tls_starttls *s, struct buf *send, bool *go, struct err *e)
{
	(void)send;
	if (!s->in.len)
		return 0;
	if (s->in.data[0] == 'N')
		return err_set(e, ERR_NET, "postgres: the server says that it has no TLS (ssl = off, or no key of it "
			       "was read at its start)");
	if (s->in.data[0] != 'S')
		return unexpected(s, s->in.data, s->in.len, e);
	drop(s, 1);
	*go = true;
	return 1;
}

/* --- mysql: the server's greeting, and the first part of a client's answer to it --- */

#define CLIENT_SSL 0x800u
#define ZEROS_23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
/* Length, sequence; CLIENT_PROTOCOL_41, CLIENT_SSL and CLIENT_SECURE_CONNECTION; largest packet; utf8; fill. */
#define MYSQL_TLS "\x20\x00\x00\x01" "\x00\x8a\x00\x00" "\x00\x00\x00\x01" "\x21" ZEROS_23
/* The same, and a login of nobody with nothing. Who breaks off in the middle is counted, and locked out when it was
 * max_connect_errors times. */
#define MYSQL_LOGIN "\x22\x00\x00\x02" "\x00\x8a\x00\x00" "\x00\x00\x00\x01" "\x21" ZEROS_23 "\x00\x00"

static int mysql_greeting(const unsigned char *p, size_t len, struct err *e)
{
	const unsigned char *version = memchr(p, '\0', len);

	/* Behind the version: 4 of a number, 8 of a salt, one zero, and then the flags. */
	if (p[0] != 10 || !version || (size_t)(p + len - version) < 16)
		return err_set(e, ERR_NET, "mysql: the greeting is none of a server of MariaDB or MySQL");
	if (!(((unsigned)version[14] | (unsigned)version[15] << 8) & CLIENT_SSL))
		return err_set(e, ERR_NET, "mysql: the server says that it has no TLS");
	return 0;
}

static int read_mysql(struct tls_starttls *s, struct buf *send, bool *go, struct err *e)
{
	const unsigned char *p = bytes_of(s);

	if (s->in.len < 4)
		return 0;
	size_t len = p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;

	if (len < 1 || len > TLS_STARTTLS_MAX - 4)
		return err_set(e, ERR_NET, "mysql: the greeting is none of a server of MariaDB or MySQL");
	if (s->in.len < 4 + len)
		return 0;
	/* Also who may not log in from here at all is told so before TLS: nobody at this place sees the certificate. */
	if (p[4] == 0xff && len >= 3)
		return unexpected(s, (const char *)p + 7, len - 3, e);
	int r = mysql_greeting(p + 4, len, e);

	if (r < 0)
		return r;
	drop(s, 4 + len);
	(void)buf_add(send, MYSQL_TLS, sizeof(MYSQL_TLS) - 1);
	*go = true;
	return 1;
}

/* --- the six --- */

#define LINES(...) .words = (const struct word[]){ __VA_ARGS__ }, .read = read_line
#define FIRST(t) .first = t, .first_len = sizeof(t) - 1
#define BYE(t) .bye = t, .bye_len = sizeof(t) - 1
/* ExtendedRequest of the object identifier for StartTLS; UnbindRequest. */
#define LDAP_STARTTLS "\x30\x1d\x02\x01\x01\x77\x18\x80\x16" "1.3.6.1.4.1.1466.20037"
#define LDAP_UNBIND "\x30\x05\x02\x01\x02\x42\x00"
#define POSTGRES_SSL "\x00\x00\x00\x08\x04\xd2\x16\x2f"

static const struct tls_protocol protocols[] = {
	{ "smtp", LINES({ "220", "EHLO [127.0.0.1]\r\n" }, { "250", "STARTTLS\r\n" }, { "220", NULL }),
	  BYE("QUIT\r\n") },
	{ "imap", LINES({ "* OK", "a STARTTLS\r\n" }, { "a OK", NULL }), BYE("b LOGOUT\r\n") },
	{ "pop3", LINES({ "+OK", "STLS\r\n" }, { "+OK", NULL }), BYE("QUIT\r\n") },
	{ "ldap", .has_one = true, .read = read_ldap, FIRST(LDAP_STARTTLS), BYE(LDAP_UNBIND) },
	{ "postgres", .has_one = true, .read = read_postgres, FIRST(POSTGRES_SSL) },
	{ "mysql", .has_one = true, .read = read_mysql, BYE(MYSQL_LOGIN) },
};
const char *const tls_served_starttls[] = { "smtp", "imap", "pop3", "ldap", "postgres", "mysql", NULL };

int tls_starttls_begin(struct tls_starttls *s, const char *word, struct err *e)
{
	*s = (struct tls_starttls){ .in = BUF_INIT(TLS_STARTTLS_MAX) };
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++)
		if (!strcmp(protocols[i].word, word))
			s->protocol = &protocols[i];
	return s->protocol ? 0 : err_set(e, ERR_CONFIG, "starttls is '%.60s', expected smtp, imap, pop3, ldap, "
					 "postgres or mysql", word);
}

bool tls_starttls_has_one(const struct tls_starttls *s)
{
	return s->protocol->has_one;
}

int tls_starttls_more(struct tls_starttls *s, const char *bytes, size_t len, struct buf *ret_send, bool *ret_go,
		      struct err *e)
{
	const struct tls_protocol *p = s->protocol;
	int r;

	*ret_go = false;
	s->taken += len;
	if (s->taken > TLS_STARTTLS_MAX || buf_add(&s->in, bytes, len) < 0)
		return err_set(e, ERR_LIMIT, "%s: the server says more than %zu bytes before TLS begins", p->word,
			       TLS_STARTTLS_MAX);
	if (!s->greeted && p->first)
		(void)buf_add(ret_send, p->first, p->first_len);
	s->greeted = true;
	do {
		r = p->read(s, ret_send, ret_go, e);
	} while (r > 0 && !*ret_go);
	if (r < 0 || !*ret_go)
		return r;
	return s->in.len ? err_set(e, ERR_NET, "%s: the server says more than was asked before TLS begins: somebody "
				   "may be in between", p->word) : 0;
}

void tls_starttls_bye(const struct tls_starttls *s, struct buf *ret)
{
	(void)buf_add(ret, s->protocol->bye, s->protocol->bye_len);
}

void tls_starttls_end(struct tls_starttls *s)
{
	buf_free(&s->in);
}
