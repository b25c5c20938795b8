/* What a list or a responder says of a certificate, from a real CA of `openssl ca` and its own responder. */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/proc.h"
#include "keys/certificate.h"
#include "keys/half.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define DAY_S 86400
static char folder[] = "/tmp/firebreak-certificate-XXXXXX";

/* ca and false: two of the same name; a: revoked, b: not. */
static const char making[] =
	"set -eu\n"
	"for ca in ca false; do\n"
	"	mkdir -p $ca/new\n"
	"	: >$ca/index\n"
	"	printf '%s\\n' '[ca]' 'default_ca = x' '[x]' \"database = $ca/index\" 'rand_serial = yes' \\\n"
	"		\"new_certs_dir = $ca/new\" \"certificate = $ca/ca.pem\" \"private_key = $ca/ca.key\" \\\n"
	"		'default_md = sha256' 'default_days = 30' 'default_crl_days = 2' 'policy = any' \\\n"
	"		'unique_subject = no' 'x509_extensions = leaf' '[any]' 'commonName = optional' '[leaf]' \\\n"
	"		'basicConstraints = CA:FALSE' \\\n"
	"		'authorityInfoAccess = OCSP;URI:http://127.0.0.1:9/o,caIssuers;URI:http://127.0.0.1:9/c' \\\n"
	"		>$ca/cnf\n"
	"	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout $ca/ca.key \\\n"
	"		-out $ca/ca.pem -subj '/CN=one name'\n"
	"	for n in a b; do\n"
	"		[ -s $n.csr ] || openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\\n"
	"			-out $n.csr -keyout $n.key -subj /CN=$n.lab\n"
	"		openssl ca -batch -notext -config $ca/cnf -in $n.csr -out $ca/$n.pem\n"
	"	done\n"
	"	openssl ca -config $ca/cnf -revoke $ca/a.pem -crl_reason keyCompromise\n"
	"	openssl ca -config $ca/cnf -gencrl -out $ca/crl.pem\n"
	"done\n"
	"openssl crl -in ca/crl.pem -outform DER -out ca/crl.der\n"
	"openssl x509 -in ca/ca.pem -outform DER -out ca/ca.der\n"
	"cat ca/a.pem ca/ca.pem >ca/a-chain.pem\n"
	"cat false/ca.pem ca/ca.pem >both.pem\n";

static void sh(const char *script)
{
	_cleanup_(proc_result_free) struct proc_result res = { 0 };
	const struct proc_job job = { .argv = (const char *const[]){ "sh", "-c", script, NULL }, .cwd = folder,
				      .limit_ms = 120000 };
	struct err e = ERR_INIT;

	if (proc_run(&job, &res, &e) < 0 || res.timed_out || res.status != 0)
		fail_msg("%s%s", e.text, buf_text(&res.err));
}

static struct buf get(const char *name)
{
	_cleanup_(freep) char *path = fs_join(folder, name);
	struct buf b = BUF_INIT(1 << 20);
	struct err e = ERR_INIT;

	if (fs_read(path, &b, &e) < 0)
		fail_msg("%s", e.text);
	return b;
}

static int begin(void **state _unused_)
{
	if (!mkdtemp(folder))
		return -1;
	sh(making);
	return 0;
}

static int end(void **state _unused_)
{
	return fs_remove_tree(folder, NULL);
}

static int64_t now_s(void)
{
	return clock_now_us() / 1000000;
}

static int list_says(const char *certificate, const char *pool, const char *crl, int64_t at_s, struct revoked *ret,
		     struct err *e)
{
	_cleanup_(buf_free) struct buf c = get(certificate), p = get(pool), l = get(crl);
	const struct certificate_pool known = { buf_text(&p), p.len };

	return certificate_crl(buf_text(&c), c.len, &known, buf_text(&l), l.len, at_s, ret, e);
}

static void a_list_that_nothing_verifies_is_not_believed(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(list_says("ca/a.pem", "b.csr", "ca/crl.pem", now_s(), &said, &e), -ERR_REFUSED);
	assert_non_null(strstr(e.text, "not verified"));
	assert_int_equal(list_says("ca/a.pem", "false/ca.pem", "ca/crl.pem", now_s(), &said, &e), -ERR_REFUSED);
	assert_false(said.is_listed);
}

static void a_list_of_the_issuers_name_and_another_key_is_not_believed(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(list_says("ca/a.pem", "both.pem", "false/crl.pem", now_s(), &said, &e), -ERR_REMOTE);
	assert_non_null(strstr(e.text, "not signed by the issuer"));
	assert_int_equal(list_says("ca/a-chain.pem", "b.csr", "false/crl.pem", now_s(), &said, &e), -ERR_REMOTE);
	assert_false(said.is_listed);
}

static void a_list_is_verified_with_the_issuer_from_anywhere(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(list_says("ca/a.pem", "both.pem", "ca/crl.pem", now_s(), &said, &e), 0);
	assert_true(said.is_listed);
	assert_int_equal(said.reason, REASON_KEY_COMPROMISE);
	assert_int_equal(list_says("ca/a-chain.pem", "b.csr", "ca/crl.der", now_s(), &said, &e), 0);
	assert_true(said.is_listed);
	assert_int_equal(list_says("ca/b.pem", "ca/ca.pem", "ca/crl.pem", now_s(), &said, &e), 0);
	assert_false(said.is_listed);
}

static void a_list_of_another_time_is_not_believed(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(list_says("ca/a.pem", "ca/ca.pem", "ca/crl.pem", now_s() + 3 * DAY_S, &said, &e),
			 -ERR_REMOTE);
	assert_int_equal(list_says("ca/a.pem", "ca/ca.pem", "ca/crl.pem", now_s() - DAY_S, &said, &e), -ERR_REMOTE);
	assert_non_null(strstr(e.text, "later time"));
}

static void what_a_certificate_names_is_read(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = get("ca/a.pem"), der = get("ca/ca.der"), pem = BUF_INIT(65536);
	_cleanup_(certificate_clear) struct certificate c = { .names = STRV_INIT };
	struct err e = ERR_INIT;

	assert_int_equal(certificate_read(buf_text(&text), text.len, &c, &e), 0);
	assert_string_equal(c.ocsp, "http://127.0.0.1:9/o");
	assert_string_equal(c.ca_issuers, "http://127.0.0.1:9/c");
	assert_null(c.crl);
	assert_int_equal(certificate_of_der(buf_text(&der), der.len, &pem, &e), 0);
	const struct certificate_pool pool = { buf_text(&pem), pem.len };

	assert_true(certificate_has_signer(buf_text(&text), text.len, &pool));
	assert_false(certificate_has_signer(buf_text(&text), text.len, NULL));
	assert_int_equal(certificate_of_der("no", 2, &pem, &e), -ERR_CONFIG);
}

/* The responder of `openssl ocsp`, with the words behind it. */
static int responder_says(const char *certificate, const char *words, bool other_question, int64_t at_s,
			  struct revoked *ret, struct err *e)
{
	_cleanup_(buf_free) struct buf c = get(certificate), p = get("ca/ca.pem"), request = BUF_INIT(65536);
	const struct certificate_pool pool = { buf_text(&p), p.len };
	_cleanup_(certificate_ocsp_freep) struct ocsp_question *q = NULL, *again = NULL;
	_cleanup_(freep) char *file = fs_join(folder, "request"), *script = mem_printf("openssl ocsp -reqin request "
		"-index ca/index -CA ca/ca.pem -noverify -respout answer %s", words);

	assert_int_equal(certificate_ocsp_ask(buf_text(&c), c.len, &pool, &q, &request, e), 0);
	assert_int_equal(fs_write_atomic(file, request.data, request.len, 0600, e), 0);
	sh(script);
	_cleanup_(buf_free) struct buf answer = get("answer");

	if (other_question)
		assert_int_equal(certificate_ocsp_ask(buf_text(&c), c.len, &pool, &again, &request, e), 0);
	return certificate_ocsp_answer(again ? again : q, buf_text(&answer), answer.len, at_s, ret, e);
}

#define CA "-rsigner ca/ca.pem -rkey ca/ca.key"

static void a_responder_says_revoked_or_good(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(responder_says("ca/a.pem", CA, false, now_s(), &said, &e), 0);
	assert_true(said.is_listed);
	assert_int_equal(said.reason, REASON_KEY_COMPROMISE);
	assert_int_equal(responder_says("ca/b.pem", CA, false, now_s(), &said, &e), 0);
	assert_false(said.is_listed);
	/* the issuer itself, which does not send its certificate along */
	assert_int_equal(responder_says("ca/a.pem", CA " -resp_no_certs", false, now_s(), &said, &e), 0);
	assert_true(said.is_listed);
}

static void a_responder_that_is_not_the_issuers_is_not_believed(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(responder_says("ca/a.pem", "-rsigner false/ca.pem -rkey false/ca.key", false, now_s(), &said,
					&e), -ERR_REMOTE);
	assert_non_null(strstr(e.text, "not signed by the issuer"));
	assert_int_equal(responder_says("ca/a.pem", "-rsigner false/ca.pem -rkey false/ca.key -resp_no_certs", false,
					now_s(), &said, &e), -ERR_REMOTE);
	/* A certificate of the issuer that was not made for this. */
	assert_int_equal(responder_says("ca/a.pem", "-rsigner ca/b.pem -rkey b.key", false, now_s(), &said, &e),
			 -ERR_REMOTE);
	assert_false(said.is_listed);
}

static void an_answer_to_another_question_or_time_is_not_believed(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	assert_int_equal(responder_says("ca/a.pem", CA, true, now_s(), &said, &e), -ERR_REMOTE);
	assert_non_null(strstr(e.text, "nonce"));
	assert_int_equal(responder_says("ca/a.pem", CA " -nmin 10", false, now_s() + DAY_S, &said, &e), -ERR_REMOTE);
	assert_int_equal(responder_says("ca/a.pem", CA, false, now_s() - DAY_S, &said, &e), -ERR_REMOTE);
	assert_false(said.is_listed);
}

static void unknown_is_not_revoked_and_not_good(void **state _unused_)
{
	struct revoked said = { .is_listed = false };
	struct err e = ERR_INIT;

	sh(": >empty; mv ca/index kept; cp empty ca/index");
	int r = responder_says("ca/b.pem", CA, false, now_s(), &said, &e);

	sh("mv kept ca/index");
	assert_int_equal(r, -ERR_REMOTE);
	assert_non_null(strstr(e.text, "does not know"));
}

struct found { char serials[8][SERIAL_HEX]; uint32_t n, unread; };

static int take(const char *pem, const struct certificate *c, void *arg, struct err *e)
{
	struct found *f = arg;
	struct certificate again = { .names = STRV_INIT };

	assert_int_equal(certificate_read(pem, strlen(pem), &again, e), 0);
	assert_int_equal(again.chain, 1);
	certificate_clear(&again);
	assert_in_range(f->n, 0, 7);
	(void)snprintf(f->serials[f->n++], SERIAL_HEX, "%s", c->serial);
	return f->n == 3 && !strcmp(c->serial, f->serials[0]) && !strcmp(c->serial, f->serials[1]) ? 7 : 0;
}

static struct found search(const char *text, size_t len)
{
	struct found f = { .n = 0 };
	struct err e = ERR_INIT;

	assert_int_equal(certificate_search(text, len, take, &f, &f.unread, &e), 0);
	return f;
}

static void a_certificate_is_found_in_whatever_text_it_stands(void **state _unused_)
{
	static const char *const files[] = { "ca/a-chain.pem", "bundle.yaml", "bundle.json", "bundle.crlf",
		"trusted.pem", "ca/ca.der" };

	sh("sed 's/^/    /' ca/a-chain.pem >bundle.yaml; sed 's/$/\r/' ca/a-chain.pem >bundle.crlf\n"
	   "awk '{ printf \"%s\\\\n\", $0 }' ca/a-chain.pem | sed 's/^/{\"c\": \"/; s/$/\"}/' >bundle.json\n"
	   "openssl x509 -in ca/a.pem -trustout -setalias x -out trusted.pem; cat ca/ca.pem >>trusted.pem");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_(buf_free) struct buf text = get(files[i]);
		struct found f = search(buf_text(&text), text.len);

		if (f.n != (i == 5 ? 1 : 2) || f.unread)
			fail_msg("'%s': %u found, %u not read", files[i], f.n, f.unread);
	}
}

static void what_begins_like_a_certificate_and_is_none_is_counted(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = get("ca/a.pem"), more = BUF_INIT(1 << 20);

	/* cut short before another one; PKCS #7; of letters that say nothing; and one that never ends */
	(void)buf_printf(&more, "%.200s\n%s-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n"
			 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
			 "-----BEGIN CERTIFICATE-----\nAAAA", buf_text(&text), buf_text(&text));
	struct found f = search(buf_text(&more), more.len);

	assert_int_equal(f.n, 1);
	assert_int_equal(f.unread, 4);
	f = search("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", 63);
	assert_int_equal(f.n + f.unread, 0);
	f = search("", 0);
	assert_int_equal(f.n + f.unread, 0);
}

static void a_search_ends_when_it_is_told_to(void **state _unused_)
{
	_cleanup_(buf_free) struct buf text = get("ca/a.pem"), four = BUF_INIT(1 << 20);
	struct found f = { .n = 0 };
	struct err e = ERR_INIT;

	for (unsigned i = 0; i < 4; i++)
		(void)buf_str(&four, buf_text(&text));
	assert_int_equal(certificate_search(buf_text(&four), four.len, take, &f, &f.unread, &e), 7);
	assert_int_equal(f.n, 3);
}

/* What the private half of this certificate would give. */
static struct public_key key_of(const char *name)
{
	_cleanup_(buf_free) struct buf text = get(name);
	struct certificate c = { .names = STRV_INIT };
	struct public_key key = { .sha256 = "" };

	assert_int_equal(certificate_read(buf_text(&text), text.len, &c, NULL), 0);
	memcpy(key.sha256, c.spki_sha256, sizeof(key.sha256));
	certificate_clear(&c);
	return key;
}

struct pulled { int r; bool remove, is_of; struct buf list; struct half_said said; struct err e; };

static struct pulled pull(const char *name, const char *list)
{
	_cleanup_(buf_free) struct buf text = BUF_INIT(1 << 20);
	_cleanup_(json_freep) json_t *options = json_object();
	struct public_key old = key_of("ca/a.pem"), new = key_of("ca/b.pem");
	struct pulled x = { .list = BUF_INIT(1 << 20), .e = ERR_INIT };
	struct half_file files[HALF_FILES] = { { .path = "a.crt", .absent = !name, .ret = &text },
					       { .path = "l.yaml", .ret = &x.list } };
	struct half_work w = { .options = options, .old = &old, .new = &new, .files = files, .n = 2 };
	const struct half_writer *h = half_writer_find("certificate");
	_cleanup_(buf_free) struct buf is = name ? get(name) : (struct buf)BUF_INIT(1);

	json_put(options, "list", "l.yaml");
	json_put(options, "entry", "a");
	files[0].text = buf_text(&is);
	files[0].len = is.len;
	files[1].text = list;
	files[1].len = strlen(list);
	x.r = h->pull(&w, &x.said, &x.e);
	x.remove = files[0].remove;
	if (name)
		assert_int_equal(h->is_of(buf_text(&is), is.len, &old, &x.is_of, &x.e), 0);
	return x;
}

static void only_the_old_keys_certificate_and_its_entry_go_out_of_deployment(void **state _unused_)
{
	static const struct {
		const char *name, *list; int r; bool remove, is_of, entry; const char *says;
	} cases[] = {
		{ "ca/a.pem", "a: 1\nb: 2\n", 0, true, true, true, "is taken away" },
		{ "ca/a-chain.pem", "a: 1\nb: 2\n", 0, true, true, true, "entry 'a' of 'l.yaml' is a comment" },
		/* gone already, and a crash came before the entry */
		{ NULL, "a: 1\nb: 2\n", 0, false, false, true, "'a.crt' is gone" },
		{ NULL, "#pulled by firebreak, a: a: 1\nb: 2\n", 0, false, false, false, "'a.crt' is gone" },
		/* somebody was faster: nothing of it is taken away */
		{ "ca/b.pem", "a: 1\nb: 2\n", 0, false, false, false, "of the new key, and stays" },
		{ "ca/ca.pem", "a: 1\nb: 2\n", -ERR_CONFLICT, false, false, false, "neither old nor new" },
		{ "ca/a.pem", "b: 2\n", -ERR_CONFLICT, true, true, false, "there is no entry 'a'" },
		{ "ca/a.pem", "a: 1\n", -ERR_REFUSED, true, true, false, "is the only one there" },
	};

	for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
		struct pulled x = pull(cases[k].name, cases[k].list);

		if (x.r != cases[k].r || x.remove != cases[k].remove || x.is_of != cases[k].is_of ||
		    (x.list.len > 0) != cases[k].entry || !strstr(x.r < 0 ? x.e.text : x.said.text, cases[k].says))
			fail_msg("case %zu: %d %d %d %zu: %s%s", k, x.r, x.remove, x.is_of, x.list.len, x.e.text,
				 x.said.text);
		buf_free(&x.list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_that_nothing_verifies_is_not_believed),
		cmocka_unit_test(a_list_of_the_issuers_name_and_another_key_is_not_believed),
		cmocka_unit_test(a_list_is_verified_with_the_issuer_from_anywhere),
		cmocka_unit_test(a_list_of_another_time_is_not_believed),
		cmocka_unit_test(what_a_certificate_names_is_read),
		cmocka_unit_test(a_responder_says_revoked_or_good),
		cmocka_unit_test(a_responder_that_is_not_the_issuers_is_not_believed),
		cmocka_unit_test(an_answer_to_another_question_or_time_is_not_believed),
		cmocka_unit_test(unknown_is_not_revoked_and_not_good),
		cmocka_unit_test(a_certificate_is_found_in_whatever_text_it_stands),
		cmocka_unit_test(what_begins_like_a_certificate_and_is_none_is_counted),
		cmocka_unit_test(a_search_ends_when_it_is_told_to),
		cmocka_unit_test(only_the_old_keys_certificate_and_its_entry_go_out_of_deployment),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
