#include "base/secret.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct secret {
	char *bytes;     /* from sodium_malloc; unreadable while *loans is 0 */
	size_t len;      /* without the NUL behind the value */
	unsigned *loans; /* behind a pointer: lending changes no value, so it takes a const secret */
};

static _Noreturn void die(const char *why)
{
	ssize_t ignored _unused_ = write(STDERR_FILENO, why, strlen(why));

	abort();
}

int secret_init(struct err *e)
{
	const struct rlimit none = { 0, 0 };

	if (sodium_init() < 0)
		return err_set(e, ERR_IO, "libsodium does not start on this machine");
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return err_errno(e, "forbid core dumps");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_errno(e, "forbid other processes to read our memory");
	return 0;
}

/* Locked memory of this process in kB; -1 when the kernel does not tell. */
static long locked_kb(void)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';

	const char *line = strstr(text, "\nVmLck:");

	return line ? strtol(line + strlen("\nVmLck:"), NULL, 10) : -1;
}

bool secret_is_locked(void)
{
	size_t size = 4 * (size_t)sysconf(_SC_PAGESIZE);
	long before = locked_kb();
	void *probe = sodium_malloc(size);
	if (!probe)
		return false;
	long after = locked_kb();

	sodium_free(probe);
	return before >= 0 && after - before >= (long)(size / 1024);
}

static struct secret *new_open(size_t len)
{
	struct secret *s = mem_zero(1, sizeof(*s));

	s->loans = mem_zero(1, sizeof(*s->loans));
	s->len = len;
	s->bytes = sodium_malloc(len + 1);
	if (!s->bytes)
		die("firebreak: out of memory for secret values\n");
	s->bytes[len] = '\0';
	return s;
}

static void shut(const struct secret *s)
{
	if (sodium_mprotect_noaccess(s->bytes) != 0)
		die("firebreak: cannot close the pages of a secret value\n");
}

static const char *borrow(const struct secret *s)
{
	if ((*s->loans)++ == 0 && sodium_mprotect_readonly(s->bytes) != 0)
		die("firebreak: cannot open the pages of a secret value\n");
	return s->bytes;
}

static void give_back(const struct secret *s)
{
	if (--*s->loans == 0)
		shut(s);
}

static int check_len(size_t len, struct err *e)
{
	if (len == 0)
		return err_set(e, ERR_CONFIG, "a secret value is empty: it must have at least one byte");
	if (len > SECRET_MAX)
		return err_set(e, ERR_LIMIT, "a secret value has %zu bytes: at most %zu are accepted", len, SECRET_MAX);
	return 0;
}

int secret_take(char *bytes, size_t len, struct secret **ret, struct err *e)
{
	int r = check_len(len, e);
	if (r == 0) {
		struct secret *s = new_open(len);

		memcpy(s->bytes, bytes, len);
		shut(s);
		*ret = s;
	}
	if (len)
		explicit_bzero(bytes, len);
	return r;
}

struct secret *secret_copy(const struct secret *s)
{
	struct secret *copy = new_open(s->len);

	memcpy(copy->bytes, borrow(s), s->len);
	give_back(s);
	shut(copy);
	return copy;
}

int secret_alphabet(const char *alphabet, struct err *e)
{
	size_t n = strlen(alphabet);
	bool seen[128] = { false };

	if (n < 2 || n > 94)
		return err_set(e, ERR_CONFIG, "an alphabet of %zu characters: 2 to 94 are accepted", n);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)alphabet[i];

		if (c <= ' ' || c > '~')
			return err_set(e, ERR_CONFIG, "the alphabet has a character that is not printable ASCII");
		if (seen[c])
			return err_set(e, ERR_CONFIG, "the alphabet has '%c' twice", c);
		seen[c] = true;
	}
	return 0;
}

int secret_random(size_t len, const char *alphabet, struct secret **ret, struct err *e)
{
	size_t n = strlen(alphabet);
	int r = len < 8 || len > 512 ?
		err_set(e, ERR_CONFIG, "a random value of %zu characters: 8 to 512 are accepted", len) :
		secret_alphabet(alphabet, e);

	if (r != 0)
		return r;

	struct secret *s = new_open(len);

	for (size_t i = 0; i < len; i++)
		s->bytes[i] = alphabet[randombytes_uniform((uint32_t)n)];
	shut(s);
	*ret = s;
	return 0;
}

int secret_read(int fd, size_t len, struct secret **ret, struct err *e)
{
	int r = check_len(len, e);
	if (r < 0)
		return r;

	_cleanup_(secret_freep) struct secret *s = new_open(len);

	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, s->bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(e, "read a secret value");
		if (n == 0)
			return err_set(e, ERR_IO, "a secret value ended after %zu of %zu bytes", done, len);
		done += (size_t)n;
	}
	shut(s);
	*ret = TAKE(s);
	return 0;
}

int secret_with(const struct secret *s, int (*use)(const char *bytes, size_t len, void *arg), void *arg)
{
	int r = use(borrow(s), s->len, arg);

	give_back(s);
	return r;
}

static int write_bytes(const char *bytes, size_t len, void *arg)
{
	int fd = *(int *)arg;

	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd wait = { .fd = fd, .events = POLLOUT };

			if (poll(&wait, 1, -1) < 0 && errno != EINTR)
				return -ERR_IO;
		} else if (n < 0 && errno != EINTR) {
			return -ERR_IO;
		} else if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int secret_write(const struct secret *s, int fd)
{
	const struct timespec now = { 0, 0 };
	sigset_t pipe_only, before;
	struct stat st;

	if (fstat(fd, &st) < 0 || !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		return -ERR_IO;

	/* A reader that went away is an answer for the caller, not the end of this process. */
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	if (sigprocmask(SIG_BLOCK, &pipe_only, &before) < 0)
		return -ERR_IO;

	int r = secret_with(s, write_bytes, &fd);

	if (!sigismember(&before, SIGPIPE)) {
		if (r < 0)
			(void)sigtimedwait(&pipe_only, NULL, &now);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	return r;
}

size_t secret_len(const struct secret *s)
{
	return s->len;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	if (!a || !b || a->len != b->len)
		return false;

	const char *left = borrow(a), *right = borrow(b);
	bool same = sodium_memcmp(left, right, a->len) == 0;

	give_back(a);
	give_back(b);
	return same;
}

struct secret *secret_free(struct secret *s)
{
	if (!s)
		return NULL;
	sodium_free(s->bytes); /* wipes, and ends the process when something wrote over the end */
	free(s->loans);
	free(s);
	return NULL;
}

void secret_freep(struct secret **s)
{
	*s = secret_free(*s);
}
