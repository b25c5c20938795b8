#include "transport/way_ssh.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>
#include <sys/un.h>

/* ssh binds the control socket under a longer name first: ".", 16 characters. */
#define CONTROL_SUFFIX 17
#define TOLD_MS 20000

int way_check(const struct way *w, struct err *e)
{
	size_t len = w->address ? strlen(w->address) : 0;

	if (w->local)
		return 0;
	if (len == 0 || len > 300 || w->address[0] == '-' || strstr(w->address, "@-") || strstr(w->address, "//-"))
		return err_set(e, ERR_CONFIG, "host '%s': '%.60s' is no address that ssh can be given", w->host,
			       w->address ? w->address : "");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)w->address[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !strchr("._-:@[]%/", c))
			return err_set(e, ERR_CONFIG, "host '%s': the address has the character '\\x%02x', which no "
				       "address has", w->host, c);
	}
	return 0;
}

int way_command(const struct proc_job *job, struct buf *ret, struct err *e)
{
	if (job->cwd) {
		(void)buf_str(ret, "cd -- ");
		text_shell(ret, job->cwd);
		(void)buf_str(ret, " && ");
	}
	/* one program less to start, where nothing is set */
	(void)buf_str(ret, job->env && job->env[0] ? "exec env" : "exec");
	for (size_t i = 0; job->env && job->env[i]; i++) {
		(void)buf_char(ret, ' ');
		text_shell(ret, job->env[i]);
	}
	/* env takes "A=b" as a setting and "-x" as an option of its own. */
	if (!job->argv[0] || !job->argv[0][0] || job->argv[0][0] == '-' || strchr(job->argv[0], '='))
		return err_set(e, ERR_CONFIG, "'%s' is not the name of a program", job->argv[0] ? job->argv[0] : "");
	for (size_t i = 0; job->argv[i]; i++) {
		(void)buf_char(ret, ' ');
		text_shell(ret, job->argv[i]);
	}
	return ret->over ? err_set(e, ERR_LIMIT, "the command for the far side is longer than %zu bytes", ret->max) : 0;
}

/* One socket for each host and worker: when this worker ends its own, nobody else's session goes with it. */
static int control_path(const struct way *w, char ret[sizeof(((struct sockaddr_un *)0)->sun_path)], struct err *e)
{
	_cleanup_(freep) char *what = mem_printf("%s\n%s", w->address, w->ssh_config ? w->ssh_config : "");
	char hex[65];

	digest_sha256_hex(what, strlen(what), hex);
	int n = snprintf(ret, sizeof(((struct sockaddr_un *)0)->sun_path), "%s/%.10s.%d", w->control, hex,
			 (int)getpid());
	if (n < 0 || (size_t)n + CONTROL_SUFFIX >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(e, ERR_CONFIG, "the folder '%s' has too long a name for ssh's sockets: use a state "
			       "folder with a shorter path (70 characters at most)", w->control);
	return 0;
}

int way_told(const struct way *w, struct proc_result *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	const struct proc_job job = { .limit_ms = TOLD_MS };

	strv_add(&argv, "ssh");
	if (w->ssh_config) {
		strv_add(&argv, "-F");
		strv_add(&argv, w->ssh_config);
	}
	strv_add(&argv, "-G");
	way_target(w, &argv);
	return way_ssh(&argv, &job, ret, e);
}

/* A worker goes to one host, or to few: the last one is remembered. */
uint32_t way_patience(const struct way *w)
{
	static char last[1000];
	static uint32_t last_s;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	static const char key[] = "\nconnecttimeout ";
	char name[sizeof(last)];
	uint32_t s = WAY_PATIENCE_S;
	int n = snprintf(name, sizeof(name), "%s\n%s", w->address, w->ssh_config ? w->ssh_config : "");

	if (n < (int)sizeof(name) && !strcmp(name, last))
		return last_s;
	/* where ssh cannot say it, what is wrong with the configuration is told by the connection itself */
	if (way_told(w, &res, NULL) == 0 && !res.status && !res.timed_out) {
		char *at = strstr(buf_text(&res.out), key);

		if (at) {
			at += sizeof(key) - 1;
			at[strcspn(at, "\n")] = '\0';
			(void)text_u32(at, 1, WAY_PATIENCE_S, &s);
		}
	}
	memcpy(last, name, sizeof(last));
	last_s = s;
	return s;
}

static void add_usual(const struct way *w, struct strv *ret)
{
	strv_add(ret, "ssh");
	if (w->ssh_config) {
		strv_add(ret, "-F");
		strv_add(ret, w->ssh_config);
	}
	strv_add(ret, "-T");
	strv_add(ret, "-oBatchMode=yes");
	if (!w->timed)
		strv_addf(ret, "-oConnectTimeout=%u", way_patience(w));
	strv_add(ret, "-oServerAliveInterval=5");
	strv_add(ret, "-oServerAliveCountMax=3");
	strv_add(ret, "-oForwardAgent=no");
	strv_add(ret, "-oForwardX11=no");
	strv_add(ret, "-oPermitLocalCommand=no");
	strv_add(ret, "-oEscapeChar=none");
}

int way_options(const struct way *w, struct strv *ret, struct err *e)
{
	char control[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int r = way_check(w, e);

	if (r == 0 && !w->control)
		r = err_set(e, ERR_BUG, "host '%s': no folder for ssh's control socket was named", w->host);
	if (r < 0 || (r = control_path(w, control, e)) < 0)
		return r;
	add_usual(w, ret);
	strv_add(ret, "-oStreamLocalBindUnlink=yes");
	strv_addf(ret, "-oControlPath=%s", control);
	return 0;
}

int way_options_alone(const struct way *w, bool fresh, struct strv *ret, struct err *e)
{
	int r = way_check(w, e);

	if (r < 0)
		return r;
	add_usual(w, ret);
	strv_add(ret, "-oClearAllForwardings=yes");
	strv_add(ret, "-oControlMaster=no");
	if (fresh)
		strv_add(ret, "-oControlPath=none");
	return 0;
}

void way_target(const struct way *w, struct strv *ret)
{
	strv_add(ret, "--");
	strv_add(ret, w->address);
}

int way_ssh(const struct strv *argv, const struct proc_job *like, struct proc_result *ret, struct err *e)
{
	const char *agent = env_get("SSH_AUTH_SOCK");
	_cleanup_(freep) char *setting = agent ? mem_printf("SSH_AUTH_SOCK=%s", agent) : NULL;
	const char *const env[] = { setting, NULL };
	struct proc_job job = *like;

	job.argv = (const char *const *)argv->s;
	job.env = env;
	job.cwd = NULL;
	return proc_run(&job, ret, e);
}

static int ask_master(const struct way *w, const char *command, bool *ret_there, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job job = { .limit_ms = 10000 };
	int r = way_options(w, &argv, e);

	if (r < 0)
		return r;
	strv_add(&argv, "-O");
	strv_add(&argv, command);
	way_target(w, &argv);
	r = way_ssh(&argv, &job, &res, e);
	if (r < 0)
		return r;
	*ret_there = !res.timed_out && res.status == 0;
	return 0;
}

int way_master(const struct way *w, int64_t limit_ms, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	struct proc_job job = { .limit_ms = limit_ms };
	char control[sizeof(((struct sockaddr_un *)0)->sun_path)], line[200];
	bool there = false;

	int r = way_options(w, &argv, e);
	if (r < 0 || (r = control_path(w, control, e)) < 0 || (r = fs_mkdirs(w->control, 0700, e)) < 0)
		return r;
	if (fs_exists(control) && (r = ask_master(w, "check", &there, e)) < 0)
		return r;
	if (there)
		return 0;
	/* It goes when nothing has used it for a minute, also when this worker was killed and cannot end it. */
	strv_add(&argv, "-oControlPersist=60");
	strv_add(&argv, "-MNf");
	way_target(w, &argv);
	r = way_ssh(&argv, &job, &res, e);
	if (r < 0)
		return err_wrap(e, "ssh to '%s'", w->host);
	if (res.timed_out)
		return err_set(e, ERR_NET, "host '%s' does not answer ssh within %lld s", w->host,
			       (long long)(limit_ms / 1000));
	if (res.status != 0)
		return err_set(e, ERR_NET, "host '%s' cannot be reached: %s", w->host, proc_last_line(&res, line));
	return 0;
}

void way_end(const struct way *w)
{
	char control[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool there;

	if (w->local || control_path(w, control, NULL) < 0 || !fs_exists(control))
		return;
	(void)ask_master(w, "exit", &there, NULL);
}
