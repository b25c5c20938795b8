#include "model/contain_host.h"
#include "base/text.h"
#include <string.h>

int contain_level_parse(const char *name, enum contain_level *ret, struct err *e)
{
	const char *names[CONTAIN_LEVELS], *near;

	if (contain_level_find(name, ret))
		return 0;
	for (int k = 0; k < CONTAIN_LEVELS; k++)
		names[k] = contain_levels[k].name;
	near = text_nearest(name, names, CONTAIN_LEVELS);
	return err_set(e, ERR_USAGE, "--level '%.60s': expected isolate, port22, ssh, sessions or shutdown%s%s%s", name,
		       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static enum contain_right of_role(const struct role_def *role)
{
	return role->contain == CONTAIN_RIGHT_ALL ? CONTAIN_ALL
	     : role->contain == CONTAIN_RIGHT_CROWD || (role->root && role->contain != CONTAIN_RIGHT_NONE)
		? CONTAIN_CROWD : CONTAIN_NOTHING;
}

enum contain_right contain_right(const struct firebreak_register *r, const char *person)
{
	enum contain_right right = CONTAIN_NOTHING;

	for (uint32_t p = 0; person && p < r->n_people; p++) {
		const struct names *roles = &r->people[p].roles;

		if (strcmp(r->people[p].name, person) != 0)
			continue;
		for (uint32_t k = 0; k < roles->n; k++)
			for (uint32_t n = 0; n < r->n_roles; n++)
				if (!strcmp(r->roles[n].name, roles->s[k]) && of_role(&r->roles[n]) > right)
					right = of_role(&r->roles[n]);
	}
	return right;
}

bool contain_may(enum contain_right right, enum contain_level level)
{
	return right == CONTAIN_ALL || (right == CONTAIN_CROWD && contain_levels[level].crowd);
}

void contain_offer(enum contain_right right, int64_t incident, const char *person, const char *const *hosts,
		   size_t n_hosts, struct buf *b)
{
	if (right == CONTAIN_NOTHING) {
		buf_str(b, "The register gives you no role that is root or may contain hosts: somebody else has to do "
			"it. Those who may are told now.\n");
		return;
	}
	buf_str(b, "You are root there and not of those who may isolate and release hosts. Until they come, crowd "
		"control is the best method: keep everybody out. One command is enough, and they are told at once:\n");
	for (int level = 0; level < CONTAIN_LEVELS; level++) {
		if (!contain_levels[level].crowd)
			continue;
		buf_printf(b, "\n  firebreak contain %lld", (long long)incident);
		for (size_t k = 0; k < n_hosts; k++) {
			buf_char(b, ' ');
			text_visible(b, hosts[k], strlen(hosts[k]));
		}
		buf_printf(b, " --level %s --as ", contain_levels[level].name);
		text_visible(b, person, strlen(person));
		buf_printf(b, "\n      %s\n", contain_levels[level].does);
	}
}
