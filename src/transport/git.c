#include "transport/git.h"
#include "base/mem.h"
#include "base/text.h"

static int check_url(const char *url, struct err *e)
{
	size_t len = strlen(url);
	const char *scheme = strstr(url, "://"), *at = scheme ? strchr(scheme + 3, '@') : NULL;
	const char *slash = scheme ? strchr(scheme + 3, '/') : NULL, *colon = scheme ? strchr(scheme + 3, ':') : NULL;

	if (len == 0 || len > 1000 || url[0] == '-' || !text_is_utf8(url, len))
		return err_set(e, ERR_CONFIG, "the repository's url '%.60s' is not usable: expected a path, "
			       "ssh://host/path, host:path or https://host/path", url);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)url[i] < 0x20 || url[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "the repository's url has a control character in it");
	/* The url stands in git's arguments, and those are there for every user of the machine to read. */
	if (at && colon && colon < at && (!slash || at < slash))
		return err_set(e, ERR_REFUSED, "the repository's url has a password in it: take it out and give access "
			       "by an ssh key");
	if (scheme && !text_starts(url, "ssh://") && !text_starts(url, "https://") && !text_starts(url, "file://"))
		return err_set(e, ERR_REFUSED, "the repository's url '%.100s' is not reached in a safe way: expected "
			       "ssh, https or a path of this machine", url);
	/* ssh itself refuses such hosts since 2017; git before it looks as well, and we do not lean on either. */
	if (scheme && (scheme[3] == '-' || (at && at[1] == '-')))
		return err_set(e, ERR_CONFIG, "the host in the repository's url must not start with '-'");
	if (!scheme && strstr(url, "::"))
		return err_set(e, ERR_REFUSED, "the repository's url '%.100s' names a helper program: expected ssh, "
			       "https or a path of this machine", url);
	return 0;
}

static int check_branch(const char *branch, struct err *e)
{
	size_t len = strlen(branch);
	bool fine = len > 0 && len < 200 && branch[0] != '-' && branch[0] != '/' && branch[len - 1] != '/' &&
		    branch[len - 1] != '.' && !strstr(branch, "..") && !strstr(branch, "//") && !strstr(branch, "@{") &&
		    !strstr(branch, "/.") && branch[0] != '.';

	for (size_t i = 0; i < len && fine; i++)
		fine = (unsigned char)branch[i] > 0x20 && !strchr("~^:?*[\\\x7f", branch[i]);
	if (!fine)
		return err_set(e, ERR_CONFIG, "'%.60s' is not the name of a branch", branch);
	return 0;
}

int git_open(const char *folder, const char *url, const char *branch, const char *ssh_config, int64_t limit_ms,
	     struct git **ret, struct err *e)
{
	int r = check_url(url, e);

	if (r < 0 || (r = check_branch(branch, e)) < 0)
		return r;
	if (folder[0] != '/' || strstr(folder, "/../") || strspn(folder, "/.") == strlen(folder))
		return err_set(e, ERR_BUG, "'%s' is no folder for a clone: an absolute path without '..' is expected",
			       folder);

	struct git *g = mem_zero(1, sizeof(*g));
	g->folder = mem_dup(folder);
	g->url = mem_dup(url);
	g->branch = mem_dup(branch);
	g->ssh_config = mem_dup(ssh_config);
	g->limit_ms = limit_ms;
	*ret = g;
	return 0;
}

struct git *git_free(struct git *g)
{
	if (g) {
		free(g->folder);
		free(g->url);
		free(g->branch);
		free(g->ssh_config);
		free(g);
	}
	return NULL;
}

void git_freep(struct git **g)
{
	*g = git_free(*g);
}
