/* Keys with a public half: what makes them, and where the other half stands. */
#include "base/keypair.h"
#include "model/half_format.h"
#include "model/register_halves.h"

bool take_make(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	enum keypair kind;
	const char *text;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (keypair_parse(text, &kind) < 0)
		return problem_at(l, n, "'%s' is wrong: no key of kind '%.60s' is made%s", k->name, text,
				  hint_words(text, keypair_names, KEYPAIRS));
	return take_text(l, k, n, item);
}

static bool take_format(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	const char *text, *names[64];
	size_t count = 0;

	if (!scalar(l, n, k->name, &text))
		return false;
	if (half_format_find(text))
		return take_text(l, k, n, item);
	for (; count < half_formats_count && count < ARRAY_SIZE(names); count++)
		names[count] = half_formats[count].name;
	return problem_at(l, n, "no format of a public half is called '%.60s'%s", text, hint_words(text, names, count));
}

/* Looked at when the format is known. */
static bool take_afterwards(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	(void)l, (void)k, (void)n, (void)item;
	return true;
}

#define AT(field) offsetof(struct public_half, field)
static const struct key half_keys[] = {
	{ "repository", take_late, AT(repository), .late = LATE_REPOSITORY, .required = true },
	{ "file", take_text, AT(file), .required = true, .check = check_inside },
	{ "what", take_text, AT(what), .required = true },
	{ "format", take_format, AT(format) },
	{ "check", take_texts, AT(check) },
	{ "hosts", take_late, AT(hosts), .late = LATE_HOSTS },
	{ "issuer", take_late, AT(issuer), .late = LATE_ISSUER },
	{ "names", take_texts, AT(names), .check = check_host_word },
	{ "options", take_afterwards, 0 },
};
#undef AT

static bool format_options(struct loader *l, const struct yaml_node *n, struct public_half *h)
{
	const struct half_format *f = half_format_find(h->format);
	const struct yaml_node *options = yaml_get(n, "options");
	char whose[100];

	if (!f)
		return options || h->check.n ? problem_at(l, n, "'options' and 'check' are for a public half with a "
							  "'format': who writes it otherwise is a person") : true;
	(void)snprintf(whose, sizeof(whose), "format '%s'", f->name);
	if (options && !read_options(l, options, whose, f->options, &h->options))
		return false;
	bool also = f->beside && h->options && json_object_get(h->options, f->also);
	bool beside = f->beside && h->options && json_object_get(h->options, f->beside);

	if (also != beside)
		return problem_at(l, n, "format '%s': the options '%s' and '%s' stand together", f->name, f->also,
				  f->beside);
	if (f->required && (!h->options || !json_object_get(h->options, f->required)))
		return problem_at(l, n, "format '%s' needs the option '%s'", f->name, f->required);
	return true;
}

/* The index itself is resolved when all files are read. */
static bool format_issuer(struct loader *l, const struct yaml_node *n, const struct public_half *h)
{
	const struct half_format *f = half_format_find(h->format);
	bool issued = f && f->is_issued, has = yaml_get(n, "issuer") != NULL;

	if (issued && !has)
		return problem_at(l, n, "format '%s' needs 'issuer': who makes it for a new key (section 'issuers')",
				  f->name);
	if (!issued && (has || h->names.n))
		return problem_at(l, n, "'issuer' and 'names' are for a public half that an issuer makes (format "
				  "'certificate')");
	return true;
}

static bool read_half(struct loader *l, const struct yaml_node *n, void *element)
{
	struct public_half *h = element;

	h->at = position_of(l, n);
	h->repository = h->issuer = NOTHING;
	return take_map(l, n, half_keys, ARRAY_SIZE(half_keys), h, "the public half") && format_options(l, n, h) &&
	       format_issuer(l, n, h);
}

static bool same_word(const struct yaml_node *a, const struct yaml_node *b, const char *key)
{
	const struct yaml_node *x = yaml_get(a, key), *y = yaml_get(b, key);

	return !x == !y && (!x || strcmp(x->text, y->text) == 0);
}

/* Steps are named by these three. */
static bool stands_once(struct loader *l, const struct yaml_node *list)
{
	for (const struct yaml_node *a = list->child; a; a = a->next)
		for (const struct yaml_node *b = list->child; b != a; b = b->next)
			if (same_word(a, b, "repository") && same_word(a, b, "file") && same_word(a, b, "format"))
				return problem_at(l, a, "a public half with this 'repository', 'file' and 'format' "
						  "stands at %u:%u already", b->line, b->col);
	return true;
}

bool take_halves(struct loader *l, const struct key *k, const struct yaml_node *n, void *item)
{
	struct secret_def *s = item;

	return take_elements(l, n, k->name, LIMIT_PER_SECRET, sizeof(*s->public_halves), read_half,
			     (void **)&s->public_halves, &s->n_public_halves) && stands_once(l, n);
}
