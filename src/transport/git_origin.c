/* Where a repository says that it comes from. */
#include "base/text.h"
#include "transport/git_origin.h"
#include "transport/git_repo_parts.h"
#include <string.h>

#define ANSWER_MAX ((size_t)1 << 16)

/* One line of git's answer; NULL when there is none, or it is none that is fit to be repeated. */
static const char *answer(const struct git_repo *r, const char *const *args, struct arena *a)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *s;
	size_t len;

	if (git_repo_ask(r, args, &res, NULL) < 0 || res.status != 0)
		return NULL;
	s = buf_text(&res.out);
	len = strcspn(s, "\n");
	return len && len < ANSWER_MAX && text_is_utf8(s, len) ? arena_dupn(a, s, len) : NULL;
}

/* "https://user:password@host/x?token=y" and "https://token@host/x" become "https://host/x"; of ssh the user stays. */
static const char *without_secrets(struct arena *a, const char *url)
{
	bool is_ssh = text_starts(url, "ssh://") || text_starts(url, "git+ssh://");
	const char *begin = strstr(url, "://"), *end, *at = NULL, *colon;

	if (!begin) {
		/* git@host:path, or a path; what has a colon before the user's '@' is neither */
		colon = strpbrk(url, ":/");
		return colon && *colon == ':' && strchr(colon, '@') ? NULL : url;
	}
	begin += 3;
	end = begin + strcspn(begin, "/?#");
	for (const char *s = begin; s < end; s++)
		if (*s == '@')
			at = s;
	colon = at ? memchr(begin, ':', (size_t)(at - begin)) : NULL;
	if (is_ssh)
		return colon ? arena_printf(a, "%.*s%s", (int)(colon - url), url, at) : url;
	at = at ? at + 1 : begin;
	return arena_printf(a, "%.*s%.*s", (int)(begin - url), url, (int)strcspn(at, "?#"), at);
}

const char *git_repo_origin(const struct git_repo *r, struct arena *a)
{
	const char *url = answer(r, (const char *const[]){ "config", "--local", "--no-includes", "--get",
				 "remote.origin.url", NULL }, a);

	return url ? without_secrets(a, url) : NULL;
}

const char *git_repo_branch(const struct git_repo *r, struct arena *a)
{
	return answer(r, (const char *const[]){ "symbolic-ref", "--quiet", "--short", "HEAD", NULL }, a);
}
