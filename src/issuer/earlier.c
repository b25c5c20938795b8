/*
 * Other certificates of the key that leaked: a client that uses keys again had it certified more than once, and whoever
 * has the key has them all. They are looked for where they were kept, in the repository's history and in the client's
 * own archive. What could not be looked at is a finding: then there may be more.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "issuer/issuer.h"
#include "transport/git_objects.h"
#include "worker/chore.h"
#include "worker/place_job.h"
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define EARLIER_MAX 64u
#define EARLIER_BYTES ((size_t)256 * 1024)     /* of all: they stand in a row of the journal, and in a job */
#define BLOBS_MAX 2000000u
#define BLOB_MAX ((size_t)4 << 20)
#define GIT_LITTLE ((size_t)8 << 20)
#define ARCHIVE_MAX ((size_t)64 << 20)
#define LEFT_MS 20000                          /* the certificate that was got must still leave */
#define LEAST_MS 2000

struct earlier {
	struct issuer_job *i;
	const char *key;                       /* SHA-256 of the old public key */
	const char *before;                    /* in PEM, alone: it is known already; NULL: there is none */
	const char *place;                     /* that is looked at now */
	int64_t now_s;
	json_t *list, *findings;
	size_t bytes;
	uint32_t unread, left_out;             /* of the place; of all */
};

static void finding(struct earlier *x, const char *severity, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void finding(struct earlier *x, const char *severity, const char *what, const char *fmt, ...)
{
	json_t *j = json_object();
	char detail[700];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	json_put(j, "what", what);
	json_put(j, "detail", detail);
	json_put(j, "severity", severity);
	json_array_append_new(x->findings, j);
}

static void gap(struct earlier *x, const char *why)
{
	finding(x, "high", "not looked at", "%s was not, or not wholly, looked through for earlier certificates of the "
		"leaked key: %.400s. Look there by hand, and have each that is not over revoked", x->place, why);
}

static bool is_known(const struct earlier *x, const char *pem)
{
	if (x->before && !strcmp(x->before, pem))
		return true;
	for (size_t k = 0; k < json_array_size(x->list); k++)
		if (!strcmp(json_str(json_array_get(x->list, k), "certificate"), pem))
			return true;
	return false;
}

static int take(const char *pem, const struct certificate *c, void *arg, struct err *e _unused_)
{
	struct earlier *x = arg;
	char day[32];

	if (strcmp(c->spki_sha256, x->key) != 0 || c->not_after_s < x->now_s || is_known(x, pem))
		return 0;
	if (json_array_size(x->list) == EARLIER_MAX || x->bytes + strlen(pem) > EARLIER_BYTES) {
		x->left_out++;
		return 0;
	}
	json_t *j = json_object();

	json_put(j, "certificate", pem);
	json_put(j, "serial", c->serial);
	json_put(j, "issuer", c->issuer);
	json_put_int(j, "not_after_s", c->not_after_s);
	json_put(j, "place", x->place);
	json_array_append_new(x->list, j);
	x->bytes += strlen(pem);
	issuer_day(c->not_after_s, day);
	finding(x, "high", "earlier certificate", "certificate %s from%.150s is for the leaked key as well, and valid "
		"until %s (found in %.200s): it is revoked with the other", c->serial, c->issuer, day, x->place);
	return 0;
}

static void look_in(struct earlier *x, const char *text, size_t len)
{
	struct err ignored = ERR_INIT;
	uint32_t unread = 0;

	(void)certificate_search(text, len, take, x, &unread, &ignored);
	x->unread += unread;
}

static void tell_unread(struct earlier *x)
{
	char why[100];

	if (!x->unread)
		return;
	(void)snprintf(why, sizeof(why), "%u of what stands there could not be read", x->unread);
	gap(x, why);
	x->unread = 0;
}

/* --- the repository --- */

static int see(const struct git_object *o, void *arg)
{
	struct earlier *x = arg;

	if (o->state == GIT_READ)
		look_in(x, o->bytes, o->len);
	else if (o->state != GIT_OTHER)
		x->unread++;
	return chore_left_ms(x->i->job) < LEFT_MS;
}

static int look_through(struct earlier *x, const char *path, struct err *e)
{
	_cleanup_(git_repo_freep) struct git_repo *repo = NULL;
	_cleanup_(git_reader_freep) struct git_reader *reader = NULL;
	_cleanup_(git_history_free) struct git_history all = { 0 };
	const struct git_reader_options o = { .max = BLOB_MAX, .types = 1u << GIT_BLOB, .cache = GIT_LITTLE };
	int64_t left_ms = chore_left_ms(x->i->job) - LEFT_MS;
	int r = git_repo_open(path, left_ms > LEAST_MS ? left_ms : LEAST_MS, &repo, e);

	if (r == 0)
		r = git_history_list(repo, o.types, true, &all, e);
	if (r == 0 && all.oids.n > BLOBS_MAX)
		r = err_set(e, ERR_LIMIT, "it holds more than %u files", BLOBS_MAX);
	if (r == 0)
		r = git_reader_open(repo, &o, &reader, e);
	if (r == 0)
		r = git_reader_read(reader, &all.oids, 0, all.oids.n, see, x, e);
	if (r > 0)
		return err_set(e, ERR_LIMIT, "there was no time for all of it");
	if (r == 0 && (!all.whole || repo->shallow || repo->partial))
		return err_set(e, ERR_IO, "it does not hold all of its history");
	return r;
}

/* A path of this machine is read where it lies, with what no name leads to; anything else by a mirror of ours. */
static int of_repository(struct earlier *x, const struct place_repository *p, struct err *e)
{
	const char *folder = json_str(x->i->job->body, "mirror");
	_cleanup_(git_freep) struct git *mirror = NULL;

	if (p->git->url[0] == '/')
		return look_through(x, p->git->url, e);
	if (!folder)
		return err_set(e, ERR_CONFIG, "job: no \"mirror\" for it");
	int64_t left_ms = chore_left_ms(x->i->job) - LEFT_MS;
	int r = git_open(folder, p->git->url, p->git->branch, p->git->ssh_config,
			 left_ms > LEAST_MS ? left_ms : LEAST_MS, &mirror, e);

	if (r == 0)
		r = git_fetch_all(mirror, e);
	return r < 0 ? r : look_through(x, folder, e);
}

/* --- the archive --- */

/* Nothing but certificates leaves the host: keys lie beside them (certbot). */
static const char in_an_archive[] =
	"set -eu\n"
	"[ -d \"$1\" ] || { echo 'there is no such folder' >&2; exit 1; }\n"
	"exec find -H \"$1\" -type f -size -2048k -exec awk '\n"
	"FNR == 1 { on = 0 }\n"
	"/-----BEGIN / { on = /-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----/ }\n"
	"on && /^[-A-Za-z0-9+\\/= \\t\\r]*$/ { print }\n"
	"/-----END / { on = 0 }\n"
	"' {} +\n";

static int of_archive(struct earlier *x, const char *folder, struct err *e)
{
	const char *const argv[] = { "sh", "-c", in_an_archive, "sh", folder, NULL };
	int64_t left_ms = chore_left_ms(x->i->job) - LEFT_MS;
	const struct proc_job like = { .argv = argv, .output_max = ARCHIVE_MAX,
				       .limit_ms = left_ms > LEAST_MS ? left_ms : LEAST_MS };
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	char line[200];
	int r = chore_ask(x->i->job, &x->i->at, &like, &res, e);

	if (r < 0)
		return r;
	/* What was written before it went wrong counts all the same. */
	look_in(x, buf_text(&res.out), res.out.len);
	if (res.timed_out)
		return err_set(e, ERR_LIMIT, "there was no time for all of it");
	return res.status == 0 ? 0 : err_set(e, ERR_IO, "%s", proc_last_line(&res, line));
}

static void end_place(struct earlier *x, int r, const struct err *e)
{
	if (r < 0)
		gap(x, e->text);
	tell_unread(x);
}

/* Those of the journal from before a pull are told already. */
static size_t take_kept(struct earlier *x)
{
	const json_t *kept = json_object_get(json_object_get(x->i->job->body, "issued"), "earlier");

	for (size_t k = 0; k < json_array_size(kept) && json_array_size(x->list) < EARLIER_MAX; k++) {
		json_t *one = json_array_get(kept, k);
		const char *pem = json_str(one, "certificate");

		if (!pem || is_known(x, pem))
			continue;
		json_array_append(x->list, one);
		x->bytes += strlen(pem);
	}
	return json_array_size(x->list);
}

void issuer_earlier(struct issuer_job *i, const struct place_job *j, const char *key, const char *before, json_t *one,
		    char ret_words[EARLIER_WORDS])
{
	struct earlier x = { .i = i, .key = key, .before = before, .now_s = clock_now_us() / 1000000,
			     .list = json_array(), .findings = json_array() };
	const json_t *archives = json_object_get(i->issuer, "archive");
	size_t kept = take_kept(&x);

	for (size_t k = 0; k < j->n_repositories; k++) {
		_cleanup_(freep) char *place = mem_printf("the history of repository '%s'", j->repositories[k].name);
		struct err e = ERR_INIT;

		x.place = place;
		end_place(&x, of_repository(&x, &j->repositories[k], &e), &e);
	}
	for (size_t k = 0; k < json_array_size(archives); k++) {
		const char *folder = json_string_value(json_array_get(archives, k));
		_cleanup_(freep) char *place = mem_printf("'%s' on '%s'", folder ? folder : "", i->at.host);
		struct err e = ERR_INIT;

		x.place = place;
		end_place(&x, folder ? of_archive(&x, folder, &e) : err_set(&e, ERR_CONFIG, "it is no word"), &e);
	}
	if (x.left_out)
		finding(&x, "high", "not looked at", "%u further certificates of the leaked key are valid and are not "
			"revoked here: at most %u are. Have them revoked by hand", x.left_out, EARLIER_MAX);
	size_t n = json_array_size(x.list) - kept;

	*ret_words = '\0';
	if (n)
		(void)snprintf(ret_words, EARLIER_WORDS, "; %zu earlier one%s of the old key still valid", n,
			       n == 1 ? " is" : "s are");
	json_object_set_new(json_object_get(one, "issued"), "earlier", x.list);
	json_object_set_new(one, "findings", x.findings);
}
