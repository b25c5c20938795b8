#include "cli/hosts.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/places.h"
#include <string.h>

static bool is_chosen(const struct firebreak_register *reg, uint32_t host, const char *word, bool *known)
{
	bool fits = text_matches(word, reg->hosts[host].name);

	for (uint32_t g = 0; g < reg->n_groups; g++) {
		if (strcmp(reg->groups[g].name, word) != 0)
			continue;
		*known = true;
		for (uint32_t i = 0; i < reg->groups[g].hosts.n; i++)
			fits = fits || reg->groups[g].hosts.i[i] == host;
	}
	*known = *known || fits;
	return fits;
}

int hosts_choose(const struct firebreak_register *reg, const char *const *words, size_t n_words, const char *option,
		 uint32_t **ret, uint32_t *ret_n, struct err *e)
{
	_cleanup_(freep) const char **names = mem_zero(reg->n_hosts + reg->n_groups + 1, sizeof(*names));
	_cleanup_(freep) bool *chosen = mem_zero(reg->n_hosts + 1, sizeof(*chosen));
	uint32_t n = 0;

	for (uint32_t h = 0; h < reg->n_hosts; h++)
		names[n++] = reg->hosts[h].name;
	for (uint32_t g = 0; g < reg->n_groups; g++)
		names[n++] = reg->groups[g].name;
	for (size_t w = 0; w < n_words; w++) {
		bool known = false;

		for (uint32_t h = 0; h < reg->n_hosts; h++)
			chosen[h] = is_chosen(reg, h, words[w], &known) || chosen[h];
		if (known)
			continue;
		const char *near = text_nearest(words[w], names, n);
		return err_set(e, ERR_USAGE, "%s%s'%.100s': the register has no host, group or pattern of that "
			       "name%s%s%s", option ? option : "", option ? " " : "", words[w],
			       near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
	}
	*ret = mem_zero(reg->n_hosts + 1, sizeof(**ret));
	*ret_n = 0;
	for (uint32_t h = 0; h < reg->n_hosts; h++)
		if (!n_words || chosen[h])
			(*ret)[(*ret_n)++] = h;
	return 0;
}

int hosts_programs(char **ret_warden, char **ret_scout, struct err *e)
{
	static const char *const wardens[] = { "firebreak-warden", "../libexec/firebreak/firebreak-warden", NULL };
	static const char *const scouts[] = { "firebreak-scout", "../libexec/firebreak/firebreak-scout", NULL };
	int r = places_find("the warden is", wardens, ret_warden, e);

	return r < 0 ? r : places_find("the scout is", scouts, ret_scout, e);
}
