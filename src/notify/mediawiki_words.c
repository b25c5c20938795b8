/* What a wiki answers when it does not do it, and what to do then. */
#include "base/mem.h"
#include "base/text.h"
#include "notify/mediawiki.h"
#include <string.h>

static const struct word {
	const char *code;                      /* the beginning of the wiki's own code */
	enum err_code as;
	const char *words;
} words[] = {
	{ "editconflict", ERR_CONFLICT, "somebody changed the page while it was being written: look at it, then do it "
	  "again" },
	{ "articleexists", ERR_CONFLICT, "somebody made the page meanwhile: look at it first" },
	{ "missingtitle", ERR_CONFLICT, "somebody deleted the page meanwhile: look at it first" },
	{ "pagedeleted", ERR_CONFLICT, "somebody deleted the page meanwhile: look at it first" },
	{ "titleblacklist", ERR_REFUSED, "the wiki's title blacklist forbids this page" },
	{ "protectedpage", ERR_REFUSED, "the page is protected: the bot password needs the grant 'edit protected "
	  "pages', and its user the right" },
	{ "protectedtitle", ERR_REFUSED, "the title is protected against being made" },
	{ "cascadeprotected", ERR_REFUSED, "the page is protected, by one that shows it" },
	{ "protectednamespace", ERR_REFUSED, "pages like this are the interface: the bot password needs the grant "
	  "'edit the MediaWiki namespace', and its user the right" },
	{ "protectedinterface", ERR_REFUSED, "pages like this are the interface: the bot password needs the grant "
	  "'edit the MediaWiki namespace', and its user the right" },
	{ "permissiondenied", ERR_REFUSED, "the user or the bot password lacks the right: give it the grants to edit "
	  "and create pages" },
	{ "writeapidenied", ERR_REFUSED, "the wiki lets this user not write by the API" },
	{ "cantcreate", ERR_REFUSED, "the user may not make pages: give the bot password the grant 'create pages'" },
	{ "blocked", ERR_REFUSED, "the user is blocked on the wiki: somebody there has to end that" },
	{ "autoblocked", ERR_REFUSED, "the address that we come from is blocked on the wiki" },
	{ "globalblocking", ERR_REFUSED, "the address that we come from is blocked on all wikis" },
	{ "ratelimited", ERR_NET, "the wiki takes no more edits from this user for now: wait some minutes, then do it "
	  "again" },
	{ "readonly", ERR_NET, "the wiki is read-only for now: do it again when it is not" },
	{ "maxlag", ERR_NET, "the wiki's databases lag behind: do it again later" },
	{ "abusefilter", ERR_REFUSED, "an abuse filter of the wiki stopped it: somebody there has to make an exception "
	  "for this user" },
	{ "spamblacklist", ERR_REFUSED, "an address in the text is on the wiki's spam blacklist" },
	{ "spamdetected", ERR_REFUSED, "the wiki takes the text for spam" },
	{ "captcha", ERR_REFUSED, "the wiki asks for a CAPTCHA, which no program solves: its user needs the right "
	  "'skipcaptcha'" },
	{ "contenttoobig", ERR_LIMIT, "the text is longer than the wiki takes" },
	{ "badtoken", ERR_AUTH, "the wiki lost the session: do it again" },
	{ "assert", ERR_AUTH, "the wiki lost the login: do it again" },
	{ "invalidtitle", ERR_CONFIG, "that is no title that the wiki takes: mend 'publish: page:'" },
	{ "readapidenied", ERR_REFUSED, "the wiki is private and the user may not read it by the API" },
};

static int tell(const char *code, const char *own, const char *what, struct err *e)
{
	_cleanup_(buf_free) struct buf seen = BUF_INIT(2000);
	const struct word *w = NULL;

	for (size_t k = 0; !w && k < ARRAY_SIZE(words); k++)
		if (text_starts(code, words[k].code))
			w = &words[k];
	text_visible(&seen, own, strlen(own) > 160 ? 160 : strlen(own));
	if (!w)
		return err_set(e, ERR_REMOTE, "%s: the wiki refused it (%.60s: %s)", what, code, buf_text(&seen));
	return err_set(e, w->as, "%s: %s (%.60s: %s)", what, w->words, code, buf_text(&seen));
}

int mediawiki_refused(const json_t *answer, const char *what, struct err *e)
{
	const json_t *error = json_array_get(json_object_get(answer, "errors"), 0);
	const char *code = json_str(error, "code"), *text = json_str(error, "text");

	return error ? tell(code ? code : "unknown", text ? text : "", what, e) : 0;
}

int mediawiki_not_edited(const json_t *edit, const char *what, struct err *e)
{
	const char *code = json_str(edit, "code"), *info = json_str(edit, "info");

	if (json_object_get(edit, "captcha"))
		return tell("captcha", "", what, e);
	if (json_object_get(edit, "spamblacklist"))
		return tell("spamblacklist", "", what, e);
	return tell(code ? code : "unknown", info ? info : "the edit has no result", what, e);
}
