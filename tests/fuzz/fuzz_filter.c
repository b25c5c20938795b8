/* Any value: each filter answers, and answers the same again; none reads a byte behind the end. */
#include "fuzz.h"
#include "match/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;

	if (filter_entropy(s, size) > 800 || filter_is_placeholder(s, size) != filter_is_placeholder(s, size))
		abort();
	for (size_t i = 0; i < filters_count; i++)
		if (filters[i].holds(s, size) != filters[i].holds(s, size))
			abort();
	return 0;
}
