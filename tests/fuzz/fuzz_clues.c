/* Lines of a hostile host become sentences: never too many, always with words, and commands without a shell's signs. */
#include "fuzz.h"
#include "model/clues.h"
#include <string.h>

static void commands(const json_t *body)
{
	const json_t *next = json_object_get(body, "next");

	for (size_t k = 0; k < json_array_size(next); k++) {
		const char *s = json_string_value(json_array_get(next, k));

		if (!s || strncmp(s, "firebreak declare ", 18) != 0 || strpbrk(s, "$`;|&<>\n\\\"()"))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(json_freep) json_t *j = NULL, *body = json_object();

	if (json_read("x", (const char *)data, size, 1 << 20, &j, NULL) < 0)
		return 0;
	struct clue_input in = { .from_us = 0, .until_us = (int64_t)1795000000 * 1000000,
				 .suspected_us = 5, .off_us = json_int(j, "off_us", 0) % ((int64_t)1 << 60),
				 .found = json_object_get(j, "found"), .unread = json_object_get(j, "unread"),
				 .logins = j, .packages = j, .drift = json_object_get(j, "drift") };

	clues_add(body, &in);
	const json_t *list = json_object_get(body, "clues");

	if (json_array_size(list) > CLUES_MAX || json_array_size(json_object_get(body, "not_read")) > CLUES_MAX)
		abort();
	for (size_t k = 0; k < json_array_size(list); k++)
		if (!json_str(json_array_get(list, k), "text"))
			abort();
	commands(body);
	return 0;
}
