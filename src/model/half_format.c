#include "model/half_format.h"
#include "base/macro.h"
#include <string.h>

#define OPTIONS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define HALF(symbol, ...) { __VA_ARGS__ },
const struct half_format half_formats[] = {
#include "model/half_formats.def"
};
#undef HALF

const size_t half_formats_count = ARRAY_SIZE(half_formats);

const struct half_format *half_format_find(const char *name)
{
	for (size_t i = 0; name && i < half_formats_count; i++)
		if (!strcmp(half_formats[i].name, name))
			return &half_formats[i];
	return NULL;
}
