/* What a program of bans reads, and whether sshd writes there: the login of this very visit has to stand in it. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strv.h"
#include "base/text.h"
#include "scout/posture_bans.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL_MAX ((off_t)4 << 20)
#define WAIT_MS 2000
#define WORDS_MAX 64u
/* What was said of a session so long ago may have been rotated away. */
#define OLD_US ((int64_t)86400 * SECOND_US)
#define READS_MAX 20u
#define SECOND_US ((int64_t)1000000)

static char *text_of(long pid, const char *file)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(8192);
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pid, file);
	return fs_read(path, &b, NULL) < 0 || !b.len ? NULL : buf_take(&b);
}

/* proc(5): the 4th and the 22nd word of "stat", behind a name that may hold anything. */
static bool stat_of(long pid, long *ret_parent, long long *ret_ticks)
{
	_cleanup_(freep) char *text = text_of(pid, "stat");
	const char *behind = text ? strrchr(text, ')') : NULL;

	return behind && sscanf(behind + 1, " %*c %ld %*s %*s %*s %*s %*s %*s %*s %*s %*s "
				"%*s %*s %*s %*s %*s %*s %*s %*s %lld", ret_parent, ret_ticks) == 2;
}

/* "sshd: root@notty", "sshd-session: root [priv]", and not the one that listens. */
static bool is_session(long pid)
{
	_cleanup_(freep) char *title = text_of(pid, "cmdline");

	return title && (text_starts(title, "sshd: ") || text_starts(title, "sshd-session: ")) &&
	       !strstr(title, "[listener]");
}

static int64_t began_us(long long ticks)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(200);
	double up;

	if (fs_read("/proc/uptime", &b, NULL) < 0 || sscanf(buf_text(&b), "%lf", &up) != 1)
		return 0;
	double age = up - (double)ticks / (double)sysconf(_SC_CLK_TCK);

	return clock_now_us() - (int64_t)(age * 1e6) - SECOND_US;
}

void posture_session_find(struct scout_out *o _unused_, struct posture_session *ret)
{
	long pid = (long)getpid(), parent;
	long long ticks;

	*ret = (struct posture_session){ .pid = 0 };
	/* the outermost: it is what wrote of the login */
	for (unsigned depth = 0; depth < 64 && pid > 1 && stat_of(pid, &parent, &ticks); depth++, pid = parent)
		if (is_session(pid))
			*ret = (struct posture_session){ .pid = pid, .start_us = began_us(ticks) };
}

static void add(json_t *list, const char *what, const char *fresh, const char *text)
{
	json_t *j;

	if (json_array_size(list) >= READS_MAX)
		return;
	j = json_object();
	json_put(j, "what", what);
	json_put(j, "fresh", fresh);
	json_put(j, "text", text);
	json_array_append_new(list, j);
}

/* false: there is no session to look for, which is said. */
static bool is_told(const struct posture_session *s, const char *what, json_t *list)
{
	if (!s->pid || !s->start_us)
		add(list, what, "untold", "this was not asked over ssh, so there is no login to look for");
	else if (clock_now_us() - s->start_us > OLD_US)
		add(list, what, "untold", "the connection over which this was asked is older than a day");
	else
		return true;
	return false;
}

/* Its last lines name the process of the session: "sshd[17]: Accepted ..." */
static bool names_session(int fd, off_t size, long pid)
{
	_cleanup_(buf_free) struct buf b = BUF_INIT(TAIL_MAX + 1);
	char old[40], new[40], bytes[8192];
	ssize_t n;

	(void)snprintf(old, sizeof(old), "sshd[%ld]:", pid);
	(void)snprintf(new, sizeof(new), "sshd-session[%ld]:", pid);
	if (lseek(fd, size > TAIL_MAX ? size - TAIL_MAX : 0, SEEK_SET) < 0)
		return false;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (buf_add(&b, bytes, (size_t)n) < 0)
			break;
	return memmem(buf_text(&b), b.len, old, strlen(old)) || memmem(buf_text(&b), b.len, new, strlen(new));
}

enum seen { SEEN, SEEN_NOT, SEEN_ODD, SEEN_NO_FILE };

static enum seen look_at(struct scout_out *o, const struct posture_session *s, const char *path)
{
	struct stat st;
	int fd = lines_open(o, path, &st);
	bool named;

	if (fd < 0)
		return SEEN_NO_FILE;
	int64_t at = st.st_mtim.tv_sec * SECOND_US + st.st_mtim.tv_nsec / 1000;

	named = at >= s->start_us && names_session(fd, st.st_size, s->pid);
	(void)close(fd);
	return named ? SEEN : at < s->start_us ? SEEN_NOT : SEEN_ODD;
}

void posture_reads_file(struct scout_out *o, const struct posture_session *s, const char *path, json_t *list)
{
	int64_t end = clock_mono_us() + WAIT_MS * (int64_t)1000;
	enum seen seen;

	if (!is_told(s, path, list))
		return;
	while ((seen = look_at(o, s, path)) != SEEN && clock_mono_us() < end)
		clock_sleep_ms(100);
	if (seen == SEEN)
		add(list, path, "yes", NULL);
	else if (seen == SEEN_NOT)
		add(list, path, "no", "nobody has written there since this login");
	else if (seen == SEEN_ODD)
		add(list, path, "untold", "something else than this login was written there");
	else
		add(list, path, "untold", "it cannot be read");
}

/* Of journalctl's options those that choose lines; others write files, or remove them. */
static bool take_option(struct strv *to, const char *const *words, size_t n, size_t *k)
{
	static const char *const with_value[] = { "-t", "-u", "-p", "--identifier", "--unit", "--priority" };
	static const char *const dropped[] = { "-n", "-o", "--lines", "--output" };
	const char *w = words[*k];

	for (size_t i = 0; i < ARRAY_SIZE(with_value); i++) {
		size_t len = strlen(with_value[i]);

		if (strncmp(w, with_value[i], len) != 0)
			continue;
		if (!w[len] && *k + 1 < n) {
			strv_add(to, w);
			strv_add(to, words[++*k]);
			return true;
		}
		if (w[len] == '=' || (w[1] != '-' && w[len])) {
			strv_add(to, w);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(dropped); i++) {
		size_t len = strlen(dropped[i]);

		if (strncmp(w, dropped[i], len) != 0)
			continue;
		if (!w[len] && *k + 1 < n)
			++*k;
		return !w[len] || w[len] == '=' || w[1] != '-';
	}
	/* -a, -b, -e, -f, -q, alone or together: follow, from this boot, show all */
	return w[1] && w[1] != '-' && w[1 + strspn(w + 1, "abefq")] == '\0';
}

/* "_COMM=sshd": sd-journal's names of fields are of capitals, digits and underscores. */
static bool is_match(const char *w)
{
	size_t len = strspn(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return len && w[len] == '=';
}

/* Each alternative of the matches for this one process only; NULL: a word that is not known here. */
static bool make_words(struct strv *argv, const char *const *words, size_t n, const char *of_session)
{
	bool has_match = false;

	for (size_t k = 0; k < n; k++) {
		if (strcmp(words[k], "+") == 0) {
			if (!has_match)
				return false;
			strv_add(argv, of_session);
			strv_add(argv, "+");
		} else if (is_match(words[k])) {
			has_match = true;
			strv_add(argv, words[k]);
		} else if (words[k][0] != '-' || !take_option(argv, words, n, &k)) {
			return false;
		}
	}
	strv_add(argv, of_session);
	return true;
}

void posture_reads_journal(struct scout_out *o, const struct posture_session *s, const char *const *words, size_t n,
			   json_t *list)
{
	static const char *const first[] = { "journalctl", "-q", "--no-pager", "-n", "1", "-o", "cat" };
	_cleanup_(strv_free) struct strv argv = STRV_INIT;
	_cleanup_(buf_free) struct buf what = BUF_INIT(300);
	int64_t end = clock_mono_us() + WAIT_MS * (int64_t)1000;
	char of_session[40], since[40], why[300] = "";
	_cleanup_(freep) char *said = NULL;

	(void)buf_str(&what, "the journal:");
	for (size_t k = 0; k < n; k++)
		(void)buf_printf(&what, " %.60s", words[k]);
	if (!is_told(s, buf_text(&what), list))
		return;
	(void)snprintf(of_session, sizeof(of_session), "_PID=%ld", s->pid);
	(void)snprintf(since, sizeof(since), "@%lld", (long long)(s->start_us / SECOND_US));
	for (size_t k = 0; k < ARRAY_SIZE(first); k++)
		strv_add(&argv, first[k]);
	strv_add(&argv, "--since");
	strv_add(&argv, since);
	if (n > WORDS_MAX || !make_words(&argv, words, n, of_session)) {
		add(list, buf_text(&what), "untold", "these words of journalctl are not understood here");
		return;
	}
	do {
		free(said);
		said = posture_run(o, (const char *const *)argv.s, 1 << 20, why);
		if (!said || *said)
			break;
		clock_sleep_ms(100);
	} while (clock_mono_us() < end);
	if (!said)
		add(list, buf_text(&what), "untold", why);
	else if (*said)
		add(list, buf_text(&what), "yes", NULL);
	else
		add(list, buf_text(&what), "no", "these words choose nothing of what sshd said of this login");
}
