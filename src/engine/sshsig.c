#include "engine/sshsig.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/strv.h"
#include <stdlib.h>
#include <string.h>

#define TOUCH_MS 120000
#define VERIFY_MS 20000
#define SIGNERS_MAX ((size_t)4 << 20)
#define SIGNATURE_MAX ((size_t)64 << 10)

/* What finds the agent and asks for a PIN. Without a program that asks, nobody is asked: there is no terminal here. */
static void pass(struct strv *env)
{
	static const char *const names[] = { "SSH_AUTH_SOCK", "SSH_ASKPASS", "SSH_SK_PROVIDER", "DISPLAY",
					     "WAYLAND_DISPLAY", "XAUTHORITY" };

	for (size_t k = 0; k < ARRAY_SIZE(names); k++)
		if (env_get(names[k]))
			strv_addf(env, "%s=%s", names[k], env_get(names[k]));
	if (!env_get("SSH_ASKPASS"))
		strv_add(env, "SSH_ASKPASS=/bin/false");
	strv_add(env, "SSH_ASKPASS_REQUIRE=force");
}

int sshsig_sign(const char *key, const struct buf *text, struct buf *ret, struct err *e)
{
	const char *const argv[] = { "ssh-keygen", "-Y", "sign", "-q", "-n", SSHSIG_NAMESPACE, "-f", key, NULL };
	_cleanup_(strv_free) struct strv env = STRV_INIT;
	_cleanup_(proc_result_free) struct proc_result p = { 0 };
	char words[200];
	int r;

	pass(&env);
	r = proc_run(&(struct proc_job){ .argv = argv, .env = (const char *const *)env.s, .input = buf_text(text),
					 .input_len = text->len, .limit_ms = TOUCH_MS, .output_max = SIGNATURE_MAX },
		     &p, e);
	if (r < 0)
		return r;
	if (p.timed_out)
		return err_set(e, ERR_AUTH, "'%s' did not sign within two minutes: a security key wants to be touched",
			       key);
	if (p.status != 0 || !strstr(buf_text(&p.out), "BEGIN SSH SIGNATURE"))
		return err_set(e, ERR_AUTH, "'%s' could not sign: %s. A key with a passphrase belongs into an agent "
			       "first (ssh-add)", key, proc_last_line(&p, words));
	return buf_add(ret, p.out.data, p.out.len) < 0 ? err_set(e, ERR_LIMIT, "a signature of %zu bytes", p.out.len)
						       : 0;
}

static int write_signers(const struct firebreak_register *reg, const char *path, struct err *e)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(SIGNERS_MAX);

	for (uint32_t k = 0; k < reg->n_people; k++)
		if (reg->people[k].ssh)
			buf_printf(&b, "%s namespaces=\"" SSHSIG_NAMESPACE "\" %s\n", reg->people[k].name,
				   reg->people[k].ssh);
	return fs_write_atomic(path, buf_text(&b), b.len, 0600, e);
}

static int ask(const char *const *argv, const struct buf *text, struct proc_result *ret, struct err *e)
{
	return proc_run(&(struct proc_job){ .argv = argv, .input = buf_text(text), .input_len = text->len,
					    .limit_ms = VERIFY_MS, .output_max = SIGNATURE_MAX }, ret, e);
}

/* Who signed it, as a clause; "" when nobody of the register did. */
static void find_signer(const char *signers, const char *signature, const struct buf *text, char ret[300])
{
	const char *const argv[] = { "ssh-keygen", "-Y", "find-principals", "-f", signers, "-s", signature, NULL };
	_cleanup_(proc_result_free) struct proc_result p = { 0 };
	size_t n;

	ret[0] = '\0';
	if (ask(argv, text, &p, NULL) < 0 || p.status != 0)
		return;
	n = strcspn(buf_text(&p.out), " \r\n");
	(void)snprintf(ret, 300, ": the key is that of '%.*s'", n > 200 ? 200 : (int)n, buf_text(&p.out));
}

int sshsig_verify(const struct firebreak_register *reg, const char *person, const char *folder, const char *name,
		  const struct buf *text, const char *signature, struct err *e)
{
	_cleanup_(freep) char *signers = mem_printf("%s/%s.allowed_signers", folder, name);
	_cleanup_(freep) char *sig = mem_printf("%s/%s.sig", folder, name);
	const char *const argv[] = { "ssh-keygen", "-Y", "verify", "-n", SSHSIG_NAMESPACE, "-f", signers, "-I", person,
				     "-s", sig, NULL };
	_cleanup_(proc_result_free) struct proc_result p = { 0 };
	char whose[300];
	int r = fs_mkdirs(folder, 0700, e);

	if (r == 0)
		r = write_signers(reg, signers, e);
	if (r == 0)
		r = fs_write_atomic(sig, signature, strlen(signature), 0600, e);
	if (r == 0)
		r = ask(argv, text, &p, e);
	if (r < 0)
		return r;
	if (!p.timed_out && p.status == 0)
		return 0;
	find_signer(signers, sig, text, whose);
	return err_set(e, ERR_REFUSED, "the signature is not one of '%s' over this text, by the 'ssh' key that the "
		       "register has of them%s", person, whose);
}
