/*
 * sudoers(5), as far as it names users: rules ("alice, %ops ALL=(ALL) ALL"), User_Alias, Defaults:USER. Lines go on
 * behind
 * a backslash. "!alice" is somebody's exception and stays: without it a rule for ALL would be theirs again.
 */
#include "base/text.h"
#include "scout/evict_text.h"
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1 << 20)

struct item { size_t from, to, next; bool more; };      /* next: behind the comma, or where the list has ended */

static size_t skip_blank(const char *s, size_t at, size_t len)
{
	while (at < len && (s[at] == ' ' || s[at] == '\t' || (s[at] == '\\' && at + 1 < len && s[at + 1] == '\n')))
		at += s[at] == '\\' ? 2 : 1;
	return at;
}

/* One element of a list that begins at `at`. false: there is none. */
static bool next_item(const char *s, size_t at, size_t len, struct item *ret)
{
	size_t end;

	at = skip_blank(s, at, len);
	for (end = at; end < len && !strchr(" \t\n,=:", s[end]); end++) {
		const char *quote = s[end] == '"' ? memchr(s + end + 1, '"', len - end - 1) : NULL;

		if (s[end] == '\\' && end + 1 < len && s[end + 1] == '\n')
			break;
		if (s[end] == '\\' && end + 1 < len)
			end++;
		else if (quote)
			end = (size_t)(quote - s);
	}
	if (end == at)
		return false;
	ret->from = at;
	ret->to = end;
	ret->next = skip_blank(s, end, len);
	ret->more = ret->next < len && s[ret->next] == ',';
	ret->next += ret->more;
	return true;
}

static bool is_theirs(const struct evicted *v, const char *s, size_t len)
{
	if (len > 2 && s[0] == '"' && s[len - 1] == '"') {
		s++;
		len -= 2;
	}
	for (size_t i = 0; len > 1 && s[0] == '#' && i < v->n_users; i++) {
		char number[16];

		(void)snprintf(number, sizeof(number), "%u", v->users[i].uid);
		if (v->users[i].has_uid && strlen(number) == len - 1 && memcmp(number, s + 1, len - 1) == 0)
			return true;
	}
	return evicted_name(v, s, len) != NULL;
}

/* Takes theirs out of the list that begins at `at`; *ret_left: some remain. */
static uint32_t cut_list(const struct evicted *v, struct buf *line, size_t at, bool *ret_left)
{
	struct item i, before = { 0 };
	uint32_t n = 0;

	*ret_left = false;
	while (next_item(line->data, at, line->len, &i)) {
		bool theirs = is_theirs(v, line->data + i.from, i.to - i.from), more = i.more;
		/* with the comma behind it, or as the last one with the comma before it */
		size_t from = theirs && !more && before.to ? before.to : i.from, to = more ? skip_blank(line->data,
			i.next, line->len)
										      : i.to;

		if (theirs) {
			memmove(line->data + from, line->data + to, line->len - to + 1);
			line->len -= to - from;
			n++;
		} else {
			before = i;
			*ret_left = true;
		}
		if (!more)
			break;
		at = theirs ? from : i.next;
	}
	return n;
}

static uint32_t cut_aliases(const struct evicted *v, struct buf *line, size_t at)
{
	uint32_t n = 0;

	while (at < line->len) {
		_cleanup_(buf_free) struct buf whole = BUF_INIT(LINE_MAX_BYTES);
		const char *equals = memchr(line->data + at, '=', line->len - at), *colon;
		size_t list = equals ? (size_t)(equals - line->data) + 1 : line->len;
		bool left;
		uint32_t cut = cut_list(v, line, list, &left);

		/* an alias of nobody is an error of syntax, and its rules are not */
		if (cut && !left) {
			size_t rest = skip_blank(line->data, list, line->len);

			(void)buf_add(&whole, line->data, list);
			(void)buf_str(&whole, rest < line->len && line->data[rest] == ':' ? " !ALL " : " !ALL");
			(void)buf_add(&whole, line->data + rest, line->len - rest);
			buf_clear(line);
			(void)buf_add(line, whole.data, whole.len);
		}
		n += cut;
		colon = list < line->len ? memchr(line->data + list, ':', line->len - list) : NULL;
		at = colon ? (size_t)(colon - line->data) + 1 : line->len;
	}
	return n;
}

static bool begins(const char *s, size_t at, size_t len, const char *word)
{
	return len - at > strlen(word) && text_starts(s + at, word);
}

/* How many of theirs went; *ret_gone: the whole line goes. */
static uint32_t cut_line(const struct evicted *v, struct buf *line, bool *ret_gone)
{
	static const char *const others[] = { "Host_Alias", "Cmnd_Alias", "Cmd_Alias", "Runas_Alias", "@include" };
	size_t at = skip_blank(line->data, 0, line->len);
	bool left = true;
	uint32_t n = 0;

	*ret_gone = false;
	if (at == line->len || line->data[at] == '\n' ||
	    (line->data[at] == '#' && !(line->data[at + 1] >= '0' && line->data[at + 1] <= '9')))
		return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (begins(line->data, at, line->len, others[i]))
			return 0;
	if (begins(line->data, at, line->len, "User_Alias"))
		return cut_aliases(v, line, at + strlen("User_Alias"));
	if (begins(line->data, at, line->len, "Defaults")) {
		at += strlen("Defaults");
		if (line->data[at] != ':')
			return 0;
		at++;
	}
	n = cut_list(v, line, at, &left);
	*ret_gone = n && !left;
	return n;
}

uint32_t evict_sudoers(const struct evicted *v, const char *text, size_t len, struct buf *ret)
{
	uint32_t n = 0;

	for (size_t at = 0; at < len;) {
		_cleanup_(buf_free) struct buf line = BUF_INIT(LINE_MAX_BYTES);
		size_t end = at;
		size_t first = skip_blank(text, at, len);
		bool gone, comment = first + 1 < len && text[first] == '#' && !(text[first + 1] >= '0' && text[first
			+ 1] <= '9');

		while (end < len && (text[end] != '\n' || (!comment && end > at && text[end - 1] == '\\')))
			end++;
		end += end < len;
		(void)buf_add(&line, text + at, end - at);
		if (line.over) {
			(void)buf_add(ret, text + at, end - at);
		} else {
			n += cut_line(v, &line, &gone);
			if (!gone)
				(void)buf_add(ret, line.data, line.len);
		}
		at = end;
	}
	return n;
}
