/*
 * What a hostile server can say before TLS: the first byte is the protocol, the second the size of the pieces. Whatever
 * comes, it ends, sends little, and begins TLS with nothing left over.
 */
#include "driver/tls_starttls.h"
#include "fuzz.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(tls_starttls_end) struct tls_starttls s = { .protocol = NULL };
	_cleanup_(buf_free) struct buf sent = BUF_INIT(4096);
	struct err e = ERR_INIT;
	bool go = false;
	size_t words = 0;

	while (tls_served_starttls[words])
		words++;
	if (size < 2 || tls_starttls_begin(&s, tls_served_starttls[data[0] % words], &e) < 0)
		return 0;
	size_t piece = 1 + data[1];
	int r = tls_starttls_more(&s, "", 0, &sent, &go, &e);

	for (size_t at = 2; r == 0 && !go && at < size; at += piece)
		r = tls_starttls_more(&s, (const char *)data + at, size - at < piece ? size - at : piece, &sent, &go,
				      &e);
	if (sent.over || sent.len > 200 || s.in.len > TLS_STARTTLS_MAX || (r == 0 && go && s.in.len) || r > 0 ||
	    (r < 0 && !e.text[0]))
		__builtin_trap();
	return 0;
}
