/*
 * Input: one byte that picks the file's name, then its bytes. No crash; no text about the file repeats what stands in
 * it (whatever begins with CANARY); and where nothing is told to be wrong, each leaf is what place_read() finds under
 * its key.
 */
#include "base/text.h"
#include "fuzz.h"
#include "scan/leaf.h"
#include "scan/place.h"

#define COMPARED 24 /* leaves of one input: each costs a page of locked memory */
#define CANARY "CANARY"

static const struct digest_key key = { { 5 } };

static void no_word_of_it(const struct gaps *g)
{
	for (size_t i = 0; i < g->n; i++)
		if (strstr(g->list[i].why, CANARY) || !text_is_utf8(g->list[i].why, strlen(g->list[i].why)))
			abort();
}

static void agrees(const struct leaf *l, const char *src, size_t len)
{
	const struct place_at p = { .file = l->file, .key = l->key };
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	char tag[DIGEST_TAG_HEX];
	int r = place_read(&p, src, len, &s, &e);
	bool sure = *l->tag && !(l->traits.signs & (TRAIT_BUILT | TRAIT_RETYPED));

	if ((r == 0) != sure)
		abort();
	if (r < 0)
		return;
	digest_tag(&key, s, tag);
	secret_free(s);
	if (strcmp(tag, l->tag) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "hieradata/x.yaml", "files/x.pem", "hiera.yaml", "hieradata/x.eyaml" };
	static bool ready;
	struct err e = ERR_INIT;

	if (!ready && secret_init(&e) < 0)
		abort();
	ready = true;
	if (size == 0)
		return 0;

	const struct leaf_source source = { .repository = "r", .key = &key };
	const struct tree_file f = { .path = paths[data[0] % ARRAY_SIZE(paths)], .bytes = (const char *)data + 1,
				     .len = size - 1 };
	_cleanup_(leaf_reader_freep) struct leaf_reader *r = leaf_reader_new(&source);
	_cleanup_(leaves_free) struct leaves l = LEAVES_INIT;
	_cleanup_(gaps_free) struct gaps g = GAPS_INIT;

	if (hieradata_is_config(f.path))
		leaf_reader_config(r, &f, &g);
	if (leaf_reader_add(r, &f, &l, &g, &e) < 0)
		abort();
	no_word_of_it(&g);
	for (size_t i = 0; i < l.n && i < COMPARED && g.n == 0; i++)
		if (l.list[i].traits.len <= SECRET_MAX)
			agrees(&l.list[i], f.bytes, f.len);
	return 0;
}
