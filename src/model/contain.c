#include "model/contain.h"
#include "base/text.h"
#include <arpa/inet.h>
#include <string.h>

#define V4_LARGEST 16u
#define V6_LARGEST 48u

const struct contain_facts contain_levels[CONTAIN_LEVELS] = {
	[LEVEL_ISOLATE] = {
		.name = "isolate", .rules = true,
		.does = "nobody but the responders reaches it, and it reaches nobody",
		.back = "firebreak release",
	},
	[LEVEL_PORT22] = {
		.name = "port22", .rules = true, .crowd = true,
		.does = "nobody but the responders reaches its ssh; all else goes on",
		.back = "firebreak release",
	},
	[LEVEL_SSH] = {
		.name = "ssh", .crowd = true, .ends_ssh = true,
		.does = "its ssh server is stopped and sessions of others are ended; all else goes on",
		.before = "nobody comes in by ssh any more, you and the responders neither: the way back is its "
			  "console. It starts again with the host",
		.back = "on its console: systemctl start ssh",
	},
	[LEVEL_SESSIONS] = {
		.name = "sessions",
		.does = "connections of others are closed and their sessions are ended; they may come back",
		.before = "this closes what is open and blocks nothing: who has a key or a hole comes in again",
		.back = "nothing is left to undo",
	},
	[LEVEL_SHUTDOWN] = {
		.name = "shutdown", .crowd = true, .ends_ssh = true,
		.does = "it is switched off",
		.before = "what is only in its memory is lost but for the evidence that is taken first, and nobody "
			  "switches it on again from afar",
		.back = "switch it on where it stands; contain it again before it has a network",
	},
};

bool contain_level_find(const char *name, enum contain_level *ret)
{
	for (int k = 0; k < CONTAIN_LEVELS; k++)
		if (!strcmp(name, contain_levels[k].name)) {
			*ret = (enum contain_level)k;
			return true;
		}
	return false;
}

static bool has_host_bits(const struct contain_net *net)
{
	for (unsigned bit = net->bits; bit < (net->six ? 128u : 32u); bit++)
		if (net->bytes[bit / 8] & (0x80u >> (bit % 8)))
			return true;
	return false;
}

static void unmap(struct contain_net *net)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (!net->six || memcmp(net->bytes, mapped, sizeof(mapped)) != 0 || net->bits < 96)
		return;
	memmove(net->bytes, net->bytes + 12, 4);
	memset(net->bytes + 4, 0, 12);
	net->bits = (uint8_t)(net->bits - 96);
	net->six = false;
}

int contain_net_parse(const char *text, struct contain_net *ret)
{
	const char *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	struct contain_net net = { .six = memchr(text, ':', len) != NULL };
	char address[INET6_ADDRSTRLEN];
	uint32_t bits = net.six ? 128 : 32;

	if (len == 0 || len >= sizeof(address))
		return -ERR_CONFIG;
	memcpy(address, text, len);
	address[len] = 0;
	if (inet_pton(net.six ? AF_INET6 : AF_INET, address, net.bytes) != 1 ||
	    (slash && text_u32(slash + 1, 0, bits, &bits) < 0))
		return -ERR_CONFIG;
	net.bits = (uint8_t)bits;
	unmap(&net);
	if (has_host_bits(&net) || net.bits < (net.six ? V6_LARGEST : V4_LARGEST))
		return -ERR_CONFIG;
	*ret = net;
	return 0;
}

void contain_net_write(struct buf *b, const struct contain_net *net)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(net->six ? AF_INET6 : AF_INET, net->bytes, text, sizeof(text)))
		return;
	buf_str(b, text);
	if (net->bits != (net->six ? 128 : 32))
		buf_printf(b, "/%u", net->bits);
}

bool contain_net_has(const struct contain_net *net, const struct contain_net *one)
{
	if (net->six != one->six || one->bits < net->bits)
		return false;
	for (unsigned bit = 0; bit < net->bits; bit++)
		if ((net->bytes[bit / 8] ^ one->bytes[bit / 8]) & (0x80u >> (bit % 8)))
			return false;
	return true;
}
