/* One connection to one server. */
#include "driver/mariadb.h"
#include "base/text.h"
#include <mysql.h>
#include <string.h>

struct knock { MYSQL *c; const struct endpoint *at; const char *user; bool held_zero; };

static unsigned seconds(int64_t ms)
{
	return ms < 2000 ? 1 : (unsigned)(ms / 1000);
}

/* A forward's near end: ssh has checked who is at its far end, and the certificate's name cannot be that of our end. */
static bool is_forward(const struct driver_job *job)
{
	return !text_starts(job->address, job->at.unix_path ? job->at.unix_path : job->at.host);
}

static int set_tls(const struct driver_job *job, MYSQL *c, struct err *e)
{
	const char *tls = job_option(job, "tls"), *ca = job_option(job, "ca");
	my_bool on = 1, verify = tls && strcmp(tls, "yes") == 0;

	if (tls && strcmp(tls, "no") == 0)
		return 0;
	if (verify && is_forward(job))
		verify = 0;
	/* Without `tls` the connection is encrypted when the server can: it costs nothing and REQUIRE SSL is met. */
	mysql_optionsv(c, MYSQL_OPT_SSL_ENFORCE, &on);
	if (ca && mysql_optionsv(c, MYSQL_OPT_SSL_CA, ca) != 0)
		return err_set(e, ERR_CONFIG, "mariadb at '%s': the file of option ca cannot be used", job->address);
	mysql_optionsv(c, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	return 0;
}

static int set_options(const struct driver_job *job, MYSQL *c, struct err *e)
{
	unsigned protocol = job->at.unix_path ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP, zero = 0;
	/* Half of what is left: a server that hangs is told of before the worker's own end. */
	unsigned limit = seconds(job_left_ms(job) / 2);

	mysql_optionsv(c, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_optionsv(c, MYSQL_OPT_CONNECT_TIMEOUT, &limit);
	mysql_optionsv(c, MYSQL_OPT_READ_TIMEOUT, &limit);
	mysql_optionsv(c, MYSQL_OPT_WRITE_TIMEOUT, &limit);
	mysql_optionsv(c, MYSQL_OPT_LOCAL_INFILE, &zero);
	mysql_optionsv(c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* A server that asks for the clear text (dialog, mysql_clear_password) does not get it. */
	mysql_optionsv(c, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519");
	return set_tls(job, c, e);
}

static int knock(const char *bytes, size_t len, void *arg)
{
	struct knock *k = arg;
	const char *host = k->at->unix_path ? NULL : k->at->host;
	bool in;

	if (memchr(bytes, 0, len)) {
		k->held_zero = true;
		return -1;
	}
	in = mysql_real_connect(k->c, host, k->user, bytes, NULL, k->at->port, k->at->unix_path,
				CLIENT_REMEMBER_OPTIONS);
	if (k->c->passwd)
		explicit_bzero(k->c->passwd, strlen(k->c->passwd));
	return in ? 0 : -1;
}

static int not_in(struct mariadb *m, const char *user, const char *whose, struct err *e)
{
	_cleanup_(buf_free) struct buf what = BUF_INIT(300);

	buf_str(&what, "login as '");
	text_visible(&what, user, strlen(user));
	buf_printf(&what, "' with %s", whose);
	return mariadb_fail(m, buf_text(&what), e);
}

int mariadb_open(struct mariadb *m, const char *user, const struct secret *value, const char *whose, struct err *e)
{
	const char *tls = job_option(m->job, "tls");
	struct knock k = { .at = &m->job->at, .user = user };
	int r;

	m->c = k.c = mysql_init(NULL);
	if (!m->c)
		return err_set(e, ERR_BUG, "the mariadb client library does not start");
	r = set_options(m->job, m->c, e);
	if (r < 0)
		return r;
	r = value ? secret_with(value, knock, &k) : knock("", 0, &k);
	if (k.held_zero)
		return err_set(e, ERR_REFUSED, "%s for mariadb holds a zero byte; a password without one is expected",
			       whose);
	if (r < 0)
		return not_in(m, user, whose, e);
	m->id = mysql_thread_id(m->c);
	m->encrypted = mysql_get_ssl_cipher(m->c) != NULL;
	if (!m->encrypted && tls && strcmp(tls, "yes") == 0 && !text_starts(m->job->address, "unix:"))
		return err_set(e, ERR_NET, "mariadb at '%s': the server offers no TLS, and the register says tls: yes",
			       m->job->address);
	return 0;
}

/* What a quiet session needs: quotes that mean what we think, and no waiting for a backup's lock all night. Of the two
 * limits lock_wait_timeout (a day by default) holds for a backup's stages and
 * max_statement_time for a global read lock. */
int mariadb_settle(struct mariadb *m, struct err *e)
{
	char sql[200];
	unsigned limit = seconds(job_left_ms(m->job) / 3);

	snprintf(sql, sizeof(sql), "SET SESSION sql_mode='', max_statement_time=%u, lock_wait_timeout=%u, "
		 "innodb_lock_wait_timeout=%u", limit, limit, limit);
	return mariadb_do(m, "settling the session", sql, e);
}

int mariadb_open_admin(struct mariadb *m, struct err *e)
{
	int r = mariadb_open(m, m->job->admin_user, m->job->admin, "the admin's value", e);

	return r < 0 ? r : mariadb_settle(m, e);
}

void mariadb_close(struct mariadb *m)
{
	if (m->c)
		mysql_close(m->c);
	m->c = NULL;
}
