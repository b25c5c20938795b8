/* CRAM-MD5 both ways: the daemon sees that we know the value, and we that it does. The key is the value's MD5. */
#include "driver/bacula_internal.h"
#include "base/digest.h"
#include "base/text.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define MD5_HEX 33
#define PROOF 23                              /* 16 bytes in base64 without its padding, and NUL */
#define WORDS_MAX ((size_t)4096)

enum { TLS_NONE = 0, TLS_REQUIRED = 2 };

static int key_with(const char *bytes, size_t len, void *arg)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t md[16];
	char *hex = arg;

	if (EVP_Digest(bytes, len, md, NULL, EVP_md5(), NULL) != 1)
		return -ERR_BUG;
	for (size_t i = 0; i < sizeof(md); i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[MD5_HEX - 1] = '\0';
	OPENSSL_cleanse(md, sizeof(md));
	return 0;
}

static int proof_of(const struct secret *s, const char *challenge, char ret[PROOF], struct err *e)
{
	_cleanup_(buf_free) struct buf text = BUF_WIPED(64);
	char key[MD5_HEX] = "";
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	int r = secret_with(s, key_with, key);

	if (r == 0 && !HMAC(EVP_md5(), key, MD5_HEX - 1, (const uint8_t *)challenge, strlen(challenge), mac, &len))
		r = -ERR_BUG;
	OPENSSL_cleanse(key, sizeof(key));
	if (r < 0 || len != 16)
		return err_set(e, ERR_BUG, "MD5 is not to be had from OpenSSL here: is it in FIPS mode");
	text_base64(&text, mac, len);
	(void) snprintf(ret, PROOF, "%.22s", buf_text(&text));
	return 0;
}

static int next_words(struct bacula *b, struct buf *words, int *signal, struct err *e)
{
	do {
		int r;

		buf_clear(words);
		r = bacula_receive(b, words, signal, e);
		if (r < 0)
			return r;
	} while (*signal != BACULA_BYTES && *signal != BACULA_BYE);
	return 0;
}

/* Names may hold spaces; in the protocol they are \001. */
static int hello(struct bacula *b, const char *user, struct err *e)
{
	char name[128], line[256];

	(void) snprintf(name, sizeof(name), "%s", user);
	for (char *at = name; (at = strchr(at, ' ')) != NULL; )
		*at = '\001';
	(void) snprintf(line, sizeof(line), "Hello %s%s calling\n", bacula_kind(b->job)->hello, name);
	return bacula_send(b, line, strlen(line), e);
}

static bool challenge_of(const char *words, char ret[256], int *tls)
{
	return sscanf(words, "auth cram-md5%*1[c ]%255s ssl=%d", ret, tls) >= 1;
}

/* The daemon's question and our answer; *words holds what it said to that. */
static int answer(struct bacula *b, const struct secret *s, struct buf *words, int *tls, enum bacula_login *login,
		  struct err *e)
{
	char challenge[256], proof[PROOF];
	int signal, r = next_words(b, words, &signal, e);

	if (r < 0)
		return r;
	*login = BACULA_LOGIN_UNKNOWN;
	if (signal == BACULA_BYE)
		return buf_str(words, "closed without asking for a value: is the name known to the daemon");
	if (!challenge_of(buf_text(words), challenge, tls)) {
		if (text_starts(buf_text(words), "1999 ") || strstr(buf_text(words), "unknown Director"))
			return 0;
		return err_set(e, ERR_REMOTE, "the answer is not Bacula's protocol: is this the port of the daemon");
	}
	r = proof_of(s, challenge, proof, e);
	if (r == 0)
		r = bacula_send(b, proof, strlen(proof) + 1, e);
	if (r == 0)
		r = next_words(b, words, &signal, e);
	if (r < 0)
		return r;
	if (signal == BACULA_BYE)
		return err_set(e, ERR_NET, "the daemon said good-bye instead of judging the value");
	if (!text_starts(buf_text(words), "1000 OK auth") && !text_starts(buf_text(words), "1999 "))
		return err_set(e, ERR_REMOTE, "the answer to a login is none that Bacula gives");
	*login = text_starts(buf_text(words), "1000 ") ? BACULA_LOGIN_OK : BACULA_LOGIN_REFUSED;
	return 0;
}

/* Who says "accepted" has to know the value as well. */
static int question(struct bacula *b, const struct secret *s, bool wants_tls, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(WORDS_MAX);
	_cleanup_(buf_free) struct buf hex = BUF_INIT(128);
	char challenge[64], line[128], proof[PROOF] = "";
	struct digest_key chance;
	int signal = 0, r;

	digest_key_random(&chance);
	text_hex(&hex, chance.bytes, 8);
	(void) snprintf(challenge, sizeof(challenge), "<%s.0@firebreak>", buf_text(&hex));
	(void) snprintf(line, sizeof(line), "auth cram-md5c %s ssl=%d\n", challenge,
			wants_tls ? TLS_REQUIRED : TLS_NONE);
	r = bacula_send(b, line, strlen(line), e);
	if (r == 0)
		r = next_words(b, &words, &signal, e);
	if (r == 0)
		r = proof_of(s, challenge, proof, e);
	if (r < 0)
		return r;
	if (signal == BACULA_BYE || strncmp(buf_text(&words), proof, PROOF) != 0)
		return err_set(e, ERR_NET, "what answers here lets the value in and does not know it itself: is it the "
			       "daemon");
	return bacula_send(b, "1000 OK auth\n", 13, e);
}

static int settle(struct bacula *b, int tls, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(WORDS_MAX);
	_cleanup_(buf_free) struct buf shown = BUF_INIT(2048);
	bool wants = job_link_wants_tls(b->job);
	int signal, r = 0;

	if (tls == TLS_REQUIRED && !wants)
		return err_set(e, ERR_NET, "the daemon demands TLS: set the option tls (and ca)");
	if (tls == TLS_NONE && wants)
		return err_set(e, ERR_NET, "the daemon offers no TLS, and the register says tls: \"yes\"");
	if (wants)
		r = job_link_tls(b->link, e);
	if (r == 0)
		r = next_words(b, &words, &signal, e);
	if (r < 0)
		return r;
	if (text_starts(buf_text(&words), bacula_kind(b->job)->welcome))
		return 0;
	text_visible(&shown, buf_text(&words), words.len < 200 ? words.len : 200);
	return err_set(e, ERR_REMOTE, "the value was accepted and the login was not: %s", buf_text(&shown));
}

static void told(const struct driver_job *job, const char *user, const char *as, const struct buf *words)
{
	char what[300];
	const char *text = buf_text(words);

	(void) snprintf(what, sizeof(what), "login at the %s as '%.100s' with %s", bacula_kind(job)->title, user, as);
	job_tried(job, what, text);
}

int bacula_login(const struct driver_job *job, const char *user, const struct secret *s, const char *as, bool stay,
		 struct bacula *ret, enum bacula_login *login, struct err *e)
{
	_cleanup_(buf_free) struct buf words = BUF_INIT(WORDS_MAX);
	struct bacula b = { .job = job };
	int tls = TLS_NONE;
	int r = job_link_open(job, &b.link, e);

	if (r == 0)
		r = hello(&b, user, e);
	if (r == 0)
		r = answer(&b, s, &words, &tls, login, e);
	if (r == 0)
		while (words.len && words.data[words.len - 1] == '\n')
			words.data[--words.len] = '\0';
	if (r == 0 && *login == BACULA_LOGIN_OK)
		r = question(&b, s, job_link_wants_tls(job), e);
	if (r == 0)
		told(job, user, as, &words);
	if (r == 0 && stay && *login == BACULA_LOGIN_OK)
		r = settle(&b, tls, e);
	if (r < 0 || !stay || *login != BACULA_LOGIN_OK)
		bacula_close(&b);
	if (r < 0)
		return err_wrap(e, "bacula at '%s'", job->address);
	if (stay)
		*ret = b;
	return 0;
}

struct try { const char *user; const struct secret *value; const char *as; };

static size_t tries_of(const struct driver_job *job, bool new_first, struct try tries[2])
{
	const char *user = bacula_users(job)[0];
	const struct try old = { user, job->old, "the old value" }, new = { user, job->new, "the new value" };

	if (job->admin_user) {
		tries[0] = (struct try){ job->admin_user, job->admin, "the admin's value" };
		return 1;
	}
	tries[0] = new_first ? new : old;
	tries[1] = new_first ? old : new;
	return 2;
}

int bacula_manage(const struct driver_job *job, bool new_first, struct bacula *ret, struct err *e)
{
	enum bacula_login login = BACULA_LOGIN_REFUSED;
	struct try tries[2];
	size_t n = tries_of(job, new_first, tries), known = 0;

	for (size_t i = 0; i < n; i++) {
		int r;

		if (!tries[i].value)
			continue;
		known++;
		r = bacula_login(job, tries[i].user, tries[i].value, tries[i].as, true, ret, &login, e);
		if (r < 0)
			return r;
		if (login == BACULA_LOGIN_OK)
			return 0;
	}
	if (known == 0)
		return err_set(e, ERR_CONFIG, "bacula at '%s': no value is known to log in as '%s' with", job->address,
			       tries[0].user);
	return err_set(e, ERR_AUTH, "bacula at '%s': the %s does not let in '%s' with %s", job->address,
		       bacula_kind(job)->title, tries[0].user,
		       job->admin_user ? "the admin's value" : "the old or the new value");
}

int bacula_answers(const struct driver_job *job, struct err *e)
{
	const struct secret *s = job->new ? job->new : job->old;
	enum bacula_login login;

	return bacula_login(job, bacula_users(job)[0], s, job->new ? "the new value" : "the old value", false, NULL,
			    &login,
			    e);
}
