/* Files of baselines: their folder, their MAC, their rows. */
#include "fleet/baseline.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include <string.h>

#define FOLDER "baselines"
#define KEY_FILE "journal.key"
#define MAC_HEX ((size_t)2 * DIGEST_LEN)
#define LAST_LINE "{\"mac\":\""          /* and MAC_HEX digits, and "}\n */
#define LAST_LEN (sizeof(LAST_LINE) - 1 + MAC_HEX + 3)
#define CUTS_MAX 50u

int fleet_baseline_keys(const struct engine *en, struct fleet_baseline_keys *ret, struct err *e)
{
	_cleanup_(freep) char *path = fs_join(en->state_folder, KEY_FILE);
	struct digest_key key;
	int r = digest_key_open(path, false, &key, e);

	if (r < 0)
		return r;
	digest_key_for(&key, "baseline", &ret->file);
	digest_key_for(&key, "baseline contents", &ret->contents);
	explicit_bzero(&key, sizeof(key));
	return 0;
}

static char *path_of(const struct engine *en, const char *host)
{
	char *path = mem_printf("%s/" FOLDER "/%s.baseline", en->state_folder, host);

	for (char *c = path + strlen(path) - strlen(host) - strlen(".baseline"); *c; c++)
		if (*c == '/')
			*c = '_';
	return path;
}

static void mac_of(const struct fleet_baseline_keys *keys, const void *bytes, size_t len, char ret[MAC_HEX + 1])
{
	_cleanup_(buf_free) struct buf hex = BUF_INIT(MAC_HEX + 1);
	struct digest *d = digest_begin(&keys->file);
	uint8_t mac[DIGEST_LEN];

	digest_part(d, bytes, len);
	digest_end(d, mac);
	text_hex(&hex, mac, sizeof(mac));
	(void)snprintf(ret, MAC_HEX + 1, "%s", buf_text(&hex));
}

struct newest { const char *host; char mac[MAC_HEX + 1]; };

static int take_row(const struct row *row, void *arg)
{
	_cleanup_(json_freep) json_t *body = NULL;
	struct newest *n = arg;

	if (row->kind != ROW_BASELINE || json_read("row", row->body, strlen(row->body), ROW_BODY_MAX, &body, NULL) < 0)
		return 0;
	const char *host = json_str(body, "host"), *mac = json_str(body, "mac");

	if (host && mac && !strcmp(host, n->host))
		(void)snprintf(n->mac, sizeof(n->mac), "%s", mac);
	return 0;
}

static int check(const struct engine *en, const struct fleet_baseline_keys *keys, const char *host, const char *path,
		 struct buf *text, struct err *e)
{
	struct newest newest = { .host = host };
	char mac[MAC_HEX + 1];
	const char *last = text->data + text->len - LAST_LEN;

	if (text->len < LAST_LEN || strncmp(last, LAST_LINE, strlen(LAST_LINE)) != 0)
		return err_set(e, ERR_CONFLICT, "'%s' has no MAC: it was cut or changed. Look at the host by hand, "
			       "then take a new one with --accept", path);
	mac_of(keys, text->data, text->len - LAST_LEN, mac);
	if (strncmp(last + strlen(LAST_LINE), mac, MAC_HEX) != 0)
		return err_set(e, ERR_CONFLICT, "'%s' was changed since it was kept: its MAC is wrong. Look at the "
			       "host by hand, then take a new one with --accept", path);

	int r = journal_each(en->journal, 0, 0, take_row, &newest, e);

	if (r < 0)
		return r;
	if (strcmp(newest.mac, mac) != 0)
		return err_set(e, ERR_CONFLICT, "'%s' is not the newest that the journal knows of this host: an older "
			       "one was put in its place", path);
	return 0;
}

int fleet_baseline_kept(const struct engine *en, const struct fleet_baseline_keys *keys, const char *host,
			struct baseline **ret, struct err *e)
{
	_cleanup_(freep) char *path = path_of(en, host);
	_cleanup_(buf_free) struct buf text = BUF_INIT(BASELINE_FILE_MAX);
	struct newest newest = { .host = host };
	struct baseline *b = NULL;
	int r;

	*ret = NULL;
	if (!fs_exists(path)) {
		r = journal_each(en->journal, 0, 0, take_row, &newest, e);
		return r == 0 && newest.mac[0] ? err_set(e, ERR_CONFLICT, "'%s' is gone: the journal knows that it was "
							 "kept", path) : r;
	}
	if ((r = fs_read(path, &text, e)) < 0 || (r = check(en, keys, host, path, &text, e)) < 0 ||
	    (r = baseline_parse(path, text.data, text.len - LAST_LEN, &b, e)) < 0)
		return r;
	if (strcmp(b->host, host) != 0) {
		r = err_set(e, ERR_CONFLICT, "'%s' is that of '%.100s'", path, b->host);
		baseline_free(b);
		return r;
	}
	*ret = b;
	return 0;
}

static int add_row(const struct engine *en, const struct baseline *b, const char *mac, struct err *e)
{
	_cleanup_(json_freep) json_t *body = json_object();
	_cleanup_(buf_free) struct buf text = BUF_INIT(ROW_BODY_MAX);
	json_t *cuts = json_array();

	json_put(body, "host", b->host);
	json_put_int(body, "at_us", b->at_us);
	json_put_int(body, "items", b->items);
	json_put(body, "mac", mac);
	for (uint32_t i = 0; i < b->n && json_array_size(cuts) < CUTS_MAX; i++)
		if (b->sections[i].cut) {
			_cleanup_(freep) char *one = mem_printf("%s: %s", b->sections[i].name, b->sections[i].cut);

			json_array_append_new(cuts, json_string(one));
		}
	json_object_set_new(body, "cut", cuts);
	json_line(&text, body);
	return journal_append(en->journal, &(struct row){ .kind = ROW_BASELINE, .who = en->who,
			      .body = buf_text(&text) }, NULL, e);
}

int fleet_baseline_keep(const struct engine *en, const struct fleet_baseline_keys *keys, const struct baseline *b,
			struct err *e)
{
	_cleanup_(freep) char *folder = fs_join(en->state_folder, FOLDER), *path = path_of(en, b->host);
	_cleanup_(buf_free) struct buf text = BUF_INIT(BASELINE_FILE_MAX);
	char mac[MAC_HEX + 1];

	baseline_write(b, &text);
	mac_of(keys, text.data, text.len, mac);
	(void)buf_printf(&text, LAST_LINE "%s\"}\n", mac);
	if (text.over)
		return err_set(e, ERR_LIMIT, "the baseline of '%s' is larger than %zu bytes", b->host,
			       BASELINE_FILE_MAX);

	int r = fs_mkdirs(folder, 0700, e);

	/* the file first: a row without its file would look like a file that somebody took away */
	if (r < 0 || (r = fs_write_atomic(path, text.data, text.len, 0600, e)) < 0)
		return r;
	return add_row(en, b, mac, e);
}
