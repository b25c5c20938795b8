/* The one reader of sockets: what netlink says is what the kernel's tables say, and a refusal of netlink is told. */
#include "base/fs.h"
#include "base/mem.h"
#include "scout/sockets.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define MINE_MAX 32

/* Sockets that one of our ends is part of: others come and go meanwhile, and wait long with ports that we get. */
struct mine {
	struct in_addr address;
	uint16_t ports[3]; size_t n_ports;
	struct socket_seen list[MINE_MAX]; size_t n;
	char tcp_from[40], why[300], unread[300];
	int calls, stop_at;
};

/* Of 127.0.0.0/8, of this process alone. */
static struct in_addr own_address(void)
{
	return (struct in_addr){ htonl(0x7f400000u | ((uint32_t)getpid() & 0xfffffu) << 1 | 1u) };
}

static bool is_mine(const struct mine *m, const struct socket_seen *s, uint16_t port)
{
	char text[46];

	if (s->six)
		return port == s->local_port && s->listening;
	(void)inet_ntop(AF_INET, &m->address, text, sizeof(text));
	return (port == s->local_port && !strcmp(s->local, text)) ||
	       (port == s->remote_port && !strcmp(s->remote, text));
}

static int each(const struct socket_seen *s, void *arg)
{
	struct mine *m = arg;

	m->calls++;
	for (size_t i = 0; i < m->n_ports; i++)
		if (is_mine(m, s, m->ports[i]) && m->n < MINE_MAX) {
			m->list[m->n++] = *s;
			break;
		}
	return m->stop_at && m->calls == m->stop_at;
}

static void from(const char *kind, const char *by, const char *why, void *arg)
{
	struct mine *m = arg;

	if (strcmp(kind, "tcp") != 0)
		return;
	(void)snprintf(m->tcp_from, sizeof(m->tcp_from), "%s", by);
	(void)snprintf(m->why, sizeof(m->why), "%s", why ? why : "");
}

static void unread(const char *path, const char *why, void *arg)
{
	struct mine *m = arg;

	(void)snprintf(m->unread, sizeof(m->unread), "%s %s", path, why);
}

static void list(const char *root, struct mine *m)
{
	struct scout_out o;

	scout_out_begin(&o, -1, root);
	sockets_list(&o, &(struct sockets_asker){ .each = each, .from = from, .unread = unread, .arg = m });
	scout_out_end(&o);
}

static void list_flows(struct mine *m)
{
	struct scout_out o = { .root = "", .fd = -1, .deadline_us = INT64_MAX };

	assert_int_equal(sockets_each(&o, each, m, NULL), 0);
}

static int bound(int family, int type, uint16_t *ret_port)
{
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr = own_address() };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr *a = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, a, len), 0);
	assert_int_equal(getsockname(fd, a, &len), 0);
	*ret_port = ntohs(family == AF_INET ? four.sin_port : six.sin6_port);
	return fd;
}

static int joined(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr = own_address() };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static bool is_in(const struct socket_seen *s, const struct mine *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct socket_seen *x = &m->list[i];

		if (!strcmp(s->kind, x->kind) && !strcmp(s->local, x->local) && !strcmp(s->remote, x->remote) &&
		    s->local_port == x->local_port && s->remote_port == x->remote_port && s->six == x->six &&
		    s->udp == x->udp && s->listening == x->listening && s->state == x->state && s->uid == x->uid &&
		    s->inode == x->inode)
			return true;
	}
	return false;
}

static size_t of_state(const struct mine *m, const char *kind, unsigned state)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += !strcmp(m->list[i].kind, kind) && m->list[i].state == state;
	return n;
}

/* A listener, a connection, one that was ended by us (it waits), a listener of IPv6, a UDP socket. */
static void netlink_and_the_tables_say_the_same(void **state _unused_)
{
	struct mine net = { .address = own_address(), .n_ports = 3 }, table, flows;
	int four = bound(AF_INET, SOCK_STREAM, &net.ports[0]), six = bound(AF_INET6, SOCK_STREAM, &net.ports[1]);
	int udp = bound(AF_INET, SOCK_DGRAM, &net.ports[2]), one, two, taken[2];
	char end;

	assert_int_equal(listen(four, 5), 0);
	assert_int_equal(listen(six, 5), 0);
	one = joined(net.ports[0]);
	two = joined(net.ports[0]);
	taken[0] = accept(four, NULL, NULL);
	taken[1] = accept(four, NULL, NULL);
	close(two);
	assert_int_equal(read(taken[1], &end, 1), 0);
	close(taken[1]);
	flows = table = net;
	list("", &net);
	list("/proc/self/root", &table);

	assert_string_equal(net.tcp_from, "netlink");
	assert_string_equal(table.tcp_from, "/proc/net/tcp");
	assert_string_equal(net.unread, "");
	assert_string_equal(table.unread, "");
	assert_int_equal(of_state(&net, "tcp", 10), 1);
	assert_int_equal(of_state(&net, "tcp", 1), 2);
	assert_int_equal(of_state(&net, "tcp", 6), 1);
	assert_int_equal(of_state(&net, "tcp6", 10), 1);
	assert_int_equal(of_state(&net, "udp", 7), 1);
	assert_int_equal(net.n, table.n);
	list_flows(&flows);
	/* neither what waits nor who only listens by UDP */
	assert_int_equal(flows.n, net.n - 2);
	for (size_t i = 0; i < flows.n; i++)
		assert_true(is_in(&flows.list[i], &net));
	for (size_t i = 0; i < net.n; i++)
		if (!is_in(&net.list[i], &table))
			fail_msg("%s %s:%u is in netlink's list only", net.list[i].kind, net.list[i].local,
				 net.list[i].local_port);
	(void)close(four), (void)close(six), (void)close(udp), (void)close(one), (void)close(taken[0]);
}

/* From here on this process gets no socket of netlink. */
static void refuse_netlink(void)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { .len = ARRAY_SIZE(steps), .filter = steps };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(9);
}

static void where_netlink_is_refused_the_table_is_read_and_that_is_said(void **state _unused_)
{
	struct mine m = { .address = own_address(), .n_ports = 1 };
	int fd = bound(AF_INET, SOCK_STREAM, &m.ports[0]), status;

	assert_int_equal(listen(fd, 1), 0);
	pid_t child = fork();

	if (child == 0) {
		refuse_netlink();
		list("", &m);

		struct mine flows = { .address = m.address, .n_ports = 1, .ports = { m.ports[0] } };

		list_flows(&flows);
		if (of_state(&flows, "tcp", 10) != 1)
			_exit(5);
		_exit(strcmp(m.tcp_from, "/proc/net/tcp") != 0 ? 1 : !strstr(m.why, "Permission denied") ? 2 :
		      of_state(&m, "tcp", 10) != 1 ? 3 : *m.unread ? 4 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(fd);
}

/* The kernel ends such a list like any other one, with its reason in the last message. */
static void a_kind_that_this_kernel_cannot_list_is_no_empty_list(void **state _unused_)
{
	const struct socket_kind none = { "none", NULL, AF_INET, 254 };
	struct mine m = { 0 };
	struct err e = ERR_INIT;

	assert_true(sockets_dump(&none, UINT32_MAX, each, &m, &e) < 0);
	assert_non_null(strstr(e.text, "the kernel does not list its connections: "));
	assert_int_equal(m.calls, 0);
}

static void whoever_has_enough_is_asked_no_more(void **state _unused_)
{
	struct mine m = { .n_ports = 1, .stop_at = 1 };
	int fd = bound(AF_INET, SOCK_STREAM, &m.ports[0]);

	assert_int_equal(listen(fd, 1), 0);
	list("", &m);
	assert_int_equal(m.calls, 1);
	m = (struct mine){ .stop_at = 1 };
	list("/proc/self/root", &m);
	assert_int_equal(m.calls, 1);
	close(fd);
}

static void a_table_that_is_not_there_is_told_but_of_ipv6(void **state _unused_)
{
	char folder[] = "/tmp/firebreak-sockets-XXXXXX";
	struct mine m = { 0 };

	assert_non_null(mkdtemp(folder));
	_cleanup_(freep) char *net = fs_join(folder, "proc/net");

	assert_int_equal(fs_mkdirs(net, 0755, NULL), 0);
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(freep) char *path = mem_printf("%s/%s", net, (const char *[]){ "tcp", "udp", "raw" }[i]);

		list(folder, &m);
		assert_string_not_equal(m.unread, "");
		m.unread[0] = '\0';
		assert_int_equal(fs_write_atomic(path, "head\n", 5, 0644, NULL), 0);
	}
	list(folder, &m);
	assert_string_equal(m.unread, "");
	assert_int_equal(fs_remove_tree(folder, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netlink_and_the_tables_say_the_same),
		cmocka_unit_test(where_netlink_is_refused_the_table_is_read_and_that_is_said),
		cmocka_unit_test(a_kind_that_this_kernel_cannot_list_is_no_empty_list),
		cmocka_unit_test(whoever_has_enough_is_asked_no_more),
		cmocka_unit_test(a_table_that_is_not_there_is_told_but_of_ipv6),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
