/* 250 known values, which stand nowhere, are looked for in a whole history. Usage: bench_known SCANNER REPOSITORY */
#include "base/mem.h"
#include "engine/scanner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES 250u

int main(int argc, char **argv)
{
	_cleanup_(wire_secrets_free) struct wire_secrets values = { 0 };
	_cleanup_(gaps_free) struct gaps gaps = GAPS_INIT;
	const struct scanner_ears ears = { .found = NULL };
	struct scanner_sum sum;
	struct err e = ERR_INIT;

	if (argc != 3 || secret_init(&e) < 0)
		return 2;
	_cleanup_(freep) char *repository = realpath(argv[2], NULL);

	for (unsigned i = 0; i < VALUES; i++) {
		struct secret *s = NULL;
		char number[16];

		if (secret_random(24, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", &s, &e) < 0)
			return 2;
		(void)snprintf(number, sizeof(number), "%u", i);
		wire_secrets_add(&values, number, s);
	}
	const struct scanner_job job = { .program = argv[1], .name = "bench", .repository = repository,
		.values = &values };

	if (scanner_run(&job, &ears, &gaps, &sum, &e) < 0) {
		(void)fprintf(stderr, "bench_known: %s\n", e.text);
		return 2;
	}
	for (size_t i = 0; i < gaps.n; i++)
		/* a machine's own files may be packed ones, which are looked at as they are and told */
		if (!strstr(gaps.list[i].why, ": only looked at as it is")) {
			(void)fprintf(stderr, "bench_known: %s\n", gaps.list[i].why);
			return 2;
		}
	return sum.found ? 2 : 0;
}
