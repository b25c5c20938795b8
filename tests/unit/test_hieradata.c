/* Which files are Hiera data. */
#include "base/mem.h"
#include "scan/hieradata.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static struct err e;

static void folders_and_endings_decide(void **state _unused_)
{
	static const struct { const char *path, *rest; } rows[] = {
		{ "hieradata/common.yaml", "common.yaml" }, { "hieradata/hosts/a.yml", "hosts/a.yml" },
		{ "x/hieradata/a.eyaml", "a.eyaml" }, { "data/a.yaml", "a.yaml" }, { "modules/m/data/os/b.yaml",
			"os/b.yaml" },
		{ "hieradata/common/a/b.yaml", "common/a/b.yaml" }, { "hieradata", NULL }, { "hieradata.yaml", NULL },
		{ "common.yaml", NULL }, { "hieradata/a.txt", NULL }, { "hieradata/yaml", NULL },
		{ "hieradata/.yaml", ".yaml" },
		{ "data/a/data/b.yaml", "b.yaml" }, { "hieradata/data/b.yaml", "data/b.yaml" },
		{ "xhieradata/a.yaml", NULL }, { "metadata/a.yaml", NULL }, { "hieradatax/a.yaml", NULL },
			{ "files/a.yaml", NULL },
	};
	struct hieradata h = HIERADATA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *rest = hieradata_by_name(rows[i].path);

		if ((rest != NULL) != (rows[i].rest != NULL) || (rest && strcmp(rest, rows[i].rest) != 0))
			fail_msg("%s: %s", rows[i].path, rest ? rest : "none");
		assert_int_equal(hieradata_has(&h, rows[i].path), rest != NULL);
	}
}

static void without_a_register_any_yaml_may_be(void **state _unused_)
{
	static const char *const yes[] = { "common.yaml", "hosts/a.yml", "a/b/c.eyaml", "hieradata/files/a.yaml" };
	static const char *const no[] = { "files/a.yaml", "x/files/a.yaml", "hiera.yaml", "x/hiera.yaml", "a.txt",
					 "yaml" };
	struct hieradata h = { .patterns = STRV_INIT, .any = true };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(hieradata_has(&h, yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(hieradata_has(&h, no[i]));
}

static void a_hiera_yaml_names_more(void **state _unused_)
{
	static const char text[] =
		"version: 5\ndefaults: {datadir: secrets, data_hash: yaml_data}\nhierarchy:\n  - {name: a, "
		"path: 'nodes/%{trusted.certname}.yaml'}\n  - {name: b, paths: [common.yaml, "
		"'os/%{facts.os.name}/%{x}.yml']}\n  - {name: c, datadir: '.', glob: 'extra/*.yaml'}\n  - {name: d, "
		"datadir: more, globs: ['{a,b}.yaml', 'x[12].yaml']}\n  - {name: e, mapped_paths: [services, s, "
		"'service/%{s}.yaml']}\n  - {name: f, path: by_class, lookup_key: my::own}\n  - {name: g, "
		"datadir: /etc/elsewhere, path: away.yaml}\n  - {name: h, lookup_key: eyaml_lookup_key, "
		"path: sealed.eyaml}\n";
	static const char *const yes[] = {
		"env/secrets/nodes/db11.example.org.yaml", "env/secrets/common.yaml", "env/secrets/os/Debian/y.yml",
		"env/./extra/q.yaml", "env/more/a.yaml", "env/more/x1.yaml", "env/secrets/service/x.yaml",
		"env/secrets/by_class.yaml", "env/secrets/by_class/a/b.yaml", "env/secrets/sealed.eyaml",
	};
	static const char *const no[] = {
		"secrets/common.yaml", "env/common.yaml", "env/secrets/other.yaml", "env/more/x1.txt",
			"etc/elsewhere/away.yaml",
		"env/secrets/by_class.txt", "env/secrets/common.yaml.bak",
	};
	struct hieradata h = HIERADATA_INIT;

	assert_true(hieradata_is_config("env/hiera.yaml") && hieradata_is_config("hiera.yaml"));
	assert_false(hieradata_is_config("env/xhiera.yaml") || hieradata_is_config("hiera.yaml/x"));
	assert_int_equal(hieradata_config(&h, "env/hiera.yaml", text, strlen(text), &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (!hieradata_has(&h, yes[i]))
			fail_msg("%s", yes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (hieradata_has(&h, no[i]))
			fail_msg("%s", no[i]);
	hieradata_free(&h);
}

static void at_the_top_and_by_default_it_is_data(void **state _unused_)
{
	static const char text[] = "version: 5\nhierarchy: [{name: x, path: common.yaml, datadir: ''}, {name: "
		"y, path: z.yaml}]\n";
	struct hieradata h = HIERADATA_INIT;

	assert_int_equal(hieradata_config(&h, "hiera.yaml", text, strlen(text), &e), 0);
	assert_true(hieradata_has(&h, "common.yaml"));
	assert_false(hieradata_has(&h, "z.yaml"));
	hieradata_add(&h, "z.yaml");
	assert_true(hieradata_has(&h, "z.yaml"));
	hieradata_free(&h);
}

static void odd_ones_are_told(void **state _unused_)
{
	static const struct { const char *text, *why; } rows[] = {
		{ ":hierarchy: [common]\n", ":1:1: this hiera.yaml does not say 'version: 5'" },
		{ "version: 3\n", "does not say 'version: 5'" }, { "version: 5\nhierarchy: [\n", ":3:1: " },
		{ "- x\n", "does not say" }, { "", "does not say" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct hieradata h = HIERADATA_INIT;

		assert_int_equal(hieradata_config(&h, "hiera.yaml", rows[i].text, strlen(rows[i].text), &e),
			-ERR_CONFIG);
		if (!strstr(e.text, rows[i].why))
			fail_msg("%zu: %s", i, e.text);
		hieradata_free(&h);
	}
	for (size_t i = 0; i < 2; i++) {
		static const char *const texts[] = { "version: 5\nhierarchy: x\n", "version: 5\nhierarchy: [x, "
			"{path: {a: b}}, []]\n" };
		struct hieradata h = HIERADATA_INIT;

		assert_int_equal(hieradata_config(&h, "hiera.yaml", texts[i], strlen(texts[i]), &e), 0);
		assert_int_equal(h.patterns.n, 0);
		hieradata_free(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_and_endings_decide),
		cmocka_unit_test(without_a_register_any_yaml_may_be),
		cmocka_unit_test(a_hiera_yaml_names_more),
		cmocka_unit_test(at_the_top_and_by_default_it_is_data),
		cmocka_unit_test(odd_ones_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
