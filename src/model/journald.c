#include "model/journald.h"
#include <string.h>

/* Of the header, in bytes. */
enum {
	H_INCOMPATIBLE = 12, H_STATE = 16, H_MACHINE = 40, H_SERIES = 72, H_HEADER_SIZE = 88, H_ENTRY_ARRAY = 176,
	H_LEN = 208,
};
enum { FLAG_XZ = 1, FLAG_LZ4 = 2, FLAG_KEYED = 4, FLAG_ZSTD = 8, FLAG_COMPACT = 16 };
enum { STATE_ARCHIVED = 2 };
enum { OBJECT_DATA = 1, OBJECT_ENTRY = 3, OBJECT_ENTRY_ARRAY = 6 };
enum { OBJECT_LEN = 16, ENTRY_ITEMS = 64, ARRAY_ITEMS = 24, DATA_PAYLOAD = 64, DATA_PAYLOAD_COMPACT = 72 };

#define ITEMS_MAX 4096u         /* fields of one entry; systemd takes 1024 */

static const char *const names[JD_FIELDS] = {
	[JD_MESSAGE] = "MESSAGE=", [JD_IDENTIFIER] = "SYSLOG_IDENTIFIER=", [JD_PID] = "_PID=", [JD_UID] = "_UID=",
	[JD_COMM] = "_COMM=", [JD_UNIT] = "_SYSTEMD_UNIT=", [JD_SYSLOG_PID] = "SYSLOG_PID=",
	[JD_TRANSPORT] = "_TRANSPORT=",
};

struct file {
	const uint8_t *b;
	uint64_t len;
	bool compact;
	int64_t from_us, until_us;
	int (*each)(const struct journald_entry *en, void *arg);
	void (*seen)(uint64_t seqnum, void *arg);
	void *arg;
	struct journald_file *told;
};

static uint32_t little32(const uint8_t *b)
{
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static uint64_t little64(const uint8_t *b)
{
	return (uint64_t)little32(b + 4) << 32 | little32(b);
}

static void hex(const uint8_t *b, char ret[33])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t k = 0; k < 16; k++) {
		ret[k * 2] = digits[b[k] >> 4];
		ret[k * 2 + 1] = digits[b[k] & 15];
	}
	ret[32] = '\0';
}

/* The object at `at`, of that type and at least that long, whole within the file; NULL otherwise. */
static const uint8_t *object(const struct file *f, uint64_t at, unsigned type, uint64_t least, uint64_t *ret_size)
{
	if (at < H_LEN || at % 8 != 0 || at > f->len || f->len - at < OBJECT_LEN)
		return NULL;
	const uint8_t *o = f->b + at;
	uint64_t size = little64(o + 8);

	if (o[0] != type || size < least || size > f->len - at)
		return NULL;
	*ret_size = size;
	return o;
}

static void take_field(struct file *f, uint64_t at, struct journald_entry *en)
{
	uint64_t size, start = f->compact ? DATA_PAYLOAD_COMPACT : DATA_PAYLOAD;
	const uint8_t *o = object(f, at, OBJECT_DATA, start, &size);

	if (!o) {
		f->told->broken++;
		return;
	}
	if (o[1]) {
		f->told->compressed++;
		return;
	}
	for (int k = 0; k < JD_FIELDS; k++) {
		size_t len = strlen(names[k]);

		if (size - start >= len && memcmp(o + start, names[k], len) == 0) {
			en->field[k] = (struct journald_text){ (const char *)o + start + len, size - start - len };
			return;
		}
	}
}

static int take_entry(struct file *f, uint64_t at)
{
	uint64_t size, item = f->compact ? 4 : 16;
	const uint8_t *o = object(f, at, OBJECT_ENTRY, ENTRY_ITEMS, &size);

	if (!o || (size - ENTRY_ITEMS) / item > ITEMS_MAX) {
		f->told->broken++;
		return 0;
	}
	struct journald_file *t = f->told;
	struct journald_entry en = { .seqnum = little64(o + 16), .at_us = (int64_t)(little64(o + 24) & INT64_MAX) };

	if (!t->entries++) {
		t->first_seqnum = en.seqnum;
		t->first_us = en.at_us;
	}
	t->last_seqnum = en.seqnum;
	t->last_us = en.at_us;
	if (f->seen)
		f->seen(en.seqnum, f->arg);
	if (en.at_us < f->from_us || en.at_us > f->until_us)
		return 0;
	for (uint64_t k = ENTRY_ITEMS; k + item <= size; k += item)
		take_field(f, f->compact ? little32(o + k) : little64(o + k), &en);
	return f->each(&en, f->arg);
}

static int arrays(struct file *f, uint64_t at)
{
	uint64_t size, item = f->compact ? 4 : 8, before = 0, entry_before = 0;

	while (at > before) {
		const uint8_t *o = object(f, at, OBJECT_ENTRY_ARRAY, ARRAY_ITEMS, &size);

		if (!o) {
			f->told->broken++;
			return 0;
		}
		for (uint64_t k = ARRAY_ITEMS; k + item <= size; k += item) {
			uint64_t entry = f->compact ? little32(o + k) : little64(o + k);

			/* the last array has room for more */
			if (!entry)
				break;
			/* what is written later lies behind: else one entry could be named without end */
			if (entry <= entry_before) {
				f->told->broken++;
				continue;
			}
			entry_before = entry;
			int r = take_entry(f, entry);

			if (r)
				return r;
		}
		before = at;
		at = little64(o + 16);
	}
	f->told->broken += at != 0;
	return 0;
}

int journald_read(const uint8_t *bytes, size_t len, int64_t from_us, int64_t until_us,
		  int (*each)(const struct journald_entry *en, void *arg), void (*seen)(uint64_t seqnum, void *arg),
		  void *arg, struct journald_file *ret, struct err *e)
{
	struct file f = { .b = bytes, .len = len, .from_us = from_us, .until_us = until_us, .each = each, .seen = seen,
			  .arg = arg, .told = ret };

	*ret = (struct journald_file){ 0 };
	if (len < H_LEN || memcmp(bytes, "LPKSHHRH", 8) != 0)
		return err_set(e, ERR_CONFIG, "no journal file of systemd");
	uint32_t flags = little32(bytes + H_INCOMPATIBLE);

	if (flags & ~(uint32_t)(FLAG_XZ | FLAG_LZ4 | FLAG_KEYED | FLAG_ZSTD | FLAG_COMPACT))
		return err_set(e, ERR_CONFIG, "a journal file of a newer systemd: flags %#x are not known here", flags);
	if (little64(bytes + H_HEADER_SIZE) < H_LEN)
		return err_set(e, ERR_CONFIG, "a journal file with a header that is too short");
	f.compact = flags & FLAG_COMPACT;
	ret->archived = bytes[H_STATE] == STATE_ARCHIVED;
	hex(bytes + H_MACHINE, ret->machine);
	hex(bytes + H_SERIES, ret->series);
	return arrays(&f, little64(bytes + H_ENTRY_ARRAY));
}
