/*
 * The last check of an edit: no known input gets as far as to fail it, since values that cannot stand in their place
 * are refused before. So it is looked at from within.
 */
#include "base/yaml_splice.c"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char before[] = "k: &x [1, 'two']\na: old\nz: {y: *x, e: []}\n";

struct row {
	const char *after;
	bool same;
};

static const struct row rows[] = {
	{ "k: &x [1, 'two']\na: new!!\nz: {y: *x, e: []}\n", true },
	{ "k: &x [1, 'two']\na: 'n!!'\nz: {y: *x, e: []}\n", false },	/* another value */
	{ "k: &x [1, 'two']\na: \"new!!\"\nz: {y: *x, e: []}\n", false },	/* moved */
	{ "k: &x [1, 'tow']\na: new!!\nz: {y: *x, e: []}\n", false },	/* another scalar */
	{ "k: &x [1, \"two\"]\na: new!!\nz: {y: *x, e: []}\n", false },	/* another style */
	{ "k: &x [1,2,'wo']\na: new!!\nz: {y: *x, e: []}\n", false },	/* one more */
	{ "k: &x {1, 'two'}\na: new!!\nz: {y: *x, e: []}\n", false },	/* another kind */
	{ "k: !x [1, 'two']\na: new!!\nz: {y: 1x, e: []}\n", false },	/* tag for anchor */
	{ "k: &x [1, 'two']\na: new!!\nZ: {y: *x, e: []}\n", false },	/* another key */
	{ "k: &x [1, 'two']\na: new!!\nz:  {y: *x, e: []}\n", false },	/* same, but elsewhere */
	{ "k: &x [1, 'two']\na: new!!\nz: {y: *x, e: {}}\n", false },	/* an empty one of another kind */
	{ "k: &x [1, 'two']\na: new!!\n", false },	/* one less */
	{ "k: &x [1, 'two']\na: new!!\nz: {y: *x, e: []}\nb: c\n", false },
	/* Layout is looked at by nobody but the splice. */
	{ "k: &x [1, 'two']\na: new!!\nz: {y: *x, e: [ ] }\n", true },
};

static void tells_trees_apart(void **state _unused_)
{
	_cleanup_(arena_freep) struct arena *a = arena_new();
	struct yaml_node *old = NULL, *new;

	assert_int_equal(yaml_parse(a, "f", before, strlen(before), &old, NULL), 0);

	const struct yaml_node *target = yaml_get(old, "a");
	const struct compare c = { target, target->start, target->end, strlen("new!!"), "new!!", strlen("new!!") };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = ERR_INIT;

		new = NULL;
		if (yaml_parse(a, "f", rows[i].after, strlen(rows[i].after), &new, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		if (is_same(&c, old, new) != rows[i].same)
			fail_msg("%zu: %s", i, rows[i].after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_trees_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
