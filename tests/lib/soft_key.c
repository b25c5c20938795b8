/*
 * A security key without a device: the middleware that OpenSSH loads by SSH_SK_PROVIDER (its PROTOCOL.u2f says what is
 * signed), so that approvals by such keys are tested on a machine that has none. Always touched at once. The handle is
 * the key itself: for tests only.
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define API 0x000a0000u
#define ED25519 1u
#define GENERAL (-1)
#define UNSUPPORTED (-2)
#define KEY 32u
#define SIGNATURE 64u

struct sk_option;
struct sk_enroll_response {
	uint8_t flags;
	uint8_t *public_key;
	size_t public_key_len;
	uint8_t *key_handle;
	size_t key_handle_len;
	uint8_t *signature;
	size_t signature_len;
	uint8_t *attestation_cert;
	size_t attestation_cert_len;
	uint8_t *authdata;
	size_t authdata_len;
};
struct sk_sign_response {
	uint8_t flags;
	uint32_t counter;
	uint8_t *sig_r;
	size_t sig_r_len;
	uint8_t *sig_s;
	size_t sig_s_len;
};
struct sk_resident_key;

uint32_t sk_api_version(void);
int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
	      const char *pin, struct sk_option **options, struct sk_enroll_response **ret);
int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *handle,
	    size_t handle_len, uint8_t flags, const char *pin, struct sk_option **options,
	    struct sk_sign_response **ret);
int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***ret, size_t *ret_n);

uint32_t sk_api_version(void)
{
	return API;
}

int sk_enroll(uint32_t alg, const uint8_t *challenge, size_t challenge_len, const char *application, uint8_t flags,
	      const char *pin, struct sk_option **options, struct sk_enroll_response **ret)
{
	struct sk_enroll_response *r = calloc(1, sizeof(*r));
	EVP_PKEY *key = NULL;
	size_t len = KEY;

	(void)challenge, (void)challenge_len, (void)application, (void)pin, (void)options;
	if (alg != ED25519 || !r)
		return UNSUPPORTED;
	r->flags = flags;
	r->public_key = malloc(KEY);
	r->key_handle = malloc(KEY);
	r->signature = calloc(1, SIGNATURE);
	r->public_key_len = r->key_handle_len = KEY;
	r->signature_len = SIGNATURE;
	if (RAND_bytes(r->key_handle, (int)KEY) == 1)
		key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, r->key_handle, KEY);
	if (!key || EVP_PKEY_get_raw_public_key(key, r->public_key, &len) != 1)
		return GENERAL;
	EVP_PKEY_free(key);
	*ret = r;
	return 0;
}

int sk_sign(uint32_t alg, const uint8_t *data, size_t data_len, const char *application, const uint8_t *handle,
	    size_t handle_len, uint8_t flags, const char *pin, struct sk_option **options,
	    struct sk_sign_response **ret)
{
	uint8_t text[2 * SHA256_DIGEST_LENGTH + 5] = { 0 };
	struct sk_sign_response *r = calloc(1, sizeof(*r));
	EVP_PKEY *key = handle_len == KEY ? EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, handle, KEY) : NULL;
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	(void)pin, (void)options;
	if (alg != ED25519 || !r || !key || !md)
		return UNSUPPORTED;
	SHA256((const uint8_t *)application, strlen(application), text);
	r->flags = text[SHA256_DIGEST_LENGTH] = flags;
	r->counter = text[SHA256_DIGEST_LENGTH + 4] = 1;
	SHA256(data, data_len, text + SHA256_DIGEST_LENGTH + 5);
	r->sig_r = malloc(SIGNATURE);
	r->sig_r_len = SIGNATURE;
	if (EVP_DigestSignInit(md, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(md, r->sig_r, &r->sig_r_len, text, sizeof(text)) != 1)
		return GENERAL;
	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	*ret = r;
	return 0;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, struct sk_resident_key ***ret, size_t *ret_n)
{
	(void)pin, (void)options, (void)ret, (void)ret_n;
	return UNSUPPORTED;
}
