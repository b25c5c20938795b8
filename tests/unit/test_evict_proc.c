/* Whose sessions of ssh run, by what a folder that stands for a host says of its processes. */
#include "base/digest.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/scout.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/firebreak-evict-XXXXXX", fingerprint[SSHKEY_FINGERPRINT];

static void put(const char *name, const char *text, size_t len)
{
	_cleanup_(freep) char *path = fs_join(folder, name), *parent = mem_dup(path);

	*strrchr(parent, '/') = '\0';
	assert_int_equal(fs_mkdirs(parent, 0755, NULL), 0);
	assert_int_equal(fs_write_atomic(path, text, len, 0644, NULL), 0);
}

static void child(int parent, int pid, const char *name, const char *title, unsigned uid)
{
	_cleanup_(freep) char *of = mem_printf("proc/%d/stat", pid), *status = mem_printf("proc/%d/status", pid),
		*cmdline = mem_printf("proc/%d/cmdline", pid);
	_cleanup_(freep) char *line = mem_printf("%d (%s) S %d 0 %d 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0",
						 pid, name, parent, pid, pid);
	_cleanup_(freep) char *uids = mem_printf("Name:\tx\nUid:\t%u\t%u\t%u\t%u\n", uid, uid, uid, uid);

	put(of, line, strlen(line));
	put(status, uids, strlen(uids));
	put(cmdline, title, strlen(title) + 1);
}

static void process(int pid, const char *name, const char *title, unsigned uid)
{
	child(1, pid, name, title, uid);
}

static void environment(int pid, const char *one, const char *two)
{
	_cleanup_(freep) char *path = mem_printf("proc/%d/environ", pid);
	_cleanup_(buf_free) struct buf b = BUF_INIT(1000);

	assert_int_equal(buf_add(&b, one, strlen(one) + 1), 0);
	if (two)
		assert_int_equal(buf_add(&b, two, strlen(two) + 1), 0);
	put(path, b.data, b.len);
}

/* A connection from 10.0.0.9, of which the kernel's list says this number. */
static void holds(int pid, int inode)
{
	_cleanup_(freep) char *fds = mem_printf("%s/proc/%d/fd", folder, pid), *one = fs_join(fds, "4"),
		*to = mem_printf("socket:[%d]", inode);

	assert_int_equal(fs_mkdirs(fds, 0755, NULL), 0);
	assert_int_equal(symlink(to, one), 0);
}

static int begin(void **state _unused_)
{
	char blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	_cleanup_(buf_free) struct buf b = BUF_INIT(200);
	static const char passwd[] = "root:x:0:0::/root:/bin/sh\nalice:x:4001:4001::/home/alice:/bin/sh\n"
		"bob:x:4002:4002::/home/bob:/bin/sh\n";

	(void)memcpy(strrchr(folder, '-') + 1, "XXXXXX", 6);
	memset(blob + 19, 7, 32);
	text_base64(&b, blob, sizeof(blob));
	if (!sshkey_fingerprint(b.data, b.len, fingerprint) || !mkdtemp(folder))
		return -1;
	put("etc/passwd", passwd, strlen(passwd));
	return 0;
}

static int end(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static json_t *look(void)
{
	_cleanup_(freep) char *path = fs_join(folder, "answers");
	_cleanup_(freep) char *request = mem_printf("{\"v\":1,\"limit_ms\":20000,\"do\":{\"evict\":{"
		"\"phase\":\"look\","
		"\"incident\":1,\"users\":[{\"name\":\"alice\"}],\"keys\":[{\"fingerprint\":\"%s\"}]}}}", fingerprint);
	_cleanup_(buf_free) struct buf text = BUF_INIT(16 << 20);
	struct scout_out o;
	struct err e = ERR_INIT;
	json_t *all = json_array(), *line;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	scout_out_begin(&o, fd, folder);
	scout_serve(request, strlen(request), &o);
	scout_out_end(&o);
	close(fd);
	assert_int_equal(fs_read(path, &text, &e), 0);
	for (const char *at = buf_text(&text), *stop; (stop = strchr(at, '\n')); at = stop + 1) {
		assert_int_equal(json_read("answer", at, (size_t)(stop - at), SCOUT_LINE_MAX, &line, &e), 0);
		json_array_append_new(all, line);
	}
	return all;
}

/* Why this process is theirs; NULL: it is not. */
static const char *because(const json_t *all, int pid)
{
	const json_t *left = json_object_get(json_object_get(json_array_get(all, json_array_size(all) - 1), "evict"),
					     "left");
	_cleanup_(freep) char *number = mem_printf("%d ", pid);

	assert_true(json_is_array(left));
	for (size_t i = 0; i < json_array_size(left); i++) {
		const char *where = json_str(json_array_get(left, i), "where");

		if (!strcmp(json_str(json_array_get(left, i), "what"), "process") && text_starts(where, number))
			return strchr(where, '(') + 1;
	}
	return NULL;
}

/* Why it is not known who opened what; NULL: nothing is told of it. */
static const char *unread(const json_t *all, const char *what)
{
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *one = json_array_get(all, i);
		const char *of = json_str(one, "type") && !strcmp(json_str(one, "type"), "unread") ?
			json_str(one, "what") : NULL;

		if (of && text_starts(of, what))
			return json_str(one, "why");
	}
	return NULL;
}

static void is_unknown(const json_t *all, const char *what)
{
	const char *why = unread(all, what);

	if (!why || !strstr(why, "tells by which key"))
		fail_msg("'%s' is not told: %s", what, why ? why : "nothing");
}

static void is_because(const json_t *all, int pid, const char *expected)
{
	const char *why = because(all, pid);

	if (!why || !text_starts(why, expected))
		fail_msg("process %d: expected '%s', got '%s'", pid, expected, why ? why : "not theirs");
}

static void a_session_is_known_by_each_name_that_sshd_has_had(void **state _unused_)
{
	process(100, "sshd", "sshd: alice [priv]", 0);
	process(101, "sshd-session", "sshd-session: alice [priv]", 0);
	process(102, "sshd-session", "sshd-session: alice@pts/0", 0);
	process(103, "sshd-auth", "sshd-auth: alice [net]", 0);
	process(104, "sshd-session", "sshd-session: bob [priv]", 0);
	process(105, "sshd-session", "sshd-session: alicent [priv]", 0);
	process(106, "bash", "sshd-session: alice [priv]", 0);
	process(107, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 0);

	_cleanup_(json_freep) json_t *all = look();

	for (int pid = 100; pid <= 103; pid++)
		is_because(all, pid, "session of the account");
	for (int pid = 104; pid <= 107; pid++)
		assert_null(because(all, pid));
}

static void a_session_of_the_key_is_found_by_its_connection_in_the_log(void **state _unused_)
{
	static const char tcp[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		"   0: 0100000A:0016 0900000A:115C 01 00000000:00000000 00:00000000 00000000     0        0 77 1\n"
		"   1: 0100000A:0016 0900000A:115D 01 00000000:00000000 00:00000000 00000000     0        0 78 1\n";
	static const char six[] =
		"  sl  local_address remote_address st tx rx tr tm->when\n"
		"   0: 0000000000000000FFFF00000100000A:0016 0000000000000000FFFF00000900000A:115E 01 "
		"00000000:00000000 00:00000000 00000000     0        0 79 1\n";
	_cleanup_(freep) char *log = mem_printf(
		"Nov 27 05:00:00 h1 sshd-session[200]: Accepted publickey for bob from 10.0.0.9 port 4444 ssh2: "
		"ED25519 %s\n"
		"Nov 27 05:00:00 h1 sshd-session[202]: Accepted publickey for bob from 10.0.0.9 port 4446 ssh2: "
		"ED25519 %s\n", fingerprint, fingerprint);

	put("proc/net/tcp", tcp, strlen(tcp));
	put("proc/net/tcp6", six, strlen(six));
	put("proc/net/udp", "head\n", 5);
	put("var/log/auth.log", log, strlen(log));
	for (int i = 0; i < 3; i++) {
		_cleanup_(freep) char *fds = mem_printf("%s/proc/%d/fd", folder, 200 + i);
		_cleanup_(freep) char *one = fs_join(fds, "4"), *to = mem_printf("socket:[%d]", 77 + i);

		process(200 + i, "sshd-session", "sshd-session: bob [priv]", 0);
		assert_int_equal(fs_mkdirs(fds, 0755, NULL), 0);
		assert_int_equal(symlink(to, one), 0);
	}

	_cleanup_(json_freep) json_t *all = look();

	is_because(all, 200, "connection of the key");
	is_because(all, 202, "connection of the key");        /* its socket is of both families */
	assert_null(because(all, 201));
}

/* Ports 4001 to 4009 at 10.0.0.9, by sockets 1 to 9. */
static void nine_connections(void)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(4096);

	(void)buf_str(&b, "  sl  local_address rem_address   st\n");
	for (unsigned i = 1; i <= 9; i++)
		(void)buf_printf(&b, "   %u: 0100000A:0016 0900000A:%04X 01 00000000:00000000 00:00000000 00000000 "
				 "    0        0 %u 1\n", i, 4000 + i, i);
	put("proc/net/tcp", b.data, b.len);
	put("proc/net/tcp6", "head\n", 5);
	put("proc/net/udp", "head\n", 5);
}

/* sshd separates no privileges for root: one process serves a session of root's, and nothing else of sshd's does. */
static void a_session_of_which_nothing_tells_the_key_is_not_known(void **state _unused_)
{
	nine_connections();
	process(300, "sshd", "sshd: root@pts/0", 0);
	process(301, "sshd", "sshd: root@notty", 0);
	process(302, "sshd-session", "sshd-session: root", 0);
	process(303, "sshd", "sshd: bob [priv]", 0);
	child(303, 304, "sshd", "sshd: bob@pts/1", 4002);
	process(305, "sshd", "sshd: root [priv]", 0);                 /* somebody tries */
	child(305, 306, "sshd", "sshd: root [net]", 106);
	process(307, "sshd", "sshd: [accepted]", 0);
	process(308, "sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", 0);
	child(301, 309, "sshd", "sshd: root@notty", 0);               /* internal-sftp */
	for (int i = 0; i < 4; i++)
		holds(300 + i, 1 + i);
	holds(304, 4);
	holds(305, 5);
	child(300, 310, "bash", "-bash", 0);
	environment(310, "SSH_CONNECTION=10.0.0.9 4001 10.0.0.1 22", NULL);
	process(311, "sleep", "sleep 1000", 0);
	environment(311, "SSH_CONNECTION=10.0.0.9 4321 10.0.0.1 22", NULL);
	process(312, "sleep", "sleep 1000", 4002);
	environment(312, "PATH=/bin", "SSH_CONNECTION=10.0.0.9 4321 10.0.0.1 22");
	process(313, "sshd", "sshd: bob [priv]", 0);                  /* its connection is none that we can see */
	process(314, "sleep", "sleep 1000", 0);

	_cleanup_(json_freep) json_t *all = look();
	const json_t *done = json_object_get(json_array_get(all, json_array_size(all) - 1), "evict");
	static const char *const told[] = {
		"session of 'root@pts/0' from 10.0.0.9 (process 300)",
		"session of 'root@notty' from 10.0.0.9 (process 301)",
		"session of 'root' from 10.0.0.9 (process 302)",
		"session of 'bob [priv]' from 10.0.0.9 (process 303)",
		"session of 'bob [priv]' from an address that is not known (process 313)",
	};

	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		is_unknown(all, told[i]);
	if (!unread(all, "process 311 (sleep) and 1 more from 10.0.0.9"))
		is_unknown(all, "process 312 (sleep) and 1 more from 10.0.0.9");
	/* nothing of the others */
	assert_int_equal(json_int(done, "unread", 0), ARRAY_SIZE(told) + 1);
}

static void a_session_that_a_log_or_its_own_file_tells_of_is_known(void **state _unused_)
{
#define BY(port) " from 10.0.0.9 port " port " ssh2"
#define KEY ": ED25519 SHA256:other"
#define HEAD "Nov 27 05:00:00 h1 sshd[9]: "
	static const char bare[] = "Accepted publickey for root" BY("4001") KEY "\r\n";
	static const char old[] = HEAD "Accepted publickey for bob" BY("4002") KEY "\n";
	static const char last[] = HEAD "Accepted password for root" BY("4003") "\n"
		HEAD "Accepted publickey for bob" BY("4006") KEY "\n"
		HEAD "Accepted publickey for bob" BY("4999") KEY "\n";
	static const char password[] = "password\n";
	static const char certificate[] = "publickey ssh-ed25519-cert-v01@openssh.com AAAA\n";

	nine_connections();
	put("var/log/sshd", bare, strlen(bare));
	put("var/log/auth.log.3", old, strlen(old));
	put("var/log/auth.log", last, strlen(last));
	put("tmp/sshauth.a", password, strlen(password));
	put("tmp/sshauth.b", certificate, strlen(certificate));
	process(400, "sshd", "sshd: /usr/sbin/sshd -E /var/log/sshd [listener] 0 of 10-100 startups", 0);
	process(401, "sshd", "sshd: root@pts/0", 0);
	process(402, "sshd", "sshd: bob [priv]", 0);
	process(403, "sshd", "sshd: root@notty", 0);
	process(404, "sshd", "sshd: root@pts/1", 0);
	process(405, "sshd", "sshd: root@pts/2", 0);
	process(406, "sshd", "sshd: root@pts/3", 0);                  /* a log says that it is another's */
	for (int i = 1; i <= 6; i++)
		holds(400 + i, i);
	child(404, 414, "bash", "-bash", 0);
	environment(414, "SSH_CONNECTION=10.0.0.9 4004 10.0.0.1 22", "SSH_USER_AUTH=/tmp/sshauth.a");
	child(405, 415, "bash", "-bash", 0);
	environment(415, "SSH_CONNECTION=10.0.0.9 4005 10.0.0.1 22", "SSH_USER_AUTH=/tmp/sshauth.b");
	process(416, "sleep", "sleep 1000", 4002);
	environment(416, "SSH_CONNECTION=10.0.0.9 4999 10.0.0.1 22", NULL);

	_cleanup_(json_freep) json_t *all = look();
	const json_t *done = json_object_get(json_array_get(all, json_array_size(all) - 1), "evict");

	is_unknown(all, "session of 'root@pts/2' from 10.0.0.9 (process 405)");
	is_unknown(all, "session of 'root@pts/3' from 10.0.0.9 (process 406)");
	assert_int_equal(json_int(done, "unread", 0), 2);
}

/* Its lines have neither a time nor a process, and end as a terminal wants it. */
static void a_session_of_the_key_is_found_by_a_file_of_sshd_itself(void **state _unused_)
{
	_cleanup_(freep) char *log = mem_printf("Server listening on 10.0.0.1 port 22.\r\nAccepted publickey for root "
					       "from 10.0.0.9 port 4001 ssh2: ED25519 %s\r\n", fingerprint);

	nine_connections();
	put("var/log/sshd", log, strlen(log));
	process(500, "sshd", "/usr/sbin/sshd -D -E/var/log/sshd", 0); /* as it was called before OpenSSH 8.2 */
	process(501, "sshd", "sshd: root@pts/0", 0);
	holds(501, 1);

	_cleanup_(json_freep) json_t *all = look();

	is_because(all, 501, "connection of the key");
}

#define OVER "alice:!*:19000:0:99999:7::1:\n"
#define DEBIAN "account [success=1 new_authtok_reqd=done default=ignore]\tpam_unix.so\n"
#define DENY "account requisite pam_deny.so\naccount required pam_permit.so\n"

/* What a host without a sshd that could be asked says of alice's account, by its files alone. */
static void is_decided(const char *shadow, const char *sshd, const char *common, const char *expected)
{
	json_t *all;

	put("etc/shadow", shadow, strlen(shadow));
	put("etc/pam.d/sshd", sshd, strlen(sshd));
	put("etc/pam.d/common-account", common, strlen(common));
	all = look();

	const json_t *done = json_object_get(json_array_get(all, json_array_size(all) - 1), "evict");
	const json_t *one = json_array_get(json_object_get(done, "accounts"), 0);

	assert_string_equal(json_str(one, "account"), "alice");
	if (strcmp(json_str(one, "answer"), expected) != 0)
		fail_msg("expected '%s', got '%s': %s\n%s%s", expected, json_str(one, "answer"), json_str(one, "text"),
			 sshd, common);
	json_decref(all);
}

static void an_account_that_is_over_is_refused_where_pam_has_to_ask(void **state _unused_)
{
	static const struct { const char *shadow, *sshd, *common, *expected; } cases[] = {
		{ OVER, "auth required pam_permit.so\naccount required pam_nologin.so\n@include common-account\n",
		  DEBIAN DENY, "refused" },
		{ OVER, "account include common-account\n", "account\trequired\t/lib/security/pam_unix.so\n",
		  "refused" },
		{ OVER, "account substack common-account # x\n", "-account requisite pam_unix.so broken_shadow\n",
		  "refused" },
		{ "alice:!*:19000:0:99999:7:::\n", "@include common-account\n", DEBIAN DENY, "unknown" },
		{ "alice:*:19000:0:99999:7::1:\n", "@include common-account\n", DEBIAN DENY, "unknown" },
		{ "bob:!*:19000:0:99999:7::1:\n", "@include common-account\n", DEBIAN DENY, "unknown" },
		/* what may let in before pam_unix is asked, and what does not heed it */
		{ OVER, "account sufficient pam_sss.so\n@include common-account\n", DEBIAN DENY, "unknown" },
		{ OVER, "account [default=1] pam_x.so\n@include common-account\n", DEBIAN DENY, "unknown" },
		{ OVER, "@include common-account\n", DEBIAN "account required pam_permit.so\n", "unknown" },
		{ OVER, "@include common-account\n", "account sufficient pam_unix.so\n" DENY, "unknown" },
		{ OVER, "@include common-account\n", "account optional pam_unix.so\n", "unknown" },
		{ OVER, "@include common-account\n", "account required pam_permit.so\n", "unknown" },
		{ OVER, "@include common-account\n", "account required \\\n pam_unix.so\n", "unknown" },
		{ OVER, "@include sshd\n", "", "unknown" },
		{ OVER, "@include gone\n", "", "unknown" },
		{ OVER, "auth required pam_unix.so\n", "", "unknown" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		is_decided(cases[i].shadow, cases[i].sshd, cases[i].common, cases[i].expected);
	put("etc/passwd", "bob:x:4002:4002::/home/bob:/bin/sh\n", 35);
	is_decided(OVER, "", "", "refused");
	put("etc/passwd", "alice:*:4001:4001::/home/alice:/bin/sh\n", 39);
	is_decided(OVER, "@include common-account\n", DEBIAN DENY, "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_is_known_by_each_name_that_sshd_has_had, begin, end),
		cmocka_unit_test_setup_teardown(a_session_of_the_key_is_found_by_its_connection_in_the_log, begin, end),
		cmocka_unit_test_setup_teardown(a_session_of_which_nothing_tells_the_key_is_not_known, begin, end),
		cmocka_unit_test_setup_teardown(a_session_that_a_log_or_its_own_file_tells_of_is_known, begin, end),
		cmocka_unit_test_setup_teardown(a_session_of_the_key_is_found_by_a_file_of_sshd_itself, begin, end),
		cmocka_unit_test_setup_teardown(an_account_that_is_over_is_refused_where_pam_has_to_ask, begin, end),
	};

	return cmocka_run_group_tests_name("evict_proc", tests, NULL, NULL);
}
