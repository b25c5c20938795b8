#include "service_mariadb.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/macro.h"
#include "base/mem.h"
#include "base/strv.h"
#include <mysql.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_S 5u

struct service_session { MYSQL *c; };

static struct service template_;   /* an installed, empty data folder: made once for a test program */

static void end_of_template(void)
{
	service_kill(&template_);
}

void service_mariadb_hash(const char *password, char ret[42])
{
	unsigned char once[20], twice[20];

	if (EVP_Digest(password, strlen(password), once, NULL, EVP_sha1(), NULL) != 1 ||
	    EVP_Digest(once, sizeof(once), twice, NULL, EVP_sha1(), NULL) != 1)
		abort();
	ret[0] = '*';
	for (size_t i = 0; i < sizeof(twice); i++)
		(void) snprintf(ret + 1 + 2 * i, 3, "%02X", twice[i]);
}

static int write_conf(const struct service *s, const char *extra)
{
	_cleanup_(buf_free) struct buf conf = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;
	struct stat st;
	char path[300];

	/* A starting server deletes the temporary tables that it finds in tmpdir, also those of another that runs.
	 * Everything that could hold a clear password is written: general log, slow log of
	 * all statements, binary log. */
	(void) buf_printf(&conf, "[mariadbd]\nbasedir=/usr\ndatadir=%s/data\nsocket=%s/my.sock\npid-file=%s/my.pid\n"
			  "tmpdir=%s\nport=%u\nbind-address=127.0.0.1\nskip-name-resolve\nserver-id=%u\nlog-bin=bin\n"
			  "log-error=%s/error.log\n"
			  "general-log=1\ngeneral-log-file=%s/general.log\nslow-query-log=1\nlong-query-time=0\n"
			  "slow-query-log-file=%s/slow.log\nlog-slow-admin-statements=1\n"
			  "innodb-buffer-pool-size=16M\ninnodb-log-file-size=8M\ninnodb-flush-log-at-trx-commit=0\n"
			  "innodb-use-native-aio=0\naria-pagecache-buffer-size=1M\nperformance-schema=0\n"
			  "plugin-load-add=auth_ed25519\n%s\n", s->folder, s->folder, s->folder, s->folder, s->port,
			  s->port, s->folder, s->folder, s->folder, extra ? extra : "");
	(void) snprintf(path, sizeof(path), "%s/my.cnf", s->folder);
	if (fs_write_atomic(path, conf.data, conf.len, 0600, &e) < 0 || stat(s->folder, &st) < 0 ||
	    (geteuid() == 0 && chown(path, st.st_uid, st.st_gid) < 0)) {
		fprintf(stderr, "service mariadb: my.cnf: %s\n", e.text);
		return -1;
	}
	return 0;
}

static int make_template(void)
{
	char defaults[300];

	if (template_.folder[0])
		return 0;
	template_ = (struct service){ .kind = &service_mariadb };
	if (service_folder(&template_, "mariadb-template") < 0 || write_conf(&template_, NULL) < 0)
		return -1;
	if (atexit(end_of_template) != 0)
		return -1;
	/* The whole path: the server reads the file again from inside its data folder. */
	(void) snprintf(defaults, sizeof(defaults), "--defaults-file=%s/my.cnf", template_.folder);
	return service_run(&template_, (const char *const[]){ "mariadb-install-db", defaults, "--skip-test-db",
			"--auth-root-authentication-method=normal", NULL }, NULL) == 0 ? 0 : -1;
}

static unsigned dial(const struct service *s, const char *user, const char *password, bool socket, MYSQL **ret)
{
	unsigned limit = ANSWER_S, protocol = socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP, number;
	MYSQL *c = mysql_init(NULL);
	char path[300];

	(void) snprintf(path, sizeof(path), "%s/my.sock", s->folder);
	mysql_optionsv(c, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_optionsv(c, MYSQL_OPT_CONNECT_TIMEOUT, &limit);
	mysql_optionsv(c, MYSQL_OPT_READ_TIMEOUT, &limit);
	mysql_optionsv(c, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(c, socket ? NULL : "127.0.0.1", user, password, NULL, s->port, socket ? path : NULL,
			       0)) {
		*ret = c;
		return 0;
	}
	number = mysql_errno(c);
	mysql_close(c);
	return number ? number : 1;
}

static unsigned ask(MYSQL *c, char *ret, size_t size, const char *sql)
{
	MYSQL_RES *res;
	MYSQL_ROW row;

	if (mysql_query(c, sql) != 0)
		return mysql_errno(c);
	res = mysql_store_result(c);
	if (!res)
		return mysql_errno(c);
	row = mysql_fetch_row(res);
	if (ret)
		(void) snprintf(ret, size, "%s", row && row[0] ? row[0] : "");
	mysql_free_result(res);
	return 0;
}

static void hang_up(MYSQL **c)
{
	if (*c)
		mysql_close(*c);
}

unsigned service_mariadb_ask(struct service *s, char *ret, size_t size, const char *sql)
{
	_cleanup_(hang_up) MYSQL *c = NULL;
	unsigned number = dial(s, s->admin_user, s->admin_password, false, &c);

	return number ? number : ask(c, ret, size, sql);
}

void service_mariadb_do(struct service *s, const char *sql)
{
	unsigned number = service_mariadb_ask(s, NULL, 0, sql);

	if (number == 0)
		return;
	fprintf(stderr, "service mariadb: error %u for: %s\n", number, sql);
	abort();
}

static bool is_up(struct service *s)
{
	_cleanup_(hang_up) MYSQL *c = NULL;

	return dial(s, "root", "", true, &c) == 0;
}

/* The install's four root accounts have no password; only a test of that trap wants them. */
static int make_accounts(struct service *s, const char *password)
{
	_cleanup_(hang_up) MYSQL *c = NULL;
	_cleanup_(buf_free) struct buf sql = BUF_INIT(2000);
	char admin[42], app[42];
	const char *p;

	service_mariadb_hash(s->admin_password, admin);
	service_mariadb_hash(password, app);
	(void) buf_printf(&sql, "GRANT ALL ON *.* TO boss@'%%' IDENTIFIED BY PASSWORD '%s' WITH GRANT OPTION;"
			  "CREATE USER app@'%%' IDENTIFIED BY PASSWORD '%s', app@'10.%%' IDENTIFIED BY PASSWORD '%s';"
			  "CREATE DATABASE shop;CREATE TABLE shop.orders (id INT PRIMARY KEY, note TEXT) ENGINE=InnoDB;"
			  "CREATE TABLE shop.people (id INT PRIMARY KEY, user_password VARCHAR(100)) ENGINE=InnoDB;"
			  "GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO app@'%%';", admin, app, app);
	if (dial(s, "root", "", true, &c) != 0)
		return -1;
	for (p = buf_text(&sql); *p;) {
		const char *end = strchr(p, ';');
		_cleanup_(freep) char *one = mem_dupn(p, (size_t)(end - p));

		if (ask(c, NULL, 0, one) != 0) {
			fprintf(stderr, "service mariadb: %s: %s\n", one, mysql_error(c));
			return -1;
		}
		p = end + 1;
	}
	return ask(c, NULL, 0, "DELETE FROM mysql.global_priv WHERE User = 'root'") ||
	       ask(c, NULL, 0, "FLUSH PRIVILEGES") ? -1 : 0;
}

int service_mariadb_start(struct service *s, const char *password, const char *extra)
{
	char from[300], to[300], defaults[300];

	*s = (struct service){ .kind = &service_mariadb, .user = "app", .admin_user = "boss",
			       .port = service_free_port() };
	service_password(s->admin_password);
	(void) snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", s->port);
	if (make_template() < 0 || service_folder(s, "mariadb") < 0 || write_conf(s, extra) < 0)
		return -1;
	(void) snprintf(from, sizeof(from), "%s/data", template_.folder);
	(void) snprintf(to, sizeof(to), "%s/data", s->folder);
	(void) snprintf(defaults, sizeof(defaults), "--defaults-file=%s/my.cnf", s->folder);
	if (service_run(s, (const char *const[]){ "cp", "-a", from, to, NULL }, NULL) == 0 &&
	    service_spawn(s, (const char *const[]){ "mariadbd", defaults, NULL }, is_up) == 0 &&
	    make_accounts(s, password) == 0)
		return 0;
	service_kill(s);
	return -1;
}

static int start(struct service *s, const char *password)
{
	return service_mariadb_start(s, password, NULL);
}

static int pause_(struct service *s)
{
	return kill(s->pid, SIGSTOP);
}

static int resume(struct service *s)
{
	return kill(s->pid, SIGCONT);
}

unsigned service_mariadb_login(struct service *s, const char *user, const char *password)
{
	_cleanup_(hang_up) MYSQL *c = NULL;

	return dial(s, user, password, false, &c);
}

static bool login(struct service *s, const char *user, const char *password)
{
	return service_mariadb_login(s, user, password) == 0;
}

static struct service_session *session(struct service *s, const char *user, const char *password)
{
	struct service_session *x = mem_zero(1, sizeof(*x));

	if (dial(s, user, password, false, &x->c) == 0)
		return x;
	free(x);
	return NULL;
}

unsigned service_mariadb_in(struct service_session *x, const char *sql)
{
	return ask(x->c, NULL, 0, sql);
}

static bool session_alive(struct service_session *x)
{
	return ask(x->c, NULL, 0, "SELECT 1") == 0;
}

static void session_end(struct service_session *x)
{
	mysql_close(x->c);
	free(x);
}

static int set(struct service *s, const char *first, const char *second)
{
	char sql[1000], via[400], one[42], two[42];

	service_mariadb_hash(first, one);
	service_mariadb_hash(second ? second : first, two);
	(void) snprintf(via, sizeof(via), "IDENTIFIED VIA mysql_native_password USING '%s'%s%s%s", one,
			second ? " OR mysql_native_password USING '" : "", second ? two : "", second ? "'" : "");
	(void) snprintf(sql, sizeof(sql), "ALTER USER app@'%%' %s, app@'10.%%' %s ACCOUNT UNLOCK", via, via);
	return service_mariadb_ask(s, NULL, 0, sql) == 0 ? 0 : -1;
}

static bool logged(struct service *s, const char *text)
{
	static const char *const files[] = { "general.log", "slow.log", "error.log", "log" };
	_cleanup_(strv_free) struct strv binary = STRV_INIT;
	struct err e = ERR_INIT;
	char path[600], folder[300];

	service_mariadb_do(s, "FLUSH LOCAL LOGS");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void) snprintf(path, sizeof(path), "%s/%s", s->folder, files[i]);
		if (service_file_has(path, text))
			return true;
	}
	(void) snprintf(folder, sizeof(folder), "%s/data", s->folder);
	if (fs_list(folder, "", 10000, &binary, &e) < 0)
		abort();
	for (size_t i = 0; i < binary.n; i++) {
		(void) snprintf(path, sizeof(path), "%s/%s", folder, binary.s[i]);
		if (strncmp(binary.s[i], "bin.0", 5) == 0 && service_file_has(path, text))
			return true;
	}
	return false;
}

const struct service_kind service_mariadb = {
	.driver = "mariadb", .start = start, .stop = service_kill, .pause = pause_, .resume = resume, .login = login,
	.session = session, .session_alive = session_alive, .session_end = session_end, .set = set, .logged = logged,
};
