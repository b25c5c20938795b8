/* Would sshd let somebody in by a key of which there is only the public half? Asked with OpenSSH's own client. */
#include "base/mem.h"
#include "base/text.h"
#include "transport/way_ssh.h"
#include <string.h>

#define ASK_MS 20000

/* What leads to a host, of all that `ssh -G` tells. Not: who we are there, our keys, sockets and forwards. */
static const char *const of_the_way[] = {
	"hostname", "port", "addressfamily", "bindaddress", "bindinterface", "hostkeyalias", "hostkeyalgorithms",
	"userknownhostsfile", "globalknownhostsfile", "knownhostscommand", "stricthostkeychecking", "checkhostip",
	"kexalgorithms", "ciphers", "macs", "casignaturealgorithms", "revokedhostkeys", "verifyhostkeydns",
	"nohostauthenticationforlocalhost", "proxycommand", "proxyusefdpass",
};

/* ProxyJump as the ProxyCommand that it stands for: the hops are reached as the team reaches them, with its keys. */
static void add_jump(const struct way *w, char *hops, struct strv *ret)
{
	_cleanup_(buf_free) struct buf command = BUF_INIT(10000);
	char *last = strrchr(hops, ',');

	(void)buf_str(&command, "ssh -oBatchMode=yes");
	if (w->ssh_config) {
		(void)buf_str(&command, " -F ");
		text_shell(&command, w->ssh_config);
	}
	if (last) {
		*last++ = '\0';
		(void)buf_str(&command, " -J ");
		text_shell(&command, hops);
	}
	(void)buf_str(&command, " -W '[%h]:%p' -- ");
	_cleanup_(freep) char *hop = text_starts(last ? last : hops, "ssh://") ? mem_dup(last ? last : hops)
									       : mem_printf("ssh://%s",
											    last ? last : hops);

	text_shell(&command, hop);
	strv_addf(ret, "-oProxyCommand=%s", buf_text(&command));
}

static void take_line(const struct way *w, char *line, struct strv *ret)
{
	char *value = strchr(line, ' ');

	if (!value)
		return;
	*value++ = '\0';
	if (!strcmp(line, "proxyjump") && strcmp(value, "none") != 0)
		add_jump(w, value, ret);
	for (size_t i = 0; i < ARRAY_SIZE(of_the_way); i++)
		if (!strcmp(line, of_the_way[i]))
			strv_addf(ret, "-o%s=%s", line, value);
}

int way_door(const struct way *w, struct strv *ret, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char line[200];
	int r = way_check(w, e);

	if (r < 0 || (r = way_told(w, &res, e)) < 0)
		return r;
	if (res.timed_out || res.status != 0 || !res.out.len)
		return err_set(e, ERR_CONFIG, "ssh -G does not say how '%s' is reached: %s", w->host,
			       proc_last_line(&res, line));
	for (char *save = NULL, *l = strtok_r(res.out.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		take_line(w, l, ret);
	return 0;
}

/* file NULL: nothing is offered. */
static void add_question(const char *account, const char *file, struct strv *ret)
{
	static const char *const always[] = {
		"-v", "-T", "-oLogLevel=DEBUG1", "-oBatchMode=yes", "-oServerAliveInterval=5",
		"-oServerAliveCountMax=3", "-oIdentitiesOnly=yes", "-oIdentityAgent=none", "-oPKCS11Provider=none",
		"-oPubkeyAcceptedAlgorithms=+ssh-rsa",
		"-oControlMaster=no", "-oControlPath=none", "-oClearAllForwardings=yes", "-oForwardAgent=no",
		"-oPermitLocalCommand=no", "-oUpdateHostKeys=no", "-oEscapeChar=none",
	};

	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		strv_add(ret, always[i]);
	strv_addf(ret, "-oPreferredAuthentications=%s", file ? "publickey" : "none");
	strv_addf(ret, "-oPubkeyAuthentication=%s", file ? "yes" : "no");
	if (file)
		strv_addf(ret, "-oIdentityFile=%s", file);
	strv_add(ret, "-l");
	strv_add(ret, account);
}

/* ssh's own words of what it was told, in the order in which it was. */
static enum way_answer judge(const char *said, const char **ret_words)
{
	const char *offered = strstr(said, "debug1: Offering public key:");
	const char *methods = strstr(said, "debug1: Authentications that can continue:");

	*ret_words = "it refused the key";
	if (strstr(said, "debug1: Server accepts key:")) {
		*ret_words = "it would take the key";
		return WAY_ACCEPTED;
	}
	if (strstr(said, "\nAuthenticated to ") || strstr(said, "debug1: Authentication succeeded")) {
		*ret_words = "it lets anybody in, without a key";
		return WAY_ACCEPTED;
	}
	if (offered && (strstr(offered, "debug1: Authentications that can continue:") ||
			strstr(offered, "Too many authentication failures")))
		return WAY_REFUSED;
	if (!methods)
		return WAY_UNREACHED;
	*ret_words = offered ? "it went away before it answered" : "it does not take public keys as the first thing, "
		     "or ours is a kind that ssh here does not offer";
	return offered ? WAY_UNREACHED : WAY_UNASKED;
}

static int question(const struct way *w, const struct strv *door, const char *account, const char *file,
		    int64_t limit_ms, struct proc_result *ret, struct err *e)
{
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	const struct proc_job job = { .limit_ms = limit_ms < ASK_MS ? limit_ms : ASK_MS };

	if (!*account || *account == '-')
		return err_set(e, ERR_CONFIG, "'%.40s' is no account that ssh can be given", account);
	strv_add(&argv, "ssh");
	strv_add(&argv, "-F");
	strv_add(&argv, "none");
	for (size_t i = 0; i < door->n; i++)
		strv_add(&argv, door->s[i]);
	strv_addf(&argv, "-oConnectTimeout=%u", way_patience(w));
	add_question(account, file, &argv);
	way_target(w, &argv);
	strv_add(&argv, "true");
	return way_ssh(&argv, &job, ret, e);
}

int way_ask(const struct way *w, const struct strv *door, const char *account, const char *file, int64_t limit_ms,
	    enum way_answer *ret, char text[200], struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *words = NULL;
	int r = question(w, door, account, file, limit_ms, &res, e);

	if (r < 0)
		return r;
	*ret = judge(buf_text(&res.err), &words);
	if (*ret == WAY_UNREACHED)
		(void)proc_last_line(&res, text);
	else
		(void)snprintf(text, 200, "%s", words);
	return 0;
}

int way_offers(const struct way *w, const struct strv *door, const char *account, int64_t limit_ms, char ret[200],
	       char text[200], struct err *e)
{
	static const char head[] = "debug1: Authentications that can continue: ";
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const char *said, *at;
	size_t n;
	int r = question(w, door, account, NULL, limit_ms, &res, e);

	if (r < 0)
		return r;
	said = buf_text(&res.err);
	at = strstr(said, head);
	*ret = *text = '\0';
	if (at) {
		at += strlen(head);
		n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789,-@.");
		if (n && n < 200 && (at[n] == '\r' || at[n] == '\n'))
			(void)snprintf(ret, 200, "%.*s", (int)n, at);
	} else if (strstr(said, "\nAuthenticated to ") || strstr(said, "debug1: Authentication succeeded")) {
		(void)snprintf(ret, 200, "none");
	}
	if (!*ret)
		(void)proc_last_line(&res, text);
	return 0;
}
