/* Which key opened which account: told, and kept on the host before the first file is edited. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/sshkey.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>

#define OPENED EVICT_KEPT "/opened"
#define OPENED_MAX 1000u
#define FROM " from="

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_told(const struct evicting *v, const char *account, const char *key, const char *from)
{
	const json_t *one;
	size_t i;

	json_array_foreach(v->opened, i, one)
		if (!strcmp(json_str(one, "account"), account) && !strcmp(json_str(one, "key"), key) &&
		    is_same(json_str(one, "from"), from))
			return true;
	return false;
}

static void tell(struct evicting *v, const char *account, const struct sshkey_line *key, const char *from)
{
	_cleanup_(freep) char *line = mem_printf("%.*s %.*s", (int)key->type_len, key->type, (int)key->base64_len,
						 key->base64);
	json_t *one;

	if (is_told(v, account, line, from))
		return;
	if (json_array_size(v->opened) >= OPENED_MAX) {
		evict_unread(v, "keys", "more than 1000 of them opened accounts: the rest is not asked for");
		return;
	}
	one = json_object();
	json_put(one, "account", account);
	json_put(one, "key", line);
	json_put(one, "from", from);
	json_array_append_new(v->opened, one);
}

static bool is_evicted(const struct evicting *v, const struct sshkey_line *key)
{
	char fingerprint[SSHKEY_FINGERPRINT];

	if (!sshkey_fingerprint(key->base64, key->base64_len, fingerprint))
		return false;
	for (size_t i = 0; i < v->who.n_keys; i++)
		if (!strcmp(v->who.keys[i], fingerprint))
			return true;
	return false;
}

/* A line of the kept file is "ACCOUNT TYPE BASE64", with " from=LIST" behind it where the key is taken from there only;
 * and of whom this incident evicts or not. */
static void take_line(struct evicting *v, char *line)
{
	char *blank = strchr(line, ' '), *from = strstr(line, FROM);
	struct sshkey_line key;

	if (!blank)
		return;
	*blank = '\0';
	if (sshkey_of_line(blank + 1, strlen(blank + 1), &key) &&
	    (evicted_name(&v->who, line, strlen(line)) || is_evicted(v, &key)))
		tell(v, line, &key, from ? from + strlen(FROM) : NULL);
}

static void each_line(struct evicting *v, struct buf *text, void (*take)(struct evicting *v, char *line))
{
	if (!text->len)
		return;
	for (char *save = NULL, *line = strtok_r(text->data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		take(v, line);
}

void evict_opened_read(struct evicting *v)
{
	_cleanup_(buf_free) struct buf kept = BUF_INIT(EVICT_FILE_MAX);

	if (evict_read(v, OPENED, &kept))
		each_line(v, &kept, take_line);
}

void evict_opened_add(struct evicting *v, const char *path, const char *account)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	bool all = evicted_name(&v->who, account, strlen(account));
	struct sshkey_line key;

	if (!evict_read(v, path, &text) || !text.len)
		return;
	for (char *save = NULL, *line = strtok_r(text.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		_cleanup_(buf_free) struct buf from = BUF_INIT(EVICT_FROM_MAX);

		if (sshkey_of_line(line, strlen(line), &key) && (all || is_evicted(v, &key)))
			tell(v, account, &key, evict_from(line, strlen(line), &from) ? buf_text(&from) : NULL);
	}
}

bool evict_has_line(const char *text, const char *line)
{
	for (const char *at = text; (at = strstr(at, line)); at++)
		if (at == text || at[-1] == '\n')
			return true;
	return false;
}

/* What other incidents kept stays. */
void evict_opened_keep(struct evicting *v)
{
	_cleanup_(freep) char *path = scout_path(v->o, OPENED), *folder = scout_path(v->o, EVICT_KEPT);
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	struct err e = ERR_INIT;
	const json_t *one;
	size_t i, before;

	(void)evict_read(v, OPENED, &text);
	before = text.len;
	json_array_foreach(v->opened, i, one) {
		const char *from = json_str(one, "from");
		_cleanup_(freep) char *line = mem_printf("%s %s%s%s\n", json_str(one, "account"), json_str(one, "key"),
							 from ? FROM : "", from ? from : "");

		if (!evict_has_line(buf_text(&text), line))
			(void)buf_str(&text, line);
	}
	if (text.len > before &&
	    (fs_mkdirs(folder, 0700, &e) < 0 || fs_write_atomic(path, text.data, text.len, 0600, &e) < 0))
		scout_tried(v->o, OPENED, e.text);
}
