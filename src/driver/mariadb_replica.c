/*
 * A replica: the value is not checked here, it is what this server presents to its primary.
 *
 * CHANGE MASTER takes clear text only, and no placeholder. So: its session writes neither the general nor the slow log,
 * it is never in the binary log, and its error texts (which quote it) are not repeated. master.info keeps it in clear.
 */
#include "driver/mariadb.h"
#include "base/clock.h"
#include "base/strv.h"
#include "base/text.h"
#include <string.h>

#define LOOKS_APART_MS ((int64_t)100)
#define VALUE_MAX 96u   /* MASTER_PASSWORD */

struct channel { char name[200], user[200], host[300]; uint32_t port; bool io, sql; uint32_t number; char error[200]; };

static void read_channel(const struct mariadb_rows *r, size_t i, struct channel *ret)
{
	*ret = (struct channel){ 0 };
	snprintf(ret->name, sizeof(ret->name), "%s", mariadb_named(r, i, "Connection_name"));
	snprintf(ret->user, sizeof(ret->user), "%s", mariadb_named(r, i, "Master_User"));
	snprintf(ret->host, sizeof(ret->host), "%s", mariadb_named(r, i, "Master_Host"));
	snprintf(ret->error, sizeof(ret->error), "%s", mariadb_named(r, i, "Last_IO_Error"));
	(void)text_u32(mariadb_named(r, i, "Master_Port"), 0, UINT16_MAX, &ret->port);
	(void)text_u32(mariadb_named(r, i, "Last_IO_Errno"), 0, UINT32_MAX, &ret->number);
	ret->io = strcmp(mariadb_named(r, i, "Slave_IO_Running"), "Yes") == 0;
	ret->sql = strcmp(mariadb_named(r, i, "Slave_SQL_Running"), "Yes") == 0;
}

static int status(struct mariadb *m, struct mariadb_rows *ret, struct err *e)
{
	mariadb_rows_free(ret);
	return mariadb_rows(m, "reading the replication status", "SHOW ALL SLAVES STATUS", 64, ret, e);
}

static bool is_declared(const struct driver_job *job, const char *user)
{
	_cleanup_(strv_free) struct strv names = STRV_INIT;

	mariadb_names(job, &names);
	return strv_has(&names, user);
}

/* Waits for the thread that logs in at the primary: 0 when it is in; the error says what the primary answered. */
static int wait_for_login(struct mariadb *m, const char *name, struct channel *ret, struct err *e)
{
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };

	for (;;) {
		if (status(m, &r, e) < 0)
			return -(int)e->code;
		for (size_t i = 0; i < r.n; i++)
			if (strcmp(mariadb_named(&r, i, "Connection_name"), name) == 0)
				read_channel(&r, i, ret);
		if (ret->io)
			return 0;
		if (ret->number != 0 || job_left_ms(m->job) < 5 * LOOKS_APART_MS)
			break;
		clock_sleep_ms(LOOKS_APART_MS);
	}
	return err_set(e, ret->number == MARIADB_DENIED ? ERR_AUTH : ERR_REMOTE,
		       "mariadb at '%s': the replica does not get in at its primary '%s:%u' (%u: %s)", m->job->address,
		       ret->host, ret->port, ret->number, *ret->error ? ret->error : "no answer yet");
}

static int on_channel(struct mariadb *m, const char *what, const char *before, const char *name, const char *after,
		      struct err *e)
{
	_cleanup_(buf_free) struct buf sql = BUF_INIT(1000);

	buf_str(&sql, before);
	if (mariadb_quote(m, &sql, name, e) < 0)
		return -(int)e->code;
	buf_str(&sql, after);
	return mariadb_do(m, what, buf_text(&sql), e);
}

static bool is_off(struct mariadb *m, const char *question)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(100);
	struct err ignored = ERR_INIT;

	return mariadb_value(m, question, &b, &ignored) == 0 && strcmp(buf_text(&b), "0") == 0;
}

static int silence(struct mariadb *m, struct err *e)
{
	struct err why = ERR_INIT;

	if (mariadb_do(m, "silencing the general log", "SET SESSION sql_log_off=1", &why) < 0 &&
	    !is_off(m, "SELECT @@GLOBAL.general_log"))
		return err_set(e, ERR_REFUSED,
			       "mariadb at '%s': the general log is on and '%s' may not keep a statement out of it "
			       "(SUPER): the clear text would stand in it; switch general_log off "
			       "first", m->job->address, m->job->admin_user);
	if (mariadb_do(m, "silencing the slow log", "SET SESSION slow_query_log=0", &why) < 0 &&
	    !is_off(m, "SELECT @@GLOBAL.slow_query_log"))
		return err_set(e, ERR_REFUSED, "mariadb at '%s': the slow query log is on and cannot be kept silent "
			       "(%s)", m->job->address, why.text);
	return 0;
}

/* The statement crosses the network in clear: only over TLS, a Unix socket, or this machine's own loopback. */
static int check_wire(const struct mariadb *m, struct err *e)
{
	const struct endpoint *at = &m->job->at;

	if (m->encrypted || at->unix_path || text_starts(at->host, "127.") || strcmp(at->host, "::1") == 0 ||
	    strcmp(at->host, "localhost") == 0)
		return 0;
	return err_set(e, ERR_REFUSED, "mariadb at '%s': CHANGE MASTER sends the clear text and this connection is not "
		       "encrypted; switch TLS on at the server, or reach it through ssh", m->job->address);
}

struct statement { struct mariadb *m; const char *channel; struct err *e; };

static int present(const char *bytes, size_t len, void *arg)
{
	struct statement *s = arg;
	_cleanup_(buf_free) struct buf sql = BUF_WIPED(2000);
	int r;

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < 0x20)
			len = 0;
	if (len == 0 || len > VALUE_MAX)
		return err_set(s->e, ERR_REFUSED, "mariadb at '%s': a replica takes a value of 1 to %u bytes without "
			       "control characters; make one of 32 characters", s->m->job->address, VALUE_MAX);
	buf_str(&sql, "CHANGE MASTER ");
	if (mariadb_quote(s->m, &sql, s->channel, s->e) < 0)
		return -(int)s->e->code;
	buf_str(&sql, " TO MASTER_PASSWORD=");
	(void)mariadb_quote_bytes(s->m, &sql, bytes, len);
	s->m->hidden = true;
	r = mariadb_do(s->m, "CHANGE MASTER", buf_text(&sql), s->e);
	s->m->hidden = false;
	return r;
}

static int change_channel(struct mariadb *m, const struct channel *c, struct err *e)
{
	struct statement s = { .m = m, .channel = c->name, .e = e };
	struct channel now = { 0 };
	struct err start = ERR_INIT;
	int r;

	job_changing(m->job);
	m->changing = true;
	r = on_channel(m, "STOP SLAVE", "STOP SLAVE ", c->name, "", e);
	if (r == 0)
		r = secret_with(m->job->new, present, &s);
	/* Whatever came of it, the replica does not stay stopped because of us; a thread that stood still stays so. */
	if (on_channel(m, "START SLAVE", "START SLAVE ", c->name, c->sql ? "" : " IO_THREAD", &start) < 0 && r == 0) {
		*e = start;
		e->effect = EFFECT_CHANGED;
		return -(int)e->code;
	}
	if (r < 0)
		return r;
	r = wait_for_login(m, c->name, &now, e);
	job_tried(m->job, "the replica logs in at its primary with the new value", r == 0 ? "accepted" : e->text);
	if (r < 0)
		e->effect = EFFECT_CHANGED;
	return r;
}

int mariadb_replica_change(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	uint32_t n = 0;
	int err;

	if (!job->admin_user || !job->new)
		return err_set(e, ERR_REFUSED, "mariadb at '%s': a replica needs an admin account and a new value",
			       job->address);
	err = mariadb_open_admin(&m, e);
	if (err == 0)
		err = check_wire(&m, e);
	if (err == 0)
		err = silence(&m, e);
	if (err == 0)
		err = status(&m, &r, e);
	for (size_t i = 0; err == 0 && i < r.n; i++) {
		struct channel c;

		read_channel(&r, i, &c);
		if (!is_declared(job, c.user))
			continue;
		n++;
		err = change_channel(&m, &c, e);
	}
	if (err < 0)
		return err;
	if (n == 0)
		return err_set(e, ERR_CONFIG, "mariadb at '%s': no replication connection of this server logs in as "
			       "one of the declared users", job->address);
	snprintf(ret->text, sizeof(ret->text), "%u replication connection%s logged in at the primary with the new "
		 "value; master.info of this server holds it in clear", n, n == 1 ? "" : "s");
	return 0;
}

/* Where may we ask the primary ourselves: what the register says, else the replica's own words when they mean the same
 * machine for us as for it. */
static bool primary_of(const struct driver_job *job, const struct channel *c, char host[300], uint16_t *port)
{
	const char *said = job_option(job, "primary"), *colon = said ? strrchr(said, ':') : NULL;
	uint32_t n = 3306;

	if (said && colon && text_u32(colon + 1, 1, UINT16_MAX, &n) == 0) {
		snprintf(host, 300, "%.*s", (int)(colon - said), said);
	} else {
		bool local = text_starts(c->host, "127.") || strcmp(c->host, "localhost") == 0 ||
			strcmp(c->host, "::1") == 0;

		if (job->at.unix_path || (local && !text_starts(job->address, "127.")))
			return false;
		snprintf(host, 300, "%s", c->host);
		n = c->port;
	}
	*port = (uint16_t)n;
	return true;
}

static bool primary_takes(const struct driver_job *job, const struct channel *c, const struct secret *value,
			  const char *whose)
{
	char host[300], what[200];
	struct driver_job there = *job;
	struct mariadb m = { .job = &there };
	struct err why = ERR_INIT;
	bool in;

	there.at = (struct endpoint){ .host = host };
	there.address = host;
	if (!value || !primary_of(job, c, host, &there.at.port))
		return false;
	in = mariadb_open(&m, c->user, value, whose, &why) == 0;
	snprintf(what, sizeof(what), "login at the primary as '%.60s' with %s", c->user, whose);
	job_tried(job, what, in ? "accepted" : why.text);
	mariadb_close(&m);
	return in;
}

static void judge(const struct driver_job *job, const struct channel *c, struct driver_answer *ret)
{
	bool old = primary_takes(job, c, job->old, "the old value"), new = primary_takes(job, c, job->new,
											 "the new value");

	if (old || new) {
		ret->accepts = accepts_of(old, new);
		snprintf(ret->text, sizeof(ret->text), "the replica is in at its primary, which accepts %s%s",
			 accepts_name(ret->accepts), old && new ? "; which of them it presents cannot be seen" : "");
		return;
	}
	ret->accepts = ACCEPTS_UNREACHABLE;
	snprintf(ret->text, sizeof(ret->text), "the replica is in at its primary '%.80s', but with which value cannot "
		 "be told from here; write the option primary: \"host:port\" where its account can be tried", c->host);
}

/* An open connection says nothing about today's value: the thread logs in anew. */
static int probe_channel(struct mariadb *m, const struct channel *was, struct driver_answer *ret, struct err *e)
{
	struct channel c = *was;
	struct err why = ERR_INIT;
	int r = on_channel(m, "STOP SLAVE", "STOP SLAVE ", c.name, " IO_THREAD", e);

	if (r == 0)
		r = on_channel(m, "START SLAVE", "START SLAVE ", c.name, " IO_THREAD", e);
	if (r < 0)
		return r;
	r = wait_for_login(m, was->name, &c, &why);
	job_tried(m->job, "the replica logs in anew at its primary", r == 0 ? "accepted" : why.text);
	if (r == 0) {
		judge(m->job, &c, ret);
		return 0;
	}
	ret->accepts = r == -ERR_AUTH ? ACCEPTS_NEITHER : ACCEPTS_UNREACHABLE;
	snprintf(ret->text, sizeof(ret->text), "%.290s", why.text);
	return 0;
}

int mariadb_replica_probe(const struct driver_job *job, struct driver_answer *ret, struct err *e)
{
	_cleanup_(mariadb_close) struct mariadb m = { .job = job };
	_cleanup_(mariadb_rows_free) struct mariadb_rows r = { 0 };
	int err;

	if (!job->admin_user)
		return err_set(e, ERR_REFUSED, "mariadb at '%s': a replica needs an admin account", job->address);
	err = mariadb_open_admin(&m, e);
	if (err == 0)
		err = status(&m, &r, e);
	if (err < 0 && (err == -ERR_NET || err == -ERR_AUTH)) {
		ret->accepts = ACCEPTS_UNREACHABLE;
		snprintf(ret->text, sizeof(ret->text), "cannot tell: %.280s", e->text);
		return 0;
	}
	for (size_t i = 0; err == 0 && i < r.n; i++) {
		struct channel c;
		struct driver_answer one = { 0 };

		read_channel(&r, i, &c);
		if (!is_declared(job, c.user))
			continue;
		err = probe_channel(&m, &c, &one, e);
		/* Several connections: the worst of them is the answer. */
		if (!*ret->text || one.accepts != ACCEPTS_NEW) {
			ret->accepts = one.accepts;
			snprintf(ret->text, sizeof(ret->text), "%s", one.text);
		}
	}
	if (err == 0 && !*ret->text)
		return err_set(e, ERR_CONFIG, "mariadb at '%s': no replication connection of this server logs in as "
			       "one of the declared users", job->address);
	return err;
}
