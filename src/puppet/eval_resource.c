/* Resources as they are declared: titles, attributes, defaults of one expression, overrides. */
#include "puppet/eval.h"
#include "puppet/pp_lex.h"
#include <string.h>

const char *type_name(struct eval *e, const char *s, size_t len)
{
	char *name;

	if (len > 2 && !memcmp(s, "::", 2)) {
		s += 2;
		len -= 2;
	}
	name = arena_dupn(e->vals.arena, s, len);
	for (size_t i = 0; i < len; i++)
		if (name[i] >= 'A' && name[i] <= 'Z')
			name[i] = (char)(name[i] | 0x20);
	return name;
}

/* Built into Puppet, its core modules or concat and stdlib: what such a type does is known. */
static const char *const types[] = {
	"file", "exec", "service", "package", "user", "group", "cron", "mount", "host", "notify", "filebucket",
		"resources",
	"schedule", "stage", "tidy", "augeas", "sshkey", "ssh_authorized_key", "mailalias", "yumrepo", "zpool", "zfs",
	"selboolean", "selmodule", "concat", "concat::fragment", "file_line", "anchor", "ini_setting", "ini_subsetting",
	"vcsrepo", "class", "concat_file", "concat_fragment", "apt_key", "component", "whit",
};

bool type_is_known(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i], type))
			return true;
	return false;
}

static const char *key_of(struct arena *a, const char *type, const struct val *title)
{
	uint32_t len = title->len;

	/* "/etc/x/" and "/etc/x" are one file; "::a" and "a" one class */
	if (!strcmp(type, "file") && len > 1 && title->s[len - 1] == '/')
		len--;
	if (!strcmp(type, "class") && len > 2 && !memcmp(title->s, "::", 2))
		return arena_printf(a, "class[%.*s]", (int)len - 2, title->s + 2);
	return arena_printf(a, "%s[%.*s]", type, (int)len, title->s);
}

uint32_t resource_find(const struct eval *e, const char *type, const struct val *title)
{
	uint32_t found;

	if (title->kind != VAL_STRING)
		return NO_RESOURCE;
	found = map_get(&e->res_names, key_of(e->vals.arena, type, title));
	return found == MAP_NONE ? NO_RESOURCE : found;
}

/* Titles are texts: what is not one becomes a hole, what is one of several is that many resources (see declare()). */
uint32_t resource_add(struct eval *e, struct scope *s, const char *type, size_t len, const struct val *title,
		      const struct pp_node *at)
{
	struct resource r = { .type = type_name(e, type, len), .container = s->container, .file = s->file,
		.line = at->line, .col = at->col, .maybe = e->maybe > 0, .scope = s, .same = NO_RESOURCE };
	uint32_t found;
	const char *key;

	if (title->kind != VAL_STRING)
		title = val_join(&e->vals, &title, 1, "", at);
	if (title->kind != VAL_STRING)
		return NO_RESOURCE;
	r.title = title;
	if (!GROW(e->res, e->n_res, e->cap_res, FEED_RESOURCES_MAX)) {
		e->over = true;
		eval_gap(e, GAP_LIMIT, s, at, "more than %u resources on '%s': the rest is not read",
			 FEED_RESOURCES_MAX,
			 e->hostname);
		return NO_RESOURCE;
	}
	found = map_getn(&e->p->defines, r.type, strlen(r.type));
	if (found != MAP_NONE)
		r.define = &e->p->definitions[found];
	key = key_of(e->vals.arena, r.type, title);
	e->res[e->n_res] = r;
	if (!map_put(&e->res_names, key, e->n_res)) {
		found = map_get(&e->res_names, key);
		/* the newest comes second: the first is the one that is found */
		e->res[e->n_res].same = e->res[found].same;
		e->res[found].same = e->n_res;
	}
	return e->n_res++;
}

void resource_set(struct eval *e, struct resource *r, const char *name, size_t len, const struct val *v)
{
	e->steps += r->n_attrs / 16;
	for (uint32_t i = 0; i < r->n_attrs; i++)
		if (r->attrs[i].len == len && !memcmp(r->attrs[i].name, name, len)) {
			r->attrs[i].val = v;
			return;
		}
	if (r->n_attrs == r->cap_attrs) {
		uint32_t cap = r->cap_attrs ? r->cap_attrs * 2 : 8;
		struct attr *attrs = arena_zero(e->vals.arena, cap * sizeof(*attrs));

		if (r->n_attrs)
			memcpy(attrs, r->attrs, r->n_attrs * sizeof(*attrs));
		r->attrs = attrs;
		r->cap_attrs = cap;
	}
	r->attrs[r->n_attrs++] = (struct attr){ name, (uint32_t)len, v };
}

const struct val *resource_get(const struct resource *r, const char *name)
{
	for (uint32_t i = 0; i < r->n_attrs; i++)
		if (strlen(name) == r->attrs[i].len && !memcmp(r->attrs[i].name, name, r->attrs[i].len))
			return r->attrs[i].val;
	return NULL;
}

void attrs_eval(struct eval *e, struct scope *s, struct resource *r, const struct pp_node *attrs)
{
	for (const struct pp_node *a = attrs; a; a = a->next) {
		const struct val *v = eval(e, s, a->a), *old;

		if (a->op == T_STAR) {
			for (uint32_t i = 0; v->kind == VAL_HASH && i < v->n; i++)
				if (val_key(v, i)->kind == VAL_STRING)
					resource_set(e, r, val_key(v, i)->s, val_key(v, i)->len, val_value(v, i));
			if (v->kind == VAL_ANY || v->kind == VAL_ONEOF)
				resource_set(e, r, "*", 1, v);
			continue;
		}
		old = a->op == T_PARROW ? resource_get(r, a->text) : NULL;
		if (old) {
			const struct val *const both[] = { old, v };

			v = val_list(&e->vals, VAL_LIST, both, 2);
		}
		resource_set(e, r, a->text, a->len, v);
	}
}

/* What `r` points at may move while attributes are evaluated (they may declare classes). */
static void set_attrs(struct eval *e, struct scope *s, uint32_t id, const struct pp_node *defaults,
		      const struct pp_node *attrs)
{
	struct resource r = e->res[id];

	attrs_eval(e, s, &r, defaults);
	attrs_eval(e, s, &r, attrs);
	r.same = e->res[id].same;
	r.realized = e->res[id].realized;
	e->res[id] = r;
}

static const struct val *declare(struct eval *e, struct scope *s, const struct pp_node *n, const struct val *type,
				 const struct val *title, const struct pp_node *attrs, const struct pp_node *defaults)
{
	struct val *ref;
	uint32_t id;

	if (title->kind == VAL_LIST || title->kind == VAL_ONEOF) {
		const struct val *refs[1] = { val_undef() };

		e->maybe += title->kind == VAL_ONEOF;
		for (uint32_t i = 0; i < title->n && !e->over; i++)
			refs[0] = declare(e, s, n, type, title->v[i], attrs, defaults);
		e->maybe -= title->kind == VAL_ONEOF;
		ref = arena_zero(e->vals.arena, sizeof(*ref));
		*ref = *title;
		ref->kind = VAL_REF;
		ref->s = type_name(e, type->s, type->len);
		ref->len = (uint32_t)strlen(ref->s);
		return title->n == 1 ? refs[0] : ref;
	}
	if (type->len == 5 && !strncasecmp(type->s, "class", 5)) {
		class_declare(e, s, title, attrs, n);
	} else {
		id = resource_add(e, s, type->s, type->len, title, n);
		if (id == NO_RESOURCE)
			return val_undef();
		e->res[id].is_virtual = n->flags & PP_VIRTUAL;
		e->res[id].exported = n->flags & PP_EXPORTED;
		set_attrs(e, s, id, defaults, attrs);
		title = e->res[id].title;
	}
	ref = arena_zero(e->vals.arena, sizeof(*ref));
	*ref = *val_list(&e->vals, VAL_LIST, &title, 1);
	ref->kind = VAL_REF;
	ref->s = type_name(e, type->s, type->len);
	ref->len = (uint32_t)strlen(ref->s);
	return ref;
}

static const struct val *bodies(struct eval *e, struct scope *s, const struct pp_node *n, const struct val *type)
{
	const struct pp_node *defaults = NULL;
	_cleanup_(freep) const struct val **refs = NULL;
	uint32_t count = 0;
	size_t cap = 0;

	for (const struct pp_node *b = n->b; b; b = b->next)
		if (b->a && b->a->kind == PP_DEFAULT)
			defaults = b->b;
	for (const struct pp_node *b = n->b; b && !e->over; b = b->next)
		if (b->a && b->a->kind != PP_DEFAULT && GROW(refs, count, cap, VAL_LIST_MAX))
			refs[count++] = declare(e, s, n, type, eval(e, s, b->a), b->b, defaults);
	return count == 1 ? refs[0] : val_list(&e->vals, VAL_LIST, refs, count);
}

const struct val *eval_resource(struct eval *e, struct scope *s, const struct pp_node *n)
{
	const struct val *type = n->a->kind == PP_NAME ? val_text(&e->vals, n->a->text, n->a->len) : eval(e, s, n->a);

	if (n->kind == PP_DEFAULTS) {
		struct defaults *d = arena_zero(e->vals.arena, sizeof(*d));

		*d = (struct defaults){ s->defaults, type->kind == VAL_REF ? type->s
			: type_name(e, n->a->text, n->a->len),
			n->b, s };
		s->defaults = d;
		return val_undef();
	}
	if (n->kind == PP_OVERRIDE) {
		if (GROW(e->changes, e->n_changes, e->cap_changes, FEED_RESOURCES_MAX))
			e->changes[e->n_changes++] = (struct change){ n, s, type, e->maybe > 0 };
		return type;
	}
	if ((type->kind != VAL_STRING && type->kind != VAL_REF) || val_has_hole(type)) {
		eval_gap(e, GAP_UNDECIDED, s, n, "resources of a type that is known at run time only");
		return val_undef();
	}
	return bodies(e, s, n, type);
}
