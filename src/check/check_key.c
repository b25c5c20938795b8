#include "check/check.h"
#include "base/map.h"

/* Public keys that are known: SPKI hash -> 1. */
static void note(struct map *m, const struct leaves *l, enum pem_kind kind)
{
	for (size_t i = 0; i < l->n; i++)
		for (uint32_t k = 0; k < l->list[i].traits.pems.n; k++) {
			const struct pem *p = &l->list[i].traits.pems.list[k];

			if (p->kind == kind && p->spki[0])
				(void)map_put(m, p->spki, 1);
		}
}

static bool is_ssl_keys(const struct check *c, const char *repository)
{
	uint32_t i = map_get(&c->reg->repository_names, repository);

	return i != MAP_NONE && c->reg->repositories[i].kind == REPOSITORY_SSL_KEYS;
}

static bool any_read(const struct check *c, enum repository_kind kind)
{
	for (uint32_t i = 0; i < c->reg->n_repositories; i++)
		if (c->reg->repositories[i].kind == kind && c->repository_read[i])
			return true;
	return false;
}

/* Only keys of the repository for TLS keys are expected to have a certificate: others sign mail or open shells. */
static void keys_alone(struct check *c, const struct map *certificates)
{
	for (uint32_t i = 0; i < c->leaves->n; i++) {
		const struct leaf *l = &c->leaves->list[i];

		if (!is_ssl_keys(c, l->repository))
			continue;
		for (uint32_t k = 0; k < l->traits.pems.n; k++) {
			const struct pem *p = &l->traits.pems.list[k];

			if (p->kind == PEM_PRIVATE && p->spki[0] && map_get(certificates, p->spki) == MAP_NONE)
				check_at_leaf(c, RULE_KEY_ALONE, i, "take the key out, or add its certificate",
					      "no certificate of the repositories belongs to the key in '%s'",
					      l->file);
		}
	}
}

/* A chain's further certificates are its authorities', and so is a file that has nothing but authorities. */
static void certificates_alone(struct check *c, const struct map *keys)
{
	for (size_t i = 0; i < c->certificates->n; i++) {
		const struct leaf *l = &c->certificates->list[i];
		const struct pem *p = l->traits.pems.n ? &l->traits.pems.list[0] : NULL;

		if (!p || p->kind != PEM_CERTIFICATE || p->authority || !p->spki[0] ||
		    map_get(keys, p->spki) != MAP_NONE)
			continue;
		findings_add(c->findings, &(struct finding){ .rule = RULE_CERTIFICATE_ALONE,
			     .repository = l->repository, .file = l->file, .line = 1, .subject = l->file,
			     .text = arena_printf(c->arena, "no private repository has the key of the certificate '%s'",
						  l->file),
			     .next = "add the key, or take the certificate out" });
	}
}

void check_keys(struct check *c)
{
	_cleanup_(map_free) struct map certificates = MAP_INIT, keys = MAP_INIT;

	if (!any_read(c, REPOSITORY_SSL) || !any_read(c, REPOSITORY_SSL_KEYS))
		return;
	note(&certificates, c->certificates, PEM_CERTIFICATE);
	note(&certificates, c->leaves, PEM_CERTIFICATE);
	note(&keys, c->leaves, PEM_PRIVATE);
	keys_alone(c, &certificates);
	certificates_alone(c, &keys);
}
