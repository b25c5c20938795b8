#include "base/buf.h"
#include "base/yaml_splice.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PATH(...) (const char *const[]) { __VA_ARGS__, NULL }

struct row {
	const char *name, *src;
	const char *const *path;
	const char *value, *expected; /* expected NULL: refused, with `says` in the sentence */
	const char *says;
};

static void run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct row *row = &rows[i];
		_cleanup_(buf_free) struct buf out = BUF_WIPED(1 << 20);
		struct err e = ERR_INIT;
		int r = yaml_splice("f", row->src, strlen(row->src), row->path, row->value, strlen(row->value), &out,
				    &e);

		if (row->expected && r < 0)
			fail_msg("%s: refused: %s", row->name, e.text);
		if (row->expected && strcmp(buf_text(&out), row->expected) != 0)
			fail_msg("%s: got <<%s>> not <<%s>>", row->name, buf_text(&out), row->expected);
		if (row->expected)
			continue;
		if (r >= 0)
			fail_msg("%s: not refused: <<%s>>", row->name, buf_text(&out));
		assert_int_equal(r, -ERR_CONFIG);
		assert_int_equal(out.len, 0);
		if (!row->says || !strstr(e.text, row->says))
			fail_msg("%s: '%s' does not say '%s'", row->name, e.text, row->says ? row->says : "?");
		if (strstr(e.text, "hunter2"))
			fail_msg("%s: the value stands in the error text", row->name);
	}
}

static void plain(void **state _unused_)
{
	const struct row rows[] = {
		{ "word", "a: old # why\nb: c\n", PATH("a"), "new1", "a: new1 # why\nb: c\n" },
		{ "aligned", "a:    old   # why\n", PATH("a"), "new1", "a:    new1   # why\n" },
		{ "last without newline", "a: old", PATH("a"), "new1", "a: new1" },
		{ "starts with a digit", "a: old\n", PATH("a"), "1new", "a: '1new'\n" },
		{ "number", "a: old\n", PATH("a"), "12345", "a: '12345'\n" },
		{ "number for number", "a: 6379\n", PATH("a"), "6380", "a: 6380\n" },
		{ "octal for number", "a: 6379\n", PATH("a"), "0755", "a: '0755'\n" },
		{ "truth", "a: old\n", PATH("a"), "No", "a: 'No'\n" },
		{ "truth for truth", "a: true\n", PATH("a"), "false", "a: false\n" },
		{ "null", "a: old\n", PATH("a"), "null", "a: 'null'\n" },
		{ "comment sign", "a: old\n", PATH("a"), "x #y", "a: 'x #y'\n" },
		{ "colon", "a: old\n", PATH("a"), "x: y", "a: 'x: y'\n" },
		{ "quote", "a: old\n", PATH("a"), "it's", "a: 'it''s'\n" },
		{ "double quote", "a: old\n", PATH("a"), "\"x\"", "a: '\"x\"'\n" },
		{ "alias sign", "a: old\n", PATH("a"), "*x", "a: '*x'\n" },
		{ "brace", "a: old\n", PATH("a"), "{x", "a: '{x'\n" },
		{ "percent", "a: old\n", PATH("a"), "%x", "a: '%x'\n" },
		{ "spaces around", "a: old\n", PATH("a"), " x ", "a: ' x '\n" },
		{ "empty", "a: old\n", PATH("a"), "", "a: ''\n" },
		{ "wide", "a: old # \xc3\xa9\n", PATH("a"), "\xc3\xa9", "a: '\xc3\xa9' # \xc3\xa9\n" },
		{ "several lines in", "a: old\n", PATH("a"), "hunter2\ny", NULL, "one line" },
		{ "carriage return in", "a: old\n", PATH("a"), "hunter2\ry", NULL, "one line" },
		{ "line separator in", "a: old\n", PATH("a"), "hunter2\xe2\x80\xa8y", NULL, "one line" },
		{ "control character in", "a: old\n", PATH("a"), "hunter2\x01", NULL, "printable" },
		{ "no UTF-8", "a: old\n", PATH("a"), "hunter2\xff", NULL, "not UTF-8" },
		{ "folded over lines", "a: old\n  er one\nb: c\n", PATH("a"), "new1", "a: new1\nb: c\n" },
		{ "password with all", "a: old\n", PATH("a"), "!@#$%^&*()_+{}[]|\\:;'\"<>,.?/~`",
		  "a: '!@#$%^&*()_+{}[]|\\:;''\"<>,.?/~`'\n" },
		{ "eyaml", "a: ENC[PKCS7,AAAA]\n", PATH("a"), "ENC[PKCS7,BBBB==]", "a: 'ENC[PKCS7,BBBB==]'\n" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void quoted(void **state _unused_)
{
	const struct row rows[] = {
		{ "single", "a: 'old' # why\n", PATH("a"), "new", "a: 'new' # why\n" },
		{ "single keeps quotes", "a: 'old'\n", PATH("a"), "5", "a: '5'\n" },
		{ "single with quote", "a: 'o''ld'\n", PATH("a"), "'x'", "a: '''x'''\n" },
		{ "single with backslash", "a: 'old'\n", PATH("a"), "x\\n", "a: 'x\\n'\n" },
		{ "single over lines", "a: 'old\n  er'\nb: c\n", PATH("a"), "new", "a: 'new'\nb: c\n" },
		{ "single with newline", "a: 'old'\n", PATH("a"), "hunter2\n", NULL, "single-quoted" },
		{ "single emptied", "a: 'old'\n", PATH("a"), "", "a: ''\n" },
		{ "single tab", "a: 'old'\n", PATH("a"), "x\ty", "a: 'x\ty'\n" },
		{ "double", "a: \"old\" # why\n", PATH("a"), "new", "a: \"new\" # why\n" },
		{ "double with quote", "a: \"o\\\"ld\"\n", PATH("a"), "x\"y\\z", "a: \"x\\\"y\\\\z\"\n" },
		{ "double newline tab", "a: \"old\"\n", PATH("a"), "x\ny\tz\n", "a: \"x\\ny\\tz\\n\"\n" },
		{ "double control", "a: \"old\"\n", PATH("a"), "\x01\x1b\x7f\r", "a: \"\\x01\\x1B\\x7F\\x0D\"\n" },
		{ "double C1 and breaks", "a: \"old\"\n", PATH("a"), "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf",
		  "a: \"\\x85\\u2028\\u2029\\uFEFF\"\n" },
		{ "double wide stays", "a: \"\\u00e9\"\n", PATH("a"), "\xc3\xa9\xf0\x9f\x98\x80",
		  "a: \"\xc3\xa9\xf0\x9f\x98\x80\"\n" },
		{ "double over lines", "a: \"old\\\n   er\"\nb: c\n", PATH("a"), "new", "a: \"new\"\nb: c\n" },
		{ "double no UTF-8", "a: \"old\"\n", PATH("a"), "\xed\xa0\x80", NULL, "not UTF-8" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void literal(void **state _unused_)
{
	const struct row rows[] = {
		{ "clip", "a: |\n  old\n  lines\nb: c\n", PATH("a"), "one\ntwo\n", "a: |\n  one\n  two\nb: c\n" },
		{ "clip with comment", "a: | # why\n    old\n# end\nb: c\n", PATH("a"), "one\n",
		  "a: | # why\n    one\n# end\nb: c\n" },
		{ "clip without newline", "a: |\n  old\n", PATH("a"), "hunter2", NULL, "exactly one newline" },
		{ "clip with two newlines", "a: |\n  old\n", PATH("a"), "hunter2\n\n", NULL, "exactly one newline" },
		{ "clip, blank lines behind stay", "a: |\n  old\n\n\nb: c\n", PATH("a"), "one\n", "a: |\n  one\n\n\n"
		  "b: c\n" },
		{ "clip, blank line inside", "a: |\n  old\n", PATH("a"), "one\n\ntwo\n", "a: |\n  one\n\n  two\n" },
		{ "clip, blank line first", "a: |\n  old\n", PATH("a"), "\none\n", "a: |\n\n  one\n" },
		{ "blank line first goes", "a: |\n\n  old\n", PATH("a"), "one\n", "a: |\n  one\n" },
		{ "strip", "a: |-\n  old\nb: c\n", PATH("a"), "one\ntwo", "a: |-\n  one\n  two\nb: c\n" },
		{ "strip with newline", "a: |-\n  old\n", PATH("a"), "hunter2\n", NULL, "no newline" },
		{ "strip at the end of the file", "a: |-\n  old", PATH("a"), "one\ntwo", "a: |-\n  one\n  two" },
		{ "clip at the end of the file", "a: |\n  old", PATH("a"), "one", "a: |\n  one" },
		{ "keep", "a: |+\n  old\n\nb: c\n", PATH("a"), "one\n\n", "a: |+\n  one\n\nb: c\n" },
		{ "keep, more newlines", "a: |+\n  old\nb: c\n", PATH("a"), "one\n\n\n", "a: |+\n  one\n\n\nb: c\n" },
		{ "keep, fewer newlines", "a: |+\n  old\n\n\nb: c\n", PATH("a"), "one\n", "a: |+\n  one\nb: c\n" },
		{ "keep without newline", "a: |+\n  old\n", PATH("a"), "hunter2", NULL, "must end in a newline" },
		{ "leading space", "a: |\n  old\n", PATH("a"), " hunter2\n", NULL, "start with a space" },
		{ "leading tab", "a: |\n  old\n", PATH("a"), "\thunter2\n", NULL, "start with a space" },
		{ "leading space with indicator", "a: |2\n    old\n", PATH("a"), " one\n", "a: |2\n   one\n" },
		{ "indicator, deeper first line", "x:\n  a: |1-\n     old\n    er\n", PATH("x", "a"), "one",
		  "x:\n  a: |1-\n   one\n" },
		{ "deeper later lines", "a: |\n  old\n    deep\n", PATH("a"), "one\n  two\n", "a: |\n  one\n"
		  "    two\n" },
		{ "lines of spaces", "a: |\n  old\n", PATH("a"), "one\n  \ntwo\n", "a: |\n  one\n    \n  two\n" },
		{ "looks like YAML", "a: |\n  old\n", PATH("a"), "---\n# x: y\n...\n", "a: |\n  ---\n  # x: y\n"
		  "  ...\n" },
		{ "quotes stay", "a: |\n  old\n", PATH("a"), "it's \"x\"\n", "a: |\n  it's \"x\"\n" },
		{ "control character", "a: |\n  old\n", PATH("a"), "hunter2\x01\n", NULL, "printable" },
		{ "carriage return", "a: |\n  old\n", PATH("a"), "hunter2\r\n", NULL, "printable" },
		{ "empty", "a: |\n  old\n", PATH("a"), "", NULL, "empty value" },
		{ "newlines only", "a: |\n  old\n", PATH("a"), "\n", NULL, "empty value" },
		{ "CRLF", "a: |\r\n  old\r\n  er\r\nb: c\r\n", PATH("a"), "one\ntwo\n",
		  "a: |\r\n  one\r\n  two\r\nb: c\r\n" },
		{ "CRLF keep", "a: |+\r\n  old\r\nb: c\r\n", PATH("a"), "one\n\n", "a: |+\r\n  one\r\n\r\nb: c\r\n" },
		{ "CR", "a: |\r old\rb: c\r", PATH("a"), "\none\n", "a: |\r\r one\rb: c\r" },
		{ "PEM", "k: |\n  -----BEGIN PRIVATE KEY-----\n  AAAA\n  -----END PRIVATE KEY-----\n# aliases\n"
		  "b: c\n", PATH("k"), "-----BEGIN PRIVATE KEY-----\nBBBB\nCC==\n-----END PRIVATE KEY-----\n",
		  "k: |\n  -----BEGIN PRIVATE KEY-----\n  BBBB\n  CC==\n  -----END PRIVATE KEY-----\n# aliases\n"
		  "b: c\n" },
		{ "tagged", "a: !secret |\n  old\n", PATH("a"), "new\n", "a: !secret |\n  new\n" },
		{ "folded, one line in", "a: >\n  ENC[PKCS7,AAAA\n  BBBB]\n\n# why\nb: c\n", PATH("a"),
		  "ENC[PKCS7,CCCC]\n", "a: >\n  ENC[PKCS7,CCCC]\n\n# why\nb: c\n" },
		{ "folded strip", "a: >-\n  ENC[PKCS7,AAAA\n  BBBB]\nb: c\n", PATH("a"), "ENC[PKCS7,CCCC]",
		  "a: >-\n  ENC[PKCS7,CCCC]\nb: c\n" },
		{ "in a list", "- 1\n", PATH("a"), "x", NULL, "a number is expected for 'a'" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void places(void **state _unused_)
{
	const struct row rows[] = {
		{ "nested", "a:\n  b:\n    c: old # why\n    d: old\n", PATH("a", "b", "c"), "new1",
		  "a:\n  b:\n    c: new1 # why\n    d: old\n" },
		{ "flat key is one key", "profile::redis::password: 'old'\n"
		  "redis: x\n", PATH("profile::redis::password"), "new", "profile::redis::password: 'new'\n"
		  "redis: x\n" },
		{ "quoted key", "\"a b\": 'old'\n", PATH("a b"), "new", "\"a b\": 'new'\n" },
		{ "flow map", "a: { b: old, c: [d, e] } # why\n", PATH("a", "b"), "new1",
		  "a: { b: new1, c: [d, e] } # why\n" },
		{ "flow map, comma", "a: {b: old, c: d}\n", PATH("a", "b"), "x,y", "a: {b: 'x,y', c: d}\n" },
		{ "flow map, tight", "{\"a\":\"old\",\"b\":\"c\"}", PATH("a"), "n\"w",
		  "{\"a\":\"n\\\"w\",\"b\":\"c\"}" },
		{ "flow map, next line", "{a:\n  old\n}", PATH("a"), "new1", "{a:\n  new1\n}" },
		{ "explicit key", "? a\n: old\n", PATH("a"), "new1", "? a\n: new1\n" },
		{ "value in the next line", "a:\n  old\nb: c\n", PATH("a"), "new1", "a:\n  new1\nb: c\n" },
		{ "CRLF", "a: old\r\nb: c\r\n", PATH("a"), "new1", "a: new1\r\nb: c\r\n" },
		{ "BOM", "\xef\xbb\xbf" "a: old\nb: c\n", PATH("a"), "new1", "\xef\xbb\xbf" "a: new1\nb: c\n" },
		{ "wide before", "\xc3\xa9: \xe2\x82\xac # \xf0\x9f\x98\x80\na: 'old'\n", PATH("a"), "new",
		  "\xc3\xa9: \xe2\x82\xac # \xf0\x9f\x98\x80\na: 'new'\n" },
		{ "tag", "a: !secret old\n", PATH("a"), "new1", "a: !secret new1\n" },
		{ "tag, quoted", "a: !secret 'old' # why\n", PATH("a"), "new", "a: !secret 'new' # why\n" },
		{ "verbatim tag", "a: !<tag:x,2000:y> \"old\"\n", PATH("a"), "new", "a: !<tag:x,2000:y> \"new\"\n" },
		{ "tag str", "a: !!str 5\n", PATH("a"), "6", "a: !!str 6\n" },
		{ "bare tag", "a: ! old\n", PATH("a"), "new1", "a: ! new1\n" },
		{ "tag, comment, value", "a: !secret # why\n  'old'\n", PATH("a"), "new", "a: !secret # why\n"
		  "  'new'\n" },
		{ "documents marks stay", "%YAML 1.1\n--- # top\na: old\n...\n", PATH("a"), "new1",
		  "%YAML 1.1\n--- # top\na: new1\n...\n" },
		{ "aliases elsewhere", "x: &x 1\na: old\ny: *x\n", PATH("a"), "new1", "x: &x 1\na: new1\ny: *x\n" },
		{ "anchored map, nobody follows", "m: &m\n  a: old\n", PATH("m", "a"), "new1", "m: &m\n  a: new1\n" },
		{ "merge key, own value", "d: &d {a: x}\nm:\n  <<: *d\n  b: old\n", PATH("m", "b"), "new1",
		  "d: &d {a: x}\nm:\n  <<: *d\n  b: new1\n" },
		{ "twice elsewhere", "x: 1\nx: 2\na: old\n", PATH("a"), "new1", "x: 1\nx: 2\na: new1\n" },
		{ "layout", "# head\n\n---\n\nx:  [ 'SELECT',\n  \"INSERT\" ]   # list\na:    'old'\n\n\n"
		  "# tail", PATH("a"), "new", "# head\n\n---\n\nx:  [ 'SELECT',\n  \"INSERT\" ]   # list\na:    'new'\n"
		  "\n\n# tail" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void refusals(void **state _unused_)
{
	const struct row rows[] = {
		{ "absent", "a: old\n", PATH("b"), "x", NULL, "f:1:1: key 'b' is absent" },
		{ "absent below", "a:\n  c: old\n", PATH("a", "b"), "x", NULL, "f:2:3: key 'b' is absent" },
		{ "no map", "a: old\n", PATH("a", "b"), "x", NULL, "f:1:4: key 'b' is absent: there is no map" },
		{ "nothing", "# only words\n", PATH("a"), "x", NULL, "there is no map" },
		{ "twice", "a: old\nb: c\na: old\n", PATH("a"), "x", NULL, "f:3:1: key 'a' stands twice, first in line "
		  "1" },
		{ "twice on the way", "a: {b: c}\n\"a\": {b: d}\n", PATH("a", "b"), "x", NULL, "f:2:1: key 'a' stands "
		  "twice" },
		{ "alias", "x: &x old\na: *x\n", PATH("a"), "x", NULL, "f:2:4: an alias" },
		{ "alias on the way", "x: &x {b: old}\na: *x\n", PATH("a", "b"), "x", NULL, "f:2:4: an alias" },
		{ "anchored", "a: &x old\n", PATH("a"), "x", NULL, "f:1:4: an anchor" },
		{ "anchored on the way", "a: &x {b: old}\nc: *x\n", PATH("a", "b"), "x", NULL, "f:1:4: an anchor" },
		{ "anchored and merged", "a: &x {b: old}\nc:\n  <<: *x\n", PATH("a", "b"), "x", NULL, "an anchor" },
		{ "alias as a key", "&x a: old\n*x : other\n", PATH("a"), "x", NULL, "f:2:1: an alias" },
		{ "map", "a: {b: c}\n", PATH("a"), "x", NULL, "f:1:4: a map stands here" },
		{ "list", "a:\n- b\n", PATH("a"), "x", NULL, "f:2:1: a list stands here" },
		{ "empty", "a:\nb: c\n", PATH("a"), "x", NULL, "is empty" },
		{ "empty quotes", "a: ''\n", PATH("a"), "x", NULL, "is empty" },
		{ "folded, lines in", "a: >\n  old\n", PATH("a"), "hunter2\ny\n", NULL, "f:1:4: a folded block" },
		{ "folded, no newline", "a: >\n  old\n", PATH("a"), "hunter2", NULL, "exactly one newline" },
		{ "from a merge only", "d: &d {a: x}\nm:\n  <<: *d\n", PATH("m", "a"), "x", NULL, "'a' comes by a "
			"merge" },
		{ "before a merge", "d: &d {a: x}\nm:\n  a: y\n  <<: *d\n", PATH("m", "a"), "x", NULL, "f:4:3: the "
			"merge key" },
		{ "broken", "a: [old\n", PATH("a"), "x", NULL, "f:2:1: " },
		{ "two documents", "a: old\n---\na: old\n", PATH("a"), "x", NULL, "second document" },
		{ "escape in the key", "a: old\n", PATH("b\x1b[31m"), "x", NULL, "key 'b\\x1b[31m'" },
	};

	run(rows, ARRAY_SIZE(rows));
}

static void nul_in_a_value(void **state _unused_)
{
	static const char src[] = "a: \"old\"\nb: 'old'\n";
	_cleanup_(buf_free) struct buf out = BUF_INIT(1000);
	struct err e = ERR_INIT;

	assert_int_equal(yaml_splice("f", src, strlen(src), PATH("a"), "x\0\xc3\xa9", 4, &out, &e), 0);
	assert_string_equal(out.data, "a: \"x\\x00\xc3\xa9\"\nb: 'old'\n");
	buf_clear(&out);
	assert_int_equal(yaml_splice("f", src, strlen(src), PATH("a"), "x\0\xc3", 3, &out, &e), -ERR_CONFIG);
	assert_int_equal(yaml_splice("f", src, strlen(src), PATH("b"), "x\0y", 3, &out, &e), -ERR_CONFIG);
	assert_int_equal(out.len, 0);
}

static void room(void **state _unused_)
{
	static const char src[] = "a: 'old'\n";
	_cleanup_(buf_free) struct buf out = BUF_INIT(8);
	struct err e = ERR_INIT;

	assert_int_equal(yaml_splice("f", src, strlen(src), PATH("a"), "new", 3, &out, &e), -ERR_LIMIT);
	assert_int_equal(yaml_splice("f", src, strlen(src), (const char *const[]) { NULL }, "new", 3, &out, &e),
			 -ERR_CONFIG);
}

static void finds(void **state _unused_)
{
	const struct {
		const char *src;
		const char *const *path;
		const char *text, *says;
	} rows[] = {
		{ "a: {b: 'c d'}\n", PATH("a", "b"), "c d", NULL },
		{ "a: >\n  c\n  d\n", PATH("a"), "c d\n", NULL },
		{ "a: &x c\n", PATH("a"), "c", NULL },
		{ "a: &x c\nb: *x\n", PATH("b"), "c", NULL },
		{ "a: !t &x c\nb: *x\n", PATH("b"), "c", NULL },
		{ "a: &x !t c\nb: *x\n", PATH("b"), "c", NULL },
		{ "a: &x {b: c}\nd: *x\n", PATH("d", "b"), "c", NULL },
		{ "a: &x 1\nb: &x 2\nc: *x\nd: &x 3\n", PATH("c"), "2", NULL },
		{ "a: [1, {k: &x 2}]\nc: *x\n", PATH("c"), "2", NULL },
		{ "&x a: 1\nc: *x\n", PATH("c"), "a", NULL },
		{ "a: &xx 1\nb: &x 2\nc: &xy 3\nd: *x\n", PATH("d"), "2", NULL },
		{ "a: *x\n", PATH("a"), NULL, "no anchor" },
		{ "a: &x c\nb: &y {d: *x}\ne: *y\n", PATH("e", "d"), "c", NULL },
		{ "a: &x {b: *x}\nc: *x\n", PATH("c", "b"), NULL, "f:1:4: a map stands here" },
		{ "a: &x {b: *x, d: e}\nc: *x\n", PATH("c", "b", "b", "b", "d"), "e", NULL },
		{ "a: &a 1\nb: [x, {c: [y, *a]}]\n", PATH("b", "1", "c", "1"), "1", NULL },
		{ "a: [b, c]\n", PATH("a", "2"), NULL, "f:1:4: the list that starts here has no element 2: it has 2" },
		{ "a: [b, c]\n", PATH("a", "01"), NULL, "a number is expected for '01'" },
		{ "a: [b, c]\n", PATH("a", "-1"), NULL, "a number is expected for '-1'" },
		{ "a: [b, c]\n", PATH("a", "x"), NULL, "a number is expected" },
		{ "d: &d {a: x, b: y}\nm:\n  <<: *d\n  a: z\n", PATH("m", "a"), "z", NULL },
		{ "d: &d {a: x, b: y}\nm:\n  <<: *d\n  a: z\n", PATH("m", "b"), "y", NULL },
		{ "d: &d {a: x}\nm:\n  a: z\n  <<: *d\n", PATH("m", "a"), NULL, "f:4:3: the merge key ('<<') here "
			"takes over" },
		{ "d: &d {a: 1}\ne: &e {a: 2, b: 3}\nm: {<<: [*d, *e]}\n", PATH("m", "a"), "1", NULL },
		{ "d: &d {a: 1}\ne: &e {a: 2, b: 3}\nm: {<<: [*d, *e]}\n", PATH("m", "b"), "3", NULL },
		{ "d: &d {a: 1}\ne: &e {a: 2}\nm: {<<: *d, \"<<\": *e}\n", PATH("m", "a"), "2", NULL },
		{ "d: &d {a: 1}\ne: &e {<<: *d}\nm: {<<: *e}\n", PATH("m", "a"), "1", NULL },
		{ "m: {<<: {a: 1}, b: 2}\n", PATH("m", "a"), "1", NULL },
		{ "m: {<<: 5}\n", PATH("m", "<<"), "5", NULL },
		{ "a: &a {<<: *a, b: 1}\n", PATH("a", "c"), NULL, "at most 8 are followed" },
		{ "a: &a {<<: [*a, *a, *a, *a, *a, *a], b: 1}\n", PATH("a", "c"), NULL, "f:1:" },
		{ "a: b\na: c\n", PATH("a"), NULL, "stands twice" },
		{ "a:\n", PATH("a"), NULL, "is empty" },
		{ "a: [b]\n", PATH("a"), NULL, "a list" },
		{ "a: b\n", PATH("c"), NULL, "is absent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new();
		const struct yaml_node *n = NULL;
		struct err e = ERR_INIT;
		int r = yaml_find(a, "f", rows[i].src, strlen(rows[i].src), rows[i].path, &n, &e);

		if (rows[i].text) {
			if (r < 0)
				fail_msg("%zu: %s", i, e.text);
			assert_string_equal(n->text, rows[i].text);
		} else {
			assert_int_equal(r, -ERR_CONFIG);
			assert_null(n);
			if (!strstr(e.text, rows[i].says))
				fail_msg("%zu: '%s' does not say '%s'", i, e.text, rows[i].says);
		}
	}
}

/* Every value that is accepted anywhere reads back as it was given. */
static void every_character(void **state _unused_)
{
	static const char *const sources[] = { "x: 1\na: old\nb: c\n", "x: 1\na: 'old'\nb: c\n", "x: 1\na: \"old\"\n"
					       "b: c\n", "x: 1\na: |-\n  old\nb: c\n", "x: {a: old, b: c}\n", "[]\n" };

	for (size_t s = 0; s + 1 < ARRAY_SIZE(sources); s++) {
		for (unsigned c = 0; c < 128; c++) {
			const char value[] = { 'p', (char)c, 'q', (char)c };
			const char *const *path = s == 4 ? PATH("x", "a") : PATH("a");
			_cleanup_(arena_freep) struct arena *a = arena_new();
			_cleanup_(buf_free) struct buf out = BUF_INIT(1000);
			const struct yaml_node *n = NULL;
			int r = yaml_splice("f", sources[s], strlen(sources[s]), path, value, 4, &out, NULL);

			if (r < 0) {
				assert_true(s != 2 && (c < ' ' || c == 0x7f) && c != '\t');
				continue;
			}
			assert_int_equal(yaml_find(a, "f", out.data, out.len, path, &n, NULL), 0);
			assert_int_equal(n->len, 4);
			assert_memory_equal(n->text, value, 4);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),	 cmocka_unit_test(quoted),    cmocka_unit_test(literal),
		cmocka_unit_test(places),	 cmocka_unit_test(refusals),  cmocka_unit_test(nul_in_a_value),
		cmocka_unit_test(room),		 cmocka_unit_test(finds),     cmocka_unit_test(every_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
