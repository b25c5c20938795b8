#include "driver/dovecot_internal.h"
#include "driver/host.h"
#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 20)

/*
 * Dovecot reads its file again when its size or the whole second of its time of change is another one. A hash is as
 * long as the one before, so a second change within a second would never be seen: the new file's time is made another.
 */
static const char other_second[] =
	"my ($old, $new) = map { (stat $_)[9] } @ARGV; exit 1 unless defined $old and defined $new;"
	"exit 0 if $old != $new; utime $old + 1, $old + 1, $ARGV[1] or exit 1;";

static int put_file(const struct driver_job *job, const char *path, const char *user, const struct buf *text,
		    struct err *e)
{
	_cleanup_(buf_free) struct buf next = BUF_WIPED(FILE_MAX);
	const char *const check[] = { "perl", "-e", other_second, "--", path, NULL };
	const char *scheme = job_option(job, "scheme");
	char hash[DOVECOT_HASH_MAX], field[DOVECOT_HASH_MAX + 20];
	int r = dovecot_hash(job->new, scheme, hash, e);

	if (r < 0)
		return err_wrap(e, "dovecot at '%s'", job->address);
	(void)snprintf(field, sizeof(field), "{%s}%s", scheme ? scheme : "SHA512-CRYPT", hash);
	r = dovecot_file_put(&next, text->data, text->len, user, field, e);
	if (r < 0)
		return err_wrap(e, "dovecot at '%s': '%s'", job->address, path);
	return job_host_write(job, path, &next, check, e);
}

static int store_in_file(const struct driver_job *job, const char *path, const char *user, bool *ret_written,
			 struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(FILE_MAX);
	struct dovecot_entry entry;
	int r = job_host_read(job, path, &text, e);

	if (r < 0)
		return r;
	r = dovecot_file_find(buf_text(&text), text.len, user, &entry, e);
	if (r < 0)
		return err_wrap(e, "dovecot at '%s': '%s' on its host", job->address, path);
	if (dovecot_hash_is(job->new, entry.password, entry.len))
		return 0;
	r = put_file(job, path, user, &text, e);
	*ret_written = *ret_written || r == 0;
	return r;
}

/* It is done when both doors say so, whoever did it. */
static int by_a_person(const struct driver_job *job, const char *user, const char *passdb, const char *args,
		       struct err *e)
{
	struct driver_answer now = { .accepts = ACCEPTS_UNREACHABLE };
	int r = dovecot_probe(job, &now, e);

	if (r < 0 || now.accepts == ACCEPTS_NEW)
		return r;
	return err_set(e, ERR_REFUSED, "dovecot at '%s': '%s' is no system account, and Dovecot looks users up in "
		       "%.40s (%.150s), which is not written here: have a person set the new value there "
		       "(firebreak recover shows it), and respond again", job->address, user, passdb, args);
}

static int store_in_system(const struct driver_job *job, const char *user, bool *ret_written, struct err *e)
{
	_cleanup_(buf_free) struct buf said = BUF_WIPED(4096), line = BUF_WIPED(1024);
	const char *const words[] = { user, NULL };
	const char *field[3];
	char hash[DOVECOT_HASH_MAX], *at;
	int r = dovecot_host(job, "shadow", words, NULL, &said, e);

	if (r < 0)
		return r;
	at = said.data;
	if (!dovecot_fields(&at, field, ARRAY_SIZE(field)) || (*field[0] != 'H' && *field[0] != 'E'))
		return err_set(e, ERR_REMOTE, "dovecot at '%s': its host does not say what '%s' has for a password",
			       job->address, user);
	if (*field[0] == 'E')
		return by_a_person(job, user, field[1], field[2], e);
	if (*field[1] == '!' || *field[1] == '*' || !*field[1])
		return err_set(e, ERR_REFUSED, "dovecot at '%s': the system account '%s' is locked or has no password, "
			       "and a new one would open it: unlock it first, or say 'file' in its options",
			       job->address, user);
	if (dovecot_hash_is(job->new, field[1], strlen(field[1])))
		return 0;
	r = dovecot_hash(job->new, job_option(job, "scheme"), hash, e);
	if (r < 0)
		return err_wrap(e, "dovecot at '%s'", job->address);
	(void)buf_printf(&line, "%s:%s\n", user, hash);
	job_changing(job);
	r = dovecot_host(job, "chpasswd", NULL, &line, NULL, e);
	if (r < 0)
		e->effect = EFFECT_UNKNOWN;
	*ret_written = *ret_written || r == 0;
	return r;
}

int dovecot_store(const struct driver_job *job, const char *user, bool *ret_written, struct err *e)
{
	const char *path = job_option(job, "file");

	return path ? store_in_file(job, path, user, ret_written, e) : store_in_system(job, user, ret_written, e);
}
