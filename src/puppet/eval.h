#pragma once
/*
 * One host's catalogue, made of public text. Shared by the files eval_*.c, fn_*.c and feed*.c, which are one job:
 * expressions become values, resources become entries here, and feed.c asks at the end what reached them.
 */
#include "puppet/eval_types.h"

/* eval_expr.c */
const struct val *eval(struct eval *e, struct scope *s, const struct pp_node *n);
const struct val *eval_block(struct eval *e, struct scope *s, const struct pp_node *n);
/* eval_branch.c */
const struct val *eval_if(struct eval *e, struct scope *s, const struct pp_node *n);
const struct val *eval_case(struct eval *e, struct scope *s, const struct pp_node *n);
const struct val *eval_select(struct eval *e, struct scope *s, const struct pp_node *n);
enum maybe eval_matches(struct eval *e, struct scope *s, const struct val *v, const struct val *option,
			const struct pp_node *at);
enum maybe eval_regex(struct eval *e, struct scope *s, const struct val *v, const char *pattern, size_t len,
		      const struct pp_node *at);
/* eval_scope.c */
struct scope *scope_new(struct eval *e, struct scope *parent, struct scope *caller, const struct scope *like);
void scope_set(struct eval *e, struct scope *s, const char *name, size_t len, const struct val *v);
const struct val *scope_get(struct eval *e, struct scope *s, const char *name, size_t len, const struct pp_node *at);
const struct val *fact(struct eval *e, const char *path, size_t len);
const struct val *eval_access(struct eval *e, struct scope *s, const struct val *of, const struct val *key,
			      const struct pp_node *at);
/* eval_call.c */
const struct val *eval_call(struct eval *e, struct scope *s, const struct pp_node *n);
struct call {                           /* of a built-in function */
	struct scope *scope;
	const struct pp_node *node, *lambda;
	const struct val **args; uint32_t n;
};
const struct val *eval_lambda(struct eval *e, const struct call *c, const struct val *const *args, uint32_t n);
const struct val *call_unknown(struct eval *e, const struct call *c);      /* anything, made of the arguments */
typedef const struct val *function(struct eval *e, const struct call *c);
function *function_find(const char *name, size_t len);
bool function_is_known(const char *name, size_t len);
/* its result has nothing of its arguments */
bool function_only_tests(const char *name, size_t len);
void eval_params(struct eval *e, struct scope *body, const struct pp_node *params, const struct val *const *args,
		 uint32_t n);
/* eval_resource.c */
const struct val *eval_resource(struct eval *e, struct scope *s, const struct pp_node *n);
uint32_t resource_add(struct eval *e, struct scope *s, const char *type, size_t len, const struct val *title,
		      const struct pp_node *at);
void resource_set(struct eval *e, struct resource *r, const char *name, size_t len, const struct val *v);
const struct val *resource_get(const struct resource *r, const char *name);
uint32_t resource_find(const struct eval *e, const char *type, const struct val *title);
const char *type_name(struct eval *e, const char *s, size_t len);          /* "Ssl::Cert" -> "ssl::cert" */
void attrs_eval(struct eval *e, struct scope *s, struct resource *r, const struct pp_node *attrs);
bool type_is_known(const char *type);
/* eval_class.c */
void class_include(struct eval *e, struct scope *s, const struct val *name, const struct pp_node *at, bool contain);
void class_declare(struct eval *e, struct scope *s, const struct val *title, const struct pp_node *attrs,
		   const struct pp_node *at);
struct scope *class_scope(struct eval *e, const char *name, size_t len);   /* NULL: not (yet) on this host */
void define_eval(struct eval *e, uint32_t res);
void eval_host(struct eval *e);
/* eval_edge.c */
void wish_add(struct eval *e, const struct val *from, const struct val *to, bool notify);
const struct val *eval_edge(struct eval *e, struct scope *s, const struct pp_node *n);
/* eval_collect.c */
void collect_all(struct eval *e);
const struct val *eval_collect(struct eval *e, struct scope *s, const struct pp_node *n);
enum maybe collect_matches(struct eval *e, const struct collect *c, const struct resource *r);
void changes_apply(struct eval *e);
void defaults_apply(struct eval *e);
/* eval_template.c */
const struct val *template_value(struct eval *e, const struct call *c, const struct val *name,
				 const struct val *params);
const struct val *template_inline(struct eval *e, const struct call *c);
/* eval_hiera.c */
struct hiera_index *hiera_open(struct run *r);
void hiera_freep(struct hiera_index **h);
/* What public data say for this host; NULL: nothing. */
const struct val *hiera_find(struct eval *e, const char *key, size_t len, bool merge);
bool is_private_key(const struct run *r, const char *key, size_t len);
/* The value of a key: public, private (anything, tainted), or NULL when it is certain that nobody has it. */
const struct val *hiera_value(struct eval *e, const struct scope *s, const char *key, size_t len, bool merge,
			      const struct pp_node *at);
/* eval_origin.c */
uint32_t taint_of_key(struct run *r, const char *raw, size_t len, uint32_t file, uint32_t line, uint32_t col);
uint32_t taint_of_file(struct run *r, const char *url, size_t len, uint32_t file, uint32_t line, uint32_t col);
uint32_t origin_file(struct run *r, const char *url, size_t len, uint32_t file, uint32_t line, uint32_t col);
/* feed_item.c: what reached the resources of a host */
void feed_collect(struct eval *e);
/* A lookup's name was read at this place: known, or known at run time only. */
void eval_asked(struct eval *e, const struct call *c, bool known);

/* Counts work that is no expression of its own; false: a limit is reached, which is told. */
bool eval_spend(struct eval *e, uint64_t steps, const struct scope *s, const struct pp_node *at);
void eval_gap(struct eval *e, enum gap_kind kind, const struct scope *s, const struct pp_node *at, const char *fmt, ...)
	_printf_(5, 6);                 /* each place and sentence once, whatever the number of hosts */
