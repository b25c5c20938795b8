#pragma once
/* Shared by the readers of manifests and by what follows values through them. */
#include "base/macro.h"
#include "base/yaml.h"
#include "puppet/manifest.h"
#include "puppet/pp_ast.h"

struct definition {                     /* a class, defined type or function */
	const char *name, *module;
	const struct pp_node *node;
	uint32_t file;
};
struct node_block { const struct pp_node *node; uint32_t file; };

enum ruby_kind { RUBY_VAR, RUBY_LOOKUP, RUBY_TEMPLATE, RUBY_READ, RUBY_UNKNOWN };
struct ruby_ref {                       /* what a template's Ruby asks for */
	enum ruby_kind kind;
	bool only_tests;                /* in a condition: its value does not get into the text */
	bool at_run_time, has_default;
	uint32_t line, col;
	const char *name, *how;
	const char *path[4];            /* keys of the hash that the variable is, NULL behind the last */
};
struct template {
	const char *name, *module;      /* "module/file" */
	uint32_t file;
	bool is_epp;
	const struct pp_node *root;     /* of EPP */
	struct ruby_ref *refs; uint32_t n_refs;   /* of ERB */
	const struct pp_node *mentions; /* of ERB: a list of strings, paths that stand in its text */
};
struct hiera_file { const char *path, *module; uint32_t file; const struct yaml_node *root; };
/* A file that a module hands out as it is: the paths that stand in it. */
struct plain_file { const struct pp_node *mentions; };
struct top_level { const struct pp_node *node; uint32_t file; };

struct manifest_parts {
	struct definition *definitions; uint32_t n_definitions; size_t cap_definitions;
	struct template *templates; uint32_t n_templates; size_t cap_templates;
	struct node_block *nodes; uint32_t n_nodes; size_t cap_nodes;
	struct hiera_file *hiera; uint32_t n_hiera; size_t cap_hiera;
	struct plain_file *plain; uint32_t n_plain; size_t cap_plain;
	struct top_level *tops; uint32_t n_tops; size_t cap_tops;     /* statements outside of all definitions */
	struct map classes, defines, functions, template_names, plain_names; /* -> index; plain: "module/file" */
	struct map ruby_functions, ruby_types;                        /* names that lib/puppet has -> file */
	struct ruby_ref *ruby; uint32_t n_ruby; size_t cap_ruby;      /* what Ruby functions ask for */
	struct map gap_names;                                         /* what is told once only */
};

struct walk { struct manifest *m; uint32_t file; const char *in; unsigned conditional; bool is_template; };

void manifest_gap(struct manifest *m, enum gap_kind kind, uint32_t file, uint32_t line, uint32_t col,
		  const char *fmt, ...) _printf_(6, 7);
void manifest_fact(struct manifest *m, const struct fact *f);
/* Facts of one tree (manifest_walk.c); definitions in it are kept when `loads`, as Puppet would load them from
 * there. */
void manifest_walk(struct manifest *m, uint32_t file, const char *module, const struct pp_node *root, bool loads);
/* The same for a template, which defines nothing. */
void manifest_walk_template(struct manifest *m, uint32_t file, const struct pp_node *root);
void manifest_template(struct manifest *m, uint32_t file, const char *module, const char *rest, const char *src,
		       size_t len);
/* The literal argument of inline_template() and inline_epp(); kept under the address of the call. */
void manifest_inline(struct manifest *m, uint32_t file, const struct pp_node *call, const struct pp_node *text);
void manifest_plain(struct manifest *m, const char *module, const char *rest, const char *src, size_t len);
void manifest_ruby(struct manifest *m, uint32_t file, const char *src, size_t len);
void manifest_hiera(struct manifest *m, uint32_t file, const char *src, size_t len);
/* The expression as one would write it, shortened: for texts. */
const char *pp_source(struct arena *a, const struct pp_node *n);
/* Does the function look something up in Hiera? */
bool is_lookup(const char *name, size_t len);
bool is_reader(const char *name, size_t len);                 /* file(), secret(), ... */
bool is_key_path(const char *s, size_t len);                  /* "/etc/ssl/private/x", "*.key" */
