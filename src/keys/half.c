#include "keys/half.h"
#include <string.h>

#define HALF(symbol, ...) extern const struct half_writer half_##symbol;
#include "model/half_formats.def"
#undef HALF

#define HALF(symbol, ...) &half_##symbol,
static const struct half_writer *const halves[] = {
#include "model/half_formats.def"
};
#undef HALF

const struct half_writer *half_writer_find(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(halves); i++)
		if (!strcmp(halves[i]->name, name))
			return halves[i];
	return NULL;
}

const char *half_option(const struct half_work *w, const char *name)
{
	return json_str(w->options, name);
}
