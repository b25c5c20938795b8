/* Who may come in: accounts, groups, and every key in a file that sshd reads. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/baseline.h"
#include "scout/lines.h"
#include <string.h>
#include <unistd.h>

#define ACCOUNTS_MAX 20000u
#define FIELDS 9

static size_t split(char *line, char *fields[FIELDS])
{
	size_t n = 0;

	for (char *rest = line, *one; n < FIELDS && (one = strsep(&rest, ":"));)
		fields[n++] = one;
	return n;
}

static int take_account(char *line, void *arg)
{
	struct baselining *b = arg;
	char *f[FIELDS];

	if (split(line, f) < 7 || !f[0][0])
		return 0;
	if (!GROW(b->accounts, b->n_accounts, b->cap_accounts, ACCOUNTS_MAX)) {
		baseline_cut(b, "more than %u accounts", ACCOUNTS_MAX);
		return 1;
	}
	b->accounts[b->n_accounts++] = (struct baseline_account){ mem_dup(f[0]), mem_dup(f[5]) };
	return 0;
}

void baseline_read_accounts(struct baselining *b)
{
	struct err e = ERR_INIT;

	if (lines_each(b->o, "/etc/passwd", take_account, b, &e) < 0)
		baseline_cut(b, "%s", e.text);
}

struct telling { struct baselining *b; uint32_t line; };

/* A name that stands twice is two items: the second one is worth a look. */
static int tell_account(char *line, void *arg)
{
	struct telling *t = arg;
	char *f[FIELDS];

	t->line++;
	if (!*line)
		return 0;
	if (split(line, f) < 7) {
		baseline_cut(t->b, "line %u of /etc/passwd is none", t->line);
		return 0;
	}
	_cleanup_(freep) char *key = mem_printf("%s (uid %s)", f[0], f[2]);

	baseline_item(t->b, key, NULL, "group %s, home %s, shell %s%s", f[3], f[5], f[6],
		      strcmp(f[1], "x") ? ", its password is in /etc/passwd" : "");
	return 0;
}

static int tell_password(char *line, void *arg)
{
	struct telling *t = arg;
	char *f[FIELDS], sum[65];

	if (split(line, f) < 2 || !f[0][0])
		return 0;
	_cleanup_(freep) char *key = mem_printf("%s: password", f[0]);

	baseline_text_sum(f[1], strlen(f[1]), sum);
	if (!f[1][0])
		baseline_item(t->b, key, NULL, "none is needed");
	else if (f[1][0] == '!' || f[1][0] == '*')
		baseline_item(t->b, key, NULL, "cannot log in by one");
	else
		baseline_item(t->b, key, sum, "has one");
	explicit_bzero(f[1], strlen(f[1]));
	return 0;
}

void baseline_accounts(struct baselining *b)
{
	struct telling t = { .b = b };
	struct err e = ERR_INIT;

	if (lines_each(b->o, "/etc/passwd", tell_account, &t, &e) < 0 ||
	    lines_each(b->o, "/etc/shadow", tell_password, &t, &e) < 0)
		baseline_cut(b, "%s", e.text);
}

static int tell_group(char *line, void *arg)
{
	struct telling *t = arg;
	char *f[FIELDS];

	if (split(line, f) < 4)
		return 0;
	_cleanup_(freep) char *key = mem_printf("%s (gid %s)", f[0], f[2]);

	baseline_item(t->b, key, NULL, "%.900s", f[3][0] ? f[3] : "nobody beside those whose own it is");
	return 0;
}

void baseline_groups(struct baselining *b)
{
	struct telling t = { .b = b };
	struct err e = ERR_INIT;

	if (lines_each(b->o, "/etc/group", tell_group, &t, &e) < 0)
		baseline_cut(b, "%s", e.text);
}

/* --- keys --- */

struct keys { struct baselining *b; const char *path; uint32_t line; struct strv seen; };

static const char *const types[] = { "ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-" };

/* Where the type of the key begins: options before it may hold anything in quotes. */
static char *key_in(char *line)
{
	bool quoted = false;

	for (char *at = line; *at; at++) {
		if (*at == '"' && (at == line || at[-1] != '\\'))
			quoted = !quoted;
		if (quoted || (at > line && at[-1] != ' ' && at[-1] != '\t'))
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			if (text_starts(at, types[i]))
				return at;
	}
	return NULL;
}

/* SHA256:..., as ssh-keygen -l says it. */
static bool fingerprint(const char *base64, size_t len, struct buf *ret)
{
	_cleanup_(buf_free) struct buf blob = BUF_INIT(32768), sum = BUF_INIT(64), text = BUF_INIT(128);
	char hex[65];

	if (text_base64_decode(&blob, base64, len) < 0 || blob.over || blob.len < 16)
		return false;
	baseline_text_sum(blob.data, blob.len, hex);
	(void)text_hex_decode(&sum, hex, strlen(hex));
	text_base64(&text, sum.data, sum.len);
	while (text.len && text.data[text.len - 1] == '=')
		text.data[--text.len] = '\0';
	return buf_printf(ret, "SHA256:%s", text.data) == 0;
}

static int take_key(char *line, void *arg)
{
	struct keys *k = arg;
	_cleanup_(buf_free) struct buf print = BUF_INIT(200), key = BUF_INIT(8000);
	char *at, sum[65];

	k->line++;
	line += strspn(line, " \t");
	if (!*line || *line == '#')
		return 0;
	at = key_in(line);
	size_t type = at ? strcspn(at, " \t") : 0;
	const char *blob = at ? at + type + strspn(at + type, " \t") : NULL;

	if (!at || !fingerprint(blob, strcspn(blob, " \t"), &print)) {
		(void)buf_printf(&key, "%s: line %u, which is no key", k->path, k->line);
		baseline_text_sum(line, strlen(line), sum);
		baseline_item(k->b, buf_text(&key), sum, "not understood");
		return 0;
	}
	(void)buf_printf(&key, "%s: %s", k->path, buf_text(&print));
	for (unsigned n = 2; strv_has(&k->seen, buf_text(&key)); n++) {
		buf_clear(&key);
		(void)buf_printf(&key, "%s: %s, time %u", k->path, buf_text(&print), n);
	}
	strv_add(&k->seen, buf_text(&key));
	baseline_text_sum(line, (size_t)(at - line), sum);
	baseline_item(k->b, buf_text(&key), at > line ? sum : NULL, "%.*s%s", (int)type, at,
		      at > line ? ", with options" : "");
	return 0;
}

static void read_keys(struct baselining *b, const char *path)
{
	_cleanup_(freep) char *full = scout_path(b->o, path);
	struct keys k = { .b = b, .path = path };
	struct err e = ERR_INIT;
	struct stat st;

	if (lstat(full, &st) < 0)
		return;
	if (S_ISLNK(st.st_mode))
		baseline_item(b, path, NULL, "a link in the place of a file of keys");
	else if (lines_each(b->o, path, take_key, &k, &e) < 0)
		baseline_cut(b, "%s", e.text);
	strv_free(&k.seen);
}

/* What sshd_config says besides, with its own words for home and name. */
struct named { struct baselining *b; struct strv patterns; };

static int take_setting(char *line, void *arg)
{
	static const char word[] = "authorizedkeysfile";
	struct named *n = arg;

	line += strspn(line, " \t");
	if (strncasecmp(line, word, strlen(word)) != 0 || !strchr(" \t=", line[strlen(word)]))
		return 0;
	for (char *rest = line + strlen(word), *one; (one = strsep(&rest, " \t=\""));)
		if (*one && strcmp(one, "none") != 0 && n->patterns.n < 32)
			strv_add(&n->patterns, one);
	return 0;
}

static void expand(const char *pattern, const struct baseline_account *a, struct buf *ret)
{
	if (pattern[0] != '/' && pattern[0] != '%')
		(void)buf_printf(ret, "%s/", a->home);
	for (const char *at = pattern; *at; at++) {
		if (*at != '%') {
			(void)buf_char(ret, *at);
			continue;
		}
		at++;
		if (*at == 'h')
			(void)buf_str(ret, a->home);
		else if (*at == 'u')
			(void)buf_str(ret, a->name);
		else if (*at == '%')
			(void)buf_char(ret, '%');
		if (!*at)
			return;
	}
}

void baseline_keys(struct baselining *b)
{
	static const char *const usual[] = { ".ssh/authorized_keys", ".ssh/authorized_keys2", "/etc/ssh/userkeys/%u",
					     "/etc/ssh/authorized_keys/%u" };
	struct named named = { .b = b };
	_cleanup_(strv_free) struct strv done = STRV_INIT, more = STRV_INIT;
	struct err e = ERR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		strv_add(&named.patterns, usual[i]);
	if (lines_each(b->o, "/etc/ssh/sshd_config", take_setting, &named, &e) < 0)
		baseline_cut(b, "%s", e.text);
	if (lines_names(b->o, "/etc/ssh/sshd_config.d", 1000, &more, NULL) == 0)
		for (size_t i = 0; i < more.n; i++) {
			_cleanup_(freep) char *path = mem_printf("/etc/ssh/sshd_config.d/%s", more.s[i]);

			(void)lines_each(b->o, path, take_setting, &named, NULL);
		}
	for (size_t i = 0; i < b->n_accounts && !baseline_late(b); i++)
		for (size_t k = 0; k < named.patterns.n; k++) {
			_cleanup_(buf_free) struct buf path = BUF_INIT(4096);

			expand(named.patterns.s[k], &b->accounts[i], &path);
			if (path.over || buf_text(&path)[0] != '/' || strv_has(&done, buf_text(&path)))
				continue;
			strv_add(&done, buf_text(&path));
			read_keys(b, buf_text(&path));
		}
	strv_free(&named.patterns);
}
