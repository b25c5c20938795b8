#include "notify/mediawiki.h"
#include "base/mem.h"
#include "notify/http.h"
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 200u

struct mediawiki {
	struct http *http;
	const struct wiki_login *login;
	char csrf[TOKEN_MAX];
};

void mediawiki_closep(struct mediawiki **w)
{
	if (!*w)
		return;
	http_closep(&(*w)->http);
	free(*w);
	*w = NULL;
}

void wiki_page_free(struct wiki_page *p)
{
	buf_free(&p->text);
}

/* One request; what is refused becomes an error. Fields that each request has are added here. */
static int ask(struct mediawiki *w, const struct http_field *more, size_t n, const char *what, json_t **ret,
	       struct err *e)
{
	struct http_field fields[HTTP_FIELDS_MAX] = {
		{ .name = "format", .text = "json" }, { .name = "formatversion", .text = "2" },
		{ .name = "errorformat", .text = "plaintext" }, { .name = "errorlang", .text = "en" },
	};
	_cleanup_(buf_free) struct buf answer = BUF_WIPED(HTTP_ANSWER_MAX);
	_cleanup_(json_freep) json_t *j = NULL;
	int status, r;

	memcpy(fields + 4, more, n * sizeof(*more));
	r = http_post(w->http, w->login->api, fields, n + 4, &answer, &status, e);
	if (r < 0)
		return err_wrap(e, "%s: the wiki could not be reached", what);
	r = json_read("the wiki's answer", buf_text(&answer), answer.len, HTTP_ANSWER_MAX, &j, e);
	if (r < 0 || status != 200) {
		/* What a server in front of the wiki says tells nothing about the edit. */
		r = err_set(e, ERR_REMOTE, "%s: what answers at '%.200s' is no API of a wiki, or it is down (HTTP %d)",
			    what, w->login->api, status);
		e->effect = EFFECT_UNKNOWN;
		return r;
	}
	r = mediawiki_refused(j, what, e);
	if (r == 0)
		*ret = TAKE(j);
	return r;
}

static int token(struct mediawiki *w, const char *type, const char *key, char ret[TOKEN_MAX], struct err *e)
{
	const struct http_field fields[] = {
		{ .name = "action", .text = "query" }, { .name = "meta", .text = "tokens" },
		{ .name = "type", .text = type },
	};
	_cleanup_(json_freep) json_t *j = NULL;
	int r = ask(w, fields, ARRAY_SIZE(fields), "the login", &j, e);
	const char *text = r == 0 ? json_str(json_object_get(json_object_get(j, "query"), "tokens"), key) : NULL;

	if (r < 0)
		return r;
	if (!text || strlen(text) >= TOKEN_MAX)
		return err_set(e, ERR_REMOTE, "the wiki gave no token of type '%s'", type);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int log_in(struct mediawiki *w, struct err *e)
{
	char lgtoken[TOKEN_MAX];
	_cleanup_(json_freep) json_t *j = NULL;
	const json_t *login, *reason;
	const char *result;
	int r = token(w, "login", "logintoken", lgtoken, e);

	if (r < 0)
		return r;

	const struct http_field fields[] = {
		{ .name = "action", .text = "login" }, { .name = "lgname", .text = w->login->user },
		{ .name = "lgpassword", .secret = w->login->password }, { .name = "lgtoken", .text = lgtoken },
	};

	r = ask(w, fields, ARRAY_SIZE(fields), "the login", &j, e);
	if (r < 0)
		return r;
	login = json_object_get(j, "login");
	result = json_str(login, "result");
	if (result && strcmp(result, "Success") == 0)
		return token(w, "csrf", "csrftoken", w->csrf, e);
	reason = json_object_get(login, "reason");
	return err_set(e, ERR_AUTH, "the wiki does not let '%.100s' in (%.40s: %.200s): look at the bot password on "
		       "Special:BotPasswords", w->login->user, result ? result : "no result",
		       json_is_string(reason) ? json_string_value(reason) : json_str(reason, "text") ?
		       json_str(reason, "text") : "without a reason");
}

int mediawiki_open(const struct wiki_login *l, struct mediawiki **ret, struct err *e)
{
	_cleanup_(mediawiki_closep) struct mediawiki *w = mem_zero(1, sizeof(*w));
	int r;

	w->login = l;
	r = http_open(l->ca, l->deadline_us, &w->http, e);
	if (r == 0)
		r = log_in(w, e);
	if (r < 0) {
		/* Nothing was edited, whatever broke. */
		e->effect = EFFECT_NONE;
		return r;
	}
	*ret = TAKE(w);
	return 0;
}

static void put(char *to, size_t size, const char *text)
{
	if (text && strlen(text) < size)
		memcpy(to, text, strlen(text) + 1);
}

static int take_page(const json_t *j, const char *page, struct wiki_page *ret, struct err *e)
{
	const json_t *p = json_array_get(json_object_get(json_object_get(j, "query"), "pages"), 0);
	const json_t *revision = json_array_get(json_object_get(p, "revisions"), 0);
	const char *text = json_str(json_object_get(json_object_get(revision, "slots"), "main"), "content");

	put(ret->now, sizeof(ret->now), json_str(j, "curtimestamp"));
	put(ret->url, sizeof(ret->url), json_str(p, "canonicalurl"));
	if (json_is(p, "invalid"))
		return err_set(e, ERR_CONFIG, "'%.200s' is no title that the wiki takes", page);
	if (json_is(p, "missing"))
		return 0;
	if (!revision || !text)
		return err_set(e, ERR_REMOTE, "the wiki did not give the text of '%.200s'", page);
	ret->exists = true;
	ret->revision = json_int(revision, "revid", 0);
	put(ret->stamp, sizeof(ret->stamp), json_str(revision, "timestamp"));
	buf_str(&ret->text, text);
	return ret->text.over ? err_set(e, ERR_LIMIT, "'%.200s' has more than %zu KiB", page, WIKI_PAGE_MAX >> 10) : 0;
}

int mediawiki_read(struct mediawiki *w, const char *page, struct wiki_page *ret, struct err *e)
{
	const struct http_field fields[] = {
		{ .name = "action", .text = "query" }, { .name = "prop", .text = "revisions|info" },
		{ .name = "rvprop", .text = "ids|timestamp|content" }, { .name = "rvslots", .text = "main" },
		{ .name = "inprop", .text = "url" }, { .name = "curtimestamp", .text = "1" },
		{ .name = "assert", .text = "user" }, { .name = "titles", .text = page },
	};
	_cleanup_(json_freep) json_t *j = NULL;
	_cleanup_(wiki_page_free) struct wiki_page p = { .text = BUF_INIT(WIKI_PAGE_MAX) };
	int r;

	if (strchr(page, '|'))
		return err_set(e, ERR_CONFIG, "'%.200s' is no title that the wiki takes", page);
	r = ask(w, fields, ARRAY_SIZE(fields), "reading the page", &j, e);
	if (r == 0)
		r = take_page(j, page, &p, e);
	if (r < 0) {
		e->effect = EFFECT_NONE;
		return r;
	}
	*ret = p;
	p = (struct wiki_page){ 0 };
	return 0;
}

int mediawiki_edit(struct mediawiki *w, const struct wiki_edit *edit, const struct wiki_page *now,
		   void (*changing)(void *arg), void *arg, int64_t *ret_revision, struct err *e)
{
	_cleanup_(freep) char *what = mem_printf("the edit of '%.200s'", edit->page);
	char base[32];
	struct http_field fields[HTTP_FIELDS_MAX - 4] = {
		{ .name = "action", .text = "edit" }, { .name = "title", .text = edit->page },
		{ .name = "text", .text = edit->text }, { .name = "summary", .text = edit->summary },
		{ .name = "contentmodel", .text = "wikitext" }, { .name = "contentformat", .text = "text/x-wiki" },
		{ .name = "watchlist", .text = "nochange" }, { .name = "assert", .text = "user" },
		{ .name = "starttimestamp", .text = now->now },
	};
	_cleanup_(json_freep) json_t *j = NULL;
	const json_t *done;
	const char *result;
	size_t n = 9;
	int r;

	(void)snprintf(base, sizeof(base), "%lld", (long long)edit->revision);
	if (edit->revision) {
		fields[n++] = (struct http_field){ .name = "nocreate", .text = "1" };
		fields[n++] = (struct http_field){ .name = "baserevid", .text = base };
		fields[n++] = (struct http_field){ .name = "basetimestamp", .text = now->stamp };
	} else {
		fields[n++] = (struct http_field){ .name = "createonly", .text = "1" };
	}
	fields[n++] = (struct http_field){ .name = "token", .text = w->csrf };
	changing(arg);
	r = ask(w, fields, n, what, &j, e);
	if (r < 0)
		return r;
	done = json_object_get(j, "edit");
	result = json_str(done, "result");
	if (!result || strcmp(result, "Success") != 0)
		return mediawiki_not_edited(done, what, e);
	*ret_revision = json_int(done, "newrevid", edit->revision);
	return 0;
}
