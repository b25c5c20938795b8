#pragma once
/* The functions of Puppet and its standard library that do something to values or to the catalogue. */
#include "puppet/eval.h"

const struct val *fn_each(struct eval *e, const struct call *c);
const struct val *fn_map(struct eval *e, const struct call *c);
const struct val *fn_filter(struct eval *e, const struct call *c);
const struct val *fn_reduce(struct eval *e, const struct call *c);
const struct val *fn_with(struct eval *e, const struct call *c);
const struct val *fn_then(struct eval *e, const struct call *c);
const struct val *fn_lest(struct eval *e, const struct call *c);

const struct val *fn_same(struct eval *e, const struct call *c);           /* Sensitive, unwrap, strip, ... */
const struct val *fn_second(struct eval *e, const struct call *c);         /* assert_type */
const struct val *fn_downcase(struct eval *e, const struct call *c);
const struct val *fn_new(struct eval *e, const struct call *c);
const struct val *fn_join(struct eval *e, const struct call *c);
const struct val *fn_split(struct eval *e, const struct call *c);
const struct val *fn_sprintf(struct eval *e, const struct call *c);
const struct val *fn_merge(struct eval *e, const struct call *c);
const struct val *fn_concat(struct eval *e, const struct call *c);
const struct val *fn_flatten(struct eval *e, const struct call *c);
const struct val *fn_keys(struct eval *e, const struct call *c);
const struct val *fn_values(struct eval *e, const struct call *c);
const struct val *fn_pick(struct eval *e, const struct call *c);
const struct val *fn_dig(struct eval *e, const struct call *c);
const struct val *fn_empty(struct eval *e, const struct call *c);
const struct val *fn_length(struct eval *e, const struct call *c);
const struct val *fn_list(struct eval *e, const struct call *c);           /* any2array */
const struct val *fn_has(struct eval *e, const struct call *c);            /* has_key */

const struct val *fn_include(struct eval *e, const struct call *c);
const struct val *fn_contain(struct eval *e, const struct call *c);
const struct val *fn_require(struct eval *e, const struct call *c);
const struct val *fn_hiera_include(struct eval *e, const struct call *c);
const struct val *fn_defined(struct eval *e, const struct call *c);
const struct val *fn_realize(struct eval *e, const struct call *c);
const struct val *fn_create_resources(struct eval *e, const struct call *c);
const struct val *fn_ensure_resource(struct eval *e, const struct call *c);
const struct val *fn_ensure_packages(struct eval *e, const struct call *c);
const struct val *fn_stop(struct eval *e, const struct call *c);           /* next, break, return */
const struct val *fn_nothing(struct eval *e, const struct call *c);        /* notice, tag, fail, ... */

const struct val *fn_lookup(struct eval *e, const struct call *c);
const struct val *fn_hiera(struct eval *e, const struct call *c);
const struct val *fn_read(struct eval *e, const struct call *c);           /* file, secret, generate */
const struct val *fn_template(struct eval *e, const struct call *c);
const struct val *fn_inline(struct eval *e, const struct call *c);
const struct val *fn_epp(struct eval *e, const struct call *c);
