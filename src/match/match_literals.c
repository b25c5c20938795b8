#include "match/match_parts.h"
#include "base/fs.h"
#include "base/locked.h"
#include "base/mem.h"
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PART_MAX ((size_t)16)                /* of a value that stands in the automaton */
#define VALUES_MAX ((size_t)64 << 20)        /* of all values together */
#define DATABASE_MAX ((uint64_t)256 << 20)

static int told(unsigned id, unsigned long long from _unused_, unsigned long long to, unsigned flags _unused_,
		void *arg)
{
	struct matcher *m = arg;
	const struct literal_place *l = &m->literals[id];
	const struct window *w = &m->window;
	size_t before = l->skip + l->part;

	/* the rest stands in the next window, or stood in the one before */
	if (to < before || to - before + l->len > w->len)
		return 0;
	size_t at = (size_t)to - before;

	if (w->at + at + l->len > m->told && memcmp(w->text + at, l->bytes, l->len) == 0)
		hits_add(m, l->id, (uint32_t)id, w->at + at, w->at + at + l->len);
	return 0;
}

/* Without Hyperscan: one after another. */
static void one_by_one(struct matcher *m)
{
	const struct window *w = &m->window;

	for (size_t i = 0; i < m->n_literals; i++) {
		const struct literal_place *l = &m->literals[i];
		const char *end = w->text + w->len;

		for (const char *p = w->text; (p = memmem(p, (size_t)(end - p), l->bytes, l->len)); p++)
			(void)told((unsigned)i, 0, (unsigned long long)(p - w->text) + l->skip + l->part, 0, m);
	}
}

void match_literals(struct matcher *m)
{
	const struct window *w = &m->window;

	if (!m->database)
		one_by_one(m);
	else if (hs_scan(m->database, w->text, (unsigned)w->len, 0, m->scratch, told, m) != HS_SUCCESS)
		matcher_trouble(m, "Hyperscan could not look at the part at byte %llu", (unsigned long long)w->at);
	m->told = w->at + w->len;
}

/* In the child: the automaton as bytes, length first. What its making leaves in memory ends with the process. */
static _Noreturn void build(const struct matcher *m, int fd)
{
	const char **text = mem_zero(m->n_literals, sizeof(*text));
	unsigned *flags = mem_zero(m->n_literals, sizeof(*flags)), *ids = mem_zero(m->n_literals, sizeof(*ids));
	size_t *lens = mem_zero(m->n_literals, sizeof(*lens)), size = 0;
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	char *bytes = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < m->n_literals; i++) {
		text[i] = m->literals[i].bytes + m->literals[i].skip;
		lens[i] = m->literals[i].part;
		ids[i] = (unsigned)i;
	}
	if (hs_compile_lit_multi(text, flags, ids, lens, (unsigned)m->n_literals, HS_MODE_BLOCK, NULL, &database,
				 &error) != HS_SUCCESS ||
	    hs_serialize_database(database, &bytes, &size) != HS_SUCCESS)
		_exit(1);
	uint64_t head = size;

	_exit(fs_write_all(fd, &head, sizeof(head)) < 0 || fs_write_all(fd, bytes, size) < 0);
}

static int read_whole(int fd, void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = read(fd, (char *)bytes + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static int receive(struct matcher *m, int fd, struct err *e)
{
	size_t size = 0;
	uint64_t head;

	if (read_whole(fd, &head, sizeof(head)) < 0 || head == 0 || head > DATABASE_MAX)
		return err_set(e, ERR_IO, "the automaton of the values could not be built");
	char *bytes = locked_alloc((size_t)head);

	if (!bytes)
		return err_set(e, ERR_IO, "no memory for the automaton of the values");
	bool ok = read_whole(fd, bytes, (size_t)head) == 0 &&
		  hs_serialized_database_size(bytes, (size_t)head, &size) == HS_SUCCESS &&
		  (m->locked_database = locked_alloc(size)) &&
		  hs_deserialize_database_at(bytes, (size_t)head, m->locked_database) == HS_SUCCESS;

	locked_free(bytes);
	if (!ok)
		return err_set(e, ERR_IO, "the automaton of the values could not be taken over");
	m->database = m->locked_database;
	return 0;
}

/* A child of one thread among several has the locks of the others as they were, and nobody to open them: it would wait
 * for memory for ever. */
static bool is_alone(void)
{
	struct stat st;

	return stat("/proc/self/task", &st) == 0 && st.st_nlink == 3;
}

static int build_apart(struct matcher *m, struct err *e)
{
	int p[2], status = 0, r;

	if (pipe2(p, O_CLOEXEC) < 0)
		return err_errno(e, "pipe for the automaton of the values");
	pid_t pid = fork();

	if (pid == 0)
		build(m, p[1]);
	close(p[1]);
	r = pid < 0 ? err_errno(e, "the automaton of the values") : receive(m, p[0], e);
	close(p[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r;
}

struct copying { struct literal_place *l; char *to; };

static int copy(const char *bytes, size_t len, void *arg)
{
	struct copying *c = arg;

	memcpy(c->to, bytes, len);
	/* the middle: values of one kind begin alike ("-----BEGIN") */
	c->l->bytes = c->to;
	c->l->len = len;
	c->l->part = len < PART_MAX ? len : PART_MAX;
	c->l->skip = (len - c->l->part) / 2;
	return 0;
}

static int take_values(struct matcher *m, const struct literal *literals, size_t n, struct err *e)
{
	size_t total = 0;
	char *to;

	for (size_t i = 0; i < n; i++) {
		total += secret_len(literals[i].value);
		if (total > VALUES_MAX)
			return err_set(e, ERR_LIMIT, "the values have more than %zu MiB in all their forms",
				       VALUES_MAX >> 20);
	}
	m->literals = mem_zero(n, sizeof(*m->literals));
	m->locked_values = to = locked_alloc(total);
	if (!to)
		return err_set(e, ERR_IO, "no memory for the values");
	for (size_t i = 0; i < n; i++) {
		struct literal_place *l = &m->literals[m->n_literals++];

		l->id = literals[i].id;
		(void)secret_with(literals[i].value, copy, &(struct copying){ l, to });
		to += l->len;
		if (l->len + 1 > m->keep)
			m->keep = l->len + 1;
	}
	return 0;
}

int matcher_open_literals(const struct literal *literals, size_t n, struct matcher **ret, struct err *e)
{
	_cleanup_(matcher_freep) struct matcher *m = mem_zero(1, sizeof(*m));

	if (n == 0 || n > MATCH_LITERALS_MAX)
		return err_set(e, n ? ERR_LIMIT : ERR_CONFIG, "%zu values to look for: 1 to %u are taken", n,
			       MATCH_LITERALS_MAX);
	if (!is_alone())
		return err_set(e, ERR_BUG, "the automaton of the values is built before any thread starts");
	int r = take_values(m, literals, n, e);
	if (r == 0 && match_trusted())
		r = build_apart(m, e);
	if (r == 0 && m->database)
		r = match_scratch(m, e);
	if (r == 0)
		*ret = TAKE(m);
	return r;
}
