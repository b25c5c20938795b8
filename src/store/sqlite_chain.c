/*
 * The chain: each row's mac is a keyed BLAKE2b over the mac before it and every column, each part with its length in
 * front. What goes in, and in which order, is written in docs/formats/journal.md; a change here is a new user_version.
 */
#include "store/sqlite.h"
#include "base/fs.h"
#include "base/mem.h"

int sqlite_chain_key(struct journal *j, bool make, struct err *e)
{
	if (j->has_key)
		return 0;

	_cleanup_(freep) char *path = fs_join(j->folder, SQLITE_KEY_FILE);
	struct digest_key installation;

	if (!make && !fs_exists(path))
		return err_set(e, ERR_CONFIG, "journal '%s': its key '%s' is missing: bring it back from a backup of "
			       "the folder; without it rows can be read, but neither checked nor added", j->path, path);

	int r = digest_key_open(path, make, &installation, e);

	if (r < 0) {
		err_wrap(e, "journal '%s': key", j->path);
		return r;
	}
	digest_key_for(&installation, "chain", &j->chain);
	explicit_bzero(&installation, sizeof(installation));
	j->has_key = true;
	return 0;
}

static void part_number(struct digest *d, int64_t number)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
	digest_part(d, bytes, sizeof(bytes));
}

/* NULL and the empty text are different things, so the first part says which one it is. */
static void part_piece(struct digest *d, struct piece p)
{
	digest_part(d, p.s ? "t" : "n", 1);
	digest_part(d, p.s ? p.s : "", p.len);
}

void sqlite_chain_mac(const struct digest_key *k, const uint8_t before[DIGEST_LEN], const struct stored *s,
		      uint8_t ret[DIGEST_LEN])
{
	struct digest *d = digest_begin(k);

	digest_part(d, before, DIGEST_LEN);
	part_number(d, s->seq);
	part_number(d, s->at_us);
	part_number(d, s->clock_back_us);
	part_piece(d, s->kind);
	part_number(d, s->incident);
	part_piece(d, s->step);
	part_number(d, s->attempt);
	part_piece(d, s->who);
	part_piece(d, s->body);
	digest_end(d, ret);
}
