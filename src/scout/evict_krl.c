/*
 * sshd's list of revoked keys: written whole and by rename, and only after ssh-keygen has read the new one back: a list
 * that sshd cannot read refuses every key, ours as well.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/text.h"
#include "scout/evict_parts.h"
#include <string.h>
#include <sys/stat.h>

#define MAGIC "SSHKRL\n"
#define REVOKED 1              /* exit codes of ssh-keygen -Q */
#define NOT_REVOKED 0

struct krl { struct evicting *v; char folder[64]; char *spec, *new, *key; struct buf old; bool is_krl; };

static int keygen(struct krl *k, const char *const *argv, struct buf *out)
{
	int status = -1;

	return evict_run(k->v, argv, NULL, out, &status) < 0 ? -1 : status;
}

/* The exit code of ssh-keygen -Q for one line of a public key. */
static int query(struct krl *k, const char *list, const char *line)
{
	const char *const argv[] = { "ssh-keygen", "-Qf", list, k->key, NULL };
	_cleanup_(freep) char *text = mem_printf("%s\n", line);
	_cleanup_(buf_free) struct buf out = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	return fs_write_atomic(k->key, text, strlen(text), 0600, &e) < 0 ? -1 : keygen(k, argv, &out);
}

/* Of a key of which only the fingerprint is known: the list says its hashes in hex. */
static bool lists(struct krl *k, const char *list, const char *fingerprint)
{
	const char *const argv[] = { "ssh-keygen", "-Qlf", list, NULL };
	_cleanup_(buf_free) struct buf out = BUF_INIT(EVICT_FILE_MAX), bytes = BUF_INIT(64), hex = BUF_INIT(128);
	_cleanup_(freep) char *padded = mem_printf("%s=", fingerprint + strlen("SHA256:"));

	if (text_base64_decode(&bytes, padded, strlen(padded)) < 0)
		return false;
	text_hex(&hex, bytes.data, bytes.len);
	return keygen(k, argv, &out) == 0 && strstr(buf_text(&out), buf_text(&hex));
}

static bool is_revoked(struct krl *k, const char *list, size_t key)
{
	return k->v->lines[key] ? query(k, list, k->v->lines[key]) == REVOKED : lists(k, list, k->v->who.keys[key]);
}

/* ret: the first that is not revoked by the list, or NULL. */
static const char *missing(struct krl *k, const char *list)
{
	for (size_t i = 0; i < k->v->who.n_keys; i++)
		if (!is_revoked(k, list, i))
			return k->v->who.keys[i];
	return NULL;
}

/* NULL: good. Else why it must not be put in place. */
static const char *wrong_with(struct krl *k, const char *list)
{
	if (missing(k, list))
		return "the new list does not revoke the key";
	if (k->v->own_key && query(k, list, k->v->own_key) != NOT_REVOKED)
		return "the new list would refuse the key that we came in with";
	return NULL;
}

static int make(struct krl *k)
{
	const char *const update[] = { "ssh-keygen", "-kuf", k->new, k->spec, NULL };
	const char *const from_keys[] = { "ssh-keygen", "-kf", k->new, k->v->revoked, k->spec, NULL };
	const char *const anew[] = { "ssh-keygen", "-kf", k->new, k->spec, NULL };
	_cleanup_(buf_free) struct buf spec = BUF_INIT(1 << 16), out = BUF_INIT(1 << 16);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < k->v->who.n_keys; i++)
		(void)buf_printf(&spec, "hash: %s\n", k->v->who.keys[i]);
	if (fs_write_atomic(k->spec, spec.data, spec.len, 0600, &e) < 0)
		return -1;
	if (k->is_krl && fs_write_atomic(k->new, k->old.data, k->old.len, 0600, &e) < 0)
		return -1;
	return keygen(k, k->is_krl ? update : k->old.len ? from_keys : anew, &out) == 0 ? 0 : -1;
}

static const char *put_in_place(struct krl *k)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(EVICT_FILE_MAX);
	struct err e = ERR_INIT;
	const char *wrong;

	if (make(k) < 0)
		return "ssh-keygen makes no list of it";
	wrong = wrong_with(k, k->new);
	if (wrong)
		return wrong;
	if (fs_read(k->new, &text, &e) < 0 || fs_write_atomic(k->v->revoked, text.data, text.len, 0644, &e) < 0)
		return "it could not be written";
	wrong = wrong_with(k, k->v->revoked);
	/* what stands there is what sshd reads at the next login */
	if (wrong && fs_write_atomic(k->v->revoked, buf_text(&k->old), k->old.len, 0644, &e) < 0)
		return "what was written is wrong, and the list from before could not be put back";
	return wrong;
}

static void krl_end(struct krl *k)
{
	struct err e = ERR_INIT;

	if (text_starts(k->folder, "/run/firebreak-krl-"))
		(void)fs_remove_tree(k->folder, &e);
	free(k->spec);
	free(k->new);
	free(k->key);
	buf_free(&k->old);
}

void evict_revoke(struct evicting *v)
{
	_cleanup_(krl_end) struct krl k = { .v = v, .folder = "/run/firebreak-krl-XXXXXX",
					    .old = BUF_INIT(EVICT_FILE_MAX) };
	const char *wrong;

	if (!v->who.n_keys || *v->o->root)
		return;
	if (!v->revoked) {
		scout_tried(v->o, "RevokedKeys", "this sshd reads no list of revoked keys: the key is gone from files "
			    "only");
		return;
	}
	if (!mkdtemp(k.folder)) {
		k.folder[0] = '\0';
		evict_unread(v, v->revoked, "no folder could be made in /run");
		return;
	}
	k.spec = fs_join(k.folder, "spec");
	k.new = fs_join(k.folder, "new");
	k.key = fs_join(k.folder, "key.pub");
	if (!evict_read(v, v->revoked, &k.old)) {
		evict_unread(v, v->revoked, "sshd is told to read it, and it is not there");
		return;
	}
	k.is_krl = k.old.len >= strlen(MAGIC) && memcmp(k.old.data, MAGIC, strlen(MAGIC)) == 0;
	if (k.is_krl && !missing(&k, v->revoked)) {
		for (size_t i = 0; i < v->who.n_keys; i++)
			scout_tried(v->o, v->who.keys[i], "ssh-keygen -Q: REVOKED");
		return;
	}
	wrong = v->change ? put_in_place(&k) : NULL;
	if (v->change && !wrong) {
		evict_done(v, "list of revoked keys", v->revoked);
		return;
	}
	evict_left(v, "not in the list of revoked keys", v->revoked);
	if (wrong)
		evict_unread(v, v->revoked, wrong);
}
