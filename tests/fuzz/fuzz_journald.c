/* A journal file of a host: every offset in it is the intruder's. */
#include "fuzz.h"
#include "model/journald.h"

static int take(const struct journald_entry *en, void *arg)
{
	volatile char sum = 0;

	for (int k = 0; k < JD_FIELDS; k++)
		for (size_t c = 0; en->field[k].s && c < en->field[k].len; c++)
			sum = (char)(sum + en->field[k].s[c]);
	*(uint64_t *)arg += 1;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journald_file f;
	uint64_t n = 0;

	(void)journald_read(data, size, 0, INT64_MAX, take, NULL, &n, &f, NULL);
	if (n > size / 64 || f.entries > size / 64)
		abort();
	return 0;
}
