#include "base/locked.h"
#include <sodium.h>

#define ALIGN ((size_t)64)

/* sodium_malloc puts the end of the block at the end of a page, so the size decides how its beginning is aligned. */
void *locked_alloc(size_t size)
{
	if (size == 0 || size > SIZE_MAX / 2)
		return NULL;
	return sodium_malloc((size + ALIGN - 1) / ALIGN * ALIGN);
}

void locked_free(void *p)
{
	sodium_free(p);
}
