#include "scan/place.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/yaml_path.h"
#include "base/yaml_splice.h"
#include "scan/place_key.h"
#include "scan/scalar.h"

const char *place_name(const struct place_at *p, char ret[200])
{
	if (p->key)
		(void)snprintf(ret, 200, "%.110s: %.80s", p->file, p->key);
	else
		(void)snprintf(ret, 200, "%.199s", p->file);
	return ret;
}

/* The caller frees ret_path in each case. */
static int find(const struct place_at *p, struct arena *a, const char *src, size_t len, struct place_path *ret_path,
		const struct yaml_node **ret, struct err *e)
{
	struct yaml_source s = { .name = p->file, .text = src, .len = len };
	struct yaml_node *found = NULL;

	*ret_path = (struct place_path){ 0 };
	int r = yaml_parse(a, p->file, src, len, &s.root, e);
	if (r < 0)
		return r;
	r = place_path_make(s.root, p->key, ret_path, e);
	if (r < 0)
		return r;
	r = yaml_path_walk(&s, ret_path->part, YAML_FOLLOW_ALIAS, &found, e);
	if (r < 0)
		return r;
	*ret = found;
	return 0;
}

/* secret_take wipes its source, and the source here is the caller's. */
static int secret_of(const char *bytes, size_t len, struct secret **ret, struct err *e)
{
	if (len == 0 || len > SECRET_MAX)
		return err_set(e, len ? ERR_LIMIT : ERR_CONFIG, "the value has %zu bytes: expected 1 to %zu", len,
			       SECRET_MAX);
	_cleanup_(freep) char *copy = mem_dupn(bytes, len);
	int r = secret_take(copy, len, ret, e);
	explicit_bzero(copy, len);
	return r;
}

/* An editor's newline behind a one-line password is not part of it; a PEM file's newlines are, and so is the last byte
 * of a binary key. */
static bool is_one_line(const char *src, size_t len)
{
	return len > 1 && src[len - 1] == '\n' && !memchr(src, '\n', len - 1) && text_is_utf8(src, len);
}

size_t place_file_len(const char *src, size_t len)
{
	return is_one_line(src, len) ? len - 1 : len;
}

static int has_interpolation(const char *bytes, size_t len, void *arg _unused_)
{
	return memmem(bytes, len, "%{", 2) != NULL;
}

static int open_encrypted(const struct place_at *p, const struct yaml_node *n, struct secret **ret, struct err *e)
{
	_cleanup_(eyaml_key_freep) struct eyaml_key *key = NULL;

	if (p->eyaml_key)
		return eyaml_decrypt(p->eyaml_key, n->text, n->len, ret, e);
	if (!p->eyaml_private || !p->eyaml_public)
		return err_set(e, ERR_CONFIG, "is encrypted with hiera-eyaml: name 'eyaml_public' and 'eyaml_private' "
			       "of the repository in the register");
	int r = eyaml_key_read(p->eyaml_private, &key, e);
	return r < 0 ? r : eyaml_decrypt(key, n->text, n->len, ret, e);
}

struct loan { int (*use)(const char *bytes, size_t len, void *arg); void *arg; struct err *e; };

static int lend(const char *bytes, size_t len, void *arg)
{
	const struct loan *l = arg;

	if (has_interpolation(bytes, len, NULL))
		return err_set(l->e, ERR_REFUSED, "the value is put together by Hiera ('%%{...}'): "
			       "only a person can tell what it stands for");
	return l->use(bytes, len, l->arg);
}

int place_lend(const struct place_at *p, const char *src, const struct yaml_node *n,
	       int (*use)(const char *bytes, size_t len, void *arg), void *arg, struct err *e)
{
	_cleanup_(secret_freep) struct secret *opened = NULL;
	struct loan loan = { use, arg, e };
	bool same;
	enum scalar scalar = scalar_of(src, n, &same);

	if (scalar == SCALAR_NOTHING)
		return err_set(e, ERR_CONFIG, "nothing stands there: write the old value in quotes first");
	if (scalar == SCALAR_TAGGED)
		return err_set(e, ERR_REFUSED, "a tag ('!...') makes something else of the value: leave it away");
	if (eyaml_is_encrypted(n->text, n->len)) {
		int r = open_encrypted(p, n, &opened, e);
		return r < 0 ? r : secret_with(opened, lend, &loan);
	}
	if (eyaml_has_part(n->text, n->len))
		return err_set(e, ERR_REFUSED, "a part of the value is encrypted with hiera-eyaml: "
			       "encrypt all of it, so that it can be read and replaced");
	if (!same)
		return err_set(e, ERR_REFUSED, "Hiera takes the value for a number, a truth or a date and "
			       "writes it in another way than it stands here: put it in quotes");
	return lend(n->text, n->len, &loan);
}

struct copying { struct secret **ret; struct err *e; };

static int copy(const char *bytes, size_t len, void *arg)
{
	const struct copying *c = arg;

	return secret_of(bytes, len, c->ret, c->e);
}

int place_read(const struct place_at *p, const char *src, size_t len, struct secret **ret, struct err *e)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(place_path_free) struct place_path path = { 0 };
	struct copying copying = { ret, e };
	const struct yaml_node *n = NULL;
	char name[200];

	if (!p->key) {
		int r = secret_of(src, place_file_len(src, len), ret, e);
		return r < 0 ? err_wrap(e, "'%s'", place_name(p, name)) : 0;
	}
	int r = find(p, a, src, len, &path, &n, e);
	if (r < 0)
		return r;
	r = place_lend(p, src, n, copy, &copying, e);
	return r < 0 ? err_wrap(e, "'%s'", place_name(p, name)) : 0;
}

struct splicing {
	const struct place_at *p;
	const char *src;
	size_t len;
	const char *const *path;       /* of a key */
	struct buf *ret;
	struct err *e;
};

static int splice_plain(const char *bytes, size_t len, void *arg)
{
	struct splicing *s = arg;

	return yaml_splice(s->p->file, s->src, s->len, s->path, bytes, len, s->ret, s->e);
}

static int splice_file(const char *bytes, size_t len, void *arg)
{
	struct splicing *s = arg;
	bool newline = is_one_line(s->src, s->len);

	if (newline && memchr(bytes, '\n', len))
		newline = false;
	if (buf_add(s->ret, bytes, len) < 0 || (newline && buf_char(s->ret, '\n') < 0))
		return err_set(s->e, ERR_LIMIT, "the new file is larger than %zu bytes", s->ret->max);
	return 0;
}

static int splice_sealed(struct splicing *s, const struct yaml_node *n, const struct secret *new)
{
	_cleanup_(buf_free) struct buf sealed = BUF_INIT(4 * SECRET_MAX);
	_cleanup_(eyaml_cert_freep) struct eyaml_cert *to = NULL;
	int r = eyaml_cert_read(s->p->eyaml_public, &to, s->e);

	if (r < 0 || (r = eyaml_encrypt(to, new, &sealed, s->e)) < 0)
		return r;
	if (n->style == YAML_FOLDED)
		return place_block_splice(s->p, s->src, n->start, n->end, s->len, &sealed, s->ret, s->e);
	return splice_plain(sealed.data, sealed.len, s);
}

static int splice(struct splicing *s, const struct secret *new)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	_cleanup_(place_path_free) struct place_path path = { 0 };
	const struct yaml_node *n = NULL;

	if (!s->p->key)
		return secret_with(new, splice_file, s);
	if (secret_with(new, has_interpolation, NULL))
		return err_set(s->e, ERR_REFUSED, "the new value holds '%%{', which Hiera would take for "
			       "something to put in");
	int r = find(s->p, a, s->src, s->len, &path, &n, s->e);
	if (r < 0)
		return r;
	s->path = path.part;
	r = eyaml_is_encrypted(n->text, n->len) ? splice_sealed(s, n, new) : secret_with(new, splice_plain, s);
	s->path = NULL;
	return r;
}

int place_write(const struct place_at *p, const char *src, size_t len, const struct secret *old,
		const struct secret *new, struct buf *ret, bool *ret_changed, struct err *e)
{
	_cleanup_(secret_freep) struct secret *there = NULL, *back = NULL;
	_cleanup_(buf_free) struct buf text = BUF_WIPED(PLACE_FILE_MAX);
	struct splicing s = { .p = p, .src = src, .len = len, .ret = &text, .e = e };
	char name[200];

	int r = place_read(p, src, len, &there, e);
	if (r < 0)
		return r;
	if (secret_equal(there, new)) {
		*ret_changed = false;
		return 0;
	}
	if (!secret_equal(there, old))
		return err_set(e, ERR_CONFLICT, "'%s' holds neither the old nor the new value: somebody changed it "
			       "meanwhile; a person has to look and decide which value is right", place_name(p, name));
	r = splice(&s, new);
	if (r == 0)
		r = place_read(p, text.data, text.len, &back, e);
	if (r < 0)
		return err_wrap(e, "writing '%s'", place_name(p, name));
	if (!secret_equal(back, new))
		return err_set(e, ERR_REFUSED, "'%s' cannot hold the new value: reading it back gives something else",
			       place_name(p, name));
	if (buf_add(ret, text.data, text.len) < 0)
		return err_set(e, ERR_LIMIT, "'%s' is larger than %zu bytes", p->file, ret->max);
	*ret_changed = true;
	return 0;
}
