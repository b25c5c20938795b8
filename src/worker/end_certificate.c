#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "keys/certificate.h"
#include "worker/chore.h"
#include "worker/puppet_host.h"
#include "worker/safe_line.h"
#include "worker/way.h"
#include <string.h>
#include <time.h>

/* The certificate of a Puppet agent ends, at the CA that signed it.
 *
 * {"host": the CA's, "certname", "config": its puppet.conf, or absent}. Result {"certname", "serials": all that the
 * CA's inventory has for the name and that have not run out, "listed": how many of them the CA's list of revoked
 * certificates has, "changed"}.
 *
 * What `puppetserver ca clean` says is not believed: its exit code is 1 for a name that it does not know any more, and
 * 0 where it revoked the newest of several. Before and after it the CA's own files are read: the inventory (each
 * serial that it ever gave out), the signed certificates, the requests, and the list of revoked ones, signed by it. */

#define SERIALS_MAX 200u
#define INVENTORY_MAX ((size_t)64 << 20)
#define SHOWN 3u

enum setting { CERTNAME, CACERT, CACRL, INVENTORY, SIGNED, REQUESTS, SETTINGS };
static const char *const settings[SETTINGS] = {
	[CERTNAME] = "certname", [CACERT] = "cacert", [CACRL] = "cacrl", [INVENTORY] = "cert_inventory",
	[SIGNED] = "signeddir", [REQUESTS] = "csrdir",
};

struct ending {
	struct puppet_host p;
	const char *name;
	char *setting[SETTINGS];
	bool is_signed, is_asked;            /* a certificate, a request of that name lies there */
	struct strv serials;
	bool listed[SERIALS_MAX];
	size_t n_listed;
};

static void ending_end(struct ending *x)
{
	for (size_t i = 0; i < SETTINGS; i++)
		free(x->setting[i]);
	strv_free(&x->serials);
}

static int read_settings(struct ending *x, struct err *e)
{
	int r = puppet_settings(&x->p, NULL, settings, SETTINGS, x->setting, e);

	for (size_t i = 0; r == 0 && i < SETTINGS; i++)
		if (!x->setting[i] || (i != CERTNAME && *x->setting[i] != '/'))
			return err_set(e, ERR_REMOTE, "Puppet on '%s' does not say its '%s'", x->p.w.host, settings[i]);
	return r;
}

static int read_file(const struct ending *x, enum setting which, size_t max, struct proc_result *ret, struct err *e)
{
	const char *const argv[] = { "cat", "--", x->setting[which], NULL };

	return puppet_must(&x->p, argv, max, ret, e);
}

/* 0x001F, which the CA writes with four digits at least; as certificate.h has serials. */
static bool serial_of(const char *word, char ret[SERIAL_HEX])
{
	size_t n;

	if (!text_starts(word, "0x"))
		return false;
	word += 2 + strspn(word + 2, "0");
	n = strlen(word);
	if (!n || n + 2 > SERIAL_HEX || word[strspn(word, "0123456789abcdefABCDEF")])
		return false;
	(void)snprintf(ret, SERIAL_HEX, "%s%s", n % 2 ? "0" : "", word);
	for (char *c = ret; *c; c++)
		*c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
	return true;
}

/* "0x0004 2026-11-26T03:11:12UTC 2031-11-25T03:11:12UTC /CN=web1": which it is, from when, until when, whose. */
static int take_line(struct ending *x, char *line, const char *now, struct err *e)
{
	char *save = NULL, *serial = strtok_r(line, " ", &save), *from = strtok_r(NULL, " ", &save),
	     *until = strtok_r(NULL, " ", &save), *subject = strtok_r(NULL, "", &save), hex[SERIAL_HEX];

	if (!serial)
		return 0;
	if (!from || !until || strlen(until) < strlen(now) || !subject || !serial_of(serial, hex))
		return err_set(e, ERR_REMOTE, "'%s' on '%s' has a line that is none of an inventory of certificates",
			       x->setting[INVENTORY], x->p.w.host);
	if (!text_starts(subject, "/CN=") || strcmp(subject + 4, x->name) != 0 ||
	    strncmp(until, now, strlen(now)) < 0 || strv_has(&x->serials, hex))
		return 0;
	if (x->serials.n >= SERIALS_MAX)
		return err_set(e, ERR_LIMIT, "'%s' has more than %u certificates: at most that many are looked at",
			       x->name, SERIALS_MAX);
	strv_add(&x->serials, hex);
	return 0;
}

static int read_inventory(struct ending *x, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	time_t now_s = (time_t)(clock_now_us() / 1000000);
	struct tm tm;
	char now[40];
	int r = read_file(x, INVENTORY, INVENTORY_MAX, &res, e);

	(void)strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now_s, &tm));
	for (char *line = res.out.data, *end; r == 0 && res.out.len && line && *line; line = end) {
		end = line + strcspn(line, "\n");
		if (*end)
			*end++ = '\0';
		r = take_line(x, line, now, e);
	}
	return r;
}

/* A certificate or request lies there as NAME.pem. A folder that cannot be read is no proof of nothing. */
static int find(const struct ending *x, enum setting folder, bool *ret, struct err *e)
{
	_cleanup_(freep) char *file = mem_printf("%s.pem", x->name);
	const char *const argv[] = { "find", x->setting[folder], "-maxdepth", "1", "-name", file, NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r = puppet_must(&x->p, argv, PUPPET_TEXT_MAX, &res, e);

	if (r == 0)
		*ret = res.out.len > 0;
	return r;
}

static int read_signed(struct ending *x, struct err *e)
{
	_cleanup_(freep) char *path = mem_printf("%s/%s.pem", x->setting[SIGNED], x->name);
	_cleanup_(certificate_clear) struct certificate c = { .chain = 0 };
	const char *const argv[] = { "cat", "--", path, NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r = find(x, SIGNED, &x->is_signed, e);

	if (r < 0 || !x->is_signed)
		return r;
	r = puppet_must(&x->p, argv, CERTIFICATE_TEXT_MAX, &res, e);
	if (r == 0)
		r = certificate_read(buf_text(&res.out), res.out.len, &c, e);
	if (r == 0 && !strv_has(&x->serials, c.serial) && x->serials.n < SERIALS_MAX)
		strv_add(&x->serials, c.serial);
	return r;
}

static int look(struct ending *x, struct err *e)
{
	_cleanup_(proc_result_free) struct proc_result ca = { 0 }, crl = { 0 };
	int r = read_inventory(x, e);

	x->is_signed = x->is_asked = false;
	x->n_listed = 0;
	if (r == 0)
		r = read_signed(x, e);
	if (r == 0)
		r = find(x, REQUESTS, &x->is_asked, e);
	if (r == 0)
		r = read_file(x, CACERT, CERTIFICATE_TEXT_MAX, &ca, e);
	if (r == 0)
		r = read_file(x, CACRL, CRL_TEXT_MAX, &crl, e);
	if (r == 0)
		r = certificate_crl_serials(buf_text(&ca.out), ca.out.len, buf_text(&crl.out), crl.out.len,
					    clock_now_us() / 1000000, &x->serials, x->listed, e);
	for (size_t i = 0; r == 0 && i < x->serials.n; i++)
		x->n_listed += x->listed[i];
	return r;
}

static bool is_over(const struct ending *x)
{
	return !x->is_signed && !x->is_asked && x->n_listed == x->serials.n;
}

static int clean(struct ending *x, char said[200], struct err *e)
{
	const char *argv[] = { "puppetserver", "ca", "clean", "--certname", x->name, x->p.config ? "--config" : NULL,
			       x->p.config, NULL };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	int r;

	chore_changing(x->p.job);
	e->effect = EFFECT_UNKNOWN;
	r = puppet_ask(&x->p, argv, PUPPET_TEXT_MAX, &res, e);
	if (r == 0) {
		json_put_int(x->p.job->result, "exit", res.status);
		(void)safe_line(x->p.job, &res, said);
	}
	return r;
}

/* Looked at again, so it is known how far it came. */
static int not_over(const struct ending *x, size_t before, const char *said, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1000);
	size_t n = 0;

	for (size_t i = 0; i < x->serials.n; i++)
		if (!x->listed[i] && n++ < SHOWN)
			(void)buf_printf(&text, "%s%s", n > 1 ? ", " : "", x->serials.s[i]);
	(void)err_set(e, ERR_REMOTE, "the CA on '%s' still knows '%s': %zu of %zu certificates are not "
		      "revoked%s%s%s%s; `puppetserver ca clean`, which revokes the newest only, ended with exit code "
		      "%lld: %s", x->p.w.host, x->name, x->serials.n - x->n_listed, x->serials.n,
		      n ? " (serial " : "", buf_text(&text), n ? ")" : "",
		      x->is_asked ? ", and a request lies there" : "",
		      (long long)json_int(x->p.job->result, "exit", -1), said);
	e->effect = x->n_listed > before ? EFFECT_CHANGED : EFFECT_NONE;
	return -ERR_REMOTE;
}

static void tell(struct ending *x, bool changed)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->serials.n; i++)
		json_array_append_new(list, json_string(x->serials.s[i]));
	json_put(x->p.job->result, "certname", x->name);
	json_object_set_new(x->p.job->result, "serials", list);
	json_put_int(x->p.job->result, "listed", (int64_t)x->n_listed);
	json_object_set_new(x->p.job->result, "changed", json_boolean(changed));
	if (!changed && !x->serials.n)
		(void)snprintf(x->p.job->text, sizeof(x->p.job->text), "the CA on '%.80s' has no certificate of "
			       "'%.100s' that is still good", x->p.w.host, x->name);
	else
		(void)snprintf(x->p.job->text, sizeof(x->p.job->text), "the CA on '%.80s' lists each of %zu "
			       "certificates of '%.100s' as revoked%s", x->p.w.host, x->serials.n, x->name,
			       changed ? "" : "; they were already");
}

static int end_it(struct ending *x, struct err *e)
{
	char said[200] = "";
	bool changed;
	int r = read_settings(x, e);

	if (r == 0 && (!strcmp(x->name, x->setting[CERTNAME]) || !strcmp(x->name, "ca")))
		return err_set(e, ERR_REFUSED, "'%s' is the certificate of the Puppet server itself: nothing was "
			       "done; when that host is lost, its CA is, and each certificate that it signed is made "
			       "anew", x->name);
	if (r == 0)
		r = look(x, e);
	if (r < 0)
		return r;
	size_t before = x->n_listed;

	changed = !is_over(x);
	if (changed) {
		r = clean(x, said, e);
		if (r == 0)
			r = look(x, e);
		if (r < 0)
			return r;
		if (!is_over(x))
			return not_over(x, before, said, e);
	}
	tell(x, changed);
	return 0;
}

int job_end_certificate(struct job *job, struct err *e)
{
	_cleanup_(ending_end) struct ending x = { .p = { .job = job }, .name = json_str(job->body, "certname") };
	struct err here = ERR_INIT;
	int r = puppet_certname(x.name, e);

	if (r == 0)
		r = puppet_config(job, &x.p.config, e);
	if (r == 0)
		r = way_of_job(job, "host", &x.p.w, e);
	if (r < 0)
		return r;
	r = end_it(&x, &here);
	way_end(&x.p.w);
	if (r < 0 && e)
		*e = here;
	return r;
}
