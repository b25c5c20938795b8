/* Forms of values against the programs that write them so. */
#include "base/mem.h"
#include "base/text.h"
#include "scan/forms.h"
#include "scratch.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static struct secret *secret_of(const char *file)
{
	struct secret *s = NULL;
	struct err e = ERR_INIT;
	_cleanup_(freep) char *text = file_text(file);
	size_t n = strlen(text);

	if (secret_take(text, n, &s, &e) < 0)
		fail_msg("%s", e.text);
	return s;
}

struct looking { const char *text; size_t len; const struct form_patterns *p; char found[1000]; };

static int look(const char *bytes, size_t len, void *arg)
{
	struct looking *l = arg;
	size_t n = 0;

	assert_true(len > 0);
	for (uint32_t i = 0; i < l->p->n; i++)
		if (memmem(l->text, l->len, bytes + l->p->p[i].offset, l->p->p[i].len))
			n += (size_t)snprintf(l->found + n, sizeof(l->found) - n, "%s ",
					      form_list[l->p->p[i].form].name);
	return 0;
}

/* The forms that were found in what the shell line prints, each with a blank behind it. */
static void forms_of(const char *value, const char *const *users, const char *line, char ret[1000])
{
	_cleanup_(secret_freep) struct secret *s = secret_of(value);
	struct form_patterns p;
	struct err e = ERR_INIT;

	must_sh("{ %s; } >out.raw && xxd -p out.raw | tr -d '\\n' >out.hex", line);
	_cleanup_(freep) char *hex = file_text("out.hex");
	_cleanup_(buf_free) struct buf raw = BUF_INIT(1 << 24);
	assert_int_equal(text_hex_decode(&raw, hex, strlen(hex)), 0);
	if (forms_make(s, FORMS_ALL, users, &p, &e) < 0)
		fail_msg("%s", e.text);
	struct looking l = { .text = buf_text(&raw), .len = raw.len, .p = &p };
	if (p.block)
		(void)secret_with(p.block, look, &l);
	(void)snprintf(ret, 1000, "%s", l.found);
	forms_free(&p);
}

static void is_found_as(const char *value, const char *form, const char *line)
{
	char found[1000];

	forms_of(value, (const char *const[]){ "alice", NULL }, line, found);
	if (!strstr(found, form))
		fail_msg("'%s': expected %s, found %s", line, form, found);
}

static void is_not_found(const char *value, const char *line)
{
	char found[1000];

	forms_of(value, NULL, line, found);
	if (found[0])
		fail_msg("'%s': found %s", line, found);
}

static void make_value(void)
{
	must_sh("printf '%%s' \"$(head -c 9 /dev/urandom | base64 | tr '+/' 'xy')\"\"a'b\\\"c/d&e<f>\\$g h%%i,~#z\" "
		">value");
}

static void programs_write_it_as_we_look_for_it(void **state _unused_)
{
	static const struct { const char *form, *line; } table[] = {
		{ "base64 ", "base64 -w0 value" },
		{ "base64 ", "{ printf x; cat value; printf tail; } | base64 -w0" },
		{ "base64 ", "{ printf xy; cat value; } | base64 -w0" },
		{ "base64 ", "{ printf xyz; cat value; echo; } | base64 -w0" },
		{ "base64", "{ printf xyz; cat value; echo; } | basenc --base64url -w0" },
		{ "hex ", "xxd -p -c 256 value" },
		{ "hex-upper ", "xxd -u -p -c 256 value" },
		{ "utf16 ", "iconv -t UTF-16LE value" },
		{ "json ", "jq -Rs . value" },
		{ "url", "jq -Rsr @uri value" },
		{ "ml ", "jq -Rsr @html value" },
		{ "shell ", "jq -Rsr @sh value" },
		{ "base64 ", "jq -Rsr @base64 value" },
		{ "json ", "python3 -c 'import json;print(json.dumps({\"p\":open(\"value\").read()}))'" },
		{ "shell-python ", "python3 -c 'import shlex;print(shlex.quote(open(\"value\").read()))'" },
		{ "html-python ", "python3 -c 'import html;print(html.escape(open(\"value\").read()))'" },
		{ "url-path ",
		  "python3 -c 'import urllib.parse as u;print(u.quote(open(\"value\").read()))'" },
		{ "url-form ",
		  "python3 -c 'import urllib.parse as u;print(u.quote_plus(open(\"value\").read()))'" },
		{ "xml-text ",
		  "python3 -c 'import xml.sax.saxutils as x;print(x.escape(open(\"value\").read()))'" },
		{ "shell-backslash ", "bash -c 'printf %q \"$(cat value)\"'" },
		{ "json", "ruby -rjson -e 'puts JSON.generate(p: File.read(\"value\"))'" },
		{ "yaml ", "ruby -ryaml -e 'puts({\"p\" => \"#\" + File.read(\"value\")}.to_yaml)'" },
		{ "url-form ", "ruby -rcgi -e 'puts CGI.escape(File.read(\"value\"))'" },
		{ "html ", "ruby -rcgi -e 'puts CGI.escapeHTML(File.read(\"value\"))'" },
		{ "php ", "php -r 'var_export(file_get_contents(\"value\"));'" },
		{ "json-slash ", "php -r 'echo json_encode(file_get_contents(\"value\"));'" },
		{ "json-hex ", "php -r 'echo json_encode(file_get_contents(\"value\"), JSON_HEX_TAG | JSON_HEX_AMP | "
			       "JSON_HEX_APOS | JSON_HEX_QUOT);'" },
		{ "html-php ", "php -r 'echo htmlspecialchars(file_get_contents(\"value\"));'" },
		{ "url-form-php ", "php -r 'echo urlencode(file_get_contents(\"value\"));'" },
		{ "md5 ", "md5sum value" }, { "sha1 ", "sha1sum value" },
		{ "sha256 ", "sha256sum value" }, { "sha512 ", "sha512sum value" },
		{ "sha1-base64 ", "openssl dgst -sha1 -binary value | base64" },
		{ "mariadb-native ", "openssl dgst -sha1 -binary value | sha1sum" },
		{ "postgresql-md5 ", "{ cat value; printf alice; } | md5sum" },
	};

	make_value();
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		is_found_as("value", table[i].form, table[i].line);
	is_not_found("value", "head -c 3000000 /dev/urandom | base64");
}

static void characters_beyond_ascii(void **state _unused_)
{
	must_sh("printf 'p\\303\\244ss\\342\\202\\254w/\\360\\237\\224\\221rt' >value");
	is_found_as("value", "json-ascii ", "python3 -c 'import json;print(json.dumps(open(\"value\").read()))'");
	is_found_as("value", "url", "python3 -c 'import urllib.parse as u;print(u.quote(open(\"value\").read()))'");
	is_found_as("value", "plain ", "jq -Rs . value");
}

static void several_lines_are_found_wrapped_escaped_and_with_other_ends(void **state _unused_)
{
	must_sh("for i in 1 2 3 4 5; do head -c 21 /dev/urandom | base64; done >value");
	is_found_as("value", "plain ", "sed 's/^/    /' value");
	is_found_as("value", "lines-crlf ", "sed 's/$/\\r/' value");
	is_found_as("value", "json ", "jq -Rs . value");
	is_found_as("value", "base64 ", "base64 -w0 value");
	is_found_as("value", "plain ", "cat value");
}

static void of_long_values_wrapped_base64_is_found(void **state _unused_)
{
	must_sh("head -c 900 /dev/urandom | base64 -w0 >value");
	is_found_as("value", "base64 ", "base64 value");
	is_found_as("value", "base64 ", "openssl base64 -in value");
	is_found_as("value", "plain ", "cat value");
	must_sh("head -c 900 /dev/urandom | base64 -w0 >other");
	is_not_found("value", "cat other; base64 other; cut -c 1-200 value");
}

static void keys(const char *make, bool has_certificate)
{
	must_sh("%s", make);
	is_found_as("key", "key-base64 ", "cat key");
	is_found_as("key", "key-base64 ", "grep -v -e '^-----' key | tr -d '\\n' | fold -w 76");
	is_found_as("key", "key-base64 ", "grep -v -e '^-----' key | tr -d '\\n' | fold -w 57");
	is_found_as("key", "key-base64 ", "grep -v -e '^-----' key | tr -d '\\n'");
	is_found_as("key", "key-base64 ", "sed 's/$/\\r/' key");
	is_found_as("key", "key-base64 ", "jq -Rs . key");
	is_found_as("key", "key-base64 ", "sed 's/^/      /' key");
	is_found_as("key", "base64 ", "base64 -w0 key");
	is_found_as("key", "base64 ", "{ printf x; cat key; } | base64 -w0");
	is_found_as("key", "base64 ", "base64 key");
	is_found_as("key", "base64 ", "{ printf 'some text before it: '; cat key; } | base64");
	is_found_as("key", "key-binary ", "grep -v -e '^-----' key | base64 -d");
	is_found_as("key", "key-hex ", "grep -v -e '^-----' key | base64 -d | xxd -p -c 100000");
	if (!has_certificate)
		return;
	is_found_as("key", "key-binary ", "openssl pkey -in key -outform DER");
	is_found_as("key", "key-base64 ", "openssl pkey -in key");
	must_sh("openssl req -x509 -new -key key -subj /CN=x -out crt 2>/dev/null");
	is_not_found("key", "cat crt; openssl pkey -in key -pubout; openssl pkey -in key -pubout -outform DER");
	must_sh("cp key was; %s", make);
	is_not_found("was", "cat key");
}

static void keys_are_found_in_any_container_and_their_certificates_are_not(void **state _unused_)
{
	keys("openssl genrsa -out key 2048 2>/dev/null", true);
	keys("openssl genrsa -traditional -out key 1024 2>/dev/null", true);
	keys("openssl genpkey -algorithm ED25519 -out key", true);
	keys("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key", true);
	keys("openssl ecparam -name prime256v1 -genkey -noout -out key", true);
	keys("openssl genrsa 2048 2>/dev/null | openssl pkcs8 -topk8 -passout pass:x -out key", false);
	keys("rm -f key key.pub; ssh-keygen -q -t ed25519 -N '' -f key", false);
	keys("rm -f key key.pub; ssh-keygen -q -t rsa -b 2048 -N '' -f key", false);
	is_not_found("key", "cat key.pub");
	keys("rm -f key key.pub; ssh-keygen -q -t ecdsa -N '' -f key", false);
	keys("rm -f key key.pub; ssh-keygen -q -t ed25519 -N pass -f key", false);
}

static void what_stands_everywhere_is_told_and_not_looked_for(void **state _unused_)
{
	static const char *const plain[] = { "abc", "changeme", "P4ssw0rd!", "aaaaaaaaaaaa", "qwertyuiop", "12345678" };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		put_file("value", plain[i]);
		_cleanup_(secret_freep) struct secret *s = secret_of("value");
		if (!forms_too_plain(s))
			fail_msg("%s", plain[i]);
	}
	make_value();
	_cleanup_(secret_freep) struct secret *good = secret_of("value");
	assert_null(forms_too_plain(good));
}

int main(void)
{
#define IN_SCRATCH(f) { #f, f, scratch_begin, scratch_end, NULL }
	const struct CMUnitTest tests[] = {
		IN_SCRATCH(programs_write_it_as_we_look_for_it),
		IN_SCRATCH(characters_beyond_ascii),
		IN_SCRATCH(several_lines_are_found_wrapped_escaped_and_with_other_ends),
		IN_SCRATCH(of_long_values_wrapped_base64_is_found),
		IN_SCRATCH(keys_are_found_in_any_container_and_their_certificates_are_not),
		IN_SCRATCH(what_stands_everywhere_is_told_and_not_looked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
