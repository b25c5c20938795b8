#include "notify/message.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "notify/address.h"
#include <string.h>

#define LINE_MAX_QP 76u              /* RFC 2045, 6.7 */
#define WORD_MAX_BYTES 39u           /* of an encoded word: "=?UTF-8?Q?" and three characters each stay below 75 */
#define PLAIN_LINE_MAX 78u

static bool is_plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x7f)
			return false;
	return true;
}

static int check_header(const char *name, const char *s, size_t max, struct err *e)
{
	size_t len = strlen(s);

	if (!len || len > max || !text_is_utf8(s, len))
		return err_set(e, ERR_REFUSED, "%s of a message: 1 to %zu bytes of text are expected", name, max);
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(e, ERR_REFUSED, "%s of a message has a line break or another control character",
				       name);
	return 0;
}

static int check_address(const char *name, const char *s, struct err *e)
{
	const char *wrong = mail_address_wrong(s, strlen(s), NULL);

	return wrong ? err_set(e, ERR_REFUSED, "%s of a message is no mail address: %s", name, wrong) : 0;
}

/* Encoded words of RFC 2047, cut between characters; letters and digits stay what they are. */
static void encoded(struct buf *b, const char *s)
{
	size_t len = strlen(s), in_word = 0;

	while (len) {
		uint32_t c;
		size_t n = utf8_decode(s, len, &c), cost = 0;

		if (!n)
			n = 1;
		for (size_t i = 0; i < n; i++)
			cost += (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
				(s[i] >= '0' && s[i] <= '9') || s[i] == ' ' ? 1 : 3;
		if (!in_word || in_word + cost > WORD_MAX_BYTES) {
			buf_str(b, in_word ? "?=\r\n =?UTF-8?Q?" : "=?UTF-8?Q?");
			in_word = 0;
		}
		in_word += cost;
		for (size_t i = 0; i < n; i++)
			if (cost == 1 && s[i] == ' ')
				buf_char(b, '_');
			else if (cost == 1)
				buf_char(b, s[i]);
			else
				buf_printf(b, "=%02X", (unsigned char)s[i]);
		s += n;
		len -= n;
	}
	if (in_word)
		buf_str(b, "?=");
}

/* Between words of ASCII a line may end; folding keeps what the header says (RFC 5322, 2.2.3). */
static void plain(struct buf *b, const char *s, size_t column)
{
	while (*s) {
		size_t spaces = strspn(s, " "), n = spaces + strcspn(s + spaces, " ");

		/* a line of nothing but white space is none */
		if (spaces && s[spaces] && column + n > PLAIN_LINE_MAX && column > 1) {
			buf_str(b, "\r\n");
			column = 0;
		}
		buf_add(b, s, n);
		column += n;
		s += n;
	}
}

static void header_text(struct buf *b, const char *name, const char *s)
{
	buf_printf(b, "%s: ", name);
	if (is_plain(s) && !strstr(s, "=?") && strlen(s) < 900)
		plain(b, s, strlen(name) + 2);
	else
		encoded(b, s);
	buf_str(b, "\r\n");
}

static void header_date(struct buf *b, int64_t at_us)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
					    "Dec" };
	time_t at = (time_t)(at_us / 1000000);
	struct tm t = { 0 };

	(void)gmtime_r(&at, &t);
	buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[t.tm_wday % 7], t.tm_mday,
		   months[t.tm_mon % 12], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* A display name is a phrase: quoted when it is ASCII. */
static void header_from(struct buf *b, const struct message *m)
{
	buf_str(b, "From: ");
	if (m->from_name && is_plain(m->from_name) && strlen(m->from_name) < 100) {
		buf_char(b, '"');
		for (const char *c = m->from_name; *c; c++)
			buf_printf(b, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
		buf_char(b, '"');
	} else if (m->from_name) {
		encoded(b, m->from_name);
	}
	buf_printf(b, "%s<%s>\r\n", m->from_name ? "\r\n " : "", m->from);
}

static bool needs_coding(const char *s, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		column = s[i] == '\n' ? 0 : column + 1;
		if ((unsigned char)s[i] >= 0x7f || column > 900)
			return true;
	}
	return false;
}

static void crlf(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			buf_char(b, '\r');
		buf_char(b, s[i]);
	}
}

static void quoted_printable(struct buf *b, const char *s, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		bool last = i + 1 == len || s[i + 1] == '\n', space = s[i] == ' ' || s[i] == '\t';
		bool as_is = (s[i] > ' ' && s[i] < 0x7f && s[i] != '=') || (space && !last);
		size_t cost = as_is ? 1 : 3;

		if (s[i] == '\n') {
			buf_str(b, "\r\n");
			column = 0;
			continue;
		}
		if (column + cost + 1 > LINE_MAX_QP) {
			buf_str(b, "=\r\n");
			column = 0;
		}
		if (as_is)
			buf_char(b, s[i]);
		else
			buf_printf(b, "=%02X", (unsigned char)s[i]);
		column += cost;
	}
}

/* Line breaks and tabs stay; everything else that a terminal would obey is shown. */
static void visible_body(struct buf *b, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n\t");

		text_visible(b, s, n);
		if (s[n])
			buf_char(b, s[n++]);
		s += n;
	}
	if (b->len && b->data[b->len - 1] != '\n')
		buf_char(b, '\n');
}

static void put_body(struct buf *b, const char *s)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(b->max);

	visible_body(&text, s);
	bool coded = needs_coding(buf_text(&text), text.len);

	buf_printf(b, "Content-Transfer-Encoding: %s\r\n\r\n", coded ? "quoted-printable" : "7bit");
	(coded ? quoted_printable : crlf)(b, buf_text(&text), text.len);
	b->over |= text.over;
}

int message_make(const struct message *m, struct buf *ret, struct err *e)
{
	int r = check_address("sender", m->from, e);

	if (r == 0 && m->from_name)
		r = check_header("sender's name", m->from_name, MESSAGE_SUBJECT_MAX, e);
	if (r == 0 && m->to)
		r = check_address("recipient", m->to, e);
	if (r == 0 && m->reply_to)
		r = check_address("reply address", m->reply_to, e);
	if (r == 0)
		r = check_header("subject", m->subject, MESSAGE_SUBJECT_MAX, e);
	if (r == 0)
		r = check_address("id", m->id, e);
	if (r < 0)
		return r;
	header_date(ret, m->date_us);
	header_from(ret, m);
	buf_printf(ret, m->to ? "To: <%s>\r\n" : "To: undisclosed-recipients:;\r\n", m->to);
	if (m->reply_to)
		buf_printf(ret, "Reply-To: <%s>\r\n", m->reply_to);
	header_text(ret, "Subject", m->subject);
	buf_printf(ret, "Message-ID: <%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n", m->id);
	put_body(ret, m->body);
	return ret->over ? err_set(e, ERR_LIMIT, "the message is larger than %zu bytes", ret->max) : 0;
}

int message_id(const char *from, int64_t date_us, const uint8_t chance[8], char ret[MESSAGE_ID_MAX], struct err *e)
{
	const char *sign = strrchr(from, '@');
	time_t at = (time_t)(date_us / 1000000);
	struct tm t = { 0 };
	_cleanup_(buf_free) struct buf b = BUF_INIT(MESSAGE_ID_MAX - 1);

	(void)gmtime_r(&at, &t);
	buf_printf(&b, "%04d%02d%02d.%02d%02d%02d.", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
		   t.tm_sec);
	text_hex(&b, chance, 8);
	buf_str(&b, sign ? sign : "@localhost");
	if (b.over)
		return err_set(e, ERR_CONFIG, "the sender's domain is too long for a message's id");
	(void)snprintf(ret, MESSAGE_ID_MAX, "%s", buf_text(&b));
	return 0;
}
