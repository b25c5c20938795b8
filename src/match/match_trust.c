/*
 * Is the libhs of this machine one that finds what it should? Two libraries carry that name. Debian 12's
 * vectorscan 5.4.9 loses matches on processors with AVX-512 (VectorCamp/vectorscan, pull requests 375 and 378):
 * "z[^z]*z" is not found when more than a hundred bytes stand between. Intel's Hyperscan 5.4.0 has no such fault. A
 * value that is not found is worse than a slow look, so each process tries it once.
 */
#include "match/match_parts.h"
#include <string.h>

#define LONGEST 300u
#define BEFORE 70u
#define BEHIND 70u

/* Each matches a 'z', three or more 'a' and a 'z'. */
static const char *const patterns[] = { "z[^z]*z", "z[a-y]{3,}z", "z[^yz]{3,}z", "z(?:a|b){3,}z", "za{3}\\w*z" };

static int count(unsigned id _unused_, unsigned long long from _unused_, unsigned long long to _unused_,
		 unsigned flags _unused_, void *arg)
{
	++*(unsigned *)arg;
	return 0;
}

static bool finds_all(const hs_database_t *database, hs_scratch_t *scratch)
{
	char text[BEFORE + LONGEST + BEHIND + 2];

	for (unsigned before = 0; before < BEFORE; before += 9)
		for (unsigned between = 3; between < LONGEST; between += 7) {
			unsigned found = 0, len = before + between + 2 + between % BEHIND;

			memset(text, 'a', sizeof(text));
			text[before] = text[before + between + 1] = 'z';
			if (hs_scan(database, text, len, 0, scratch, count, &found) != HS_SUCCESS || found != 1)
				return false;
		}
	return true;
}

static bool try(const char *pattern)
{
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;
	hs_scratch_t *scratch = NULL;
	bool right = hs_compile(pattern, HS_FLAG_MULTILINE, HS_MODE_BLOCK, NULL, &database, &error) == HS_SUCCESS &&
		     hs_alloc_scratch(database, &scratch) == HS_SUCCESS && finds_all(database, scratch);

	(void)hs_free_compile_error(error);
	(void)hs_free_scratch(scratch);
	(void)hs_free_database(database);
	return right;
}

bool match_trusted(void)
{
	static enum { UNTRIED, RIGHT, WRONG } answer = UNTRIED;

	if (answer == UNTRIED) {
		answer = hs_valid_platform() == HS_SUCCESS ? RIGHT : WRONG;
		for (size_t i = 0; i < ARRAY_SIZE(patterns) && answer == RIGHT; i++)
			answer = try(patterns[i]) ? RIGHT : WRONG;
	}
	return answer == RIGHT;
}
