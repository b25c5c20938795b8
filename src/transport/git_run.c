#include "transport/git_run.h"
#include "base/env.h"
#include "base/mem.h"
#include "base/text.h"
#include "transport/way_ssh.h"

/* What a hostile repository, a person's configuration or the environment could bring in is overruled here. */
static const char *const hygiene[] = {
	"--literal-pathspecs", "--no-replace-objects", "--no-optional-locks",
	"-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.attributesFile=/dev/null",
	/* What the clone loses in a power cut is fetched again. The remote's own settings stay what they are. */
	"-c", "core.fsync=none",
	"-c", "credential.helper=", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
	"-c", "fetch.recurseSubmodules=false", "-c", "push.recurseSubmodules=no", "-c", "submodule.recurse=false",
	"-c", "push.gpgSign=false", "-c", "core.quotePath=true", "-c", "color.ui=false",
	"-c", "advice.pushUpdateRejected=false", "-c", "protocol.allow=never", "-c", "protocol.ext.allow=never",
	"-c", "protocol.file.allow=always", "-c", "protocol.ssh.allow=always", "-c", "protocol.https.allow=always",
};

static const char *const surroundings[] = {
	"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
	"GIT_ASKPASS=/bin/false", "SSH_ASKPASS=/bin/false", "GIT_NO_REPLACE_OBJECTS=1", "LC_ALL=C.UTF-8",
	"GIT_SSH_VARIANT=ssh", "GIT_PAGER=cat", "GIT_EDITOR=false",
};

/* Whom ssh is told to reach, of "ssh://ada@git.example.org:2222/x" and "ada@git.example.org:x"; NULL: it is not ssh
 * that goes there. */
static char *ssh_target(const char *url)
{
	static const char scheme[] = "ssh://";
	size_t len;

	if (text_starts(url, scheme)) {
		len = sizeof(scheme) - 1 + strcspn(url + sizeof(scheme) - 1, "/");
		return len > sizeof(scheme) - 1 ? mem_dupn(url, len) : NULL;
	}
	len = strcspn(url, ":/[");
	return len && url[len] == ':' && !text_starts(url + len, "://") ? mem_dupn(url, len) : NULL;
}

static uint32_t patience(const struct git *g, const struct git_call *call)
{
	_cleanup_(freep) char *target = call->remote ? ssh_target(g->url) : NULL;
	const struct way w = { .host = g->url, .address = target, .ssh_config = g->ssh_config };

	return target && way_check(&w, NULL) == 0 ? way_patience(&w) : WAY_PATIENCE_S;
}

/* git hands this line to a shell. */
static void add_ssh(const struct git *g, const struct git_call *call, struct strv *env)
{
	_cleanup_(buf_free) struct buf line = BUF_INIT(5000);
	const char *agent = env_get("SSH_AUTH_SOCK");

	(void)buf_printf(&line, "GIT_SSH_COMMAND=ssh -oBatchMode=yes -oConnectTimeout=%u -oForwardAgent=no "
			 "-oClearAllForwardings=yes", patience(g, call));
	if (g->ssh_config) {
		(void)buf_str(&line, " -F ");
		text_shell(&line, g->ssh_config);
	}
	strv_add(env, buf_text(&line));
	if (agent)
		strv_addf(env, "SSH_AUTH_SOCK=%s", agent);
}

void git_words(const struct git *g, const struct git_call *call, struct strv *argv, struct strv *env)
{
	strv_add(argv, "git");
	strv_addf(argv, "--git-dir=%s", g->folder);
	for (size_t i = 0; i < ARRAY_SIZE(hygiene); i++)
		strv_add(argv, hygiene[i]);
	for (size_t i = 0; call->args[i]; i++)
		strv_add(argv, call->args[i]);
	for (size_t i = 0; i < ARRAY_SIZE(surroundings); i++)
		strv_add(env, surroundings[i]);
	add_ssh(g, call, env);
	for (size_t i = 0; call->env && call->env[i]; i++)
		strv_add(env, call->env[i]);
}

int git_run(const struct git *g, const struct git_call *call, struct proc_result *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT, env = STRV_INIT;

	git_words(g, call, &argv, &env);

	struct proc_job job = {
		.argv = (const char *const *)argv.s, .env = (const char *const *)env.s, .cwd = "/",
		.input = call->input, .input_len = call->input_len, .limit_ms = g->limit_ms,
		.output_max = call->output_max, .wipe = true,
	};
	return proc_run(&job, ret, e);
}

int git_must(const struct git *g, const struct git_call *call, const char *what, struct proc_result *ret, struct err *e)
{
	char reason[200];
	int r = git_run(g, call, ret, e);
	if (r < 0)
		return err_wrap(e, "%s", what);
	if (ret->timed_out)
		return err_set(e, ERR_IO, "%s: git did not end within %lld s and was stopped", what,
			       (long long)(g->limit_ms / 1000));
	if (ret->status != 0)
		return err_set(e, ERR_IO, "%s: git says: %s", what, git_reason(ret, reason));
	return 0;
}

bool git_said(const struct proc_result *r, const char *sentence)
{
	return strstr(buf_text(&r->err), sentence) != NULL;
}

/* git ends with advice ("Please make sure ..."); what went wrong stands first, or in ssh's own line before it. */
const char *git_reason(const struct proc_result *r, char ret[200])
{
	static const char *const noise[] = { "From ", "To ", "hint:", "warning:", "Cloning ", "remote: Resolving" };
	const char *line = buf_text(&r->err);

	while (*line) {
		size_t len = strcspn(line, "\n");
		bool skip = len == 0;
		for (size_t i = 0; i < ARRAY_SIZE(noise) && !skip; i++)
			skip = text_starts(line, noise[i]);
		if (!skip) {
			struct buf b = BUF_INIT(190);
			text_visible(&b, line, len);
			(void)snprintf(ret, 200, "%s", buf_text(&b));
			buf_free(&b);
			return ret;
		}
		line += len + (line[len] == '\n');
	}
	(void)snprintf(ret, 200, "nothing (exit code %d)", r->status);
	return ret;
}

int git_oid(const struct proc_result *r, char ret[GIT_OID], struct err *e)
{
	const char *s = buf_text(&r->out);
	size_t len = strspn(s, "0123456789abcdef");

	if ((len != 40 && len != 64) || strcmp(s + len, "\n") != 0)
		return err_set(e, ERR_IO, "git answered with something that is no object name");
	(void)snprintf(ret, GIT_OID, "%.*s", (int)len, s);
	return 0;
}

static bool part_is_bad(const char *part, size_t len)
{
	return len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.') ||
	       (len == 4 && strncasecmp(part, ".git", 4) == 0);
}

int git_check_file(const char *file, struct err *e)
{
	size_t len = strlen(file);

	if (len == 0 || len > 1000 || file[0] == '-' || !text_is_utf8(file, len))
		return err_set(e, ERR_CONFIG, "file '%.60s' of a repository: expected a path that starts with a "
			       "folder's or file's name, such as hieradata/common.yaml", file);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)file[i] < 0x20 || file[i] == 0x7f)
			return err_set(e, ERR_CONFIG, "a file of a repository has a control character in its name");
	for (const char *p = file;; p++) {
		size_t part = strcspn(p, "/");
		if (part_is_bad(p, part))
			return err_set(e, ERR_CONFIG, "file '%s' of a repository: a path below the repository is "
				       "expected, without '..', '.git', '//' or a slash at either end", file);
		p += part;
		if (!*p)
			return 0;
	}
}
