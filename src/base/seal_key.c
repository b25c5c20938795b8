#include "base/seal_key.h"
#include "base/keyfile.h"
#include "base/mem.h"
#include "base/text.h"
#include <sodium.h>

/*
 * firebreak-key-1
 * public fbpub1:...
 * kdf none                      or: kdf argon2id PASSES BYTES BASE64-SALT
 * private BASE64                the key, or nonce and ciphertext bound to all lines before
 */
#define FILE_MAX 1024
#define FIRST_LINE "firebreak-key-1"
#define PRIVATE_LEN crypto_box_SECRETKEYBYTES
#define SALT_LEN crypto_pwhash_argon2id_SALTBYTES
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define WRAP_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define PASSES_MAX 64
#define MEMORY_MAX ((size_t)1 << 30) /* a key file from elsewhere must not eat the machine */

struct seal_key {
	struct seal_public public;
	struct secret *private;
};

/* A key file taken apart. */
struct parts {
	struct seal_public public;
	bool is_protected;
	struct seal_cost cost;
	uint8_t salt[SALT_LEN];
	size_t head_len;    /* bytes before the last line */
	struct buf private; /* decoded; wiped when freed */
};

static void parts_clear(struct parts *p)
{
	buf_free(&p->private);
}

struct stretching {
	const struct seal_cost *cost;
	const uint8_t *salt;
	uint8_t *wrap;
};

static int stretch(const char *bytes, size_t len, void *arg)
{
	const struct stretching *x = arg;

	return crypto_pwhash_argon2id(x->wrap, WRAP_LEN, bytes, len, x->salt, x->cost->passes, x->cost->memory,
				      crypto_pwhash_argon2id_ALG_ARGON2ID13);
}

static int wrap_key(const struct secret *passphrase, const struct seal_cost *cost, const uint8_t salt[SALT_LEN],
		    uint8_t wrap[WRAP_LEN], struct err *e)
{
	if (cost->passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost->passes > PASSES_MAX ||
	    cost->memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost->memory > MEMORY_MAX)
		return err_set(e, ERR_CONFIG, "a key's passphrase costs 1 to %d passes over 8 kB to 1 GiB", PASSES_MAX);
	if (secret_with(passphrase, stretch, &(struct stretching){ cost, salt, wrap }) != 0)
		return err_set(e, ERR_IO, "out of memory for the passphrase: it needs %zu bytes", cost->memory);
	return 0;
}

static int add_private(struct buf *file, const uint8_t private[PRIVATE_LEN], const uint8_t *wrap)
{
	uint8_t sealed[NONCE_LEN + PRIVATE_LEN + TAG_LEN];

	if (wrap) {
		randombytes_buf(sealed, NONCE_LEN);
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_LEN, NULL, private, PRIVATE_LEN,
								 (const uint8_t *)file->data, file->len, NULL, sealed,
								 wrap);
	}
	(void)buf_str(file, "private ");
	text_base64(file, wrap ? sealed : private, wrap ? sizeof(sealed) : PRIVATE_LEN);
	return buf_char(file, '\n');
}

int seal_key_create_at_cost(const char *path, const struct secret *passphrase, struct seal_cost cost,
			    struct seal_public *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf file = BUF_WIPED(FILE_MAX);
	uint8_t private[PRIVATE_LEN], wrap[WRAP_LEN], salt[SALT_LEN];
	struct seal_public public;
	char text[SEAL_PUBLIC_TEXT];
	int r = 0;

	(void)crypto_box_keypair(public.bytes, private);
	seal_public_text(&public, text);
	(void)buf_printf(&file, "%s\npublic %s\n", FIRST_LINE, text);
	if (passphrase) {
		randombytes_buf(salt, sizeof(salt));
		(void)buf_printf(&file, "kdf argon2id %llu %zu ", (unsigned long long)cost.passes, cost.memory);
		text_base64(&file, salt, sizeof(salt));
		(void)buf_char(&file, '\n');
		r = wrap_key(passphrase, &cost, salt, wrap, e);
	} else {
		(void)buf_str(&file, "kdf none\n");
	}
	if (r == 0) {
		(void)add_private(&file, private, passphrase ? wrap : NULL);
		r = keyfile_create(path, file.data, file.len, e);
	}
	explicit_bzero(private, sizeof(private));
	explicit_bzero(wrap, sizeof(wrap));
	if (r == 0)
		*ret = public;
	return r;
}

int seal_key_create(const char *path, const struct secret *passphrase, struct seal_public *ret, struct err *e)
{
	const struct seal_cost moderate = {
		.passes = crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
		.memory = crypto_pwhash_argon2id_MEMLIMIT_MODERATE,
	};

	return seal_key_create_at_cost(path, passphrase, moderate, ret, e);
}

/* Ends the line at *at with NUL and moves *at behind it; NULL when there is no whole line left. */
static char *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*at = end + 1;
	return line;
}

static int parse_kdf(char *line, struct parts *p)
{
	_cleanup_(buf_free) struct buf salt = BUF_INIT(SALT_LEN);
	char *passes, *memory, *rest;
	int64_t n = 0, m = 0;

	if (strcmp(line, "kdf none") == 0)
		return 0;
	if (!text_starts(line, "kdf argon2id "))
		return -ERR_CONFIG;
	rest = line + strlen("kdf argon2id ");
	passes = strsep(&rest, " ");
	memory = strsep(&rest, " ");
	if (!rest || text_i64(passes, &n) < 0 || text_i64(memory, &m) < 0 || n < 1 || m < 1 ||
	    text_base64_decode(&salt, rest, strlen(rest)) < 0 || salt.over ||
	    salt.len != SALT_LEN)
		return -ERR_CONFIG;
	p->is_protected = true;
	p->cost = (struct seal_cost){ .passes = (uint64_t)n, .memory = (size_t)m };
	memcpy(p->salt, salt.data, SALT_LEN);
	return 0;
}

static int parse(char *text, struct parts *p, struct err *e)
{
	char *at = text, *first = next_line(&at), *public = first ? next_line(&at) : NULL,
	     *kdf = public ? next_line(&at) : NULL;

	if (!kdf || strcmp(first, FIRST_LINE) != 0 || !text_starts(public, "public ") ||
	    seal_public_parse(public + strlen("public "), &p->public, NULL) < 0 || parse_kdf(kdf, p) < 0)
		return err_set(e, ERR_CONFIG, "the file is no key of a responder, or damaged");
	p->head_len = (size_t)(at - text);

	char *private = next_line(&at);
	size_t expected = p->is_protected ? NONCE_LEN + PRIVATE_LEN + TAG_LEN : PRIVATE_LEN;

	p->private = (struct buf)BUF_WIPED(FILE_MAX);
	if (!private || *at || !text_starts(private, "private ") ||
	    text_base64_decode(&p->private, private + strlen("private "), strlen(private + strlen("private "))) < 0 ||
	    p->private.len != expected)
		return err_set(e, ERR_CONFIG, "the private key in the file is damaged");
	return 0;
}

/* `text` is parsed in place; `file` keeps the bytes as they were, for the check of what the key is bound to. */
static int load(const char *path, struct buf *file, struct parts *p, struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(FILE_MAX);
	int r = keyfile_read(path, file, NULL, e);
	if (r < 0)
		return r;

	(void)buf_add(&text, buf_text(file), file->len);
	if (text.len == 0 || strlen(text.data) != text.len)
		return err_set(e, ERR_CONFIG, "'%s': the file is no key of a responder, or damaged", path);
	r = parse(text.data, p, e);
	if (r < 0)
		(void)err_wrap(e, "'%s'", path);
	return r;
}

int seal_key_is_protected(const char *path, bool *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf file = BUF_WIPED(FILE_MAX);
	_cleanup_(parts_clear) struct parts p = { 0 };
	int r = load(path, &file, &p, e);

	if (r == 0)
		*ret = p.is_protected;
	return r;
}

int seal_key_file_public(const char *path, struct seal_public *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf file = BUF_WIPED(FILE_MAX);
	_cleanup_(parts_clear) struct parts p = { 0 };
	int r = load(path, &file, &p, e);

	if (r == 0)
		*ret = p.public;
	return r;
}

static int unwrap(const struct buf *file, const struct parts *p, const struct secret *passphrase,
		  uint8_t private[PRIVATE_LEN], struct err *e)
{
	const uint8_t *sealed = (const uint8_t *)p->private.data;
	uint8_t wrap[WRAP_LEN];

	if (!p->is_protected) {
		memcpy(private, sealed, PRIVATE_LEN);
		return 0;
	}
	if (!passphrase)
		return err_set(e, ERR_AUTH, "the key has a passphrase: it is needed to open it");

	int r = wrap_key(passphrase, &p->cost, p->salt, wrap, e);

	if (r == 0 && crypto_aead_xchacha20poly1305_ietf_decrypt(private, NULL, NULL, sealed + NONCE_LEN,
								 p->private.len - NONCE_LEN,
								 (const uint8_t *)file->data, p->head_len, sealed,
								 wrap) != 0)
		r = err_set(e, ERR_AUTH, "the passphrase is wrong, or the file was changed");
	explicit_bzero(wrap, sizeof(wrap));
	return r;
}

int seal_key_open(const char *path, const struct secret *passphrase, struct seal_key **ret, struct err *e)
{
	_cleanup_(buf_free) struct buf file = BUF_WIPED(FILE_MAX);
	_cleanup_(parts_clear) struct parts p = { 0 };
	struct seal_public derived;
	uint8_t private[PRIVATE_LEN];
	struct secret *held = NULL;

	int r = load(path, &file, &p, e);
	if (r < 0)
		return r;
	r = unwrap(&file, &p, passphrase, private, e);
	if (r < 0) {
		explicit_bzero(private, sizeof(private));
		(void)err_wrap(e, "'%s'", path);
		return r;
	}

	int bad = crypto_scalarmult_base(derived.bytes, private);

	r = secret_take((char *)private, sizeof(private), &held, e);
	if (r == 0 && (bad || memcmp(derived.bytes, p.public.bytes, sizeof(derived.bytes)) != 0)) {
		held = secret_free(held);
		r = err_set(e, ERR_CONFIG, "'%s': public and private key do not belong together", path);
	}
	if (r < 0)
		return r;

	struct seal_key *k = mem_zero(1, sizeof(*k));

	*k = (struct seal_key){ .public = p.public, .private = held };
	*ret = k;
	return 0;
}

const struct secret *seal_key_private(const struct seal_key *k)
{
	return k->private;
}

void seal_key_public(const struct seal_key *k, struct seal_public *ret)
{
	*ret = k->public;
}

struct seal_key *seal_key_free(struct seal_key *k)
{
	if (k)
		secret_free(k->private);
	free(k);
	return NULL;
}

void seal_key_freep(struct seal_key **k)
{
	*k = seal_key_free(*k);
}
