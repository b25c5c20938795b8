#include "model/register.h"
#include "base/mem.h"
#include "base/text.h"

#define SHOWN 60

struct kind { const char *prefix, *one; size_t names, items, count, size; };

#define KIND(p, o, map, field) \
	{ (p), (o), offsetof(struct firebreak_register, map), offsetof(struct firebreak_register, field), \
	  offsetof(struct firebreak_register, n_##field), sizeof(*((struct firebreak_register *)0)->field) }

static const struct kind kinds[] = {
	[REF_SECRET] = KIND("secret", "secret", secret_names, secrets),
	[REF_HOST] = KIND("host", "host", host_names, hosts),
	[REF_SYSTEM] = KIND("system", "system", system_names, systems),
	[REF_DATA] = KIND("data", "data set", data_names, data),
	[REF_USER] = KIND("user", "user", user_names, users),
	[REF_SSH_KEY] = KIND("ssh-key", "ssh key", ssh_key_names, ssh_keys),
};

static uint32_t count_of(const struct firebreak_register *r, const struct kind *k)
{
	return *(const uint32_t *)((const char *)r + k->count);
}

/* Every item's first field is its name. */
static const char *name_at(const struct firebreak_register *r, const struct kind *k, uint32_t i)
{
	const char *items = *(const char *const *)((const char *)r + k->items);

	return *(const char *const *)(items + i * k->size);
}

static uint32_t find(const struct firebreak_register *r, const struct kind *k, const char *name)
{
	return map_get((const struct map *)((const char *)r + k->names), name);
}

const char *ref_kind_name(enum ref_kind kind)
{
	return kinds[kind].prefix;
}

const char *register_name(const struct firebreak_register *r, struct ref ref)
{
	const struct kind *k = &kinds[ref.kind];

	return ref.index < count_of(r, k) ? name_at(r, k, ref.index) : "";
}

static int unknown(const struct firebreak_register *r, const char *what, size_t from, size_t to, const char *name,
		   struct err *e)
{
	size_t total = 0, n = 0;

	for (size_t i = from; i < to; i++)
		total += count_of(r, &kinds[i]);

	_cleanup_(freep) const char **words = mem_zero(total + 1, sizeof(*words));

	for (size_t i = from; i < to; i++)
		for (uint32_t k = 0; k < count_of(r, &kinds[i]); k++)
			words[n++] = name_at(r, &kinds[i], k);

	const char *near = text_nearest(name, words, n);

	if (near)
		return err_set(e, ERR_USAGE, "the register knows no '%.*s': did you mean '%s'?", SHOWN, what, near);
	return err_set(e, ERR_USAGE, "the register knows no '%.*s': expected a secret, system, host, data set, user or "
		       "ssh key that `firebreak register show` lists", SHOWN, what);
}

int register_resolve(const struct firebreak_register *r, const char *what, struct ref *ret, struct err *e)
{
	size_t found = ARRAY_SIZE(kinds);
	struct ref ref = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = strlen(kinds[i].prefix);

		if (!text_starts(what, kinds[i].prefix) || what[len] != ':')
			continue;

		uint32_t index = find(r, &kinds[i], what + len + 1);

		if (index == MAP_NONE)
			return unknown(r, what, i, i + 1, what + len + 1, e);
		*ret = (struct ref){ (enum ref_kind)i, index };
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint32_t index = find(r, &kinds[i], what);

		if (index == MAP_NONE)
			continue;
		if (found < ARRAY_SIZE(kinds))
			return err_set(e, ERR_USAGE, "'%s' is a %s and a %s: write '%s:%s' or '%s:%s'", what,
				       kinds[found].one, kinds[i].one, kinds[found].prefix, what, kinds[i].prefix,
				       what);
		found = i;
		ref = (struct ref){ (enum ref_kind)i, index };
	}
	if (found == ARRAY_SIZE(kinds))
		return unknown(r, what, 0, ARRAY_SIZE(kinds), what, e);
	*ret = ref;
	return 0;
}

uint32_t register_account_host(const struct firebreak_register *r, const struct account *a)
{
	const char *at = a->address, *end = strrchr(at, ':');
	char name[256];
	uint32_t index;

	if (a->host != NOTHING || !end || text_starts(at, "unix:"))
		return a->host;
	if (*at == '[' && end > at + 1 && end[-1] == ']') {
		at++;
		end--;
	}
	(void)snprintf(name, sizeof(name), "%.*s", (int)(end - at < 255 ? end - at : 255), at);
	index = map_get(&r->host_names, name);
	for (uint32_t i = 0; index == MAP_NONE && i < r->n_hosts; i++)
		if (!strcmp(r->hosts[i].address, name))
			index = i;
	return index == MAP_NONE ? NOTHING : index;
}
