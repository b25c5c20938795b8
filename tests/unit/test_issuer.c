/*
 * What is written to the clients of issuers: each word, what lies in their folder, and nothing else; and what becomes
 * of their answers. The client is a program that keeps what it was given.
 */
#include "base/mem.h"
#include "base/text.h"
#include "issuer/issuer.h"
#include "../live/scratch.h"
#include "transport/git.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define KEY "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff"

static char *one_name;                  /* a certificate, in PEM */

/* It keeps its words, a line each, the files of its folder and its input; then does what lies in `does`. */
static const char client[] =
	"#!/bin/sh\n"
	"d=$(dirname \"$0\")\n"
	"for word in \"$@\"; do printf '<%s>\\n' \"$word\"; done >\"$d/words\"\n"
	"ls -A >\"$d/files\"\n"
	"pwd >\"$d/folder\"\n"
	"umask >\"$d/umask\"\n"
	"env | sed 's/=.*//' | sort >\"$d/env\"\n"
	"for f in request.csr cert.pem; do [ ! -e $f ] || cat $f >\"$d/given\"; done\n"
	"cat >\"$d/input\"\n"
	". \"$d/does\"\n";

static int begin(void **state)
{
	if (scratch_begin(state) < 0 || setenv("HOME", scratch, 1) < 0)
		return -1;
	put_file("client", client);
	must_sh("chmod 700 client; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem "
		"-out one.pem -subj /CN=x -addext subjectAltName=DNS:a.lab,DNS:*.B.lab,IP:192.0.2.7 2>.openssl");
	free(one_name);
	one_name = file_text("one.pem");
	return 0;
}

static int end(void **state)
{
	free(one_name);
	one_name = NULL;
	return scratch_end(state);
}

/* With the folder of the test in place of each "@". */
static char *filled(const char *text)
{
	struct buf b = BUF_INIT(4096);

	for (const char *at = text; *at; at++)
		(void)(*at == '@' ? buf_str(&b, scratch) : buf_add(&b, at, 1));
	return buf_take(&b);
}

/* --- the words --- */

static struct buf answer = BUF_INIT(CERTIFICATE_TEXT_MAX);
static struct issuer_said said;

static int ask(struct job *job, enum issuer_deed deed, const char *key, const char *in, struct err *e)
{
	struct issuer_job i = { .job = NULL };
	int r = issuer_open(job, &i, e);

	if (r < 0)
		return r;
	buf_clear(&answer);
	r = issuer_run(&i, deed, key, in, &answer, &said, e);
	issuer_close(&i);
	return r;
}

static int get(struct job *job, struct err *e)
{
	return ask(job, ISSUER_GET, json_str(job->body, "key"), "the request\n", e);
}

static int have_revoked(struct job *job, struct err *e)
{
	return ask(job, ISSUER_REVOKE, NULL, "the certificate\n", e);
}

static int list(struct job *job, struct err *e)
{
	struct issuer_job i = { .job = NULL };
	int r = issuer_open(job, &i, e);

	if (r < 0)
		return r;
	buf_clear(&answer);
	r = issuer_list(&i, &answer, e);
	issuer_close(&i);
	return r;
}

/* Of every client in the list: a new one cannot be added without a row here. */
static const struct {
	const char *client;
	job_fn *deed;
	const char *own, *file;         /* what the register says besides the client; the file that is asked for */
	const char *words;
} requests[] = {
	{ "certbot", get, "\"command\":[\"@/client\",\"--config\",\"/etc/le.ini\"],\"get\":[\"--manual\"]", "full.pem",
	  "<--config>\n</etc/le.ini>\n<certonly>\n<--non-interactive>\n<--csr>\n<request.csr>\n<--cert-path>\n"
	  "<cert.pem>\n<--chain-path>\n<chain.pem>\n<--fullchain-path>\n<full.pem>\n<--manual>\n" },
	{ "certbot", have_revoked, "\"command\":[\"@/client\"],\"revoke\":[\"--server\",\"https://ca.lab/dir\"]", NULL,
	  "<revoke>\n<--non-interactive>\n<--cert-path>\n<cert.pem>\n<--reason>\n<keycompromise>\n"
	  "<--no-delete-after-revoke>\n<--logs-dir>\n<log>\n<--server>\n<https://ca.lab/dir>\n" },
	{ "uacme", get, "\"command\":[\"@/client\",\"-h\",\"/hook\"],\"revoke\":[\"not here\"]", "request-cert.pem",
	  "<-h>\n</hook>\n<issue>\n<request.csr>\n" },
	{ "uacme", have_revoked, "\"command\":[\"@/client\"],\"get\":[\"not here\"]", NULL,
	  "<-r>\n<1>\n<revoke>\n<cert.pem>\n" },
	{ "dehydrated", get, "\"command\":[\"@/client\",\"-f\",\"/c\"]", NULL,
	  "<-f>\n</c>\n<--signcsr>\n<request.csr>\n" },
	{ "openssl", get, "\"command\":[\"@/client\",\"ca\",\"-config\",\"/ca.cnf\"]", "cert.pem",
	  "<ca>\n<-config>\n</ca.cnf>\n<-batch>\n<-notext>\n<-in>\n<request.csr>\n<-out>\n<cert.pem>\n" },
	{ "openssl", have_revoked, "\"command\":[\"@/client\",\"ca\"]", NULL,
	  "<ca>\n<-revoke>\n<cert.pem>\n<-crl_reason>\n<keyCompromise>\n" },
	{ "openssl", list, "\"command\":[\"@/client\",\"ca\"],\"crl\":\"/dev/null\"", NULL,
	  "<ca>\n<-gencrl>\n<-out>\n</dev/null>\n" },
	{ "command", get, "\"get\":[\"@/client\",\"it's\",\"a  b\",\"$(touch x)\",\"\",\"-n\",\"x\\ny\"]", NULL,
	  "<it's>\n<a  b>\n<$(touch x)>\n<>\n<-n>\n<x\ny>\n" },
	{ "command", have_revoked, "\"revoke\":[\"@/client\",\"--\",\"*\"]", NULL, "<-->\n<*>\n" },
};

static bool has_row(const char *name, job_fn *deed)
{
	for (size_t k = 0; k < ARRAY_SIZE(requests); k++)
		if (!strcmp(requests[k].client, name) && requests[k].deed == deed)
			return true;
	return false;
}

static void same(const char *name, const char *wanted)
{
	_cleanup_(freep) char *text = file_text(name);

	if (strcmp(text, wanted) != 0)
		fail_msg("'%s' holds:\n%s\nand not:\n%s", name, text, wanted);
}

static void does(const char *script)
{
	must_sh("rm -f words files given input folder");
	put_file("does", script);
}

static void each_client_gets_just_these_words_and_just_this_file(void **state _unused_)
{
	for (size_t k = 0; k < issuer_clients_count; k++)
		if (!has_row(issuer_clients[k].name, get) ||
		    has_row(issuer_clients[k].name, have_revoked) != issuer_clients[k].says_reason)
			fail_msg("client '%s' has no row", issuer_clients[k].name);
	for (size_t k = 0; k < ARRAY_SIZE(requests); k++) {
		bool is_get = requests[k].deed == get, is_list = requests[k].deed == list;
		_cleanup_(freep) char *own = filled(requests[k].own);
		_cleanup_(freep) char *script = mem_printf("echo done%s%s\n", requests[k].file ? " >" : "",
							   requests[k].file ? requests[k].file : "");
		struct trial t;

		does(script);
		try_job(&t, requests[k].deed, NULL, NULL, "{\"issuer\":{\"client\":\"%s\",%s}}", requests[k].client,
			own);
		if (t.r < 0)
			fail_msg("row %zu: %s", k, t.e.text);
		assert_int_equal(t.changing, is_list ? 0 : 1);
		same("words", requests[k].words);
		if (!is_list) {
			same("files", is_get ? "request.csr\nsaid.err\nsaid.out\n" : "cert.pem\nsaid.err\nsaid.out\n");
			same("given", is_get ? "the request\n" : "the certificate\n");
			same("input", is_get ? "the request\n" : "the certificate\n");
			same("umask", "0077\n");
			must_sh("[ ! -e \"$(cat folder)\" ]");
		}
		if (is_get)
			assert_string_equal(buf_text(&answer), "done\n");
		trial_end(&t);
	}
	must_sh("[ -z \"$(ls -A .cache/firebreak-issued)\" ]; [ ! -e x ]");
}

/* Whatever stands in the list: a key is never kept nor handed over, and who can say why says it. */
static void no_client_is_told_to_keep_a_key_and_who_can_say_why_does(void **state _unused_)
{
	static const char *const reasons[] = { "keycompromise", "keyCompromise", "1" };

	for (size_t k = 0; k < issuer_clients_count; k++) {
		const struct issuer_client *c = &issuer_clients[k];
		const char *const *const lists[] = { c->usual, c->get, c->revoke, c->list };
		bool says = false;

		for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
			for (size_t w = 0; lists[l][w]; w++)
				if (strstr(lists[l][w], "reuse") || strstr(lists[l][w], "key-path") ||
				    strstr(lists[l][w], "privkey") || strstr(lists[l][w], ".key"))
					fail_msg("'%s' is told '%s'", c->name, lists[l][w]);
		for (size_t w = 0; c->revoke[w] && c->revoke[w + 1]; w++)
			for (size_t r = 0; strstr(c->revoke[w], "reason") && r < ARRAY_SIZE(reasons); r++)
				says = says || !strcmp(c->revoke[w + 1], reasons[r]);
		for (size_t w = 0; c->revoke[w] && c->revoke[w + 1]; w++)
			says = says || (!strcmp(c->revoke[w], "-r") && !strcmp(c->revoke[w + 1], "1"));
		if (*c->revoke && says != c->says_reason)
			fail_msg("'%s': says_reason is %d, its words say %d", c->name, c->says_reason, says);
	}
}

static void nothing_of_ours_stands_in_its_environment(void **state _unused_)
{
	struct trial t;

	does("echo done\n");
	assert_int_equal(setenv("FIREBREAK_KEY", "/nowhere", 1), 0);
	try_job(&t, get, "old value", "new value",
		"{\"issuer\":{\"client\":\"command\",\"get\":[\"%s/client\"]}}", scratch);
	assert_int_equal(t.r, 0);
	trial_end(&t);
	must_sh("! grep -q FIREBREAK env && ! grep -rq 'old value\\|new value' words given input env");
	assert_int_equal(unsetenv("FIREBREAK_KEY"), 0);
}

/* --- what comes back --- */

static const struct {
	const char *client, *script;
	job_fn *deed;
	int r;
	bool again;
	const char *says;               /* in the error, or the whole answer */
	const char *never;
} answers[] = {
	{ "command", "echo certificate\n", get, 0, false, "certificate\n", NULL },
	{ "command", "echo noise >&2; echo certificate\n", get, 0, false, "certificate\n", NULL },
	{ "certbot", "echo other; echo certificate >full.pem\n", get, 0, false, "certificate\n", "other" },
	/* it ended well, and there is nothing */
	{ "command", "true\n", get, -ERR_REMOTE, false, "ended well and left no answer", NULL },
	{ "certbot", "echo certificate >cert.pem\n", get, -ERR_REMOTE, false, "ended well and left no answer", NULL },
	{ "uacme", "ln -s nothing request-cert.pem\n", get, -ERR_REMOTE, false, "left no answer", NULL },
	{ "command", "true\n", have_revoked, 0, false, "", NULL },
	/* it failed, and its words are shown as what they are */
	{ "command", "printf 'a\\033[2Jb\\n' >&2; exit 3\n", get, -ERR_REMOTE, false,
	  "could not get a certificate (its last words: a", "\033" },
	{ "command", "exit 3\n", have_revoked, -ERR_REMOTE, false, "could not revoke the old certificate", NULL },
	{ "command", "echo first >&2; head -c 5000 /dev/zero | tr '\\0' x >&2; echo last >&2; exit 1\n", get,
	  -ERR_REMOTE, false, "xlast", "first" },
	{ "command", "echo '-----BEGIN PRIVATE KEY-----' >&2; echo AAAA >&2; exit 1\n", get, -ERR_REMOTE, false,
	  "withheld", "AAAA" },
	/* a second revocation, in the words of each; such words count of a revocation that failed only */
	{ "command", "echo 'ERROR:Already revoked, serial number 1000' >&2; exit 1\n", have_revoked, -ERR_REMOTE, true,
	  "Already revoked", NULL },
	{ "certbot", "mkdir log; echo 'urn:ietf:params:acme:error:alreadyRevoked' >log/letsencrypt.log; exit 1\n",
	  have_revoked, -ERR_REMOTE, true, "could not revoke", NULL },
	{ "command", "echo 'Already revoked' >&2; exit 1\n", get, -ERR_REMOTE, false, "Already revoked", NULL },
	{ "command", "echo 'not revoked' >&2; exit 1\n", have_revoked, -ERR_REMOTE, false, "not revoked", NULL },
	/* more than a chain is */
	{ "command", "head -c 70000 /dev/zero | tr '\\0' x\n", get, -ERR_LIMIT, false,
	  "wrote more than 65536 bytes", NULL },
};

static void an_answer_is_what_it_is(void **state _unused_)
{
	for (size_t k = 0; k < ARRAY_SIZE(answers); k++) {
		const char *text;
		struct trial t;

		does(answers[k].script);
		_cleanup_(freep) char *own = filled(strcmp(answers[k].client, "command") != 0
			? "\"command\":[\"@/client\"]" : "\"get\":[\"@/client\"],\"revoke\":[\"@/client\"]");

		try_job(&t, answers[k].deed, NULL, NULL, "{\"issuer\":{\"client\":\"%s\",%s}}", answers[k].client, own);
		text = t.r < 0 ? t.e.text : buf_text(&answer);
		if (t.r != answers[k].r || said.again != answers[k].again || !strstr(text, answers[k].says) ||
		    (answers[k].never && strstr(text, answers[k].never)) ||
		    (t.r == 0 && strcmp(text, answers[k].says) != 0))
			fail_msg("row %zu: %d, again %d: %s", k, t.r, said.again, text);
		assert_in_range(strlen(t.e.text), 0, 900);
		trial_end(&t);
	}
}

static void words_that_are_none_run_nothing(void **state _unused_)
{
	static const char *const bad[] = {
		"{\"client\":\"certbot\",\"command\":[\"@/client\",7]}",
		"{\"client\":\"certbot\",\"command\":[\"@/client\"],\"get\":[null]}",
		"{\"client\":\"certbot\",\"command\":[\"@/client\"],\"get\":\"--manual\"}",
		"{\"client\":\"lego\",\"command\":[\"@/client\"]}",
		"{\"command\":[\"@/client\"]}",
	};

	for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
		_cleanup_(freep) char *issuer = filled(bad[k]);
		struct trial t;

		does("echo done\n");
		try_job(&t, get, NULL, NULL, "{\"issuer\":%s}", issuer);
		assert_int_equal(t.r, -ERR_CONFIG);
		assert_int_equal(t.changing, 0);
		must_sh("[ ! -e words ]");
		trial_end(&t);
	}
}

static void a_client_that_does_not_end_is_not_known_and_the_next_try_waits_for_it(void **state _unused_)
{
	struct trial t;

	/* It asks for one only while `open` is not there; the second try is given what the first one got. */
	does("while [ ! -e \"$d/open\" ]; do sleep 0.05; done; echo once >>\"$d/times\"; echo certificate\n");
	try_job(&t, get, NULL, NULL, "{\"issuer\":{\"client\":\"command\",\"get\":[\"%s/client\"]},\"key\":\"" KEY
		"\",\"limit_ms\":1500}", scratch);
	assert_int_equal(t.r, -ERR_NET);
	assert_int_equal(t.e.effect, EFFECT_UNKNOWN);
	trial_end(&t);
	put_file("open", "");
	for (unsigned k = 0; k < 2; k++) {
		try_job(&t, get, NULL, NULL,
			"{\"issuer\":{\"client\":\"command\",\"get\":[\"%s/client\"]},\"key\":\"" KEY "\"}", scratch);
		if (t.r < 0)
			fail_msg("%s", t.e.text);
		assert_string_equal(buf_text(&answer), "certificate\n");
		assert_true(k == 0 || said.lay_there);
		trial_end(&t);
	}
	same("times", "once\n");
}

/* --- whom it is for --- */

struct asked { int r; struct err e; struct strv names; };

static struct asked names(const char *pem, const char *kept, const char *more, bool is_link)
{
	_cleanup_(json_freep) json_t *body = json_object(), *issued = json_object(), *issuer = json_object();
	struct certificate before = { .names = STRV_INIT };
	struct git_text f = { .path = "a.crt", .text = BUF_INIT(1 << 20), .absent = !pem && !is_link };
	struct job job = { .body = body };
	const struct issuer_job i = { .job = &job, .issuer = issuer };
	struct asked x = { .e = ERR_INIT, .names = STRV_INIT };

	if (kept)
		json_put(issued, "before", kept);
	json_object_set(body, "issued", issued);
	json_object_set_new(issuer, "names", json_loads(more, 0, NULL));
	f.r = !pem || is_link ? err_set(&f.why, ERR_CONFIG, "it is a link") : 0;
	(void)buf_str(&f.text, pem ? pem : "");
	x.r = issuer_names(&i, &f, &before, &x.names, &x.e);
	certificate_clear(&before);
	buf_free(&f.text);
	return x;
}

static char *joined(const struct strv *v)
{
	struct buf b = BUF_INIT(1 << 20);

	for (size_t k = 0; k < v->n; k++)
		(void)buf_printf(&b, "%s%s", k ? " " : "", v->s[k]);
	return buf_take(&b);
}

static char *many(unsigned n)
{
	struct buf b = BUF_INIT(1 << 20);

	for (unsigned k = 0; k < n; k++)
		(void)buf_printf(&b, "%s\"n%u.lab\"", k ? "," : "[", k);
	(void)buf_str(&b, "]");
	return buf_take(&b);
}

static void it_is_asked_for_every_name_that_it_had_and_the_registers(void **state _unused_)
{
	_cleanup_(freep) char *most = many(CERTIFICATE_NAMES_MAX), *over = many(CERTIFICATE_NAMES_MAX + 1);
	const struct { const char *pem, *kept, *more; bool is_link; int r; const char *says; } rows[] = {
		{ one_name, NULL, "[]", false, 0, "a.lab *.b.lab 192.0.2.7" },
		{ one_name, NULL, "[\"c.lab\",\"a.lab\"]", false, 0, "a.lab *.b.lab 192.0.2.7 c.lab" },
		{ NULL, one_name, "[\"c.lab\"]", false, 0, "a.lab *.b.lab 192.0.2.7 c.lab" },
		{ NULL, NULL, "[\"c.lab\"]", false, 0, "c.lab" },
		{ NULL, NULL, "[]", false, -ERR_CONFIG, "add 'names' to the public half" },
		{ NULL, NULL, most, false, 0, NULL },
		{ NULL, NULL, over, false, -ERR_LIMIT, "more than 200 names" },
		{ "x", NULL, "[\"c.lab\"]", false, -ERR_CONFIG, "nothing tells which names it was for" },
		{ NULL, NULL, "[\"c.lab\"]", true, -ERR_CONFIG, "it is a link; nothing tells which names" },
		{ NULL, "x", "[\"c.lab\"]", false, -ERR_CONFIG, "what the journal kept" },
		{ NULL, NULL, "[\"c.lab\",\"--deploy-hook=x\"]", false, -ERR_REFUSED, "is no host" },
		{ NULL, NULL, "[\"c.lab\\nd.lab\"]", false, -ERR_REFUSED, "is no host" },
		{ NULL, NULL, "[\"c d\"]", false, -ERR_REFUSED, "is no host" },
		{ NULL, NULL, "[\"\"]", false, -ERR_REFUSED, "is no host" },
		{ NULL, NULL, "[\"b\\u00fccher.lab\"]", false, -ERR_REFUSED, "is no host" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
		struct asked x = names(rows[k].pem, rows[k].kept, rows[k].more, rows[k].is_link);
		_cleanup_(freep) char *all = joined(&x.names);

		if (x.r != rows[k].r || (x.r < 0 && !strstr(x.e.text, rows[k].says)) ||
		    (x.r == 0 && rows[k].says && strcmp(all, rows[k].says) != 0))
			fail_msg("row %zu: %d %s: %s", k, x.r, x.e.text, all);
		strv_free(&x.names);
	}
}

#define BAD "openssl req -x509 -key k.pem -out bad.pem -subj /CN=x -addext "

/* The public repository is outside text: what nobody would ask for is not left out in silence. */
static void a_name_of_a_certificate_that_cannot_be_asked_for_is_told(void **state _unused_)
{
	static const char *const extensions[] = {
		"DER:30:0b:82:09:61:2e:6c:61:62:0a:2d:2d:78",                   /* "a.lab", newline, "--x" */
		"DER:30:0b:82:09:61:2e:6c:61:62:00:2e:6c:62",                   /* with a NUL in it */
		"DER:30:0a:82:05:61:2e:6c:61:62:82:01:20",                      /* "a.lab" and " " */
		"DER:30:07:87:05:01:02:03:04:05",                               /* an address of five bytes */
	};

	for (size_t k = 0; k < ARRAY_SIZE(extensions) + 1; k++) {
		_cleanup_(freep) char *list = many(CERTIFICATE_NAMES_MAX + 5);

		put_file("names", list);
		if (k < ARRAY_SIZE(extensions))
			must_sh(BAD "subjectAltName=%s 2>.openssl", extensions[k]);
		else
			must_sh(BAD "\"subjectAltName=$(tr -d '[]\"' <names | sed 's/^/DNS:/; s/,/,DNS:/g')\" "
				"2>.openssl");
		_cleanup_(freep) char *pem = file_text("bad.pem");
		struct asked x = names(pem, NULL, "[\"c.lab\"]", false);

		if (x.r != -ERR_REFUSED || !strstr(x.e.text, "names that cannot be asked for again") ||
		    (k == ARRAY_SIZE(extensions) && !strstr(x.e.text, "for 5 names")))
			fail_msg("extension %zu: %d %s", k, x.r, x.e.text);
		assert_null(strchr(x.e.text, '\n'));
		strv_free(&x.names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_client_gets_just_these_words_and_just_this_file),
		cmocka_unit_test(no_client_is_told_to_keep_a_key_and_who_can_say_why_does),
		cmocka_unit_test(nothing_of_ours_stands_in_its_environment),
		cmocka_unit_test(an_answer_is_what_it_is),
		cmocka_unit_test(words_that_are_none_run_nothing),
		cmocka_unit_test(a_client_that_does_not_end_is_not_known_and_the_next_try_waits_for_it),
		cmocka_unit_test(it_is_asked_for_every_name_that_it_had_and_the_registers),
		cmocka_unit_test(a_name_of_a_certificate_that_cannot_be_asked_for_is_told),
	};
	int r = cmocka_run_group_tests(tests, begin, end);

	buf_free(&answer);
	return r;
}
